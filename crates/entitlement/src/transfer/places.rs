//! When records came to the places of a case, and whether they belonged to one of these.

pub(crate) use crate::records::places::{Move, Places};
use crate::{
    records::{places::covers, set::RecordSet},
    transfer::family_records::FamilyRecords,
};
use yizhang_ledger::{
    record::Record,
    value::{Day, Division},
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
    /// Whether a record belonged to it at the end of a day.
    pub(crate) fn holds(self, records: FamilyRecords<'_, '_>, at: usize, day: Day) -> bool {
        self.moves.is_at(records, at, self.names, day)
    }
}

impl Places {
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
            let day = records.set.at(at).day();
            return day.map_or(Arrival::Undated, Arrival::On);
        }
        let mut moves = self.moves(at).iter();
        moves
            .find(|way| is_within(records, places, way.place))
            .map_or(Arrival::Never, |way| Arrival::On(way.on))
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
