//! Parts of one payment: what one payer paid for one period at one place, in whatever chains it is.

use crate::{
    account::Standing,
    records::set::{Held, RecordSet, Role},
};
use std::{collections::BTreeMap, ops::Range};
use yizhang_ledger::{
    record::{Contribution, Payer, Period},
    value::{Division, Fen, Scheme},
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

/// What the unit's share of a payment and the worker's have in common, where each stands in a row of its own.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Shared<'f> {
    payment: Payment<'f>,
    base: Fen,
    nature: u16,
}

impl<'f> Shared<'f> {
    const fn of(contribution: &Contribution<'f>) -> Self {
        Self {
            payment: Payment::of(contribution),
            base: contribution.base,
            nature: contribution.nature,
        }
    }
}

/// Of some rows those that state the unit's share alone, each with its position. The worker's share may stand in a row beside it: both
/// are one payment, whose base is said twice and meant once.
pub(crate) struct UnitShares<'f>(BTreeMap<Shared<'f>, usize>);

impl<'f> UnitShares<'f> {
    pub(crate) fn of<'c>(rows: impl Iterator<Item = (usize, &'c Contribution<'f>)>) -> Self
    where
        'f: 'c,
    {
        let mut shares = BTreeMap::new();
        for (at, row) in rows {
            if row.paid.unit > Fen::ZERO
                && row.paid.person == Fen::ZERO
                && row.due.person == Fen::ZERO
            {
                shares.entry(Shared::of(row)).or_insert(at);
            }
        }
        Self(shares)
    }

    /// The position of the unit's share, for a row that is the worker's of the same payment.
    pub(crate) fn beside(&self, row: &Contribution<'f>) -> Option<usize> {
        let is_workers =
            row.paid.person > Fen::ZERO && row.paid.unit == Fen::ZERO && row.due.unit == Fen::ZERO;
        let unit = self.0.get(&Shared::of(row)).copied();
        unit.filter(|_| is_workers)
    }
}
