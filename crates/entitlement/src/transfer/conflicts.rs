//! Conflicts around transfers: C10 to C15, C20, C34, Y14, and steps that could not be used.

use crate::{
    account::{Conflict, OutCheckName, Standing, StepFaultName},
    conflicts::{
        class::{ConflictCode, Keeper},
        finders::conflict,
    },
    policy::family::Family,
    records::set::{Held, Target, number},
    transfer::{
        alone::repeated,
        case::Worked,
        closing::Behind,
        family_records::Field,
        places::{Arrival, Places, is_interest},
        procedure::Progress,
        step::{Step, covers},
    },
};
use std::collections::BTreeSet;
use yizhang_ledger::{
    entry::Kind,
    value::{Day, Division, Month},
};

/// Conflicts of one case, apart from those with other cases.
pub(crate) fn of_case(
    field: Field<'_, '_>,
    family: Family<'_>,
    worked: &Worked<'_>,
    (all, as_of): (&[Worked<'_>], Day),
    places: &Places,
) -> Vec<Conflict> {
    let mut found = Vec::new();
    let mut add = |code, records: Vec<usize>| {
        if !records.is_empty() {
            found.push(conflict(
                code,
                Some(family),
                records.into_iter().map(number).collect(),
            ));
        }
    };
    let progress = &worked.progress;
    let at = |steps: &[Option<Step<'_>>]| {
        steps
            .iter()
            .flatten()
            .map(|step| step.at)
            .collect::<Vec<_>>()
    };
    let (late, corrected) = after_closing(field, worked, (all, as_of), places);
    add(ConflictCode::C10, corrected);
    if worked.is_dangling {
        add(ConflictCode::C11, at(&[progress.info_sheet, progress.sent]));
    }
    let unfounded = |fault: &&(Step<'_>, StepFaultName)| is_posted_without_sheet(progress, **fault);
    add(
        ConflictCode::C12,
        progress
            .faults
            .iter()
            .filter(unfounded)
            .map(|(step, _)| step.at)
            .collect(),
    );
    if worked
        .comparison
        .as_ref()
        .is_some_and(|comparison| !comparison.differences.is_empty())
    {
        add(
            ConflictCode::C13,
            at(&[
                progress.info_sheet.or(progress.child),
                progress.sent,
                progress.received,
                progress.posted,
            ]),
        );
    }
    add(ConflictCode::C15, late);
    let checked = |what: OutCheckName| {
        let named = worked.checks.iter().filter(move |check| check.what == what);
        named
            .flat_map(|check| &check.records)
            .filter_map(|number| usize::try_from(number.0).ok())
            .collect()
    };
    if !progress.has_failed() {
        add(ConflictCode::C20, checked(OutCheckName::BackPaid));
        add(ConflictCode::C34, checked(OutCheckName::AccountType));
        add(ConflictCode::Y14, checked(OutCheckName::LeftBehind));
    }
    let other = progress
        .faults
        .iter()
        .filter(|fault| !is_posted_without_sheet(progress, **fault));
    let unused = other.map(|(step, _)| step.at);
    add(
        ConflictCode::Y06,
        unused.chain(repeated(field.set, progress)).collect(),
    );
    found
}

/// A posting at the right side that no sheet of the old place stands behind.
fn is_posted_without_sheet(
    progress: &Progress<'_>,
    (step, fault): (Step<'_>, StepFaultName),
) -> bool {
    let without =
        fault == StepFaultName::OutOfOrder && progress.info_sheet.or(progress.child).is_none();
    step.kind == Kind::POSTED && (without || fault == StepFaultName::OtherSheet)
}

/// Records that came to the old place behind the closing, for months up to it: money received late, until it lies where the
/// relation has gone, and corrections of what moved, until a posted correction follows them there, or the next closing has
/// taken them along. Neither, once the relation has come back.
fn after_closing(
    field: Field<'_, '_>,
    worked: &Worked<'_>,
    (all, as_of): (&[Worked<'_>], Day),
    places: &Places,
) -> (Vec<usize>, Vec<usize>) {
    let (mut late, mut corrected) = (Vec::new(), Vec::new());
    let closing = worked.closing.as_ref().filter(|_| worked.has_closed());
    let (Some(freeze), Some(closing)) = (worked.progress.freeze, closing) else {
        return (late, corrected);
    };
    let line = line_of_relation(worked, all);
    if worked.progress.posted.is_some() && line.iter().any(|place| worked.is_of(*place)) {
        return (late, corrected);
    }
    let is_on_line = |here: Division| {
        line.iter()
            .any(|place| covers(*place, here) || covers(here, *place))
    };
    let answers: Vec<Step<'_>> = all
        .iter()
        .filter(|other| other.meets(worked) && other.target().is_some_and(is_on_line))
        .flat_map(|other| {
            let posted = other.progress.posted.map(|posted| posted.on());
            let used = other.progress.follow_ups.iter();
            used.filter(move |step| {
                step.kind == Kind::CORRECTION && posted.is_some_and(|day| step.on() <= day)
            })
        })
        .copied()
        .collect();
    let moved_months = moved_months(field, worked);
    let concerns = |held: &Held<'_>, month: Month| match held.target {
        // What an agreement has cleared is given back to the worker, and needs no correction.
        Target::At(target) => {
            let is_cleared = field
                .set
                .get(target)
                .is_some_and(|named| named.standing == Standing::Cleared);
            worked.moving.contains(&target) && !is_cleared
        }
        _ => moved_months.contains(&month),
    };
    for (at, held) in field.set.within(field.range) {
        let Some(month) = held.period.map(|period| period.first) else {
            continue;
        };
        let came = places.came(field, at, &worked.sources);
        let Some(what) = closing.behind((at, held), came.day()) else {
            continue;
        };
        if came == Arrival::Never || places.moved(at, as_of).is_some_and(is_on_line) {
            continue;
        }
        let since = held.day().unwrap_or(freeze.on());
        let has_answer = || {
            answers
                .iter()
                .any(|step| step.is_about(month) && step.on() >= since)
        };
        match what {
            // A difference of late money goes with it.
            Behind::Late if held.is_received() || is_interest(field.set, at) => late.push(at),
            Behind::Correction if concerns(held, month) && !has_answer() => corrected.push(at),
            _ => {}
        }
    }
    (late, corrected)
}

/// Where a case has taken the relation, and where later ones have taken it from there.
fn line_of_relation(worked: &Worked<'_>, all: &[Worked<'_>]) -> Vec<Division> {
    let mut line: Vec<Division> = worked.target().into_iter().collect();
    for other in all
        .iter()
        .skip_while(|other| other.case != worked.case)
        .skip(1)
    {
        let takes_on = other.has_closed() && other.progress.posted.is_some();
        if let Some(target) = other.target().filter(|_| takes_on)
            && line.last().is_some_and(|place| other.is_of(*place))
        {
            line.push(target);
        }
    }
    line
}

/// The months of the contributions that move with a case.
fn moved_months(field: Field<'_, '_>, worked: &Worked<'_>) -> BTreeSet<Month> {
    let contributions = worked
        .moving
        .iter()
        .filter_map(|at| field.set.get(*at).filter(|held| held.is_received()));
    contributions
        .filter_map(|held| held.period)
        .flat_map(yizhang_ledger::record::Period::iter)
        .collect()
}

/// One relation asked for twice, by two places or by one under two numbers (C14): which case, if any, the old place has answered first in its chain.
///
/// Letters stand in the chains of the new places, which nothing puts in order. What the old place did about them, the
/// closing or the sheet, stands in one chain, and the first of it decides; until there is one, the choice is open.
pub(crate) fn destinations(family: Family<'_>, cases: &mut [Worked<'_>]) -> Vec<Conflict> {
    let mut found = Vec::new();
    for one in 0..cases.len() {
        for other in one.saturating_add(1)..cases.len() {
            let (Some(first), Some(second)) = (cases.get(one), cases.get(other)) else {
                continue;
            };
            let Some((letters, answers)) = competition(first, second) else {
                continue;
            };
            let (winner, answer) = match answers {
                (Some(mine), Some(theirs)) if answer_order(mine) <= answer_order(theirs) => {
                    (Some(one), Some(mine))
                }
                (_, Some(theirs)) => (Some(other), Some(theirs)),
                (Some(mine), None) => (Some(one), Some(mine)),
                (None, None) => (None, None),
            };
            let records = letters
                .into_iter()
                .chain(answer)
                .map(|step| number(step.at))
                .collect::<Vec<_>>();
            for at in [one, other].into_iter().filter(|at| Some(*at) != winner) {
                let what = if winner.is_some() {
                    OutCheckName::OtherDestination
                } else {
                    OutCheckName::OpenDestination
                };
                if let Some(case) = cases.get_mut(at) {
                    case.check(what, 0, records.clone());
                }
            }
            let keeper = if winner.is_some() {
                ConflictCode::C14.class().keeper
            } else {
                Keeper::Open
            };
            found.push(Conflict {
                keeper,
                ..conflict(ConflictCode::C14, Some(family), records)
            });
        }
    }
    found
}

fn answer_order(
    step: Step<'_>,
) -> (
    yizhang_ledger::value::Division,
    yizhang_ledger::value::LeafIndex,
) {
    (step.region, step.index)
}

type Answers<'s> = (Option<Step<'s>>, Option<Step<'s>>);

/// The letters of two cases for one relation, and what the old place answered to each.
fn competition<'s>(one: &Worked<'s>, other: &Worked<'s>) -> Option<([Step<'s>; 2], Answers<'s>)> {
    let letters = [one.progress.letter?, other.progress.letter?];
    if one.progress.has_failed() || other.progress.has_failed() {
        return None;
    }
    let (sides, other_sides) = (one.progress.sides?, other.progress.sides?);
    let is_same = sides.old.province() == other_sides.old.province() && one.meets(other);
    if !is_same || !overlap(one, other) {
        return None;
    }
    let answer = |case: &Worked<'s>| {
        let steps = [case.progress.freeze, case.progress.info_sheet];
        steps
            .into_iter()
            .flatten()
            .min_by_key(|step| answer_order(*step))
    };
    Some((letters, (answer(one), answer(other))))
}

/// Whether two cases are about the same months: by the spans that letter or sheet name; where one names none, if each was
/// asked for before the other had been posted.
fn overlap(one: &Worked<'_>, other: &Worked<'_>) -> bool {
    let span = |case: &Worked<'_>| {
        let step = case
            .progress
            .info_sheet
            .into_iter()
            .chain(case.progress.letter)
            .find(|step| step.first.is_some())?;
        step.first.zip(step.last)
    };
    if let (Some((first, last)), Some((other_first, other_last))) = (span(one), span(other)) {
        return first <= other_last && other_first <= last;
    }
    let asked_in_time = |case: &Worked<'_>, of: &Worked<'_>| {
        let asked = case.progress.letter.map(|letter| letter.on());
        of.progress
            .posted
            .is_none_or(|posted| asked <= Some(posted.on()))
    };
    asked_in_time(one, other) && asked_in_time(other, one)
}
