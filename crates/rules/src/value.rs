//! Values as files write them: in the unit of the key, and so that they mean something to what reads them.

use crate::{
    fault::{Expected, Found, shown},
    file::ROWS_MAX,
    key::{Key, Unit},
    rule::Value,
};
use yizhang_ledger::value::{Code, Day, Division, Fen, Month, Rate};

/// What was expected of a value, and found instead.
type Wrong = (Expected, Found);

/// The value of a key.
pub(crate) fn read(key: Key, written: Option<&toml::Value>) -> Result<Value, Wrong> {
    let unit = key.unit();
    let Some(written) = written else {
        return Err((Expected::Value(unit), Found::Nothing));
    };
    let table = written
        .as_table()
        .ok_or_else(|| (Expected::Value(unit), Found::Text(literal(written))))?;
    let mut entries = table.iter();
    let (Some((name, content)), None) = (entries.next(), entries.next()) else {
        let names: Vec<&str> = table.keys().map(String::as_str).collect();
        return Err((Expected::Value(unit), Found::text(&names.join(", "))));
    };
    if name == "none" {
        let is_none = content.as_bool() == Some(true);
        return if is_none {
            Ok(Value::None)
        } else {
            Err((Expected::NoneTrue, found_entry(name, content)))
        };
    }
    if name != unit.word() {
        return Err((Expected::Value(unit), Found::text(name)));
    }
    match unit {
        Unit::Months => number(key, content).map(Value::Months),
        Unit::Days => number(key, content).map(Value::Days),
        Unit::Count => number(key, content).map(Value::Count),
        Unit::Yuan => text(content, Expected::Yuan, yuan).map(Value::Yuan),
        Unit::Rate => text(content, Expected::Rate(key.rate_max()), |text| {
            rate(key, text)
        })
        .map(Value::Rate),
        Unit::Month => text(content, Expected::Month, Month::parse).map(Value::Month),
        Unit::Table(columns) => rows(key, columns, content).map(Value::Table),
        Unit::Dates => days(content).map(Value::Dates),
        Unit::Code if key == Key::BenefitItem => {
            text(content, Expected::ItemUse, item_use).map(Value::Code)
        }
        Unit::Code => text(content, Expected::Code, code).map(Value::Code),
    }
}

fn literal(written: &toml::Value) -> String {
    shown(&written.to_string())
}

fn found_entry(name: &str, content: &toml::Value) -> Found {
    Found::Text(shown(&format!("{name} = {content}")))
}

fn number(key: Key, written: &toml::Value) -> Result<u32, Wrong> {
    let (least, most) = key.range();
    let number = written
        .as_integer()
        .and_then(|number| u32::try_from(number).ok());
    let number = number.filter(|number| (least..=most).contains(number));
    number.ok_or_else(|| {
        (
            Expected::Number {
                unit: key.unit(),
                least,
                most,
            },
            Found::Text(literal(written)),
        )
    })
}

fn text<T>(
    written: &toml::Value,
    expected: Expected,
    read: impl Fn(&str) -> Option<T>,
) -> Result<T, Wrong> {
    let Some(text) = written.as_str() else {
        return Err((expected, Found::Bare(literal(written))));
    };
    read(text).ok_or_else(|| (expected, Found::text(text)))
}

fn list(written: &toml::Value) -> Result<&[toml::Value], Wrong> {
    let expected = Expected::Rows(ROWS_MAX);
    let Some(list) = written.as_array() else {
        return Err((expected, Found::Text(literal(written))));
    };
    if list.is_empty() || list.len() > ROWS_MAX {
        return Err((expected, Found::Rows(list.len())));
    }
    Ok(list)
}

fn rows(key: Key, columns: usize, written: &toml::Value) -> Result<Vec<Vec<u32>>, Wrong> {
    let row = |written: &toml::Value| {
        let wrong = |found| (Expected::Columns(columns), found);
        let row = written
            .as_array()
            .ok_or_else(|| wrong(Found::Text(literal(written))))?;
        if row.len() != columns {
            return Err(wrong(Found::Row(row.len())));
        }
        let number = |written: &toml::Value| {
            written
                .as_integer()
                .and_then(|number| u32::try_from(number).ok())
        };
        let row: Option<Vec<u32>> = row.iter().map(number).collect();
        row.ok_or_else(|| wrong(Found::Text(literal(written))))
    };
    let rows: Vec<Vec<u32>> = list(written)?.iter().map(row).collect::<Result<_, _>>()?;
    meaningless(key, &rows).map_or(Ok(rows), Err)
}

fn days(written: &toml::Value) -> Result<Vec<Day>, Wrong> {
    let mut days: Vec<Day> = Vec::new();
    for written in list(written)? {
        let day = text(written, Expected::Days, Day::parse)?;
        if days.last().is_some_and(|last| *last >= day) {
            return Err((Expected::Days, Found::Text(day.to_string())));
        }
        days.push(day);
    }
    Ok(days)
}

fn code(text: &str) -> Option<String> {
    let code = Code::new(text).filter(|code| !code.is_none())?;
    Some(code.as_str().to_owned())
}

/// What a benefit item can be.
fn item_use(text: &str) -> Option<String> {
    matches!(text, "account" | "after-death" | "heirs").then(|| text.to_owned())
}

/// What is expected of a table and found instead, where its numbers mean nothing to the key.
fn meaningless(key: Key, rows: &[Vec<u32>]) -> Option<Wrong> {
    let first = |expected, wrong: &dyn Fn(&Vec<u32>) -> bool| {
        rows.iter()
            .find(|row| wrong(row))
            .map(|row| (expected, Found::Text(shown_row(row))))
    };
    match key {
        Key::DivisionSuccessor => first(Expected::Divisions, &|row| {
            row.iter().any(|number| Division::new(*number).is_none())
        }),
        Key::ResidentStart if rows.len() != 1 => Some((Expected::OneRow, Found::Rows(rows.len()))),
        Key::ResidentStart => first(Expected::TwoMonths, &|row| {
            let month = |number: &u32| Month::parse(&number.to_string());
            match row.as_slice() {
                [first, last] => month(first).is_none() || month(first) > month(last),
                _ => true,
            }
        }),
        Key::RetirementSchedule if rows.len() != 1 => {
            Some((Expected::OneRow, Found::Rows(rows.len())))
        }
        Key::RetirementSchedule => first(Expected::Schedule, &|row| match row.as_slice() {
            [age, born, step, _] => {
                *age == 0 || *step == 0 || Month::parse(&born.to_string()).is_none()
            }
            _ => true,
        }),
        Key::UnemploymentStretches => {
            stretches(rows).or_else(|| first(Expected::PaidMonths, &|row| column(row, 1) == 0))
        }
        Key::PensionDivisor => {
            unordered(rows).or_else(|| first(Expected::MonthsAboveZero, &|row| column(row, 1) == 0))
        }
        Key::UnemploymentCeiling | Key::InjuryGrades => unordered(rows),
        _ => None,
    }
}

/// What stands in a column, from 0.
fn column(row: &[u32], at: usize) -> u32 {
    let found = row.get(at).copied();
    found.expect("a row is refused before unless it has the columns of its key")
}

fn shown_row(row: &[u32]) -> String {
    row.iter().map(u32::to_string).collect::<Vec<_>>().join(" ")
}

fn unordered(rows: &[Vec<u32>]) -> Option<Wrong> {
    let pair = rows
        .windows(2)
        .find(|pair| matches!(pair, [one, other] if one.first() >= other.first()))?;
    Some((Expected::FirstRises, Found::Text(shown_row(pair.last()?))))
}

/// Stretches of paid months: each ends after the one before, and the last has no end.
fn stretches(rows: &[Vec<u32>]) -> Option<Wrong> {
    let (last, before) = rows.split_last()?;
    let ends = |row: &Vec<u32>| column(row, 0);
    if ends(last) != 0 {
        return Some((Expected::LastRowOpen, Found::Text(shown_row(last))));
    }
    if let Some(row) = before.iter().find(|row| ends(row) == 0) {
        return Some((Expected::RowsEnd, Found::Text(shown_row(row))));
    }
    let falls = before
        .windows(2)
        .find(|pair| matches!(pair, [one, other] if ends(one) >= ends(other)))?;
    Some((Expected::EndsRise, Found::Text(shown_row(falls.last()?))))
}

/// Digits, and exactly two of them after the point; more than nothing.
fn yuan(text: &str) -> Option<Fen> {
    let (whole, cents) = text.split_once('.')?;
    if cents.len() != 2 || !digits(whole) || !digits(cents) {
        return None;
    }
    let fen = whole
        .parse::<i64>()
        .ok()?
        .checked_mul(100)?
        .checked_add(cents.parse().ok()?)?;
    Fen::new(fen).filter(|amount| amount.get() > 0)
}

/// Digits, and up to four of them after the point.
fn rate(key: Key, text: &str) -> Option<Rate> {
    let (whole, decimals) = text.split_once('.').unwrap_or((text, "0"));
    if decimals.len() > 4 || !digits(whole) || !digits(decimals) {
        return None;
    }
    let padded = format!("{decimals:0<4}");
    let rate = whole
        .parse::<u32>()
        .ok()?
        .checked_mul(10_000)?
        .checked_add(padded.parse().ok()?)?;
    let most = key.rate_max().checked_mul(10_000);
    let most = most.expect("the limit of a key is some thousand per cent at most");
    Rate::new(rate).filter(|rate| rate.get() <= most)
}

fn digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}
