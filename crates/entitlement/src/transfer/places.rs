//! Where records belong once transfers have taken them along.

use crate::{
    set::{Held, RecordSet, Target},
    transfer::procedure::covers,
};
use std::collections::BTreeMap;
use yizhang_ledger::{
    record::Record,
    value::{Day, Division},
};

/// Where posted transfers have taken records, and which are on the way. Records are known by their position in the set.
#[derive(Default)]
pub(crate) struct Places {
    moves: BTreeMap<usize, Vec<(Day, Division)>>,
    on_the_way: BTreeMap<usize, Division>,
}

impl Places {
    /// The place that a record was for when it was written: a refund belongs with what it refunds, interest to the region
    /// that posted it.
    pub(crate) fn first(set: &RecordSet<'_>, at: usize) -> Option<Division> {
        let held = set.get(at)?;
        if let Record::InterestCredit(_) = held.fact.record {
            return Some(held.fact.region);
        }
        let named = match held.target {
            Target::At(target) => set.get(target).and_then(Held::money),
            _ => None,
        };
        named.or(held.money()).map(|(_, contribution)| contribution.place)
    }

    /// Where it belonged at the end of a day.
    pub(crate) fn on(&self, set: &RecordSet<'_>, at: usize, day: Day) -> Option<Division> {
        self.moved(at, day).or_else(|| Self::first(set, at))
    }

    /// Where a transfer had taken it by the end of a day.
    pub(crate) fn moved(&self, at: usize, day: Day) -> Option<Division> {
        self.moves.get(&at)?.iter().rfind(|(on, _)| *on <= day).map(|(_, place)| *place)
    }

    /// Where it is going.
    pub(crate) fn target(&self, at: usize) -> Option<Division> {
        self.on_the_way.get(&at).copied()
    }

    /// Whether it belonged to one of these places. Interest that has not moved belongs to every place of its region.
    pub(crate) fn is_at(&self, set: &RecordSet<'_>, at: usize, places: &[Division], day: Day) -> bool {
        let Some(here) = self.on(set, at, day) else { return false };
        let is_interest = set.get(at).is_some_and(|held| matches!(held.fact.record, Record::InterestCredit(_)));
        let of_region = is_interest && self.moved(at, day).is_none();
        places.iter().any(|place| covers(*place, here) || (of_region && covers(here, *place)))
    }

    pub(crate) fn carry(&mut self, at: usize, on: Day, target: Division) {
        self.moves.entry(at).or_default().push((on, target));
    }

    pub(crate) fn depart(&mut self, at: usize, target: Division) {
        // The first case that closed the account: another one may not take the same months a second time.
        self.on_the_way.entry(at).or_insert(target);
    }
}
