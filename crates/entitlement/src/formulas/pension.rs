//! The monthly pension: average index, basic pension, divisor by age, account pension.

use super::rounding::{fen, half_up, half_up_fen};
use yizhang_ledger::value::Fen;

/// Months paid on one base under one average wage.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IndexLine {
    /// How many months; 0 adds nothing.
    pub months: u32,
    /// The contribution base of each, not negative.
    pub base: Fen,
    /// The average wage that the province divides by, above 0. Which year's it is differs by province.
    pub average: Fen,
}

/// An average contribution index (平均缴费指数) in ten-thousandths: 1.1714 is 11714.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Index(pub u32);

/// Each line is summed to twelve decimals, half up, before the mean is rounded to four.
const INDEX_SUM_SCALE: i128 = 1_000_000_000_000;
const INDEX_SCALE: i128 = 10_000;

/// The mean of base ÷ average over all months, half up to four decimals. Lines are summed to twelve decimals: a mean is
/// off by less than 10⁻¹² before it is rounded.
///
/// `None` without months, for a negative base, an average that is not above 0, or an index above 429,496. Months that
/// count without a base (deemed) and caps are rules of the province: hand in the lines that it makes of them.
///
/// Source: 国发〔2005〕38号 (verified); which average and which months differ by province (verified that they differ).
pub fn average_index(lines: &[IndexLine]) -> Option<Index> {
    let (mut sum, mut months) = (0_i128, 0_i128);
    for line in lines.iter().filter(|line| line.months > 0) {
        if line.base < Fen::ZERO {
            return None;
        }
        let count = i128::from(line.months);
        let weighted = i128::from(line.base.get()).checked_mul(count)?.checked_mul(INDEX_SUM_SCALE)?;
        sum = sum.checked_add(half_up(weighted, i128::from(line.average.get()))?)?;
        months = months.checked_add(count)?;
    }
    let mean = half_up(sum, months.checked_mul(INDEX_SUM_SCALE.checked_div(INDEX_SCALE)?)?)?;
    u32::try_from(mean).ok().map(Index)
}

/// The basic pension of a month: `(C + C × Z) ÷ 2 × years × 1 %`, with `reference` the C (计发基数) of the place and
/// year of benefit, `index` the Z, and `months` ÷ 12 the years. Half up to the fen.
///
/// Source: 国发〔2005〕38号 (verified). Transitional and local parts are the province's and not included.
pub fn basic_pension(reference: Fen, index: Index, months: u32) -> Option<Fen> {
    let weight = INDEX_SCALE.checked_add(i128::from(index.0))?;
    let product = i128::from(reference.get()).checked_mul(weight)?.checked_mul(i128::from(months))?;
    // Halves of ten-thousandths, twelfths of years, hundredths.
    half_up_fen(product, INDEX_SCALE.checked_mul(2 * 12 * 100)?)
}

/// A row of the table of divisors (计发月数).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DivisorRow {
    /// Age in whole years.
    pub age_years: u16,
    /// Months by which the account is divided.
    pub months: u16,
}

/// A divisor in tenths of a month: 138.4 is 1384.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Divisor(pub u32);

/// The divisor for an age in months: the table's for a whole year, between two years linear by month, half up to one
/// decimal. `None` outside the table.
///
/// Source: the table of 国发〔2005〕38号 (verified); between the years: the answer of a city's service line for 60 years
/// 1 month and 50 years 1 month (verified), the same rule for the other months (our design: the national monthly table
/// is not public).
pub fn divisor(table: &[DivisorRow], age_months: u16) -> Option<Divisor> {
    let (year, over) = (age_months / 12, u32::from(age_months % 12));
    let row = |year| table.iter().find(|row| row.age_years == year).map(|row| u32::from(row.months));
    let here = row(year)?;
    let next = if over == 0 { here } else { row(year.checked_add(1)?)? };
    let twelfths = here.checked_mul(12_u32.checked_sub(over)?)?.checked_add(next.checked_mul(over)?)?;
    let tenths = half_up(i128::from(twelfths).checked_mul(10)?, 12)?;
    u32::try_from(tenths).ok().map(Divisor)
}

/// The account pension of a month: balance ÷ divisor, half up to the fen. `None` for a divisor of 0.
///
/// Source: 国发〔2005〕38号 (verified).
pub fn account_pension(balance: Fen, divisor: Divisor) -> Option<Fen> {
    half_up_fen(i128::from(balance.get()).checked_mul(10)?, i128::from(divisor.0))
}

/// The resident pension of a month: the basic part of the place plus balance ÷ divisor (139.0, at every age), half up
/// to the fen.
///
/// Source: 国发〔2014〕8号 (verified).
pub fn resident_pension(basic: Fen, balance: Fen, divisor: Divisor) -> Option<Fen> {
    let account = account_pension(balance, divisor)?;
    fen(i128::from(basic.get()).checked_add(i128::from(account.get()))?)
}
