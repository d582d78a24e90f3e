//! Honest statements.

use super::{Bench, Case, Outcome};
use crate::{
    federation::{Part, opening, small_rules},
    raw::{ACCOUNT, RawFile},
    world::{NOBODY, WORKER, asked, asked_of_twins},
};
use yizhang_entitlement::Account;
use yizhang_rules::RuleText;
use yizhang_statement::{Content, StatedAccount, Statement};

pub(super) fn cases(bench: &Bench) -> Vec<Case> {
    let federation = &bench.federation;
    let sealed = |content: &Content| federation.seal(content, 0);
    let of = |owner, part| federation.content(&asked(owner, part));
    let mut unknown = of(WORKER, Part::Digest);
    unknown.subject.commitment = None;
    let mut alone = of(WORKER, Part::Nothing);
    alone.chains.truncate(1);
    let mut none = of(WORKER, Part::Nothing);
    none.chains.clear();
    let mut older = of(WORKER, Part::Digest);
    older.account = Some(of_older_form());
    let mut overlaid = of(WORKER, Part::Nothing);
    overlaid.rules.own = vec![overlay()];
    let mut later = of(WORKER, Part::Digest);
    // A version that the root keys have not signed, before the one that is trusted.
    later.rosters.remove(0);
    let revealed = Statement::reveal(&bench.honest, &opening()).expect("it is the number");
    let other_issuer = federation.seal(&of(WORKER, Part::Digest), 2);
    // Compressed in another way: the same bytes before, and so another statement of the same.
    let stored = bench.forged_from(&sealed(&of(WORKER, Part::Whole)), |file: &mut RawFile| {
        let plain = file.plain(ACCOUNT);
        file.section(ACCOUNT).stored = miniz_oxide::deflate::compress_to_vec(&plain, 0);
    });
    let files = vec![
        ("the digest of the account", bench.honest.clone()),
        ("the whole account", sealed(&of(WORKER, Part::Whole))),
        ("records alone", sealed(&of(WORKER, Part::Nothing))),
        ("the number is revealed", revealed),
        ("the issuer was not told the number", sealed(&unknown)),
        (
            "somebody without a record",
            sealed(&of(NOBODY, Part::Digest)),
        ),
        (
            "two accounts of one person",
            sealed(&federation.content(&asked_of_twins(Part::Digest))),
        ),
        ("one chain of three", sealed(&alone)),
        ("no chain at all", sealed(&none)),
        ("an account of another form", sealed(&older)),
        (
            "rules of an operator over those of the program",
            sealed(&overlaid),
        ),
        ("another issuer", other_issuer),
        ("another compressor", stored),
    ];
    let mut cases: Vec<Case> = files
        .into_iter()
        .map(|(name, bytes)| accepted(bench, name, bytes))
        .collect();
    let mut second = accepted(bench, "trust in the second version alone", Vec::new());
    second.trusted = federation.rosters[1].root_fingerprint();
    second.bytes = vec![(sealed(&later), 1)];
    cases.push(second);
    cases
}

pub(super) fn accepted(bench: &Bench, name: &'static str, bytes: Vec<u8>) -> Case {
    Case {
        name,
        trusted: bench.federation.trusted(),
        bytes: vec![(bytes, 1)],
        outcome: Outcome::Accepted,
    }
}

fn of_older_form() -> StatedAccount {
    let json = br#"{"format":"yizhang-account/11"}"#.to_vec();
    StatedAccount {
        form: "yizhang-account/11".into(),
        digest: Account::digest_of(&json),
        json: Some(json),
    }
}

fn overlay() -> RuleText {
    let base = &small_rules().base[0];
    RuleText {
        name: "own.toml".into(),
        text: base
            .text
            .replace("m60", "f55")
            .replace("M60", "F55")
            .replace("[[720, 196501", "[[660, 197001"),
    }
}
