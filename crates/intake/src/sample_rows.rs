//! Some rows of a file, spread evenly over it, however long it turns out to be.

use crate::row::ParsedRow;
use std::collections::BTreeSet;
use yizhang_ledger::{entry::Entry, record::Record, value::LeafIndex};

/// Most rows that are kept. Each costs a lookup.
pub const SAMPLED_ROWS_MAX: usize = 16;

/// Valid rows of a file: at first each one, and only every second of them whenever there are too many.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SampledRows {
    rows: Vec<ParsedRow>,
    /// Rows that were offered.
    offered: u64,
    /// One in so many is kept.
    one_in: u64,
}

impl Default for SampledRows {
    fn default() -> Self {
        Self {
            rows: Vec::new(),
            offered: 0,
            one_in: 1,
        }
    }
}

impl SampledRows {
    /// The rows, in order.
    pub fn rows(&self) -> &[ParsedRow] {
        &self.rows
    }

    /// The lines where they begin.
    pub fn lines(&self) -> BTreeSet<u64> {
        self.rows.iter().map(|row| row.line).collect()
    }

    pub(crate) fn offer(&mut self, row: &ParsedRow) {
        let number = self.offered;
        self.offered += 1;
        if !number.is_multiple_of(self.one_in) {
            return;
        }
        if self.rows.len() == SAMPLED_ROWS_MAX {
            let mut is_kept = false;
            self.rows.retain(|_| {
                is_kept = !is_kept;
                is_kept
            });
            self.one_in *= 2;
        }
        // What a row names by its serial is known where the whole file is read, and not where some rows are read again.
        if number.is_multiple_of(self.one_in) && !names_another(row) {
            self.rows.push(row.clone());
        }
    }
}

/// Whether the record of a row acts on another one.
fn names_another(row: &ParsedRow) -> bool {
    let entry = Entry::parse(&row.bytes, LeafIndex(0));
    let record = entry.ok().and_then(|entry| Record::read(&entry).ok());
    record.is_some_and(|record| record.target().is_some())
}
