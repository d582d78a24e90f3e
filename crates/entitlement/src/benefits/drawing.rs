//! Whether a benefit is drawn: one answer for the account, for a transfer, for the review and for the page.
//!
//! It is drawn in a month while an award of that month is in force, and no suspension holds it up. Only a chain that holds an
//! award can stop, suspend or resume it (Y01). A pension that is paid without an award on record is drawn as well, from the first of its
//! months on, and as long as it is paid.

use crate::{
    account::Drawing,
    benefits::{
        awards::{award_of, is_in_force, stops},
        recovered::recovered_by,
    },
    records::set::{AsOf, Held, RecordSet, number},
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
    /// The last month that has begun, by all records.
    pub(crate) const fn as_known(as_of: AsOf) -> Self {
        Self {
            month: as_of.month,
            known_on: None,
        }
    }

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
    for (at, held, award) in of_kind(set, range, Kind::BENEFIT_AWARD) {
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
    let Some((_, _, at)) = newest else {
        return paid_without_award(set, range, when);
    };
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

/// Most months from one payment of a pension to the next, and from the last to the month that is asked about: whoever draws one proves
/// once a year that he lives, and a payment that waits for the proof comes within the year.
const MONTHS_APART_MAX: u16 = 12;

/// The pension that is paid without an award on record, if it is drawn in a month: where the last run of payments has begun and
/// goes on, and no record of the newest payment's chain has stopped it since. Of other benefits a payment may be one of its own,
/// and says nothing of the next month.
pub(crate) fn paid_without_award(
    set: &RecordSet<'_>,
    range: &Range<usize>,
    when: When,
) -> Option<Drawing> {
    if of_kind(set, range, Kind::BENEFIT_AWARD).any(|(_, _, award)| when.knows(award.on)) {
        return None;
    }
    let payments = pension_payments(set, range, when);
    let newest = payments.last()?;
    let turn = last_turn(set, range, *newest, when);
    if turn == Some(Kind::BENEFIT_STOP) {
        return None;
    }
    let is_suspended = turn == Some(Kind::BENEFIT_SUSPEND);
    let run = last_run(&payments)?;
    // What is suspended has not ended, however long nothing is paid.
    if !is_suspended && is_apart(run.last, when.month) {
        return None;
    }
    let first = run.begins?;
    let Record::Benefit(_, paid) = &set.at(newest.at).fact.record else {
        return None;
    };
    Some(Drawing {
        from: first.first,
        place: paid.place,
        is_suspended,
        record: number(first.at),
    })
}

/// What was paid of a pension, and not recovered.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Paid {
    first: Month,
    on: Day,
    at: usize,
    last: Month,
}

/// The payments of a pension, ascending by their first months.
fn pension_payments(set: &RecordSet<'_>, range: &Range<usize>, when: When) -> Vec<Paid> {
    let recovered = recovered_by(set, when.known_on);
    let mut payments = Vec::new();
    for (at, held, benefit) in of_kind(set, range, Kind::BENEFIT_PAID) {
        if !when.has(benefit) || !held.family.is_some_and(|one| one.rule().ends_with_benefit) {
            continue;
        }
        for (first, last) in recovered.months_left(number(at), benefit) {
            if first <= when.month {
                payments.push(Paid {
                    first,
                    on: benefit.on,
                    at,
                    last,
                });
            }
        }
    }
    payments.sort_unstable();
    payments
}

/// Payments of a pension of which none is too far from the one before.
struct Run {
    /// The first payment since the last month without one.
    unbroken: Paid,
    last: Month,
    /// The first payment that one of the next month follows: a payment alone is nobody's pension.
    begins: Option<Paid>,
}

/// The run to which the last of some payments belongs, which are in order.
fn last_run(payments: &[Paid]) -> Option<Run> {
    let mut run: Option<Run> = None;
    for paid in payments {
        match &mut run {
            Some(run) if !is_apart(run.last, paid.first) => run.add(*paid),
            _ => run = Some(Run::of(*paid)),
        }
    }
    run
}

impl Run {
    const fn of(paid: Paid) -> Self {
        Self {
            unbroken: paid,
            last: paid.last,
            begins: None,
        }
    }

    fn add(&mut self, paid: Paid) {
        if paid.first > self.last.next() {
            self.unbroken = paid;
        } else if paid.first > self.unbroken.first {
            self.begins = self.begins.or(Some(self.unbroken));
        }
        self.last = self.last.max(paid.last);
    }
}

/// Whether so many months lie between a payment and a later month that the one says nothing of the other.
fn is_apart(paid: Month, month: Month) -> bool {
    paid.plus(MONTHS_APART_MAX)
        .is_some_and(|limit| month > limit)
}

/// The last stop, suspension or resumption by the chain of a payment since.
fn last_turn(set: &RecordSet<'_>, range: &Range<usize>, newest: Paid, when: When) -> Option<Kind> {
    let region = set.at(newest.at).fact.region;
    let mut state: Option<((Month, Day, LeafIndex), Kind)> = None;
    for (_, held) in set.within(range).filter(|(_, held)| is_in_force(held)) {
        let Record::Benefit(kind, turn) = &held.fact.record else {
            continue;
        };
        let is_turn = is_turn(*kind) || *kind == Kind::BENEFIT_STOP;
        if is_turn
            && held.fact.region == region
            && when.has(turn)
            && (turn.from, turn.on) >= (newest.first, newest.on)
        {
            state = state.max(Some(((turn.from, turn.on, held.fact.index), *kind)));
        }
    }
    state.map(|(_, kind)| kind)
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
    set.in_force(range)
        .filter_map(move |(at, held)| match &held.fact.record {
            Record::Benefit(kind, fields) if *kind == wanted && !held.is_of_heirs => {
                Some((at, held, fields))
            }
            _ => None,
        })
}
