//! What can be wrong with a file as a whole: reading stops.

use crate::column::Column;
use std::io;

/// Why a file cannot be read at all.
#[derive(Debug, thiserror::Error)]
pub enum FileFault {
    /// The operating system could not read or write.
    #[error("cannot {action}: {source}")]
    Io {
        /// What was being done.
        action: &'static str,
        /// Why it failed.
        source: io::Error,
    },
    /// There is no row.
    #[error("the file is empty; expected a header row or JSON Lines")]
    Empty,
    /// The first row names no column.
    #[error("the first row is no header: none of its {cells} cells is the name of a column")]
    HeaderMissing {
        /// Its cells.
        cells: usize,
    },
    /// Header cells that name no column. A name is shown unless it has digits (it could then be data).
    #[error("no such column: {}", list_unknown(columns))]
    ColumnsUnknown {
        /// Position from 1, and name.
        columns: Vec<(usize, Option<String>)>,
    },
    /// Two header cells name the same column.
    #[error("columns {} and {} are both {column}", positions[0], positions[1])]
    ColumnTwice {
        /// The column.
        column: Column,
        /// Positions from 1.
        positions: [usize; 2],
    },
    /// Columns that every file of this layout has.
    #[error("these columns are missing: {}", list(columns))]
    ColumnsMissing {
        /// The columns.
        columns: Vec<Column>,
    },
    /// Columns of different layouts in one header.
    #[error("these columns do not belong in one file: {}", list(columns))]
    LayoutsMixed {
        /// The columns that do not belong with the others.
        columns: Vec<Column>,
    },
    /// A row that has no end, as after a quotation mark that is never closed.
    #[error(
        "the row from line {line} on has more than {limit} bytes (a quotation mark that is never closed?)"
    )]
    RowTooLong {
        /// Line where it begins.
        line: u64,
        /// Most bytes of a row.
        limit: usize,
    },
    /// Too many rows for one file.
    #[error("a file has at most {limit} rows; split it")]
    TooManyRows {
        /// Most rows.
        limit: usize,
    },
    /// Too many serials that stand twice or are named as targets.
    #[error("a file has at most {limit} repeated or targeted serials; split it")]
    TooManyTargets {
        /// Most serials.
        limit: usize,
    },
    /// A row is faulty, and faulty rows were not to be left out.
    #[error("line {line} is faulty, and faulty rows were not to be left out")]
    RowFaulty {
        /// Its line.
        line: u64,
    },
}

impl FileFault {
    /// A short name that scripts and translations can rely on.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Io { .. } => "io",
            Self::Empty => "file-empty",
            Self::HeaderMissing { .. } => "header-missing",
            Self::ColumnsUnknown { .. } => "columns-unknown",
            Self::ColumnTwice { .. } => "column-twice",
            Self::ColumnsMissing { .. } => "columns-missing",
            Self::LayoutsMixed { .. } => "layouts-mixed",
            Self::RowTooLong { .. } => "row-too-long",
            Self::TooManyRows { .. } => "too-many-rows",
            Self::TooManyTargets { .. } => "too-many-targets",
            Self::RowFaulty { .. } => "row-faulty",
        }
    }

    pub(crate) fn io(action: &'static str) -> impl Fn(io::Error) -> Self {
        move |source| Self::Io { action, source }
    }
}

fn list(columns: &[Column]) -> String {
    let names: Vec<_> = columns
        .iter()
        .map(|column| format!("{} ({})", column.english(), column.chinese()))
        .collect();
    names.join(", ")
}

fn list_unknown(columns: &[(usize, Option<String>)]) -> String {
    let describe = |(position, name): &(usize, Option<String>)| match name {
        Some(name) => format!("{name} (column {position})"),
        None => format!("column {position}"),
    };
    columns.iter().map(describe).collect::<Vec<_>>().join(", ")
}
