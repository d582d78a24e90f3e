//! Faults of rule files in the language in force. The crate words them in English; `locales/rule_faults.yml` has the
//! Chinese.

use super::rules::span;
use crate::language::{self, Language};
use crate::text::t;
use std::borrow::Cow;
use yizhang_rules::{Expected, FILE_BYTES_MAX, Fault, Found, Place, RuleFault, Subject, Unit};

/// A fault as one line: file, rule, what was expected, what was found.
pub fn line(fault: &RuleFault) -> String {
    if language::current() == Language::En {
        return fault.to_string();
    }
    let text = of_fault(&fault.fault);
    let Some(file) = &fault.file else {
        return text.into_owned();
    };
    let place = match &fault.place {
        Place::File => return t!("rule_fault.in_file", file = file, text = text).to_string(),
        Place::Line(number) => t!("rule_fault.line", number = number),
        Place::Number(number) => t!("rule_fault.number", number = number),
        Place::Rule(id) => t!("rule_fault.rule", id = id),
    };
    t!(
        "rule_fault.in_rule",
        file = file,
        place = place,
        text = text
    )
    .to_string()
}

fn of_fault(fault: &Fault) -> Cow<'_, str> {
    match fault {
        Fault::Syntax(found) => t!("rule_fault.syntax", found = found),
        Fault::Unreadable(found) => t!("rule_fault.unreadable", found = found),
        Fault::NoFile => t!("rule_fault.no_file"),
        Fault::Encoding => t!("rule_fault.encoding"),
        Fault::TooLarge(found) => t!(
            "rule_fault.too_large",
            limit = FILE_BYTES_MAX,
            found = found
        ),
        Fault::TooManyFiles { limit, found } => {
            t!("rule_fault.too_many_files", limit = limit, found = found)
        }
        Fault::TooManyRules { limit, found } => {
            t!("rule_fault.too_many_rules", limit = limit, found = found)
        }
        Fault::FieldUnknown(found) => t!("rule_fault.field_unknown", found = found),
        Fault::Field {
            field,
            expected,
            found,
        } => {
            t!(
                "rule_fault.field",
                field = field,
                expected = of_expected(expected),
                found = of_found(found)
            )
        }
        Fault::SameId { other } => t!("rule_fault.same_id", other = other),
        Fault::Overlap { other, span: both } => {
            t!(
                "rule_fault.overlap",
                other = other,
                span = span(both.first, both.last)
            )
        }
        Fault::Gap { key, span: gap } => t!(
            "rule_fault.gap",
            key = key,
            span = span(gap.first, gap.last)
        ),
    }
}

fn of_expected(expected: &Expected) -> Cow<'_, str> {
    match expected {
        Expected::Rules => t!("rule_fault.expected.rules"),
        Expected::Text => t!("rule_fault.expected.text"),
        Expected::Flag => t!("rule_fault.expected.flag"),
        Expected::Bytes(limit) => t!("rule_fault.expected.bytes", limit = limit),
        Expected::Id => t!("rule_fault.expected.id"),
        Expected::Register => t!("rule_fault.expected.register"),
        Expected::Subject(subject) => of_subject(*subject),
        Expected::Division => t!("rule_fault.expected.division"),
        Expected::NoPlace => t!("rule_fault.expected.no_place"),
        Expected::Place => t!("rule_fault.expected.place"),
        Expected::PlaceOfDirect => t!("rule_fault.expected.place_of_direct"),
        Expected::Month => t!("rule_fault.expected.month"),
        Expected::NotBefore(month) => t!("rule_fault.expected.not_before", month = month),
        Expected::Day => t!("rule_fault.expected.day"),
        Expected::Confidence => t!("rule_fault.expected.confidence"),
        Expected::Certain => t!("rule_fault.expected.certain"),
        Expected::Document => t!("rule_fault.expected.document"),
        Expected::Value(unit) => {
            t!(
                "rule_fault.expected.value",
                unit = of_unit(*unit),
                example = unit.example()
            )
        }
        Expected::Number { unit, least, most } => {
            t!(
                "rule_fault.expected.number",
                unit = of_unit(*unit),
                least = least,
                most = most
            )
        }
        Expected::Yuan => t!("rule_fault.expected.yuan"),
        Expected::Rate(most) => t!("rule_fault.expected.rate", most = most),
        Expected::Columns(count) => t!("rule_fault.expected.columns", count = count),
        Expected::Rows(most) => t!("rule_fault.expected.rows", most = most),
        Expected::Days => t!("rule_fault.expected.days"),
        Expected::DaysWithin => t!("rule_fault.expected.days_within"),
        Expected::Code => t!("rule_fault.expected.code"),
        Expected::ItemUse => t!("rule_fault.expected.item_use"),
        Expected::ValueOfNation => t!("rule_fault.expected.value_of_nation"),
        Expected::NoneTrue => t!("rule_fault.expected.none_true"),
        Expected::Divisions => t!("rule_fault.expected.divisions"),
        Expected::OneRow => t!("rule_fault.expected.one_row"),
        Expected::Schedule => t!("rule_fault.expected.schedule"),
        Expected::TwoMonths => t!("rule_fault.expected.two_months"),
        Expected::LastRowOpen => t!("rule_fault.expected.last_row_open"),
        Expected::RowsEnd => t!("rule_fault.expected.rows_end"),
        Expected::EndsRise => t!("rule_fault.expected.ends_rise"),
        Expected::PaidMonths => t!("rule_fault.expected.paid_months"),
        Expected::FirstRises => t!("rule_fault.expected.first_rises"),
        Expected::MonthsAboveZero => t!("rule_fault.expected.months_above_zero"),
        Expected::AsReplaced(old) => t!("rule_fault.expected.as_replaced", old = old),
        Expected::NotAbove { value, rule } => {
            t!("rule_fault.expected.not_above", value = value, rule = rule)
        }
        Expected::NotBelow { value, rule } => {
            t!("rule_fault.expected.not_below", value = value, rule = rule)
        }
        Expected::NoCircle => t!("rule_fault.expected.no_circle"),
    }
}

fn of_subject(subject: Subject) -> Cow<'static, str> {
    match subject {
        Subject::Nothing => t!("rule_fault.found.nothing"),
        Subject::Class => t!("rule_fault.subject.class"),
        Subject::Sex => t!("rule_fault.subject.sex"),
        Subject::Scheme => t!("rule_fault.subject.scheme"),
        Subject::AnyScheme => t!("rule_fault.subject.any_scheme"),
        Subject::Account => t!("rule_fault.subject.account"),
        Subject::Employer => t!("rule_fault.subject.employer"),
        Subject::Item => t!("rule_fault.subject.item"),
        Subject::Trade => t!("rule_fault.subject.trade"),
    }
}

fn of_unit(unit: Unit) -> Cow<'static, str> {
    match unit {
        Unit::Months => t!("rule_fault.unit.months"),
        Unit::Days => t!("rule_fault.unit.days"),
        Unit::Count => t!("rule_fault.unit.count"),
        Unit::Yuan => t!("rule_fault.unit.yuan"),
        Unit::Rate => t!("rule_fault.unit.rate"),
        Unit::Month => t!("rule_fault.unit.month"),
        Unit::Table(columns) => t!("rule_fault.unit.table", columns = columns),
        Unit::Dates => t!("rule_fault.unit.dates"),
        Unit::Code => t!("rule_fault.unit.code"),
    }
}

fn of_found(found: &Found) -> Cow<'_, str> {
    match found {
        Found::Nothing => t!("rule_fault.found.nothing"),
        Found::Text(text) => t!("rule_fault.found.text", text = text),
        Found::Bare(text) => t!("rule_fault.found.bare", text = text),
        Found::Bytes(count) => t!("rule_fault.found.bytes", count = count),
        Found::Rows(count) => t!("rule_fault.found.rows", count = count),
        Found::Row(count) => t!("rule_fault.found.row", count = count),
    }
}
