//! The monthly pension: average index, basic pension, divisor by age, account pension.

use super::rounding::{fen, half_up, half_up_fen};
use yizhang_ledger::value::{Fen, Rate};

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

/// What a province makes of the index of single months; what it leaves out changes nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct IndexRule {
    /// The least index of a month.
    pub floor: Option<Rate>,
    /// The largest index of a month.
    pub ceiling: Option<Rate>,
    /// The index of a deemed month; without it that of the months paid.
    pub deemed: Option<Rate>,
}

/// The months that an index is the mean of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct IndexMonths<'a> {
    /// Months paid.
    pub paid: &'a [IndexLine],
    /// Months paid whose base is not known: taken to be like the others that are paid.
    pub unknown: u32,
    /// Deemed months.
    pub deemed: u32,
    /// Months to come.
    pub future: &'a [IndexLine],
}

/// The mean of base ÷ average over all months, half up to four decimals. Lines are summed to twelve decimals: a mean is
/// off by less than 10⁻¹² before it is rounded.
///
/// `None` without months, for a negative base, an average that is not above 0, an index above 429,496, or months without a
/// base where none is paid that they could be like.
///
/// Source: 国发〔2005〕38号 (verified); which average, which months and which limits differ by province (verified that they
/// differ): `rule`.
pub fn career_index(rule: IndexRule, months: IndexMonths<'_>) -> Option<Index> {
    let (mut sum, paid) = summed(rule, months.paid)?;
    let alike = months.unknown.checked_add(if rule.deemed.is_some() {
        0
    } else {
        months.deemed
    })?;
    if alike > 0 {
        sum = sum.checked_add(half_up(sum.checked_mul(i128::from(alike))?, paid)?)?;
    }
    if let Some(deemed) = rule.deemed {
        sum = sum.checked_add(weighted(deemed, months.deemed)?)?;
    }
    let (ahead, future) = summed(rule, months.future)?;
    let others = i128::from(months.unknown).checked_add(i128::from(months.deemed))?;
    let all = paid.checked_add(future)?.checked_add(others)?;
    let mean = half_up(
        sum.checked_add(ahead)?,
        all.checked_mul(INDEX_SUM_SCALE.checked_div(INDEX_SCALE)?)?,
    )?;
    u32::try_from(mean).ok().map(Index)
}

/// The sum of the months' indices in units of [`INDEX_SUM_SCALE`], and how many months they are.
fn summed(rule: IndexRule, lines: &[IndexLine]) -> Option<(i128, i128)> {
    let (mut sum, mut months) = (0_i128, 0_i128);
    for line in lines.iter().filter(|line| line.months > 0) {
        let average = i128::from(line.average.get());
        if line.base < Fen::ZERO || average <= 0 {
            return None;
        }
        let count = i128::from(line.months);
        let scaled = i128::from(line.base.get()).checked_mul(INDEX_SCALE)?;
        let beyond = |limit: Option<Rate>, is_beyond: fn(i128, i128) -> bool| {
            limit.filter(|limit| {
                let limit = average.checked_mul(limit.get().into());
                is_beyond(
                    scaled,
                    limit.expect("an amount has less than 64 bits, a rate 32"),
                )
            })
        };
        let limit = beyond(rule.floor, |base, limit| base < limit)
            .or(beyond(rule.ceiling, |base, limit| base > limit));
        let of_line = match limit {
            Some(limit) => weighted(limit, line.months)?,
            None => half_up(
                scaled
                    .checked_mul(count)?
                    .checked_mul(INDEX_SUM_SCALE.checked_div(INDEX_SCALE)?)?,
                average,
            )?,
        };
        sum = sum.checked_add(of_line)?;
        months = months.checked_add(count)?;
    }
    Some((sum, months))
}

fn weighted(index: Rate, months: u32) -> Option<i128> {
    i128::from(index.get())
        .checked_mul(months.into())?
        .checked_mul(INDEX_SUM_SCALE.checked_div(INDEX_SCALE)?)
}

/// The transitional pension of a month 过渡性养老金: reference wage × index × years deemed or before the personal account ×
/// the province's rate, half up to the fen.
///
/// Source: 国发〔2005〕38号 leaves it to the provinces (verified); this is the form that most of them have (our choice), an
/// operator states the rate.
pub fn transitional_pension(reference: Fen, index: Index, months: u32, rate: Rate) -> Option<Fen> {
    let product = i128::from(reference.get())
        .checked_mul(index.0.into())?
        .checked_mul(months.into())?;
    // Ten-thousandths of the index and of the rate, twelfths of years.
    half_up_fen(
        product.checked_mul(rate.get().into())?,
        INDEX_SCALE.checked_mul(INDEX_SCALE)?.checked_mul(12)?,
    )
}

/// The basic pension of a month: `(C + C × Z) ÷ 2 × years × 1 %`, with `reference` the C (计发基数) of the place and
/// year of benefit, `index` the Z, and `months` ÷ 12 the years. Half up to the fen.
///
/// Source: 国发〔2005〕38号 (verified). Transitional and local parts are the province's and not included.
pub fn basic_pension(reference: Fen, index: Index, months: u32) -> Option<Fen> {
    let weight = INDEX_SCALE.checked_add(i128::from(index.0))?;
    let product = i128::from(reference.get())
        .checked_mul(weight)?
        .checked_mul(i128::from(months))?;
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
    let row = |year| {
        table
            .iter()
            .find(|row| row.age_years == year)
            .map(|row| u32::from(row.months))
    };
    let here = row(year)?;
    let next = if over == 0 {
        here
    } else {
        row(year.checked_add(1)?)?
    };
    let twelfths = here
        .checked_mul(12_u32.checked_sub(over)?)?
        .checked_add(next.checked_mul(over)?)?;
    let tenths = half_up(i128::from(twelfths).checked_mul(10)?, 12)?;
    u32::try_from(tenths).ok().map(Divisor)
}

/// The account pension of a month: balance ÷ divisor, half up to the fen. `None` for a divisor of 0.
///
/// Source: 国发〔2005〕38号 (verified).
pub fn account_pension(balance: Fen, divisor: Divisor) -> Option<Fen> {
    half_up_fen(
        i128::from(balance.get()).checked_mul(10)?,
        i128::from(divisor.0),
    )
}

/// The resident pension of a month: the basic part of the place plus balance ÷ divisor (139.0, at every age), half up
/// to the fen.
///
/// Source: 国发〔2014〕8号 (verified).
pub fn resident_pension(basic: Fen, balance: Fen, divisor: Divisor) -> Option<Fen> {
    let account = account_pension(balance, divisor)?;
    fen(i128::from(basic.get()).checked_add(i128::from(account.get()))?)
}
