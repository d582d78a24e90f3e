//! Subsidies of contributions (社会保险补贴): what a programme bears of what a worker has paid, month by month, before it is awarded; and what was
//! awarded twice, or paid beside an award.
//!
//! A month is borne once for a scheme, whatever city and programme bears it, and the months of all programmes at all places count together.

mod programme;
mod review;

pub use programme::{Cap, PROGRAMME_BYTES_MAX, Programme, ProgrammeFault, example};
pub use review::{Asked, MonthLine, Refused, Review, review};

use crate::{money::FenSum, stated::Stated, terms::Terms};
use std::collections::{BTreeMap, BTreeSet};
use yizhang_ledger::{
    entry::{Kind, RecordId},
    person::AccountId,
    record::{Record, Subsidy},
    value::{Fen, Month},
};

/// A month of a scheme that is borne twice.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Double {
    /// The worker.
    pub account: AccountId,
    /// The scheme.
    pub scheme: String,
    /// The month.
    pub month: Month,
    /// The awards, ascending.
    pub awards: Vec<RecordId>,
}

/// A credit that no award bears.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Beyond {
    /// The award that the credits name; it may be unknown.
    pub award: RecordId,
    /// Awarded.
    pub awarded: FenSum,
    /// Credited.
    pub credited: FenSum,
}

/// Sums of a programme.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// Asked for.
    pub asked: FenSum,
    /// Awarded.
    pub awarded: FenSum,
    /// Paid.
    pub credited: FenSum,
    /// Workers with an award.
    pub workers: u64,
    /// Months of schemes that were awarded.
    pub months: u64,
}

/// Awards of a worker that double one another, and credits beyond an award.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Faults {
    /// Months that are borne twice.
    pub doubles: Vec<Double>,
    /// Credits that no award bears.
    pub beyond: Vec<Beyond>,
}

/// The subsidies of a worker's acting records, as of the day.
pub fn of_worker<'a>(
    records: &[Stated<'a>],
    terms: &Terms<'_>,
) -> Vec<(Kind, RecordId, Subsidy<'a>)> {
    let mut found = Vec::new();
    for stated in records {
        if let Record::Subsidy(kind, fields) = stated.record
            && fields.on <= terms.day()
        {
            found.push((kind, stated.id, fields));
        }
    }
    found
}

/// What cannot be right among the subsidies of one worker.
pub fn faults(subsidies: &[(Kind, RecordId, Subsidy<'_>)]) -> Faults {
    Faults {
        doubles: doubles(subsidies),
        beyond: beyond(subsidies),
    }
}

fn doubles(subsidies: &[(Kind, RecordId, Subsidy<'_>)]) -> Vec<Double> {
    let mut borne: BTreeMap<(AccountId, String, Month), BTreeSet<RecordId>> = BTreeMap::new();
    for (_, id, fields) in of_kind(subsidies, Kind::SUBSIDY_AWARD) {
        for month in fields.period.iter() {
            let key = (fields.account, fields.scheme.to_string(), month);
            borne.entry(key).or_default().insert(*id);
        }
    }
    let twice = borne.into_iter().filter(|(_, awards)| awards.len() > 1);
    twice
        .map(|((account, scheme, month), awards)| Double {
            account,
            scheme,
            month,
            awards: awards.into_iter().collect(),
        })
        .collect()
}

fn of_kind<'s, 'a>(
    subsidies: &'s [(Kind, RecordId, Subsidy<'a>)],
    kind: Kind,
) -> impl Iterator<Item = &'s (Kind, RecordId, Subsidy<'a>)> {
    subsidies.iter().filter(move |(its, _, _)| *its == kind)
}

fn beyond(subsidies: &[(Kind, RecordId, Subsidy<'_>)]) -> Vec<Beyond> {
    let awarded: BTreeMap<RecordId, Fen> = of_kind(subsidies, Kind::SUBSIDY_AWARD)
        .map(|(_, id, fields)| (*id, fields.amount))
        .collect();
    let mut credited: BTreeMap<RecordId, FenSum> = BTreeMap::new();
    for (_, _, fields) in of_kind(subsidies, Kind::SUBSIDY_CREDIT) {
        if let Some(award) = fields.target {
            let sum = credited.entry(award).or_default();
            *sum = sum.plus(FenSum::from(fields.amount));
        }
    }
    let compared = credited.into_iter().map(|(award, credited)| Beyond {
        award,
        awarded: awarded
            .get(&award)
            .copied()
            .map_or(FenSum::ZERO, FenSum::from),
        credited,
    });
    compared.filter(|one| one.credited > one.awarded).collect()
}

/// Takes the subsidies of one worker into the sums of their programmes.
pub fn add_to(totals: &mut BTreeMap<String, Totals>, subsidies: &[(Kind, RecordId, Subsidy<'_>)]) {
    let mut awarded_by: BTreeSet<&str> = BTreeSet::new();
    for (kind, _, fields) in subsidies {
        let programme = fields.programme.as_str();
        let sums = totals.entry(programme.to_owned()).or_default();
        let amount = FenSum::from(fields.amount);
        if *kind == Kind::SUBSIDY_APPLY {
            sums.asked = sums.asked.plus(amount);
        } else if *kind == Kind::SUBSIDY_AWARD {
            sums.awarded = sums.awarded.plus(amount);
            sums.months = sums.months.saturating_add(u64::from(fields.period.months));
            if awarded_by.insert(programme) {
                sums.workers = sums.workers.saturating_add(1);
            }
        } else {
            sums.credited = sums.credited.plus(amount);
        }
    }
}

/// Takes the sums of other workers in.
pub fn merge(totals: &mut BTreeMap<String, Totals>, other: &BTreeMap<String, Totals>) {
    for (programme, sums) in other {
        let own = totals.entry(programme.clone()).or_default();
        own.asked = own.asked.plus(sums.asked);
        own.awarded = own.awarded.plus(sums.awarded);
        own.credited = own.credited.plus(sums.credited);
        own.workers = own.workers.saturating_add(sums.workers);
        own.months = own.months.saturating_add(sums.months);
    }
}
