//! Refunds as they were recorded: of which record, how much, when, and for which months, where they say so.
//!
//! What they take of a record is worked out in [`crate::effect`].

use crate::{
    account::Standing,
    records::{
        money::{Sums, given_back},
        set::{RecordSet, Role, Target},
    },
};
use std::{collections::BTreeMap, ops::Range};
use yizhang_ledger::{
    record::{Contribution, Period},
    value::{Day, Fen},
};

/// A refund in force.
#[derive(Clone, Copy)]
pub(crate) struct Refund {
    /// Its position.
    pub(crate) at: usize,
    pub(crate) sums: Sums,
    pub(crate) on: Day,
    /// The months that it is for, where it names fewer than were paid for.
    pub(crate) months: Option<Period>,
}

impl Refund {
    /// By day, then by position.
    pub(crate) const fn order(&self) -> (Day, usize) {
        (self.on, self.at)
    }
}

/// The refunds in force of each record, by position, in the order of their days.
pub(crate) type Refunds = BTreeMap<usize, Vec<Refund>>;

/// The refunds of a family's records.
pub(crate) fn refunds(set: &RecordSet<'_>, range: &Range<usize>) -> Refunds {
    let mut refunds = Refunds::new();
    for (at, held) in set.within(range) {
        let (Some((Role::Refund, contribution)), Target::At(target)) = (held.money(), held.target)
        else {
            continue;
        };
        // Money that has moved has a day.
        let (Standing::Held, Some(on)) = (held.standing, held.day()) else {
            continue;
        };
        let paid = set.at(target).money();
        let months = paid.and_then(|(_, paid)| part_of(contribution.period, paid.period));
        refunds.entry(target).or_default().push(Refund {
            at,
            sums: given_back(contribution.paid),
            on,
            months,
        });
    }
    for of_record in refunds.values_mut() {
        of_record.sort_by_key(Refund::order);
    }
    refunds
}

/// A period that lies within another one and is not all of it.
fn part_of(period: Period, whole: Period) -> Option<Period> {
    let is_within = |month| whole.iter().any(|other| other == month);
    let is_part = period.months < whole.months && period.iter().all(is_within);
    is_part.then_some(period)
}

/// What refunds gave back together.
pub(crate) fn all(refunds: &[Refund]) -> Sums {
    refunds
        .iter()
        .fold(Sums::default(), |sum, refund| sum.and(refund.sums))
}

/// What refunds gave back together of what had been credited to the personal account.
pub(crate) fn credited_back(set: &RecordSet<'_>, refunds: &[Refund]) -> Sums {
    let mut sum = Sums::default();
    for refund in refunds {
        if let Some((_, fields)) = set.at(refund.at).money() {
            sum.add(given_back(fields.credited));
        }
    }
    sum
}

/// Whether refunds have left nothing of what was paid.
pub(crate) fn is_nothing_after(contribution: &Contribution<'_>, refunded: Sums) -> bool {
    refunded.reaches(contribution.paid.into())
}

/// Whether what was due is on record.
pub(crate) fn states_due(contribution: &Contribution<'_>) -> bool {
    contribution.due.unit != Fen::ZERO || contribution.due.person != Fen::ZERO
}
