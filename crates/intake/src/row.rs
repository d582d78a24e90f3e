//! Rows as they stand in the file, one after another, before anything is understood.

use crate::{
    column::Column,
    column_map::ColumnMap,
    detect::{self, HEADER_LINES_MAX},
    encoding::Encoding,
    fault::Fault,
    file_fault::FileFault,
    header::{Header, Likeness},
    json,
    line_count::LineCount,
    lines::LineReader,
    source::{Format, Meter, ROW_BYTES_MAX, Source},
    split::{self, Shape},
    tidy,
};
use csv::ByteRecord;
use std::fmt;

/// Most lines of one quoted cell. Remarks have a handful; a mark that is never closed is found out this soon.
const QUOTED_LINES_MAX: usize = 32;

/// Words that begin a row of totals.
const TOTAL_WORDS: &[&str] = &[
    "合计",
    "总计",
    "小计",
    "累计",
    "本页合计",
    "本页小计",
    "total",
    "subtotal",
];

/// Words that begin the foot of a print, each with a colon behind it.
const FOOTER_WORDS: &[&str] = &[
    "制表",
    "制表人",
    "制表单位",
    "制表日期",
    "制表时间",
    "填表人",
    "填报人",
    "填报单位",
    "填报日期",
    "填表日期",
    "审核",
    "审核人",
    "复核",
    "复核人",
    "负责人",
    "单位负责人",
    "打印人",
    "打印日期",
    "打印时间",
    "导出时间",
    "注",
    "备注",
    "说明",
    "填表说明",
];

/// A row: its cells in the order of the header.
#[derive(Clone, Default)]
pub(crate) struct RawRow {
    /// Line where it begins, from 1.
    pub(crate) line: u64,
    pub(crate) cells: ByteRecord,
    /// Cells that say something else than they look like, by position: see [`tidy::tidy`].
    tidied: Vec<(usize, String)>,
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
        let Some(at) = header.position(column) else {
            return Ok("");
        };
        let tidied = self.tidied.iter().find(|(tidied, _)| *tidied == at);
        let bytes = match tidied {
            Some((_, text)) => text.as_bytes(),
            None => self.cells.get(at).unwrap_or_default(),
        };
        let bytes = bytes.trim_ascii();
        let text = match std::str::from_utf8(bytes) {
            Ok(text) if bytes.is_ascii() => text,
            Ok(text) if !text.contains(char::REPLACEMENT_CHARACTER) => text.trim(),
            _ => return Err(Fault::Encoding),
        };
        if text.contains(tidy::is_invisible) {
            return Err(Fault::Invisible);
        }
        match text {
            tidy::MERGED => Err(Fault::Merged),
            text if tidy::is_formula_error(text) => Err(Fault::Formula),
            text => Ok(text),
        }
    }

    /// Notes what the cells say that look different.
    fn tidy(&mut self) {
        self.tidied.clear();
        // Characters of full width begin with EF in UTF-8.
        let suspect = |byte: &u8| matches!(byte, b'=' | b'\'' | 0xef);
        let is_long = |cell: &[u8]| cell.len() >= tidy::UUID_LENGTH;
        if !self.cells.as_slice().iter().any(suspect) && !self.cells.iter().any(is_long) {
            return;
        }
        for (at, cell) in self.cells.iter().enumerate() {
            let Ok(text) = std::str::from_utf8(cell) else {
                continue;
            };
            let text = text.trim();
            let tidied = tidy::tidy(text);
            if tidied != text {
                self.tidied.push((at, tidied.into_owned()));
            }
        }
    }

    /// Whether no cell says anything.
    fn is_blank(&self) -> bool {
        self.cells.iter().all(is_blank)
    }

    /// The cell of a column as it stands; nothing where the file has no such column.
    fn as_it_stands(&self, header: &Header, column: Column) -> &[u8] {
        header
            .position(column)
            .and_then(|at| self.cells.get(at))
            .unwrap_or_default()
    }

    /// Whether the row is the foot of a print: a word says so at its beginning, and no person and no serial is named.
    fn is_footer(&self, header: &Header) -> bool {
        let first = self.cells.iter().find(|cell| !is_blank(cell));
        let is_first =
            |column| first.is_some_and(|first| first == self.as_it_stands(header, column));
        let names_nothing =
            |column| is_blank(self.as_it_stands(header, column)) || is_first(column);
        first.is_some_and(begins_footer)
            && names_nothing(Column::Person)
            && names_nothing(Column::Serial)
    }

    /// Whether the row is a total: a word says so, and no person is named.
    fn is_total(&self, header: &Header) -> bool {
        let person = self.as_it_stands(header, Column::Person);
        (is_blank(person) || is_total_word(person)) && self.cells.iter().any(is_total_word)
    }
}

/// Whether a cell says nothing of its own.
fn is_blank(cell: &[u8]) -> bool {
    cell.trim_ascii().is_empty()
        || cell == tidy::MERGED.as_bytes()
        || std::str::from_utf8(cell).is_ok_and(|text| text.trim().is_empty())
}

fn begins_footer(cell: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(cell) else {
        return false;
    };
    let word: String = text
        .chars()
        .filter(|c| !c.is_whitespace())
        .take_while(|c| ![':', '：'].contains(c))
        .collect();
    text.contains([':', '：']) && FOOTER_WORDS.contains(&word.as_str())
}

fn is_total_word(cell: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(cell) else {
        return false;
    };
    let word: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    let word = word.trim_end_matches([':', '：']);
    TOTAL_WORDS
        .iter()
        .any(|known| known.eq_ignore_ascii_case(word))
}

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
        row.fault = (found != expected).then_some((None, Fault::CellCount { expected, found }));
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

/// A line with a quoted cell that is not closed on it.
struct Swallowed<'l> {
    first: &'l [u8],
    delimiter: u8,
    /// Cells of a row.
    expected: usize,
}

/// Whether a quoted cell is closed further down.
enum Closing {
    /// So many lines further down, and what lies between is one cell beyond doubt.
    At { lines: usize },
    /// Not, or what lies between are rows; so many lines further down that was clear.
    Not { lines: usize },
}

impl Swallowed<'_> {
    /// Looks for the line that closes the cell. What the mark swallows may be rows that stand on their own: then it is
    /// no cell with line ends, but a mark too many, and none of those rows may be lost.
    fn close(&self, lines: &mut LineReader, cells: &mut ByteRecord) -> Result<Closing, FileFault> {
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
