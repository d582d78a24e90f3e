//! What agency and person agreed to keep of months that several places hold (人社部发〔2009〕187号 art. 3).

use crate::{
    account::Standing,
    policy::Successors,
    records::set::{Held, RecordSet, Role, Target},
    transfer::{Places, covers},
};
use std::{
    collections::{BTreeMap, BTreeSet},
    ops::Range,
};
use yizhang_ledger::{
    entry::RecordId,
    record::{Agreement, Contribution, Record},
    value::Month,
};

/// Clears the records that an agreement does not keep, and says whether there were any: those wholly within its months,
/// where a record of the place that it keeps counts for each of them; and at that place those of another scheme, where the
/// scheme that it names is held there as well. An agreement about months that the place does not hold clears nothing.
///
/// Places are what they are called now, a district belongs to its city, and what a transfer had posted by the day of the
/// agreement belongs to its new place.
pub(crate) fn clear(
    set: &mut RecordSet<'_>,
    range: &Range<usize>,
    successors: &Successors<'_>,
    moves: &Places,
) -> bool {
    let mut agreements: Vec<(usize, Agreement<'_>)> = set
        .within(range)
        .filter_map(|(at, held)| match &held.fact.record {
            Record::Agreement(fields) if held.standing == Standing::Held => Some((at, *fields)),
            _ => None,
        })
        .collect();
    // The latest agreement speaks first; what it has cleared an older one finds no more.
    agreements.sort_by_key(|(at, fields)| std::cmp::Reverse((fields.on, *at)));
    let mut any = false;
    for (by, agreement) in &agreements {
        // Two agreements of one day that keep different things say nothing: people have to say which it is.
        if agreements
            .iter()
            .any(|(_, other)| contradicts(agreement, other))
        {
            continue;
        }
        for at in not_kept(set, range, agreement, successors, moves) {
            set.stand(at, Standing::Cleared, Some(*by));
            any = true;
        }
    }
    any
}

/// Takes refunds of what was cleared for those of the place to which a transfer had brought it by then: the new place clears
/// after the transfer 先转后清 (人社部发〔2010〕70号 art. 10), in its own chain, and names the records of the old one.
pub(crate) fn adopt_refunds(set: &mut RecordSet<'_>, range: &Range<usize>, moves: &Places) {
    let cleared = set
        .within(range)
        .filter(|(_, held)| held.standing == Standing::Cleared);
    let cleared: BTreeMap<RecordId, usize> = cleared.map(|(at, held)| (held.fact.id, at)).collect();
    let adopts = |(at, held): (usize, &Held<'_>)| {
        let (Role::Refund, contribution) = held.money()? else {
            return None;
        };
        let target = *cleared.get(&contribution.target?)?;
        let place = moves.moved(target, held.day()?)?;
        let is_open = held.target == Target::Elsewhere && held.standing == Standing::NoTarget;
        (is_open && covers(held.fact.region, place)).then_some((at, target))
    };
    let adopted: Vec<(usize, usize)> = if cleared.is_empty() {
        Vec::new()
    } else {
        set.within(range).filter_map(adopts).collect()
    };
    for (at, target) in adopted {
        set.aim(at, target);
        set.stand(at, Standing::Held, None);
    }
}

/// Whether two agreements of one day keep different places or schemes of the same months.
fn contradicts(one: &Agreement<'_>, other: &Agreement<'_>) -> bool {
    let same_months = one.first <= other.last && other.first <= one.last;
    one.on == other.on && same_months && (one.keep, one.scheme) != (other.keep, other.scheme)
}

/// The records that an agreement does not keep.
fn not_kept(
    set: &RecordSet<'_>,
    range: &Range<usize>,
    agreement: &Agreement<'_>,
    successors: &Successors<'_>,
    moves: &Places,
) -> Vec<usize> {
    let keep = successors.now(agreement.keep);
    let is_kept = |at: usize, contribution: &Contribution<'_>| {
        let place = moves.moved(at, agreement.on).unwrap_or(contribution.place);
        // An agreement on the way is made with the new place, and for it (domain reference, 3.4).
        let heading = moves.heading(at, agreement.on);
        [Some(place), heading]
            .into_iter()
            .flatten()
            .any(|place| covers(keep, successors.now(place)))
    };
    let (mut months, mut of_scheme) = (BTreeSet::new(), BTreeSet::new());
    for (at, held, contribution) in within(set, range, agreement) {
        if held.standing == Standing::Held && is_kept(at, contribution) {
            let stands = || {
                contribution
                    .period
                    .iter()
                    .filter(|month| !held.given_back().has(*month))
            };
            months.extend(stands());
            if contribution.scheme == agreement.scheme {
                of_scheme.extend(stands());
            }
        }
    }
    let goes = |(at, held, contribution): &(usize, &Held<'_>, &Contribution<'_>)| {
        let stands = |month: &Month| !held.given_back().has(*month);
        let all_in = |months: &BTreeSet<Month>| {
            contribution
                .period
                .iter()
                .filter(stands)
                .all(|month| months.contains(&month))
        };
        if is_kept(*at, contribution) {
            contribution.scheme != agreement.scheme && all_in(&of_scheme)
        } else {
            all_in(&months)
        }
    };
    within(set, range, agreement)
        .filter(goes)
        .map(|(at, ..)| at)
        .collect()
}

/// Contributions in force or refunded whose months all lie within those of the agreement: what it clears may have been
/// refunded before.
fn within<'s, 'f>(
    set: &'s RecordSet<'f>,
    range: &Range<usize>,
    agreement: &Agreement<'_>,
) -> impl Iterator<Item = (usize, &'s Held<'f>, &'s Contribution<'f>)> {
    let (first, last) = (agreement.first, agreement.last);
    set.within(range).filter_map(move |(at, held)| {
        let (Role::Received, contribution) = held.money()? else {
            return None;
        };
        let inside = contribution
            .period
            .iter()
            .all(|month| month >= first && month <= last);
        let stood = matches!(held.standing, Standing::Held | Standing::Refunded);
        (inside && stood).then_some((at, held, contribution))
    })
}
