//! Workbooks (`.xlsx`, `.xls`): one sheet becomes lines of text, a line for each of its rows, and is read as any file is.

mod heading;
mod limit;
mod old_form;
mod package;
mod sheet_text;
mod value;

use crate::{
    column_map::ColumnMap,
    file_fault::{Damage, FileFault, OtherForm},
    source::Source,
};
use calamine::{DataRef, Dimensions, Reader, Sheet, SheetType, SheetVisible, Xls, Xlsx};
pub use limit::WorkbookLimit;
pub(crate) use sheet_text::DELIMITER;
use sheet_text::SheetText;
use std::{
    io::{Cursor, Read},
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
};

/// Most bytes of a workbook: some ten times the largest that a spreadsheet program opens with ease. It is held in memory.
const WORKBOOK_BYTES_MAX: u64 = 64 * 1_024 * 1_024;
/// Most sheets of a workbook: one for each month of five years.
const SHEETS_MAX: usize = 64;

/// The first bytes of a packed file, and of one of Office's old form.
const PACKED: &[u8] = b"PK\x03\x04";
const OLD_FORM: &[u8] = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1";

/// Which sheet of a workbook is read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SheetChoice {
    /// Its name.
    pub name: String,
    /// The other sheets with something on them, hidden ones included: nothing of them is read.
    pub unread: Vec<String>,
}

/// A sheet as text.
pub(crate) struct SheetLines {
    pub(crate) choice: SheetChoice,
    /// CSV between commas in UTF-8: line N is row N of the sheet.
    pub(crate) text: Arc<[u8]>,
}

/// Whether a file that begins so is a workbook, or looks like one.
pub(crate) fn is_workbook(start: &[u8]) -> bool {
    start.starts_with(PACKED) || start.starts_with(OLD_FORM)
}

/// Reads one sheet: the one that is named, or the only visible one with something on it.
///
/// # Errors
/// What is said of workbooks in [`FileFault`].
pub(crate) fn read(
    source: &Source,
    wanted: Option<&str>,
    columns: &ColumnMap,
) -> Result<SheetLines, FileFault> {
    let mut bytes = Vec::new();
    source
        .open()?
        .take(WORKBOOK_BYTES_MAX + 1)
        .read_to_end(&mut bytes)
        .map_err(FileFault::io("read the file"))?;
    if bytes.len() as u64 > WORKBOOK_BYTES_MAX {
        return Err(WorkbookLimit::Bytes.fault());
    }
    let is_packed = bytes.starts_with(PACKED);
    // Neither reader is ours, and what they read may be anything: where one panics, the workbook is broken.
    let read = catch_unwind(AssertUnwindSafe(|| {
        if is_packed {
            package::check(&bytes)?;
            of_package(&bytes, wanted, columns)
        } else {
            of_old_form(&old_form::checked(&bytes)?, wanted, columns)
        }
    }));
    read.unwrap_or_else(|_| Err(Damage::Sheet.fault()))
}

fn of_package(
    bytes: &[u8],
    wanted: Option<&str>,
    columns: &ColumnMap,
) -> Result<SheetLines, FileFault> {
    let mut book = Xlsx::new(Cursor::new(bytes)).map_err(|fault| package_fault(&fault))?;
    let sheets = worksheets(book.sheets_metadata())?;
    let choice = choose(&sheets, wanted, |name| {
        let mut cells = book
            .worksheet_cells_reader(name)
            .map_err(|fault| package_fault(&fault))?;
        while let Some(cell) = cells.next_cell().map_err(|fault| package_fault(&fault))? {
            if !value::text(cell.get_value()).is_empty() {
                return Ok(true);
            }
        }
        Ok(false)
    })?;
    let merged = book
        .merge_cells_by_sheet_name(&choice.name)
        .map_err(|fault| package_fault(&fault))?;
    let mut text = SheetText::new(&merged, columns);
    let mut cells = book
        .worksheet_cells_reader(&choice.name)
        .map_err(|fault| package_fault(&fault))?;
    while let Some(cell) = cells
        .next_cell_with_formula_metadata()
        .map_err(|fault| package_fault(&fault))?
    {
        let is_uncalculated = cell.formula.is_some() && matches!(cell.value, DataRef::Empty);
        let value = if is_uncalculated {
            value::UNCALCULATED.into()
        } else {
            value::text(&cell.value)
        };
        text.put(cell.pos, &value)?;
    }
    Ok(SheetLines {
        choice,
        text: text.finish()?.into(),
    })
}

fn of_old_form(
    bytes: &[u8],
    wanted: Option<&str>,
    columns: &ColumnMap,
) -> Result<SheetLines, FileFault> {
    let mut book = Xls::new(Cursor::new(bytes)).map_err(|fault| old_form_fault(&fault))?;
    let sheets = worksheets(book.sheets_metadata())?;
    let choice = choose(&sheets, wanted, |name| {
        let cells = book
            .worksheet_range(name)
            .map_err(|fault| old_form_fault(&fault))?;
        let is_filled = cells
            .used_cells()
            .any(|(_, _, cell)| !value::text(cell).is_empty());
        Ok(is_filled)
    })?;
    let merged = book
        .merge_cells_by_sheet_name(&choice.name)
        .map_err(|fault| old_form_fault(&fault))?;
    let cells = book
        .worksheet_range(&choice.name)
        .map_err(|fault| old_form_fault(&fault))?;
    let mut text = SheetText::new(&merged, columns);
    let (first_row, first_column) = cells.start().unwrap_or_default();
    for (row, column, cell) in cells.used_cells() {
        let (Ok(row), Ok(column)) = (u32::try_from(row), u32::try_from(column)) else {
            return Err(WorkbookLimit::Rows.fault());
        };
        text.put((first_row + row, first_column + column), &value::text(cell))?;
    }
    Ok(SheetLines {
        choice,
        text: text.finish()?.into(),
    })
}

/// The sheets that have cells, not charts.
fn worksheets(all: &[Sheet]) -> Result<Vec<Sheet>, FileFault> {
    if all.len() > SHEETS_MAX {
        return Err(WorkbookLimit::Sheets.fault());
    }
    let mut sheets = all.to_vec();
    sheets.retain(|sheet| sheet.typ == SheetType::WorkSheet);
    Ok(sheets)
}

/// The sheet that is meant. Nobody but the operator can say which of several.
fn choose(
    sheets: &[Sheet],
    wanted: Option<&str>,
    mut is_filled: impl FnMut(&str) -> Result<bool, FileFault>,
) -> Result<SheetChoice, FileFault> {
    let mut visible = Vec::new();
    let mut hidden = Vec::new();
    for sheet in sheets {
        if !is_filled(&sheet.name)? {
            continue;
        }
        if sheet.visible == SheetVisible::Visible {
            visible.push(sheet.name.clone());
        } else {
            hidden.push(sheet.name.clone());
        }
    }
    let name = match (wanted, visible.as_slice()) {
        (Some(wanted), _) if sheets.iter().any(|sheet| sheet.name == wanted) => wanted.to_owned(),
        (Some(wanted), _) => {
            return Err(FileFault::SheetUnknown {
                sheet: wanted.to_owned(),
                sheets: sheets.iter().map(|sheet| sheet.name.clone()).collect(),
            });
        }
        (None, [only]) => only.clone(),
        (None, []) if hidden.is_empty() => return Err(FileFault::Empty),
        (None, []) => return Err(FileFault::SheetsSeveral { sheets: hidden }),
        (None, _) => return Err(FileFault::SheetsSeveral { sheets: visible }),
    };
    let mut unread = [visible, hidden].concat();
    unread.retain(|other| *other != name);
    Ok(SheetChoice { name, unread })
}

/// What the reader's fault means. Its own words may hold what stands in a cell.
fn package_fault(fault: &calamine::XlsxError) -> FileFault {
    match fault {
        calamine::XlsxError::Password => FileFault::WorkbookLocked,
        _ => Damage::Sheet.fault(),
    }
}

fn old_form_fault(fault: &calamine::XlsError) -> FileFault {
    match fault {
        calamine::XlsError::Password => FileFault::WorkbookLocked,
        _ => Damage::Sheet.fault(),
    }
}

/// Cells that are shown as one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Merged {
    top: u32,
    left: u32,
    bottom: u32,
    right: u32,
}

impl From<&Dimensions> for Merged {
    fn from(of: &Dimensions) -> Self {
        Self {
            top: of.start.0,
            left: of.start.1,
            bottom: of.end.0,
            right: of.end.1,
        }
    }
}

/// A document of Office that holds no workbook.
fn no_workbook() -> FileFault {
    FileFault::OtherForm {
        form: OtherForm::OldDocument,
    }
}
