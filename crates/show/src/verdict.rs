//! What a file that somebody was handed shows, described once for terminal and page: the verdict first, then what is proved by whom,
//! what is not, and what all of it rests on.

mod account;
mod anchor;
mod bundle;
mod fork;
mod html;
mod json;
mod paper;
mod receipt;
mod refused;
mod report;
mod roster;
mod statement;

pub use account::{Exported, of_exported};
pub use anchor::{Anchor, without_anchor};
pub use bundle::{
    BundlePlace, BundleShown, ChainPlace, of_bundle, refused_bundle, refused_bundle_roster,
};
pub use fork::{fork_line, of_fork};
pub use html::{html, outcome_word};
pub use json::{VERDICT_FORMAT, bundle_json, statement_json, verdict_json};
pub use paper::since_paper;
pub use receipt::{of_receipt, promise_lines, receipt_lines};
pub use refused::{newer_roster, refused, refused_fork, refused_receipt, too_large, unknown_file};
pub use report::{CheckedFile, Report};
pub use roster::{
    missing_roster, of_roster, other_roots, refused_roster, two_rosters, without_roster,
};
pub use statement::{
    FRESH_DAYS, Reader, answer_of, is_old, of_statement, refused_statement, without_person,
};
#[cfg(feature = "paper")]
pub(crate) use statement::{on_word, without_head};

use super::printable;
use crate::text::t;

/// What a file shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// What it comes to.
    pub outcome: Outcome,
    /// The same in one sentence.
    pub headline: String,
    /// What stands behind it, in the order in which it is read.
    pub lines: Vec<Line>,
}

/// What a check comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome {
    /// Everything that the file says for itself is proved.
    Holds,
    /// Something that the reader has to look at himself is open.
    Open,
    /// The file shows nothing.
    Refused,
}

/// A sentence of a verdict.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// How what it says stands.
    pub standing: Standing,
    /// The sentence.
    pub text: String,
}

/// How something stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Why the file is refused.
    Reason,
    /// It is proved.
    Proved,
    /// It is not proved by this file.
    Unproved,
    /// What the rest was checked by.
    Basis,
}

impl Line {
    /// Why the file is refused.
    pub fn reason(text: impl Into<String>) -> Self {
        Self::new(Standing::Reason, text)
    }

    /// What is proved.
    pub fn proved(text: impl Into<String>) -> Self {
        Self::new(Standing::Proved, text)
    }

    /// What is not.
    pub fn unproved(text: impl Into<String>) -> Self {
        Self::new(Standing::Unproved, text)
    }

    /// What it was checked by.
    pub fn basis(text: impl Into<String>) -> Self {
        Self::new(Standing::Basis, text)
    }

    fn new(standing: Standing, text: impl Into<String>) -> Self {
        Self {
            standing,
            text: text.into(),
        }
    }
}

/// By which version of the roster something was checked.
pub fn by_roster(version: u64) -> Line {
    Line::basis(t!("verify.by_roster", version = version))
}

/// Prints a verdict on the terminal.
pub fn print(verdict: &Verdict) {
    println!("{}", printable(&verdict.headline));
    print_lines(&verdict.lines);
}

/// Prints sentences of a verdict, in their order.
pub fn print_lines(lines: &[Line]) {
    for line in lines {
        println!("{}", printable(&line.text));
    }
}
