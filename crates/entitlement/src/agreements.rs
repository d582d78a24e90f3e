//! What agency and person agreed to keep of months that several places hold (人社部发〔2009〕187号 art. 3).

use crate::{
    account::Standing,
    set::{Held, RecordSet, Role},
};
use std::{collections::BTreeSet, ops::Range};
use yizhang_ledger::{
    record::{Agreement, Record},
    value::{Division, Month},
};

/// Clears the records that an agreement does not keep: those wholly within its months, where a record of the place that it
/// keeps counts for each of them. An agreement about months that the place does not hold clears nothing.
pub(crate) fn settle(set: &mut RecordSet<'_>, range: &Range<usize>) {
    let mut agreements: Vec<(usize, Agreement<'_>)> = set
        .within(range)
        .filter_map(|(at, held)| match &held.fact.record {
            Record::Agreement(fields) if held.standing == Standing::Held => Some((at, *fields)),
            _ => None,
        })
        .collect();
    // The latest agreement speaks first; what it has cleared an older one finds no more.
    agreements.sort_by_key(|(at, fields)| std::cmp::Reverse((fields.on, *at)));
    for (by, agreement) in agreements {
        let kept: BTreeSet<Month> = within(set, range, &agreement)
            .filter(|(_, held)| held.standing == Standing::Held)
            .filter(|(_, held)| place(held).is_some_and(|place| is_of(place, agreement.keep)))
            .flat_map(|(_, held)| held.period.into_iter().flat_map(yizhang_ledger::record::Period::iter))
            .collect();
        let cleared: Vec<usize> = within(set, range, &agreement)
            .filter(|(_, held)| place(held).is_some_and(|place| !is_of(place, agreement.keep)))
            .filter(|(_, held)| held.period.is_some_and(|period| period.iter().all(|month| kept.contains(&month))))
            .map(|(at, _)| at)
            .collect();
        for at in cleared {
            if let Some(held) = set.0.get_mut(at) {
                (held.standing, held.because) = (Standing::Cleared, Some(by));
            }
        }
    }
}

/// Contributions in force or refunded whose months all lie within those of the agreement: what it clears may have been
/// refunded before.
fn within<'s, 'f>(
    set: &'s RecordSet<'f>,
    range: &Range<usize>,
    agreement: &Agreement<'_>,
) -> impl Iterator<Item = (usize, &'s Held<'f>)> {
    let (first, last) = (agreement.first, agreement.last);
    set.within(range).filter(move |(_, held)| {
        let inside = held.period.is_some_and(|period| period.iter().all(|month| month >= first && month <= last));
        let stood = matches!(held.standing, Standing::Held | Standing::Refunded);
        inside && stood && matches!(held.money(), Some((Role::Received, _)))
    })
}

fn place(held: &Held<'_>) -> Option<Division> {
    held.money().map(|(_, contribution)| contribution.place)
}

/// Whether a place is the one named, or lies in the province named.
fn is_of(place: Division, named: Division) -> bool {
    place == named || (named == named.province() && place.province() == named)
}
