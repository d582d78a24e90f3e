//! Months paid in parts: the record that made one full does so only together with the parts before it.

use crate::{
    account::Standing,
    overlap::{Sums, TOLERANCE_FEN},
    refunds::{Refunds, Scope},
    set::{Held, RecordSet, Role},
};
use std::{collections::BTreeSet, ops::Range};
use yizhang_ledger::{
    record::{Contribution, Payer, Period},
    value::{Division, Fen, Month, Scheme},
};

/// Parts of one payment: what one payer paid for one period at one place, as one chain has it.
type Parts<'f> = (Division, Scheme<'f>, Division, Payer<'f>, Period);

fn parts_of<'f>(held: &Held<'f>, contribution: &Contribution<'f>) -> Parts<'f> {
    (held.fact.region, contribution.scheme, contribution.place, contribution.payer, contribution.period)
}

/// Received and in force, by itself full or not.
fn in_force<'s, 'f>(
    set: &'s RecordSet<'f>,
    range: &Range<usize>,
) -> impl Iterator<Item = (usize, &'s Held<'f>, &'f Contribution<'f>)> {
    set.within(range).filter_map(|(at, held)| match held.money() {
        Some((Role::Received, fields)) if matches!(held.standing, Standing::Held | Standing::NotFull) => {
            Some((at, held, fields))
        }
        _ => None,
    })
}

/// Whether the record is a part whose period another one has made full.
pub(crate) fn is_completed(set: &RecordSet<'_>, range: &Range<usize>, part: &Held<'_>) -> bool {
    let Some((_, fields)) = part.money().filter(|_| part.standing == Standing::NotFull) else { return false };
    let parts = parts_of(part, fields);
    in_force(set, range).any(|(_, held, fields)| held.standing == Standing::Held && parts_of(held, fields) == parts)
}

/// Marks the records that were full only with parts of which refunds have left too little, with the refund that did. What
/// was due must be on record: otherwise the flag of the record stands for itself, as it does where nothing was refunded.
pub(crate) fn settle(set: &mut RecordSet<'_>, range: &Range<usize>, refunds: &Refunds, scope: &Scope<'_>) {
    let part =
        |at: &usize| set.get(*at).and_then(|held| held.money().filter(|(_, fields)| is_part(fields)).map(|_| held));
    if !refunds.keys().any(|at| part(at).is_some()) {
        return;
    }
    share_given_back(set, range, scope);
    let mut short = Vec::new();
    for (at, held, fields) in in_force(set, range).filter(|(_, held, _)| held.standing == Standing::Held) {
        let lacks = lacks(fields);
        if lacks.unit > TOLERANCE_FEN || lacks.person > TOLERANCE_FEN {
            short.extend(decisive(set, (range, refunds), (parts_of(held, fields), lacks), scope).map(|by| (at, by)));
        }
    }
    for (at, by) in short {
        if let Some(held) = set.0.get_mut(at) {
            (held.standing, held.because) = (Standing::NotFull, Some(by));
        }
    }
}

/// A month is not full any more once one of the parts that made it full has given its money back; those that do not count wait
/// for each part.
fn share_given_back(set: &mut RecordSet<'_>, range: &Range<usize>, scope: &Scope<'_>) {
    let mut shared = Vec::new();
    for (_, part, fields) in in_force(set, range).filter(|(.., fields)| is_part(fields)) {
        let given_back = &part.given_back;
        let months = given_back.months.iter().copied().filter(|month| !scope.is_outside(*month));
        let months: BTreeSet<Month> = months.collect();
        if !months.is_empty() {
            let made_full = |(at, held, other): (usize, &Held<'_>, &Contribution<'_>)| {
                (held.standing == Standing::Held && parts_of(held, other) == parts_of(part, fields)).then_some(at)
            };
            shared.extend(in_force(set, range).filter_map(made_full).map(|at| (at, months.clone(), given_back.by)));
        }
    }
    for (at, months, by) in shared {
        let own = set.get(at).and_then(|held| held.given_back.by);
        let latest = own.into_iter().chain(by).max_by_key(|by| (set.get(*by).and_then(Held::day), *by));
        if let Some(held) = set.0.get_mut(at) {
            held.given_back.months.extend(months);
            held.given_back.by = latest;
        }
    }
}

/// Whether a contribution says of itself that it is only a part.
const fn is_part(fields: &Contribution<'_>) -> bool {
    !fields.full
}

/// What was due beyond what the record itself paid.
fn lacks(fields: &Contribution<'_>) -> Sums {
    let lacks = |due: Fen, paid: Fen| i128::from(due.get()).saturating_sub(paid.get().into()).max(0);
    Sums { unit: lacks(fields.due.unit, fields.paid.unit), person: lacks(fields.due.person, fields.paid.person) }
}

/// The refund by which the parts no longer make up for what the record lacks. Where they never did, the flag of the record
/// spoke of what there was.
fn decisive<'f>(
    set: &RecordSet<'f>,
    (range, refunds): (&Range<usize>, &Refunds),
    (parts, lacks): (Parts<'f>, Sums),
    scope: &Scope<'_>,
) -> Option<usize> {
    let mut stays = Sums::default();
    let mut taken = Vec::new();
    for (at, held) in set.within(range) {
        let Some((Role::Received, fields)) = held.money().filter(|(_, fields)| is_part(fields)) else { continue };
        let was_there = matches!(held.standing, Standing::NotFull | Standing::Refunded);
        if was_there && parts_of(held, fields) == parts {
            stays.add(fields.paid.unit.get().into(), fields.paid.person.get().into());
            // What may be given back without taking the months that count is as good as there.
            let Some(refunds) = refunds.get(&at) else { continue };
            let allowed = scope.reading(fields, refunds).allowed;
            stays.add(allowed.unit, allowed.person);
            taken.extend(refunds.iter().copied());
        }
    }
    taken.sort_by_key(|refund| (set.get(refund.at).and_then(Held::day), refund.at));
    let wanted = Sums { unit: lacks.unit.min(stays.unit), person: lacks.person.min(stays.person) };
    let decisive = taken.into_iter().find(|refund| {
        stays.add(refund.sums.unit.saturating_neg(), refund.sums.person.saturating_neg());
        let reaches = |stays: i128, wanted: i128| stays.saturating_add(TOLERANCE_FEN) >= wanted;
        !(reaches(stays.unit, wanted.unit) && reaches(stays.person, wanted.person))
    });
    decisive.map(|refund| refund.at)
}
