//! Postings that stand alone: the old place is an army's finance office 军队财务部门, which has no region, so that no chain can ever
//! hold its sheet (军人保险法; our design). The new place's posting stands in its stead where it names a document, its months and
//! the reason.

use super::{
    army_posting::months_of,
    family_records::FamilyRecords,
    procedure::Progress,
    step::{Step, steps_by_case},
};
use crate::{
    account::Standing,
    months::holders::{Run, extend},
    records::set::{Held, Months, RecordSet, number},
};
use std::{collections::BTreeSet, ops::Range};
use yizhang_ledger::{record::Record, value::Month};

/// Marks the postings of a family that stand alone: those that their case takes, each with the months that no earlier one has brought.
/// In a case of which the old place has taken a step none does. The same service may be entered under two case numbers, by one document
/// or by two.
pub(crate) fn mark_alone(set: &mut RecordSet<'_>, range: &Range<usize>) {
    let mut brought = BTreeSet::new();
    for at in alone(set, range) {
        let mut months: Vec<Months> = Vec::new();
        for month in months_named(set.at(at)) {
            if !brought.insert(month) {
                continue;
            }
            match months.last_mut() {
                Some(run) if run.last.next() == month => run.last = month,
                _ => months.push(Months {
                    first: month,
                    last: month,
                }),
            }
        }
        set.mark_alone(at, months);
    }
}

/// Where the postings stand that stand alone, in the order of their days.
fn alone(set: &RecordSet<'_>, range: &Range<usize>) -> Vec<usize> {
    let mut postings: Vec<Step<'_>> = Vec::new();
    for steps in steps_by_case(set, range).values() {
        if !steps.iter().any(Step::is_alone) {
            continue;
        }
        let progress = Progress::before_money(steps);
        postings.extend(progress.posted.filter(|_| progress.has_no_chain()));
    }
    postings.retain(|step| {
        set.get(step.at)
            .is_some_and(|held| held.standing == Standing::Held)
    });
    postings.sort_by_key(Step::order);
    postings.iter().map(|step| step.at).collect()
}

/// The months of service that a posting names.
fn months_named(held: &Held<'_>) -> Vec<Month> {
    let months = match &held.fact.record {
        Record::Transfer(_, posting) => months_of(posting),
        _ => None,
    };
    let Some((first, last)) = months else {
        return Vec::new();
    };
    (first.number()..=last.number())
        .filter_map(Month::new)
        .collect()
}

/// The months of a posting of a case that no chain of the old place stands behind, which other postings have brought: each run with the
/// records of all of them.
pub(super) fn brought_before(
    records: FamilyRecords<'_, '_>,
    progress: &Progress<'_>,
) -> Vec<Run<()>> {
    let mut runs = Vec::new();
    let Some(posted) = progress.posted.filter(|_| progress.has_no_chain()) else {
        return runs;
    };
    let held = records.set.at(posted.at);
    if held.standing != Standing::Held {
        return runs;
    }
    for month in months_named(held) {
        if has_brought(held, month) {
            continue;
        }
        let mut by = vec![number(posted.at)];
        for (at, other) in records.all() {
            if has_brought(other, month) {
                by.push(number(at));
            }
        }
        extend(&mut runs, month, (), &by);
    }
    runs
}

/// Whether a month counts by a posting.
fn has_brought(held: &Held<'_>, month: Month) -> bool {
    let mut runs = held.alone.iter();
    runs.any(|run| run.first <= month && month <= run.last)
}
