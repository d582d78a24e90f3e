//! Tables as files for spreadsheets. What others wrote is text there, and never a formula.

use crate::{guard::refused, text::t};
use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use rust_xlsxwriter::{Format, Workbook, XlsxError};
use std::{
    borrow::Cow,
    fmt::{self, Display, Formatter},
};

/// The mark by which spreadsheets know that a file is UTF-8.
const BOM: &str = "\u{feff}";
/// Fen of a yuan.
const FEN: f64 = 100.0;

/// A cell. They are sorted as what they are: counts and money by how much.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Cell {
    /// Text, whoever wrote it.
    Text(String),
    /// A count of ours.
    Count(u64),
    /// Money, in fen.
    Fen(i128),
    /// Nothing.
    Empty,
}

impl Cell {
    pub(crate) fn text(text: &str) -> Self {
        if text.is_empty() {
            Self::Empty
        } else {
            Self::Text(text.to_string())
        }
    }

    pub(crate) fn maybe(text: Option<impl ToString>) -> Self {
        text.map_or(Self::Empty, |text| Self::Text(text.to_string()))
    }
}

impl Display for Cell {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => f.write_str(text),
            Self::Count(count) => write!(f, "{count}"),
            Self::Fen(fen) => f.write_str(&yuan(*fen)),
            Self::Empty => Ok(()),
        }
    }
}

/// A table that becomes a file.
pub(crate) struct Sheet {
    /// The name of the file, without its ending.
    pub(crate) file: String,
    /// What it is and of when: on a sheet of its own in a workbook.
    pub(crate) about: Vec<String>,
    pub(crate) header: Vec<String>,
    pub(crate) rows: Vec<Vec<Cell>>,
}

/// Fen as yuan.
pub(crate) fn yuan(fen: i128) -> String {
    i64::try_from(fen).map_or_else(|_| fen.to_string(), yizhang_show::yuan)
}

/// A cell of text that no spreadsheet takes for a formula.
pub fn for_a_sheet(text: &str) -> Cow<'_, str> {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r', '＝', '＋', '－', '＠']) {
        Cow::Owned(format!("'{text}"))
    } else {
        Cow::Borrowed(text)
    }
}

impl Sheet {
    /// As CSV, to be kept.
    pub(crate) fn csv(&self) -> Response {
        let Ok(bytes) = self.csv_bytes() else {
            return refused(StatusCode::INTERNAL_SERVER_ERROR, "fault.broken");
        };
        attached(&self.file, "csv", "text/csv; charset=utf-8", bytes)
    }

    /// As a workbook, to be kept.
    pub(crate) fn xlsx(&self) -> Response {
        let Ok(bytes) = self.xlsx_bytes() else {
            return refused(StatusCode::INTERNAL_SERVER_ERROR, "fault.broken");
        };
        let kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
        attached(&self.file, "xlsx", kind, bytes)
    }

    fn csv_bytes(&self) -> Result<Vec<u8>, csv::Error> {
        let mut rows = csv::Writer::from_writer(BOM.as_bytes().to_vec());
        rows.write_record(
            self.header
                .iter()
                .map(|name| for_a_sheet(name).into_owned()),
        )?;
        for row in &self.rows {
            rows.write_record(row.iter().map(|cell| match cell {
                Cell::Text(text) => for_a_sheet(text).into_owned(),
                other => other.to_string(),
            }))?;
        }
        Ok(rows
            .into_inner()
            .expect("what is written into memory is written"))
    }

    /// Text is written as text, which a workbook tells from a formula.
    fn xlsx_bytes(&self) -> Result<Vec<u8>, XlsxError> {
        let mut workbook = Workbook::new();
        let (bold, money) = (
            Format::new().set_bold(),
            Format::new().set_num_format("#,##0.00"),
        );
        let sheet = workbook.add_worksheet();
        sheet.set_name(t!("export.sheet").to_string())?;
        for (at, name) in (0_u16..).zip(&self.header) {
            sheet.write_string_with_format(0, at, name, &bold)?;
        }
        for (line, row) in (1_u32..).zip(&self.rows) {
            for (at, cell) in (0_u16..).zip(row) {
                match cell {
                    Cell::Text(text) => sheet.write_string(line, at, text)?,
                    Cell::Count(count) => {
                        sheet.write_number(line, at, float(i128::from(*count)))?
                    }
                    Cell::Fen(fen) => {
                        sheet.write_number_with_format(line, at, float(*fen) / FEN, &money)?
                    }
                    Cell::Empty => continue,
                };
            }
        }
        sheet.set_freeze_panes(1, 0)?;
        let about = workbook.add_worksheet();
        about.set_name(t!("export.about").to_string())?;
        for (line, text) in (0_u32..).zip(&self.about) {
            about.write_string(line, 0, text)?;
        }
        workbook.save_to_buffer()
    }
}

/// A number as workbooks have it: exact to nine quadrillions, which is more fen than there are.
#[allow(
    clippy::cast_precision_loss,
    reason = "workbooks know no other numbers than these"
)]
const fn float(number: i128) -> f64 {
    number as f64
}

/// A file to be kept. Its name is of letters, digits and dashes.
pub(crate) fn attached(name: &str, ending: &str, kind: &'static str, bytes: Vec<u8>) -> Response {
    let named = format!("attachment; filename=\"{name}.{ending}\"");
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(kind)),
        (
            header::CONTENT_DISPOSITION,
            HeaderValue::from_str(&named).expect("letters, digits and dashes are a header"),
        ),
    ];
    (headers, bytes).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sheet(text: &str) -> Sheet {
        Sheet {
            file: "list".to_string(),
            about: vec!["about".to_string()],
            header: vec!["serial".to_string(), "sum".to_string()],
            rows: vec![vec![Cell::text(text), Cell::Fen(-150)]],
        }
    }

    #[test]
    fn no_text_is_a_formula_to_a_spreadsheet_and_numbers_stay_numbers() {
        for begin in ["=", "+", "-", "@", "\t", "\r", "＝", "＠"] {
            let text = format!("{begin}HYPERLINK(1)");
            let bytes = sheet(&text).csv_bytes().unwrap();
            let csv = String::from_utf8(bytes).unwrap();
            assert!(csv.contains(&format!("'{text}")), "{csv:?}");
            assert!(csv.contains("-1.50") && !csv.contains("'-1.50"), "{csv}");
        }
        assert_eq!(for_a_sheet("A=1"), "A=1");
        assert_eq!(for_a_sheet(""), "");
    }

    #[test]
    fn a_workbook_is_written() {
        let bytes = sheet("=1+1").xlsx_bytes().unwrap();
        // The parts of a workbook are files of a zip.
        assert!(bytes.starts_with(b"PK"));
    }
}
