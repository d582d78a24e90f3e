//! What a file is, told by its beginning: its form, its encoding, and between which characters its cells stand.

use crate::{
    column_map::ColumnMap,
    encoding::{BUFFER_BYTES, Encoding},
    file_fault::{FileFault, OtherForm},
    header::Likeness,
    source::Format,
    split,
};
use csv::ByteRecord;
use std::io::{Cursor, Read};

/// Most lines above the header, with it: titles, units, dates of printing, blanks.
pub const HEADER_LINES_MAX: usize = 20;

/// What may stand between cells, the usual one first.
const DELIMITERS: [u8; 4] = [b',', b'\t', b';', b'|'];

/// Beginnings of files that hold no rows which are read here.
const OTHER_FORMS: &[(&[u8], OtherForm)] = &[
    (b"%PDF", OtherForm::Pdf),
    (b"\x1f\x8b", OtherForm::Compressed),
    (b"Rar!", OtherForm::Compressed),
    (b"7z\xbc\xaf\x27\x1c", OtherForm::Compressed),
];

/// Refuses what holds no rows.
///
/// # Errors
/// [`FileFault::OtherForm`], told by the first bytes, [`FileFault::Empty`].
pub(crate) fn refuse_other_forms(start: &[u8]) -> Result<(), FileFault> {
    if start.is_empty() {
        return Err(FileFault::Empty);
    }
    match OTHER_FORMS.iter().find(|(mark, _)| start.starts_with(mark)) {
        Some((_, form)) => Err(FileFault::OtherForm { form: *form }),
        None => Ok(()),
    }
}

/// The beginning of a file as text.
///
/// # Errors
/// [`FileFault::Io`].
pub(crate) fn decoded(start: &[u8], encoding: Encoding) -> Result<Vec<u8>, FileFault> {
    let mut text = Vec::new();
    let fault = FileFault::io("read the file");
    encoding
        .decode(Cursor::new(start.to_vec()))
        .and_then(|decoded| {
            // A character of GB 18030 or UTF-16 takes at most twice its bytes in UTF-8.
            decoded.take(2 * BUFFER_BYTES as u64).read_to_end(&mut text)
        })
        .map_err(fault)?;
    Ok(text)
}

/// The form of the rows of a text that begins with `text`.
///
/// # Errors
/// [`FileFault::OtherForm`] for a page of the web and a list in JSON.
pub(crate) fn format(text: &[u8], columns: &ColumnMap) -> Result<Format, FileFault> {
    match text.trim_ascii_start().first() {
        Some(b'{') => Ok(Format::JsonLines),
        Some(b'[') => Err(FileFault::OtherForm {
            form: OtherForm::JsonList,
        }),
        Some(b'<') => Err(FileFault::OtherForm {
            form: OtherForm::Page,
        }),
        _ => Ok(Format::Csv {
            delimiter: delimiter(text, columns),
        }),
    }
}

/// The delimiter with which a line has the most names of columns.
fn delimiter(text: &[u8], columns: &ColumnMap) -> u8 {
    let mut best = (0, DELIMITERS[0]);
    for delimiter in DELIMITERS {
        let known = most_columns(text, delimiter, columns);
        if known > best.0 {
            best = (known, delimiter);
        }
    }
    best.1
}

fn most_columns(text: &[u8], delimiter: u8, columns: &ColumnMap) -> usize {
    let mut cells = ByteRecord::new();
    let lines = text.split(|byte| matches!(byte, b'\n' | b'\r'));
    let mut most = 0;
    for line in lines.filter(|line| !line.is_empty()).take(HEADER_LINES_MAX) {
        split::split(line, delimiter, &mut cells);
        most = most.max(Likeness::of(&cells, columns).known);
    }
    most
}
