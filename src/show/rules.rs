//! Rules for people.

use super::{place, table as empty_table};
use crate::exit::Outcome;
use rust_i18n::t;
use yizhang_rules::{Change, Confidence, Rule, RuleFault};

/// Longest value that is shown in a table, in characters; the file has the rest.
const VALUE_SHOWN_MAX: usize = 40;

/// Prints what is wrong with rule files.
pub(crate) fn faults(faults: &[RuleFault]) -> Outcome {
    println!("{}", t!("rules.faults", count = faults.len()));
    for fault in faults {
        println!("  {fault}");
    }
    Outcome::Findings
}

/// Prints rules as a table.
pub(crate) fn table(rules: &[&Rule]) {
    let mut rows = empty_table([
        t!("rules.key"),
        t!("rules.of"),
        t!("rules.place"),
        t!("rules.from"),
        t!("rules.until"),
        t!("rules.value"),
        t!("rules.document"),
        t!("rules.confidence"),
    ]);
    for rule in rules {
        let month = |month: Option<yizhang_ledger::value::Month>| month.map(|month| month.to_string());
        rows.add_row([
            rule.key.name().to_owned(),
            rule.of.clone(),
            where_it_holds(rule),
            month(rule.from).unwrap_or_default(),
            month(rule.until).unwrap_or_default(),
            shortened(&rule.value.to_string()),
            format!("{} {}", rule.document, rule.number).trim().to_owned(),
            confidence(rule.confidence),
        ]);
    }
    println!("{rows}");
}

/// Prints what differs.
pub(crate) fn changes(changes: &[Change<'_>]) {
    if changes.is_empty() {
        println!("{}", t!("rules.same"));
    }
    for change in changes {
        let text = match change {
            Change::Added(rule) => t!("rules.added", id = rule.id, value = shortened(&rule.value.to_string())),
            Change::Removed(rule) => t!("rules.removed", id = rule.id, value = shortened(&rule.value.to_string())),
            Change::Changed(old, new) => t!(
                "rules.changed",
                id = new.id,
                old = shortened(&old.value.to_string()),
                new = shortened(&new.value.to_string())
            ),
        };
        println!("{text}");
    }
}

fn where_it_holds(rule: &Rule) -> String {
    let name = rule.place.map_or_else(|| t!("rules.nation").to_string(), place::name);
    if rule.direct { t!("rules.direct", place = name).to_string() } else { name }
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
