//! What can be wrong with a file as a whole: reading stops.

use crate::{
    column::{self, Column},
    detect::HEADER_LINES_MAX,
    line_count::LineCount,
    workbook::WorkbookLimit,
};
use std::{error::Error, fmt, io};

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
    /// Nobody told the pseudonyms of the persons in the file.
    #[error("the persons of the file have no pseudonyms: {0}")]
    Pseudonyms(Box<dyn Error + Send + Sync>),
    /// There is no row.
    #[error("the file is empty; expected a header row or JSON Lines")]
    Empty,
    /// What is named is no file.
    #[error(
        "expected a file, found a pipe or a device; the import reads it more than once, so store it first"
    )]
    NoFile,
    /// The file is something else than rows of text.
    #[error("expected CSV, JSON Lines or a workbook, found {form}")]
    OtherForm {
        /// What it is.
        form: OtherForm,
    },
    /// A workbook cannot be read.
    #[error(
        "the workbook is damaged: {damage}; open it and save it anew as .xlsx, or as CSV in UTF-8"
    )]
    WorkbookBroken {
        /// What of it.
        damage: Damage,
    },
    /// A workbook is locked with a password.
    #[error("the workbook is locked with a password; save it without one")]
    WorkbookLocked,
    /// A workbook is larger than is read.
    #[error("the workbook has more than {} {limit}; save the sheet as CSV in UTF-8", limit.most())]
    WorkbookLimit {
        /// What there is too much of.
        limit: WorkbookLimit,
    },
    /// Nobody said which sheet is meant.
    #[error("these sheets have something on them: {}; say which one with --sheet", sheets.join(", "))]
    SheetsSeveral {
        /// Their names.
        sheets: Vec<String>,
    },
    /// No sheet has the name that was said.
    #[error("no sheet is called {sheet}; the workbook has {}", sheets.join(", "))]
    SheetUnknown {
        /// The name that was said.
        sheet: String,
        /// The names of its sheets.
        sheets: Vec<String>,
    },
    /// A sheet is named, and the file is no workbook.
    #[error("a sheet is named, and the file is no workbook")]
    NoWorkbook,
    /// The first rows name no column.
    #[error(
        "no row of the first {HEADER_LINES_MAX} is a header: none of the {cells} cells of the first one is the name of a column"
    )]
    HeaderMissing {
        /// Its cells.
        cells: usize,
    },
    /// Header cells that name no column. A name is shown unless it has digits (it could then be data).
    #[error("no such column: {}", list_unknown(columns))]
    ColumnsUnknown {
        /// The cells.
        columns: Vec<UnknownColumn>,
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
    /// A line that is longer than any row.
    #[error("line {line} has more than {limit} bytes")]
    RowTooLong {
        /// Its number.
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
    /// Lines were read and not counted as anything: a fault of this program, never of the file.
    #[error("{} of {} lines are accounted for; report it", count.accounted(), count.all)]
    LinesLost {
        /// The lines.
        count: LineCount,
    },
    /// A row is faulty, and faulty rows were not to be left out.
    #[error("line {line} is faulty, and faulty rows were not to be left out")]
    RowFaulty {
        /// Its line.
        line: u64,
    },
}

/// A header cell that names no column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownColumn {
    /// Position from 1.
    pub position: usize,
    /// Its name, unless it has digits (it could then be data).
    pub name: Option<String>,
    /// The column that was meant, perhaps.
    pub nearest: Option<&'static str>,
}

/// What a file is that holds no rows of text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OtherForm {
    /// A packed file that is no workbook of the form `.xlsx`.
    Packed,
    /// A document of Office's old form that is no workbook.
    OldDocument,
    /// A page of the web (HTML) or XML, which some systems name `.xls`.
    Page,
    /// A print.
    Pdf,
    /// Anything compressed.
    Compressed,
    /// One list in JSON instead of one object a line.
    JsonList,
}

impl OtherForm {
    /// Every form.
    pub const ALL: &'static [Self] = &[
        Self::Packed,
        Self::OldDocument,
        Self::Page,
        Self::Pdf,
        Self::Compressed,
        Self::JsonList,
    ];

    /// A short name for translations.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Packed => "packed",
            Self::OldDocument => "old-document",
            Self::Page => "page",
            Self::Pdf => "pdf",
            Self::Compressed => "compressed",
            Self::JsonList => "json-list",
        }
    }
}

impl fmt::Display for OtherForm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Packed => {
                "a packed file that is no .xlsx (maybe .xlsb, .ods or .zip); unpack it, or save the sheet as .xlsx or CSV"
            }
            Self::OldDocument => "a document of Office that is no workbook",
            Self::Page => {
                "a page of the web (HTML or XML), whatever its name says; open it in a spreadsheet and save it as .xlsx or CSV"
            }
            Self::Pdf => "a print (PDF); ask the system that made it for CSV",
            Self::Compressed => "a compressed file; unpack it first",
            Self::JsonList => {
                "one list in JSON; write one object a line instead (jq -c '.[]' FILE)"
            }
        })
    }
}

/// What of a workbook is damaged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Damage {
    /// Its parts cannot be unpacked.
    Packing,
    /// What its parts say makes no sheet.
    Sheet,
}

impl Damage {
    pub(crate) const fn fault(self) -> FileFault {
        FileFault::WorkbookBroken { damage: self }
    }
}

impl fmt::Display for Damage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Packing => "it cannot be unpacked, as if its end were missing",
            Self::Sheet => "what is in it makes no sheet",
        })
    }
}

impl FileFault {
    /// A short name that scripts and translations can rely on.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Io { .. } => "io",
            Self::Pseudonyms(_) => "pseudonyms",
            Self::Empty => "file-empty",
            Self::NoFile => "no-file",
            Self::OtherForm { .. } => "other-form",
            Self::WorkbookBroken { .. } => "workbook-broken",
            Self::WorkbookLocked => "workbook-locked",
            Self::WorkbookLimit { .. } => "workbook-limit",
            Self::SheetsSeveral { .. } => "sheets-several",
            Self::SheetUnknown { .. } => "sheet-unknown",
            Self::NoWorkbook => "no-workbook",
            Self::HeaderMissing { .. } => "header-missing",
            Self::ColumnsUnknown { .. } => "columns-unknown",
            Self::ColumnTwice { .. } => "column-twice",
            Self::ColumnsMissing { .. } => "columns-missing",
            Self::LayoutsMixed { .. } => "layouts-mixed",
            Self::RowTooLong { .. } => "row-too-long",
            Self::TooManyRows { .. } => "too-many-rows",
            Self::TooManyTargets { .. } => "too-many-targets",
            Self::LinesLost { .. } => "lines-lost",
            Self::RowFaulty { .. } => "row-faulty",
        }
    }

    /// The fault of an action that the operating system refuses.
    pub fn io(action: &'static str) -> impl Fn(io::Error) -> Self {
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

fn list_unknown(columns: &[UnknownColumn]) -> String {
    columns
        .iter()
        .map(UnknownColumn::to_string)
        .collect::<Vec<_>>()
        .join(", ")
}

impl fmt::Display for UnknownColumn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let position = self.position;
        match &self.name {
            Some(name) => write!(f, "{name} (column {position})")?,
            None => write!(f, "column {position}")?,
        }
        f.write_str(&column::did_you_mean(self.nearest))
    }
}
