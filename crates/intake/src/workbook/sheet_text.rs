//! The cells of a sheet as CSV: line N is row N, so that whatever is said of a line is said of that row.

use super::{
    Merged, WorkbookLimit,
    heading::{self, TOP_ROWS},
};
use crate::{
    column_map::ColumnMap,
    file_fault::{Damage, FileFault},
    tidy,
};
use calamine::Dimensions;
use std::collections::VecDeque;

/// Most rows of a sheet, as spreadsheet programs have it.
pub(super) const SHEET_ROWS_MAX: u32 = 1_048_576;
/// Most columns of a sheet with something in them: eight times those that are read in all layouts together.
pub(super) const SHEET_COLUMNS_MAX: u32 = 512;
/// Most bytes of a sheet as text, which is held in memory.
pub(super) const SHEET_TEXT_BYTES_MAX: usize = 256 * 1_024 * 1_024;
/// Most bytes of a cell: of the 32,767 characters that spreadsheet programs have (in UTF-16), each with three bytes.
const CELL_BYTES_MAX: usize = 32_767 * 3;

/// What stands between cells.
pub(crate) const DELIMITER: u8 = b',';

/// A sheet on its way to text, cell by cell and row by row.
pub(super) struct SheetText<'m> {
    columns: &'m ColumnMap,
    /// Every merged cell, by its first row.
    merged: Vec<Merged>,
    /// The first rows, until it is clear which of them are the header.
    top: Option<Vec<Vec<String>>>,
    /// Row that is being filled, and its cells.
    row: u32,
    cells: Vec<String>,
    /// Those below the header that the rows may still run into, by their first row, and those that the last row was in.
    below: VecDeque<Merged>,
    open: Vec<Merged>,
    /// Columns of the header.
    width: usize,
    /// Lines of `text`.
    lines: u32,
    text: Vec<u8>,
    /// Bytes of all cells so far: many can be of one text, which the workbook has once.
    bytes: usize,
}

impl<'m> SheetText<'m> {
    pub(super) fn new(merged: &[Dimensions], columns: &'m ColumnMap) -> Self {
        let mut merged: Vec<Merged> = merged.iter().map(Merged::from).collect();
        merged.sort_by_key(|cells| cells.top);
        Self {
            columns,
            merged,
            top: Some(Vec::new()),
            row: 0,
            cells: Vec::new(),
            below: VecDeque::new(),
            open: Vec::new(),
            width: 0,
            lines: 0,
            text: Vec::new(),
            bytes: 0,
        }
    }

    /// Takes a cell. Rows come in order.
    pub(super) fn put(&mut self, (row, column): (u32, u32), value: &str) -> Result<(), FileFault> {
        if value.is_empty() {
            return Ok(());
        }
        if row >= SHEET_ROWS_MAX {
            return Err(WorkbookLimit::Rows.fault());
        }
        if column >= SHEET_COLUMNS_MAX {
            return Err(WorkbookLimit::Columns.fault());
        }
        if value.len() > CELL_BYTES_MAX {
            return Err(Damage::Sheet.fault());
        }
        self.bytes += value.len();
        if self.bytes > SHEET_TEXT_BYTES_MAX {
            return Err(WorkbookLimit::TextBytes.fault());
        }
        if row < self.row {
            return Err(Damage::Sheet.fault());
        }
        if row > self.row {
            self.end_row()?;
            self.row = row;
        }
        let at = usize::try_from(column).expect("a column is below the limit");
        if self.cells.len() <= at {
            self.cells.resize(at + 1, String::new());
        }
        let cell = self.cells.get_mut(at).expect("the row is as long as that");
        // Two rows with one number: one of them would be lost.
        if !cell.is_empty() {
            return Err(Damage::Sheet.fault());
        }
        value.clone_into(cell);
        Ok(())
    }

    /// The text of the whole sheet.
    pub(super) fn finish(mut self) -> Result<Vec<u8>, FileFault> {
        self.end_row()?;
        self.settle_top()?;
        Ok(self.text)
    }

    fn end_row(&mut self) -> Result<(), FileFault> {
        let cells = std::mem::take(&mut self.cells);
        if cells.is_empty() {
            return Ok(());
        }
        let at = usize::try_from(self.row).unwrap_or(usize::MAX);
        if at >= TOP_ROWS {
            self.settle_top()?;
        }
        let Some(top) = &mut self.top else {
            return self.write_row(self.row, cells);
        };
        top.resize(at, Vec::new());
        top.push(cells);
        Ok(())
    }

    /// Finds the header among the first rows, and writes them.
    fn settle_top(&mut self) -> Result<(), FileFault> {
        let Some(top) = self.top.take() else {
            return Ok(());
        };
        let Some(heading) = heading::find(&top, &self.merged, self.columns) else {
            // The reader of rows says that there is none.
            for (row, cells) in (0..).zip(top) {
                self.write_line(row, &cells)?;
            }
            return Ok(());
        };
        let first_below = heading.row + heading.tiers;
        for (row, cells) in (0..).zip(top.iter().take(heading.row)) {
            self.write_line(row, cells)?;
        }
        self.write_heading(&heading)?;
        self.width = heading.names.len();
        let below = self
            .merged
            .iter()
            .filter(|cells| usize::try_from(cells.bottom).is_ok_and(|row| row >= first_below));
        self.below = below.copied().collect();
        for (row, cells) in (0..).zip(top).skip(first_below) {
            self.write_row(row, cells)?;
        }
        Ok(())
    }

    /// The names as one record of as many lines as the header has rows.
    fn write_heading(&mut self, heading: &heading::Heading) -> Result<(), FileFault> {
        let mut names = heading.names.clone();
        if let Some(first) = names.first_mut() {
            first.push_str(&"\n".repeat(heading.tiers - 1));
        }
        let row = u32::try_from(heading.row).expect("a header stands among the first rows");
        self.write_line(row, &names)?;
        self.lines += u32::try_from(heading.tiers - 1).expect("a header has few rows");
        Ok(())
    }

    /// Writes a row below the header: as wide as that, and with a mark in each cell that a merged one covers.
    fn write_row(&mut self, row: u32, mut cells: Vec<String>) -> Result<(), FileFault> {
        if cells.is_empty() {
            return Ok(());
        }
        if cells.len() < self.width {
            cells.resize(self.width, String::new());
        }
        self.open.retain(|cells| cells.bottom >= row);
        while let Some(next) = self.below.front().filter(|cells| cells.top <= row).copied() {
            self.below.pop_front();
            if next.bottom >= row {
                self.open.push(next);
            }
        }
        // Merged cells do not lie over one another, so that a row is in one a column at most.
        if self.open.len() > SHEET_COLUMNS_MAX as usize {
            return Err(Damage::Sheet.fault());
        }
        for merged in &self.open {
            for column in merged.left..=merged.right.min(SHEET_COLUMNS_MAX) {
                let is_first = row == merged.top && column == merged.left;
                let cell = usize::try_from(column)
                    .ok()
                    .and_then(|at| cells.get_mut(at));
                if let Some(cell) = cell
                    && !is_first
                {
                    tidy::MERGED.clone_into(cell);
                }
            }
        }
        self.write_line(row, &cells)
    }

    fn write_line(&mut self, row: u32, cells: &[String]) -> Result<(), FileFault> {
        if cells.is_empty() {
            return Ok(());
        }
        while self.lines < row {
            self.text.push(b'\n');
            self.lines += 1;
        }
        for (at, cell) in cells.iter().enumerate() {
            if at > 0 {
                self.text.push(DELIMITER);
            }
            write_cell(&mut self.text, cell);
        }
        self.text.push(b'\n');
        self.lines += 1;
        if self.text.len() > SHEET_TEXT_BYTES_MAX {
            return Err(WorkbookLimit::TextBytes.fault());
        }
        Ok(())
    }
}

fn write_cell(text: &mut Vec<u8>, cell: &str) {
    if cell.contains([',', '"', '\n']) {
        text.push(b'"');
        text.extend_from_slice(cell.replace('"', "\"\"").as_bytes());
        text.push(b'"');
    } else {
        text.extend_from_slice(cell.as_bytes());
    }
}
