//! Where records belong once transfers have taken them along.

use crate::{
    records::set::{Held, RecordSet, Target},
    transfer::{family_records::FamilyRecords, step::covers},
};
use std::collections::{BTreeMap, BTreeSet};
use yizhang_ledger::{
    record::{Period, Record},
    value::{Day, Division, Month},
};

/// One month of a record, which is known by its position in the set: of a row for several months, a transfer may take some.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct RowMonth {
    pub(crate) at: usize,
    pub(crate) month: Month,
}

/// Where posted transfers have taken the months of records, and which are on the way.
#[derive(Default)]
pub(crate) struct Places {
    moves: BTreeMap<RowMonth, Vec<Move>>,
    on_the_way: BTreeMap<RowMonth, Division>,
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

/// A way that a month of a record has gone: from the day of the closing, or of the supplement, to that of the posting.
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
    /// The months of a record that belonged to it at the end of a day.
    pub(crate) fn months(
        self,
        records: FamilyRecords<'_, '_>,
        at: usize,
        day: Day,
    ) -> BTreeSet<Month> {
        let mut months = months_of(records.set, at);
        months.retain(|month| {
            let row = RowMonth { at, month: *month };
            self.moves.is_at(records, row, self.names, day)
        });
        months
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

    /// Where a month of a record belonged at the end of a day.
    pub(crate) fn on(&self, set: &RecordSet<'_>, row: RowMonth, day: Day) -> Option<Division> {
        self.moved(row, day).or_else(|| Self::first(set, row.at))
    }

    /// Where a transfer had taken it by the end of a day.
    pub(crate) fn moved(&self, row: RowMonth, day: Day) -> Option<Division> {
        self.moves
            .get(&row)?
            .iter()
            .rfind(|moved| moved.on <= day)
            .map(|moved| moved.place)
    }

    /// Where it was going at the end of a day, and was posted later.
    pub(crate) fn heading(&self, row: RowMonth, day: Day) -> Option<Division> {
        self.moves
            .get(&row)?
            .iter()
            .find(|moved| moved.begun <= day && day < moved.on)
            .map(|moved| moved.place)
    }

    /// Whether a transfer has taken it out of the province where it was paid.
    pub(crate) fn has_left_province(&self, set: &RecordSet<'_>, row: RowMonth) -> bool {
        let paid = Self::first(set, row.at).map(Division::province);
        self.moves
            .get(&row)
            .into_iter()
            .flatten()
            .any(|moved| Some(moved.place.province()) != paid)
    }

    /// When a record, or the first of its months, came to one of these places, by its money or by a transfer.
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
        let came_in = |month: Month| {
            let moves = self.moves.get(&RowMonth { at, month })?;
            let moved = moves
                .iter()
                .find(|moved| is_within(records, places, moved.place));
            moved.map(|moved| moved.on)
        };
        let first_day = months_of(records.set, at)
            .into_iter()
            .filter_map(came_in)
            .min();
        first_day.map_or(Arrival::Never, Arrival::On)
    }

    /// Whether no transfer has taken it anywhere, or is about to.
    pub(crate) fn is_untouched(&self, row: RowMonth) -> bool {
        self.target(row).is_none() && self.moves.get(&row).is_none_or(Vec::is_empty)
    }

    /// Where it is going.
    pub(crate) fn target(&self, row: RowMonth) -> Option<Division> {
        self.on_the_way.get(&row).copied()
    }

    /// Whether it belonged to one of these places, under the name that it had then or has now. Interest that has not moved
    /// belongs to every place of its region.
    pub(crate) fn is_at(
        &self,
        records: FamilyRecords<'_, '_>,
        row: RowMonth,
        places: &[Division],
        day: Day,
    ) -> bool {
        let Some(here) = self.on(records.set, row, day) else {
            return false;
        };
        let of_region = is_interest(records.set, row.at) && self.moved(row, day).is_none();
        is_within(records, places, here)
            || (of_region && places.iter().any(|place| covers(here, *place)))
    }

    /// Whether it was taken along by what was posted on a day.
    pub(crate) fn has_gone(&self, row: RowMonth, on: Day) -> bool {
        self.moves
            .get(&row)
            .into_iter()
            .flatten()
            .any(|moved| moved.on == on)
    }

    /// Takes it to a place: from the closing or supplement on, posted on a day. What was posted later from where it no longer
    /// was has not taken it.
    pub(crate) fn carry(&mut self, row: RowMonth, way: Move) {
        self.on_the_way.remove(&row);
        let moves = self.moves.entry(row).or_default();
        moves.retain(|moved| moved.on <= way.on);
        moves.push(way);
    }

    pub(crate) fn depart(&mut self, row: RowMonth, target: Division) {
        // The first case that closed the account: another one may not take the same months a second time.
        self.on_the_way.entry(row).or_insert(target);
    }
}

/// The months that a record is about.
pub(crate) fn months_of(set: &RecordSet<'_>, at: usize) -> BTreeSet<Month> {
    let period = set.get(at).and_then(|held| held.period);
    period.into_iter().flat_map(Period::iter).collect()
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
