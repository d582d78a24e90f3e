//! Late fees (滞纳金) and the due amount of a unit that did not declare.

use super::rounding::half_up_fen;
use yizhang_ledger::value::{Day, Fen, Rate};

/// The rate of a day, from a day on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DailyRate {
    /// The first day for which it holds.
    pub from: Day,
    /// The share of the arrears.
    pub rate: Rate,
}

/// The first day that bears a fee.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FirstDay {
    /// The last day on which payment was due.
    DueDay,
    /// The day after it.
    DayAfter,
}

/// The last day that bears a fee.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LastDay {
    /// The day of payment.
    PaymentDay,
    /// The day before it.
    DayBefore,
}

/// How days are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DayCount {
    /// Where counting begins.
    pub first: FirstDay,
    /// Where counting ends.
    pub last: LastDay,
}

/// A late payment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LatePayment {
    /// What was owed.
    pub owed: Fen,
    /// The last day on which it was due.
    pub due: Day,
    /// The day on which it was paid.
    pub paid: Day,
}

/// A late fee.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LateFee {
    /// Days that bear a fee.
    pub days: u32,
    /// The fee, half up to the fen. Never part of the base or the personal account.
    pub fee: Fen,
}

/// The late fee of a unit. Every day bears the rate of that day (the latest first day not after it; none before the
/// first rate), and the sum is rounded once. `None` beyond the limit of an amount.
///
/// Source: 0.05 % a day, 社会保险法 art. 86; 2 ‰ before 2011-07-01, 社会保险费征缴暂行条例 art. 13 (verified). Day after
/// the due day to the day of payment, both included: practice of the tax authorities (known), hence `count`. That only
/// units owe it: known.
pub fn late_fee(rates: &[DailyRate], count: DayCount, late: LatePayment) -> Option<LateFee> {
    let first = day_number(late.due).checked_add(i64::from(count.first == FirstDay::DayAfter))?;
    let end = day_number(late.paid).checked_add(i64::from(count.last == LastDay::PaymentDay))?;
    let mut rates = rates.to_vec();
    rates.sort_by_key(|row| row.from);
    let ends = rates
        .iter()
        .skip(1)
        .map(|next| day_number(next.from))
        .chain([i64::MAX]);
    let mut shares = 0_i128;
    for (row, rate_end) in rates.iter().zip(ends) {
        let days = end
            .min(rate_end)
            .checked_sub(first.max(day_number(row.from)))?
            .max(0);
        shares = shares.checked_add(i128::from(days).checked_mul(i128::from(row.rate.get()))?)?;
    }
    let fee = half_up_fen(i128::from(late.owed.get()).checked_mul(shares)?, 10_000)?;
    Some(LateFee {
        days: u32::try_from(end.checked_sub(first)?.max(0)).ok()?,
        fee,
    })
}

/// The day's number, from a fixed day on (the civil calendar with years that begin in March).
#[expect(
    clippy::arithmetic_side_effects,
    reason = "years 1900 to 9999, so that nothing here exceeds four million"
)]
fn day_number(day: Day) -> i64 {
    let number = i64::from(day.number());
    let (year, month, day_of_month) = (number / 10_000, number / 100 % 100, number % 100);
    let (year, month) = if month > 2 {
        (year, month - 3)
    } else {
        (year - 1, month + 9)
    };
    year * 365 + year / 4 - year / 100 + year / 400 + (month * 153 + 2) / 5 + day_of_month
}

/// What a unit owes for a month that it did not declare: `rate` (110 %) of what it paid the month before, half up to
/// the fen. Settled when it declares.
///
/// Source: 社会保险法 art. 62 (verified).
pub fn undeclared_due(last_month: Fen, rate: Rate) -> Option<Fen> {
    rate.of_half_up(last_month)
}
