//! Conflicts around transfers: C10 to C15, C20, C34, and steps that could not be used.

use crate::{
    account::{Conflict, OutCheckName, Side, Standing, StepFaultName},
    conflict::{ConflictCode, Keeper},
    family::Family,
    findings::conflict,
    set::{Held, RecordSet, Role, Target, number},
    transfer::{
        Worked,
        holdings::{Cut, Field, in_view},
        places::Places,
        procedure::{Progress, Step},
    },
};
use yizhang_ledger::{
    entry::Kind,
    record::Record,
    value::{Day, Month},
};

/// Conflicts of one case, apart from those with other cases.
pub(crate) fn of_case(
    field: Field<'_, '_>,
    family: Family<'_>,
    worked: &Worked<'_>,
    all: &[Worked<'_>],
    places: &Places,
) -> Vec<Conflict> {
    let mut found = Vec::new();
    let mut add = |code, records: Vec<usize>| {
        if !records.is_empty() {
            found.push(conflict(code, Some(family), records.into_iter().map(number).collect()));
        }
    };
    let progress = &worked.progress;
    let at = |steps: &[Option<Step<'_>>]| steps.iter().flatten().map(|step| step.at).collect::<Vec<_>>();
    let (late, corrected) = after_closing(field, worked, all, places);
    add(ConflictCode::C10, corrected);
    if worked.is_dangling {
        add(ConflictCode::C11, at(&[progress.sheet, progress.sent]));
    }
    let unfounded = |fault: &&(Step<'_>, StepFaultName)| is_posted_without_sheet(progress, **fault);
    add(ConflictCode::C12, progress.faults.iter().filter(unfounded).map(|(step, _)| step.at).collect());
    if worked.comparison.as_ref().is_some_and(|comparison| !comparison.differences.is_empty()) {
        add(ConflictCode::C13, at(&[progress.sheet, progress.sent, progress.received, progress.posted]));
    }
    add(ConflictCode::C15, late);
    let checked = |what: OutCheckName| {
        let named = worked.checks.iter().filter(move |check| check.what == what);
        named.flat_map(|check| &check.records).filter_map(|number| usize::try_from(number.0).ok()).collect()
    };
    if !progress.has_failed() {
        add(ConflictCode::C20, checked(OutCheckName::BackPaid));
        add(ConflictCode::C34, checked(OutCheckName::AccountType));
    }
    let other = progress.faults.iter().filter(|fault| !is_posted_without_sheet(progress, **fault));
    add(ConflictCode::Y06, other.map(|(step, _)| step.at).collect());
    found
}

/// A posting at the right side that no sheet of the old place stands behind.
fn is_posted_without_sheet(progress: &Progress<'_>, (step, fault): (Step<'_>, StepFaultName)) -> bool {
    let without = fault == StepFaultName::OutOfOrder && progress.sheet.is_none();
    step.kind == Kind::POSTED && (without || fault == StepFaultName::OtherSheet)
}

/// Records of the old place behind the closing, for months up to it: money received late, and corrections, each as long
/// as no supplement or correction between these places follows them.
fn after_closing(
    field: Field<'_, '_>,
    worked: &Worked<'_>,
    all: &[Worked<'_>],
    places: &Places,
) -> (Vec<usize>, Vec<usize>) {
    let (mut late, mut corrected) = (Vec::new(), Vec::new());
    let Some(freeze) = worked.progress.freeze.filter(|_| !worked.progress.has_failed()) else {
        return (late, corrected);
    };
    let cut = Cut::of(Some(freeze), freeze.on());
    let closed_month = freeze.on().in_month();
    let answered = |kind: Kind, day: Option<Day>, month: Month| {
        let follow_ups = all.iter().flat_map(|other| &other.progress.follow_ups);
        follow_ups.filter(|step| step.kind == kind && is_between_same(worked, step)).any(|step| {
            let in_span = step.fields.first.is_none_or(|first| first <= month)
                && step.fields.last.is_none_or(|last| month <= last);
            in_span && step.on() >= day.unwrap_or(freeze.on())
        })
    };
    for (at, held) in field.set.within(field.range) {
        let Some(month) = held.period.map(|period| period.first) else { continue };
        let is_old = closed_month.is_none_or(|closed| month <= closed);
        if !is_old || !places.is_at(field.set, at, &worked.sources, freeze.on()) || !has_effect(held) {
            continue;
        }
        let behind = held.day().is_some_and(|day| day > freeze.on());
        let is_correction = match held.money() {
            Some((Role::Received, _)) => {
                if behind && !answered(Kind::SUPPLEMENT, held.day(), month) {
                    late.push(at);
                }
                false
            }
            Some((Role::Adjust | Role::Refund, _)) => behind,
            Some(_) => false,
            None => held.is_reversal() && cut.is_before_in_chain(held),
        };
        if is_correction && touches_view(field.set, held, cut) && !answered(Kind::CORRECTION, held.day(), month) {
            corrected.push(at);
        }
    }
    (late, corrected)
}

fn has_effect(held: &Held<'_>) -> bool {
    matches!(held.standing, Standing::Held | Standing::NotFull | Standing::Refunded)
}

/// Whether what it acts on was part of the closed view: what came later is the supplement's matter.
fn touches_view(set: &RecordSet<'_>, held: &Held<'_>, cut: Cut) -> bool {
    match held.target {
        Target::At(target) => set.get(target).is_some_and(|named| {
            let is_interest = matches!(&named.fact.record, Record::InterestCredit(fields) if fields.posted <= cut.on);
            is_interest || in_view(set, named, cut).is_some()
        }),
        Target::None => true,
        Target::Elsewhere | Target::Unknown => false,
    }
}

fn is_between_same(worked: &Worked<'_>, step: &Step<'_>) -> bool {
    let province = |side| step.place(side).province();
    worked.progress.sides.is_some_and(|(source, target)| {
        source.province() == province(Side::Old) && target.province() == province(Side::New)
    })
}

/// One relation to several destinations (C14): which case, if any, the old place has answered first in its chain.
///
/// Letters stand in the chains of the new places, which nothing puts in order. What the old place did about them, the
/// closing or the sheet, stands in one chain, and the first of it decides; until there is one, the choice is open.
pub(crate) fn destinations(family: Family<'_>, cases: &mut [Worked<'_>]) -> Vec<Conflict> {
    let mut found = Vec::new();
    for one in 0..cases.len() {
        for other in one.saturating_add(1)..cases.len() {
            let (Some(first), Some(second)) = (cases.get(one), cases.get(other)) else { continue };
            let Some((letters, answers)) = competition(first, second) else { continue };
            let (winner, answer) = match answers {
                (Some(mine), Some(theirs)) if answer_order(mine) <= answer_order(theirs) => (Some(one), Some(mine)),
                (_, Some(theirs)) => (Some(other), Some(theirs)),
                (Some(mine), None) => (Some(one), Some(mine)),
                (None, None) => (None, None),
            };
            let records = letters.into_iter().chain(answer).map(|step| number(step.at)).collect::<Vec<_>>();
            for at in [one, other].into_iter().filter(|at| Some(*at) != winner) {
                let what =
                    if winner.is_some() { OutCheckName::OtherDestination } else { OutCheckName::OpenDestination };
                if let Some(case) = cases.get_mut(at) {
                    case.check(what, 0, records.clone());
                }
            }
            let keeper = if winner.is_some() { ConflictCode::C14.class().keeper } else { Keeper::Open };
            found.push(Conflict { keeper, ..conflict(ConflictCode::C14, Some(family), records) });
        }
    }
    found
}

fn answer_order(step: Step<'_>) -> (yizhang_ledger::value::Division, yizhang_ledger::value::LeafIndex) {
    (step.region, step.index)
}

type Answers<'s> = (Option<Step<'s>>, Option<Step<'s>>);

/// The letters of two cases for one relation to two places, and what the old place answered to each.
fn competition<'s>(one: &Worked<'s>, other: &Worked<'s>) -> Option<([Step<'s>; 2], Answers<'s>)> {
    let letters = [one.progress.letter?, other.progress.letter?];
    if one.progress.has_failed() || other.progress.has_failed() {
        return None;
    }
    let ((source, target), (other_source, other_target)) = (one.progress.sides?, other.progress.sides?);
    let is_same = source.province() == other_source.province() && one.meets(other);
    if !is_same || target == other_target || !overlap(one, other) {
        return None;
    }
    let answer = |case: &Worked<'s>| {
        let steps = [case.progress.freeze, case.progress.sheet];
        steps.into_iter().flatten().min_by_key(|step| answer_order(*step))
    };
    Some((letters, (answer(one), answer(other))))
}

/// Whether two cases are about the same months: by the spans that letter or sheet name; where one names none, if each was
/// asked for before the other had been posted.
fn overlap(one: &Worked<'_>, other: &Worked<'_>) -> bool {
    let span = |case: &Worked<'_>| {
        let step =
            case.progress.sheet.into_iter().chain(case.progress.letter).find(|step| step.fields.first.is_some())?;
        step.fields.first.zip(step.fields.last)
    };
    if let (Some((first, last)), Some((other_first, other_last))) = (span(one), span(other)) {
        return first <= other_last && other_first <= last;
    }
    let asked_in_time = |case: &Worked<'_>, of: &Worked<'_>| {
        let asked = case.progress.letter.map(|letter| letter.on());
        of.progress.posted.is_none_or(|posted| asked <= Some(posted.on()))
    };
    asked_in_time(one, other) && asked_in_time(other, one)
}
