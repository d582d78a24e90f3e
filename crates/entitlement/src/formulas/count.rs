//! Counts of months, as an account has them.

const BOUND: &str = "the calendar has fewer than 2^16 months";

/// How many months there are: a list that has each month of the calendar once, or records of an account by month.
pub(crate) fn count_months(months: impl Iterator) -> u32 {
    u32::try_from(months.count()).expect(BOUND)
}

/// Two counts of months of one calendar together.
pub(crate) fn together(months: u32, others: u32) -> u32 {
    months.checked_add(others).expect(BOUND)
}

/// A count of months with the next one of the calendar.
pub(crate) fn one_more(months: u32) -> u32 {
    months.checked_add(1).expect(BOUND)
}
