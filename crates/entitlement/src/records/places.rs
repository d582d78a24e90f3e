//! Where records belong: where money was paid, and where transfers have taken it since. What moves them is [`crate::transfer`].

use crate::records::set::{RecordSet, Target};
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

/// The months that a record is about.
pub(crate) fn months_of(set: &RecordSet<'_>, at: usize) -> BTreeSet<Month> {
    let period = set.at(at).period;
    period.into_iter().flat_map(Period::iter).collect()
}

/// Where posted transfers have taken the months of records, and which are on the way.
#[derive(Default)]
pub(crate) struct Places {
    moves: BTreeMap<RowMonth, Vec<Move>>,
    on_the_way: BTreeMap<RowMonth, Division>,
}

/// Where nothing has been moved.
pub(crate) static NOWHERE: Places = Places {
    moves: BTreeMap::new(),
    on_the_way: BTreeMap::new(),
};

/// A way that a month of a record has gone: from the day of the closing, or of the supplement, to that of the posting.
#[derive(Clone, Copy)]
pub(crate) struct Move {
    pub(crate) begun: Day,
    pub(crate) on: Day,
    pub(crate) place: Division,
}

impl Places {
    /// The place that a record was for when it was written: a refund belongs with what it refunds, interest to the region
    /// that posted it.
    pub(crate) fn first(set: &RecordSet<'_>, at: usize) -> Option<Division> {
        let held = set.at(at);
        if let Record::InterestCredit(_) = held.fact.record {
            return Some(held.fact.region);
        }
        if let Target::At(target) = held.target
            && let Some((_, named)) = set.at(target).money()
        {
            return Some(named.place);
        }
        let (_, contribution) = held.money()?;
        Some(contribution.place)
    }

    /// The ways that transfers have taken a month of a record, in the order in which they were posted.
    pub(crate) fn moves(&self, row: RowMonth) -> &[Move] {
        self.moves.get(&row).map_or(&[], Vec::as_slice)
    }

    /// Where a transfer had taken it by the end of a day.
    pub(crate) fn moved(&self, row: RowMonth, day: Day) -> Option<Division> {
        let last = self.moves(row).iter().rfind(|way| way.on <= day);
        last.map(|way| way.place)
    }

    /// Where it belonged at the end of a day.
    pub(crate) fn on(&self, set: &RecordSet<'_>, row: RowMonth, day: Day) -> Option<Division> {
        self.moved(row, day).or_else(|| Self::first(set, row.at))
    }

    /// Where it was going at the end of a day, and was posted later.
    pub(crate) fn was_going_to(&self, row: RowMonth, day: Day) -> Option<Division> {
        let mut moves = self.moves(row).iter();
        let way = moves.find(|way| way.begun <= day && day < way.on);
        way.map(|way| way.place)
    }

    /// Where it is going.
    pub(crate) fn target(&self, row: RowMonth) -> Option<Division> {
        self.on_the_way.get(&row).copied()
    }

    /// Whether no transfer has taken it anywhere, or is about to.
    pub(crate) fn is_untouched(&self, row: RowMonth) -> bool {
        self.target(row).is_none() && self.moves(row).is_empty()
    }

    /// Whether it was taken along by what was posted on a day.
    pub(crate) fn has_gone(&self, row: RowMonth, on: Day) -> bool {
        self.moves(row).iter().any(|way| way.on == on)
    }

    /// Whether a transfer has taken it out of the province where it was paid.
    pub(crate) fn has_left_province(&self, set: &RecordSet<'_>, row: RowMonth) -> bool {
        let paid = Self::first(set, row.at).map(Division::province);
        let mut moves = self.moves(row).iter();
        moves.any(|way| Some(way.place.province()) != paid)
    }

    /// Lets it set out for a place. The first case that closed the account takes it: another one may not take the same months a
    /// second time.
    pub(crate) fn set_out(&mut self, row: RowMonth, target: Division) {
        self.on_the_way.entry(row).or_insert(target);
    }

    /// Brings it to a place. What was posted later from where it no longer was has not taken it.
    pub(crate) fn bring(&mut self, row: RowMonth, way: Move) {
        self.on_the_way.remove(&row);
        let moves = self.moves.entry(row).or_default();
        moves.retain(|earlier| earlier.on <= way.on);
        moves.push(way);
    }
}
