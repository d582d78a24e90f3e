//! What is wrong with a rule file.

use crate::{
    file::FILE_BYTES_MAX,
    key::{Subject, Unit},
};
use std::fmt;
use thiserror::Error;
use yizhang_ledger::value::Month;

/// A fault of a rule file: where, what was expected, what was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleFault {
    /// The file; none for all of them together.
    pub file: Option<String>,
    /// Where in it.
    pub place: Place,
    /// What.
    pub fault: Fault,
}

impl fmt::Display for RuleFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(file) = &self.file else {
            return write!(f, "{}", self.fault);
        };
        match &self.place {
            Place::File => write!(f, "{file}: {}", self.fault),
            place => write!(f, "{file}: {place}: {}", self.fault),
        }
    }
}

/// Where in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// The whole of it.
    File,
    /// A line, from 1.
    Line(usize),
    /// A rule without an id, by its number in the file from 1.
    Number(u32),
    /// A rule by its id.
    Rule(String),
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File => f.write_str("file"),
            Self::Line(number) => write!(f, "line {number}"),
            Self::Number(number) => write!(f, "rule {number}"),
            Self::Rule(id) => f.write_str(id),
        }
    }
}

/// What is wrong.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Fault {
    /// Not TOML, in the words of its reader.
    #[error("expected TOML, found: {0}")]
    Syntax(String),
    /// The file cannot be read, in the words of the system.
    #[error("expected a file that can be read, found: {0}")]
    Unreadable(String),
    /// A directory, a pipe, a device.
    #[error("expected a plain file")]
    NoFile,
    /// The file is not UTF-8.
    #[error("expected UTF-8")]
    Encoding,
    /// The file is larger than [`FILE_BYTES_MAX`].
    #[error("expected at most {FILE_BYTES_MAX} bytes, found {0}")]
    TooLarge(u64),
    /// More files than [`crate::FILES_MAX`].
    #[error("expected at most {limit} files, found {found}")]
    TooManyFiles {
        /// The limit.
        limit: usize,
        /// The number.
        found: usize,
    },
    /// More rules than [`crate::RULES_MAX`].
    #[error("expected at most {limit} rules, found {found}")]
    TooManyRules {
        /// The limit.
        limit: usize,
        /// The number.
        found: usize,
    },
    /// A field that rules do not have.
    #[error("expected a field of rules, found {0}")]
    FieldUnknown(String),
    /// A field that does not say what it should.
    #[error("{field}: expected {expected}, found {found}")]
    Field {
        /// The field.
        field: &'static str,
        /// What would fit.
        expected: Expected,
        /// What stands there.
        found: Found,
    },
    /// Two rules have one id.
    #[error("expected an id of its own, found that of a rule in {other}")]
    SameId {
        /// The file of the other.
        other: String,
    },
    /// Two rules say the same thing for one month.
    #[error("expected one rule for a month, found that {other} holds {span} too")]
    Overlap {
        /// The other rule.
        other: String,
        /// The months in which both hold.
        span: Span,
    },
    /// No rule for some months, between two rules or where there was one.
    #[error("expected no gap, found no rule for {key} {span}")]
    Gap {
        /// The key.
        key: &'static str,
        /// The months without a rule.
        span: Span,
    },
}

/// Months from the first to the last; open where there is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// The first month.
    pub first: Option<Month>,
    /// The last month.
    pub last: Option<Month>,
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.first, self.last) {
            (Some(first), Some(last)) if first == last => write!(f, "in {first}"),
            (Some(first), Some(last)) => write!(f, "from {first} to {last}"),
            (Some(first), None) => write!(f, "from {first} on"),
            (None, Some(last)) => write!(f, "until {last}"),
            (None, None) => f.write_str("in every month"),
        }
    }
}

/// What would fit. The words are those of [`fmt::Display`].
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[expect(missing_docs, reason = "each says itself what is expected")]
pub enum Expected {
    #[error("rules as [[rule]]")]
    Rules,
    #[error("a text in quotes")]
    Text,
    #[error("true or false")]
    Flag,
    #[error("at most {0} bytes")]
    Bytes(usize),
    #[error("1 to 100 of a-z, 0-9, `.`, `-` and `/`")]
    Id,
    #[error("one of the register in docs/RULES.md")]
    Register,
    #[error("{0}")]
    Subject(Subject),
    #[error("a division of six digits in a province as 440300")]
    Division,
    #[error("nothing: the key is the nation's")]
    NoPlace,
    #[error("a place")]
    Place,
    #[error("a place of which it is the own code")]
    PlaceOfDirect,
    #[error("a month of 1900 to 2199 as 2025-07")]
    Month,
    #[error("{0} or later")]
    NotBefore(Month),
    #[error("a day as 2025-09-18")]
    Day,
    #[error("V, K, U or D")]
    Confidence,
    #[error("V, K or D: what is uncertain only an operator states")]
    Certain,
    #[error("the document behind a rule of confidence V or K")]
    Document,
    #[error("{0} as {example}", example = .0.example())]
    Value(Unit),
    #[error("{unit} from {least} to {most}")]
    Number { unit: Unit, least: u32, most: u32 },
    #[error("yuan above 0 with two decimals as 7162.00")]
    Yuan,
    #[error("a rate of 0 to {0} as 0.0262")]
    Rate(u32),
    #[error("rows of {0} numbers")]
    Columns(usize),
    #[error("1 to {0} rows")]
    Rows(usize),
    #[error("ascending days as 2026-01-01")]
    Days,
    #[error("days within the months for which the rule holds")]
    DaysWithin,
    #[error("1 to 32 visible ASCII characters")]
    Code,
    #[error("account, after-death or heirs")]
    ItemUse,
    #[error("a value: only a place can be without the one of what is around it")]
    ValueOfNation,
    #[error("`none = true`, or a value")]
    NoneTrue,
    #[error("divisions of six digits")]
    Divisions,
    #[error("one row")]
    OneRow,
    #[error("an age in months, a month as 196501, a step above 0, a largest delay")]
    Schedule,
    #[error("two months as 200909, the first no later than the last")]
    TwoMonths,
    #[error("a last row without end, as [0, 6, 1]")]
    LastRowOpen,
    #[error("an end in every row but the last")]
    RowsEnd,
    #[error("ends that rise from row to row")]
    EndsRise,
    #[error("for each 1 or more paid months")]
    PaidMonths,
    #[error("rows whose first number rises")]
    FirstRises,
    #[error("months above 0 in every row")]
    MonthsAboveZero,
    #[error("{0}, as the rule of this id has that it takes the place of")]
    AsReplaced(String),
    #[error("at most the {value} of {rule}")]
    NotAbove { value: String, rule: String },
    #[error("at least the {value} of {rule}")]
    NotBelow { value: String, rule: String },
    #[error("a successor that does not lead back here")]
    NoCircle,
}

/// What stands there.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Found {
    /// Nothing.
    #[error("nothing")]
    Nothing,
    /// This text, shortened and without what a terminal would act on or not show.
    #[error("{0}")]
    Text(String),
    /// The same, of something that is not written as a text.
    #[error("{0} without quotes")]
    Bare(String),
    /// A text of so many bytes.
    #[error("{0} bytes")]
    Bytes(usize),
    /// So many rows.
    #[error("{0} rows")]
    Rows(usize),
    /// A row of so many numbers.
    #[error("a row of {0}")]
    Row(usize),
}

impl Found {
    pub(crate) fn text(text: &str) -> Self {
        if text.is_empty() {
            Self::Nothing
        } else {
            Self::Text(shown(text))
        }
    }
}

/// Most characters of a file that a fault shows.
const SHOWN_MAX: usize = 40;

/// The beginning of a text, with what cannot be seen written out, so that no file writes on a terminal.
pub(crate) fn shown(text: &str) -> String {
    let mut shown = String::new();
    for character in text.chars().take(SHOWN_MAX) {
        match character {
            '"' | '\'' | '\\' => shown.push(character),
            _ => shown.extend(character.escape_debug()),
        }
    }
    if text.chars().nth(SHOWN_MAX).is_some() {
        shown.push('…');
    }
    shown
}
