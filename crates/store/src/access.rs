//! The access log: who read what, for what, and what the answer was. One file a day in `access/`, append-only, each entry chained
//! to the one before by its hash, across files; docs/FORMAT.md has the bytes.
//!
//! The store owns the files; who must be written down, and what waits for it, is decided by the node.

mod check;
mod copy;
mod entry;
mod file;
mod index;
mod log;

pub use check::{AccessChecked, AccessFinding, check_access};
pub(crate) use copy::{back_up_day, days, remove_old, restore_day};
pub use entry::{AccessEntry, ENTRY_BYTES_MAX, Subject};
pub use file::{AccessFault, DaySummary, closed_days, read_day};
pub use index::{AccessFound, AccessIndex, AccessQuery, FoundDay, FoundEntry};
pub use log::{AccessLog, READS_AHEAD, YEARS_KEPT};

use std::path::{Path, PathBuf};
use yizhang_ledger::value::Day;

/// The folder of the files in a data directory.
const FOLDER: &str = "access";

fn folder(data: &Path) -> PathBuf {
    data.join(FOLDER)
}

/// The file of a day.
fn path(data: &Path, day: Day) -> PathBuf {
    folder(data).join(format!("{}.log", day.number()))
}
