//! Rules for people. Rule files may come from anybody: what they say goes to a terminal without what a terminal obeys.

use super::{bare_table, count, place, printable_lines, rule_fault, table as empty_table};
use crate::text::t;
use yizhang_ledger::value::Month;
use yizhang_rules::{Change, Confidence, Rule, RuleFault, Unit, Value};

/// Longest value that is shown in a table, in characters; `--id` and `--whole` show the rest.
const VALUE_SHOWN_MAX: usize = 40;

/// Prints what is wrong with rule files.
pub fn faults(faults: &[RuleFault]) {
    println!("{}", printable_lines(&fault_lines(faults)));
}

/// What is wrong with rule files, a line each under how many there are.
pub fn fault_lines(faults: &[RuleFault]) -> String {
    let title = match faults {
        [_] => t!("rules.fault").to_string(),
        _ => t!("rules.faults", count = faults.len()).to_string(),
    };
    let lines = faults
        .iter()
        .map(|fault| format!("  {}", rule_fault::line(fault)));
    std::iter::once(title)
        .chain(lines)
        .collect::<Vec<_>>()
        .join("\n")
}

/// The name of a rule set, as the account has it.
pub fn name(name: impl std::fmt::Display) -> String {
    t!("rules.name", name = name).to_string()
}

/// Prints rules as a table, and the notes on them below.
pub fn table(rules: &[&Rule]) {
    let mut rows = empty_table([
        t!("rules.id"),
        t!("rules.key"),
        t!("rules.of"),
        t!("rules.place"),
        t!("rules.months"),
        t!("rules.value"),
        t!("rules.document"),
        t!("rules.published"),
        t!("rules.confidence"),
    ]);
    for rule in rules {
        rows.add_row(
            [
                rule.id.clone(),
                rule.key.name().to_owned(),
                rule.of.clone(),
                where_it_holds(rule),
                months(rule),
                shortened(&value(rule)),
                document(rule),
                rule.published
                    .map(|day| day.to_string())
                    .unwrap_or_default(),
                confidence(rule.confidence),
            ]
            .map(|text| printable_lines(&text)),
        );
    }
    println!("{rows}");
    for rule in rules.iter().filter(|rule| !rule.note.is_empty()) {
        let note = t!("rules.note_of", id = rule.id, note = rule.note);
        println!("{}", printable_lines(&note));
    }
}

/// Prints rules with every field whole.
pub fn whole(rules: &[&Rule]) {
    for rule in rules {
        let mut rows = bare_table();
        for (name, text) in fields(rule)
            .into_iter()
            .filter(|(_, text)| !text.is_empty())
        {
            rows.add_row([name, text]);
        }
        println!("{rows}");
    }
}

/// Prints what differs, field by field.
pub fn changes(changes: &[Change<'_>]) {
    if changes.is_empty() {
        println!("{}", t!("rules.same"));
    }
    for change in changes {
        match change {
            Change::Added(rule) => {
                let line = t!("rules.added", id = rule.id, rule = in_short(rule));
                println!("{}", printable_lines(&line));
            }
            Change::Removed(rule) => {
                let line = t!("rules.removed", id = rule.id, rule = in_short(rule));
                println!("{}", printable_lines(&line));
            }
            Change::Changed(old, new) => {
                let id = printable_lines(&new.id);
                println!("{}", t!("rules.changed", id = id));
                for ((field, old), (_, new)) in fields(old).into_iter().zip(fields(new)) {
                    if old != new {
                        let [old, new] =
                            [old, new].map(|text| if text.is_empty() { nothing() } else { text });
                        println!(
                            "    {}",
                            t!("rules.field", field = field, old = old, new = new)
                        );
                    }
                }
            }
        }
    }
}

/// What a rule says, where and when.
fn in_short(rule: &Rule) -> String {
    let parts = [
        rule.key.name().to_owned(),
        rule.of.clone(),
        where_it_holds(rule),
        months(rule),
        value(rule),
    ];
    parts
        .into_iter()
        .filter(|part| !part.is_empty())
        .collect::<Vec<_>>()
        .join(&t!("rules.comma"))
}

/// Every field with its name.
fn fields(rule: &Rule) -> Vec<(String, String)> {
    let fields = [
        (t!("rules.id"), rule.id.clone()),
        (t!("rules.key"), rule.key.name().to_owned()),
        (t!("rules.of"), rule.of.clone()),
        (t!("rules.place"), where_it_holds(rule)),
        (t!("rules.months"), months(rule)),
        (t!("rules.value"), value(rule)),
        (t!("rules.document"), document(rule)),
        (
            t!("rules.published"),
            rule.published
                .map(|day| day.to_string())
                .unwrap_or_default(),
        ),
        (t!("rules.confidence"), confidence(rule.confidence)),
        (t!("rules.note"), rule.note.clone()),
    ];
    fields
        .map(|(name, text)| (name.to_string(), printable_lines(&text)))
        .into()
}

fn nothing() -> String {
    t!("rules.nothing").to_string()
}

fn document(rule: &Rule) -> String {
    format!("{} {}", rule.document, rule.number)
        .trim()
        .to_owned()
}

/// The value with its unit.
fn value(rule: &Rule) -> String {
    let found = rule.value.to_string();
    match (&rule.value, rule.key.unit()) {
        (Value::None, _) => t!("rules.own_unknown").to_string(),
        (_, Unit::Months) => count::months(found),
        (_, Unit::Days) if found == "1" => t!("rules.unit.day", count = found).to_string(),
        (_, Unit::Days) => t!("rules.unit.days", count = found).to_string(),
        (_, Unit::Yuan) => t!("rules.unit.yuan", amount = found).to_string(),
        _ => found,
    }
}

fn months(rule: &Rule) -> String {
    span(rule.from, rule.until)
}

/// Months from the first to the last.
pub(super) fn span(first: Option<Month>, last: Option<Month>) -> String {
    match (first, last) {
        (Some(first), Some(last)) if first == last => first.to_string(),
        (Some(first), Some(last)) => t!("rules.span.both", first = first, last = last).to_string(),
        (Some(first), None) => t!("rules.span.first", first = first).to_string(),
        (None, Some(last)) => t!("rules.span.last", last = last).to_string(),
        (None, None) => t!("rules.span.always").to_string(),
    }
}

fn where_it_holds(rule: &Rule) -> String {
    let name = rule
        .place
        .map_or_else(|| t!("rules.nation").to_string(), place::name);
    if rule.direct {
        t!("rules.direct", place = name).to_string()
    } else {
        name
    }
}

fn shortened(text: &str) -> String {
    let mut shown: String = text.chars().take(VALUE_SHOWN_MAX).collect();
    if shown.len() < text.len() {
        shown.push('…');
    }
    shown
}

fn confidence(confidence: Confidence) -> String {
    match confidence {
        Confidence::Verified => t!("rules.verified"),
        Confidence::Known => t!("rules.known"),
        Confidence::Uncertain => t!("rules.uncertain"),
        Confidence::Design => t!("rules.design"),
    }
    .to_string()
}
