//! Calendar days, counted.

use yizhang_ledger::value::{Day, Month, UnixMillis};

/// Milliseconds of a day.
const DAY_MS: u64 = 24 * 60 * 60 * 1_000;
/// How far UTC+8 is ahead.
const EAST_MS: u64 = 8 * 60 * 60 * 1_000;

/// Days from 1970-01-01 to a day; below 0 before it.
#[expect(
    clippy::arithmetic_side_effects,
    reason = "years have four digits: nothing comes near 64 bits"
)]
pub(crate) fn number(day: Day) -> i64 {
    let number = i64::from(day.number());
    let (year, month, day) = (number / 10_000, number / 100 % 100, number % 100);
    // The year begins in March here, so that the leap day is its last.
    let (year, month) = if month > 2 {
        (year, month - 3)
    } else {
        (year - 1, month + 9)
    };
    year * 365 + year / 4 - year / 100 + year / 400 + (month * 153 + 2) / 5 + day - 1 - 719_468
}

/// Days from one to another; 0 if the second is not later.
pub(crate) fn between(from: Day, to: Day) -> u32 {
    let days = number(to).saturating_sub(number(from));
    u32::try_from(days).unwrap_or(0)
}

/// The day so many days later; the last that there is, beyond the calendar. Days before 1970 count as its first.
pub(crate) fn after(day: Day, count: u32) -> Day {
    let days = u64::try_from(number(day)).unwrap_or(0);
    let days = days.saturating_add(u64::from(count));
    Day::of(UnixMillis(days.saturating_mul(DAY_MS)))
}

/// The first moment after a day in UTC+8: as of a day means at its end.
pub(crate) fn end_of(day: Day) -> UnixMillis {
    let days = u64::try_from(number(day)).unwrap_or(0).saturating_add(1);
    UnixMillis(days.saturating_mul(DAY_MS).saturating_sub(EAST_MS))
}

/// The last day of a month.
pub(crate) fn last_of(month: Month) -> Day {
    let first = u32::from(month.year())
        .saturating_mul(10_000)
        .saturating_add(u32::from(month.month()).saturating_mul(100));
    let last = (28..=31)
        .rev()
        .find_map(|day| Day::new(first.saturating_add(day)));
    last.expect("every month from 1900 to 5461 has 28 days")
}
