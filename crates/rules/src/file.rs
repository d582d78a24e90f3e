//! Rule files: TOML, one `[[rule]]` a rule.

use crate::{
    fault::{Fault, RuleFault},
    key::{Key, Scope, Unit},
    rule::{Confidence, Rule, Value},
};
use serde::Deserialize;
use yizhang_ledger::value::{Code, Day, Division, Fen, Month, Rate};

/// Largest file, in bytes.
pub const FILE_BYTES_MAX: usize = 1024 * 1024;
/// Most rows of a table, or days of a list.
pub const ROWS_MAX: usize = 1_000;
/// Longest text of a field, in bytes.
pub const TEXT_BYTES_MAX: usize = 400;

/// A rule file, read by somebody else.
#[derive(Clone, Copy, Debug)]
pub struct RuleFile<'a> {
    /// Its name, for faults.
    pub name: &'a str,
    /// What it says.
    pub text: &'a str,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    #[serde(default)]
    rule: Vec<toml::Spanned<WrittenRule>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenRule {
    id: String,
    key: String,
    #[serde(default)]
    of: String,
    place: Option<String>,
    #[serde(default)]
    direct: bool,
    from: Option<String>,
    until: Option<String>,
    value: WrittenValue,
    #[serde(default)]
    document: String,
    #[serde(default)]
    number: String,
    published: Option<String>,
    confidence: String,
    #[serde(default)]
    note: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "lowercase")]
enum WrittenValue {
    Months(u32),
    Days(u32),
    Count(u32),
    Yuan(String),
    Rate(String),
    Month(String),
    Table(Vec<Vec<u32>>),
    Dates(Vec<String>),
    Code(String),
    None(bool),
}

impl WrittenValue {
    const fn unit(&self) -> &'static str {
        match self {
            Self::Months(_) => "months",
            Self::Days(_) => "days",
            Self::Count(_) => "count",
            Self::Yuan(_) => "yuan",
            Self::Rate(_) => "rate",
            Self::Month(_) => "month",
            Self::Table(_) => "table",
            Self::Dates(_) => "dates",
            Self::Code(_) => "code",
            Self::None(_) => "none",
        }
    }
}

/// The rules of a file, in its order, and its faults.
pub(crate) fn read(file: RuleFile<'_>) -> (Vec<Rule>, Vec<RuleFault>) {
    let fault = |place: String, fault| RuleFault { file: file.name.to_owned(), place, fault };
    let found = file.text.len();
    if found > FILE_BYTES_MAX {
        return (Vec::new(), vec![fault("file".into(), Fault::TooLarge { limit: FILE_BYTES_MAX, found })]);
    }
    let written: Written = match toml::from_str(file.text) {
        Ok(written) => written,
        Err(error) => {
            let line = error.span().map_or(1, |span| line_of(file.text, span.start));
            return (Vec::new(), vec![fault(format!("line {line}"), Fault::Syntax(error.message().to_owned()))]);
        }
    };
    let (mut rules, mut faults) = (Vec::new(), Vec::new());
    for (number, written) in (1_u32..).zip(written.rule) {
        let written = written.into_inner();
        let place = if written.id.is_empty() { format!("rule {number}") } else { written.id.clone() };
        match rule(written) {
            Ok(rule) => rules.push(rule),
            Err(found) => faults.extend(found.into_iter().map(|found| fault(place.clone(), found))),
        }
    }
    (rules, faults)
}

fn line_of(text: &str, offset: usize) -> usize {
    let before = text.bytes().take(offset).filter(|byte| *byte == b'\n').count();
    before.saturating_add(1)
}

fn wrong(field: &'static str, expected: impl Into<String>, found: impl Into<String>) -> Fault {
    Fault::Field { field, expected: expected.into(), found: found.into() }
}

fn rule(written: WrittenRule) -> Result<Rule, Vec<Fault>> {
    let mut faults = Vec::new();
    let key = Key::named(&written.key);
    if key.is_none() {
        faults.push(wrong("key", "one of the register in docs/RULES.md", written.key.clone()));
    }
    let is_id = |text: &str| text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b".-/".contains(&b));
    if written.id.is_empty() || written.id.len() > 100 || !is_id(&written.id) {
        faults.push(wrong("id", "1 to 100 of a-z, 0-9, `.`, `-` and `/`", written.id.clone()));
    }
    let place = optional(written.place.as_deref(), Division::parse, &mut faults, "place", "a division of six digits");
    if let Some(key) = key {
        if !key.subject().admits(&written.of) {
            let found = if written.of.is_empty() { "nothing".to_owned() } else { short(&written.of) };
            faults.push(wrong("of", key.subject().to_string(), found));
        }
        if written.place.is_some() == place.is_some() && !key.scope().admits(place) {
            let found = place.map_or_else(|| "nothing".to_owned(), |place| place.to_string());
            let expected = if key.scope() == Scope::Nation { "nothing: the key is the nation's" } else { "a place" };
            faults.push(wrong("place", expected, found));
        }
    }
    if written.direct && written.place.is_none() {
        faults.push(wrong("direct", "a place of which it is the own code", "no place"));
    }
    let from = optional(written.from.as_deref(), Month::parse, &mut faults, "from", "a month as 2025-07");
    let until = optional(written.until.as_deref(), Month::parse, &mut faults, "until", "a month as 2026-06");
    let published = optional(written.published.as_deref(), Day::parse, &mut faults, "published", "a day as 2025-09-18");
    if let (Some(from), Some(until)) = (from, until)
        && until < from
    {
        faults.push(wrong("until", format!("{from} or later"), until.to_string()));
    }
    let confidence = Confidence::of(&written.confidence);
    if confidence.is_none() {
        faults.push(wrong("confidence", "V, K, U or D", written.confidence.clone()));
    }
    let law = matches!(confidence, Some(Confidence::Verified | Confidence::Known));
    if law && written.document.is_empty() {
        faults.push(wrong("document", "the document behind a rule of confidence V or K", "nothing"));
    }
    let texts =
        [("of", &written.of), ("document", &written.document), ("number", &written.number), ("note", &written.note)];
    for (field, text) in texts {
        if text.len() > TEXT_BYTES_MAX {
            faults.push(wrong(field, format!("at most {TEXT_BYTES_MAX} bytes"), format!("{}", text.len())));
        }
    }
    if matches!(written.value, WrittenValue::None(_)) && written.place.is_none() {
        faults.push(wrong("value", "a value: only a place can be without the one of what is around it", "none"));
    }
    let value = key.and_then(|key| value(key, written.value).map_err(|fault| faults.push(fault)).ok());
    match (key, value, confidence) {
        (Some(key), Some(value), Some(confidence)) if faults.is_empty() => Ok(Rule {
            id: written.id,
            key,
            of: written.of,
            place,
            direct: written.direct,
            from,
            until,
            value,
            document: written.document,
            number: written.number,
            published,
            confidence,
            note: written.note,
        }),
        _ => Err(faults),
    }
}

fn optional<T>(
    text: Option<&str>,
    read: impl Fn(&str) -> Option<T>,
    faults: &mut Vec<Fault>,
    field: &'static str,
    expected: &'static str,
) -> Option<T> {
    let text = text?;
    let value = read(text);
    if value.is_none() {
        faults.push(wrong(field, expected, text));
    }
    value
}

fn value(key: Key, written: WrittenValue) -> Result<Value, Fault> {
    let unit = written.unit();
    let found = short;
    match written {
        WrittenValue::None(true) => return Ok(Value::None),
        WrittenValue::None(false) => return Err(wrong("value", "`none = true`, or a value", "none = false")),
        _ => {}
    }
    Ok(match (key.unit(), written) {
        (Unit::Months, WrittenValue::Months(number)) => Value::Months(small(number, "months")?),
        (Unit::Days, WrittenValue::Days(number)) => Value::Days(small(number, "days")?),
        (Unit::Count, WrittenValue::Count(number)) => Value::Count(small(number, "count")?),
        (Unit::Yuan, WrittenValue::Yuan(text)) => {
            Value::Yuan(yuan(&text).ok_or_else(|| wrong("value", "yuan with two decimals as 7162.00", found(&text)))?)
        }
        (Unit::Rate, WrittenValue::Rate(text)) => {
            Value::Rate(rate(&text).ok_or_else(|| wrong("value", "a rate of 0 to 10 as 0.0262", found(&text)))?)
        }
        (Unit::Month, WrittenValue::Month(text)) => {
            Value::Month(Month::parse(&text).ok_or_else(|| wrong("value", "a month as 1998-01", found(&text)))?)
        }
        (Unit::Table(columns), WrittenValue::Table(rows)) => {
            let row = rows.iter().find(|row| row.len() != columns);
            if let Some(row) = row {
                return Err(wrong("value", format!("rows of {columns} numbers"), format!("a row of {}", row.len())));
            }
            bounded(rows.len())?;
            if let Some((expected, found)) = meaningless(key, &rows) {
                return Err(wrong("value", expected, found));
            }
            Value::Table(rows)
        }
        (Unit::Dates, WrittenValue::Dates(texts)) => {
            bounded(texts.len())?;
            let mut days = Vec::new();
            for text in &texts {
                let day = Day::parse(text).filter(|day| days.last().is_none_or(|last| last < day));
                days.push(day.ok_or_else(|| wrong("value", "ascending days as 2026-01-01", found(text)))?);
            }
            Value::Dates(days)
        }
        (Unit::Code, WrittenValue::Code(text)) => {
            let code = Code::new(&text).filter(|code| !code.is_none());
            let code = code.ok_or_else(|| wrong("value", "1 to 32 visible ASCII characters", found(&text)))?;
            Value::Code(code.as_str().to_owned())
        }
        (unit_of_key, _) => return Err(wrong("value", unit_of_key.to_string(), unit)),
    })
}

/// Months, days and counts fit into what reads them.
fn small(number: u32, unit: &str) -> Result<u32, Fault> {
    let limit = u32::from(u16::MAX);
    if number > limit {
        return Err(wrong("value", format!("at most {limit} {unit}"), number.to_string()));
    }
    Ok(number)
}

/// What is expected of a table and found instead, where its numbers mean nothing to the key.
fn meaningless(key: Key, rows: &[Vec<u32>]) -> Option<(&'static str, String)> {
    let shown = |row: &Vec<u32>| row.iter().map(u32::to_string).collect::<Vec<_>>().join(" ");
    let first = |wrong: &dyn Fn(&Vec<u32>) -> bool| rows.iter().find(|row| wrong(row)).map(shown);
    let unordered = || {
        let pair = rows.windows(2).find(|pair| matches!(pair, [one, other] if one.first() >= other.first()));
        pair.and_then(<[Vec<u32>]>::last).map(shown)
    };
    match key {
        Key::DivisionSuccessor => {
            let no_division = |row: &Vec<u32>| row.iter().any(|number| Division::new(*number).is_none());
            first(&no_division).map(|found| ("divisions of six digits", found))
        }
        Key::RetirementSchedule => {
            if rows.len() != 1 {
                return Some(("one row", format!("{} rows", rows.len())));
            }
            let is_schedule = |row: &Vec<u32>| match row.as_slice() {
                [age, born, step, _] => *age > 0 && *step > 0 && Month::parse(&born.to_string()).is_some(),
                _ => false,
            };
            first(&|row| !is_schedule(row))
                .map(|found| ("an age in months, a month as 196501, a step above 0, a largest delay", found))
        }
        Key::UnemploymentStretches => {
            let (last, before) = rows.split_last()?;
            let ends = |row: &Vec<u32>| row.first().copied().unwrap_or(0);
            if ends(last) != 0 {
                return Some(("a last row without end, as [0, 6, 1]", shown(last)));
            }
            if let Some(row) = before.iter().find(|row| ends(row) == 0) {
                return Some(("an end in every row but the last", shown(row)));
            }
            let rising = before.windows(2).all(|pair| matches!(pair, [one, other] if ends(one) < ends(other)));
            if !rising {
                return Some((
                    "ends that rise from row to row",
                    before.iter().map(shown).collect::<Vec<_>>().join(", "),
                ));
            }
            first(&|row| row.get(1).copied().unwrap_or(0) == 0).map(|found| ("for each 1 or more paid months", found))
        }
        Key::PensionDivisor | Key::UnemploymentCeiling | Key::InjuryGrades => {
            unordered().map(|found| ("rows whose first number rises", found))
        }
        _ => None,
    }
}

/// The beginning of a text, for a fault.
fn short(text: &str) -> String {
    text.chars().take(40).collect()
}

fn bounded(rows: usize) -> Result<(), Fault> {
    if rows == 0 || rows > ROWS_MAX {
        return Err(wrong("value", format!("1 to {ROWS_MAX} rows"), rows.to_string()));
    }
    Ok(())
}

/// Digits, and exactly two of them behind the point.
fn yuan(text: &str) -> Option<Fen> {
    let (whole, cents) = text.split_once('.')?;
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if cents.len() != 2 || !digits(whole) || !digits(cents) {
        return None;
    }
    let fen = whole.parse::<i64>().ok()?.checked_mul(100)?.checked_add(cents.parse().ok()?)?;
    Fen::new(fen)
}

/// Digits, and up to four of them behind the point.
fn rate(text: &str) -> Option<Rate> {
    let (whole, decimals) = text.split_once('.').unwrap_or((text, "0"));
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if decimals.len() > 4 || !digits(whole) || !digits(decimals) {
        return None;
    }
    let padded = format!("{decimals:0<4}");
    Rate::new(whole.parse::<u32>().ok()?.checked_mul(10_000)?.checked_add(padded.parse().ok()?)?)
}
