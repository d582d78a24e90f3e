//! Workbooks of the old form (`.xls`): their reader lays every sheet out in full, from its first cell to its last, so how
//! far apart those are is looked at first.

use super::{SHEETS_MAX, WorkbookLimit, no_workbook};
use crate::file_fault::{Damage, FileFault};
use std::io::{self, Cursor, Read, Write};

/// Most cells of all sheets of an old workbook together, empty ones between filled ones included: a sheet of all the
/// rows that the form has, and 64 columns.
pub(super) const OLD_FORM_CELLS_MAX: u64 = 65_536 * 64;

/// Rows and columns that a sheet of the old form has.
const ROWS: u32 = 65_536;
const COLUMNS: u32 = 256;

/// The stream that is the workbook.
const WORKBOOK: &str = "/Workbook";

/// Numbers of records (MS-XLS 2.3).
const END: u16 = 0x000a;
const BEGIN: u16 = 0x0809;
const SHEET: u16 = 0x0085;
const DIMENSIONS: u16 = 0x0200;
const FORMULA: u16 = 0x0006;
const NUMBERS_IN_A_ROW: u16 = 0x00bd;
/// The text that a formula gives. It stands behind the formula and names no cell itself.
const FORMULA_TEXT: u16 = 0x0207;
const CELLS: &[u16] = &[
    FORMULA,
    NUMBERS_IN_A_ROW,
    0x00d6,
    0x00fd,
    0x0203,
    0x0204,
    0x0205,
    0x027e,
];

/// A document of the old form with nothing in it but the workbook, which is of a reasonable size. The reader of sheets looks for
/// a stream of this name anywhere, in storages and in entries that nothing leads to: what it finds is to be what was checked.
pub(super) fn checked(bytes: &[u8]) -> Result<Vec<u8>, FileFault> {
    let stream = workbook_stream(bytes)?;
    check(&stream)?;
    document_of(&stream).map_err(|_| Damage::Packing.fault())
}

/// The content of the stream that is the workbook: at the root, where a program looks for it.
fn workbook_stream(bytes: &[u8]) -> Result<Vec<u8>, FileFault> {
    let mut document =
        cfb::CompoundFile::open(Cursor::new(bytes)).map_err(|_| Damage::Packing.fault())?;
    if document.is_stream("/EncryptedPackage") {
        return Err(FileFault::WorkbookLocked);
    }
    let names = [WORKBOOK, "/Book"];
    let Some(name) = names.into_iter().find(|name| document.is_stream(name)) else {
        return Err(no_workbook());
    };
    // A stream is a part of its document, and never longer.
    let most = bytes.len() as u64;
    let mut stream = Vec::new();
    document
        .open_stream(name)
        .and_then(|content| content.take(most + 1).read_to_end(&mut stream))
        .map_err(|_| Damage::Packing.fault())?;
    if stream.len() as u64 > most {
        return Err(Damage::Packing.fault());
    }
    Ok(stream)
}

fn document_of(stream: &[u8]) -> io::Result<Vec<u8>> {
    let mut document = cfb::CompoundFile::create(Cursor::new(Vec::new()))?;
    let mut content = document.create_stream(WORKBOOK)?;
    content.write_all(stream)?;
    content.flush()?;
    drop(content);
    document.flush()?;
    Ok(document.into_inner().into_inner())
}

/// Whether the sheets of a workbook are of a reasonable size.
fn check(stream: &[u8]) -> Result<(), FileFault> {
    let mut sheets = Vec::new();
    for record in records(stream, 0) {
        if record.number == SHEET {
            sheets.push(record.u32_at(0));
        }
    }
    if sheets.len() > SHEETS_MAX {
        return Err(WorkbookLimit::Sheets.fault());
    }
    let mut cells = 0;
    for start in sheets {
        cells += extent(stream, start)?;
    }
    if cells > OLD_FORM_CELLS_MAX {
        return Err(WorkbookLimit::OldFormCells.fault());
    }
    Ok(())
}

/// How many cells a sheet has between its first and its last one.
fn extent(stream: &[u8], start: u32) -> Result<u64, FileFault> {
    let (mut top, mut left, mut bottom, mut right) = (ROWS, COLUMNS, 0, 0);
    let mut has_formula = false;
    for record in records(stream, usize::try_from(start).unwrap_or(usize::MAX)) {
        if record.number == DIMENSIONS {
            record.check_dimensions()?;
        }
        // The reader would put it into the first cell of the sheet.
        if record.number == FORMULA_TEXT && !has_formula {
            return Err(Damage::Sheet.fault());
        }
        // A chart inside the sheet has no formula of the sheet.
        has_formula |= record.number == FORMULA && record.depth == 1;
        if CELLS.contains(&record.number) {
            let (row, column) = (record.u16_at(0), record.u16_at(2));
            // Of several cells in one record the last column stands at the end.
            let last = match record.number {
                NUMBERS_IN_A_ROW => record.u16_at(record.data.len().saturating_sub(2)),
                _ => column,
            };
            if column >= COLUMNS || last >= COLUMNS || last < column {
                return Err(WorkbookLimit::Columns.fault());
            }
            (top, bottom) = (top.min(row), bottom.max(row));
            (left, right) = (left.min(column), right.max(last));
        }
    }
    if top > bottom || left > right {
        return Ok(0);
    }
    Ok(u64::from(bottom - top + 1) * u64::from(right - left + 1))
}

/// A record of the stream. What it does not reach to is zero.
struct Record<'s> {
    number: u16,
    /// How many parts it is in: 1 for one of the sheet itself.
    depth: u32,
    data: &'s [u8],
}

impl Record<'_> {
    fn u16_at(&self, at: usize) -> u32 {
        match self.data.get(at..).unwrap_or_default() {
            [low, high, ..] => u32::from(u16::from_le_bytes([*low, *high])),
            _ => 0,
        }
    }

    fn u32_at(&self, at: usize) -> u32 {
        self.u16_at(at) | self.u16_at(at + 2) << 16
    }

    /// The first and last row and column as the sheet itself says them; its reader makes room for as many.
    fn check_dimensions(&self) -> Result<(), FileFault> {
        let is_wide = self.data.len() >= 14;
        let (first_row, last_row, first_column, last_column) = if is_wide {
            (
                self.u32_at(0),
                self.u32_at(4),
                self.u16_at(8),
                self.u16_at(10),
            )
        } else {
            (
                self.u16_at(0),
                self.u16_at(2),
                self.u16_at(4),
                self.u16_at(6),
            )
        };
        if last_row > ROWS || last_column > COLUMNS {
            return Err(WorkbookLimit::OldFormCells.fault());
        }
        let is_reversed = first_row > last_row || first_column > last_column;
        if is_reversed {
            return Err(Damage::Sheet.fault());
        }
        Ok(())
    }
}

/// The records from there to the end of a part of the stream; parts inside it, such as charts, are passed through.
fn records(stream: &[u8], start: usize) -> impl Iterator<Item = Record<'_>> {
    let mut rest = stream.get(start..).unwrap_or_default();
    let mut depth = 0u32;
    std::iter::from_fn(move || {
        let (head, behind) = rest.split_first_chunk::<4>()?;
        let [low, high, length_low, length_high] = *head;
        let number = u16::from_le_bytes([low, high]);
        let length = usize::from(u16::from_le_bytes([length_low, length_high]));
        let (data, behind) = behind.split_at_checked(length)?;
        rest = behind;
        match number {
            BEGIN => depth += 1,
            END => depth = depth.saturating_sub(1),
            _ => {}
        }
        (number != END || depth > 0).then_some(Record {
            number,
            depth,
            data,
        })
    })
}
