//! What a review found, for people.

use super::{kind, named, place, serde_name, table};
use rust_i18n::t;
use std::collections::BTreeMap;
use yizhang_entitlement::review::{Finding, List};
use yizhang_ledger::entry::Kind;

/// Prints how many findings there are of each sort, and how many of them are overdue.
pub(crate) fn counts(counts: &BTreeMap<(List, String), (u64, u64)>) {
    if counts.is_empty() {
        println!("{}", t!("review.nothing"));
        return;
    }
    let header = [t!("review.list"), t!("review.what"), t!("review.findings"), t!("review.overdue")];
    let mut rows = table(header);
    for ((list, what), (found, overdue)) in counts {
        let overdue = if *list == List::Transfer { overdue.to_string() } else { String::new() };
        rows.add_row([
            named(&format!("review.list.{}", serde_name(list))),
            meaning(*list, what),
            found.to_string(),
            overdue,
        ]);
    }
    println!("{rows}");
}

/// Prints cases that wait for a step.
pub(crate) fn transfers(waiting: &[(String, Finding)]) {
    if waiting.is_empty() {
        println!("{}", t!("review.no_transfers"));
        return;
    }
    let header = [
        t!("review.account"),
        t!("review.case"),
        t!("review.what"),
        t!("review.place"),
        t!("review.due"),
        t!("review.overdue"),
    ];
    let mut rows = table(header);
    for (account, finding) in waiting {
        rows.add_row([
            account.clone(),
            finding.case.clone().unwrap_or_default(),
            meaning(List::Transfer, &finding.what),
            finding.place.map(place::name).unwrap_or_default(),
            finding.due.map(|day| day.to_string()).unwrap_or_default(),
            finding.overdue.to_string(),
        ]);
    }
    println!("{rows}");
}

/// The class, cause or step in words.
fn meaning(list: List, what: &str) -> String {
    match list {
        List::Conflict => format!("{what} {}", named(&format!("conflict.{what}"))),
        List::Gap => named(&format!("gap.{what}")),
        List::Transfer => Kind::NAMED
            .iter()
            .find(|(_, name)| *name == what)
            .map_or_else(|| what.to_owned(), |(kind, _)| kind::name(*kind)),
        List::Retirement => named(&format!("class.{what}")),
    }
}
