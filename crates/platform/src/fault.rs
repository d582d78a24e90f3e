//! What can be wrong with a row, and with a file as a whole. Values with a stable code: nothing of them names a person.

use crate::column::Column;
use std::{fmt, io, path::PathBuf};
use yizhang_intake::{FileFault, Found};
use yizhang_ledger::{
    codec::CodecFault,
    order::MONTH_ROWS_MAX,
    person::NumberFault,
    value::{Code, Division, Fen, Month},
};

/// What is wrong in a row.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// A row has more or fewer cells than the header.
    #[error("expected {expected} cells, as the header has, found {found}")]
    Cells {
        /// Cells of the header.
        expected: usize,
        /// Cells of the row.
        found: usize,
    },
    /// A quoted cell does not end on its line, or goes on behind its end.
    #[error(
        "a quotation mark is not closed, or something stands behind the one that closes a cell"
    )]
    Quotes,
    /// The line is no text in the encoding of the file.
    #[error("expected text in the encoding of the file")]
    Encoding,
    /// The line is no JSON object of texts, numbers and truth values.
    #[error("expected one JSON object with texts, numbers, true or false")]
    Json,
    /// A JSON object has a column twice.
    #[error("the column stands twice in the row")]
    Twice,
    /// A cell is empty.
    #[error("expected a value, found nothing")]
    Missing,
    /// The worker's number is none.
    #[error("the worker's number: {0}")]
    Worker(NumberFault),
    /// An order number is none.
    #[error(
        "expected 1 to {} visible ASCII characters, found {found}",
        Code::LENGTH_MAX
    )]
    Order {
        /// What stands there.
        found: Found,
    },
    /// A place is no division code.
    #[error("expected a six-digit division code (GB/T 2260), found {found}")]
    PlaceForm {
        /// What stands there.
        found: Found,
    },
    /// A place lies in no province.
    #[error("{found} lies in no province")]
    PlaceUnknown {
        /// What stands there.
        found: Division,
    },
    /// A word is none of those that may stand there.
    #[error("expected one of {expected}, found {found}")]
    Choice {
        /// The words, separated by commas.
        expected: &'static str,
        /// What stands there.
        found: Found,
    },
    /// A time is none.
    #[error("expected YYYY-MM-DD HH:MM:SS (UTC+8) or ISO 8601 with a zone, found {found}")]
    Time {
        /// What stands there.
        found: Found,
    },
    /// An order was accepted in another month than that of the file.
    #[error("accepted in {found}, the file is of {expected}")]
    OtherMonth {
        /// The month of the file.
        expected: Month,
        /// The month of the row, in UTC+8.
        found: Month,
    },
    /// An order ends before it begins.
    #[error("the order ends before it was accepted")]
    EndsBefore,
    /// An order lasts longer than any.
    #[error("the order lasts longer than {most} days")]
    LastsLong {
        /// Most days.
        most: u64,
    },
    /// An amount is none.
    #[error("expected yuan with at most two decimals, not below zero, found {found}")]
    Amount {
        /// What stands there.
        found: Found,
    },
    /// An amount is above the largest.
    #[error("at most {most} yuan may stand there")]
    AmountAbove {
        /// The largest amount.
        most: Fen,
    },
    /// A hash is none.
    #[error("expected 64 hexadecimal digits or nothing, found {found}")]
    Route {
        /// What stands there.
        found: Found,
    },
    /// An order number stands on an earlier line, too.
    #[error("the order stands on line {first} already")]
    OrderTwice {
        /// The line of the first one.
        first: u64,
    },
}

impl Fault {
    /// A stable code, for programs and for manuals.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Cells { .. } => "cells",
            Self::Quotes => "quotes",
            Self::Encoding => "encoding",
            Self::Json => "json",
            Self::Twice => "column-twice",
            Self::Missing => "missing",
            Self::Worker(_) => "worker",
            Self::Order { .. } => "order",
            Self::PlaceForm { .. } => "place-form",
            Self::PlaceUnknown { .. } => "place-unknown",
            Self::Choice { .. } => "choice",
            Self::Time { .. } => "time",
            Self::OtherMonth { .. } => "other-month",
            Self::EndsBefore => "ends-before",
            Self::LastsLong { .. } => "lasts-long",
            Self::Amount { .. } => "amount",
            Self::AmountAbove { .. } => "amount-above",
            Self::Route { .. } => "route",
            Self::OrderTwice { .. } => "order-twice",
        }
    }
}

/// A fault and where it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowFault {
    /// Line of the file, from 1.
    pub line: u64,
    /// The column; none for what concerns the whole row.
    pub column: Option<Column>,
    /// What is wrong.
    pub fault: Fault,
}

impl fmt::Display for RowFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}", self.line)?;
        if let Some(column) = self.column {
            write!(f, ", {column}")?;
        }
        write!(f, ": {} [{}]", self.fault, self.fault.code())
    }
}

/// Why no months can be made of a file.
#[derive(Debug, thiserror::Error)]
pub enum OrdersFault {
    /// It cannot be read.
    #[error(transparent)]
    File(#[from] FileFault),
    /// The header has no such columns.
    #[error("these columns are missing: {}", list(.0))]
    ColumnsMissing(Vec<Column>),
    /// The header has a column twice.
    #[error("the column {0} stands twice in the header")]
    ColumnTwice(Column),
    /// Too many order numbers stand twice to be kept in memory.
    #[error("more than {most} order numbers stand in the file twice: it was put together wrongly")]
    TooManyTwice {
        /// Most of them.
        most: usize,
    },
    /// There is more in a month of a worker than can be.
    #[error(
        "with line {line} a worker has more than {MONTH_ROWS_MAX} orders in a month at one place"
    )]
    MonthTooLong {
        /// The line of one order too many.
        line: u64,
    },
    /// Nothing is left to be deposited.
    #[error("the file has no order that is without fault")]
    Nothing,
    /// A file of the index cannot be read or written.
    #[error("{}: {source}", path.display())]
    Index {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A file of the index is not what was written.
    #[error("{}: {reason}; build it again from the order file", path.display())]
    Damaged {
        /// Which.
        path: PathBuf,
        /// What is wrong.
        reason: &'static str,
    },
    /// A record cannot be made: a fault of this program.
    #[error("a record breaks its own rules: {0}; report it")]
    Record(#[from] CodecFault),
}

impl OrdersFault {
    pub(crate) fn index(path: &std::path::Path) -> impl Fn(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Index {
            path: path.clone(),
            source,
        }
    }
}

fn list(columns: &[Column]) -> String {
    let names: Vec<String> = columns.iter().map(ToString::to_string).collect();
    names.join(", ")
}
