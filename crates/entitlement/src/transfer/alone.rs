//! Postings that stand alone: the old place is an army's finance office 军队财务部门, which has no region, so that no chain can ever
//! hold its sheet (军人保险法; our design). The new place's posting stands in its stead where it names a document, its months and
//! the reason.

use super::procedure::{Step, covers};
use crate::{
    account::{Side, Standing},
    months::holders::months_between,
    records::set::{Held, RecordSet},
};
use std::{
    collections::{BTreeMap, BTreeSet},
    ops::Range,
};
use yizhang_ledger::{
    entry::Kind,
    hash::Hash,
    record::{CaseId, Record, TransferStep},
    value::{Month, Namespace},
};

/// The reason that such a posting gives.
const ARMY: &str = "army";
/// Most months of service that one posting can be about: fifty years.
const SERVICE_MONTHS_MAX: u32 = 600;

/// Marks the postings of a family that stand alone. In a case of which the old place has taken a step none does.
pub(crate) fn mark_alone(set: &mut RecordSet<'_>, range: &Range<usize>) {
    let mut spoken: BTreeSet<CaseId> = BTreeSet::new();
    let mut alone: BTreeMap<CaseId, usize> = BTreeMap::new();
    for (at, held) in set.within(range) {
        let is_in_force = matches!(held.standing, Standing::Held | Standing::Copy);
        let Some(step) = Step::of(set, at).filter(|_| is_in_force) else {
            continue;
        };
        let by_old = covers(step.region, step.place(Side::Old));
        if by_old && !covers(step.region, step.place(Side::New)) {
            spoken.insert(step.fields.case);
        }
        if held.standing == Standing::Held && is_alone(&step) {
            // One case posts once.
            alone.entry(step.fields.case).or_insert(at);
        }
    }
    for (case, at) in alone {
        if let Some(held) = set.0.get_mut(at) {
            held.is_alone = !spoken.contains(&case);
        }
    }
}

/// Whether a step is a posting of the new place that says all that a sheet would: document, months, and of which account.
pub(super) fn is_alone(step: &Step<'_>) -> bool {
    let fields = step.fields;
    let is_of_pension = fields.scheme.namespace == Namespace::Hrss
        && matches!(fields.scheme.code.as_str(), "110" | "120");
    step.kind == Kind::POSTED
        && is_of_pension
        && step.is_by_its_side()
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

/// The posting that a record is, if it stands alone, with its months.
pub(crate) fn posted_alone<'f>(held: &Held<'f>) -> Option<(&'f TransferStep<'f>, (Month, Month))> {
    let Record::Transfer(_, fields) = &held.fact.record else {
        return None;
    };
    let months = months_of(fields).filter(|_| held.is_alone)?;
    Some((fields, months))
}
