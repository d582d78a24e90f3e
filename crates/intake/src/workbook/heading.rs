//! The header of a sheet, which may run over several rows: 单位 over 应缴 and 实缴 is 单位应缴 and 单位实缴.

use super::Merged;
use crate::{column_map::ColumnMap, detect::HEADER_LINES_MAX, header::Likeness};

/// Most rows of a header.
const TIERS_MAX: usize = 3;
/// Rows among which a header is looked for.
pub(super) const TOP_ROWS: usize = HEADER_LINES_MAX + TIERS_MAX - 1;

/// Where the header stands, and the name of each column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Heading {
    /// Its first row.
    pub(super) row: usize,
    /// How many rows it has.
    pub(super) tiers: usize,
    pub(super) names: Vec<String>,
}

/// The rows that together name the most columns; of equals the fewest, then the first. `top` are the first rows of the
/// sheet.
pub(super) fn find(top: &[Vec<String>], merged: &[Merged], columns: &ColumnMap) -> Option<Heading> {
    let spread = spread(top, merged);
    let mut best: Option<(usize, Heading)> = None;
    for tiers in 1..=TIERS_MAX {
        for row in 0..HEADER_LINES_MAX {
            let Some(rows) = spread.get(row..row + tiers) else {
                break;
            };
            let names = joined(rows);
            let likeness = Likeness::of_names(&names, columns);
            let is_better = best
                .as_ref()
                .is_none_or(|(known, _)| likeness.known > *known);
            if likeness.is_header() && is_better {
                best = Some((likeness.known, Heading { row, tiers, names }));
            }
        }
    }
    best.map(|(_, heading)| heading)
}

/// The rows with what a merged cell says in each of its columns.
fn spread(top: &[Vec<String>], merged: &[Merged]) -> Vec<Vec<String>> {
    let mut spread = top.to_vec();
    let widest = top.iter().map(Vec::len).max().unwrap_or_default();
    for cells in merged {
        let at = |number: u32| usize::try_from(number).unwrap_or(usize::MAX);
        let Some(row) = spread.get_mut(at(cells.top)) else {
            continue;
        };
        let Some(text) = row.get(at(cells.left)).cloned() else {
            continue;
        };
        let end = at(cells.right).saturating_add(1).min(widest);
        for column in at(cells.left) + 1..end {
            if row.len() <= column {
                row.resize(column + 1, String::new());
            }
            if let Some(cell) = row.get_mut(column) {
                cell.clone_from(&text);
            }
        }
    }
    spread
}

/// What stands in each column, one row after the other.
fn joined(rows: &[Vec<String>]) -> Vec<String> {
    let width = rows.iter().map(Vec::len).max().unwrap_or_default();
    let mut names: Vec<String> = (0..width)
        .map(|column| {
            rows.iter()
                .filter_map(|row| row.get(column))
                .map(|cell| cell.trim())
                .collect()
        })
        .collect();
    while names.last().is_some_and(String::is_empty) {
        names.pop();
    }
    names
}
