//! Where the months of a family end: with the first benefit of a pension, and with a death.

use crate::{
    account::RecordNumber,
    benefits::{
        awards::awards,
        drawing::{When, paid_without_award},
    },
    months::ends::Ends,
    records::set::{AsOf, FamilyRange, RecordSet, number},
};
use std::ops::Range;
use yizhang_ledger::value::Month;

/// The ends of a family; a death ends every family.
pub(crate) fn ends(
    set: &RecordSet<'_>,
    of: &FamilyRange<'_>,
    death: Option<(Month, RecordNumber)>,
    as_of: AsOf,
) -> Ends {
    let benefit = if of.family.rule().ends_with_benefit {
        first_benefit(set, &of.range, as_of)
    } else {
        None
    };
    Ends { benefit, death }
}

/// The first month for which an award is in force, or for which the pension that is drawn without an award on record was paid.
fn first_benefit(
    set: &RecordSet<'_>,
    range: &Range<usize>,
    as_of: AsOf,
) -> Option<(Month, RecordNumber)> {
    let first_awarded = awards(set, range)
        .map(|(at, award)| (award.from, number(at)))
        .min();
    first_awarded.or_else(|| {
        let now = When::as_known(as_of);
        paid_without_award(set, range, now).map(|drawing| (drawing.from, drawing.record))
    })
}
