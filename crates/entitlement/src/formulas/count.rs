//! Counts of months, as an account has them.

/// How many months there are: a list that has each month of the calendar once, or records of an account by month.
pub(crate) fn count_months(months: impl Iterator) -> u32 {
    u32::try_from(months.count()).expect("the calendar has fewer than 2^16 months")
}
