//! Postings that stand alone: the old place is an army's finance office 军队财务部门, which has no region, so that no chain can ever
//! hold its sheet (军人保险法; our design). The new place's posting stands in its stead where it names a document, its months and
//! the reason.

use super::{cases::steps, procedure::Progress, step::Step};
use crate::{
    account::Standing,
    months::holders::months_between,
    policy::family::Family,
    records::set::{Months, RecordSet},
};
use std::ops::Range;
use yizhang_ledger::{
    entry::Kind,
    hash::Hash,
    record::{Record, TransferStep},
    value::Month,
};

/// The reason that such a posting gives.
const ARMY: &str = "army";
/// Most months of service that one posting can be about: fifty years.
const SERVICE_MONTHS_MAX: u32 = 600;

/// Marks the postings of a family that stand alone: those that their case takes, each service once. In a case of which the old
/// place has taken a step none does.
pub(crate) fn mark_alone(set: &mut RecordSet<'_>, range: &Range<usize>) {
    for at in alone(set, range) {
        if let Record::Transfer(_, posting) = &set.at(at).fact.record
            && let Some((first, last)) = months_of(posting)
        {
            set.mark_alone(at, Months { first, last });
        }
    }
}

/// Where the postings stand that stand alone. The same service may be entered under two case numbers: its document or its months
/// say so, and the first posting brings it.
fn alone(set: &RecordSet<'_>, range: &Range<usize>) -> Vec<usize> {
    let mut postings: Vec<Step<'_>> = Vec::new();
    for steps in steps(set, range).values() {
        if !steps.iter().any(is_alone) {
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
    let mut first: Vec<Step<'_>> = Vec::new();
    for step in postings {
        if !first.iter().any(|earlier| is_same_service(earlier, &step)) {
            first.push(step);
        }
    }
    first.iter().map(|step| step.at).collect()
}

/// Whether two postings are about one service.
fn is_same_service(one: &Step<'_>, other: &Step<'_>) -> bool {
    let overlap = match (one.first.zip(one.last), other.first.zip(other.last)) {
        (Some(mine), Some(theirs)) => mine.0 <= theirs.1 && theirs.0 <= mine.1,
        _ => false,
    };
    overlap || one.document == other.document
}

/// The posting of a case that no chain of the old place stands behind, where another has brought the same service.
pub(super) fn repeated(set: &RecordSet<'_>, progress: &Progress<'_>) -> Option<usize> {
    let posted = progress.posted.filter(|_| progress.has_no_chain())?;
    let held = set.get(posted.at)?;
    (held.standing == Standing::Held && held.alone.is_none()).then_some(posted.at)
}

/// Whether a step is a posting of the new place that says all that a sheet would.
pub(super) fn is_alone(step: &Step<'_>) -> bool {
    step.says_all && step.is_by_its_side()
}

/// Whether a posting says all that the sheet of an army would: document, months, and of which account.
pub(super) fn says_all(kind: Kind, fields: &TransferStep<'_>) -> bool {
    kind == Kind::POSTED
        && Family::of(fields.scheme) == Family::PENSION
        && fields.reason.as_str() == ARMY
        && fields.document != Hash::ZERO
        && months_of(fields).is_some()
}

/// The months that a posting names, where they are as many as it states.
fn months_of(fields: &TransferStep<'_>) -> Option<(Month, Month)> {
    let (first, last) = (fields.first?, fields.last?);
    let months = months_between(first, last);
    let is_stated = months == u32::from(fields.sums.actual_months);
    (is_stated && (1..=SERVICE_MONTHS_MAX).contains(&months)).then_some((first, last))
}
