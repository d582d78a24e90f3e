//! Some rows of a file, spread evenly over it, however long it turns out to be.

use crate::row::ParsedRow;
use std::collections::BTreeSet;

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
        if number.is_multiple_of(self.one_in) {
            self.rows.push(row.clone());
        }
    }
}
