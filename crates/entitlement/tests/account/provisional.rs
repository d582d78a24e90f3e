//! A retirement by the citizen's number alone, beside an account of which no agency has stated birth or class.

use crate::{
    federation::{self, Federation},
    sample::{WORKER, day, division, flexible, month, source},
};
use yizhang_entitlement::{
    Account, Policy,
    account::Class,
    fold,
    provisional::{FromNumber, ProvisionalRetirement, Sex, provisional},
};
use yizhang_ledger::{
    entry::Kind,
    hash::Hash,
    person::SocialSecurityNumber,
    record::{Birth, BirthEvidence, Death, Record, RetireClass, RetireClassFact},
};

const MAN: &str = "440300196806151218";
const WOMAN: &str = "440300197503010025";

fn number(text: &str) -> Option<FromNumber> {
    FromNumber::of(&SocialSecurityNumber::parse(text).unwrap())
}

/// One month of employee pension, and what is stated.
fn account(more: &[Record<'_>]) -> Account {
    let paid = Record::Contribution(
        Kind::RECEIVED,
        flexible("hrss:110", month("2026-10"), "paid"),
    );
    let mut entries = vec![federation::entry(&paid)];
    entries.extend(more.iter().map(federation::entry));
    let mut federation = Federation::default();
    federation.append(division("440000"), &entries);
    fold(&federation.facts(), Policy::embedded(), day("2026-10-31"))
}

fn found(more: &[Record<'_>], text: &str) -> Vec<ProvisionalRetirement> {
    provisional(&account(more), number(text).unwrap(), Policy::embedded())
}

fn birth(of: &str) -> Record<'static> {
    Record::Birth(Birth {
        account: WORKER,
        birth: month(of),
        by: BirthEvidence::Archive,
        on: day("2020-01-05"),
        document: Hash::ZERO,
        source: source("birth"),
    })
}

fn class(class: RetireClass) -> Record<'static> {
    Record::RetireClass(RetireClassFact {
        account: WORKER,
        class,
        on: day("2020-01-05"),
        source: source("class"),
    })
}

#[test]
fn a_number_says_birth_and_sex_and_a_coded_one_neither() {
    let man = number(MAN).unwrap();
    assert_eq!(man.birth, month("1968-06"));
    assert!(man.sex == Sex::Man && number(WOMAN).unwrap().sex == Sex::Woman);
    assert!(number("HKG1234567").is_none());
}

/// Born 1968-06: 60 years and 11 months, 2029-05, to 2032-05 (official tables); 180 months cannot be there before it.
#[test]
fn a_man_has_one_retirement() {
    assert_eq!(
        found(&[], MAN),
        [ProvisionalRetirement {
            class: Class::M60,
            statutory: month("2029-05"),
            earliest: None,
            latest: Some(month("2032-05")),
            needed: Some(180),
            short: Some(179),
        }]
    );
}

/// By the account's own rule for the earliest month: from 2014-01 on 180 months are there before 2029-01.
#[test]
fn the_earliest_month_is_the_first_by_which_the_months_can_be_there() {
    let mut paid = Vec::new();
    let mut next = month("2014-01");
    while next < month("2026-10") {
        let serial = next.to_string();
        let record = Record::Contribution(Kind::RECEIVED, flexible("hrss:110", next, &serial));
        paid.push(federation::entry(&record));
        next = next.next();
    }
    let mut federation = Federation::default();
    federation.append(division("440000"), &paid);
    let account = fold(&federation.facts(), Policy::embedded(), day("2026-10-31"));
    let found = provisional(&account, number(MAN).unwrap(), Policy::embedded());
    assert_eq!(found[0].earliest, Some(month("2029-01")));
}

#[test]
fn a_woman_has_those_of_two_classes_until_one_is_stated() {
    let classes = |more: &[Record<'_>]| -> Vec<Class> {
        found(more, WOMAN).iter().map(|one| one.class).collect()
    };
    assert_eq!(classes(&[]), [Class::F55, Class::F50]);
    assert_eq!(classes(&[class(RetireClass::F50)]), [Class::F50]);
}

#[test]
fn the_birth_that_an_agency_has_stated_comes_before_the_number_s() {
    let of_archive = found(&[birth("1965-01")], MAN);
    assert_eq!(of_archive[0].statutory, month("2025-02"));
}

#[test]
fn nothing_is_provisional_once_both_are_stated_or_the_worker_has_died() {
    let stated = [birth("1968-06"), class(RetireClass::M60)];
    assert_eq!(found(&stated, MAN), []);
    let died = Record::Death(Death {
        account: WORKER,
        month: month("2026-10"),
        on: day("2026-10-20"),
        document: Hash::ZERO,
        source: source("death"),
    });
    assert_eq!(found(&[died], MAN), []);
}

/// The account knows no number, so that its bytes cannot depend on one.
#[test]
fn the_account_itself_stays_without_them() {
    let account = account(&[]);
    assert!(account.person.birth.is_empty());
    let json = String::from_utf8(account.canonical_json()).unwrap();
    assert!(!json.contains("1968"));
}
