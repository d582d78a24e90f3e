//! A number with its noun, in the singular where it is one.

use crate::text::t;
use std::fmt::Display;

/// A number of months; one of a difference may be negative.
pub(crate) fn months(count: impl Display) -> String {
    if is_one(&count) {
        t!("count.month", count = count)
    } else {
        t!("count.months", count = count)
    }
    .to_string()
}

/// A number of working days.
pub(crate) fn working_days(count: impl Display) -> String {
    if is_one(&count) {
        t!("count.working_day", count = count)
    } else {
        t!("count.working_days", count = count)
    }
    .to_string()
}

/// A number of findings.
#[cfg(feature = "terminal")]
pub(crate) fn findings(count: usize) -> String {
    if is_one(&count) {
        t!("count.finding", count = count)
    } else {
        t!("count.findings", count = count)
    }
    .to_string()
}

fn is_one(count: &impl Display) -> bool {
    let text = count.to_string();
    text.strip_prefix('-').unwrap_or(&text) == "1"
}
