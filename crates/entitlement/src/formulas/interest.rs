//! The personal account: what a month credits, and the interest of a year.

use super::rounding::{fen, half_up_fen};
use yizhang_ledger::value::{Fen, Month, Rate};

/// The share of the base credited to the personal account, from a month on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CreditRate {
    /// The first month for which it holds.
    pub from: Month,
    /// The share of the base.
    pub rate: Rate,
}

/// What a month's `base` credits to the account, half up to the fen, at the rate with the latest first month not after
/// `month`. `None` before the first rate: until 1997-12 the account holds what the person paid, not a share of the base.
///
/// Source: 11 % from 1998-01 to 2005-12, 8 % from 2006-01: texts of agencies that quote the national rule (verified).
pub fn account_credit(rates: &[CreditRate], month: Month, base: Fen) -> Option<Fen> {
    let begun = rates.iter().filter(|row| row.from <= month);
    begun
        .max_by_key(|row| (row.from, row.rate))?
        .rate
        .of_half_up(base)
}

/// From when a month's credit bears interest (月积数法).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bearing {
    /// From its own month on: month `n` bears for `12 − n + 1` months.
    OwnMonth,
    /// From the month after: month `n` bears for `12 − n` months.
    NextMonth,
}

/// A credit of the year.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Credit {
    /// The month of the year, 1 to 12.
    pub month_of_year: u8,
    /// The amount credited.
    pub amount: Fen,
}

/// A year of the account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct YearInterest {
    /// Interest on the opening balance.
    pub on_opening: Fen,
    /// Interest on the credits of the year.
    pub on_credits: Fen,
    /// Opening balance, credits and interest.
    pub closing: Fen,
}

/// The interest of one year at `rate` (记账利率), each of its two parts half up to the fen. An estimate until the agency
/// posts the year's interest. `None` for a month of the year outside 1 to 12, or sums beyond the limit of an amount.
///
/// Source: method of 劳办发〔1997〕116号 (known; from when credits bear interest is the agency's, hence `bearing`).
pub fn year_interest(
    opening: Fen,
    credits: &[Credit],
    rate: Rate,
    bearing: Bearing,
) -> Option<YearInterest> {
    let (mut sum, mut products) = (0_i128, 0_i128);
    for credit in credits {
        let months = bearing_months(credit.month_of_year, bearing)?;
        let amount = i128::from(credit.amount.get());
        sum = sum.checked_add(amount)?;
        products = products.checked_add(amount.checked_mul(months)?)?;
    }
    let on_opening = rate.of_half_up(opening)?;
    let on_credits = half_up_fen(products.checked_mul(i128::from(rate.get()))?, 12 * 10_000)?;
    let parts = [opening, on_opening, on_credits].map(|part| i128::from(part.get()));
    let closing = fen(parts.into_iter().try_fold(sum, i128::checked_add)?)?;
    Some(YearInterest {
        on_opening,
        on_credits,
        closing,
    })
}

fn bearing_months(month_of_year: u8, bearing: Bearing) -> Option<i128> {
    let last = match bearing {
        Bearing::OwnMonth => 13_u8,
        Bearing::NextMonth => 12,
    };
    let within = (1..=12).contains(&month_of_year);
    if within {
        last.checked_sub(month_of_year).map(i128::from)
    } else {
        None
    }
}
