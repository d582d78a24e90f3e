//! One row as it stands in the file: its cells, and what can be told of it before its kind is known.

use crate::{column::Column, fault::Fault, header::Header, tidy};
use csv::ByteRecord;
use std::fmt;

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
        // Of ASCII only the controls are invisible.
        let is_invisible = if text.is_ascii() {
            text.bytes().any(|byte| byte.is_ascii_control())
        } else {
            text.contains(tidy::is_invisible)
        };
        if is_invisible {
            return Err(Fault::Invisible);
        }
        match text {
            tidy::MERGED => Err(Fault::Merged),
            text if tidy::is_formula_error(text) => Err(Fault::Formula),
            text => Ok(text),
        }
    }

    /// Notes what the cells say that look different.
    pub(crate) fn tidy(&mut self) {
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

    /// Bytes of what stands in the row.
    pub(crate) fn bytes(&self) -> usize {
        self.cells.as_slice().len().saturating_add(self.text.len())
    }

    /// Whether no cell says anything.
    pub(crate) fn is_blank(&self) -> bool {
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
    pub(crate) fn is_footer(&self, header: &Header) -> bool {
        let first = self.cells.iter().find(|cell| !is_blank(cell));
        let is_first =
            |column| first.is_some_and(|first| first == self.as_it_stands(header, column));
        let names_nothing =
            |column| is_blank(self.as_it_stands(header, column)) || is_first(column);
        // Words last: nearly every row names a person.
        names_nothing(Column::Person)
            && names_nothing(Column::Serial)
            && first.is_some_and(begins_footer)
    }

    /// Whether the row is a total: a word says so, and no person and no serial is named. A remark says such words too, of a row
    /// whose person is missing.
    pub(crate) fn is_total(&self, header: &Header) -> bool {
        let names_nothing = |column| {
            let cell = self.as_it_stands(header, column);
            is_blank(cell) || is_total_word(cell)
        };
        names_nothing(Column::Person)
            && names_nothing(Column::Serial)
            && self.cells.iter().any(is_total_word)
    }
}

/// Whether a cell says nothing of its own.
pub(crate) fn is_blank(cell: &[u8]) -> bool {
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
    // Numbers and dates, which is most cells, are no words.
    if cell.trim_ascii().first().is_some_and(u8::is_ascii_digit) {
        return false;
    }
    let Ok(text) = std::str::from_utf8(cell) else {
        return false;
    };
    let word: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    let word = word.trim_end_matches([':', '：']);
    TOTAL_WORDS
        .iter()
        .any(|known| known.eq_ignore_ascii_case(word))
}
