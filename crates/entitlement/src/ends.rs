//! Where the months of a family end: with the first month of benefit, and with the month of death.

use crate::{
    account::{MonthStatus, RecordNumber, Standing},
    family::Family,
    set::{Held, RecordSet, number},
};
use std::{
    collections::{BTreeMap, BTreeSet},
    ops::Range,
};
use yizhang_ledger::{
    entry::{Kind, RecordId},
    record::{Benefit, Record},
    value::{Day, Division, Month},
};

/// What ends the months of a family, and the record that says so.
#[derive(Clone, Copy, Default)]
pub(crate) struct Ends {
    /// First month of benefit: from then on nothing counts (国办发〔2009〕66号 art. 2).
    pub(crate) benefit: Option<(Month, RecordNumber)>,
    /// Month of death: the last that counts (社会保险法 art. 14).
    pub(crate) death: Option<(Month, RecordNumber)>,
}

impl Ends {
    /// Those of a family; a death ends every family.
    pub(crate) fn of(
        set: &RecordSet<'_>,
        family: Family<'_>,
        range: &Range<usize>,
        death: Option<(Month, RecordNumber)>,
    ) -> Self {
        let benefit = if family.rule().ends_with_benefit { first_benefit(set, range) } else { None };
        Self { benefit, death }
    }

    /// What a month that is paid or due is instead, if it lies behind one of the ends.
    pub(crate) fn status(self, month: Month) -> Option<MonthStatus> {
        if self.death.is_some_and(|(last, _)| month > last) {
            return Some(MonthStatus::AfterDeath);
        }
        self.benefit.filter(|(first, _)| month >= *first).map(|_| MonthStatus::AfterBenefit)
    }

    /// The last month in which a contribution could count.
    pub(crate) fn last_month(self, as_of: Month) -> Option<Month> {
        let benefit = match self.benefit {
            Some((first, _)) => first.previous()?,
            None => as_of,
        };
        Some(as_of.min(benefit).min(self.death.map_or(as_of, |(last, _)| last)))
    }
}

/// The first month for which an award is in force.
fn first_benefit(set: &RecordSet<'_>, range: &Range<usize>) -> Option<(Month, RecordNumber)> {
    awards(set, range).map(|(at, award)| (award.from, number(at))).min()
}

/// Whether a chain holds a record of the family that it has not reversed.
pub(crate) fn is_held_in(set: &RecordSet<'_>, range: &Range<usize>, id: RecordId, region: Division) -> bool {
    let is_it = |held: &Held<'_>| held.fact.region == region && held.fact.id == id;
    set.within(range).any(|(_, held)| is_it(held) && held.standing != Standing::Reversed)
}

/// An award that was stopped from its first month on: it awarded nothing, but money may have been given back for it.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Withdrawn {
    /// The first month of the benefit.
    pub(crate) from: Month,
    /// The days of the award and of the stop.
    pub(crate) awarded: Day,
    pub(crate) stopped: Day,
}

/// The awards of a family whose months end with the benefit that were stopped from their first months on.
pub(crate) fn withdrawn(set: &RecordSet<'_>, range: &Range<usize>) -> BTreeSet<Withdrawn> {
    let stops = stops(set, range);
    let award = |(_, held): (usize, &Held<'_>)| match &held.fact.record {
        Record::Benefit(Kind::BENEFIT_AWARD, award) if held.standing == Standing::Held => {
            let ends = held.family.is_some_and(|family| family.rule().ends_with_benefit);
            let (_, stopped) = stops.get(&held.fact.id).filter(|(from, _)| ends && *from <= award.from)?;
            Some(Withdrawn { from: award.from, awarded: award.on, stopped: *stopped })
        }
        _ => None,
    };
    set.within(range).filter_map(award).collect()
}

/// Of each award the first month from which it is stopped, by a chain that holds it, and the day of that stop. One that another
/// chain holds too stops it all the same, whichever of the two acts.
fn stops(set: &RecordSet<'_>, range: &Range<usize>) -> BTreeMap<RecordId, (Month, Day)> {
    let mut stops: BTreeMap<RecordId, (Month, Day)> = BTreeMap::new();
    for (_, held) in set.within(range).filter(|(_, held)| matches!(held.standing, Standing::Held | Standing::Copy)) {
        if let Record::Benefit(Kind::BENEFIT_STOP, stop) = &held.fact.record
            && let Some(award) = stop.target
            && is_held_in(set, range, award, held.fact.region)
        {
            let first = stops.entry(award).or_insert((stop.from, stop.on));
            *first = (stop.from, stop.on).min(*first);
        }
    }
    stops
}

/// The awards in force. An award that was stopped from its first month on awarded nothing.
pub(crate) fn awards<'s, 'f>(
    set: &'s RecordSet<'f>,
    range: &'s Range<usize>,
) -> impl Iterator<Item = (usize, &'s Benefit<'f>)> {
    terms(set, range).map(|(at, award, _)| (at, award))
}

/// The awards in force, each with the last month that it is for: that before it was stopped, or its own; none, while it is open.
pub(crate) fn terms<'s, 'f>(
    set: &'s RecordSet<'f>,
    range: &'s Range<usize>,
) -> impl Iterator<Item = (usize, &'s Benefit<'f>, Option<Month>)> {
    let stops = stops(set, range);
    let held = set.within(range).filter(|(_, held)| held.standing == Standing::Held);
    held.filter_map(move |(at, held)| match &held.fact.record {
        Record::Benefit(Kind::BENEFIT_AWARD, award) => {
            let stopped = stops.get(&held.fact.id).map(|(from, _)| *from);
            let last = stopped.and_then(Month::previous).into_iter().chain(award.until).min();
            stopped.is_none_or(|stopped| stopped > award.from).then_some((at, award, last))
        }
        _ => None,
    })
}
