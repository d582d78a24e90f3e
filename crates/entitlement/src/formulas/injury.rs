//! Work injury: the worker's own wage (本人工资), and the one-off benefit by grade of disability.

use super::rounding::{half_up_fen, plus, shifted};
use std::collections::BTreeMap;
use yizhang_ledger::value::{Fen, Month, Rate};

/// Months before the event that the wage is the mean of.
const WAGE_MONTHS: i32 = 12;

/// The base of a month with the unit that answers for the injury. Several of one month are added.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MonthBase {
    /// The month.
    pub month: Month,
    /// The contribution base.
    pub base: Fen,
}

/// The limits of the wage, as shares of the average wage of the pooling area.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WageLimits {
    /// The average monthly wage of the pooling area.
    pub average: Fen,
    /// The least share: 60 %.
    pub floor: Rate,
    /// The largest share: 300 %.
    pub ceiling: Rate,
}

/// The wage that injury benefits are computed from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OwnWage {
    /// Months with a base among the twelve.
    pub months: u32,
    /// Their mean, half up to the fen.
    pub mean: Fen,
    /// The mean within the limits.
    pub wage: Fen,
}

/// The mean base of the twelve months before the month of the event, within the limits. Of fewer than twelve months
/// with a base, the mean of those (known). `None` without any, or if the floor is above the ceiling.
///
/// Source: 工伤保险条例 art. 64 (verified).
pub fn own_wage(event: Month, bases: &[MonthBase], limits: WageLimits) -> Option<OwnWage> {
    let first = shifted(event, -WAGE_MONTHS);
    let mut months = BTreeMap::<Month, i128>::new();
    for line in bases
        .iter()
        .filter(|line| line.month < event && first.is_none_or(|first| line.month >= first))
    {
        let sum = months.entry(line.month).or_default();
        *sum = plus(*sum, line.base.get().into());
    }
    let count = u32::try_from(months.len()).ok()?;
    let sum = months.into_values().try_fold(0_i128, i128::checked_add)?;
    let mean = half_up_fen(sum, i128::from(count))?;
    let (floor, ceiling) = (
        limits.floor.of_half_up(limits.average)?,
        limits.ceiling.of_half_up(limits.average)?,
    );
    let wage = if floor > ceiling {
        None
    } else {
        Some(mean.clamp(floor, ceiling))
    };
    Some(OwnWage {
        months: count,
        mean,
        wage: wage?,
    })
}

/// The months of own wage that a grade is worth: `table` holds grades 1 to 10 in order. `None` for other grades.
///
/// Source: 工伤保险条例 arts. 35 to 37: 27, 25, 23, 21, 18, 16, 13, 11, 9, 7 (verified).
pub fn one_off_months(table: &[u16], grade: u8) -> Option<u16> {
    table.get(usize::from(grade.checked_sub(1)?)).copied()
}

/// The one-off disability benefit: own wage times the months of the grade. `None` beyond the limit of an amount.
pub fn one_off_benefit(wage: Fen, months: u16) -> Option<Fen> {
    Fen::new(wage.get().checked_mul(i64::from(months))?)
}
