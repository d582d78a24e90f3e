//! What a posting must say, so that it can stand in the stead of the sheet of an army's finance office 军队财务部门.

use crate::{months::holders::months_between, policy::family::Family};
use yizhang_ledger::{entry::Kind, hash::Hash, record::TransferStep, value::Month};

/// The reason that such a posting gives.
const ARMY: &str = "army";
/// Most months of service that one posting can be about: fifty years.
const SERVICE_MONTHS_MAX: u32 = 600;

/// Whether a posting says all that the sheet of an army would: document, months, and of which account.
pub(super) fn says_all(kind: Kind, fields: &TransferStep<'_>) -> bool {
    kind == Kind::POSTED
        && Family::of(fields.scheme) == Family::PENSION
        && fields.reason.as_str() == ARMY
        && fields.document != Hash::ZERO
        && months_of(fields).is_some()
}

/// The months that a posting names, where they are as many as it states.
pub(super) fn months_of(fields: &TransferStep<'_>) -> Option<(Month, Month)> {
    let (first, last) = (fields.first?, fields.last?);
    let months = months_between(first, last);
    let is_stated = months == u32::from(fields.sums.actual_months);
    (is_stated && (1..=SERVICE_MONTHS_MAX).contains(&months)).then_some((first, last))
}
