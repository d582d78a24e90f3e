//! A byte for each cell of a row, kept beside a receipt, so that it can be said later which cell of a row was changed.
//!
//! A byte shows one change of two hundred and fifty-six not: it finds a column, and proves nothing. That is for the leaf of the record.

use crate::{column::Column, header::Header, raw_row::RawRow};

/// FNV-1a with 64 bits: its first value and its factor.
const FIRST: u64 = 0xcbf2_9ce4_8422_2325;
const FACTOR: u64 = 0x0000_0100_0000_01b3;

/// Checks of cells under a salt: without it a byte would say more of a cell that has few values.
#[derive(Clone, Copy, Debug)]
pub struct CellChecks {
    salted: u64,
}

impl CellChecks {
    /// Under this salt.
    pub fn new(salt: &[u8; 32]) -> Self {
        Self {
            salted: mix(FIRST, salt),
        }
    }

    /// The check of one cell, without the blanks around it: FNV-1a over the salt and the cell, its eight bytes joined by exclusive or.
    pub fn of(self, cell: &str) -> u8 {
        let bytes = mix(self.salted, cell.as_bytes()).to_le_bytes();
        bytes.iter().fold(0, |check, byte| check ^ byte)
    }

    /// The checks of a row, one for each of these columns. A cell that cannot be read counts as empty, as one that is not there.
    pub(crate) fn row(self, columns: &[Column], row: &RawRow, header: &Header) -> Vec<u8> {
        let mut checks = Vec::with_capacity(columns.len());
        for column in columns {
            checks.push(self.of(row.cell(header, *column).unwrap_or_default()));
        }
        checks
    }
}

fn mix(hash: u64, bytes: &[u8]) -> u64 {
    let step = |hash: u64, byte: &u8| (hash ^ u64::from(*byte)).wrapping_mul(FACTOR);
    bytes.iter().fold(hash, step)
}
