//! Why an audit could not be done. What an audit finds is no error: that is its report.

use std::{io, path::PathBuf};

/// Why there is no report.
#[derive(Debug, thiserror::Error)]
pub enum AuditError {
    /// A directory or a file of marks cannot be read.
    #[error("{} cannot be read: {source}", path.display())]
    Read {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The file of marks cannot be written.
    #[error("{} cannot be written: {source}", path.display())]
    Write {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The file of marks is not what an earlier run has written.
    #[error("{} is not a usable file of marks: {reason}; delete it to audit from the start", path.display())]
    MarksDamaged {
        /// Which.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// The file of marks is about something else.
    #[error("{} holds marks of another {what}: expected {expected}, found {found}", path.display())]
    MarksForeign {
        /// Which.
        path: PathBuf,
        /// Roster or source.
        what: &'static str,
        /// That of this audit.
        expected: String,
        /// That of the file.
        found: String,
    },
    /// The caller has asked to stop. Marks, if wanted, are written: the next run goes on from them.
    #[error("the audit was interrupted")]
    Interrupted,
}
