//! That nothing of an account was left out is believed when a register shows it, and each way to hide a record is refused by its name.

use crate::support::{
    Chain, DAY_MS, FIRST, LAST, LINK, NOBODY, OTHER, REGISTER, REGISTER_BATCH, REGISTER_MS, WORKER,
    cosigned, named, origin, region, roster, roster_with_mirror,
};
use std::collections::BTreeSet;
use yizhang_entitlement::{Policy, fold};
use yizhang_ledger::{
    Invalid,
    entry::Kind,
    hash::hash_leaf,
    person::{AccountId, Names},
    register::{Absence, InRegister, Presence, RegisterFault, Side},
    tree::ProofFault,
    value::{Day, Division, LeafIndex, TreeSize, UnixMillis},
};
use yizhang_statement::{
    Accounts, Answer, ChainEvidence, Checked, Completeness, CosignedRegister, Question,
    ReceiptFault, RecordEvidence, Refuted, RegisterEvidence, SHOWN_ACCOUNTS_MAX, ShownAccount,
    Through, Whose, prove, prove_complete,
};

const SIZE: TreeSize = TreeSize(5);

/// The positions of what is believed of an account.
fn proved(chain: &Chain, account: AccountId) -> Result<Vec<u64>, Refuted> {
    proved_with(
        chain,
        account,
        &chain.register(&[account]),
        &chain.records(account),
    )
}

fn proved_with(
    chain: &Chain,
    account: AccountId,
    register: &RegisterEvidence,
    records: &[RecordEvidence],
) -> Result<Vec<u64>, Refuted> {
    proved_of(chain, &[account], register, records)
}

fn proved_of(
    chain: &Chain,
    accounts: &[AccountId],
    register: &RegisterEvidence,
    records: &[RecordEvidence],
) -> Result<Vec<u64>, Refuted> {
    let accounts: BTreeSet<AccountId> = accounts.iter().copied().collect();
    let complete = prove_complete(&chain.head(), &accounts, register, records)?;
    let through = Through {
        size: SIZE,
        time: UnixMillis(REGISTER_MS),
    };
    assert_eq!(complete.through, through);
    let facts = complete.facts.iter();
    Ok(facts
        .map(|fact| {
            let at = usize::try_from(fact.index.0).unwrap();
            assert_eq!(fact.id.0, hash_leaf(&chain.entries[at]));
            fact.index.0
        })
        .collect())
}

fn refused(fault: RegisterFault) -> Result<Vec<u64>, Refuted> {
    let chain = region();
    Err(Refuted::Register { chain, fault })
}

fn is_other_root(outcome: &Result<Vec<u64>, Refuted>) -> bool {
    let Err(Refuted::Register { fault, .. }) = outcome else {
        return false;
    };
    matches!(
        fault,
        RegisterFault::Path {
            fault: ProofFault::RootMismatch { .. },
            ..
        }
    )
}

fn is_no_proof(outcome: &Result<Vec<u64>, Refuted>) -> bool {
    matches!(outcome, Err(Refuted::Invalid(Invalid::Proof { .. })))
}

#[test]
fn all_records_of_an_account_are_believed_by_one_path() {
    let chain = Chain::honest();
    assert_eq!(proved(&chain, WORKER), Ok(vec![1, 3, 4, 8]));
    assert_eq!(proved(&chain, OTHER), Ok(vec![2, 4]));
    assert_eq!(proved(&chain, NOBODY), Ok(vec![]));
}

#[test]
fn a_record_that_is_left_out_is_missed() {
    let chain = Chain::honest();
    for missing in 0..3 {
        let mut records = chain.records(WORKER);
        records.remove(missing);
        let outcome = proved_with(&chain, WORKER, &chain.register(&[WORKER]), &records);
        assert!(is_other_root(&outcome), "{missing}: {outcome:?}");
    }
    // Behind the register nothing shows that one is missing: `through` says so.
    let mut records = chain.records(WORKER);
    records.pop();
    let outcome = proved_with(&chain, WORKER, &chain.register(&[WORKER]), &records);
    assert_eq!(outcome, Ok(vec![1, 3, 4]));
}

#[test]
fn a_register_that_hides_a_record_does_not_go_with_the_records() {
    let chain = Chain::committing(|at| at != 3);
    assert!(is_other_root(&proved(&chain, WORKER)));
    // Who is not shown the record cannot see it: mirrors and auditors compute the register again.
    let mut records = chain.records(WORKER);
    records.remove(1);
    let outcome = proved_with(&chain, WORKER, &chain.register(&[WORKER]), &records);
    assert_eq!(outcome, Ok(vec![1, 4, 8]));
}

#[test]
fn records_in_another_order_or_under_other_numbers_are_refused() {
    let chain = Chain::honest();
    let register = chain.register(&[WORKER]);
    let mut records = chain.records(WORKER);
    records.swap(0, 1);
    let outcome = proved_with(&chain, WORKER, &register, &records);
    assert!(matches!(outcome, Err(Refuted::Order { .. })), "{outcome:?}");
    // The numbers are put right, and the order is still another.
    let mut records = chain.records(WORKER);
    records.swap(0, 1);
    (records[0].index, records[1].index) = (LeafIndex(1), LeafIndex(3));
    assert!(is_other_root(&proved_with(
        &chain, WORKER, &register, &records
    )));
    // One record twice: under its number, and under one of its own.
    let mut records = chain.records(WORKER);
    records.insert(1, records[0].clone());
    let outcome = proved_with(&chain, WORKER, &register, &records);
    assert!(matches!(outcome, Err(Refuted::Order { .. })), "{outcome:?}");
    records[1].index = LeafIndex(2);
    assert!(is_other_root(&proved_with(
        &chain, WORKER, &register, &records
    )));
}

#[test]
fn an_account_with_records_is_not_absent() {
    let chain = Chain::committing(|at| at == 2);
    let at = LeafIndex(1);
    let absent = Refuted::NotAbsent {
        chain: region(),
        at,
        size: SIZE,
    };
    assert_eq!(proved(&chain, WORKER), Err(absent));
    let honest = Chain::honest();
    let mut register = honest.register(&[WORKER]);
    register.accounts[0].shown = InRegister::Absent(Absence {
        before: 1,
        left: Some(honest.neighbour(0)),
        right: Some(honest.neighbour(1)),
    });
    let later = &honest.records(WORKER)[3..];
    assert_eq!(
        proved_with(&honest, WORKER, &register, later),
        refused(RegisterFault::Between(Side::Right))
    );
}

#[test]
fn the_path_of_another_account_shows_nothing() {
    let chain = Chain::honest();
    let records = chain.records(WORKER);
    let mut register = chain.register(&[WORKER]);
    register.accounts[0].shown = chain.shown(OTHER);
    assert!(is_other_root(&proved_with(
        &chain, WORKER, &register, &records
    )));
    // Nor does a number of accounts that is not the register's, or a place behind them.
    let InRegister::Present(presence) = chain.shown(WORKER) else {
        panic!("the worker is in the register")
    };
    register.accounts[0].shown = InRegister::Present(Presence {
        index: 7,
        ..presence
    });
    let outcome = proved_with(&chain, WORKER, &register, &records);
    assert!(
        matches!(
            outcome,
            Err(Refuted::Register {
                fault: RegisterFault::Path {
                    fault: ProofFault::OutOfRange { .. },
                    ..
                },
                ..
            })
        ),
        "{outcome:?}"
    );
    // Shown for another account, it is not shown for the worker.
    let outcome = proved_with(&chain, WORKER, &chain.register(&[OTHER]), &records);
    let chain = region();
    assert_eq!(outcome, Err(Refuted::NotShown { chain, missing: 1 }));
}

#[test]
fn accounts_of_a_register_are_shown_once_in_their_order_and_not_without_end() {
    let chain = Chain::honest();
    let records = chain.proved(&[WORKER, OTHER]);
    let both = chain.register(&[WORKER, OTHER]);
    let list = Err(Refuted::ShownList { chain: region() });
    let mut swapped = both.clone();
    swapped.accounts.swap(0, 1);
    assert_eq!(
        proved_of(&chain, &[WORKER, OTHER], &swapped, &records),
        list
    );
    let mut twice = both;
    twice.accounts.insert(1, twice.accounts[0].clone());
    assert_eq!(proved_of(&chain, &[WORKER, OTHER], &twice, &records), list);
    let many: Vec<ShownAccount> = (0..=SHOWN_ACCOUNTS_MAX)
        .map(|number| ShownAccount {
            account: AccountId([u8::try_from(number).unwrap(); 16]),
            shown: chain.shown(NOBODY),
        })
        .collect();
    let mut register = chain.register(&[WORKER]);
    register.accounts = many;
    assert_eq!(
        proved_with(&chain, WORKER, &register, &chain.records(WORKER)),
        list
    );
}

#[test]
fn where_two_accounts_have_records_each_record_has_its_path() {
    let chain = Chain::honest();
    let both = [WORKER, OTHER];
    let register = chain.register(&both);
    let records = chain.proved(&both);
    let outcome = proved_of(&chain, &both, &register, &records);
    assert_eq!(outcome, Ok(vec![1, 2, 3, 4, 8]));
    // Swapped with each other's places they would still be all, in their order, of each.
    let mut bare = records.clone();
    for record in &mut bare[..4] {
        record.path.clear();
    }
    let no_path = Refuted::NoPath {
        chain: region(),
        at: LeafIndex(1),
    };
    assert_eq!(proved_of(&chain, &both, &register, &bare), Err(no_path));
    let mut swapped = records;
    let entry = swapped[0].entry.clone();
    swapped[0].entry = swapped[1].entry.clone();
    swapped[1].entry = entry;
    let outcome = proved_of(&chain, &both, &register, &swapped);
    assert!(is_no_proof(&outcome), "{outcome:?}");
    // One that has nothing there costs the other nothing.
    let register = chain.register(&[WORKER, NOBODY]);
    let outcome = proved_of(&chain, &[WORKER, NOBODY], &register, &chain.records(WORKER));
    assert_eq!(outcome, Ok(vec![1, 3, 4, 8]));
}

#[test]
fn what_is_no_register_under_the_head_shows_nothing() {
    let chain = Chain::honest();
    let records = chain.records(WORKER);
    let mut register = chain.register(&[WORKER]);
    register.register = chain.evidence(FIRST);
    let at = LeafIndex(1);
    let found = Kind::BIRTH_DATE_FACT;
    assert_eq!(
        proved_with(&chain, WORKER, &register, &records),
        refused(RegisterFault::NotARegister { at, found })
    );
    let mut register = chain.register(&[WORKER]);
    register.register.entry = Chain::committing(|at| at != 3).entries[REGISTER].clone();
    let outcome = proved_with(&chain, WORKER, &register, &records);
    assert!(is_no_proof(&outcome), "{outcome:?}");
}

#[test]
fn the_day_of_a_register_is_that_of_its_own_batch() {
    let chain = Chain::honest();
    let records = chain.records(WORKER);
    let other_batch = |at| {
        let (chain, at) = (region(), LeafIndex(at));
        Err(Refuted::OtherBatch { chain, at })
    };
    let mut register = chain.register(&[WORKER]);
    register.batch = chain.evidence(0);
    let outcome = proved_with(&chain, WORKER, &register, &records);
    assert_eq!(outcome, other_batch(0), "the batch before");
    register.batch = chain.evidence(LAST - 1);
    let outcome = proved_with(&chain, WORKER, &register, &records);
    assert_eq!(outcome, other_batch(7), "the batch behind");
    register.batch = chain.evidence(LINK);
    let outcome = proved_with(&chain, WORKER, &register, &records);
    let found = Kind::IDENTITY_LINK;
    assert_eq!(outcome, Err(Refuted::Invalid(Invalid::NotABatch { found })));
    register.batch = chain.evidence(REGISTER_BATCH);
    register.batch.index = LeafIndex(0);
    let outcome = proved_with(&chain, WORKER, &register, &records);
    assert!(is_no_proof(&outcome), "{outcome:?}");
}

#[test]
fn records_of_others_are_refused_on_either_side_of_the_size() {
    let chain = Chain::honest();
    let register = chain.register(&[WORKER]);
    let mut records = chain.records(WORKER);
    records.insert(1, chain.evidence(2));
    let foreign = |at| {
        let (chain, at) = (region(), LeafIndex(at));
        Err(Refuted::ForeignRecord { chain, at })
    };
    assert_eq!(proved_with(&chain, WORKER, &register, &records), foreign(2));
    let mut records = chain.records(OTHER);
    records.push(chain.evidence(LAST));
    let outcome = proved_with(&chain, OTHER, &chain.register(&[OTHER]), &records);
    assert_eq!(outcome, foreign(8));
    // The register itself is nobody's.
    let mut records = chain.records(WORKER);
    records.insert(3, chain.evidence(REGISTER));
    assert_eq!(proved_with(&chain, WORKER, &register, &records), foreign(6));
    assert!(named(&chain.entries[REGISTER]).is_empty());
}

#[test]
fn a_record_behind_the_register_needs_a_path_of_its_own() {
    let chain = Chain::honest();
    let register = chain.register(&[WORKER]);
    let mut records = chain.records(WORKER);
    records[3].path.clear();
    let outcome = proved_with(&chain, WORKER, &register, &records);
    assert!(is_no_proof(&outcome), "{outcome:?}");
    assert_eq!(
        proved_with(&chain, WORKER, &register, &[]),
        refused(RegisterFault::NoRecords)
    );
}

const AS_OF: &str = "2026-11-30";

/// An answer with these pieces, of which the node says that they are all.
fn answer(whose: Whose, chain: &Chain, records: &[RecordEvidence]) -> Answer {
    let question = Question {
        whose,
        as_of: Day::parse(AS_OF).unwrap(),
    };
    let head = chain.head();
    let with_paths: Vec<RecordEvidence> = records
        .iter()
        .map(|record| chain.evidence(usize::try_from(record.index.0).unwrap()))
        .collect();
    let facts = prove(&head, &with_paths).unwrap();
    let account = fold(&facts, Policy::embedded(), question.as_of).with_account_id(WORKER);
    let sealed = account.sealed();
    let accounts = Accounts {
        own: vec![WORKER],
        strangers: Vec::new(),
        names: Names::default(),
    };
    Answer::read(sealed.json, sealed.digest, accounts, &question).unwrap()
}

fn checked(answer: &Answer, handed: ChainEvidence) -> Result<Checked, Refuted> {
    answer.verify(&[handed], &roster(), Policy::embedded())
}

/// Up to where the check of an answer says that its one chain is complete.
fn through(checked: &Checked) -> Option<Through> {
    let [one] = checked.completeness.as_slice() else {
        panic!("the roster has one chain")
    };
    assert_eq!(one.chain, origin());
    one.through
}

#[test]
fn an_answer_says_up_to_where_it_is_complete_chain_by_chain() {
    let chain = Chain::unlinked();
    let records = chain.records(WORKER);
    let stated = answer(Whose::Account(WORKER), &chain, &records);
    let known = checked(&stated, chain.handed(WORKER)).unwrap();
    let shown = Through {
        size: SIZE,
        time: UnixMillis(REGISTER_MS),
    };
    assert_eq!(known.records, 4);
    assert_eq!(through(&known), Some(shown));
    // An answer without registers, as older nodes give it, is as true as before and shows nothing of what is missing.
    let handed = ChainEvidence {
        records: chain.proved(&[WORKER]),
        register: None,
        ..chain.handed(WORKER)
    };
    let known = checked(&stated, handed).unwrap();
    assert_eq!(through(&known), None);
    // Without paths and without a register nothing is shown at all.
    let handed = ChainEvidence {
        register: None,
        ..chain.handed(WORKER)
    };
    let outcome = checked(&stated, handed).unwrap_err();
    assert!(
        matches!(outcome, Refuted::Invalid(Invalid::Proof { .. })),
        "{outcome:?}"
    );
    // A chain that is not in the answer is not complete.
    let nothing = answer(Whose::Account(WORKER), &chain, &[]);
    let known = nothing.verify(&[], &roster(), Policy::embedded()).unwrap();
    assert_eq!(through(&known), None);
}

#[test]
fn an_answer_of_a_node_that_leaves_a_record_out_is_refused() {
    let chain = Chain::unlinked();
    for missing in 0..3 {
        let mut records = chain.records(WORKER);
        records.remove(missing);
        let stated = answer(Whose::Account(WORKER), &chain, &records);
        let handed = ChainEvidence {
            records,
            ..chain.handed(WORKER)
        };
        let outcome = checked(&stated, handed).unwrap_err();
        assert!(matches!(outcome, Refuted::Register { .. }), "{outcome:?}");
    }
}

#[test]
fn a_chain_is_complete_only_for_all_pseudonyms_that_the_caller_knows() {
    let chain = Chain::unlinked();
    let records = chain.records(WORKER);
    let known = BTreeSet::from([WORKER, NOBODY]);
    let stated = answer(Whose::Pseudonyms(known), &chain, &records);
    let one = checked(&stated, chain.handed(WORKER)).unwrap();
    assert_eq!(through(&one), None, "a node that lacks a secret");
    let handed = ChainEvidence {
        register: Some(chain.register(&[WORKER, NOBODY])),
        ..chain.handed(WORKER)
    };
    let both = checked(&stated, handed).unwrap();
    assert!(through(&both).is_some());
}

#[test]
fn an_older_register_shows_less_and_says_so() {
    let older = Chain::unlinked();
    let mut evidence = older.register(&[WORKER]);
    let newer = Chain::unlinked().with_newer_register();
    let asked = BTreeSet::from([WORKER]);
    // As it stands under the head of today.
    evidence.register = newer.evidence(REGISTER);
    evidence.batch = newer.evidence(REGISTER_BATCH);
    let mut records = older.records(WORKER);
    records[3] = newer.evidence(LAST);
    let shown = prove_complete(&newer.head(), &asked, &evidence, &records).unwrap();
    let through = Through {
        size: SIZE,
        time: UnixMillis(REGISTER_MS),
    };
    assert_eq!(shown.through, through);
    // Without the last record it shows as much, and the newest would show that it is missing.
    records.pop();
    assert!(prove_complete(&newer.head(), &asked, &evidence, &records).is_ok());
    let evidence = newer.register(&[WORKER]);
    let outcome = prove_complete(&newer.head(), &asked, &evidence, &records);
    assert!(outcome.is_err());
    let all = newer.records(WORKER);
    let shown = prove_complete(&newer.head(), &asked, &evidence, &all).unwrap();
    let through = Through {
        size: TreeSize(9),
        time: UnixMillis(REGISTER_MS + DAY_MS),
    };
    assert_eq!(shown.through, through);
    // The day of the newer one is not to be had for the older.
    let mut mixed = evidence;
    mixed.register = newer.evidence(REGISTER);
    let outcome = prove_complete(&newer.head(), &asked, &mixed, &all).unwrap_err();
    let (chain, at) = (region(), LeafIndex(9));
    assert_eq!(outcome, Refuted::OtherBatch { chain, at });
}

#[test]
fn who_has_computed_a_register_again_is_believed_by_a_cosigned_head_behind_it() {
    let chain = Chain::unlinked();
    let stated = answer(Whose::Account(WORKER), &chain, &chain.records(WORKER));
    let check = |cosigned| {
        let mut handed = chain.handed(WORKER);
        handed.register.as_mut().unwrap().cosigned = Some(cosigned);
        stated.verify(&[handed], &roster_with_mirror(), Policy::embedded())
    };
    let mirrors = |checked: &Checked| {
        let of_chain = |one: &&Completeness| one.chain == origin();
        checked
            .completeness
            .iter()
            .find(of_chain)
            .unwrap()
            .mirrors
            .clone()
    };
    // The head that was cosigned need not be the one that the records are under.
    let grown = Chain::unlinked().with_newer_register();
    for behind in [&chain, &grown] {
        let known = check(CosignedRegister {
            head: cosigned(&behind.note()),
            path: behind.evidence(REGISTER).path,
        });
        assert_eq!(mirrors(&known.unwrap()), [Division::new(520_000).unwrap()]);
    }
    // Nobody has cosigned it.
    let known = check(CosignedRegister {
        head: chain.note(),
        path: chain.evidence(REGISTER).path,
    });
    assert_eq!(mirrors(&known.unwrap()), []);
    // A head of another history, whose register hides a record, is cosigned; or it is cosigned before the register came.
    let other = Chain::committing(|at| at != 3);
    let outcome = check(CosignedRegister {
        head: cosigned(&other.note()),
        path: other.evidence(REGISTER).path,
    });
    let outcome = outcome.unwrap_err();
    assert!(
        matches!(outcome, Refuted::Invalid(Invalid::Proof { .. })),
        "{outcome:?}"
    );
    // A line that the mirror did not give.
    let mut head = cosigned(&chain.note());
    let at = head.len() - 8;
    head[at] = if head[at] == b'A' { b'B' } else { b'A' };
    let outcome = check(CosignedRegister {
        head,
        path: chain.evidence(REGISTER).path,
    });
    let outcome = outcome.unwrap_err();
    assert!(
        matches!(
            outcome,
            Refuted::Cosigned {
                fault: ReceiptFault::Cosignature(_),
                ..
            }
        ),
        "{outcome:?}"
    );
}
