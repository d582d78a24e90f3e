//! Rule files: TOML, one `[[rule]]` a rule.

use crate::{
    fault::{Expected, Fault, Found, Place, RuleFault, shown},
    key::{Key, Scope},
    place::is_of_a_province,
    rule::{Confidence, Rule, Value},
    value,
};
use toml::Table;
use yizhang_ledger::value::{Day, Division, Month};

/// Largest file, in bytes.
pub const FILE_BYTES_MAX: usize = 1024 * 1024;
/// Most rows of a table, or days of a list.
pub const ROWS_MAX: usize = 1_000;
/// Longest text of a field, in bytes.
pub const TEXT_BYTES_MAX: usize = 400;
/// Longest id, in bytes.
const ID_BYTES_MAX: usize = 100;
/// Last year of which a rule may speak: nothing is known of later ones.
const YEAR_MAX: u16 = 2_199;

/// Every field of a rule.
const FIELDS: &[&str] = &[
    "id",
    "key",
    "of",
    "place",
    "direct",
    "from",
    "until",
    "value",
    "document",
    "number",
    "published",
    "confidence",
    "note",
];

/// A rule file, read by somebody else.
#[derive(Clone, Copy, Debug)]
pub struct RuleFile<'a> {
    /// Its name, for faults.
    pub name: &'a str,
    /// What it says.
    pub text: &'a str,
}

/// The rules of a file, in its order, and its faults.
pub(crate) fn read(file: RuleFile<'_>) -> (Vec<Rule>, Vec<RuleFault>) {
    let fault = |place, fault| RuleFault {
        file: Some(file.name.to_owned()),
        place,
        fault,
    };
    let found = file.text.len();
    if found > FILE_BYTES_MAX {
        let found = u64::try_from(found).expect("an address has at most 64 bits");
        return (Vec::new(), vec![fault(Place::File, Fault::TooLarge(found))]);
    }
    let written: Table = match toml::from_str(file.text) {
        Ok(written) => written,
        Err(error) => {
            let line = error
                .span()
                .map_or(1, |span| line_of(file.text, span.start));
            return (
                Vec::new(),
                vec![fault(
                    Place::Line(line),
                    Fault::Syntax(shown(error.message())),
                )],
            );
        }
    };
    let (mut rules, mut faults) = (Vec::new(), Vec::new());
    let unknown = written.keys().filter(|name| *name != "rule");
    faults.extend(unknown.map(|name| fault(Place::File, Fault::FieldUnknown(shown(name)))));
    let Some(list) = tables(written.get("rule")) else {
        let found = Found::text(
            &written
                .get("rule")
                .map(ToString::to_string)
                .unwrap_or_default(),
        );
        faults.push(fault(
            Place::File,
            Fault::Field {
                field: "rule",
                expected: Expected::Rules,
                found,
            },
        ));
        return (rules, faults);
    };
    for (number, table) in (1_u32..).zip(list) {
        match rule(table) {
            Ok(rule) => rules.push(rule),
            Err(found) => {
                let id = table
                    .get("id")
                    .and_then(toml::Value::as_str)
                    .filter(|id| !id.is_empty());
                let place = id.map_or(Place::Number(number), |id| Place::Rule(shown(id)));
                faults.extend(found.into_iter().map(|found| fault(place.clone(), found)));
            }
        }
    }
    (rules, faults)
}

/// The tables of a list of them; none of what is something else.
fn tables(list: Option<&toml::Value>) -> Option<Vec<&Table>> {
    let Some(list) = list else {
        return Some(Vec::new());
    };
    list.as_array()?.iter().map(toml::Value::as_table).collect()
}

fn line_of(text: &str, offset: usize) -> usize {
    let before = text
        .bytes()
        .take(offset)
        .filter(|byte| *byte == b'\n')
        .count();
    before
        .checked_add(1)
        .expect("a text in memory has fewer lines than memory has bytes")
}

/// The fields of a rule as they are written, and what has been found wrong with them.
struct Fields<'t> {
    table: &'t Table,
    faults: Vec<Fault>,
}

impl<'t> Fields<'t> {
    fn wrong(&mut self, field: &'static str, expected: Expected, found: Found) {
        self.faults.push(Fault::Field {
            field,
            expected,
            found,
        });
    }

    /// A text, nothing where the field is left out.
    fn text(&mut self, field: &'static str) -> &'t str {
        match self.table.get(field) {
            None => "",
            Some(toml::Value::String(text)) if text.len() > TEXT_BYTES_MAX => {
                self.wrong(
                    field,
                    Expected::Bytes(TEXT_BYTES_MAX),
                    Found::Bytes(text.len()),
                );
                ""
            }
            Some(toml::Value::String(text)) => text,
            Some(other) => {
                self.wrong(
                    field,
                    Expected::Text,
                    Found::Bare(shown(&other.to_string())),
                );
                ""
            }
        }
    }

    /// What a text stands for, nothing where the field is left out.
    fn read<T>(
        &mut self,
        field: &'static str,
        expected: Expected,
        read: impl FnOnce(&'t str) -> Option<T>,
    ) -> Option<T> {
        let known = self.faults.len();
        let text = self.text(field);
        if self.faults.len() > known || !self.table.contains_key(field) {
            return None;
        }
        let value = read(text);
        if value.is_none() {
            self.wrong(field, expected, Found::text(text));
        }
        value
    }

    /// The same of a field that must be there.
    fn needed<T>(
        &mut self,
        field: &'static str,
        expected: Expected,
        read: impl FnOnce(&'t str) -> Option<T>,
    ) -> Option<T> {
        if !self.table.contains_key(field) {
            self.wrong(field, expected, Found::Nothing);
            return None;
        }
        self.read(field, expected, read)
    }

    fn flag(&mut self, field: &'static str) -> bool {
        match self.table.get(field) {
            None => false,
            Some(toml::Value::Boolean(flag)) => *flag,
            Some(other) => {
                self.wrong(
                    field,
                    Expected::Flag,
                    Found::Text(shown(&other.to_string())),
                );
                false
            }
        }
    }
}

fn rule(table: &Table) -> Result<Rule, Vec<Fault>> {
    let mut fields = Fields {
        table,
        faults: Vec::new(),
    };
    let key = fields.needed("key", Expected::Register, Key::named);
    let id = fields.needed("id", Expected::Id, |id| is_id(id).then(|| id.to_owned()));
    let of = fields.text("of").to_owned();
    if let Some(key) = key.filter(|key| !key.subject().admits(&of)) {
        fields.wrong("of", Expected::Subject(key.subject()), Found::text(&of));
    }
    let place = place(&mut fields, key);
    let direct = fields.flag("direct");
    if direct && !table.contains_key("place") {
        fields.wrong("direct", Expected::PlaceOfDirect, Found::Nothing);
    }
    let span = span(&mut fields);
    let published = fields.read("published", Expected::Day, Day::parse);
    let source = source(&mut fields);
    let value = value_in(&mut fields, key, span);
    let unknown = table.keys().filter(|name| !FIELDS.contains(&name.as_str()));
    fields
        .faults
        .extend(unknown.map(|name| Fault::FieldUnknown(shown(name))));
    match (id, key, value, source.confidence) {
        (Some(id), Some(key), Some(value), Some(confidence)) if fields.faults.is_empty() => {
            Ok(Rule {
                id,
                key,
                of,
                place,
                direct,
                from: span.from,
                until: span.until,
                value,
                document: source.document,
                number: source.number,
                published,
                confidence,
                note: source.note,
            })
        }
        _ => Err(fields.faults),
    }
}

/// Where it holds: a division that the key's scope admits.
fn place(fields: &mut Fields<'_>, key: Option<Key>) -> Option<Division> {
    let place = fields.read("place", Expected::Division, |code| {
        Division::parse(code).filter(|place| is_of_a_province(*place))
    });
    // A place that could not be read has been said to be none already.
    let was_read = fields.table.contains_key("place") == place.is_some();
    if let Some(key) = key.filter(|key| was_read && !key.scope().admits(place)) {
        let found = place.map_or(Found::Nothing, |place| Found::Text(place.to_string()));
        let expected = if key.scope() == Scope::Nation {
            Expected::NoPlace
        } else {
            Expected::Place
        };
        fields.wrong("place", expected, found);
    }
    place
}

/// The months for which a rule holds; open where a side is none.
#[derive(Clone, Copy)]
struct MonthSpan {
    from: Option<Month>,
    until: Option<Month>,
}

fn span(fields: &mut Fields<'_>) -> MonthSpan {
    let month = |text: &str| Month::parse(text).filter(|month| month.year() <= YEAR_MAX);
    let from = fields.read("from", Expected::Month, month);
    let until = fields.read("until", Expected::Month, month);
    if let Some((from, until)) = from.zip(until).filter(|(from, until)| until < from) {
        fields.wrong(
            "until",
            Expected::NotBefore(from),
            Found::Text(until.to_string()),
        );
    }
    MonthSpan { from, until }
}

/// What a rule rests on.
struct RuleSource {
    document: String,
    number: String,
    confidence: Option<Confidence>,
    note: String,
}

fn source(fields: &mut Fields<'_>) -> RuleSource {
    let confidence = fields.needed("confidence", Expected::Confidence, Confidence::of);
    let source = RuleSource {
        document: fields.text("document").to_owned(),
        number: fields.text("number").to_owned(),
        confidence,
        note: fields.text("note").to_owned(),
    };
    let needs_document = matches!(confidence, Some(Confidence::Verified | Confidence::Known));
    if needs_document && source.document.is_empty() {
        fields.wrong("document", Expected::Document, Found::Nothing);
    }
    source
}

/// The value, of the form that the key asks for.
fn value_in(fields: &mut Fields<'_>, key: Option<Key>, span: MonthSpan) -> Option<Value> {
    let value = match value::read(key?, fields.table.get("value")) {
        Ok(value) => value,
        Err((expected, found)) => {
            fields.wrong("value", expected, found);
            return None;
        }
    };
    if value == Value::None && !fields.table.contains_key("place") {
        fields.wrong("value", Expected::ValueOfNation, Found::Text("none".into()));
    }
    if let Some(day) = outside(&value, span.from, span.until) {
        fields.wrong("value", Expected::DaysWithin, Found::Text(day.to_string()));
    }
    Some(value)
}

fn is_id(text: &str) -> bool {
    let is_part =
        |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b".-/".contains(&byte);
    (1..=ID_BYTES_MAX).contains(&text.len()) && text.bytes().all(is_part)
}

/// A day of a calendar outside the months for which it holds: everybody who reads days takes all of them.
fn outside(value: &Value, from: Option<Month>, until: Option<Month>) -> Option<Day> {
    let Value::Dates(days) = value else {
        return None;
    };
    let is_outside = |day: &Day| {
        let month = day.in_month();
        month < from || until.is_some_and(|until| month > Some(until))
    };
    days.iter().copied().find(is_outside)
}
