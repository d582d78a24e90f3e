//! The order of what chains hold: which of two records an agency knew first, though one of them bears no day.

use crate::records::set::{Held, RecordSet};
use std::collections::BTreeMap;
use yizhang_ledger::{
    entry::{Kind, RecordId},
    value::{Day, Division, LeafIndex},
};

/// The order of what chains hold.
#[derive(Default)]
pub(crate) struct Chains {
    /// Of each chain its records by position, each with the latest day up to it.
    days: BTreeMap<Division, Vec<(LeafIndex, Option<Day>)>>,
    /// Where the awards are, also those by which another chain acts.
    awards: BTreeMap<(RecordId, Division), LeafIndex>,
}

impl Chains {
    pub(crate) fn of(set: &RecordSet<'_>) -> Self {
        let mut days: BTreeMap<Division, Vec<(LeafIndex, Option<Day>)>> = BTreeMap::new();
        let mut awards = BTreeMap::new();
        for (_, held) in set.iter() {
            let fact = held.fact;
            days.entry(fact.region)
                .or_default()
                .push((fact.index, held.day()));
            if fact.record.kind() == Kind::BENEFIT_AWARD {
                awards.insert((fact.id, fact.region), fact.index);
            }
        }
        for records in days.values_mut() {
            records.sort_unstable();
            let mut latest = None;
            for (_, day) in records {
                latest = latest.max(*day);
                *day = latest;
            }
        }
        Self { days, awards }
    }

    /// Whether a record came after an award: by its day; a reversal, which has none, by its place behind the award or a copy of
    /// it in one chain, and in a chain other than the award's behind a record of a later day.
    pub(crate) fn is_after(&self, held: &Held<'_>, award: &Held<'_>) -> bool {
        let awarded = award.day();
        if let Some(day) = held.day() {
            return Some(day) > awarded;
        }
        let (region, index) = (held.fact.region, held.fact.index);
        match self.awards.get(&(award.fact.id, region)) {
            Some(award_index) if *award_index < index => return true,
            Some(_) if award.fact.region == region => return false,
            // A copy behind it says nothing of when the award was made.
            Some(_) | None => {}
        }
        self.latest_day_before(region, index) > awarded
    }

    /// The latest day of the records of a chain before a position.
    fn latest_day_before(&self, region: Division, index: LeafIndex) -> Option<Day> {
        let records = self.days.get(&region)?;
        let before = records.partition_point(|(other, _)| *other < index);
        let (_, latest) = records.get(before.checked_sub(1)?)?;
        *latest
    }
}
