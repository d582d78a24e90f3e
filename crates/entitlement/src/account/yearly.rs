//! A family year by year: what the yearly statement 个人权益记录单 shows, read from an account.

use super::{Account, Amount, FamilyAccount, MonthStatus, RecordNumber, Standing};
use std::collections::{BTreeMap, BTreeSet};
use yizhang_ledger::{entry::Kind, value::Month};

/// What a calendar year brought to a family. Money stands in the year of the first month that it is for; an account that was
/// not checked may state anything, so sums saturate.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct YearTotal {
    /// The year.
    pub year: u16,
    /// Months that count, deemed ones included.
    pub months: u32,
    /// The lowest base of a month that counts, in fen, where one is known.
    pub base_min: Option<i64>,
    /// The highest.
    pub base_max: Option<i64>,
    /// Received, by who bore it.
    pub paid: Amount,
    /// Credited to the personal account of it.
    pub credited: i64,
    /// Interest posted for the year.
    pub interest: i64,
    /// Credited and posted from the first year to the end of this one. Left out where the years do not add up to the account: something
    /// was given back, or taken from it, and no year says of which.
    pub balance: Option<i64>,
}

impl Account {
    /// A family by calendar years, ascending, those without anything left out.
    pub fn yearly(&self, family: &FamilyAccount) -> Vec<YearTotal> {
        let mut years: BTreeMap<u16, YearTotal> = BTreeMap::new();
        let mut received: BTreeSet<RecordNumber> = BTreeSet::new();
        for line in &family.months {
            received.extend(line.by.iter().chain(&line.others));
            if !matches!(line.status, MonthStatus::Counted | MonthStatus::Deemed) {
                continue;
            }
            let total = of_year(&mut years, line.month);
            total.months = total.months.saturating_add(1);
            if let Some(base) = line.base {
                total.base_min = Some(total.base_min.map_or(base, |least| least.min(base)));
                total.base_max = Some(total.base_max.map_or(base, |most| most.max(base)));
            }
        }
        for number in received {
            self.add_money(&mut years, number);
        }
        for posting in &family.interest.postings {
            let both = posting.amount.unit.saturating_add(posting.amount.person);
            if let Some(january) = Month::of(posting.year, 1) {
                let total = of_year(&mut years, january);
                total.interest = total.interest.saturating_add(both);
            }
        }
        let mut years: Vec<YearTotal> = years.into_values().collect();
        let mut balance = 0_i64;
        for total in &mut years {
            balance = balance
                .saturating_add(total.credited)
                .saturating_add(total.interest);
            total.balance = Some(balance);
        }
        let stated = family.credited.total.saturating_add(family.interest.total);
        if balance != stated {
            for total in &mut years {
                total.balance = None;
            }
        }
        years
    }

    /// Adds what a contribution brought, if it has effect or was no full month.
    fn add_money(&self, years: &mut BTreeMap<u16, YearTotal>, number: RecordNumber) {
        let Some(record) = self.record(number) else {
            return;
        };
        let brings_money = matches!(record.kind, Kind::RECEIVED | Kind::ADJUST_DELTA)
            && matches!(
                record.standing,
                Standing::Held | Standing::NotFull | Standing::Refunded
            );
        let Some(line) = record.contribution.as_ref().filter(|_| brings_money) else {
            return;
        };
        let total = of_year(years, line.first);
        total.paid.unit = total.paid.unit.saturating_add(line.paid.unit);
        total.paid.person = total.paid.person.saturating_add(line.paid.person);
        let credited = line.credited.unit.saturating_add(line.credited.person);
        total.credited = total.credited.saturating_add(credited);
    }
}

fn of_year(years: &mut BTreeMap<u16, YearTotal>, month: Month) -> &mut YearTotal {
    let year = month.year();
    years.entry(year).or_insert_with(|| YearTotal {
        year,
        ..YearTotal::default()
    })
}
