//! The one way in which these formulas round and move through months.

use yizhang_ledger::value::{Fen, Month};

/// A fraction to the nearest whole, halves up (away from zero for negative amounts); `None` unless the denominator is
/// positive and the sum fits.
pub(super) fn half_up(numerator: i128, denominator: i128) -> Option<i128> {
    if denominator <= 0 {
        return None;
    }
    let doubled = numerator
        .unsigned_abs()
        .checked_mul(2)?
        .checked_add(denominator.unsigned_abs())?;
    let magnitude =
        i128::try_from(doubled.checked_div(denominator.unsigned_abs().checked_mul(2)?)?).ok()?;
    if numerator < 0 {
        magnitude.checked_neg()
    } else {
        Some(magnitude)
    }
}

/// A fraction of fen as an amount, half up to the fen; `None` if it cannot be expressed.
pub(crate) fn half_up_fen(numerator: i128, denominator: i128) -> Option<Fen> {
    fen(half_up(numerator, denominator)?)
}

/// A sum as an amount, if within the limit of [`Fen`].
pub(super) fn fen(sum: i128) -> Option<Fen> {
    Fen::new(i64::try_from(sum).ok()?)
}

/// The sum of amounts, wide enough for any number of them that memory holds: 2^50 fen each, fewer than 2^64 of them.
pub(super) fn total(amounts: impl Iterator<Item = Fen>) -> i128 {
    let sum = amounts.map(|amount| i128::from(amount.get()));
    sum.reduce(plus).unwrap_or(0)
}

/// A sum of amounts and one more.
pub(super) fn plus(sum: i128, amount: i128) -> i128 {
    let sum = sum.checked_add(amount);
    sum.expect("amounts that memory holds stay below 2^114 together")
}

/// The month `months` later (earlier if negative), if it can be expressed.
pub(super) fn shifted(month: Month, months: i32) -> Option<Month> {
    Month::new(u16::try_from(i32::from(month.number()).checked_add(months)?).ok()?)
}
