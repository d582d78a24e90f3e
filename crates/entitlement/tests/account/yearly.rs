//! A family year by year: sums by the year of the month that money is for, and a balance only where the years add up.

use crate::{
    federation::{self, Federation},
    sample::{WORKER, day, division, flexible, interest, month, source},
};
use yizhang_entitlement::{
    Account, Family, Policy,
    account::{Amount, YearTotal},
    fold,
};
use yizhang_ledger::{
    entry::Kind,
    record::{Record, Reversal},
    value::Code,
};

fn account(records: &[Record<'_>]) -> Account {
    let entries: Vec<Vec<u8>> = records.iter().map(federation::entry).collect();
    let mut federation = Federation::default();
    federation.append(division("440000"), &entries);
    fold(&federation.facts(), Policy::embedded(), day("2024-06-30"))
}

fn years(account: &Account) -> Vec<YearTotal> {
    let family = account.of_family(Family::PENSION).unwrap();
    account.yearly(family)
}

fn paid<'a>(first: &str, serial: &'a str) -> Record<'a> {
    Record::Contribution(Kind::RECEIVED, flexible("hrss:110", month(first), serial))
}

#[test]
fn money_stands_in_the_year_of_its_month_and_the_balance_grows() {
    let medical = flexible("nhsa:310", month("2024-01"), "S9");
    let records = [
        paid("2023-11", "S1"),
        paid("2023-12", "S2"),
        paid("2024-01", "S3"),
        Record::Contribution(Kind::RECEIVED, medical),
        Record::InterestCredit(interest("hrss:110", 2023, 1_048, "I1")),
    ];
    let of = |year, months, paid, interest, balance| YearTotal {
        year,
        months,
        base_min: Some(500_000),
        base_max: Some(500_000),
        paid: Amount {
            unit: 0,
            person: paid,
        },
        credited: paid * 2 / 5,
        interest,
        balance: Some(balance),
    };
    let expected = [
        of(2023, 2, 200_000, 1_048, 81_048),
        of(2024, 1, 100_000, 0, 121_048),
    ];
    assert_eq!(years(&account(&records)), expected);
}

#[test]
fn what_was_taken_back_is_in_no_year() {
    let wrong = paid("2024-02", "S2");
    let reversal = Reversal {
        account: WORKER,
        target: federation::id(&wrong),
        reason: Code::NONE,
        source: source("R1"),
    };
    let records = [paid("2024-01", "S1"), wrong, Record::Reversal(reversal)];
    let years = years(&account(&records));
    assert_eq!(years.len(), 1);
    assert_eq!(years[0].months, 1);
    assert_eq!(years[0].paid.person, 100_000);
    assert_eq!(years[0].balance, Some(40_000));
}

#[test]
fn years_that_do_not_add_up_to_the_account_have_no_balance() {
    let mut account = account(&[paid("2024-01", "S1")]);
    assert_eq!(years(&account)[0].balance, Some(40_000));
    account.families[0].credited.total -= 1;
    assert_eq!(years(&account)[0].balance, None);
}
