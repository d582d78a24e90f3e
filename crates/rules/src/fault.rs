//! What is wrong with a rule file.

use thiserror::Error;

/// A fault of a rule file: where, what was expected, what was found.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{file}: {place}: {fault}")]
pub struct RuleFault {
    /// The file.
    pub file: String,
    /// The rule by its id, or by its number in the file from 1; `file` for the whole of it.
    pub place: String,
    /// What.
    pub fault: Fault,
}

/// What is wrong.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Fault {
    /// Not TOML, or not the fields of rules.
    #[error("{0}")]
    Syntax(String),
    /// The file is larger than [`crate::FILE_BYTES_MAX`].
    #[error("expected at most {limit} bytes, found {found}")]
    TooLarge {
        /// The limit.
        limit: usize,
        /// The size.
        found: usize,
    },
    /// More files than [`crate::FILES_MAX`] or more rules than [`crate::RULES_MAX`].
    #[error("expected at most {limit} {what}, found {found}")]
    TooMany {
        /// Files or rules.
        what: &'static str,
        /// The limit.
        limit: usize,
        /// The number.
        found: usize,
    },
    /// A field that cannot be read.
    #[error("{field}: expected {expected}, found {found}")]
    Field {
        /// The field.
        field: &'static str,
        /// What would fit.
        expected: String,
        /// What stands there.
        found: String,
    },
    /// Two rules have one id.
    #[error("expected an id of its own, found that of a rule in {other}")]
    SameId {
        /// The file of the other.
        other: String,
    },
    /// Two rules say the same thing for one month.
    #[error("expected one rule for a month, found that {other} holds in {month} too")]
    Overlap {
        /// The other rule.
        other: String,
        /// A month for which both hold.
        month: String,
    },
    /// No rule for some months in between.
    #[error("expected no gap, found none for {key} from {first} to {last}, before this rule")]
    Gap {
        /// The key.
        key: &'static str,
        /// First month without a rule.
        first: String,
        /// Last month without one.
        last: String,
    },
}
