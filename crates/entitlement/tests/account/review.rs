//! What an agency is told of an account: months that have ended, what conflicts are about, whose retirement nobody can tell.

use crate::{
    federation::{self, Federation},
    sample::{WORKER, day, division, flexible, month, scheme, source},
};
use yizhang_entitlement::{
    Account, Policy,
    conflict::Severity,
    fold,
    review::{Finding, List, from_json, is_without_birth, review, to_json},
};
use yizhang_ledger::{
    entry::Kind,
    hash::Hash,
    record::{Benefit, Birth, BirthEvidence, Contribution, Death, Dispute, Record, Shares},
    value::{Code, Fen},
};

/// The first half of 2024 under some schemes, and what else is given.
fn account(schemes: &[&str], more: &[Record<'_>], as_of: &str) -> Account {
    let serials: Vec<String> = (0..6).map(|offset| format!("S{offset}")).collect();
    let months = |scheme: &'_ str| -> Vec<Vec<u8>> {
        let first = month("2024-01");
        let of = |(offset, serial): (u16, &String)| {
            let serial = format!("{serial}-{scheme}");
            federation::entry(&Record::Contribution(
                Kind::RECEIVED,
                flexible(scheme, first.plus(offset).unwrap(), &serial),
            ))
        };
        (0..).zip(&serials).map(of).collect()
    };
    let mut entries: Vec<Vec<u8>> = schemes.iter().flat_map(|scheme| months(scheme)).collect();
    entries.extend(more.iter().map(federation::entry));
    let mut federation = Federation::default();
    federation.append(division("440000"), &entries);
    fold(&federation.facts(), Policy::embedded(), day(as_of))
}

fn gaps(account: &Account) -> Vec<Finding> {
    review(account, 12)
        .into_iter()
        .filter(|finding| finding.list == List::Gap)
        .collect()
}

#[test]
fn the_running_month_is_a_gap_once_it_has_ended() {
    let pension = |as_of| gaps(&account(&["hrss:110"], &[], as_of));
    assert!(pension("2024-07-30").is_empty(), "money may still come");
    for (as_of, last, months) in [
        ("2024-07-31", "2024-07", 1),
        ("2024-08-01", "2024-07", 1),
        ("2024-08-31", "2024-08", 2),
    ] {
        let found = pension(as_of);
        assert_eq!(found.len(), 1, "{as_of}: {found:?}");
        assert_eq!(
            (found[0].first, found[0].last, found[0].months),
            (Some(month("2024-07")), Some(month(last)), months)
        );
        assert_eq!(
            found[0].places,
            [division("440300")],
            "where the last month was paid"
        );
    }
}

#[test]
fn a_scheme_whose_months_do_not_add_up_has_no_gaps() {
    assert!(gaps(&account(&["hrss:410"], &[], "2024-12-31")).is_empty());
    assert_eq!(
        gaps(&account(&["hrss:410", "hrss:210"], &[], "2024-12-31")).len(),
        1
    );
}

#[test]
fn a_dispute_names_scheme_month_and_place_of_the_record() {
    let disputed = Record::Contribution(
        Kind::RECEIVED,
        flexible("hrss:110", month("2024-03"), "S2-hrss:110"),
    );
    let dispute = Dispute {
        account: WORKER,
        region: division("440000"),
        target: federation::id(&disputed),
        reason: Code::NONE,
        on: day("2024-09-01"),
        document: Hash([0; 32]),
        source: source("D1"),
    };
    let told = |as_of| {
        account(
            &["hrss:110", "hrss:210"],
            &[Record::Dispute(Kind::DISPUTE, dispute)],
            as_of,
        )
    };
    assert!(
        review(&told("2024-06-30"), 12).is_empty(),
        "not yet disputed"
    );
    let account = told("2024-10-31");
    let found = review(&account, 12)
        .into_iter()
        .find(|finding| finding.what == "C41")
        .unwrap();
    assert_eq!(found.family.as_deref(), Some("hrss:110"));
    assert_eq!(
        (found.first, found.last),
        (Some(month("2024-03")), Some(month("2024-03")))
    );
    assert_eq!(found.places, [division("440300")]);
    assert_eq!(
        account
            .disputed_months("hrss:110")
            .into_iter()
            .collect::<Vec<_>>(),
        [month("2024-03")]
    );
    assert!(account.disputed_months("hrss:210").is_empty());
    assert_eq!(
        from_json(&to_json(std::slice::from_ref(&found))).unwrap(),
        [found]
    );
}

/// What a rule has settled is on no list, unless an agency has money to return.
#[test]
fn money_paid_for_months_after_death_waits_until_it_is_refunded() {
    let death = Record::Death(Death {
        account: WORKER,
        month: month("2024-05"),
        on: day("2024-07-01"),
        document: Hash([0; 32]),
        source: source("D1"),
    });
    let paid = flexible("hrss:110", month("2024-06"), "S5-hrss:110");
    let back = |amount: Fen| Fen::new(-amount.get()).unwrap();
    let refund = Record::Contribution(
        Kind::REFUND,
        Contribution {
            target: Some(federation::id(&Record::Contribution(Kind::RECEIVED, paid))),
            nature: 20,
            due: Shares::default(),
            paid: Shares {
                unit: Fen::ZERO,
                person: back(paid.paid.person),
            },
            credited: Shares {
                unit: Fen::ZERO,
                person: back(paid.credited.person),
            },
            received: Some(day("2024-08-01")),
            source: source("R1"),
            ..paid
        },
    );
    let waiting = |records: &[Record<'_>]| -> Vec<(String, Option<Severity>, Option<i64>)> {
        let found = review(&account(&["hrss:110"], records, "2024-12-31"), 12);
        let conflicts = found
            .into_iter()
            .filter(|finding| finding.list == List::Conflict);
        conflicts
            .map(|finding| (finding.what, finding.severity, finding.price))
            .collect()
    };
    assert_eq!(
        waiting(std::slice::from_ref(&death)),
        [("C22".to_owned(), Some(Severity::Task), Some(100_000))]
    );
    assert!(waiting(&[death, refund]).is_empty(), "it went back");
    let vocabulary = List::Conflict.vocabulary();
    assert!(vocabulary.contains(&"C22".to_owned()));
    assert!(!vocabulary.contains(&"C25".to_owned()), "nobody's work");
}

#[test]
fn a_pension_without_a_stated_birth_is_counted() {
    let birth = Birth {
        account: WORKER,
        birth: month("1990-01"),
        by: BirthEvidence::CitizenId,
        on: day("2024-01-05"),
        document: Hash([0; 32]),
        source: source("B1"),
    };
    assert!(is_without_birth(&account(&["hrss:110"], &[], "2024-06-30")));
    assert!(!is_without_birth(&account(
        &["hrss:110"],
        &[Record::Birth(birth)],
        "2024-06-30"
    )));
    assert!(
        !is_without_birth(&account(&["hrss:210"], &[], "2024-06-30")),
        "no pension would come of it"
    );
}

/// An award from July on, its stop and its suspension, by a month.
fn award_and_turn(kind: Kind, from: &str) -> [Record<'static>; 2] {
    let award = Benefit {
        account: WORKER,
        scheme: scheme("hrss:110"),
        item: Code::NONE,
        from: month("2024-07"),
        until: None,
        amount: Fen::new(200_000).unwrap(),
        on: day("2024-06-20"),
        place: division("440300"),
        target: None,
        reason: Code::NONE,
        source: source("A1"),
    };
    let awarded = Record::Benefit(Kind::BENEFIT_AWARD, award);
    let turn = Benefit {
        from: month(from),
        amount: Fen::ZERO,
        on: day("2024-07-20"),
        target: Some(federation::id(&awarded)),
        source: source("A2"),
        ..award
    };
    [awarded, Record::Benefit(kind, turn)]
}

#[test]
fn a_pension_withdrawn_from_its_first_month_leaves_the_worker_among_those_without_birth() {
    let without_birth = |kind, from| {
        let records = award_and_turn(kind, from);
        is_without_birth(&account(&["hrss:110"], &records, "2024-08-31"))
    };
    assert!(
        without_birth(Kind::BENEFIT_STOP, "2024-07"),
        "awarded nothing"
    );
    assert!(
        without_birth(Kind::BENEFIT_STOP, "2024-08"),
        "drawn for a month, and no more"
    );
    assert!(
        !without_birth(Kind::BENEFIT_STOP, "2024-09"),
        "drawn until the end of the month"
    );
    assert!(
        !without_birth(Kind::BENEFIT_SUSPEND, "2024-08"),
        "suspended, and in force"
    );
}
