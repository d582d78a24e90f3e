//! What is handed over is believed when it holds, and each near-miss is refused by its name.

use ed25519_dalek::SigningKey;
use std::collections::{BTreeMap, BTreeSet};
use yizhang_entitlement::{Account, Policy, fold};
use yizhang_ledger::{
    Invalid, Verified,
    batch::SubmissionId,
    entry::Kind,
    fact::{Fact, under_names},
    hash::{Blake3Keyed, Hash, hash_leaf},
    head::{Head, Origin},
    note::NoteKey,
    person::{AccountId, Names},
    record::{Birth, BirthEvidence, Identity, Record, Source},
    roster::{ChainKey, Region, Roster},
    tree,
    value::{Code, Day, Division, LeafIndex, Month, TreeSize},
};
use yizhang_statement::{
    Accounts, Answer, ChainEvidence, Question, Receipt, RecordEvidence, Refuted, Sent, Whose, prove,
};

const WORKER: AccountId = AccountId([0xA5; 16]);
const STRANGER: AccountId = AccountId([0x5A; 16]);
const GUANGDONG: u32 = 440_000;
const GUIZHOU: u32 = 520_000;

fn day(text: &str) -> Day {
    Day::parse(text).unwrap()
}

fn origin(region: u32) -> Origin {
    Origin::new("test.yizhang", Division::new(region).unwrap()).unwrap()
}

fn key(region: u32) -> SigningKey {
    SigningKey::from_bytes(&[u8::try_from(region / 10_000).unwrap(); 32])
}

fn roster() -> Roster {
    let regions = [GUANGDONG, GUIZHOU].map(|region| {
        let origin = origin(region);
        let public = NoteKey::new(origin.as_str(), key(region).verifying_key().to_bytes());
        let keys = vec![ChainKey {
            key: public.unwrap(),
            from: TreeSize(0),
            until: None,
        }];
        let entry = Region {
            origin,
            endpoint: "https://localhost:1".into(),
            keys,
            witness_keys: Vec::new(),
            mirror_keys: Vec::new(),
            continuations: Vec::new(),
        };
        (Division::new(region).unwrap(), entry)
    });
    Roster {
        federation: "test.yizhang".into(),
        version: 1,
        previous: Hash::ZERO,
        threshold: 1,
        mirrors: 0,
        roots: vec![[1; 32]],
        tls_authority: Vec::new(),
        regions: BTreeMap::from(regions),
    }
}

/// That the worker was born in a month: the smallest record.
fn birth(account: AccountId, month: &str, serial: &'static str) -> Vec<u8> {
    let record = Record::Birth(Birth {
        account,
        birth: Month::parse(month).unwrap(),
        by: BirthEvidence::CitizenId,
        on: day("2020-01-01"),
        document: Hash([0; 32]),
        source: Source {
            serial: Code::new(serial).unwrap(),
            ..Source::default()
        },
    });
    written(&record)
}

fn link(other: AccountId) -> Vec<u8> {
    written(&Record::Identity(
        Kind::IDENTITY_LINK,
        Identity {
            account: WORKER,
            other,
            target: None,
            reason: Code::new("15TO18").unwrap(),
            evidence: Hash([9; 32]),
            on: day("2020-01-01"),
            source: Source::default(),
        },
    ))
}

fn written(record: &Record<'_>) -> Vec<u8> {
    let mut bytes = Vec::new();
    record.write(&mut bytes).unwrap();
    bytes
}

/// A chain of these entries, with a head signed by this key, and the entries proved under it.
fn chain(region: u32, signer: u32, entries: &[Vec<u8>]) -> ChainEvidence {
    let leaves: Vec<Hash> = entries.iter().map(|entry| hash_leaf(entry)).collect();
    let head = Head {
        origin: origin(region),
        size: TreeSize(entries.len() as u64),
        root: tree::root::<Blake3Keyed>(&leaves),
    };
    let record = |(index, entry): (usize, &Vec<u8>)| RecordEvidence {
        index: LeafIndex(index as u64),
        entry: entry.clone(),
        path: tree::inclusion_path(&leaves, index).unwrap(),
    };
    ChainEvidence {
        head: head.sign(&key(signer)).into_bytes(),
        records: entries.iter().enumerate().map(record).collect(),
        register: None,
    }
}

/// What an honest node hands over.
struct Handed {
    account: Account,
    accounts: Vec<AccountId>,
    strangers: Vec<AccountId>,
    chains: Vec<ChainEvidence>,
}

const AS_OF: &str = "2026-10-31";

fn folded(chains: &[ChainEvidence], as_of: &str) -> Account {
    folded_under(chains, as_of, &Names::default())
}

fn folded_under(chains: &[ChainEvidence], as_of: &str, names: &Names) -> Account {
    let mut facts: Vec<Verified<Fact<'_>>> = Vec::new();
    let heads: Vec<_> = chains
        .iter()
        .map(|chain| Head::open(&chain.head, &roster()).unwrap())
        .collect();
    for (chain, head) in chains.iter().zip(&heads) {
        facts.extend(prove(head, &chain.records).unwrap());
    }
    let facts = under_names(facts, names);
    fold(&facts, Policy::embedded(), day(as_of)).with_account_id(WORKER)
}

fn handed() -> Handed {
    let chains = vec![
        chain(
            GUANGDONG,
            GUANGDONG,
            &[
                birth(WORKER, "1990-03", "1"),
                birth(WORKER, "1990-03", "2"),
                birth(WORKER, "1990-03", "1"),
            ],
        ),
        chain(GUIZHOU, GUIZHOU, &[birth(WORKER, "1990-04", "3")]),
    ];
    Handed {
        account: folded(&chains, AS_OF),
        accounts: vec![WORKER],
        strangers: Vec::new(),
        chains,
    }
}

fn question() -> Question {
    Question {
        whose: Whose::Account(WORKER),
        as_of: day(AS_OF),
    }
}

fn read(handed: &Handed) -> Result<Answer, Refuted> {
    let sealed = handed.account.sealed();
    Answer::read(
        sealed.json,
        sealed.digest,
        Accounts {
            own: handed.accounts.clone(),
            strangers: handed.strangers.clone(),
            names: Names::default(),
        },
        &question(),
    )
}

/// What the check says of an answer.
fn refuted(handed: &Handed) -> Refuted {
    let answer = match read(handed) {
        Ok(answer) => answer,
        Err(refuted) => return refuted,
    };
    answer
        .verify(&handed.chains, &roster(), Policy::embedded())
        .expect_err("this must not be believed")
}

#[test]
fn an_honest_answer_is_believed_and_each_record_counted_once() {
    let handed = handed();
    let checked = read(&handed)
        .unwrap()
        .verify(&handed.chains, &roster(), Policy::embedded())
        .unwrap();
    assert_eq!(checked.records, 3, "one of the four was sent twice");
    assert_eq!(checked.heads.len(), 2);
}

#[test]
fn accounts_of_nobody_have_digests_of_their_own() {
    let empty = || fold(&[], Policy::embedded(), day(AS_OF));
    assert_ne!(
        empty().with_account_id(WORKER).digest(),
        empty().with_account_id(STRANGER).digest()
    );
}

#[test]
fn the_account_of_another_worker_is_refused_without_any_proof() {
    let mut handed = handed();
    handed.account = handed.account.with_account_id(STRANGER);
    handed.accounts = vec![STRANGER];
    assert_eq!(refuted(&handed), Refuted::OtherAccount);
    handed.accounts = vec![WORKER, STRANGER];
    assert_eq!(refuted(&handed), Refuted::OtherAccount);
    handed.account.account = None;
    assert_eq!(refuted(&handed), Refuted::OtherAccount, "it names nobody");
}

#[test]
fn an_account_of_another_day_is_refused_without_any_proof() {
    let mut handed = handed();
    handed.account = folded(&handed.chains, "2026-10-30");
    assert_eq!(
        refuted(&handed),
        Refuted::Day {
            asked: day(AS_OF),
            found: day("2026-10-30")
        }
    );
}

#[test]
fn a_changed_digest_is_refused() {
    let sealed = handed().account.sealed();
    let mut stated = sealed.digest;
    stated.0[31] ^= 1;
    let accounts = Accounts {
        own: vec![WORKER],
        strangers: Vec::new(),
        names: Names::default(),
    };
    let read = Answer::read(sealed.json, stated, accounts, &question());
    assert!(matches!(read, Err(Refuted::Digest { .. })));
}

#[test]
fn a_record_left_out_of_the_evidence_is_noticed() {
    let mut handed = handed();
    handed.chains[0].records.remove(1);
    assert!(matches!(refuted(&handed), Refuted::OtherFold { .. }));
}

#[test]
fn evidence_that_stands_twice_is_refused() {
    let mut handed = handed();
    let first = handed.chains[0].records[0].clone();
    handed.chains[0].records.insert(0, first);
    assert!(matches!(refuted(&handed), Refuted::Order { .. }));
    handed.chains[0].records.remove(0);
    handed.chains.push(handed.chains[0].clone());
    assert!(matches!(refuted(&handed), Refuted::TwoHeads { .. }));
}

#[test]
fn a_head_that_a_foreign_key_signed_is_refused() {
    let mut handed = handed();
    handed.chains[1] = chain(GUIZHOU, GUANGDONG, &[birth(WORKER, "1990-04", "3")]);
    assert!(matches!(refuted(&handed), Refuted::Invalid(_)));
}

#[test]
fn a_record_under_the_head_of_another_tree_is_refused() {
    let mut handed = handed();
    handed.chains[0].records[1].entry = birth(WORKER, "1991-03", "2");
    assert!(matches!(
        refuted(&handed),
        Refuted::Invalid(Invalid::Proof { .. })
    ));
}

#[test]
fn records_and_accounts_of_others_are_refused() {
    let mut with_stranger = handed();
    with_stranger.chains[1] = chain(GUIZHOU, GUIZHOU, &[birth(STRANGER, "1990-04", "3")]);
    with_stranger.account = folded(&with_stranger.chains, AS_OF);
    assert!(matches!(
        refuted(&with_stranger),
        Refuted::ForeignRecord { .. }
    ));
    with_stranger.accounts.push(STRANGER);
    assert_eq!(
        refuted(&with_stranger),
        Refuted::OtherAccounts {
            linked: 1,
            found: 2
        },
        "nothing ties them together"
    );
    with_stranger.chains[0] = chain(GUANGDONG, GUANGDONG, &[link(STRANGER)]);
    with_stranger.account = folded(&with_stranger.chains, AS_OF);
    let answer = read(&with_stranger).unwrap();
    assert!(
        answer
            .verify(&with_stranger.chains, &roster(), Policy::embedded())
            .is_ok(),
        "a link ties them together"
    );
    with_stranger.accounts.pop();
    with_stranger.chains[1] = chain(GUIZHOU, GUIZHOU, &[birth(WORKER, "1990-04", "3")]);
    with_stranger.account = folded(&with_stranger.chains, AS_OF);
    assert_eq!(
        refuted(&with_stranger),
        Refuted::OtherAccounts {
            linked: 2,
            found: 1
        },
        "the linked account was not read, and nothing is said of it"
    );
    with_stranger.strangers = vec![STRANGER];
    let answer = read(&with_stranger).unwrap();
    assert!(
        answer
            .verify(&with_stranger.chains, &roster(), Policy::embedded())
            .is_ok(),
        "the node says that it is another person's"
    );
}

#[test]
fn an_account_under_other_rules_is_refused() {
    let mut handed = handed();
    handed.account.rules.name = Hash([3; 32]);
    assert!(matches!(refuted(&handed), Refuted::OtherRules { .. }));
}

#[test]
fn a_receipt_is_believed_for_what_was_sent_and_for_nothing_else() {
    let entries = [birth(WORKER, "1990-03", "1"), birth(WORKER, "1990-03", "2")];
    let receipt = Receipt {
        submission: SubmissionId([4; 16]),
        first: LeafIndex(0),
        records: 2,
        head: chain(GUANGDONG, GUANGDONG, &entries).head,
    };
    let here = origin(GUANGDONG);
    let sent = Sent {
        submission: SubmissionId([4; 16]),
        records: 2,
        origin: &here,
    };
    let verify = |receipt: &Receipt| receipt.verify(&roster(), &sent).map(|head| head.size.0);
    assert_eq!(verify(&receipt), Ok(2));
    let mut other = receipt.clone();
    other.submission = SubmissionId([5; 16]);
    assert!(matches!(
        verify(&other),
        Err(Refuted::OtherSubmission { .. })
    ));
    let mut other = receipt.clone();
    other.records = 1;
    assert_eq!(
        verify(&other),
        Err(Refuted::OtherCount { sent: 2, found: 1 })
    );
    let mut other = receipt.clone();
    other.first = LeafIndex(1);
    assert_eq!(
        verify(&other),
        Err(Refuted::HeadTooSmall { end: 3, size: 2 })
    );
    let mut other = receipt.clone();
    other.head = chain(GUIZHOU, GUIZHOU, &entries).head;
    assert!(matches!(verify(&other), Err(Refuted::OtherChain { .. })));
    let mut other = receipt;
    other.head = chain(GUANGDONG, GUIZHOU, &entries).head;
    assert!(matches!(verify(&other), Err(Refuted::Invalid(_))));
}

/// The worker's pseudonym under a later secret of the federation.
const LATER: AccountId = AccountId([0xB6; 16]);

/// An honest answer to somebody: two records under the first pseudonym, and one of them again and another under the later one.
fn handed_under_two_names() -> Handed {
    let chains = vec![
        chain(
            GUANGDONG,
            GUANGDONG,
            &[birth(WORKER, "1990-03", "1"), birth(LATER, "1990-03", "1")],
        ),
        chain(GUIZHOU, GUIZHOU, &[birth(LATER, "1990-04", "3")]),
    ];
    Handed {
        account: folded_under(&chains, AS_OF, &names(LATER)),
        accounts: vec![WORKER],
        strangers: Vec::new(),
        chains,
    }
}

/// The worker has this other name.
fn names(other: AccountId) -> Names {
    let mut names = Names::default();
    assert!(names.insert(WORKER, other));
    names
}

fn read_under(handed: &Handed, names: Names, whose: Whose) -> Result<Answer, Refuted> {
    let sealed = handed.account.sealed();
    let accounts = Accounts {
        own: handed.accounts.clone(),
        strangers: Vec::new(),
        names,
    };
    let as_of = day(AS_OF);
    Answer::read(
        sealed.json,
        sealed.digest,
        accounts,
        &Question { whose, as_of },
    )
}

#[test]
fn records_under_two_names_of_one_person_are_one_account_on_the_word_of_whoever_holds_the_secrets()
{
    let handed = handed_under_two_names();
    let check = |whose: Whose| {
        let answer = read_under(&handed, names(LATER), whose).unwrap();
        let checked = answer.verify(&handed.chains, &roster(), Policy::embedded());
        checked.map(|checked| (checked.records, checked.identity))
    };
    // The record that stands there under both names is one.
    let both = Whose::Pseudonyms(BTreeSet::from([WORKER, LATER]));
    assert_eq!(
        check(both).unwrap(),
        (2, yizhang_statement::Identity::Checked)
    );
    // Who knows one of the names alone is told that the other is the node's word.
    assert_eq!(
        check(Whose::Account(WORKER)).unwrap(),
        (2, yizhang_statement::Identity::Trusted)
    );
    assert_eq!(
        check(Whose::Unknown).unwrap(),
        (2, yizhang_statement::Identity::Trusted)
    );
}

#[test]
fn a_name_that_the_own_node_does_not_know_is_refused() {
    let handed = handed_under_two_names();
    let refused = |names: Names, known: &[AccountId]| {
        let whose = Whose::Pseudonyms(known.iter().copied().collect());
        read_under(&handed, names, whose).err()
    };
    let other = Some(Refuted::OtherAccount);
    // The node passes a stranger off as the worker, by name or as owner.
    assert_eq!(refused(names(LATER), &[WORKER]), other);
    assert_eq!(refused(names(STRANGER), &[WORKER, LATER]), other);
    assert_eq!(refused(names(LATER), &[LATER, STRANGER]), other);
    // Where the worker has one pseudonym alone, the secret was never replaced: nobody has another name, no linked account either.
    let mut of_linked = Names::default();
    assert!(of_linked.insert(STRANGER, LATER));
    assert_eq!(refused(of_linked.clone(), &[WORKER]), other);
    // And of accounts that were not read nobody needs a name.
    assert_eq!(refused(of_linked, &[WORKER, LATER]), other);
}

#[test]
fn records_under_a_name_that_the_node_leaves_out_are_foreign() {
    let handed = handed_under_two_names();
    let answer = read_under(&handed, Names::default(), Whose::Account(WORKER)).unwrap();
    let refuted = answer
        .verify(&handed.chains, &roster(), Policy::embedded())
        .unwrap_err();
    assert!(matches!(
        refuted,
        Refuted::OtherFold { .. } | Refuted::ForeignRecord { .. }
    ));
}
