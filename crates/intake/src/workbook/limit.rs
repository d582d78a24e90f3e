//! What a workbook may have at most. All of it is for workbooks alone: CSV is read in bounded memory, however long it is.

use super::{
    SHEETS_MAX, WORKBOOK_BYTES_MAX,
    old_form::OLD_FORM_CELLS_MAX,
    package::{PART_BYTES_MAX, PARTS_MAX, UNPACKED_BYTES_MAX},
    sheet_text::{SHEET_COLUMNS_MAX, SHEET_ROWS_MAX, SHEET_TEXT_BYTES_MAX},
};
use crate::file_fault::FileFault;
use std::fmt;

/// What a workbook has too much of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WorkbookLimit {
    /// Bytes as it lies on disk.
    Bytes,
    /// Parts of a package.
    Parts,
    /// Bytes of a part when it is unpacked.
    PartBytes,
    /// Bytes of all parts when they are unpacked.
    UnpackedBytes,
    /// Sheets.
    Sheets,
    /// Rows of a sheet.
    Rows,
    /// Columns of a sheet with something in them.
    Columns,
    /// Cells of a workbook of the old form, empty ones between others included.
    OldFormCells,
    /// Bytes of the sheet as text.
    TextBytes,
}

impl WorkbookLimit {
    /// How much is read.
    pub const fn most(self) -> u64 {
        match self {
            Self::Bytes => WORKBOOK_BYTES_MAX,
            Self::Parts => PARTS_MAX as u64,
            Self::PartBytes => PART_BYTES_MAX,
            Self::UnpackedBytes => UNPACKED_BYTES_MAX,
            Self::Sheets => SHEETS_MAX as u64,
            Self::Rows => SHEET_ROWS_MAX as u64,
            Self::Columns => SHEET_COLUMNS_MAX as u64,
            Self::OldFormCells => OLD_FORM_CELLS_MAX,
            Self::TextBytes => SHEET_TEXT_BYTES_MAX as u64,
        }
    }

    pub(crate) const fn fault(self) -> FileFault {
        FileFault::WorkbookLimit { limit: self }
    }
}

impl fmt::Display for WorkbookLimit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Bytes => "bytes",
            Self::Parts => "parts",
            Self::PartBytes => "bytes in a part, unpacked",
            Self::UnpackedBytes => "bytes in all parts, unpacked",
            Self::Sheets => "sheets",
            Self::Rows => "rows",
            Self::Columns => "columns with something in them",
            Self::OldFormCells => "cells from the first to the last one of its sheets",
            Self::TextBytes => "bytes of text on the sheet",
        })
    }
}
