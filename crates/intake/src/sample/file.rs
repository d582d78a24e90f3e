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
    /// Of headers, words and how values are written. JSON Lines have English keys.
    pub language: Language,
}

/// A language of files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    /// Chinese names and words; months as `201812`, days as `20190120`, rates as `8.00%`.
    Chinese,
    /// English names and codes; months as `2018-12`, days as `2019-01-20`, rates as `0.08`.
    English,
}

impl Style {
    /// CSV with commas, UTF-8, English headers.
    pub const PLAIN: Self = Self {
        format: Format::Csv { delimiter: b',' },
        encoding: Encoding::Utf8,
        language: Language::English,
    };
    /// As spreadsheets in China write it: GB 18030 with Chinese headers.
    pub const GB18030: Self = Self {
        format: Format::Csv { delimiter: b',' },
        encoding: Encoding::Gb18030,
        language: Language::Chinese,
    };
    /// UTF-8 with a byte order mark and Chinese headers.
    pub const CHINESE: Self = Self {
        format: Format::Csv { delimiter: b',' },
        encoding: Encoding::Utf8Bom,
        language: Language::Chinese,
    };
    /// JSON Lines.
    pub const JSON_LINES: Self = Self {
        format: Format::JsonLines,
        encoding: Encoding::Utf8,
        language: Language::English,
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
            let name = |column: &Column| match style.language {
                Language::Chinese => column.chinese(),
                Language::English => column.english(),
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
                self.style.language,
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
                self.style.language,
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
    language: Language,
    out: &mut String,
) {
    let _ = match column {
        Column::Kind => out.write_str(kind_word(fact, language)),
        // The province's agency: the region with 99 at its end, as in the sample rows of GB/T 40217.
        Column::Agency => write!(out, "{}", region + 99),
        Column::System => out.write_str("HX"),
        Column::Serial => serial_number(region, serial, out),
        Column::Target => fact
            .target
            .map_or(Ok(()), |target| serial_number(region, target, out)),
        Column::Person => out.write_str(person),
        Column::Scheme => out.write_str(scheme_word(fact.scheme, language)),
        Column::Period => month(fact.period, language, out),
        Column::From => month(fact.from, language, out),
        Column::Received => day(fact.received, language, out),
        Column::Posted => day(fact.posted, language, out),
        Column::PayerKind => out.write_str(payer_word(fact, language)),
        Column::PayerId => match &fact.payer {
            Some(Payer::Unit(code)) => out.write_str(code),
            _ => Ok(()),
        },
        Column::UnitRate => rate(fact.unit_rate, language, out),
        Column::PersonRate => rate(fact.person_rate, language, out),
        Column::InterestRate => rate(fact.interest_rate, language, out),
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

fn kind_word(fact: &Fact, language: Language) -> &'static str {
    let row = tables::kinds()
        .iter()
        .find(|known| known.kind == fact.kind)
        .map(|known| &known.row);
    row.map_or("", |row| match language {
        Language::Chinese => row.names.first().copied().unwrap_or_default(),
        Language::English => row.code,
    })
}

fn scheme_word(scheme: &'static str, language: Language) -> &'static str {
    match (scheme, language) {
        ("hrss:110", Language::Chinese) => "企业职工基本养老保险",
        ("hrss:170", Language::Chinese) => "城乡居民基本养老保险",
        ("hrss:210", Language::Chinese) => "失业保险",
        ("hrss:410", Language::Chinese) => "工伤保险",
        ("nhsa:310", Language::Chinese) => "职工基本医疗保险",
        (scheme, _) => scheme,
    }
}

const fn payer_word(fact: &Fact, language: Language) -> &'static str {
    match (&fact.payer, language) {
        (Some(Payer::Unit(_)), Language::English) => "unit",
        (Some(Payer::Unit(_)), Language::Chinese) => "单位",
        (Some(Payer::Person), Language::English) => "person",
        (Some(Payer::Person), Language::Chinese) => "个人",
        (None, _) => "",
    }
}

fn month(month: Option<Month>, language: Language, out: &mut String) -> std::fmt::Result {
    match month {
        Some(month) if language == Language::Chinese => {
            write!(out, "{:04}{:02}", month.year(), month.month())
        }
        Some(month) => write!(out, "{month}"),
        None => Ok(()),
    }
}

fn day(day: Option<Day>, language: Language, out: &mut String) -> std::fmt::Result {
    match day {
        Some(day) if language == Language::Chinese => write!(out, "{}", day.number()),
        Some(day) => write!(out, "{day}"),
        None => Ok(()),
    }
}

fn rate(rate: Option<Rate>, language: Language, out: &mut String) -> std::fmt::Result {
    match rate {
        Some(rate) if language == Language::Chinese => {
            write!(out, "{}.{:02}%", rate.get() / 100, rate.get() % 100)
        }
        Some(rate) => write!(out, "{rate}"),
        None => Ok(()),
    }
}
