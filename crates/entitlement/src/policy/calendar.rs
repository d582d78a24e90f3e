//! Working days: weekends off, holidays off, and the weekend days that are worked in exchange (调休), as data.

use yizhang_ledger::value::Day;

/// Longest run of days off that a calendar may have: a table without a working day for a year is no calendar.
pub(crate) const REST_DAYS_MAX: u32 = 366;

/// A calendar of working days in UTC+8. Saturdays and Sundays are off unless in `workdays`; days in `holidays` are off. A
/// day in both is off.
///
/// The source is the yearly notice of the General Office of the State Council on holidays. A year that neither list names
/// is counted with plain weekends, and [`WorkingDays::is_estimate`] says so.
#[derive(Clone, Copy, Debug)]
pub(crate) struct WorkingDays<'c> {
    holidays: &'c [Day],
    workdays: &'c [Day],
}

/// A list of days that is not in ascending order, each day once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "expected days in ascending order, each once, found {day} after a day that is not before it"
)]
pub(crate) struct NotAscending {
    /// The first day that is out of order.
    pub(crate) day: Day,
}

impl<'c> WorkingDays<'c> {
    /// A calendar of these holidays and worked weekend days.
    ///
    /// # Errors
    /// [`NotAscending`] if a list is not sorted or names a day twice.
    pub(crate) fn new(holidays: &'c [Day], workdays: &'c [Day]) -> Result<Self, NotAscending> {
        for days in [holidays, workdays] {
            let mut pairs = days.iter().zip(days.iter().skip(1));
            if let Some((_, day)) = pairs.find(|(one, other)| one >= other) {
                return Err(NotAscending { day: *day });
            }
        }
        Ok(Self { holidays, workdays })
    }

    /// Whether a day is worked.
    pub(crate) fn is_worked(&self, day: Day) -> bool {
        if self.holidays.binary_search(&day).is_ok() {
            return false;
        }
        !is_weekend(day) || self.workdays.binary_search(&day).is_ok()
    }

    /// The `count`-th working day after `day`: with 0 the day itself, worked or not. None beyond the year 9999, or if more
    /// than [`REST_DAYS_MAX`] days off follow each other.
    pub(crate) fn after(&self, day: Day, count: u16) -> Option<Day> {
        let mut at = day;
        for _ in 0..count {
            at = self.next(at)?;
        }
        Some(at)
    }

    fn next(&self, day: Day) -> Option<Day> {
        let mut at = day;
        for _ in 0..=REST_DAYS_MAX {
            at = next_day(at)?;
            if self.is_worked(at) {
                return Some(at);
            }
        }
        None
    }

    /// Working days after `start`, up to `end` and with it; 0 if `end` is not after `start`. So
    /// `between(day, after(day, n))` is `n`.
    pub(crate) fn between(&self, start: Day, end: Day) -> u32 {
        if end <= start {
            return 0;
        }
        let plain = weekdays_until(end).checked_sub(weekdays_until(start));
        let off = within(self.holidays, start, end)
            .filter(|day| !is_weekend(**day))
            .count();
        let worked = within(self.workdays, start, end)
            .filter(|day| is_weekend(**day) && self.holidays.binary_search(day).is_err())
            .count();
        let count =
            |days: usize| u32::try_from(days).expect("the calendar has fewer than 2^22 days");
        plain
            .and_then(|plain| plain.checked_sub(count(off)))
            .and_then(|days| days.checked_add(count(worked)))
            .expect(
                "the end is after the start, and each day off is one of the weekdays between them",
            )
    }

    /// Whether a year from that of `start` to that of `end` is in neither list.
    pub(crate) fn is_estimate(&self, start: Day, end: Day) -> bool {
        let named = |year: u32| {
            let of_year = |days: &[Day]| {
                let at = days.partition_point(|day| year_of(*day) < year);
                days.get(at).is_some_and(|day| year_of(*day) == year)
            };
            of_year(self.holidays) || of_year(self.workdays)
        };
        (year_of(start)..=year_of(end)).any(|year| !named(year))
    }
}

/// The days of a sorted list after `start`, up to `end`.
fn within(days: &[Day], start: Day, end: Day) -> impl Iterator<Item = &Day> {
    let first = days.partition_point(|day| *day <= start);
    days.iter().skip(first).take_while(move |day| **day <= end)
}

const fn year_of(day: Day) -> u32 {
    day.number() / 10_000
}

fn next_day(day: Day) -> Option<Day> {
    let number = day.number();
    let (year, month) = (number / 10_000, number / 100 % 100);
    let first_of = |year: u32, month: u32| {
        Day::new(
            year.checked_mul(10_000)?
                .checked_add(month.checked_mul(100)?)?
                .checked_add(1)?,
        )
    };
    Day::new(number.checked_add(1)?)
        .or_else(|| first_of(year, month.checked_add(1)?))
        .or_else(|| first_of(year.checked_add(1)?, 1))
}

/// Days since a Monday long before the first day that can be expressed. The year begins in March here, so that the leap
/// day is its last.
#[expect(
    clippy::arithmetic_side_effects,
    reason = "years have four digits: nothing comes near 32 bits or below 0"
)]
fn days_since_monday(day: Day) -> u32 {
    let number = day.number();
    let (year, month, day) = (number / 10_000, number / 100 % 100, number % 100);
    let (year, month) = if month > 2 {
        (year, month - 3)
    } else {
        (year - 1, month + 9)
    };
    // 0000-03-01 was a Wednesday.
    year * 365 + year / 4 - year / 100 + year / 400 + (month * 153 + 2) / 5 + day - 1 + 2
}

fn is_weekend(day: Day) -> bool {
    days_since_monday(day) % 7 >= 5
}

/// Days from Monday to Friday, from that early Monday to `day` and with it.
#[expect(
    clippy::arithmetic_side_effects,
    reason = "less than the days themselves, of which there are few millions"
)]
fn weekdays_until(day: Day) -> u32 {
    let days = days_since_monday(day) + 1;
    days / 7 * 5 + (days % 7).min(5)
}
