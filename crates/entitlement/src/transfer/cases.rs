//! All cases of a family, in the order in which accounts were closed: what one took along, the next may take further.

use crate::{
    account::{
        Conflict, MonthLine, MonthStatus, MovedMonths, RecordNumber, StepFault, TransferCase,
        TransferStep,
    },
    conflicts::{class::ConflictCode, finders::conflict},
    formulas::count::count_months,
    months::overlap::Cover,
    policy::{Policy, Successors, Terms, family::Family},
    records::set::{AsOf, FamilyRange, RecordSet, number, position},
    transfer::{
        case::{Case, CaseInputs},
        conflicts::{self, AllCases},
        family_records::FamilyRecords,
        places::{Places, RowMonth},
        procedure::Progress,
        step::{self, Sides, Step, steps_by_case},
    },
};
use std::collections::{BTreeMap, BTreeSet};
use yizhang_ledger::{
    entry::Kind,
    record::CaseId,
    value::{Day, Month},
};

/// Cases of a scheme that are worked out, in the order of their closing: each settles the records anew, and is compared with
/// every other. More than a move a year in a working life; steps of further cases are named (Y06).
const CASES_MAX: usize = 64;

/// What transfers come to in a family.
pub(crate) struct Transfers {
    pub(crate) cases: Vec<TransferCase>,
    /// By class, then by records.
    pub(crate) conflicts: Vec<Conflict>,
    pub(crate) places: Places,
}

/// The transfers of a family whose months are these.
pub(crate) fn transfers<'s>(
    set: &'s RecordSet<'_>,
    of: &'s FamilyRange<'_>,
    lines: &[MonthLine],
    cover: Cover<'s>,
    as_of: AsOf,
    policy: &Policy,
) -> Transfers {
    let mut ordered = in_order_of_closing(steps_by_case(set, &of.range));
    let beyond = ordered.split_off(ordered.len().min(CASES_MAX));
    let judged = ordered.into_iter();
    let judged: Vec<Judged<'_, '_>> = judged
        .map(|dated| Judged::of(dated, as_of.month, policy))
        .collect();
    let mut places = Places::default();
    let mut cases: Vec<Case<'_>> = Vec::new();
    for case in &judged {
        let old = case.dated.steps.first().map(|step| step.sides.old);
        let Terms {
            working_days,
            scheme,
        } = policy.terms(of.family, case.month, old);
        let inputs = CaseInputs {
            records: FamilyRecords {
                set,
                range: &of.range,
                cover,
                successors: &case.successors,
            },
            of,
            lines,
            as_of,
            working_days,
            rule: scheme,
        };
        let steps = case.dated.steps.clone();
        let worked = inputs.work(case.dated.case, steps, &cases, &mut places);
        cases.push(worked);
    }
    settle_moves(&mut cases, lines, &places);
    let mut conflicts = conflicts::destinations(of.family, &mut cases);
    let successors = policy.successors(as_of.month);
    let records = FamilyRecords {
        set,
        range: &of.range,
        cover,
        successors: &successors,
    };
    let all = AllCases {
        cases: &cases,
        moves: &places,
        as_of: as_of.day,
    };
    for worked in &cases {
        conflicts.extend(conflicts::of_case(records, of.family, worked, all));
    }
    conflicts.extend(not_worked_out(of.family, &beyond));
    conflicts.sort_by(|one, other| (one.code, &one.records).cmp(&(other.code, &other.records)));
    cases.sort_by_key(|worked| worked.id);
    let cases = cases.into_iter();
    Transfers {
        cases: cases
            .filter_map(|worked| line(set, lines, worked))
            .collect(),
        conflicts,
        places,
    }
}

/// A case with the month whose rules it is judged by, and what divisions are called in it.
struct Judged<'s, 'p> {
    dated: Dated<'s>,
    month: Month,
    successors: Successors<'p>,
}

impl<'s, 'p> Judged<'s, 'p> {
    /// A case is judged by the rules of its own time, whatever has come since, and divisions have the names of that time.
    fn of(dated: Dated<'s>, now: Month, policy: &'p Policy) -> Self {
        let steps = dated.steps.iter().map(|step| (step.kind, step.on));
        let month = judged_in(&steps).unwrap_or(now);
        Self {
            dated,
            month,
            successors: policy.successors(month),
        }
    }
}

/// Once all cases are worked out: what another case has posted in the meantime neither is on the way with this one nor went with
/// it, and what no case takes along is left behind.
fn settle_moves(cases: &mut [Case<'_>], lines: &[MonthLine], places: &Places) {
    for worked in cases {
        match worked.progress.posted {
            Some(posted) => worked.moving.retain(|row| places.has_gone(*row, posted.on)),
            None => worked.moving.retain(|row| places.target(*row).is_some()),
        }
        worked.check_left_behind(lines, places);
    }
}

/// Names the steps of cases beyond those that are worked out.
fn not_worked_out(family: Family<'_>, beyond: &[Dated<'_>]) -> Option<Conflict> {
    let steps = beyond.iter().flat_map(|dated| &dated.steps);
    let records: Vec<RecordNumber> = steps.map(|step| number(step.at)).collect();
    if records.is_empty() {
        return None;
    }
    Some(conflict(ConflictCode::Y06, Some(family), records))
}

/// The month whose rules a case is judged by: that of its closing, else of the letter, of the application, of whatever came
/// first.
pub(crate) fn judged_in(steps: &(impl Iterator<Item = (Kind, Day)> + Clone)) -> Option<Month> {
    let first_of = |kind: Kind| {
        steps
            .clone()
            .filter(|step| step.0 == kind)
            .map(|step| step.1)
            .min()
    };
    let day = first_of(Kind::FREEZE)
        .or_else(|| first_of(Kind::LETTER))
        .or_else(|| first_of(Kind::TRANSFER_APPLY));
    day.or_else(|| steps.clone().map(|step| step.1).min())?
        .in_month()
}

/// What one transfer took along, a later one may take further: cases in the order in which accounts were closed, or money
/// followed; of those of one day the one that brings to a place before the one that takes from there.
fn in_order_of_closing(cases: BTreeMap<CaseId, Vec<Step<'_>>>) -> Vec<Dated<'_>> {
    let mut waiting: Vec<Dated<'_>> = cases
        .into_iter()
        .map(|(case, steps)| Dated::of(case, steps))
        .collect();
    waiting.sort_by_key(|dated| (dated.closing.is_none(), dated.closing, dated.case));
    let mut ordered = Vec::with_capacity(waiting.len());
    while let Some(first) = waiting.first() {
        let of_day = waiting
            .iter()
            .take_while(|dated| dated.closing == first.closing);
        let is_ready = |dated: &&Dated<'_>| {
            !of_day
                .clone()
                .any(|other| other.case != dated.case && other.feeds(dated))
        };
        // Cases that feed each other in a ring go by their numbers.
        let next = of_day
            .clone()
            .position(|dated| is_ready(&dated))
            .unwrap_or(0);
        ordered.push(waiting.remove(next));
    }
    ordered
}

/// A case with the day of its closing, or of the supplement or correction that it is.
struct Dated<'s> {
    case: CaseId,
    steps: Vec<Step<'s>>,
    closing: Option<Day>,
    posted: Option<Day>,
    sides: Option<Sides>,
}

impl<'s> Dated<'s> {
    fn of(case: CaseId, steps: Vec<Step<'s>>) -> Self {
        let progress = Progress::before_money(&steps);
        let closing = progress.begun().map(|step| step.on);
        Self {
            case,
            closing,
            posted: progress.posted.map(|step| step.on),
            sides: progress.sides,
            steps,
        }
    }

    /// Whether it has brought, by the day of its closing, to where the other takes from.
    fn feeds(&self, other: &Self) -> bool {
        let (Some(brings), Some(takes)) = (self.sides, other.sides) else {
            return false;
        };
        self.posted.is_some()
            && self.posted == self.closing
            && (takes.old.covers(brings.new) || brings.new.covers(takes.old))
    }
}

/// Those of these months of records that count.
fn moved_months(lines: &[MonthLine], moving: &BTreeSet<RowMonth>) -> Option<MovedMonths> {
    let takes = |line: &&MonthLine| {
        let moves = |number: &RecordNumber| {
            let row = RowMonth {
                at: position(*number),
                month: line.month,
            };
            moving.contains(&row)
        };
        line.status == MonthStatus::Counted && line.by.iter().any(moves)
    };
    let taken: Vec<Month> = lines.iter().filter(takes).map(|line| line.month).collect();
    Some(MovedMonths {
        first: *taken.first()?,
        last: *taken.last()?,
        months: count_months(taken.iter()),
    })
}

/// None only for a case without steps, of which there are none.
fn line(set: &RecordSet<'_>, lines: &[MonthLine], worked: Case<'_>) -> Option<TransferCase> {
    let moved = moved_months(lines, &worked.moving);
    let is_posted = worked.progress.posted.is_some();
    let Sides { old, new } = worked.progress.sides?;
    Some(TransferCase {
        rules: Vec::new(),
        case: worked.id,
        state: worked.state,
        source: old,
        target: new,
        next: worked.next,
        in_transfer: moved.clone().filter(|_| !is_posted),
        transferred: moved.filter(|_| is_posted),
        sums: worked.comparison,
        checks: worked.checks,
        faults: worked
            .progress
            .faults
            .iter()
            .map(|unused| StepFault {
                step: unused.step.kind,
                fault: unused.fault,
                record: number(unused.step.at),
            })
            .collect(),
        steps: worked
            .steps
            .iter()
            .map(|step| step_line(set, step))
            .collect(),
    })
}

fn step_line(set: &RecordSet<'_>, step: &Step<'_>) -> TransferStep {
    let fields = step::fields(set, step.at);
    TransferStep {
        kind: step.kind,
        on: step.on,
        region: step.region,
        scheme: fields.scheme.to_string(),
        source: step.sides.old,
        target: step.sides.new,
        first: step.first,
        last: step.last,
        deemed_months: fields.sums.deemed_months,
        actual_months: fields.sums.actual_months,
        personal_account: step.stated.personal_account,
        pool: step.stated.pool,
        reason: step.reason.to_owned(),
        record: number(step.at),
    }
}
