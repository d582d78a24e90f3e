//! What agency and person agreed to keep of months that several places hold (人社部发〔2009〕187号 art. 3).

use crate::{
    account::Standing,
    policy::Successors,
    set::{Held, RecordSet, Role},
    transfer::{Places, covers},
};
use std::{collections::BTreeSet, ops::Range};
use yizhang_ledger::{
    record::{Agreement, Contribution, Record},
    value::Month,
};

/// Clears the records that an agreement does not keep, and says whether there were any: those wholly within its months,
/// where a record of the place that it keeps counts for each of them; and at that place those of another scheme, where the
/// scheme that it names is held there as well. An agreement about months that the place does not hold clears nothing.
///
/// Places are what they are called now, a district belongs to its city, and what a transfer had posted by the day of the
/// agreement belongs to its new place.
pub(crate) fn settle(
    set: &mut RecordSet<'_>,
    range: &Range<usize>,
    (successors, moved): (&Successors<'_>, &Places),
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
    for (by, agreement) in agreements {
        for at in not_kept(set, range, &agreement, (successors, moved)) {
            if let Some(held) = set.0.get_mut(at) {
                (held.standing, held.because) = (Standing::Cleared, Some(by));
                any = true;
            }
        }
    }
    any
}

/// The records that an agreement does not keep.
fn not_kept(
    set: &RecordSet<'_>,
    range: &Range<usize>,
    agreement: &Agreement<'_>,
    (successors, moved): (&Successors<'_>, &Places),
) -> Vec<usize> {
    let keep = successors.now(agreement.keep);
    let is_kept = |at: usize, contribution: &Contribution<'_>| {
        let place = moved.moved(at, agreement.on).unwrap_or(contribution.place);
        covers(keep, successors.now(place))
    };
    let (mut months, mut of_scheme) = (BTreeSet::new(), BTreeSet::new());
    for (at, held, contribution) in within(set, range, agreement) {
        if held.standing == Standing::Held && is_kept(at, contribution) {
            months.extend(contribution.period.iter());
            if contribution.scheme == agreement.scheme {
                of_scheme.extend(contribution.period.iter());
            }
        }
    }
    let goes = |(at, _, contribution): &(usize, &Held<'_>, &Contribution<'_>)| {
        let all_in = |months: &BTreeSet<Month>| contribution.period.iter().all(|month| months.contains(&month));
        if is_kept(*at, contribution) {
            contribution.scheme != agreement.scheme && all_in(&of_scheme)
        } else {
            all_in(&months)
        }
    };
    within(set, range, agreement).filter(goes).map(|(at, ..)| at).collect()
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
        let (Role::Received, contribution) = held.money()? else { return None };
        let inside = contribution.period.iter().all(|month| month >= first && month <= last);
        let stood = matches!(held.standing, Standing::Held | Standing::Refunded);
        (inside && stood).then_some((at, held, contribution))
    })
}
