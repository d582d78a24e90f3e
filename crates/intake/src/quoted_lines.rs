//! A quoted cell that runs over several lines, or only seems to.

use crate::{
    file_fault::FileFault,
    lines::LineReader,
    source::ROW_BYTES_MAX,
    split::{self, Shape},
};
use csv::ByteRecord;

/// Most lines of one quoted cell. Remarks have a handful; a mark that is never closed is found out this soon.
pub(crate) const QUOTED_LINES_MAX: usize = 32;

/// A line with a quoted cell that is not closed on it.
pub(crate) struct Swallowed<'l> {
    pub(crate) first: &'l [u8],
    pub(crate) delimiter: u8,
    /// Cells of a row.
    pub(crate) expected: usize,
}

/// Whether a quoted cell is closed further down.
pub(crate) enum Closing {
    /// So many lines further down, and what lies between is one cell beyond doubt.
    At { lines: usize },
    /// Not, or what lies between are rows; so many lines further down that was clear.
    Not { lines: usize },
}

impl Swallowed<'_> {
    /// Looks for the line that closes the cell. What the mark swallows may be rows that stand on their own: then it is
    /// no cell with line ends, but a mark too many, and none of those rows may be lost.
    pub(crate) fn close(
        &self,
        lines: &mut LineReader,
        cells: &mut ByteRecord,
    ) -> Result<Closing, FileFault> {
        let opened_at = cells.len();
        let first_cells = split::plain_cells(self.first, self.delimiter);
        let mut whole = self.first.to_vec();
        for at in 0..QUOTED_LINES_MAX {
            let not = Closing::Not { lines: at };
            let Some(next) = lines.peek(at)? else {
                return Ok(not);
            };
            let has_mark = next.contains(&b'"');
            let next_cells = split::plain_cells(next, self.delimiter);
            whole.push(b'\n');
            whole.extend_from_slice(next);
            if whole.len() > ROW_BYTES_MAX {
                return Ok(not);
            }
            let shape = if has_mark {
                split::split(&whole, self.delimiter, cells)
            } else {
                Shape::Open
            };
            // A line that closes the first cell of a row has all others behind it.
            let closes_first =
                shape == Shape::Whole && opened_at == 1 && first_cells < self.expected;
            if next_cells >= self.expected && !closes_first {
                return Ok(Closing::Not { lines: at + 1 });
            }
            match shape {
                Shape::Open => {}
                Shape::Whole if cells.len() == self.expected => {
                    return Ok(Closing::At { lines: at + 1 });
                }
                Shape::Whole | Shape::Stray => return Ok(Closing::Not { lines: at + 1 }),
            }
        }
        Ok(Closing::Not {
            lines: QUOTED_LINES_MAX,
        })
    }
}
