//! Payments of which refunds left money for months that do not count any more (Y10): sum or months of a refund are wrong, and no month
//! is lost without a word.

use crate::{
    account::{Conflict, MonthLine, MonthStatus, RecordNumber, Standing},
    conflicts::{class::ConflictCode, finders::conflict},
    policy::family::Family,
    records::{
        money::{FenSum, Sums, part},
        refunds::{Refund, all, is_nothing_after, refunds},
        set::{Held, RecordSet, Role, number},
    },
};
use std::{
    collections::{BTreeMap, BTreeSet},
    ops::Range,
};
use yizhang_ledger::{record::Contribution, value::Month};

/// Money that stays for months that do not count.
struct Lost {
    /// The payment whose money it is.
    payment: RecordNumber,
    stays: FenSum,
    /// With the payment its refunds, and the record that was full only with it.
    records: Vec<RecordNumber>,
}

/// One conflict for each such payment, with its refunds, and the record that was full only with it.
pub(crate) fn lost_to_refunds(
    set: &RecordSet<'_>,
    family: Family<'_>,
    range: &Range<usize>,
    lines: &[MonthLine],
) -> Vec<Conflict> {
    let mut found = Vec::new();
    for lost in lost(set, range, lines) {
        found.push(conflict(ConflictCode::Y10, Some(family), lost.records));
    }
    found
}

/// What stays of each such payment.
pub(crate) fn sums_that_stay(
    set: &RecordSet<'_>,
    range: &Range<usize>,
    lines: &[MonthLine],
) -> BTreeMap<RecordNumber, FenSum> {
    let mut sums = BTreeMap::new();
    for lost in lost(set, range, lines) {
        sums.insert(lost.payment, lost.stays);
    }
    sums
}

fn lost(set: &RecordSet<'_>, range: &Range<usize>, lines: &[MonthLine]) -> Vec<Lost> {
    let refunds = refunds(set, range);
    let mut found = Vec::new();
    for (at, held) in set.within(range) {
        let Some((Role::Received, payment)) = held.money() else {
            continue;
        };
        if !payment.period.iter().any(|month| is_lost(month, lines)) {
            continue;
        }
        let refunds = refunds.get(&at).map_or(&[][..], Vec::as_slice);
        let lost = match held.standing {
            Standing::Held => lost_months(at, held, payment, lines),
            Standing::Refunded => lost_whole(at, payment, refunds, at),
            Standing::NotFull if payment.period.months > 1 => {
                let full_with_it = record_full_with_it(set, range, at, refunds);
                full_with_it.and_then(|other| lost_whole(at, payment, refunds, other))
            }
            _ => None,
        };
        found.extend(lost);
    }
    found
}

/// A payment whose months all went, with the record whose months they are.
fn lost_whole(
    at: usize,
    payment: &Contribution<'_>,
    refunds: &[Refund],
    lost: usize,
) -> Option<Lost> {
    let given_back = all(refunds);
    let paid = Sums::from(payment.paid);
    let stays = paid.both().minus(given_back.both());
    if is_nothing_after(payment, given_back) || stays <= FenSum::ZERO {
        return None;
    }
    let mut records = vec![number(at), number(lost)];
    records.extend(refunds.iter().map(|refund| number(refund.at)));
    Some(Lost {
        payment: number(at),
        stays,
        records,
    })
}

/// A payment for several months of which refunds took some, and left of the money of these: its own refunds, or those of a part that
/// had made it full.
fn lost_months(
    at: usize,
    held: &Held<'_>,
    payment: &Contribution<'_>,
    lines: &[MonthLine],
) -> Option<Lost> {
    let given_back = held.given_back();
    let (mut of_parts, mut records) = (BTreeSet::new(), BTreeSet::from([number(at)]));
    let mut is_any_lost = false;
    for month in payment.period.iter().filter(|month| given_back.has(*month)) {
        if !given_back.own.contains_key(&month) {
            of_parts.insert(month);
        }
        is_any_lost |= is_lost(month, lines);
        records.extend(given_back.of(month).map(number));
    }
    let stays = given_back.stays.plus(part(payment, of_parts.len()).both());
    (is_any_lost && stays > FenSum::ZERO).then_some(Lost {
        payment: number(at),
        stays,
        records: records.into_iter().collect(),
    })
}

/// Whether no other record makes up for a month that refunds took.
fn is_lost(month: Month, lines: &[MonthLine]) -> bool {
    let at = lines.binary_search_by_key(&month, |line| line.month);
    let line = at.ok().and_then(|at| lines.get(at));
    line.is_some_and(|line| matches!(line.status, MonthStatus::Refunded | MonthStatus::NotFull))
}

/// The record that was full with a part of a payment, and is no more by its refunds.
fn record_full_with_it(
    set: &RecordSet<'_>,
    range: &Range<usize>,
    at: usize,
    refunds: &[Refund],
) -> Option<usize> {
    let took = |by: usize| refunds.iter().any(|refund| refund.at == by);
    let mut others = set.within(range);
    let lost = others.find(|(other, held)| {
        *other != at && held.standing == Standing::NotFull && held.because.is_some_and(took)
    });
    lost.map(|(other, _)| other)
}
