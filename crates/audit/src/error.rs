//! Why an audit could not be done. What an audit finds is no error: that is its report.

use std::{io, path::PathBuf};
use yizhang_ledger::value::Division;

/// Why there is no report.
#[derive(Debug, thiserror::Error)]
pub enum AuditError {
    /// A directory or a resume file cannot be read.
    #[error("{} cannot be read: {source}", path.display())]
    Read {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The resume file cannot be written.
    #[error("{} cannot be written: {source}", path.display())]
    Write {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The resume file is not what an earlier run has written.
    #[error("{} is not a usable resume file: {reason}; delete it to audit from the start", path.display())]
    ResumeDamaged {
        /// Which.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// The resume file is about something else.
    #[error("{} is the resume file of another {what}: expected {expected}, found {found}", path.display())]
    ResumeForeign {
        /// Which.
        path: PathBuf,
        /// Roster or source.
        what: &'static str,
        /// That of this audit.
        expected: String,
        /// That of the file.
        found: String,
    },
    /// The files of a chain give other entries than those that were verified before.
    #[error("the chain {region} gives other entries when it is read again")]
    Changed {
        /// Whose.
        region: Division,
    },
    /// The caller has asked to stop. The resume file, if wanted, is written: the next run goes on from it.
    #[error("the audit was interrupted")]
    Interrupted,
}
