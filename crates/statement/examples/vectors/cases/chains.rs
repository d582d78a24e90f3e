//! Heads, their cosignatures, and the records of chains without a register. What is wrong is signed by the node that made the statement.

use super::{Bench, Case, Outcome, accepted::accepted};
use crate::{
    federation::{Cosigner, Federation, Part, Role, View},
    raw::{RawChain, RawRecord},
    records::{birth, contribution},
    world::{OTHER, TWIN, WORKER, asked},
};
use ed25519_dalek::SigningKey;
use yizhang_ledger::{
    hash::{Hash, hash_leaf},
    note::{self, NoteKey},
    roster::{ChainKey, Continuation, KeyKind, NamedTree, Roster},
    value::{LeafIndex, TreeSize},
};
use yizhang_statement::{ChainEvidence, StatedChain};

/// The chain without a register, by its place.
const BARE: usize = 2;

pub(super) fn cases(bench: &Bench) -> Vec<Case> {
    let mut cases = heads(bench);
    cases.extend(order(bench));
    cases.extend(continued(bench));
    cases.extend(cosignatures(bench));
    cases.extend(proofs(bench));
    cases.extend(records(bench));
    cases.extend(entries(bench));
    cases
}

fn with_chains(bench: &Bench, change: impl FnOnce(&mut Vec<RawChain>)) -> Vec<u8> {
    bench.forged(|file| file.change_chains(change))
}

/// The honest statement with another head of its third chain.
fn headed(bench: &Bench, head: Vec<u8>) -> Vec<u8> {
    with_chains(bench, |chains| chains[BARE].head = head)
}

fn bare_key(bench: &Bench) -> SigningKey {
    bench.federation.key(Role::Chain, BARE)
}

fn heads(bench: &Bench) -> Vec<Case> {
    let federation = &bench.federation;
    let origin = federation.chains[BARE].origin.as_str();
    let head = federation.head(BARE, 3, &[]);
    let text = String::from_utf8(head.clone()).expect("a note is a text");
    let text = text.split("\n\n").next().expect("a note has a text");
    let sign = |text: &str, key: &SigningKey| note::sign(text, origin, key).into_bytes();
    let key = bare_key(bench);
    let mut wrong = head.clone();
    let at = wrong.len() - 20;
    wrong[at] = if wrong[at] == b'A' { b'B' } else { b'A' };
    let empty = format!(
        "{origin}\n0\n{}\n",
        text.lines().last().expect("a head has a root")
    );
    let first_key = federation.key(Role::Chain, 0);
    let other = String::from_utf8(federation.head(0, 15, &[])).expect("a note is a text");
    let (other, _) = other.split_once("\n\n").expect("a note has a text");
    let first = federation.chains[0].origin.as_str();
    let ended = note::sign(&format!("{other}\n"), first, &first_key);
    let untrusted = "Refusal::Invalid/Invalid::NoTrustedSignature";
    vec![
        bench.refused(
            "a head that is no note",
            "Refusal::Invalid/Invalid::NoteForm",
            headed(bench, b"head".to_vec()),
        ),
        bench.refused(
            "a head with a line more",
            "Refusal::Invalid/Invalid::HeadForm",
            headed(bench, sign(&format!("{text}\nmore\n"), &key)),
        ),
        bench.refused(
            "a head of a chain of another federation",
            "Refusal::Invalid/Invalid::UnknownOrigin",
            headed(bench, Federation::new(2, 3).head(BARE, 0, &[])),
        ),
        bench.refused(
            "a head signed by another chain",
            untrusted,
            headed(bench, sign(&format!("{text}\n"), &first_key)),
        ),
        bench.refused(
            "a head signed by a key that has ended",
            untrusted,
            with_chains(bench, |chains| chains[0].head = ended.into_bytes()),
        ),
        bench.refused(
            "a head with a wrong signature",
            "Refusal::Invalid/Invalid::BadSignature",
            headed(bench, wrong),
        ),
        bench.refused(
            "an empty chain with a root",
            "Refusal::Invalid/Invalid::HeadRoot",
            headed(bench, sign(&empty, &key)),
        ),
    ]
}

fn order(bench: &Bench) -> Vec<Case> {
    let older = bench.federation.head(0, 12, &[]);
    vec![
        bench.refused(
            "chains that descend",
            "Refusal::Chains",
            with_chains(bench, |chains| chains.swap(0, 1)),
        ),
        bench.refused(
            "a chain twice",
            "Refusal::Chains",
            with_chains(bench, |chains| chains.push(chains[BARE].clone())),
        ),
        bench.refused(
            "an older head",
            "Refusal::Invalid/Invalid::Proof/ProofFault::OutOfRange",
            with_chains(bench, |chains| chains[0].head = older),
        ),
    ]
}

/// The third chain has shown two histories: both begin with its first entry, and it goes on from its third.
fn continued(bench: &Bench) -> Vec<Case> {
    let federation = &bench.federation;
    let root_of = |size: usize| {
        let head = federation.head(BARE, size, &[]);
        yizhang_ledger::head::Head::open(&head, &federation.rosters[2])
            .expect("it is honest")
            .root
    };
    let content = |size: usize, from: Hash| {
        let mut asked = asked(WORKER, Part::Nothing);
        let view = View {
            size: Some(size),
            ..View::default()
        };
        asked.views.insert(BARE, view);
        let mut content = federation.content(&asked);
        let last = federation.rosters.last().expect("three versions");
        let mut roster = Roster {
            version: 4,
            previous: last.hash(),
            ..last.clone()
        };
        let region = roster
            .regions
            .values_mut()
            .nth(BARE)
            .expect("three regions");
        let next = federation
            .key(Role::NextChain, BARE)
            .verifying_key()
            .to_bytes();
        region.keys[0].until = Some(TreeSize(3));
        region.keys.push(ChainKey {
            key: NoteKey::new(region.origin.as_str(), next).expect("a key"),
            from: TreeSize(4),
            until: None,
        });
        region.continuations = vec![continuation(root_of(1), from)];
        content.rosters.push(federation.signed(&roster));
        federation.seal(&content, 0)
    };
    vec![
        accepted(bench, "a chain that was continued", content(3, root_of(3))),
        bench.refused(
            "a head of the history that was given up",
            "Refusal::Invalid/Invalid::HeadNotContinued",
            content(3, Hash([9; 32])),
        ),
        bench.refused(
            "a head in doubt",
            "Refusal::Refuted/Refuted::HeadInDoubt",
            content(2, root_of(3)),
        ),
    ]
}

fn continuation(agreed: Hash, from: Hash) -> Continuation {
    let at = |size: u64, root| NamedTree {
        size: TreeSize(size),
        root,
    };
    Continuation {
        agreed: at(1, agreed),
        from: at(3, from),
    }
}

fn cosignatures(bench: &Bench) -> Vec<Case> {
    let federation = &bench.federation;
    let honest = federation.head(BARE, 3, &[mirror()]);
    let text = String::from_utf8(honest).expect("a note is a text");
    let lines: Vec<&str> = text.lines().collect();
    let own = lines.last().expect("it has a cosignature");
    let (name, body) = own.rsplit_once(' ').expect("a line has a signature");
    let body = decoded(body);
    let with = |line: &str| {
        let mut lines = lines.clone();
        lines.pop();
        headed(bench, (lines.join("\n") + "\n" + line + "\n").into_bytes())
    };
    let with_body = |change: fn(&mut Vec<u8>)| {
        let mut body = body.clone();
        change(&mut body);
        with(&format!("{name} {}", encoded(&body)))
    };
    let fault = |name, rule, bytes| bench.refused(name, rule, bytes);
    vec![
        fault(
            "a cosignature over something else",
            "Refusal::Cosigned/CosignatureFault::Signature",
            with_body(|body| body[12] ^= 1),
        ),
        fault(
            "a cosignature with another time",
            "Refusal::Cosigned/CosignatureFault::Signature",
            with_body(|body| body[11] ^= 1),
        ),
        fault(
            "a cosignature of 2^63 seconds",
            "Refusal::Cosigned/CosignatureFault::Time",
            with_body(|body| body[4] = 0x80),
        ),
        fault(
            "a cosignature that is too short",
            "Refusal::Cosigned/CosignatureFault::Length",
            with_body(|body| {
                body.pop();
            }),
        ),
        fault(
            "a cosignature twice",
            "Refusal::Cosigned/CosignatureFault::Twice",
            with(&format!("{own}\n{own}")),
        ),
        accepted(
            bench,
            "a line of nobody under a head",
            with(&format!(
                "{own}\n\u{2014} somebody.example {}",
                encoded(&[7; 68])
            )),
        ),
    ]
}

pub(super) const fn mirror() -> Cosigner {
    Cosigner {
        region: 1,
        kind: KeyKind::Mirror,
        seconds: 1_795_900_000,
    }
}

fn decoded(text: &str) -> Vec<u8> {
    use base64ct::{Base64, Encoding};
    Base64::decode_vec(text).expect("it is base64")
}

pub(super) fn encoded(bytes: &[u8]) -> String {
    use base64ct::{Base64, Encoding};
    Base64::encode_string(bytes)
}

fn proofs(bench: &Bench) -> Vec<Case> {
    let length = "Refusal::Invalid/Invalid::Proof/ProofFault::PathLength";
    let root = "Refusal::Invalid/Invalid::Proof/ProofFault::RootMismatch";
    vec![
        bench.refused(
            "a hash too many",
            length,
            with_chains(bench, |chains| chains[0].hashes.push([0; 32])),
        ),
        bench.refused(
            "a hash too few",
            length,
            with_chains(bench, |chains| {
                chains[0].hashes.pop();
            }),
        ),
        bench.refused(
            "another hash",
            root,
            with_chains(bench, |chains| chains[BARE].hashes[0][0] ^= 1),
        ),
        bench.refused(
            "two hashes changed places",
            root,
            with_chains(bench, |chains| chains[0].hashes.swap(0, 1)),
        ),
        bench.refused(
            "hashes where nothing is tied",
            length,
            with_chains(bench, |chains| chains[BARE].records.clear()),
        ),
        bench.refused(
            "a record behind the head",
            "Refusal::Invalid/Invalid::Proof/ProofFault::OutOfRange",
            with_chains(bench, |chains| chains[BARE].records[0].index = 3),
        ),
        bench.refused(
            "a record at another position",
            root,
            with_chains(bench, |chains| {
                // Both entries of the batch have one path to the root, but for their order.
                chains[BARE].records[0].index = 0;
            }),
        ),
    ]
}

/// The statement of an issuer who lies about the third chain.
fn shown(
    bench: &Bench,
    accounts_of: yizhang_ledger::person::AccountId,
    change: impl FnOnce(&mut ChainEvidence),
) -> Vec<u8> {
    let federation = &bench.federation;
    let asked = asked(accounts_of, Part::Nothing);
    let mut content = federation.content(&asked);
    let (mut evidence, size) = federation.evidence(BARE, &asked.views[&BARE], &asked.accounts);
    change(&mut evidence);
    content.chains[BARE] = StatedChain::of(&evidence, size).expect("paths are right");
    federation.seal(&content, 0)
}

fn records(bench: &Bench) -> Vec<Case> {
    let federation = &bench.federation;
    let bare = |at: usize| {
        let of_other = [OTHER].into();
        let view = View::default();
        let (evidence, _) = federation.evidence(BARE, &view, &of_other);
        evidence
            .records
            .into_iter()
            .find(|record| record.index == LeafIndex(at as u64))
            .expect("it is the stranger's")
    };
    let order = "Refusal::Refuted/Refuted::Order";
    let unlinked = bench.forged_from(&no_account(bench), |file| {
        file.change_subject(|subject| subject.accounts.insert(0, [0x01; 16]));
        file.change_chains(Vec::clear);
    });
    let by_fold = |name, bytes| Case {
        outcome: Outcome::RefusedByFold("Refusal::Refuted/Refuted::OtherAccounts"),
        ..accepted(bench, name, bytes)
    };
    vec![
        bench.refused(
            "a record of somebody else",
            "Refusal::Refuted/Refuted::ForeignRecord",
            shown(bench, WORKER, |evidence| evidence.records.push(bare(2))),
        ),
        bench.refused(
            "a record twice",
            order,
            with_chains(bench, |chains| {
                let again = chains[BARE].records[0].clone();
                chains[BARE].records.push(again);
            }),
        ),
        bench.refused(
            "records that descend",
            order,
            with_chains(bench, |chains| chains[0].records.swap(0, 1)),
        ),
        bench.refused(
            "a record that nothing ties to the head",
            "Refusal::Refuted/Refuted::Invalid/Invalid::Proof/ProofFault::PathLength",
            with_chains(bench, |chains| {
                chains[BARE].records[0].is_tied = false;
                chains[BARE].hashes.clear();
            }),
        ),
        by_fold("an account that nothing links", unlinked),
    ]
}

fn no_account(bench: &Bench) -> Vec<u8> {
    let content = bench.federation.content(&asked(WORKER, Part::Nothing));
    bench.federation.seal(&content, 0)
}

/// What stands in a chain of one entry, signed by a node that does not mind what it is.
pub(super) fn lone(bench: &Bench, entry: &[u8], change: impl FnOnce(&mut RawChain)) -> Vec<u8> {
    let origin = bench.federation.chains[BARE].origin.as_str();
    let root = encoded(&hash_leaf(entry).0);
    let head = note::sign(&format!("{origin}\n1\n{root}\n"), origin, &bare_key(bench));
    bench.forged_from(&no_account(bench), |file| {
        file.change_chains(|chains| {
            chains[BARE] = RawChain {
                head: head.into_bytes(),
                register: None,
                records: vec![RawRecord {
                    index: 0,
                    entry: entry.to_vec(),
                    is_tied: true,
                }],
                hashes: Vec::new(),
            };
            change(&mut chains[BARE]);
        });
    })
}

fn entries(bench: &Bench) -> Vec<Case> {
    let whole = contribution(WORKER, 330_100, 4, "1");
    let refused = |name, rule, entry: &[u8]| bench.refused(name, rule, lone(bench, entry, |_| {}));
    let mut field = birth(WORKER, "1");
    // The month of birth, the first byte behind the account: one before 1900.
    let month = field.len() - 45;
    field[month..month + 3].copy_from_slice(&[0xfb, 0, 1]);
    let batch = [&[0, 1][..], &[0]].concat();
    let unknown = [&[16, 1][..], &[0]].concat();
    vec![
        accepted(bench, "a chain of one entry", lone(bench, &whole, |_| {})),
        refused(
            "an entry that is cut",
            "Refusal::Refuted/Refuted::Invalid/Invalid::EntryTruncated",
            &whole[..whole.len() - 1],
        ),
        refused(
            "no entry",
            "Refusal::Refuted/Refuted::Invalid/Invalid::EntryTruncated",
            &[],
        ),
        refused(
            "an entry with a byte behind it",
            "Refusal::Refuted/Refuted::Invalid/Invalid::EntryTrailing",
            &[&whole[..], &[0]].concat(),
        ),
        refused(
            "an entry that begins with no number",
            "Refusal::Refuted/Refuted::Invalid/Invalid::EntryHeader",
            &[0xff],
        ),
        refused(
            "an entry that says too much",
            "Refusal::Refuted/Refuted::Invalid/Invalid::EntryTooLarge",
            &[39, 0xfb, 1, 8],
        ),
        refused(
            "a batch among records",
            "Refusal::Refuted/Refuted::Invalid/Invalid::BatchAmongRecords",
            &batch,
        ),
        refused(
            "a record whose fields are wrong",
            "Refusal::Refuted/Refuted::Invalid/Invalid::Payload/CodecFault::Field",
            &field,
        ),
        refused(
            "a record of a kind that nobody reads",
            "Refusal::Refuted/Refuted::ForeignRecord",
            &unknown,
        ),
        refused(
            "a record of nobody in question",
            "Refusal::Refuted/Refuted::ForeignRecord",
            &birth(TWIN, "1"),
        ),
    ]
}
