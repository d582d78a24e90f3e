//! Benefits awarded: which awards are in force, and for how long.

use crate::{
    account::{Conflict, Standing},
    conflicts::{class::ConflictCode, finders::conflict},
    records::set::{FamilyRange, Held, RecordSet, number},
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

/// Whether a chain holds a record of the family.
pub(crate) fn is_held_in(
    set: &RecordSet<'_>,
    range: &Range<usize>,
    id: RecordId,
    region: Division,
) -> bool {
    held_in(set, range, id, region).is_some()
}

fn held_in<'s, 'f>(
    set: &'s RecordSet<'f>,
    range: &Range<usize>,
    id: RecordId,
    region: Division,
) -> Option<&'s Held<'f>> {
    set.within(range)
        .map(|(_, held)| held)
        .find(|held| held.fact.region == region && held.fact.id == id)
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
    let mut withdrawn = BTreeSet::new();
    for (_, held) in set.within(range) {
        let Record::Benefit(Kind::BENEFIT_AWARD, award) = &held.fact.record else {
            continue;
        };
        let ends_months = held.family.is_some_and(|one| one.rule().ends_with_benefit);
        if held.standing != Standing::Held || !ends_months {
            continue;
        }
        let stops = stops.get(&held.fact.id).into_iter().flatten();
        let of_all_months = stops.filter(|(from, _)| *from <= award.from);
        if let Some(stopped) = of_all_months.map(|(_, on)| *on).min() {
            withdrawn.insert(Withdrawn {
                from: award.from,
                awarded: award.on,
                stopped,
            });
        }
    }
    withdrawn
}

/// Of each award its stops by a chain that holds it and has not reversed it: from which months on, and on which days. A stop that
/// another chain holds too stops it all the same, whichever of the two acts.
pub(crate) fn stops(
    set: &RecordSet<'_>,
    range: &Range<usize>,
) -> BTreeMap<RecordId, BTreeSet<(Month, Day)>> {
    let mut stops: BTreeMap<RecordId, BTreeSet<(Month, Day)>> = BTreeMap::new();
    for (_, held) in set.within(range).filter(|(_, held)| is_in_force(held)) {
        if let Record::Benefit(Kind::BENEFIT_STOP, stop) = &held.fact.record
            && let Some(award) = award_of(set, range, held, stop)
        {
            stops.entry(award).or_default().insert((stop.from, stop.on));
        }
    }
    stops
}

/// The award that a stop, a suspension or a resumption is about. It must be held by the same chain, and not reversed there. One that
/// names no award is about the newest that began before it; if none did, about the one that begins with it.
pub(crate) fn award_of(
    set: &RecordSet<'_>,
    range: &Range<usize>,
    turn: &Held<'_>,
    fields: &Benefit<'_>,
) -> Option<RecordId> {
    let region = turn.fact.region;
    if let Some(id) = fields.target {
        let award = held_in(set, range, id, region)?;
        return (award.standing != Standing::Reversed).then_some(id);
    }
    let mut newest = None;
    for (_, held) in set.within(range).filter(|(_, held)| is_in_force(held)) {
        if let Record::Benefit(Kind::BENEFIT_AWARD, award) = &held.fact.record
            && held.fact.region == region
            && award.from <= fields.from
            && award.on <= fields.on
        {
            let is_before = award.from < fields.from;
            let order = (is_before, award.from, award.on, held.fact.index);
            newest = newest.max(Some((order, held.fact.id)));
        }
    }
    newest.map(|(_, id)| id)
}

/// Whether a benefit is in force in its own chain, though another one's copy may act.
pub(crate) const fn is_in_force(held: &Held<'_>) -> bool {
    matches!(held.standing, Standing::Held | Standing::Copy)
}

/// The awards in force. An award that was stopped from its first month on awarded nothing.
pub(crate) fn awards<'s, 'f>(
    set: &'s RecordSet<'f>,
    range: &Range<usize>,
) -> impl Iterator<Item = (usize, &'s Benefit<'f>)> {
    terms(set, range)
        .into_iter()
        .map(|term| (term.at, term.award))
}

/// An award in force, and how long.
pub(crate) struct Term<'s, 'f> {
    /// Its position.
    pub(crate) at: usize,
    pub(crate) award: &'s Benefit<'f>,
    /// The last month that it is for: that before it was stopped, or its own; none, while it is open.
    pub(crate) last: Option<Month>,
}

/// The awards in force with their terms.
pub(crate) fn terms<'s, 'f>(set: &'s RecordSet<'f>, range: &Range<usize>) -> Vec<Term<'s, 'f>> {
    let stops = stops(set, range);
    let mut terms = Vec::new();
    for (at, held) in set.within(range) {
        let Record::Benefit(Kind::BENEFIT_AWARD, award) = &held.fact.record else {
            continue;
        };
        if held.standing != Standing::Held || held.is_of_heirs {
            continue;
        }
        let first_stop = stops.get(&held.fact.id).and_then(BTreeSet::first);
        let stopped = first_stop.map(|(from, _)| *from);
        if stopped.is_some_and(|stopped| stopped <= award.from) {
            continue;
        }
        let until_stop = stopped.and_then(Month::previous);
        let last = until_stop.into_iter().chain(award.until).min();
        terms.push(Term { at, award, last });
    }
    terms
}

/// Stops of awards that their chain does not hold (Y01): without effect.
pub(crate) fn stops_elsewhere(set: &RecordSet<'_>, of: &FamilyRange<'_>) -> Vec<Conflict> {
    let mut found = Vec::new();
    for (at, held) in set.within(&of.range) {
        let Record::Benefit(Kind::BENEFIT_STOP, stop) = &held.fact.record else {
            continue;
        };
        let (Some(award), Standing::Held) = (stop.target, held.standing) else {
            continue;
        };
        let elsewhere = set
            .within(&of.range)
            .find(|(_, other)| other.fact.id == award);
        if let Some((elsewhere, _)) = elsewhere
            && !is_said_where_held(set, of, held.fact.id, award)
        {
            let records = vec![number(at), number(elsewhere)];
            found.push(conflict(ConflictCode::Y01, Some(of.family), records));
        }
    }
    found
}

/// Whether one of the chains that say a stop holds the award that it is about.
fn is_said_where_held(
    set: &RecordSet<'_>,
    of: &FamilyRange<'_>,
    stop: RecordId,
    award: RecordId,
) -> bool {
    let mut said = set
        .within(&of.range)
        .filter(|(_, other)| other.fact.id == stop && is_in_force(other));
    said.any(|(_, same)| is_held_in(set, &of.range, award, same.fact.region))
}
