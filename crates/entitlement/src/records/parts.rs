//! Parts of one payment: what one payer paid for one period at one place, in whatever chains it is.

use crate::{
    account::Standing,
    records::set::{Held, RecordSet, Role},
};
use std::ops::Range;
use yizhang_ledger::{
    record::{Contribution, Payer, Period},
    value::{Division, Scheme},
};

/// What parts of one payment have in common.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Payment<'f> {
    scheme: Scheme<'f>,
    place: Division,
    payer: Payer<'f>,
    period: Period,
}

impl<'f> Payment<'f> {
    /// The payment that a contribution is, or is a part of.
    pub(crate) const fn of(contribution: &Contribution<'f>) -> Self {
        Self {
            scheme: contribution.scheme,
            place: contribution.place,
            payer: contribution.payer,
            period: contribution.period,
        }
    }
}

/// Received and in force, by itself full or not.
pub(crate) fn received_in_force<'s, 'f>(
    set: &'s RecordSet<'f>,
    range: &Range<usize>,
) -> impl Iterator<Item = (usize, &'s Held<'f>, &'f Contribution<'f>)> {
    set.within(range)
        .filter_map(|(at, held)| match (held.money(), held.standing) {
            (Some((Role::Received, fields)), Standing::Held | Standing::NotFull) => {
                Some((at, held, fields))
            }
            _ => None,
        })
}

/// Whether the record is a part whose period another one has made full.
pub(crate) fn is_completed(set: &RecordSet<'_>, range: &Range<usize>, part: &Held<'_>) -> bool {
    let (Some((_, fields)), Standing::NotFull) = (part.money(), part.standing) else {
        return false;
    };
    let payment = Payment::of(fields);
    received_in_force(set, range)
        .any(|(_, held, fields)| held.standing == Standing::Held && Payment::of(fields) == payment)
}
