//! The one clock of the program; everything else is told the time.

use jiff::{Timestamp, tz::Offset};
use yizhang_ledger::value::{Day, UnixMillis};

/// Now.
pub(crate) fn now() -> UnixMillis {
    // A clock before 1970 is as good as none.
    UnixMillis(u64::try_from(Timestamp::now().as_millisecond()).unwrap_or(0))
}

/// Today in UTC+8, where every period and date of the ledger is meant.
pub(crate) fn today() -> Day {
    let date = Offset::constant(8).to_datetime(Timestamp::now()).date();
    let number = format!("{:04}{:02}{:02}", date.year(), date.month(), date.day());
    Day::parse(&number).expect("a date of the calendar after 1900 is a day")
}
