//! Payments for several months of which refunds left money and no month (Y10): sum or months of a refund are wrong, and no month
//! is lost without a word.

use crate::{
    account::{Conflict, Standing},
    conflicts::{class::ConflictCode, finders::conflict},
    records::{
        refunds::{Refund, all, is_nothing_after, refunds},
        set::{FamilyRange, Held, RecordSet, Role, number},
    },
};
use std::ops::Range;

/// One conflict for each such payment, with its refunds, and the record that was full only with it.
pub(crate) fn lost_to_refunds(set: &RecordSet<'_>, of: &FamilyRange<'_>) -> Vec<Conflict> {
    let mut found = Vec::new();
    for (at, refunds) in refunds(set, &of.range) {
        let Some((Role::Received, payment)) = set.get(at).and_then(Held::money) else {
            continue;
        };
        if payment.period.months < 2 || is_nothing_after(payment, all(&refunds)) {
            continue;
        }
        if let Some(lost) = record_lost(set, &of.range, at, &refunds) {
            let mut records = vec![number(at), number(lost)];
            records.extend(refunds.iter().map(|refund| number(refund.at)));
            found.push(conflict(ConflictCode::Y10, Some(of.family), records));
        }
    }
    found
}

/// The record whose months the refunds of a payment took, all of them: the payment, or, of one that is only a part, the record
/// that was full with it.
fn record_lost(
    set: &RecordSet<'_>,
    range: &Range<usize>,
    at: usize,
    refunds: &[Refund],
) -> Option<usize> {
    match set.get(at)?.standing {
        Standing::Refunded => Some(at),
        Standing::NotFull => {
            let took = |by: usize| refunds.iter().any(|refund| refund.at == by);
            let mut others = set.within(range);
            let lost = others.find(|(other, held)| {
                *other != at && held.standing == Standing::NotFull && held.because.is_some_and(took)
            });
            lost.map(|(other, _)| other)
        }
        _ => None,
    }
}
