//! Whether a benefit is drawn: one answer for the account, for a transfer, for the review and for the page.
//!
//! It is drawn in a month while an award of that month is in force, and no suspension holds it up. Only a chain that holds an
//! award can stop, suspend or resume it (Y01). A pension that is paid without an award on record is drawn as well.

use crate::{
    account::{Drawing, Standing},
    benefits::awards::{award_of, is_in_force, stops},
    records::set::{Held, RecordSet, number},
};
use std::{collections::BTreeMap, ops::Range};
use yizhang_ledger::{
    entry::{Kind, RecordId},
    record::{Benefit, Record},
    value::{Day, Division, LeafIndex, Month},
};

/// The month that is asked about, and the last day whose records are known.
#[derive(Clone, Copy)]
pub(crate) struct When {
    pub(crate) month: Month,
    /// None, where all records are.
    pub(crate) known_on: Option<Day>,
}

impl When {
    /// Whether a benefit record is about this month or one before, and is known.
    fn has(self, benefit: &Benefit<'_>) -> bool {
        benefit.from <= self.month && self.knows(benefit.on)
    }

    fn knows(self, on: Day) -> bool {
        self.known_on.is_none_or(|day| on <= day)
    }
}

/// The benefit of a family that is in force in a month: that of the newest award.
pub(crate) fn drawing(set: &RecordSet<'_>, range: &Range<usize>, when: When) -> Option<Drawing> {
    let stops = stops(set, range);
    let suspended = suspensions(set, range, when);
    let mut newest: Option<(Month, Day, usize)> = None;
    let mut is_awarded = false;
    for (at, held, award) in of_kind(set, range, Kind::BENEFIT_AWARD) {
        is_awarded = true;
        let is_stopped = stops
            .get(&held.fact.id)
            .into_iter()
            .flatten()
            .any(|(from, on)| *from <= when.month && when.knows(*on));
        let is_past = award.until.is_some_and(|until| until < when.month);
        if when.has(award) && !is_stopped && !is_past {
            newest = newest.max(Some((award.from, award.on, at)));
        }
    }
    if !is_awarded {
        return paid_without_award(set, range, when);
    }
    let (_, _, at) = newest?;
    let held = set.get(at)?;
    let Record::Benefit(_, award) = &held.fact.record else {
        return None;
    };
    Some(Drawing {
        from: award.from,
        place: award.place,
        is_suspended: suspended.get(&held.fact.id) == Some(&true),
        record: number(at),
    })
}

/// The newest payment of a pension that no record of its chain has stopped or suspended since. Of other benefits a payment may
/// be one of its own, and says nothing of the next month.
fn paid_without_award(set: &RecordSet<'_>, range: &Range<usize>, when: When) -> Option<Drawing> {
    let mut payments: Vec<(Month, Day, usize)> = Vec::new();
    for (at, held, paid) in of_kind(set, range, Kind::BENEFIT_PAID) {
        if when.has(paid) && held.family.is_some_and(|one| one.rule().ends_with_benefit) {
            payments.push((paid.from, paid.on, at));
        }
    }
    let (from, on, at) = payments.into_iter().max()?;
    let region = set.get(at)?.fact.region;
    let mut state: Option<((Month, Day, LeafIndex), Kind)> = None;
    for (_, held) in set.within(range).filter(|(_, held)| is_in_force(held)) {
        let Record::Benefit(kind, turn) = &held.fact.record else {
            continue;
        };
        let is_turn = is_turn(*kind) || *kind == Kind::BENEFIT_STOP;
        if is_turn
            && held.fact.region == region
            && when.has(turn)
            && (turn.from, turn.on) >= (from, on)
        {
            state = state.max(Some(((turn.from, turn.on, held.fact.index), *kind)));
        }
    }
    let last = state.map(|(_, kind)| kind);
    let place = match &set.get(at)?.fact.record {
        Record::Benefit(_, paid) => paid.place,
        _ => return None,
    };
    (last != Some(Kind::BENEFIT_STOP)).then_some(Drawing {
        from,
        place,
        is_suspended: last == Some(Kind::BENEFIT_SUSPEND),
        record: number(at),
    })
}

/// Of each award that was ever suspended or resumed, whether it is suspended: the last turn by a chain that holds it decides.
fn suspensions(set: &RecordSet<'_>, range: &Range<usize>, when: When) -> BTreeMap<RecordId, bool> {
    type Order = (Month, Day, Division, LeafIndex);
    let mut last: BTreeMap<RecordId, (Order, bool)> = BTreeMap::new();
    for (_, held) in set.within(range).filter(|(_, held)| is_in_force(held)) {
        let Record::Benefit(kind, turn) = &held.fact.record else {
            continue;
        };
        if !is_turn(*kind) || !when.has(turn) {
            continue;
        }
        if let Some(award) = award_of(set, range, held, turn) {
            let order = (turn.from, turn.on, held.fact.region, held.fact.index);
            let now = (order, *kind == Kind::BENEFIT_SUSPEND);
            let known = last.entry(award).or_insert(now);
            *known = (*known).max(now);
        }
    }
    last.into_iter()
        .map(|(award, (_, is_suspended))| (award, is_suspended))
        .collect()
}

const fn is_turn(kind: Kind) -> bool {
    matches!(kind, Kind::BENEFIT_SUSPEND | Kind::BENEFIT_RESUME)
}

/// The benefit records of a kind that have effect.
fn of_kind<'s, 'f>(
    set: &'s RecordSet<'f>,
    range: &'s Range<usize>,
    wanted: Kind,
) -> impl Iterator<Item = (usize, &'s Held<'f>, &'s Benefit<'f>)> {
    set.within(range)
        .filter_map(move |(at, held)| match &held.fact.record {
            Record::Benefit(kind, fields)
                if *kind == wanted && held.standing == Standing::Held && !held.is_of_heirs =>
            {
                Some((at, held, fields))
            }
            _ => None,
        })
}
