//! The one clock of the program; everything else is told the time.

use jiff::{Timestamp, tz::Offset};
use rust_i18n::t;
use yizhang_ledger::value::{Day, UnixMillis};

/// Now.
pub(crate) fn now() -> UnixMillis {
    // A clock before 1970 is as good as none.
    UnixMillis(u64::try_from(Timestamp::now().as_millisecond()).unwrap_or(0))
}

/// A day on which this program was not yet there: the clock of a machine without a battery begins in 1970.
const TOO_EARLY: Timestamp = Timestamp::constant(1_735_689_600, 0);

/// Refuses a clock that cannot be right, before anything is written under its time: batches carry it, and libraries count
/// on a time after 1970.
pub(crate) fn must_be_right() -> anyhow::Result<()> {
    let now = Timestamp::now();
    anyhow::ensure!(
        now >= TOO_EARLY,
        "{}",
        t!("clock.wrong", now = now, earliest = TOO_EARLY)
    );
    Ok(())
}

/// Today in UTC+8, where every period and date of the ledger is meant.
pub(crate) fn today() -> Day {
    let date = Offset::constant(8).to_datetime(Timestamp::now()).date();
    let number = format!("{:04}{:02}{:02}", date.year(), date.month(), date.day());
    Day::parse(&number).expect("a date of the calendar after 1900 is a day")
}
