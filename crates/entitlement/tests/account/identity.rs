//! Which accounts belong to one worker.

use crate::{
    federation::{self, Federation},
    sample::{WORKER, day, division, flexible, identity, month},
};
use std::collections::BTreeSet;
use yizhang_entitlement::{
    ConflictCode, Policy, fold,
    identity::{LINKED_ACCOUNTS_MAX, linked_accounts},
};
use yizhang_ledger::{
    entry::{Kind, RecordId},
    person::AccountId,
    record::{Birth, BirthEvidence, Contribution, Identity, Record, Reversal, Source},
    value::Code,
};

const OLD: AccountId = AccountId([1; 16]);
const OLDER: AccountId = AccountId([2; 16]);

fn record((kind, fields): (Kind, Identity<'static>)) -> Vec<u8> {
    federation::entry(&Record::Identity(kind, fields))
}

fn id_of((kind, fields): (Kind, Identity<'static>)) -> RecordId {
    federation::id(&Record::Identity(kind, fields))
}

fn linked(records: &[(&str, Vec<u8>)], as_of: &str) -> BTreeSet<AccountId> {
    let mut federation = Federation::default();
    for (region, record) in records {
        federation.append(division(region), std::slice::from_ref(record));
    }
    tied(&federation, as_of)
}

/// The accounts that belong to the worker when everybody's records have been read.
fn tied(federation: &Federation, as_of: &str) -> BTreeSet<AccountId> {
    let facts = federation.facts();
    let mut read = BTreeSet::from([WORKER]);
    loop {
        let linked = linked_accounts(WORKER, &read, &facts, Policy::embedded(), day(as_of));
        if linked.next.is_empty() {
            return linked.tied;
        }
        read.extend(linked.next);
    }
}

#[test]
fn links_in_force_are_followed_from_account_to_account() {
    let records = [
        ("440000", record(identity(WORKER, OLD, None, "2020-01-01"))),
        ("330000", record(identity(OLDER, OLD, None, "2020-06-01"))),
        (
            "330000",
            record(identity(
                AccountId([8; 16]),
                AccountId([9; 16]),
                None,
                "2020-06-01",
            )),
        ),
    ];
    assert_eq!(
        linked(&records, "2020-12-31"),
        BTreeSet::from([WORKER, OLD, OLDER])
    );
    assert_eq!(
        linked(&records, "2020-05-31"),
        BTreeSet::from([WORKER, OLD]),
        "the second link came later"
    );
    assert_eq!(linked(&[], "2020-12-31"), BTreeSet::from([WORKER]));
}

#[test]
fn a_split_takes_its_link_back_from_any_chain_and_a_new_link_restores_it() {
    let link = identity(WORKER, OLD, None, "2020-01-01");
    let split = identity(OLD, WORKER, Some(id_of(link)), "2020-06-01");
    let split_again = identity(WORKER, OLD, None, "2020-09-01");
    let mut records = vec![("440000", record(link)), ("330000", record(split))];
    assert_eq!(linked(&records, "2020-12-31"), BTreeSet::from([WORKER]));
    assert_eq!(
        linked(&records, "2020-05-31"),
        BTreeSet::from([WORKER, OLD]),
        "before the split"
    );
    records.push(("440000", record(split_again)));
    assert_eq!(
        linked(&records, "2020-12-31"),
        BTreeSet::from([WORKER, OLD])
    );
}

#[test]
fn a_split_between_other_accounts_or_of_another_record_changes_nothing() {
    let link = identity(WORKER, OLD, None, "2020-01-01");
    let wrong_pair = identity(WORKER, OLDER, Some(id_of(link)), "2020-06-01");
    let wrong_link = identity(
        WORKER,
        OLD,
        Some(RecordId(yizhang_ledger::hash::Hash([4; 32]))),
        "2020-06-01",
    );
    let records = [
        ("440000", record(link)),
        ("440000", record(wrong_pair)),
        ("440000", record(wrong_link)),
    ];
    assert_eq!(
        linked(&records, "2020-12-31"),
        BTreeSet::from([WORKER, OLD])
    );
}

#[test]
fn a_reversed_link_is_none_and_a_reversed_split_splits_nothing() {
    let reversal = |target| {
        let fields = Reversal {
            account: WORKER,
            target,
            reason: Code::NONE,
            source: Source::default(),
        };
        federation::entry(&Record::Reversal(fields))
    };
    let link = identity(WORKER, OLD, None, "2020-01-01");
    let split = identity(WORKER, OLD, Some(id_of(link)), "2020-06-01");
    let reversed = [("440000", record(link)), ("440000", reversal(id_of(link)))];
    assert_eq!(linked(&reversed, "2020-12-31"), BTreeSet::from([WORKER]));
    let unsplit = [
        ("440000", record(link)),
        ("440000", record(split)),
        ("440000", reversal(id_of(split))),
    ];
    assert_eq!(
        linked(&unsplit, "2020-12-31"),
        BTreeSet::from([WORKER, OLD])
    );
}

#[test]
fn links_that_tie_more_accounts_than_one_worker_can_have_tie_none() {
    let mut federation = Federation::default();
    let number = |number: usize| AccountId([u8::try_from(number).unwrap(); 16]);
    let links: Vec<_> = (1..LINKED_ACCOUNTS_MAX)
        .map(|other| record(identity(WORKER, number(other), None, "2020-01-01")))
        .collect();
    federation.append(division("440000"), &links);
    assert_eq!(tied(&federation, "2020-12-31").len(), LINKED_ACCOUNTS_MAX);
    let one_more = record(identity(
        number(1),
        number(LINKED_ACCOUNTS_MAX),
        None,
        "2020-01-01",
    ));
    federation.append(division("440000"), &[one_more]);
    assert_eq!(tied(&federation, "2020-12-31"), BTreeSet::from([WORKER]));
}

#[test]
fn months_of_linked_accounts_add_up_and_those_of_strangers_are_named() {
    let mut federation = Federation::default();
    let paid = |account, month_text, serial| {
        let fields = Contribution {
            account,
            ..flexible("hrss:110", month(month_text), serial)
        };
        federation::entry(&Record::Contribution(Kind::RECEIVED, fields))
    };
    let records = [
        paid(WORKER, "2020-01", "1"),
        paid(OLD, "2020-02", "2"),
        paid(OLD, "2020-01", "3"),
    ];
    federation.append(division("440000"), &records);
    let account = fold(&federation.facts(), Policy::embedded(), day("2020-12-31"));
    assert_eq!(account.account_ids, 2);
    let unlinked = account
        .conflicts
        .iter()
        .filter(|conflict| conflict.code == ConflictCode::Y05);
    assert_eq!(unlinked.count(), 1, "two accounts and no link");

    let link = record(identity(WORKER, OLD, None, "2020-03-01"));
    federation.append(division("330000"), std::slice::from_ref(&link));
    let account = fold(&federation.facts(), Policy::embedded(), day("2020-12-31"));
    let codes: Vec<_> = account.conflicts.iter().map(|found| found.code).collect();
    assert!(
        codes.contains(&ConflictCode::Y05) && codes.contains(&ConflictCode::Y15),
        "a region that holds neither account has no say: {codes:?}"
    );
    assert_eq!(tied(&federation, "2020-12-31"), BTreeSet::from([WORKER]));

    federation.append(division("440000"), &[link]);
    let account = fold(&federation.facts(), Policy::embedded(), day("2020-12-31"));
    assert_eq!(account.family("hrss:110").unwrap().counted_months, 2);
    assert!(
        account
            .conflicts
            .iter()
            .all(|conflict| conflict.code != ConflictCode::Y05)
    );
    assert_eq!(
        tied(&federation, "2020-12-31"),
        BTreeSet::from([WORKER, OLD])
    );
}

/// A number that was corrected has a birth of its own under the old and the new one: the link says that they are one person's.
#[test]
fn births_under_linked_numbers_are_a_correction_and_under_one_number_two_persons() {
    let birth = |account, birth: &str| {
        let (birth, on) = (month(birth), day("2026-01-05"));
        let (document, source) = (yizhang_ledger::hash::Hash::ZERO, Source::default());
        federation::entry(&Record::Birth(Birth {
            account,
            birth,
            by: BirthEvidence::CitizenId,
            on,
            document,
            source,
        }))
    };
    let link = record(identity(WORKER, OLD, None, "2026-02-01"));
    let codes = |records: &[Vec<u8>]| -> Vec<ConflictCode> {
        let mut federation = Federation::default();
        federation.append(division("440000"), records);
        let account = fold(&federation.facts(), Policy::embedded(), day("2026-06-30"));
        account.conflicts.iter().map(|found| found.code).collect()
    };
    assert_eq!(
        codes(&[
            birth(OLD, "1990-01"),
            birth(WORKER, "1990-03"),
            link.clone()
        ]),
        []
    );
    assert_eq!(
        codes(&[birth(WORKER, "1990-01"), birth(WORKER, "1990-03"), link]),
        [ConflictCode::C17]
    );
    assert_eq!(
        codes(&[birth(OLD, "1990-01"), birth(WORKER, "1990-03")]),
        [ConflictCode::Y05]
    );
}

/// The new number of a worker has no months yet. A stranger who links a number of his own to it must not be shown what the old number
/// holds, nor take it away from the worker.
#[test]
fn a_number_without_months_ties_a_strangers_number_to_nobody() {
    const NEW: AccountId = AccountId([3; 16]);
    const STRANGERS: AccountId = AccountId([4; 16]);
    let month_at = |account, place: &str, serial| {
        let fields = Contribution {
            account,
            place: division(place),
            ..flexible("hrss:110", month("2020-01"), serial)
        };
        federation::entry(&Record::Contribution(Kind::RECEIVED, fields))
    };
    let link = |one, other| record(identity(one, other, None, "2020-03-01"));
    let mut federation = Federation::default();
    let own = [month_at(WORKER, "440300", "1"), link(WORKER, NEW)];
    federation.append(division("440000"), &own);
    let strange = [month_at(STRANGERS, "410100", "2"), link(NEW, STRANGERS)];
    federation.append(division("410000"), &strange);
    let facts = federation.facts();
    // As a lookup asks: first with what is under the number alone, then with what that leads to.
    let tied_to = |start: AccountId| {
        let mut read = BTreeSet::from([start]);
        loop {
            let known: Vec<_> = facts
                .iter()
                .filter(|fact| {
                    fact.record
                        .accounts()
                        .any(|account| read.contains(&account))
                })
                .copied()
                .collect();
            let policy = Policy::embedded();
            let linked = linked_accounts(start, &read, &known, policy, day("2020-12-31"));
            if linked.next.is_empty() {
                return linked.tied;
            }
            read.extend(linked.next);
        }
    };
    assert_eq!(tied_to(STRANGERS), BTreeSet::from([STRANGERS, NEW]));
    assert_eq!(tied_to(WORKER), BTreeSet::from([WORKER, NEW]));
    assert_eq!(
        tied_to(NEW),
        BTreeSet::from([NEW]),
        "who holds it is in dispute until it has a month"
    );
}
