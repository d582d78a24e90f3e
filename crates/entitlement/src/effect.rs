//! Which records of a family act once refunds and agreements have had their say: one recipe for the account and for the closed view
//! of a transfer.
//!
//! An agreement keeps what still stands after refunds, and speaks of places: of those where money was paid, and of those to which
//! transfers have taken it since. Transfers in turn move what stands. So the order is: refunds; agreements by the places where money
//! was paid; transfers; agreements again, by where these have taken records; and transfers again, if that cleared any.
//!
//! In this the account and the closed view ([`crate::transfer`]) differ in three things:
//!
//! * The account works its transfers out from the months that count. A view is of one case, and is given where the cases before it
//!   have taken records: there is nothing to work out a second time.
//! * The account marks the postings that stand alone before it begins. A view keeps these marks: they are what all steps of a
//!   case say, and a view does not read steps.
//! * The account adopts the refunds by which a new place clears what transfers brought it ([`agreements::adopt_refunds`]) when all
//!   is done. A view does not: what was cleared is the worker's and no part of a sheet, and neither are its refunds, adopted or not.

pub(crate) mod agreements;
mod instalments;
mod named_refunds;
mod refunds;

use crate::{
    months::overlap::Bounds,
    policy::Successors,
    records::{
        places::{NOWHERE, Places},
        set::RecordSet,
    },
};
use std::ops::Range;

/// What says where transfers have taken the records of a family.
pub(crate) trait Moved {
    fn places(&self) -> &Places;
}

impl Moved for &Places {
    fn places(&self) -> &Places {
        self
    }
}

/// Gives refunds and agreements of a family their effect, and returns its transfers as they are then. `transfers` says what they
/// come to while the records stand as they do.
pub(crate) fn settled<'f, T: Moved>(
    set: &mut RecordSet<'f>,
    range: &Range<usize>,
    bounds: Bounds<'_>,
    successors: &Successors<'_>,
    transfers: impl Fn(&RecordSet<'f>) -> T,
) -> T {
    let readings = refunds::take_effect(set, range, bounds, successors);
    instalments::mark_short(set, range, &readings, bounds);
    agreements::clear(set, range, successors, &NOWHERE);
    let found = transfers(set);
    if agreements::clear(set, range, successors, found.places()) {
        // An agreement may have kept what a transfer has brought to its place.
        return transfers(set);
    }
    found
}
