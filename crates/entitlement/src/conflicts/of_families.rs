//! The conflicts of a family, and those between families.

use crate::{
    account::{
        CaseState, Conflict, FamilyAccount, MonthLine, MonthStatus, OutCheckName, RecordNumber,
        Standing, TransferCase,
    },
    benefits::awards::awards,
    conflicts::{
        class::{ConflictCode, Severity},
        finders::conflict,
        lost_to_refund::lost_to_refunds,
        of_months::of_months,
        of_records::of_records,
    },
    months::{
        holders::{Run, extend},
        overlap::{Bounds, Cover},
    },
    policy::{Successors, family::Family},
    records::set::{FamilyRange, Held, RecordSet},
};
use std::{collections::BTreeSet, ops::Range};
use yizhang_ledger::{entry::Kind, record::Record};

/// Conflicts of a family: of its months, by month and class, then of its records.
pub(crate) fn of_family(
    set: &RecordSet<'_>,
    of: &FamilyRange<'_>,
    lines: &[MonthLine],
    bounds: Bounds<'_>,
    successors: &Successors<'_>,
) -> Vec<Conflict> {
    let mut found = of_months(set, of.family, lines, bounds, successors);
    found.sort_by(|one, other| {
        (one.first, one.code, &one.records).cmp(&(other.first, other.code, &other.records))
    });
    found.extend(of_records(set, &of.range, Some(of.family)));
    found.extend(lost_to_refunds(set, of));
    found
}

/// Months that several provinces hold block a transfer that has begun and an award that was asked for (domain reference,
/// C01): until an agreement, they are on hold there.
pub(crate) fn hold_open(
    set: &RecordSet<'_>,
    range: &Range<usize>,
    account: &FamilyAccount,
    conflicts: &mut [Conflict],
) {
    let is_award_asked = is_award_asked_for(set, range);
    let in_transfer = double_in_transfers(account);
    for found in conflicts {
        if found.code != ConflictCode::C01 {
            continue;
        }
        let is_in_transfer = found
            .records
            .iter()
            .any(|record| in_transfer.contains(record));
        if is_award_asked || is_in_transfer {
            found.severity = Severity::Hold;
        }
    }
}

/// Whether a benefit of the family was awarded or applied for.
fn is_award_asked_for(set: &RecordSet<'_>, range: &Range<usize>) -> bool {
    let is_application = |held: &Held<'_>| {
        let applies = matches!(&held.fact.record, Record::Benefit(Kind::BENEFIT_APPLY, _));
        applies && held.standing == Standing::Held
    };
    awards(set, range).next().is_some() || set.within(range).any(|(_, held)| is_application(held))
}

/// The records of months that transfers have found to be held by other places as well. A case that came to nothing blocks nothing.
fn double_in_transfers(account: &FamilyAccount) -> BTreeSet<RecordNumber> {
    let has_ended = |case: &TransferCase| {
        matches!(
            case.state,
            CaseState::Rejected | CaseState::Returned | CaseState::Withdrawn
        )
    };
    let mut double = BTreeSet::new();
    for case in account.transfers.iter().filter(|case| !has_ended(case)) {
        for check in &case.checks {
            if check.what == OutCheckName::Duplicate {
                double.extend(&check.records);
            }
        }
    }
    double
}

/// Months covered by employee and resident medical insurance at once (C06): the cover is the employee's.
pub(crate) fn between_families(families: &[FamilyAccount]) -> Vec<Conflict> {
    let employee = Cover {
        months: months_of(families, Family::MEDICAL),
        ..Cover::default()
    };
    let mut runs: Vec<Run<()>> = Vec::new();
    for line in months_of(families, Family::RESIDENT_MEDICAL) {
        if line.status == MonthStatus::Counted
            && let Some(other) = employee.line(line.month)
        {
            let records: Vec<RecordNumber> = line.by.iter().chain(&other.by).copied().collect();
            extend(&mut runs, line.month, (), &records);
        }
    }
    let conflict = |run: Run<()>| Conflict {
        family: Some(Family::RESIDENT_MEDICAL.to_string()),
        first: Some(run.first),
        last: Some(run.last),
        months: run.months(),
        ..conflict(ConflictCode::C06, None, run.records)
    };
    runs.into_iter().map(conflict).collect()
}

fn months_of<'a>(families: &'a [FamilyAccount], family: Family<'_>) -> &'a [MonthLine] {
    match families.iter().find(|one| one.is_of(family)) {
        Some(family) => &family.months,
        None => &[],
    }
}
