//! When a worker may retire, and how many months are needed by then.

use super::rounding::shifted;
use yizhang_ledger::value::Month;

/// How the retirement age of one class of workers rises. The class (men; women with original age 55 or 50) is a fact
/// that the agency states, never derived from the sex.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Schedule {
    /// The age before the reform, in months: 720, 660 or 600.
    pub original_age_months: u16,
    /// The first month of birth with a delay: 1965-01, 1970-01 or 1975-01.
    pub first_birth: Month,
    /// Months of birth that share one month of delay: 4, 4 or 2; not 0.
    pub step_months: u16,
    /// The largest delay in months: 36, 36 or 60.
    pub delay_max_months: u16,
}

/// The statutory retirement of one worker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retirement {
    /// Months later than the original age.
    pub delay_months: u16,
    /// The statutory age in months.
    pub age_months: u16,
    /// The month in which the statutory age is reached.
    pub statutory: Month,
    /// The earliest month that the worker may choose; `None` where the reform does not apply. The minimum of
    /// contribution months must be met as well.
    pub earliest: Option<Month>,
    /// The latest month that employer and worker may agree on; `None` where the reform does not apply.
    pub latest: Option<Month>,
}

/// The retirement of a worker born in `birth`, who may choose up to `flex_months` (36) before or after the statutory
/// month, but never before the original age. Choosing is for those whom the reform reaches: born in
/// [`Schedule::first_birth`] or later, so that their original age falls on 2025-01 or later.
///
/// `None` if the schedule has a step of 0 or a month cannot be expressed.
///
/// Source: 全国人大常委会 decision of 2024-09-13 with its tables; 人社部发〔2024〕94号 for the choice (verified). The
/// first cohort has a delay of one month, not of none.
pub fn retirement(schedule: Schedule, birth: Month, flex_months: u16) -> Option<Retirement> {
    let elapsed = u16::try_from(birth.since(schedule.first_birth)).ok();
    let delay_months = match elapsed {
        None => 0,
        Some(elapsed) => elapsed
            .checked_div(schedule.step_months)?
            // More than any calendar has is cut to the largest delay with the rest.
            .saturating_add(1)
            .min(schedule.delay_max_months),
    };
    let age_months = schedule.original_age_months.checked_add(delay_months)?;
    let statutory = birth.plus(age_months)?;
    let reached = elapsed.is_some();
    let original = birth.plus(schedule.original_age_months)?;
    let flex = i32::from(flex_months);
    let back = flex.checked_neg().expect("a number of 16 bits");
    let earliest = shifted(statutory, back).map_or(original, |month| month.max(original));
    let latest = if reached {
        Some(shifted(statutory, flex)?)
    } else {
        None
    };
    Some(Retirement {
        delay_months,
        age_months,
        statutory,
        earliest: reached.then_some(earliest),
        latest,
    })
}

/// One step of the table of minimum contribution months.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Minimum {
    /// The first year for which it holds; 0 for the first row.
    pub from_year: u16,
    /// Contribution months needed for a monthly pension.
    pub months: u32,
}

/// The contribution months needed for a monthly pension that begins in `year`: the row with the latest first year not
/// after it, in whatever order the rows are. `None` if no row has begun.
///
/// Source: the decision of 2024-09-13, art. 2: 180 until 2029, six more each year, 240 from 2039 (verified).
pub fn minimum_months(table: &[Minimum], year: u16) -> Option<u32> {
    let begun = table.iter().filter(|row| row.from_year <= year);
    begun
        .max_by_key(|row| (row.from_year, row.months))
        .map(|row| row.months)
}

/// The year whose minimum applies: of the chosen month for a worker who retires early, of the statutory month for one who retires
/// then or later.
///
/// Source: practice under 人社部发〔2024〕94号 (known; to be checked against its text).
pub fn minimum_months_year(statutory: Month, chosen: Month) -> u16 {
    statutory.min(chosen).year()
}

/// Months still missing; 0 once there are enough.
pub fn months_short(counted: u32, needed: u32) -> u32 {
    needed.saturating_sub(counted)
}

/// Months that can still be paid after the month `as_of` and before the month of retirement: from 2026-10, for a
/// retirement in 2053-01, the 314 months 2026-11 to 2052-12. The month of retirement itself is not one of them (our
/// design: a month counts only before the benefit starts).
pub fn months_left(as_of: Month, retirement: Month) -> u32 {
    // None after the month of retirement.
    u32::try_from(retirement.since(as_of))
        .unwrap_or(0)
        .saturating_sub(1)
}

/// The latest month in which to start paying every month, so that `missing` months are there when `retirement` comes.
/// `None` if nothing is missing, or the month would be before 1900-01.
///
/// Whether that month still lies ahead is for the caller to see: compare `missing` with [`months_left`]. Our design, on
/// the counting of [`months_left`].
pub fn latest_start(missing: u32, retirement: Month) -> Option<Month> {
    if missing == 0 {
        return None;
    }
    shifted(retirement, i32::try_from(missing).ok()?.checked_neg()?)
}
