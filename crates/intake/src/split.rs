//! One line to cells between delimiters, quoted where needed (RFC 4180).
//!
//! Not left to the parser of the crate `csv`: that takes whatever a quotation mark swallows, lines included, and does not
//! say where a mark opened and whether it closed.

use csv::ByteRecord;

const QUOTE: u8 = b'"';

/// How a text came apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// Every mark that opens a cell closes it.
    Whole,
    /// The last cell is opened and not closed. It is given as it stands, with its mark.
    Open,
    /// Something stands behind a mark that closes a cell. That cell is given as it stands, with its marks.
    Stray,
}

/// Where a quoted cell ends, and what it says.
enum Quoted<'t> {
    Closed { content: Vec<u8>, rest: &'t [u8] },
    Open,
}

/// Splits `text` into `cells`.
pub fn split(text: &[u8], delimiter: u8, cells: &mut ByteRecord) -> Shape {
    cells.clear();
    if !text.contains(&QUOTE) {
        text.split(|byte| *byte == delimiter)
            .for_each(|cell| cells.push_field(cell));
        return Shape::Whole;
    }
    let mut shape = Shape::Whole;
    let mut rest = text;
    loop {
        let next = match rest.strip_prefix(&[QUOTE]).map(quoted) {
            None => plain(rest, delimiter, cells),
            Some(Quoted::Open) => {
                cells.push_field(rest);
                return Shape::Open;
            }
            Some(Quoted::Closed {
                content,
                rest: behind,
            }) => {
                let (stray, next) = behind.split_at(end_of_cell(behind, delimiter));
                if is_blank(stray) {
                    cells.push_field(&content);
                } else {
                    shape = Shape::Stray;
                    let (cell, _) = rest.split_at(rest.len() - next.len());
                    cells.push_field(cell);
                }
                next
            }
        };
        match next.split_first() {
            Some((_, behind)) => rest = behind,
            None => return shape,
        }
    }
}

/// How many cells a line has when its marks are nothing but characters.
pub(crate) fn plain_cells(line: &[u8], delimiter: u8) -> usize {
    line.split(|byte| *byte == delimiter).count()
}

/// Takes a cell without marks; gives what is behind it, from its delimiter on.
fn plain<'t>(text: &'t [u8], delimiter: u8, cells: &mut ByteRecord) -> &'t [u8] {
    let (cell, rest) = text.split_at(end_of_cell(text, delimiter));
    cells.push_field(cell);
    rest
}

fn end_of_cell(text: &[u8], delimiter: u8) -> usize {
    text.iter()
        .position(|byte| *byte == delimiter)
        .unwrap_or(text.len())
}

/// The content from behind the opening mark to the closing one; two marks in it stand for one.
fn quoted(text: &[u8]) -> Quoted<'_> {
    let mut content = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.iter().position(|byte| *byte == QUOTE) {
        let (before, from_mark) = rest.split_at(at);
        content.extend_from_slice(before);
        match from_mark {
            [QUOTE, QUOTE, behind @ ..] => {
                content.push(QUOTE);
                rest = behind;
            }
            [_, behind @ ..] => {
                return Quoted::Closed {
                    content,
                    rest: behind,
                };
            }
            [] => break,
        }
    }
    Quoted::Open
}

fn is_blank(text: &[u8]) -> bool {
    text.trim_ascii().is_empty()
}
