//! Where records belong once transfers have taken them along.

use crate::{
    records::set::{Held, RecordSet, Target},
    transfer::{family_records::FamilyRecords, step::covers},
};
use std::collections::BTreeMap;
use yizhang_ledger::{
    record::Record,
    value::{Day, Division},
};

/// Where posted transfers have taken records, and which are on the way. Records are known by their position in the set.
#[derive(Default)]
pub(crate) struct Places {
    moves: BTreeMap<usize, Vec<Move>>,
    on_the_way: BTreeMap<usize, Division>,
}

/// When a record came to a place: a reversal has no day of its own.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Arrival {
    Never,
    Undated,
    On(Day),
}

impl Arrival {
    pub(crate) const fn day(self) -> Option<Day> {
        match self {
            Self::On(day) => Some(day),
            Self::Never | Self::Undated => None,
        }
    }
}

/// A way that a record has gone: from the day of the closing, or of the supplement, to that of the posting.
#[derive(Clone, Copy)]
pub(crate) struct Move {
    pub(crate) begun: Day,
    pub(crate) on: Day,
    pub(crate) place: Division,
}

/// The place that a case takes from, under all names that its steps give it, and what transfers have moved so far.
#[derive(Clone, Copy)]
pub(crate) struct OldPlace<'c> {
    pub(crate) names: &'c [Division],
    pub(crate) moves: &'c Places,
}

impl OldPlace<'_> {
    /// Whether a record belonged to it at the end of a day.
    pub(crate) fn holds(self, records: FamilyRecords<'_, '_>, at: usize, day: Day) -> bool {
        self.moves.is_at(records, at, self.names, day)
    }
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
        named
            .or(held.money())
            .map(|(_, contribution)| contribution.place)
    }

    /// Where it belonged at the end of a day.
    pub(crate) fn on(&self, set: &RecordSet<'_>, at: usize, day: Day) -> Option<Division> {
        self.moved(at, day).or_else(|| Self::first(set, at))
    }

    /// Where a transfer had taken it by the end of a day.
    pub(crate) fn moved(&self, at: usize, day: Day) -> Option<Division> {
        self.moves
            .get(&at)?
            .iter()
            .rfind(|moved| moved.on <= day)
            .map(|moved| moved.place)
    }

    /// Where it was going at the end of a day, and was posted later.
    pub(crate) fn heading(&self, at: usize, day: Day) -> Option<Division> {
        self.moves
            .get(&at)?
            .iter()
            .find(|moved| moved.begun <= day && day < moved.on)
            .map(|moved| moved.place)
    }

    /// Whether a transfer has taken it out of the province where it was paid.
    pub(crate) fn has_left_province(&self, set: &RecordSet<'_>, at: usize) -> bool {
        let paid = Self::first(set, at).map(Division::province);
        self.moves
            .get(&at)
            .into_iter()
            .flatten()
            .any(|moved| Some(moved.place.province()) != paid)
    }

    /// When it first came to one of these places, by its money or by a transfer.
    pub(crate) fn came(
        &self,
        records: FamilyRecords<'_, '_>,
        at: usize,
        places: &[Division],
    ) -> Arrival {
        let Some(first) = Self::first(records.set, at) else {
            return Arrival::Never;
        };
        let of_region =
            is_interest(records.set, at) && places.iter().any(|place| covers(first, *place));
        if of_region || is_within(records, places, first) {
            return records
                .set
                .get(at)
                .and_then(Held::day)
                .map_or(Arrival::Undated, Arrival::On);
        }
        let mut moves = self.moves.get(&at).into_iter().flatten();
        moves
            .find(|moved| is_within(records, places, moved.place))
            .map_or(Arrival::Never, |moved| Arrival::On(moved.on))
    }

    /// Whether no transfer has taken it anywhere, or is about to.
    pub(crate) fn is_untouched(&self, at: usize) -> bool {
        self.target(at).is_none() && self.moves.get(&at).is_none_or(Vec::is_empty)
    }

    /// Where it is going.
    pub(crate) fn target(&self, at: usize) -> Option<Division> {
        self.on_the_way.get(&at).copied()
    }

    /// Whether it belonged to one of these places, under the name that it had then or has now. Interest that has not moved
    /// belongs to every place of its region.
    pub(crate) fn is_at(
        &self,
        records: FamilyRecords<'_, '_>,
        at: usize,
        places: &[Division],
        day: Day,
    ) -> bool {
        let Some(here) = self.on(records.set, at, day) else {
            return false;
        };
        let of_region = is_interest(records.set, at) && self.moved(at, day).is_none();
        is_within(records, places, here)
            || (of_region && places.iter().any(|place| covers(here, *place)))
    }

    /// Whether it was taken along by what was posted on a day.
    pub(crate) fn has_gone(&self, at: usize, on: Day) -> bool {
        self.moves
            .get(&at)
            .into_iter()
            .flatten()
            .any(|moved| moved.on == on)
    }

    /// Takes it to a place: from the closing or supplement on, posted on a day. What was posted later from where it no longer
    /// was has not taken it.
    pub(crate) fn carry(&mut self, at: usize, way: Move) {
        self.on_the_way.remove(&at);
        let moves = self.moves.entry(at).or_default();
        moves.retain(|moved| moved.on <= way.on);
        moves.push(way);
    }

    pub(crate) fn depart(&mut self, at: usize, target: Division) {
        // The first case that closed the account: another one may not take the same months a second time.
        self.on_the_way.entry(at).or_insert(target);
    }
}

pub(crate) fn is_interest(set: &RecordSet<'_>, at: usize) -> bool {
    set.get(at)
        .is_some_and(|held| matches!(held.fact.record, Record::InterestCredit(_)))
}

/// Whether a place lies within one of these, as it was named or under the name that it has now.
pub(crate) fn is_within(
    records: FamilyRecords<'_, '_>,
    places: &[Division],
    here: Division,
) -> bool {
    let now = records.successors.now(here);
    places
        .iter()
        .any(|place| covers(*place, here) || covers(*place, now))
}
