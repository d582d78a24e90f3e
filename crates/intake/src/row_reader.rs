//! The rows of a file, one after another, before anything is understood.

use crate::{
    column_map::ColumnMap,
    detect::{self, HEADER_LINES_MAX},
    encoding::Encoding,
    fault::Fault,
    file_fault::FileFault,
    header::{Header, Likeness},
    json,
    line_count::LineCount,
    lines::LineReader,
    quoted_lines::{Closing, QUOTED_LINES_MAX, Swallowed},
    raw_row::{RawRow, is_blank},
    source::{Format, Meter, ROW_BYTES_MAX, Source},
    split::{self, Shape},
};
use csv::ByteRecord;

/// Reads the rows of one pass.
pub(crate) struct RowReader {
    form: Form,
    lines: LineReader,
    line: Vec<u8>,
    count: LineCount,
    meter: Meter,
}

enum Form {
    Csv { delimiter: u8, header: Box<Header> },
    Json { scratch: json::Scratch },
}

/// Opens a file and reads its header.
///
/// # Errors
/// Any [`FileFault`] of the header.
pub(crate) fn open(
    source: &Source,
    format: Format,
    encoding: Encoding,
    columns: &ColumnMap,
) -> Result<(RowReader, Header), FileFault> {
    let meter = Meter::default();
    let metered = meter.clone().over(source.open()?);
    let text = encoding
        .decode(metered)
        .map_err(FileFault::io("read the file"))?;
    let start = detect::decoded(&source.start()?, encoding)?;
    let mut lines = LineReader::new(text, &start);
    let mut count = LineCount::default();
    let (form, header) = match format {
        Format::Csv { delimiter } => {
            let header = read_header(&mut lines, delimiter, columns, &mut count)?;
            let form = Form::Csv {
                delimiter,
                header: Box::new(header.clone()),
            };
            (form, header)
        }
        Format::JsonLines => {
            let scratch = json::Scratch::new(columns.clone());
            (Form::Json { scratch }, Header::of_json())
        }
    };
    let reader = RowReader {
        form,
        lines,
        line: Vec::new(),
        count,
        meter,
    };
    Ok((reader, header))
}

/// Finds the header among the first lines: the first that is one beyond doubt, or else the first that names a column.
fn read_header(
    lines: &mut LineReader,
    delimiter: u8,
    columns: &ColumnMap,
    count: &mut LineCount,
) -> Result<Header, FileFault> {
    let mut cells = ByteRecord::new();
    let mut likely = None;
    let mut first_cells = None;
    for at in 0..HEADER_LINES_MAX {
        let Some(more) = peek_whole(lines, at, delimiter, &mut cells)? else {
            break;
        };
        let likeness = Likeness::of(&cells, columns);
        if likeness.filled > 0 {
            first_cells.get_or_insert(cells.len());
        }
        if likeness.is_header() || likeness.known > 0 && likely.is_none() {
            likely = Some((at, more, cells.clone()));
        }
        if likeness.is_header() {
            break;
        }
    }
    let (Some((at, more, cells)), Some(_)) = (likely, first_cells) else {
        return Err(match first_cells {
            Some(cells) => FileFault::HeaderMissing { cells },
            None => FileFault::Empty,
        });
    };
    count.titles = at as u64;
    count.header = more as u64 + 1;
    lines.skip(at + more + 1);
    Header::read(&cells, columns)
}

/// Splits a line that is still to be read, with further ones if a quoted cell runs over them; gives how many further
/// ones. None behind the end of the file.
fn peek_whole(
    lines: &mut LineReader,
    at: usize,
    delimiter: u8,
    cells: &mut ByteRecord,
) -> Result<Option<usize>, FileFault> {
    let Some(line) = lines.peek(at)? else {
        return Ok(None);
    };
    let mut whole = line.to_vec();
    for more in 0..QUOTED_LINES_MAX {
        if split::split(&whole, delimiter, cells) != Shape::Open || whole.len() > ROW_BYTES_MAX {
            return Ok(Some(more));
        }
        match lines.peek(at + more + 1)? {
            Some(next) => {
                whole.push(b'\n');
                whole.extend_from_slice(next);
            }
            None => break,
        }
    }
    // Not closed: the line alone, with its mark.
    if let Some(line) = lines.peek(at)? {
        split::split(line, delimiter, cells);
    }
    Ok(Some(0))
}

impl RowReader {
    /// Reads the next row; passes over blank lines, totals, footers and repeated headers, and counts them. False at the end of
    /// the file.
    ///
    /// # Errors
    /// [`FileFault::RowTooLong`], [`FileFault::Io`], [`FileFault::LinesLost`].
    pub(crate) fn next(&mut self, row: &mut RawRow) -> Result<bool, FileFault> {
        while self.lines.next(&mut self.line)? {
            row.fault = None;
            row.line = self.lines.number();
            let is_row = match &self.form {
                Form::Csv { .. } => self.read_csv(row)?,
                Form::Json { .. } => self.read_json(row),
            };
            if is_row {
                row.tidy();
                self.count.rows += 1;
                return Ok(true);
            }
        }
        self.count.all = self.lines.number();
        if self.count.adds_up() {
            Ok(false)
        } else {
            Err(FileFault::LinesLost { count: self.count })
        }
    }

    /// Where the lines read so far went; all of them once the file has ended.
    pub(crate) const fn count(&self) -> LineCount {
        self.count
    }

    /// Bytes of the file read so far.
    pub(crate) fn bytes_read(&self) -> u64 {
        self.meter.read()
    }

    /// Makes a row of the line; false if it is none.
    fn read_csv(&mut self, row: &mut RawRow) -> Result<bool, FileFault> {
        let Form::Csv { delimiter, header } = &self.form else {
            return Ok(false);
        };
        let expected = header.names().len();
        match split::split(&self.line, *delimiter, &mut row.cells) {
            Shape::Whole => {}
            Shape::Stray => {
                row.fault = Some((None, Fault::Quote { last: row.line }));
                return Ok(true);
            }
            Shape::Open => {
                let swallowed = Swallowed {
                    first: &self.line,
                    delimiter: *delimiter,
                    expected,
                };
                match swallowed.close(&mut self.lines, &mut row.cells)? {
                    Closing::At { lines } => {
                        self.lines.skip(lines);
                        self.count.continued += lines as u64;
                    }
                    Closing::Not { lines } => {
                        split::split(&self.line, *delimiter, &mut row.cells);
                        let last = row.line + lines as u64;
                        row.fault = Some((None, Fault::Quote { last }));
                        return Ok(true);
                    }
                }
            }
        }
        if row.is_blank() {
            self.count.blank += 1;
            return Ok(false);
        }
        if header.is_repeated_by(&row.cells) {
            self.count.headers_again += 1;
            return Ok(false);
        }
        if row.is_total(header) {
            self.count.totals += 1;
            return Ok(false);
        }
        if row.is_footer(header) {
            self.count.footers += 1;
            return Ok(false);
        }
        let mut found = row.cells.len();
        // Empty cells behind the last named column, as spreadsheets write them.
        while found > expected
            && row
                .cells
                .get(found - 1)
                .is_some_and(|cell| cell.trim_ascii().is_empty())
        {
            found -= 1;
        }
        row.cells.truncate(found);
        row.fault = if found == expected {
            None
        } else if row.cells.iter().any(is_broken) {
            // The byte before a comma may have taken it with it: then the row is short of a cell because of the byte.
            Some((None, Fault::Encoding))
        } else {
            Some((None, Fault::CellCount { expected, found }))
        };
        Ok(true)
    }

    /// Makes a row of the line; false if it is blank.
    fn read_json(&mut self, row: &mut RawRow) -> bool {
        let Form::Json { scratch } = &mut self.form else {
            return false;
        };
        let text = String::from_utf8_lossy(&self.line);
        text.trim_end().clone_into(&mut row.text);
        row.cells.clear();
        if is_blank(row.text.as_bytes()) {
            self.count.blank += 1;
            return false;
        }
        row.fault = if row.text.contains(char::REPLACEMENT_CHARACTER) {
            Some((None, Fault::Encoding))
        } else {
            json::read(&row.text, scratch, &mut row.cells).err()
        };
        true
    }
}

/// Whether some of a cell is no text of the file's encoding.
fn is_broken(cell: &[u8]) -> bool {
    match std::str::from_utf8(cell) {
        Ok(text) => text.contains(char::REPLACEMENT_CHARACTER),
        Err(_) => true,
    }
}
