//! Months paid in parts: the record that made one full does so only together with the parts before it.

use crate::{
    account::Standing,
    months::ledger::Bounds,
    records::{
        money::{Sums, TOLERANCE},
        refunds::{Reading, Refund},
        set::{Held, RecordSet, Role},
    },
};
use std::{collections::BTreeMap, ops::Range};
use yizhang_ledger::{
    record::{Contribution, Payer, Period},
    value::{Division, Month, Scheme},
};

/// Parts of one payment: what one payer paid for one period at one place, in whatever chains it is.
type Parts<'f> = (Scheme<'f>, Division, Payer<'f>, Period);

const fn parts_of<'f>(contribution: &Contribution<'f>) -> Parts<'f> {
    (
        contribution.scheme,
        contribution.place,
        contribution.payer,
        contribution.period,
    )
}

/// Received and in force, by itself full or not.
fn in_force<'s, 'f>(
    set: &'s RecordSet<'f>,
    range: &Range<usize>,
) -> impl Iterator<Item = (usize, &'s Held<'f>, &'f Contribution<'f>)> {
    set.within(range)
        .filter_map(|(at, held)| match held.money() {
            Some((Role::Received, fields))
                if matches!(held.standing, Standing::Held | Standing::NotFull) =>
            {
                Some((at, held, fields))
            }
            _ => None,
        })
}

/// Whether the record is a part whose period another one has made full.
pub(crate) fn is_completed(set: &RecordSet<'_>, range: &Range<usize>, part: &Held<'_>) -> bool {
    let Some((_, fields)) = part.money().filter(|_| part.standing == Standing::NotFull) else {
        return false;
    };
    let parts = parts_of(fields);
    in_force(set, range)
        .any(|(_, held, fields)| held.standing == Standing::Held && parts_of(fields) == parts)
}

/// Marks the records that were full only with parts of which refunds have left too little, with the refund that did: whole,
/// or the months that the refunds took of a part. What was due must be on record: otherwise the flag of the record stands for
/// itself, as it does where nothing was refunded.
pub(crate) fn mark_short(
    set: &mut RecordSet<'_>,
    range: &Range<usize>,
    readings: &BTreeMap<usize, Reading>,
    bounds: Bounds<'_>,
) {
    let part = |at: &usize| {
        set.get(*at).and_then(|held| {
            held.money()
                .filter(|(_, fields)| is_part(fields))
                .map(|_| held)
        })
    };
    if !readings.keys().any(|at| part(at).is_some()) {
        return;
    }
    let by_parts = by_parts(set, range, readings, bounds);
    let mut short = Vec::new();
    for (at, _, fields) in
        in_force(set, range).filter(|(_, held, _)| held.standing == Standing::Held)
    {
        let lacks = lacks(fields);
        if (lacks.unit > TOLERANCE || lacks.person > TOLERANCE)
            && let Some(parts) = by_parts.get(&parts_of(fields))
        {
            short.push((at, parts.decisive(lacks), parts.lost(lacks)));
        }
    }
    for (at, by, months) in short {
        match by {
            Some(by) => set.stand(at, Standing::NotFull, Some(by)),
            None => set.give_back_of_parts(at, months),
        }
    }
}

/// The parts of one payment that were there: what refunds may leave of them, the refunds that name no months, in the order of
/// their days, and the months that refunds took.
#[derive(Default)]
struct Together {
    paid: Sums,
    stays: Sums,
    refunds: Vec<Refund>,
    /// With the last of the refunds, and all that the parts of which they took the month had paid.
    months: BTreeMap<Month, (usize, Sums)>,
}

fn by_parts<'f>(
    set: &RecordSet<'f>,
    range: &Range<usize>,
    readings: &BTreeMap<usize, Reading>,
    bounds: Bounds<'_>,
) -> BTreeMap<Parts<'f>, Together> {
    let mut by_parts: BTreeMap<Parts<'f>, Together> = BTreeMap::new();
    for (at, held) in set.within(range) {
        let Some((Role::Received, fields)) = held.money().filter(|(_, fields)| is_part(fields))
        else {
            continue;
        };
        if !matches!(held.standing, Standing::NotFull | Standing::Refunded) {
            continue;
        }
        let together = by_parts.entry(parts_of(fields)).or_default();
        let paid = Sums::from(fields.paid);
        (together.paid, together.stays) = (together.paid.and(paid), together.stays.and(paid));
        // What may be given back without taking the months that count is as good as there.
        let Some(reading) = readings.get(&at) else {
            continue;
        };
        together.stays.add(reading.allowed);
        together.refunds.extend(&reading.unnamed);
        // Months that do not count wait for each part.
        let taken = held
            .given_back()
            .own
            .iter()
            .filter(|(month, _)| !bounds.is_outside(**month));
        for (month, by) in taken {
            let (last, sums) = together.months.entry(*month).or_default();
            (*last, *sums) = (*by, sums.and(paid));
        }
    }
    for together in by_parts.values_mut() {
        together
            .refunds
            .sort_by_key(|refund| (set.get(refund.at).and_then(Held::day), refund.at));
    }
    by_parts
}

impl Together {
    /// The months without which the parts no longer make up for what a record lacks. A month is the same share of every part.
    fn lost(&self, lacks: Sums) -> BTreeMap<Month, usize> {
        let spare = self.paid.less(lacks);
        let is_lost = |sums: &Sums| !spare.reaches(*sums);
        self.months
            .iter()
            .filter(|(_, (_, sums))| is_lost(sums))
            .map(|(month, (by, _))| (*month, *by))
            .collect()
    }

    /// The refund by which the parts no longer make up for what a record lacks. Where they never did, the flag of the record
    /// spoke of what there was.
    fn decisive(&self, lacks: Sums) -> Option<usize> {
        let mut stays = self.stays;
        let wanted = lacks.at_most(stays);
        let decisive = self.refunds.iter().find(|refund| {
            stays.add(refund.sums.negated());
            !stays.reaches(wanted)
        });
        decisive.map(|refund| refund.at)
    }
}

/// Whether a contribution says of itself that it is only a part.
const fn is_part(fields: &Contribution<'_>) -> bool {
    !fields.full
}

/// What was due beyond what the record itself paid.
fn lacks(fields: &Contribution<'_>) -> Sums {
    Sums::from(fields.due).less(fields.paid.into())
}
