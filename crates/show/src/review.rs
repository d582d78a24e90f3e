//! What a review found, for people.

use super::{count, kind, named, place, serde_name, table, yuan};
use crate::text::t;
use std::collections::BTreeMap;
use yizhang_entitlement::review::{Finding, List};
use yizhang_ledger::{entry::Kind, value::Day};

/// Prints how many findings there are of each sort, and how many of them are overdue.
pub fn counts(counts: &BTreeMap<(List, String), (u64, u64)>) {
    if counts.is_empty() {
        println!("{}", t!("review.nothing"));
        return;
    }
    let header = [
        t!("review.list"),
        t!("review.what"),
        t!("review.findings"),
        t!("review.overdue"),
    ];
    let mut rows = table(header);
    for ((list, what), (found, overdue)) in counts {
        let overdue = if matches!(list, List::Transfer | List::Dispute) {
            overdue.to_string()
        } else {
            String::new()
        };
        rows.add_row([
            list_name(*list),
            meaning(*list, what),
            found.to_string(),
            overdue,
        ]);
    }
    println!("{rows}");
}

/// Prints the first findings of each list, the gravest first.
pub fn lists(
    lists: &BTreeMap<List, Vec<(String, Finding)>>,
    counts: &BTreeMap<(List, String), (u64, u64)>,
) {
    for (list, found) in lists.iter().filter(|(_, found)| !found.is_empty()) {
        let all: u64 = counts
            .iter()
            .filter(|((of, _), _)| of == list)
            .map(|(_, (count, _))| count)
            .sum();
        println!();
        let name = list_name(*list);
        println!(
            "{}",
            t!("review.first", list = name, shown = found.len(), all = all)
        );
        let mut rows = table(header().map(Into::into));
        rows.add_rows(
            found
                .iter()
                .map(|(account, finding)| cells(*list, account, finding)),
        );
        println!("{rows}");
    }
}

/// The names of the columns of a list.
pub fn header() -> [String; 6] {
    [
        t!("review.account"),
        t!("review.what"),
        t!("conflict.scheme"),
        t!("conflict.months"),
        t!("review.where"),
        t!("review.how"),
    ]
    .map(|name| name.to_string())
}

/// The name of a list.
pub fn list_name(list: List) -> String {
    named(&format!("review.list.{}", serde_name(&list)))
}

/// A finding of an account as the cells of a list.
pub fn cells(list: List, account: &str, finding: &Finding) -> [String; 6] {
    let months = match (finding.first, finding.last) {
        (Some(first), Some(last)) if first != last => format!("{first} – {last}"),
        (first, _) => first.map(|first| first.to_string()).unwrap_or_default(),
    };
    let scheme = finding
        .family
        .as_deref()
        .map(place::scheme)
        .unwrap_or_default();
    [
        account.to_owned(),
        meaning(list, &finding.what),
        scheme,
        months,
        places(finding),
        how(finding),
    ]
}

/// Who must act, until when, what it costs, what is short.
fn how(finding: &Finding) -> String {
    let price = finding.price.map(yuan).unwrap_or_default();
    let line = match (finding.list, finding.payable) {
        (List::Conflict, _) => {
            return finding
                .acts
                .map(|acts| named(&format!("actor.{}", serde_name(&acts))))
                .unwrap_or_default();
        }
        (List::Transfer | List::Dispute, _) => {
            let due = finding.due.map(|day| day.to_string()).unwrap_or_default();
            t!(
                "review.due_on",
                due = due,
                days = count::working_days(finding.overdue)
            )
        }
        (List::Gap, Some(0)) => t!("review.not_payable"),
        (List::Gap, Some(count)) => {
            let until = finding
                .until
                .map(|month| month.to_string())
                .unwrap_or_default();
            t!(
                "figures.gap_open",
                count = count::months(count),
                price = price,
                until = until
            )
        }
        (List::Gap, None) if finding.price.is_some() => t!("figures.gap_owed", owed = price),
        (List::Gap, None) if finding.acts.is_some() => t!("figures.gap_debt"),
        (List::Gap, None) if finding.what == "unpaid" => t!("figures.gap_no_rule"),
        (List::Gap, None) => return String::new(),
        (List::Retirement, _) => t!("review.short", months = count::months(finding.months)),
    };
    line.to_string()
}

fn places(finding: &Finding) -> String {
    place::names(finding.places.iter().copied())
}

/// Prints cases that wait for a step.
pub fn transfers(waiting: &[(String, Finding)]) {
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
            places(finding),
            finding.due.map(|day| day.to_string()).unwrap_or_default(),
            finding.overdue.to_string(),
        ]);
    }
    println!("{rows}");
}

/// Prints disputes that wait for an answer.
pub fn disputes(waiting: &[(String, Finding)]) {
    if waiting.is_empty() {
        println!("{}", t!("review.no_disputes"));
        return;
    }
    let header = [
        t!("review.dispute"),
        t!("review.account"),
        t!("review.what"),
        t!("review.disputed"),
        t!("review.raised"),
        t!("review.due"),
        t!("review.overdue"),
    ];
    let mut rows = table(header);
    for (account, finding) in waiting {
        let day = |day: Option<Day>| day.map(|day| day.to_string()).unwrap_or_default();
        rows.add_row([
            finding.dispute.map(|id| id.to_string()).unwrap_or_default(),
            account.clone(),
            meaning(List::Dispute, &finding.what),
            disputed(finding),
            day(finding.raised),
            day(finding.due),
            finding.overdue.to_string(),
        ]);
    }
    println!("{rows}");
}

/// What a dispute is about: the kind of the record, and where it stands; empty where it is none of the account.
pub fn disputed(finding: &Finding) -> String {
    let (Some(disputed), Some(at)) = (finding.disputed, finding.at) else {
        return String::new();
    };
    t!("review.disputed_at", kind = kind::name(disputed), at = at).to_string()
}

/// The class, cause or step in words.
pub fn meaning(list: List, what: &str) -> String {
    match list {
        List::Conflict => format!("{what} {}", named(&format!("conflict.{what}"))),
        List::Gap => named(&format!("gap.{what}")),
        List::Transfer => Kind::NAMED
            .iter()
            .find(|(_, name)| *name == what)
            .map_or_else(|| what.to_owned(), |(kind, _)| kind::name(*kind)),
        List::Retirement => named(&format!("class.{what}")),
        List::Dispute => super::account::dispute_reason(what),
    }
}
