//! What the page rests on: as of when, whose records are in it and how new they are, and what was checked.

use super::{Links, words};
use crate::{account::Answer, copies, place};
use maud::{Markup, html};
use rust_i18n::t;
use std::collections::BTreeSet;
use yizhang_ledger::value::{Day, Division};
use yizhang_statement::Identity;

/// The line under the title, which leads to the part at the end of the first page.
pub(super) fn line(answer: &Answer, links: &Links) -> Markup {
    let account = &answer.account;
    let checked = if answer.checked.is_some() {
        t!("home.trust.checked_short")
    } else {
        t!("home.trust.unchecked_short")
    };
    let day = words::day(account.as_of);
    let from = match regions(answer).len() {
        1 => t!("home.trust.line_one", day = day),
        count => t!("home.trust.line", day = day, count = count),
    };
    html! {
        p.trust {
            (from)
            " " a href=(links.trust()) { (checked) }
        }
    }
}

/// The regions whose records are in the account.
fn regions(answer: &Answer) -> BTreeSet<Division> {
    let sources = answer.account.sources.iter();
    sources.map(|source| source.region).collect()
}

/// Regions of which two histories were signed and records are in the account.
pub(super) fn doubtful(answer: &Answer) -> Vec<String> {
    let known = regions(answer);
    let copies = answer.copies.iter();
    let doubtful = copies.filter(|copy| copy.is_quarantined() && known.contains(&copy.region()));
    doubtful.map(|copy| words::at(copy.region())).collect()
}

/// Regions whose newest records may be missing.
pub(super) fn behind(answer: &Answer) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    let late = answer.copies.iter().filter(|copy| copy.may_be_behind());
    names.extend(late.map(|copy| words::at(copy.region())));
    names.extend(answer.behind.iter().map(|region| place::of_code(region)));
    names.dedup();
    names
}

/// Whether it is shown that nothing was left out, in a sentence.
pub(super) fn completeness(answer: &Answer) -> String {
    let Some(checked) = &answer.checked else {
        return t!("home.complete.unchecked").to_string();
    };
    let mut shown: Vec<String> = Vec::new();
    let mut open: Vec<String> = Vec::new();
    for one in &checked.completeness {
        let region = words::at(one.chain.region());
        match one.through {
            Some(through) => shown.push(
                t!(
                    "home.complete.region",
                    region = region,
                    day = words::day(Day::of(through.time))
                )
                .to_string(),
            ),
            None => open.push(region),
        }
    }
    match (shown.is_empty(), open.is_empty()) {
        (true, _) => t!("home.complete.open").to_string(),
        (false, true) => t!("home.complete.all", list = words::listed(&shown)).to_string(),
        (false, false) => t!(
            "home.complete.some",
            list = words::listed(&shown),
            open = words::listed(&open)
        )
        .to_string(),
    }
}

/// The part at the end of the page.
pub(super) fn section(answer: &Answer) -> Markup {
    html! {
        section id="trust" {
            h2 { (t!("home.trust.title")) }
            p { (t!("home.trust.as_of", day = words::day(answer.account.as_of), time = copies::moment(answer.at))) }
            p { (words::prose(&what_was_checked(answer))) }
            p { (words::prose(&completeness(answer))) }
            (sources(answer))
            @if !answer.account.records.is_empty() { p { (words::prose(&t!("home.trust.compare"))) } }
        }
    }
}

fn what_was_checked(answer: &Answer) -> String {
    let Some(checked) = &answer.checked else {
        return t!("home.trust.unchecked").to_string();
    };
    let text = t!("home.trust.checked", records = checked.records).to_string();
    if checked.identity == Identity::Trusted {
        format!("{text}{}", t!("home.trust.identity"))
    } else {
        text
    }
}

/// Whose records are in it, and how new they are.
fn sources(answer: &Answer) -> Markup {
    let sources = &answer.account.sources;
    html! {
        @if !sources.is_empty() {
            table.list {
                caption.unseen { (t!("home.trust.sources")) }
                thead { tr {
                    th scope="col" { (t!("home.trust.region")) }
                    th scope="col" { (words::prose(&t!("home.trust.records"))) }
                    th scope="col" { (t!("home.trust.latest")) }
                    th scope="col" { (t!("home.trust.state")) }
                } }
                tbody {
                    @for source in sources {
                        tr {
                            th scope="row" { (words::at(source.region)) }
                            td { (source.records) }
                            td { @if let Some(day) = source.latest { (words::day(day)) } }
                            td { (state(answer, source.region)) }
                        }
                    }
                }
            }
        }
    }
}

fn state(answer: &Answer, region: Division) -> String {
    let Some(copy) = answer.copies.iter().find(|copy| copy.region() == region) else {
        return t!("home.state.unknown").to_string();
    };
    let key = if copy.is_quarantined() {
        "home.state.quarantined"
    } else if copy.may_be_behind() {
        "home.state.behind"
    } else {
        "home.state.current"
    };
    t!(key).to_string()
}
