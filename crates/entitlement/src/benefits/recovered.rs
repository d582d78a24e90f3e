//! What was recovered of benefits that had been paid, and what has still to be.
//!
//! A recovery names the payment, or an overpayment that does. It may stand in another chain: what was drawn twice may be
//! deducted from the other pension (人社部发〔2014〕17号 art. 8). Recoveries for the same months are instalments of one debt.

use crate::{
    account::{RecordNumber, Standing},
    benefits::exclusive::Span,
    months::holders::months_between,
    records::{
        money::FenSum,
        set::{RecordSet, number},
    },
};
use std::collections::BTreeMap;
use yizhang_ledger::{
    entry::{Kind, RecordId},
    record::{Benefit, Record},
    value::Month,
};

/// Of each payment, by its number, the months that were recovered in full, ascending.
pub(crate) type Recovered = BTreeMap<RecordNumber, Vec<(Month, Month)>>;

/// A payment that was recovered, in full or in part.
struct Recovery<'s> {
    paid: &'s Benefit<'s>,
    /// By the months that they name, what recoveries gave back.
    instalments: BTreeMap<(Month, Month), FenSum>,
}

/// The months of each payment that were recovered in full. All of it is where all recoveries together reach the payment, whatever
/// months they name.
pub(crate) fn recovered(set: &RecordSet<'_>) -> Recovered {
    let mut recovered = Recovered::new();
    for (record, recovery) in recoveries(set) {
        recovered.insert(record, recovery.months_in_full());
    }
    recovered
}

/// What recoveries gave back of each payment, for whatever months.
pub(crate) fn recovered_sums(set: &RecordSet<'_>) -> BTreeMap<RecordNumber, FenSum> {
    let mut sums = BTreeMap::new();
    for (record, recovery) in recoveries(set) {
        sums.insert(record, recovery.sum());
    }
    sums
}

/// What has still to be recovered of each payment for months after death: their share of it, less what recoveries gave back whose
/// months reach beyond death. Half up to the fen.
pub(crate) fn unrecovered(
    set: &RecordSet<'_>,
    drawn: &[Span<'_>],
    died: Month,
) -> BTreeMap<RecordNumber, FenSum> {
    let recoveries = recoveries(set);
    let mut owed = BTreeMap::new();
    for span in drawn.iter().filter(|span| span.last > died) {
        let Some(Record::Benefit(_, paid)) =
            set.numbered(span.record).map(|held| &held.fact.record)
        else {
            continue;
        };
        let (first, last) = months_of(paid);
        let after = count(first.max(died.next()), last);
        let share = FenSum::from(paid.amount).share(after, count(first, last));
        let back = match recoveries.get(&span.record) {
            Some(recovery) => recovery.sum_beyond(died),
            None => FenSum::ZERO,
        };
        owed.insert(span.record, share.minus(back).or_nothing());
    }
    owed
}

/// The months that a benefit record is for.
pub(super) fn months_of(benefit: &Benefit<'_>) -> (Month, Month) {
    (benefit.from, benefit.until.unwrap_or(benefit.from))
}

/// The number of months from one to another, as a count.
fn count(first: Month, last: Month) -> usize {
    let months = months_between(first, last);
    usize::try_from(months).expect("there are 2^16 months")
}

/// The payments of which something was recovered, by their numbers.
fn recoveries<'s>(set: &'s RecordSet<'_>) -> BTreeMap<RecordNumber, Recovery<'s>> {
    let mut by_id: BTreeMap<RecordId, Known<'s>> = BTreeMap::new();
    let mut recoveries = Vec::new();
    for (at, held) in set.iter() {
        if let Record::Benefit(kind, benefit) = &held.fact.record
            && held.standing == Standing::Held
        {
            by_id.insert(
                held.fact.id,
                Known {
                    at,
                    kind: *kind,
                    benefit,
                },
            );
            if *kind == Kind::RECOVERY {
                recoveries.push(benefit);
            }
        }
    }
    let mut found: BTreeMap<RecordNumber, Recovery<'s>> = BTreeMap::new();
    for recovery in recoveries {
        let Some(payment) = payment_named(recovery, &by_id) else {
            continue;
        };
        let debt = found.entry(number(payment.at)).or_insert_with(|| Recovery {
            paid: payment.benefit,
            instalments: BTreeMap::new(),
        });
        let sum = debt.instalments.entry(months_of(recovery)).or_default();
        *sum = sum.plus(recovery.amount.into());
    }
    found
}

/// A benefit record in force.
#[derive(Clone, Copy)]
struct Known<'s> {
    at: usize,
    kind: Kind,
    benefit: &'s Benefit<'s>,
}

/// The payment that a recovery names, by itself or by an overpayment.
fn payment_named<'s>(
    recovery: &Benefit<'_>,
    by_id: &BTreeMap<RecordId, Known<'s>>,
) -> Option<Known<'s>> {
    let mut named = by_id.get(&recovery.target?)?;
    if named.kind == Kind::OVERPAYMENT {
        named = by_id.get(&named.benefit.target?)?;
    }
    (named.kind == Kind::BENEFIT_PAID).then_some(*named)
}

impl Recovery<'_> {
    fn sum(&self) -> FenSum {
        FenSum::of(self.instalments.values().copied())
    }

    /// What recoveries gave back whose months reach beyond a month; all of it, where the payment is for none up to that.
    fn sum_beyond(&self, last: Month) -> FenSum {
        let mut sum = FenSum::ZERO;
        for ((_, until), instalment) in &self.instalments {
            if *until > last || self.paid.from > last {
                sum = sum.plus(*instalment);
            }
        }
        sum
    }

    /// The months of the payment whose share was given back, ascending.
    fn months_in_full(&self) -> Vec<(Month, Month)> {
        let (first, last) = months_of(self.paid);
        let amount = FenSum::from(self.paid.amount);
        if self.sum() >= amount {
            return vec![(first, last)];
        }
        let mut in_full = Vec::new();
        for ((from, until), sum) in &self.instalments {
            let part = count(first.max(*from), last.min(*until));
            if part > 0 && sum.times(count(first, last)) >= amount.times(part) {
                in_full.push((*from, *until));
            }
        }
        in_full
    }
}
