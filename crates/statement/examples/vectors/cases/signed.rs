//! The issuer's note, the versions of the roster, and the account.

use super::{Bench, Case, Outcome, accepted::accepted};
use crate::{
    federation::{Federation, Part, Role},
    raw::{ISSUER, RawFile, Signer},
    world::{NOBODY, WORKER, asked},
};
use yizhang_ledger::{hash::Hash, note, roster::Roster};
use yizhang_statement::{Content, Statement};

pub(super) fn cases(bench: &Bench) -> Vec<Case> {
    let mut cases = notes(bench);
    cases.extend(lines_of_notes(bench));
    cases.extend(issuers(bench));
    cases.extend(roots(bench));
    cases.extend(versions(bench));
    cases.extend(accounts(bench));
    cases
}

fn signer<'a>(bench: &'a Bench, key: &'a ed25519_dalek::SigningKey) -> Signer<'a> {
    Signer {
        origin: bench.federation.chains[0].origin.as_str(),
        day: "2026-11-30",
        key,
    }
}

/// The honest statement with another note in the place of its issuer's.
fn noted(bench: &Bench, note: impl FnOnce(&mut RawFile) -> String) -> Vec<u8> {
    bench.changed(|file| {
        let note = note(file);
        file.set_stored(ISSUER, note.as_bytes());
    })
}

fn notes(bench: &Bench) -> Vec<Case> {
    let content = "Refusal::Form/PortableFault::Content";
    let key = bench.federation.chain_key(0, 100);
    let own = signer(bench, &key);
    let sign = |text: &str| note::sign(text, own.origin, &key);
    vec![
        bench.refused(
            "a statement changed behind its issuer's back",
            content,
            bench.changed(|file| {
                file.change_subject(|subject| subject.as_of = 20_261_129);
            }),
        ),
        bench.refused(
            "a note for another digest",
            content,
            noted(bench, |_| {
                sign(&format!(
                    "yizhang-statement/v1\n{}\n2026-11-30\n{}\n",
                    own.origin,
                    Hash::ZERO
                ))
            }),
        ),
        bench.refused(
            "a note of another day",
            content,
            noted(bench, |file| {
                sign(&file.text(&own).replace("2026-11-30", "2026-11-29"))
            }),
        ),
        bench.refused(
            "a note of another version",
            content,
            noted(bench, |file| {
                sign(&file.text(&own).replace("statement/v1", "statement/v2"))
            }),
        ),
        bench.refused(
            "a note with a line more",
            content,
            noted(bench, |file| sign(&format!("{}\n", file.text(&own)))),
        ),
        bench.refused(
            "a note of no chain",
            content,
            noted(bench, |file| {
                sign(&file.text(&own).replace(own.origin, "somebody"))
            }),
        ),
        bench.refused(
            "a note that is none",
            content,
            noted(bench, |file| file.text(&own)),
        ),
    ]
}

fn lines_of_notes(bench: &Bench) -> Vec<Case> {
    let content = "Refusal::Form/PortableFault::Content";
    let key = bench.federation.chain_key(0, 100);
    let own = signer(bench, &key);
    let sign = |text: &str| note::sign(text, own.origin, &key);
    let line = |text: &str| note::signature_line(text, own.origin, &key);
    let witness = bench.federation.key(Role::Witness, 1);
    let other_line = |text: &str| note::signature_line(text, "witness.example", &witness);
    vec![
        bench.refused(
            "a note with a line of somebody else",
            content,
            noted(bench, |file| {
                let text = file.text(&own);
                sign(&text) + &other_line(&text)
            }),
        ),
        bench.refused(
            "a note with its line twice",
            content,
            noted(bench, |file| {
                let text = file.text(&own);
                sign(&text) + &line(&text)
            }),
        ),
        bench.refused(
            "a note with a signature over something else",
            "Refusal::Invalid/Invalid::BadSignature",
            noted(bench, |file| {
                let text = file.text(&own);
                format!("{text}\n{}", line("something else\n"))
            }),
        ),
    ]
}

fn issuers(bench: &Bench) -> Vec<Case> {
    let federation = &bench.federation;
    let refused = "Refusal::Issuer";
    let by = |origin: &str, role: Role, of: usize| {
        let mut file = RawFile::of(&bench.honest);
        file.sign(&Signer {
            origin,
            day: "2026-11-30",
            key: &federation.key(role, of),
        });
        file.to_bytes()
    };
    let own = federation.chains[0].origin.as_str();
    let stranger = "federation-1.yizhang/440000";
    let other = "federation-2.yizhang/110000";
    vec![
        bench.refused(
            "signed by the key of another chain",
            refused,
            by(own, Role::Chain, 1),
        ),
        bench.refused("signed by a root key", refused, by(own, Role::Root, 0)),
        bench.refused("signed by a mirror", refused, by(own, Role::Mirror, 0)),
        bench.refused(
            "signed by a key that has ended",
            refused,
            by(own, Role::Chain, 0),
        ),
        bench.refused(
            "signed by a chain that the roster does not name",
            refused,
            by(stranger, Role::NextChain, 0),
        ),
        bench.refused(
            "signed by a chain of another federation",
            refused,
            by(other, Role::NextChain, 0),
        ),
    ]
}

/// A statement with these versions of the roster.
fn with_rosters(bench: &Bench, notes: Vec<Vec<u8>>) -> Vec<u8> {
    let federation = &bench.federation;
    let mut content = federation.content(&asked(WORKER, Part::Nothing));
    content.rosters = notes;
    federation.seal(&content, 0)
}

fn roots(bench: &Bench) -> Vec<Case> {
    let federation = &bench.federation;
    let with = |notes: Vec<Vec<u8>>| with_rosters(bench, notes);
    let first = federation.signed(&federation.rosters[0]);
    let impostor = Federation::new(1, 3).signed(&Roster {
        roots: vec![federation.key(Role::Root, 5).verifying_key().to_bytes()],
        ..federation.rosters[1].clone()
    });
    let by_others = |roster: &Roster| {
        let name = "federation-1.yizhang/root";
        note::sign(&roster.text(), name, &federation.key(Role::Root, 7)).into_bytes()
    };
    let versions = "Refusal::Roster/TrustFault::Versions";
    let signatures = "Refusal::Roster/TrustFault::Version/Invalid::RosterSignatures";
    let mut other_roots = bench.refused(
        "trust in other root keys",
        "Refusal::Roster/TrustFault::OtherRoots",
        bench.honest.clone(),
    );
    other_roots.trusted = Federation::new(2, 1).trusted();
    vec![
        other_roots,
        bench.refused("no version of the roster", versions, with(Vec::new())),
        bench.refused(
            "1,025 versions of the roster",
            versions,
            with(vec![first.clone(); 1_025]),
        ),
        bench.refused(
            "versions without the trusted one",
            "Refusal::Roster/TrustFault::OtherRoots",
            with(vec![impostor]),
        ),
        bench.refused(
            "the trusted keys, and a signature by others",
            signatures,
            with(vec![by_others(&federation.rosters[0])]),
        ),
        bench.refused(
            "a second version signed by others",
            signatures,
            with(vec![first, by_others(&federation.rosters[1])]),
        ),
    ]
}

fn versions(bench: &Bench) -> Vec<Case> {
    let federation = &bench.federation;
    let with = |notes: Vec<Vec<u8>>| with_rosters(bench, notes);
    let notes = federation.roster_notes();
    let [first, second, third] = &notes[..] else {
        panic!("three versions")
    };
    let version = |change: fn(&mut Roster)| {
        let mut roster = federation.rosters[1].clone();
        change(&mut roster);
        federation.signed(&roster)
    };
    let previous = "Refusal::Roster/TrustFault::Version/Invalid::RosterPrevious";
    let form = "Refusal::Roster/TrustFault::Version/Invalid::RosterForm";
    let note_form = "Refusal::Roster/TrustFault::Version/Invalid::NoteForm";
    vec![
        bench.refused(
            "a version left out",
            form,
            with(vec![first.clone(), third.clone()]),
        ),
        bench.refused(
            "a version twice",
            form,
            with(vec![first.clone(), first.clone(), second.clone()]),
        ),
        bench.refused(
            "a second version behind another first",
            previous,
            with(vec![
                first.clone(),
                version(|roster| roster.previous = Hash([1; 32])),
            ]),
        ),
        bench.refused(
            "a version that more keys must sign than it has",
            form,
            with(vec![first.clone(), version(|roster| roster.threshold = 2)]),
        ),
        bench.refused(
            "a version that is no note",
            note_form,
            with(vec![first.clone(), b"roster".to_vec()]),
        ),
        bench.refused(
            "a version that is no note before the trusted one",
            note_form,
            with(vec![b"roster".to_vec(), first.clone()]),
        ),
        // The last version has a region less: its chain is none of the federation.
        bench.refused(
            "a roster without a chain of the statement",
            "Refusal::Invalid/Invalid::UnknownOrigin",
            with(vec![first.clone()]),
        ),
    ]
}

fn accounts(bench: &Bench) -> Vec<Case> {
    let federation = &bench.federation;
    let sealed = |content: &Content| federation.seal(content, 0);
    let honest = || federation.content(&asked(WORKER, Part::Whole));
    let by_fold = |name, rule, bytes| Case {
        outcome: Outcome::RefusedByFold(rule),
        ..accepted(bench, name, bytes)
    };
    let mut other_digest = honest();
    other_digest.account.as_mut().expect("it is whole").digest = Hash::ZERO;
    let mut other_json = honest();
    let account = other_json.account.as_mut().expect("it is whole");
    account.json.as_mut().expect("it is whole").push(b' ');
    let mut other_account = honest();
    other_account.account = federation.content(&asked(NOBODY, Part::Digest)).account;
    let mut other_day = honest();
    other_day.subject.as_of = yizhang_ledger::value::Day::parse("2026-10-31").expect("a day");
    let mut no_rules = honest();
    no_rules.rules.base[0].text = "[[rule]]\n".into();
    let mut other_rules = honest();
    other_rules.rules.base.clear();
    let mut contradiction = honest();
    let twice = contradiction.rules.base[0].clone();
    contradiction.rules.base.push(twice);
    assert!(Statement::parse(&sealed(&honest())).is_ok());
    vec![
        bench.refused(
            "an account with another digest",
            "Refusal::Digest",
            sealed(&other_digest),
        ),
        bench.refused(
            "an account with a blank more",
            "Refusal::Digest",
            sealed(&other_json),
        ),
        by_fold(
            "the account of somebody else",
            "Refusal::OtherFold",
            sealed(&other_account),
        ),
        by_fold(
            "the account of another day",
            "Refusal::OtherFold",
            sealed(&other_day),
        ),
        by_fold(
            "the account under other rules",
            "Refusal::OtherFold",
            sealed(&other_rules),
        ),
        by_fold(
            "rules that cannot be read",
            "Refusal::Rules",
            sealed(&no_rules),
        ),
        by_fold(
            "rules that contradict each other",
            "Refusal::Rules",
            sealed(&contradiction),
        ),
    ]
}
