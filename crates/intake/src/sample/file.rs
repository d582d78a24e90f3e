//! One sample file being written: facts to rows in its form and language.

use super::fact::{COLUMNS, Fact, Payer};
use crate::{Column, Encoding, Format, tables};
use std::{
    fmt::Write as _,
    io::{self, Write},
};
use yizhang_ledger::value::{Day, Month, Rate};

/// Form and language of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Style {
    /// CSV or JSON Lines.
    pub format: Format,
    /// Encoding.
    pub encoding: Encoding,
    /// Chinese headers and words, or English ones. JSON Lines have English keys.
    pub chinese: bool,
}

impl Style {
    /// CSV with commas, UTF-8, English headers.
    pub const PLAIN: Self = Self {
        format: Format::Csv { delimiter: b',' },
        encoding: Encoding::Utf8,
        chinese: false,
    };
    /// As spreadsheets in China write it: GB 18030 with Chinese headers.
    pub const GB18030: Self = Self {
        format: Format::Csv { delimiter: b',' },
        encoding: Encoding::Gb18030,
        chinese: true,
    };
    /// UTF-8 with a byte order mark and Chinese headers.
    pub const CHINESE: Self = Self {
        format: Format::Csv { delimiter: b',' },
        encoding: Encoding::Utf8Bom,
        chinese: true,
    };
    /// JSON Lines.
    pub const JSON_LINES: Self = Self {
        format: Format::JsonLines,
        encoding: Encoding::Utf8,
        chinese: false,
    };

    /// The usual ending of a file's name.
    pub const fn extension(self) -> &'static str {
        match self.format {
            Format::Csv { .. } => "csv",
            Format::JsonLines => "jsonl",
        }
    }
}

/// Writes the file of one region.
pub(crate) struct SampleFile<'w> {
    pub(crate) region: u32,
    style: Style,
    writer: Box<dyn Write + 'w>,
    line: String,
    cell: String,
    serials: u64,
    pub(crate) rows: u64,
}

impl<'w> SampleFile<'w> {
    pub(crate) fn begin(
        region: u32,
        style: Style,
        mut writer: Box<dyn Write + 'w>,
    ) -> io::Result<Self> {
        writer.write_all(style.encoding.mark())?;
        if let Format::Csv { delimiter } = style.format {
            let name = |column: &Column| {
                if style.chinese {
                    column.chinese()
                } else {
                    column.english()
                }
            };
            let names: Vec<_> = COLUMNS.iter().map(name).collect();
            let header = names.join(&char::from(delimiter).to_string());
            style
                .encoding
                .encode(format!("{header}\r\n").as_bytes(), &mut writer)?;
        }
        Ok(Self {
            region,
            style,
            writer,
            line: String::new(),
            cell: String::new(),
            serials: 0,
            rows: 0,
        })
    }

    pub(crate) fn finish(mut self) -> io::Result<()> {
        self.writer.flush()
    }

    /// Writes a row and gives its serial number.
    pub(crate) fn write(&mut self, person: &str, fact: &Fact) -> io::Result<u64> {
        self.serials += 1;
        self.write_again(person, fact, self.serials)?;
        Ok(self.serials)
    }

    /// Writes a row under a serial number that it had before.
    pub(crate) fn write_again(&mut self, person: &str, fact: &Fact, serial: u64) -> io::Result<()> {
        self.line.clear();
        match self.style.format {
            Format::Csv { delimiter } => self.csv_line(person, fact, serial, char::from(delimiter)),
            Format::JsonLines => self.json_line(person, fact, serial),
        }
        self.rows += 1;
        self.style
            .encoding
            .encode(self.line.as_bytes(), &mut self.writer)
    }

    fn csv_line(&mut self, person: &str, fact: &Fact, serial: u64, delimiter: char) {
        for (at, column) in COLUMNS.iter().enumerate() {
            if at > 0 {
                self.line.push(delimiter);
            }
            // No cell of the sample has a delimiter, a quotation mark or a line end.
            render(
                *column,
                person,
                fact,
                (self.region, serial),
                self.style.chinese,
                &mut self.line,
            );
        }
        self.line.push_str("\r\n");
    }

    fn json_line(&mut self, person: &str, fact: &Fact, serial: u64) {
        for column in COLUMNS {
            self.cell.clear();
            render(
                *column,
                person,
                fact,
                (self.region, serial),
                self.style.chinese,
                &mut self.cell,
            );
            if !self.cell.is_empty() {
                self.line.push(if self.line.is_empty() { '{' } else { ',' });
                // Nor has one anything that JSON would escape. Writing to a text cannot fail.
                let _ = write!(self.line, "\"{}\":\"{}\"", column.english(), self.cell);
            }
        }
        self.line.push_str("}\n");
    }
}

/// Appends one cell to `out`. Writing to a text cannot fail.
fn render(
    column: Column,
    person: &str,
    fact: &Fact,
    (region, serial): (u32, u64),
    chinese: bool,
    out: &mut String,
) {
    let _ = match column {
        Column::Kind => out.write_str(kind_word(fact, chinese)),
        // The province's agency: the region with 99 at its end, as in the sample rows of GB/T 40217.
        Column::Agency => write!(out, "{}", region + 99),
        Column::System => out.write_str("HX"),
        Column::Serial => serial_number(region, serial, out),
        Column::Target => fact
            .target
            .map_or(Ok(()), |target| serial_number(region, target, out)),
        Column::Person => out.write_str(person),
        Column::Scheme => out.write_str(scheme_word(fact.scheme, chinese)),
        Column::Period => month(fact.period, chinese, out),
        Column::From => month(fact.from, chinese, out),
        Column::Received => day(fact.received, chinese, out),
        Column::Posted => day(fact.posted, chinese, out),
        Column::PayerKind => out.write_str(payer_word(fact, chinese)),
        Column::PayerId => match &fact.payer {
            Some(Payer::Unit(code)) => out.write_str(code),
            _ => Ok(()),
        },
        Column::UnitRate => rate(fact.unit_rate, chinese, out),
        Column::PersonRate => rate(fact.person_rate, chinese, out),
        Column::InterestRate => rate(fact.interest_rate, chinese, out),
        Column::Reason => out.write_str(fact.reason),
        Column::Year => plain(fact.year, out),
        Column::Place => plain(fact.place, out),
        Column::Nature => plain(fact.nature, out),
        Column::Base => plain(fact.base, out),
        Column::DueUnit => plain(fact.due_unit, out),
        Column::DuePerson => plain(fact.due_person, out),
        Column::PaidUnit => plain(fact.paid_unit, out),
        Column::PaidPerson => plain(fact.paid_person, out),
        Column::CreditedPerson => plain(fact.credited_person, out),
        Column::LateFee => plain(fact.late_fee, out),
        Column::SubsidyCounty => plain(fact.subsidy_county, out),
        Column::InterestPerson => plain(fact.interest, out),
        Column::Full => plain(fact.full.map(u8::from), out),
        _ => Ok(()),
    };
}

fn plain(value: Option<impl std::fmt::Display>, out: &mut String) -> std::fmt::Result {
    value.map_or(Ok(()), |value| write!(out, "{value}"))
}

fn serial_number(region: u32, serial: u64, out: &mut String) -> std::fmt::Result {
    write!(out, "{}{serial:09}", region / 10_000)
}

fn kind_word(fact: &Fact, chinese: bool) -> &'static str {
    let row = tables::kinds()
        .iter()
        .find(|known| known.kind == fact.kind)
        .map(|known| &known.row);
    row.map_or("", |row| {
        if chinese {
            row.names.first().copied().unwrap_or_default()
        } else {
            row.code
        }
    })
}

fn scheme_word(scheme: &'static str, chinese: bool) -> &'static str {
    match (scheme, chinese) {
        ("hrss:110", true) => "企业职工基本养老保险",
        ("hrss:170", true) => "城乡居民基本养老保险",
        ("hrss:210", true) => "失业保险",
        ("hrss:410", true) => "工伤保险",
        ("nhsa:310", true) => "职工基本医疗保险",
        (scheme, _) => scheme,
    }
}

const fn payer_word(fact: &Fact, chinese: bool) -> &'static str {
    match (&fact.payer, chinese) {
        (Some(Payer::Unit(_)), false) => "unit",
        (Some(Payer::Unit(_)), true) => "单位",
        (Some(Payer::Person), false) => "person",
        (Some(Payer::Person), true) => "个人",
        (None, _) => "",
    }
}

fn month(month: Option<Month>, compact: bool, out: &mut String) -> std::fmt::Result {
    match month {
        Some(month) if compact => write!(out, "{:04}{:02}", month.year(), month.month()),
        Some(month) => write!(out, "{month}"),
        None => Ok(()),
    }
}

fn day(day: Option<Day>, compact: bool, out: &mut String) -> std::fmt::Result {
    match day {
        Some(day) if compact => write!(out, "{}", day.number()),
        Some(day) => write!(out, "{day}"),
        None => Ok(()),
    }
}

fn rate(rate: Option<Rate>, percent: bool, out: &mut String) -> std::fmt::Result {
    match rate {
        Some(rate) if percent => write!(out, "{}.{:02}%", rate.get() / 100, rate.get() % 100),
        Some(rate) => write!(out, "{rate}"),
        None => Ok(()),
    }
}
