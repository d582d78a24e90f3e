//! Where records belong: where money was paid, and where transfers have taken it since. What moves them is [`crate::transfer`].

use crate::records::set::{RecordSet, Target};
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

/// A way that a record has gone: from the day of the closing, or of the supplement, to that of the posting.
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

    /// The ways that transfers have taken a record, in the order in which they were posted.
    pub(crate) fn moves(&self, at: usize) -> &[Move] {
        self.moves.get(&at).map_or(&[], Vec::as_slice)
    }

    /// Where a transfer had taken it by the end of a day.
    pub(crate) fn moved(&self, at: usize, day: Day) -> Option<Division> {
        let last = self.moves(at).iter().rfind(|way| way.on <= day);
        last.map(|way| way.place)
    }

    /// Where it belonged at the end of a day.
    pub(crate) fn on(&self, set: &RecordSet<'_>, at: usize, day: Day) -> Option<Division> {
        self.moved(at, day).or_else(|| Self::first(set, at))
    }

    /// Where it was going at the end of a day, and was posted later.
    pub(crate) fn was_going_to(&self, at: usize, day: Day) -> Option<Division> {
        let mut moves = self.moves(at).iter();
        let way = moves.find(|way| way.begun <= day && day < way.on);
        way.map(|way| way.place)
    }

    /// Where it is going.
    pub(crate) fn target(&self, at: usize) -> Option<Division> {
        self.on_the_way.get(&at).copied()
    }

    /// Whether no transfer has taken it anywhere, or is about to.
    pub(crate) fn is_untouched(&self, at: usize) -> bool {
        self.target(at).is_none() && self.moves(at).is_empty()
    }

    /// Whether it was taken along by what was posted on a day.
    pub(crate) fn has_gone(&self, at: usize, on: Day) -> bool {
        self.moves(at).iter().any(|way| way.on == on)
    }

    /// Whether a transfer has taken it out of the province where it was paid.
    pub(crate) fn has_left_province(&self, set: &RecordSet<'_>, at: usize) -> bool {
        let paid = Self::first(set, at).map(Division::province);
        let mut moves = self.moves(at).iter();
        moves.any(|way| Some(way.place.province()) != paid)
    }

    /// Lets it set out for a place. The first case that closed the account takes it: another one may not take the same months a
    /// second time.
    pub(crate) fn set_out(&mut self, at: usize, target: Division) {
        self.on_the_way.entry(at).or_insert(target);
    }

    /// Brings it to a place. What was posted later from where it no longer was has not taken it.
    pub(crate) fn bring(&mut self, at: usize, way: Move) {
        self.on_the_way.remove(&at);
        let moves = self.moves.entry(at).or_default();
        moves.retain(|earlier| earlier.on <= way.on);
        moves.push(way);
    }
}

/// Whether a region or place contains another: 440000 contains 440300, 440300 contains 440305.
pub(crate) fn covers(wide: Division, narrow: Division) -> bool {
    let (wide, narrow) = (wide.code(), narrow.code());
    if wide.is_multiple_of(10_000) {
        wide / 10_000 == narrow / 10_000
    } else if wide.is_multiple_of(100) {
        wide / 100 == narrow / 100
    } else {
        wide == narrow
    }
}
