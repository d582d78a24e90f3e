//! When records came to the places of a case, and whether they belonged to one of these.

pub(crate) use crate::records::places::{Move, Places, RowMonth, months_of};
use crate::{records::set::RecordSet, transfer::family_records::FamilyRecords};
use std::collections::BTreeSet;
use yizhang_ledger::{
    record::Record,
    value::{Day, Division, Month},
};

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
            is_interest(records.set, at) && places.iter().any(|place| first.covers(*place));
        if of_region || is_within(records, places, first) {
            let day = records.set.at(at).day();
            return day.map_or(Arrival::Undated, Arrival::On);
        }
        let came_in = |month: Month| {
            let mut moves = self.moves(RowMonth { at, month }).iter();
            moves.find(|way| is_within(records, places, way.place))
        };
        let ways = months_of(records.set, at).into_iter().filter_map(came_in);
        let first_day = ways.map(|way| way.on).min();
        first_day.map_or(Arrival::Never, Arrival::On)
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
            || (of_region && places.iter().any(|place| here.covers(*place)))
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
        .any(|place| place.covers(here) || place.covers(now))
}
