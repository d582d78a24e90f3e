//! The error file: the faulty rows as they were, in the layout and encoding of the file, with one column that says why.
//! Corrected, it can be imported as it is.

use crate::{
    column::Column, encoding::Encoding, fault::RowFault, file_fault::FileFault, header::Header,
    row::FaultyRow, source::Format, tidy,
};
use std::{
    borrow::Cow,
    fs::{File, OpenOptions, remove_file},
    io::{self, BufWriter, Read, Write},
    os::unix::fs::{FileTypeExt, OpenOptionsExt},
    path::{Path, PathBuf},
};

/// Where the faulty rows go, and how their faults are worded.
pub struct ErrorFile<'t> {
    target: Target<'t>,
    text: &'t dyn Fn(&RowFault) -> String,
}

enum Target<'t> {
    Path(PathBuf),
    Open(Box<dyn Write + 't>),
}

impl<'t> ErrorFile<'t> {
    /// A file that is made when the first faulty row comes, so that a clean file leaves none behind.
    pub fn at(path: PathBuf, text: &'t dyn Fn(&RowFault) -> String) -> Self {
        Self {
            target: Target::Path(path),
            text,
        }
    }

    /// Any writer.
    pub fn to(writer: impl Write + 't, text: &'t dyn Fn(&RowFault) -> String) -> Self {
        Self {
            target: Target::Open(Box::new(writer)),
            text,
        }
    }
}

/// An error file of one check: knows the form of the file that is checked.
pub(crate) struct ErrorWriter<'f, 't> {
    file: &'f mut ErrorFile<'t>,
    header: &'f Header,
    format: Format,
    encoding: Encoding,
    begun: bool,
}

impl<'f, 't> ErrorWriter<'f, 't> {
    pub(crate) const fn new(
        file: &'f mut ErrorFile<'t>,
        header: &'f Header,
        format: Format,
        encoding: Encoding,
    ) -> Self {
        Self {
            file,
            header,
            format,
            encoding,
            begun: false,
        }
    }

    pub(crate) fn write(&mut self, row: &FaultyRow) -> Result<(), FileFault> {
        let text: Vec<String> = row
            .faults
            .iter()
            .map(|fault| (self.file.text)(fault))
            .collect();
        let text = text.join("; ");
        let bytes = match self.format {
            Format::Csv { delimiter } => csv_row(self.header, delimiter, row, &text),
            Format::JsonLines => Ok(json_row(self.header, row, &text)),
        };
        bytes
            .and_then(|bytes| self.put(&bytes))
            .map_err(FileFault::io("write the error file"))
    }

    /// Makes sure that what was written is with the operating system.
    pub(crate) fn finish(self) -> Result<(), FileFault> {
        match &mut self.file.target {
            Target::Open(writer) => writer
                .flush()
                .map_err(FileFault::io("write the error file")),
            Target::Path(_) => Ok(()),
        }
    }

    fn put(&mut self, row: &[u8]) -> io::Result<()> {
        if let Target::Path(path) = &self.file.target {
            self.file.target = Target::Open(Box::new(BufWriter::new(private(path)?)));
        }
        let Target::Open(writer) = &mut self.file.target else {
            return Ok(());
        };
        if !std::mem::replace(&mut self.begun, true) {
            writer.write_all(self.encoding.mark())?;
            if let Format::Csv { delimiter } = self.format {
                self.encoding
                    .encode(&csv_header(self.header, delimiter)?, writer)?;
            }
        }
        self.encoding.encode(row, writer)
    }
}

/// A new file for its owner alone, because rows hold numbers and names. An error file of that name makes room: it is taken away
/// and never written into, since the name may be a second one of the input. What is no file of its own (a link, a pipe, a
/// folder) stays, and so does a file that is no error file.
fn private(path: &Path) -> io::Result<File> {
    match path.symlink_metadata() {
        Ok(found) if found.file_type().is_char_device() => {
            return OpenOptions::new().write(true).open(path);
        }
        Ok(found) if found.is_file() => {
            if !is_error_file(path)? {
                let why = "there is a file of that name that is no error file; name another one";
                return Err(io::Error::new(io::ErrorKind::AlreadyExists, why));
            }
            remove_file(path)?;
        }
        Ok(_) => {
            let why = "it is a link, a pipe or a folder; a file of its own is needed";
            return Err(io::Error::new(io::ErrorKind::InvalidInput, why));
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(error),
    }
    OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)
}

/// Most bytes of a file that are looked at for the name of the column that error files have.
const FIRST_LINE_BYTES_MAX: u64 = 64 * 1_024;

/// Whether a file is an earlier error file, or empty: its first line names the column of faults, in whatever encoding.
fn is_error_file(path: &Path) -> io::Result<bool> {
    let mut start = Vec::new();
    File::open(path)?
        .take(FIRST_LINE_BYTES_MAX)
        .read_to_end(&mut start)?;
    if start.is_empty() {
        return Ok(true);
    }
    let mut text = Vec::new();
    let mut decoded = Encoding::detect(&start).decode(io::Cursor::new(start))?;
    decoded.read_to_end(&mut text)?;
    // It may end in the middle of a character.
    let text = String::from_utf8_lossy(&text);
    let first = text.lines().next().unwrap_or_default();
    let is_column = |name: &str| first.contains(name);
    Ok(is_column(Column::Error.english()) || is_column(Column::Error.chinese()))
}

/// Characters with which spreadsheets begin a formula.
const FORMULA_BEGINS: &[char] = &['=', '+', '-', '@', '\t', '\r'];

/// A cell as it was, but that a spreadsheet takes none for a formula: then a mark stands before it, which is not read.
/// Amounts below zero and `="4403"` are none.
fn inert(cell: &[u8]) -> Cow<'_, [u8]> {
    let Ok(text) = std::str::from_utf8(cell) else {
        return cell.into();
    };
    let is_figure = |text: &str| {
        text.chars()
            .all(|c| c.is_ascii_digit() || ".,%-+".contains(c))
    };
    let is_harmless = !text.trim_start_matches(' ').starts_with(FORMULA_BEGINS)
        || is_figure(text.trim())
        || tidy::is_quoted_text(text.trim());
    if is_harmless {
        return cell.into();
    }
    [b"'", cell].concat().into()
}

fn csv_header(header: &Header, delimiter: u8) -> io::Result<Vec<u8>> {
    let added = if header.is_chinese() {
        Column::Error.chinese()
    } else {
        Column::Error.english()
    };
    let added = header.position(Column::Error).is_none().then_some(added);
    csv_line(
        delimiter,
        header
            .names()
            .iter()
            .map(String::as_bytes)
            .chain(added.map(str::as_bytes)),
    )
}

/// The cells as they were, filled up or cut to those of the header, and the text in its own column.
fn csv_row(header: &Header, delimiter: u8, row: &FaultyRow, text: &str) -> io::Result<Vec<u8>> {
    let width = header.names().len().max(row.raw.cells.len());
    let mut cells: Vec<Cow<'_, [u8]>> = (0..width)
        .map(|at| inert(row.raw.cells.get(at).unwrap_or_default()))
        .collect();
    match header
        .position(Column::Error)
        .and_then(|at| cells.get_mut(at))
    {
        Some(cell) => *cell = text.as_bytes().into(),
        None => cells.push(text.as_bytes().into()),
    }
    csv_line(delimiter, cells.iter().map(AsRef::as_ref))
}

fn csv_line<'c>(delimiter: u8, cells: impl IntoIterator<Item = &'c [u8]>) -> io::Result<Vec<u8>> {
    let mut writer = csv::WriterBuilder::new()
        .delimiter(delimiter)
        .terminator(csv::Terminator::CRLF)
        .flexible(true)
        .from_writer(Vec::new());
    writer.write_record(cells)?;
    writer.into_inner().map_err(csv::IntoInnerError::into_error)
}

/// The object as it was with one key more; written anew where it has that key already; the whole line as a remark where
/// it is no object.
fn json_row(header: &Header, row: &FaultyRow, text: &str) -> Vec<u8> {
    let quote = |text: &str| serde_json::Value::from(text).to_string();
    let error = format!("{}:{}", quote(Column::Error.english()), quote(text));
    let line = row.raw.text.trim();
    let earlier = row
        .raw
        .cell(header, Column::Error)
        .is_ok_and(|cell| !cell.is_empty());
    let object = line
        .strip_suffix('}')
        .filter(|_| line.starts_with('{') && row.raw.fault.is_none());
    let written = match object {
        Some(inside) if !earlier => {
            let comma = if inside.trim_end().ends_with('{') {
                ""
            } else {
                ","
            };
            format!("{inside}{comma}{error}}}\n")
        }
        Some(_) => {
            let filled = header
                .columns()
                .iter()
                .filter(|column| **column != Column::Error);
            let cells = filled.filter_map(|column| {
                let text = row
                    .raw
                    .cell(header, *column)
                    .ok()
                    .filter(|text| !text.is_empty())?;
                Some(format!("{}:{},", quote(column.english()), quote(text)))
            });
            format!("{{{}{error}}}\n", cells.collect::<String>())
        }
        None => format!(
            "{{{}:{},{error}}}\n",
            quote(Column::Remark.english()),
            quote(line)
        ),
    };
    written.into_bytes()
}
