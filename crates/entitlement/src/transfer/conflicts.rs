//! Conflicts around transfers: C10 to C15, C20, C34, Y14, and steps that could not be used.

use crate::{
    account::{Conflict, OutCheckName, Standing, StepFaultName},
    conflicts::{
        class::{ConflictCode, Keeper},
        finders::{conflict, of_run},
    },
    policy::family::Family,
    records::set::{Held, Target, number},
    transfer::{
        alone::brought_before,
        case::Case,
        closing::AfterClosing,
        family_records::FamilyRecords,
        moved_money::months_of_money,
        places::{Arrival, Places, RowMonth, is_interest, months_of},
        procedure::{Progress, Unused},
        step::Step,
    },
};
use std::collections::BTreeSet;
use yizhang_ledger::{
    entry::Kind,
    value::{Day, Division, LeafIndex, Month},
};

/// All cases of a family, once they are worked out.
#[derive(Clone, Copy)]
pub(crate) struct AllCases<'c, 's> {
    pub(crate) cases: &'c [Case<'s>],
    /// Where they have taken records.
    pub(crate) moves: &'c Places,
    pub(crate) as_of: Day,
}

/// Conflicts of a family in the making.
struct Found<'f> {
    family: Family<'f>,
    conflicts: Vec<Conflict>,
}

impl Found<'_> {
    /// Notes a conflict, if there are records of it.
    fn add(&mut self, code: ConflictCode, records: Vec<usize>) {
        if !records.is_empty() {
            let records = records.into_iter().map(number).collect();
            self.conflicts
                .push(conflict(code, Some(self.family), records));
        }
    }
}

/// Conflicts of one case, apart from those with other cases.
pub(crate) fn of_case(
    records: FamilyRecords<'_, '_>,
    family: Family<'_>,
    worked: &Case<'_>,
    all: AllCases<'_, '_>,
) -> Vec<Conflict> {
    let mut found = Found {
        family,
        conflicts: Vec::new(),
    };
    let progress = &worked.progress;
    let (sheet, sent) = (progress.info_sheet, progress.sent);
    let CameAfter { late, corrections } = after_closing(records, worked, all);
    found.add(ConflictCode::C10, corrections);
    if worked.is_dangling {
        found.add(ConflictCode::C11, positions([sheet, sent]));
    }
    let (mut unfounded, mut unused) = (Vec::new(), Vec::new());
    for fault in &progress.faults {
        if is_posted_without_sheet(progress, fault) {
            unfounded.push(fault.step.at);
        } else {
            unused.push(fault.step.at);
        }
    }
    found.add(ConflictCode::C12, unfounded);
    if worked.has_differences() {
        let (received, posted) = (progress.received, progress.posted);
        let steps = positions([sheet.or(progress.child), sent, received, posted]);
        found.add(ConflictCode::C13, steps);
    }
    found.add(ConflictCode::C15, late);
    if !progress.has_failed() {
        let checked = |what| worked.records_of(what);
        found.add(ConflictCode::C20, checked(OutCheckName::BackPaid));
        found.add(ConflictCode::C34, checked(OutCheckName::AccountType));
        found.add(ConflictCode::Y14, checked(OutCheckName::LeftBehind));
    }
    found.add(ConflictCode::Y06, unused);
    for run in brought_before(records, progress) {
        found.conflicts.push(Conflict {
            keeper: Keeper::FirstInChain,
            ..of_run(ConflictCode::Y04, family, run)
        });
    }
    found.conflicts
}

fn positions<const N: usize>(steps: [Option<Step<'_>>; N]) -> Vec<usize> {
    steps.into_iter().flatten().map(|step| step.at).collect()
}

/// A posting at the right side that no sheet of the old place stands behind.
fn is_posted_without_sheet(progress: &Progress<'_>, unused: &Unused<'_>) -> bool {
    let has_sheet = progress.info_sheet.or(progress.child).is_some();
    let is_unfounded = match unused.fault {
        StepFaultName::OutOfOrder => !has_sheet,
        StepFaultName::OtherSheet => true,
        _ => false,
    };
    unused.step.kind == Kind::POSTED && is_unfounded
}

/// Records that came to an old place after its closing, for months up to it.
#[derive(Default)]
struct CameAfter {
    /// Money received late, until it lies where the relation has gone.
    late: Vec<usize>,
    /// Corrections of what moved, until a posted correction follows them there, or the next closing has taken them along.
    corrections: Vec<usize>,
}

/// Records that came to the old place after the closing; none, once the relation has come back.
fn after_closing(
    records: FamilyRecords<'_, '_>,
    worked: &Case<'_>,
    all: AllCases<'_, '_>,
) -> CameAfter {
    let mut found = CameAfter::default();
    let closing = worked.closing.as_ref().filter(|_| worked.has_closed());
    let (Some(freeze), Some(closing)) = (worked.progress.freeze, closing) else {
        return found;
    };
    let line = line_of_relation(worked, all.cases);
    if worked.progress.posted.is_some() && line.iter().any(|place| worked.is_of(*place)) {
        return found;
    }
    let is_on_line = |here: Division| {
        line.iter()
            .any(|place| place.covers(here) || here.covers(*place))
    };
    let answers = answers(worked, all.cases, is_on_line);
    let moved_months = moved_months(records, worked);
    let concerns = |held: &Held<'_>, month: Month| match held.target {
        // What an agreement has cleared is given back to the worker, and needs no correction.
        Target::At(target) => {
            let named = records.set.at(target);
            let mut months = months_of_money(records.set, held).into_iter();
            let moves = |month| worked.moving.contains(&RowMonth { at: target, month });
            named.standing != Standing::Cleared && months.any(moves)
        }
        _ => moved_months.contains(&month),
    };
    for (at, held) in records.all() {
        let Some(month) = held.period.map(|period| period.first) else {
            continue;
        };
        let came = all.moves.came(records, at, &worked.sources);
        let Some(what) = closing.after(at, held, came.day()) else {
            continue;
        };
        let is_there = |month: Month| {
            let moved = all.moves.moved(RowMonth { at, month }, all.as_of);
            moved.is_some_and(is_on_line)
        };
        let mut months = months_of(records.set, at).into_iter();
        let has_followed = months.all(|month| is_there(month) || !closing.has_closed(month));
        if came == Arrival::Never || has_followed {
            continue;
        }
        let since = held.day().unwrap_or(freeze.on);
        let has_answer = || {
            answers
                .iter()
                .any(|step| step.is_about(month) && step.on >= since)
        };
        match what {
            // A difference of late money goes with it.
            AfterClosing::Late if held.is_received() || is_interest(records.set, at) => {
                found.late.push(at);
            }
            AfterClosing::Correction if concerns(held, month) && !has_answer() => {
                found.corrections.push(at);
            }
            _ => {}
        }
    }
    found
}

/// Corrections of the old place, in any of its cases, that have been posted where the relation has gone.
fn answers<'s>(
    worked: &Case<'_>,
    all: &[Case<'s>],
    is_on_line: impl Fn(Division) -> bool,
) -> Vec<Step<'s>> {
    let mut answers = Vec::new();
    for other in all {
        let goes_there = other.target().is_some_and(&is_on_line);
        let Some(posted) = other.progress.posted.filter(|_| goes_there) else {
            continue;
        };
        if other.meets(worked) {
            let used = other.progress.follow_ups.iter().copied();
            answers
                .extend(used.filter(|step| step.kind == Kind::CORRECTION && step.on <= posted.on));
        }
    }
    answers
}

/// Where a case has taken the relation, and where later ones have taken it from there.
fn line_of_relation(worked: &Case<'_>, all: &[Case<'_>]) -> Vec<Division> {
    let mut line: Vec<Division> = worked.target().into_iter().collect();
    for other in all.iter().skip_while(|other| other.id != worked.id).skip(1) {
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
fn moved_months(records: FamilyRecords<'_, '_>, worked: &Case<'_>) -> BTreeSet<Month> {
    let moving = worked.moving.iter();
    let received = moving.filter(|row| records.set.at(row.at).is_received());
    received.map(|row| row.month).collect()
}

/// One relation asked for twice, by two places or by one under two numbers (C14): which case, if any, the old place has answered first in its chain.
///
/// Letters stand in the chains of the new places, which nothing puts in order. What the old place did about them, the
/// closing or the sheet, stands in one chain, and the first of it decides; until there is one, the choice is open.
pub(crate) fn destinations(family: Family<'_>, cases: &mut [Case<'_>]) -> Vec<Conflict> {
    let mut found = Vec::new();
    for one in 0..cases.len() {
        for other in (one..cases.len()).skip(1) {
            if let Ok(pair) = cases.get_disjoint_mut([one, other]) {
                found.extend(destination(family, pair));
            }
        }
    }
    found
}

/// The conflict of two cases, and the check of those of them that cannot be posted.
fn destination(family: Family<'_>, pair: [&mut Case<'_>; 2]) -> Option<Conflict> {
    let [one, other] = &pair;
    let competition = Competition::of(one, other)?;
    let winner = competition.winner();
    let answer = winner.map(|(_, answer)| answer);
    let steps = competition.letters.into_iter().chain(answer);
    let records: Vec<_> = steps.map(|step| number(step.at)).collect();
    let (what, keeper) = match winner {
        Some(_) => (
            OutCheckName::OtherDestination,
            ConflictCode::C14.class().keeper,
        ),
        None => (OutCheckName::OpenDestination, Keeper::Open),
    };
    for (at, case) in pair.into_iter().enumerate() {
        if winner.is_none_or(|(winner, _)| winner != at) {
            case.check(what, 0, records.clone());
        }
    }
    Some(Conflict {
        keeper,
        ..conflict(ConflictCode::C14, Some(family), records)
    })
}

/// What two cases for one relation ask for, and what the old place has answered to each.
struct Competition<'s> {
    letters: [Step<'s>; 2],
    answers: [Option<Step<'s>>; 2],
}

/// Where an answer stands in the chain of the old place.
fn place_in_chain(step: &Step<'_>) -> (Division, LeafIndex) {
    (step.region, step.index)
}

impl<'s> Competition<'s> {
    /// Of two cases, if they are for one relation.
    fn of(one: &Case<'s>, other: &Case<'s>) -> Option<Self> {
        let letters = [one.progress.letter?, other.progress.letter?];
        if one.progress.has_failed() || other.progress.has_failed() {
            return None;
        }
        let (sides, other_sides) = (one.progress.sides?, other.progress.sides?);
        let is_same = sides.old.province() == other_sides.old.province() && one.meets(other);
        if !is_same || !overlap(one, other) {
            return None;
        }
        let answer = |case: &Case<'s>| {
            let steps = [case.progress.freeze, case.progress.info_sheet];
            steps.into_iter().flatten().min_by_key(place_in_chain)
        };
        Some(Self {
            letters,
            answers: [answer(one), answer(other)],
        })
    }

    /// Which of the two the old place has answered first in its chain, and how; none, while it has answered neither.
    fn winner(&self) -> Option<(usize, Step<'s>)> {
        match self.answers {
            [Some(mine), Some(theirs)] if place_in_chain(&mine) <= place_in_chain(&theirs) => {
                Some((0, mine))
            }
            [_, Some(theirs)] => Some((1, theirs)),
            [Some(mine), None] => Some((0, mine)),
            [None, None] => None,
        }
    }
}

/// Whether two cases are about the same months: by the spans that letter or sheet name; where one names none, if each was
/// asked for before the other had been posted.
fn overlap(one: &Case<'_>, other: &Case<'_>) -> bool {
    let span = |case: &Case<'_>| {
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
    let asked_in_time = |case: &Case<'_>, of: &Case<'_>| {
        let asked = case.progress.letter.map(|letter| letter.on);
        of.progress
            .posted
            .is_none_or(|posted| asked <= Some(posted.on))
    };
    asked_in_time(one, other) && asked_in_time(other, one)
}
