//! The auditor's replay: verifies whole chains from their bytes and trusts nobody.
//!
//! It reads a node's data directory by itself, or takes batches and heads from any other source, and checks every frame,
//! entry, link, root and signature against the roster. It never stops at the first fault: it collects what it finds, goes
//! on where going on means something, and returns a report that says up to which size each chain is verified.
//!
//! It shares only `yizhang-ledger` with the node: not its store, its replication or its wire, so that a fault there cannot
//! hide itself here. It is *not* the place for printing, arguments or networking, and it never writes to what it audits.
//!
//! ```no_run
//! # fn main() -> Result<(), yizhang_audit::AuditError> {
//! # let roster: yizhang_ledger::roster::Roster = unimplemented!();
//! use std::{ops::ControlFlow, path::Path};
//! use yizhang_audit::{Options, audit_directory};
//!
//! let options = Options { run: "2026-11-23".to_owned(), ..Options::default() };
//! let report = audit_directory(Path::new("node/data"), &roster, &options, &|_| ControlFlow::Continue(()))?;
//! for finding in report.all_findings() {
//!     println!("{finding}");
//! }
//! assert!(report.is_clean());
//! # Ok(())
//! # }
//! ```
// `expect` is allowed with the sentence that proves that it cannot happen: a broken belief of our own must be loud.
#![cfg_attr(not(test), warn(clippy::unwrap_used))]
// What the lints of the workspace do not ask of every crate.
#![warn(
    clippy::indexing_slicing,
    clippy::float_arithmetic,
    clippy::arithmetic_side_effects,
    clippy::as_conversions
)]

mod again;
mod approvals;
mod audit;
mod beside;
mod boundary;
mod compare;
mod contradiction;
mod error;
mod examine;
mod explain;
mod finding;
mod pipeline;
mod registers;
mod replay;
mod report;
mod resume;
mod segments;
mod spool;
mod stated;
mod tail;
mod tally;

pub use again::verified_records;
pub use audit::{
    CHAINS_AT_ONCE_MAX, MARK_EVERY_BYTES, Options, Progress, audit_directory, audit_stream,
};
pub use beside::{accusations, losses};
pub use compare::compare;
pub use contradiction::{Contradiction, accusation};
pub use error::AuditError;
pub use finding::{Code, FINDINGS_MAX, Finding, Place, Severity};
pub use registers::compare_registers;
pub use report::{ChainReport, Part, REPORT_FORMAT, Report, RosterName, Totals, Unverified};
pub use resume::{RESUME_BYTES_MAX, RESUME_FORMAT, ResumeFile};
pub use stated::{REGISTERS_MAX, StatedRegister};
pub use tally::{NAMES_MAX, OTHERS, Paid, Tally};
