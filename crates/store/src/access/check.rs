//! Checking all files of the access log: each by itself, each against the one before, and against the daily roots in the chain.

use super::{
    file::{AccessFault, DaySummary, list, scan},
    log::is_old,
    path,
};
use crate::error::Result;
use std::{collections::BTreeMap, fmt, path::Path, path::PathBuf};
use yizhang_ledger::{hash::Hash, record::AccessDigest, value::Day};

/// What a check of the access log found.
#[derive(Clone, Debug, Default)]
pub struct AccessChecked {
    /// Files.
    pub days: usize,
    /// Entries that follow.
    pub entries: u64,
    /// Days whose root stands in the chain as the file has it.
    pub rooted: usize,
    /// Everything that is not as it should be.
    pub findings: Vec<AccessFinding>,
}

/// Something in the access log that is not as it should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AccessFinding {
    /// A file is not what was written.
    File {
        /// The file.
        path: PathBuf,
        /// Where in the file, in bytes.
        offset: u64,
        /// What is wrong there.
        fault: AccessFault,
    },
    /// The chain has another root for the day than the file: the file was changed, or cut, or written anew.
    OtherRoot {
        /// The day.
        day: Day,
        /// Entries by the chain.
        rooted: u64,
        /// Entries in the file.
        found: u64,
    },
    /// The chain has a root for a day whose file would still be kept, and there is none.
    Missing {
        /// The day.
        day: Day,
    },
    /// A file that is none of a day.
    Stray(PathBuf),
}

impl AccessFinding {
    /// Whether traces are lost or were changed, rather than something that the next start puts right.
    pub const fn is_damage(&self) -> bool {
        match self {
            Self::File { fault, .. } => !matches!(fault, AccessFault::Torn { .. }),
            Self::OtherRoot { .. } | Self::Missing { .. } => true,
            Self::Stray(_) => false,
        }
    }
}

impl fmt::Display for AccessFinding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File {
                path,
                offset,
                fault,
            } => write!(f, "{} at byte {offset}: {fault}", path.display()),
            Self::OtherRoot { day, rooted, found } => write!(
                f,
                "access log of {day}: the root in the chain is of {rooted} entries and another hash, the file has {found}: \
                 it was changed or cut"
            ),
            Self::Missing { day } => write!(
                f,
                "access log of {day}: the chain has its root, and the file is missing"
            ),
            Self::Stray(path) => write!(f, "{} does not belong here", path.display()),
        }
    }
}

/// Verifies every file of the access log in a data directory, and compares the days with the roots that the chain has. Until
/// `today` files were kept.
///
/// # Errors
/// [`crate::StoreError::Io`]. Everything else is a finding.
pub fn check_access(data: &Path, roots: &[AccessDigest], today: Day) -> Result<AccessChecked> {
    let (days, strays) = list(data)?;
    let mut checked = AccessChecked {
        days: days.len(),
        findings: strays.into_iter().map(AccessFinding::Stray).collect(),
        ..AccessChecked::default()
    };
    let mut last: Option<Hash> = None;
    let mut found = BTreeMap::new();
    for day in &days {
        let path = path(data, *day);
        let scan = scan(&path, *day, &mut |_| {})?;
        checked.entries += scan.summary.entries;
        found.insert(*day, scan.summary);
        let follows = last.is_none_or(|last| last == scan.summary.before);
        let fault = match scan.fault {
            None if !follows => Some((0, AccessFault::Previous)),
            fault => fault,
        };
        last = Some(scan.summary.last);
        if let Some((offset, fault)) = fault {
            checked.findings.push(AccessFinding::File {
                path,
                offset,
                fault,
            });
        }
    }
    for root in roots {
        match found.get(&root.day) {
            None if is_old(root.day, today) => {}
            None => checked
                .findings
                .push(AccessFinding::Missing { day: root.day }),
            Some(day) if is_rooted(day, root) => checked.rooted += 1,
            Some(day) => checked.findings.push(AccessFinding::OtherRoot {
                day: root.day,
                rooted: root.entries,
                found: day.entries,
            }),
        }
    }
    Ok(checked)
}

fn is_rooted(day: &DaySummary, root: &AccessDigest) -> bool {
    (day.entries, day.last, day.before) == (root.entries, root.last, root.before)
}
