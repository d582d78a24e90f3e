//! Rows as they stand in the file, one after another, before anything is understood.

use crate::{
    column::Column,
    encoding::{BUFFER_BYTES, Encoding},
    fault::Fault,
    file_fault::FileFault,
    header::Header,
    json,
    source::{Endless, Format, Meter, ROW_BYTES_MAX, Source},
};
use csv::ByteRecord;
use std::{
    fmt,
    io::{BufRead, BufReader, Cursor, Read},
};

/// A row: its cells in the order of the header.
#[derive(Clone, Default)]
pub(crate) struct RawRow {
    /// Line where it begins, from 1.
    pub(crate) line: u64,
    pub(crate) cells: ByteRecord,
    /// The line itself, for JSON Lines.
    pub(crate) text: String,
    /// What is wrong with the form of the row; then the cells say nothing.
    pub(crate) fault: Option<(Option<Column>, Fault)>,
}

impl fmt::Debug for RawRow {
    /// The cells are personal data: for the error file alone.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RawRow(line {}, [redacted])", self.line)
    }
}

impl RawRow {
    /// The cell of a column without surrounding blanks; empty where the file has no such column.
    pub(crate) fn cell(&self, header: &Header, column: Column) -> Result<&str, Fault> {
        let Some(bytes) = header.position(column).and_then(|at| self.cells.get(at)) else {
            return Ok("");
        };
        let bytes = bytes.trim_ascii();
        match std::str::from_utf8(bytes) {
            Ok(text) if bytes.is_ascii() => Ok(text),
            Ok(text) if !text.contains(char::REPLACEMENT_CHARACTER) => Ok(text.trim()),
            _ => Err(Fault::Encoding),
        }
    }

    fn is_blank(&self) -> bool {
        self.fault.is_none() && self.cells.iter().all(|cell| cell.trim_ascii().is_empty())
    }
}

/// Reads the rows of one pass.
pub(crate) struct RowReader {
    form: Form,
    meter: Meter,
}

enum Form {
    Csv {
        reader: csv::Reader<Box<dyn Read + Send>>,
        crlf: bool,
        cells: usize,
    },
    Json {
        reader: BufReader<Box<dyn Read + Send>>,
        line: u64,
        scratch: json::Scratch,
    },
}

/// Opens a file and reads its header.
pub(crate) fn open(
    source: &Source,
    format: Format,
    encoding: Encoding,
) -> Result<(RowReader, Header), FileFault> {
    let meter = Meter::default();
    let metered = meter.clone().over(source.open()?);
    let text = encoding
        .decode(metered)
        .map_err(FileFault::io("read the file"))?;
    match format {
        Format::Csv { delimiter } => open_csv(source, text, delimiter, meter),
        Format::JsonLines => {
            let reader = BufReader::with_capacity(BUFFER_BYTES, text);
            let form = Form::Json {
                reader,
                line: 0,
                scratch: json::Scratch::default(),
            };
            Ok((RowReader { form, meter }, Header::of_json()))
        }
    }
}

fn open_csv(
    source: &Source,
    text: Box<dyn Read + Send>,
    delimiter: u8,
    meter: Meter,
) -> Result<(RowReader, Header), FileFault> {
    // Lines are counted at their ends, so the last one must have one, too.
    let start = source.start()?;
    let crlf = start
        .iter()
        .position(|byte| *byte == b'\n')
        .is_some_and(|at| start.get(..at).is_some_and(ends_with_cr));
    let end: &[u8] = if crlf { b"\r\n" } else { b"\n" };
    let text: Box<dyn Read + Send> = Box::new(text.chain(Cursor::new(end)));
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(delimiter)
        .has_headers(false)
        .flexible(true)
        .buffer_capacity(BUFFER_BYTES)
        .from_reader(text);
    let mut record = ByteRecord::new();
    if !read_csv(&mut reader, &mut record, 1)? {
        return Err(FileFault::Empty);
    }
    meter.next_row();
    let header = Header::read(&record)?;
    let cells = record.len();
    Ok((
        RowReader {
            form: Form::Csv {
                reader,
                crlf,
                cells,
            },
            meter,
        },
        header,
    ))
}

const fn ends_with_cr(line: &[u8]) -> bool {
    matches!(line.last(), Some(b'\r'))
}

impl RowReader {
    /// Reads the next row that is not blank; false at the end of the file.
    pub(crate) fn next(&mut self, row: &mut RawRow) -> Result<bool, FileFault> {
        loop {
            row.fault = None;
            let more = match &mut self.form {
                Form::Csv {
                    reader,
                    crlf,
                    cells,
                } => next_csv(reader, *crlf, *cells, row)?,
                Form::Json {
                    reader,
                    line,
                    scratch,
                } => next_json(reader, line, scratch, row)?,
            };
            self.meter.next_row();
            if !more || !row.is_blank() {
                return Ok(more);
            }
        }
    }

    /// Bytes of the file read so far.
    pub(crate) fn bytes_read(&self) -> u64 {
        self.meter.read()
    }
}

fn next_csv(
    reader: &mut csv::Reader<Box<dyn Read + Send>>,
    crlf: bool,
    expected: usize,
    row: &mut RawRow,
) -> Result<bool, FileFault> {
    let line = reader.position().line();
    if !read_csv(reader, &mut row.cells, line)? {
        return Ok(false);
    }
    // The parser leaves the second half of a CRLF to the next row.
    #[expect(clippy::naive_bytecount, reason = "a row has some hundred bytes")]
    let inside = row
        .cells
        .as_slice()
        .iter()
        .filter(|byte| **byte == b'\n')
        .count() as u64;
    row.line = reader
        .position()
        .line()
        .saturating_sub(inside + u64::from(!crlf));
    if row.cells.as_slice().len() > ROW_BYTES_MAX {
        return Err(FileFault::RowTooLong {
            line: row.line,
            limit: ROW_BYTES_MAX,
        });
    }
    let found = row.cells.len();
    row.fault = (found != expected).then_some((None, Fault::CellCount { expected, found }));
    Ok(true)
}

fn read_csv(
    reader: &mut csv::Reader<Box<dyn Read + Send>>,
    record: &mut ByteRecord,
    line: u64,
) -> Result<bool, FileFault> {
    reader
        .read_byte_record(record)
        .map_err(|error| match error.into_kind() {
            csv::ErrorKind::Io(error) => stopped(error, line),
            // Flexible byte records have no other error; should one come, it is no fault of the disk.
            other => FileFault::io("read the file")(std::io::Error::other(format!("{other:?}"))),
        })
}

fn next_json(
    reader: &mut BufReader<Box<dyn Read + Send>>,
    line: &mut u64,
    scratch: &mut json::Scratch,
    row: &mut RawRow,
) -> Result<bool, FileFault> {
    let mut bytes = std::mem::take(&mut row.text).into_bytes();
    bytes.clear();
    *line += 1;
    row.line = *line;
    let limit = ROW_BYTES_MAX as u64 + 1;
    let read = reader
        .by_ref()
        .take(limit)
        .read_until(b'\n', &mut bytes)
        .map_err(|error| stopped(error, *line))?;
    if read > ROW_BYTES_MAX {
        return Err(FileFault::RowTooLong {
            line: *line,
            limit: ROW_BYTES_MAX,
        });
    }
    let readable =
        std::str::from_utf8(&bytes).is_ok_and(|text| !text.contains(char::REPLACEMENT_CHARACTER));
    row.text = String::from_utf8(bytes)
        .unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned());
    row.text.truncate(row.text.trim_end().len());
    row.cells.clear();
    if read > 0 && !row.text.is_empty() {
        row.fault = if readable {
            json::read(&row.text, scratch, &mut row.cells).err()
        } else {
            Some((None, Fault::Encoding))
        };
    }
    Ok(read > 0)
}

fn stopped(error: std::io::Error, line: u64) -> FileFault {
    if error
        .get_ref()
        .is_some_and(<dyn std::error::Error + Send + Sync>::is::<Endless>)
    {
        FileFault::RowTooLong {
            line,
            limit: ROW_BYTES_MAX,
        }
    } else {
        FileFault::io("read the file")(error)
    }
}
