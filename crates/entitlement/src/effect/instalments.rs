//! Months paid in parts: the record that made one full does so only together with the parts before it.

use crate::{
    account::Standing,
    effect::refunds::Readings,
    months::overlap::Bounds,
    records::{
        money::{Sums, TOLERANCE},
        parts::{Payment, received_in_force},
        refunds::Refund,
        set::{Held, RecordSet, Role},
    },
};
use std::{collections::BTreeMap, ops::Range};
use yizhang_ledger::{record::Contribution, value::Month};

/// Marks the records that were full only with parts of which refunds have left too little, with the refund that did: whole,
/// or the months that the refunds took of a part. What was due must be on record: otherwise the flag of the record stands for
/// itself, as it does where nothing was refunded.
pub(super) fn mark_short(
    set: &mut RecordSet<'_>,
    range: &Range<usize>,
    readings: &Readings,
    bounds: Bounds<'_>,
) {
    if !readings.keys().any(|at| is_part(set.at(*at))) {
        return;
    }
    let payments = paid_in_parts(set, range, readings, bounds);
    let mut short = Vec::new();
    for (at, held, fields) in received_in_force(set, range) {
        let lacks = lacks(fields);
        let lacks_any = lacks.unit > TOLERANCE || lacks.person > TOLERANCE;
        if held.standing == Standing::Held
            && lacks_any
            && let Some(parts) = payments.get(&Payment::of(fields))
        {
            short.push((at, parts.decisive(lacks), parts.months_lost(lacks)));
        }
    }
    for (at, decisive, months) in short {
        match decisive {
            Some(refund) => set.stand(at, Standing::NotFull, Some(refund)),
            None => set.give_back_of_parts(at, months),
        }
    }
}

/// The parts of one payment that were there.
#[derive(Default)]
struct PartsPaid {
    paid: Sums,
    /// What refunds may leave of them.
    stays: Sums,
    /// The refunds that name no months, in the order of their days.
    refunds: Vec<Refund>,
    /// The months that refunds took.
    months: BTreeMap<Month, MonthTaken>,
}

/// A month that refunds took of parts.
#[derive(Default)]
struct MonthTaken {
    /// The position of the last of the refunds.
    by: usize,
    /// All that the parts had paid of which they took it.
    paid: Sums,
}

fn paid_in_parts<'f>(
    set: &RecordSet<'f>,
    range: &Range<usize>,
    readings: &Readings,
    bounds: Bounds<'_>,
) -> BTreeMap<Payment<'f>, PartsPaid> {
    let mut payments: BTreeMap<Payment<'f>, PartsPaid> = BTreeMap::new();
    for (at, held) in set.within(range) {
        let Some((Role::Received, fields)) = held.money() else {
            continue;
        };
        if fields.full || !matches!(held.standing, Standing::NotFull | Standing::Refunded) {
            continue;
        }
        let parts = payments.entry(Payment::of(fields)).or_default();
        let paid = Sums::from(fields.paid);
        parts.paid.add(paid);
        parts.stays.add(paid);
        let Some(reading) = readings.get(&at) else {
            continue;
        };
        // What may be given back without taking the months that count is as good as there.
        parts.stays.add(reading.allowed);
        parts.refunds.extend(&reading.unnamed);
        for (month, refund) in &held.given_back().own {
            // Months that do not count wait for each part.
            if !bounds.is_outside(*month) {
                let taken = parts.months.entry(*month).or_default();
                taken.by = *refund;
                taken.paid.add(paid);
            }
        }
    }
    for parts in payments.values_mut() {
        parts
            .refunds
            .sort_by_key(|refund| (set.at(refund.at).day(), refund.at));
    }
    payments
}

impl PartsPaid {
    /// The months without which the parts no longer make up for what a record lacks. A month is the same share of every part.
    fn months_lost(&self, lacks: Sums) -> BTreeMap<Month, usize> {
        let spare = self.paid.less(lacks);
        let mut lost = BTreeMap::new();
        for (month, taken) in &self.months {
            if !spare.reaches(taken.paid) {
                lost.insert(*month, taken.by);
            }
        }
        lost
    }

    /// The refund by which the parts no longer make up for what a record lacks. Where they never did, the flag of the record
    /// spoke of what there was.
    fn decisive(&self, lacks: Sums) -> Option<usize> {
        let mut stays = self.stays;
        let wanted = lacks.at_most(stays);
        for refund in &self.refunds {
            stays.add(refund.sums.negated());
            if !stays.reaches(wanted) {
                return Some(refund.at);
            }
        }
        None
    }
}

/// Whether a contribution says of itself that it is only a part.
fn is_part(held: &Held<'_>) -> bool {
    held.money().is_some_and(|(_, fields)| !fields.full)
}

/// What was due beyond what the record itself paid.
fn lacks(fields: &Contribution<'_>) -> Sums {
    Sums::from(fields.due).less(fields.paid.into())
}
