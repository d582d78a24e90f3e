//! What the page rests on: as of when, whose records are in it and how new they are, and what was checked.

use super::{Links, words};
use crate::text::t;
use crate::{
    account::Answer,
    copies::{self, ChainCopy},
    place,
};
use maud::{Markup, html};
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
        0 => t!("home.trust.line_none", day = day),
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

/// What the page cannot show although there may be something: what an account warns of, also where no record of a region is in it.
pub(super) fn warnings(answer: &Answer) -> Vec<String> {
    let mut lines = Vec::new();
    if !answer.strangers.is_empty() {
        lines.push(t!("home.paid.strangers").to_string());
    }
    for (key, is_so) in [
        ("home.paid.doubt", ChainCopy::is_quarantined as fn(&_) -> _),
        ("home.paid.damaged", is_damaged),
        ("home.paid.wrong_register", has_wrong_register),
        ("home.paid.aside", has_left_aside),
    ] {
        let copies = answer.copies.iter().filter(|copy| is_so(copy));
        let regions = words::places(copies.map(ChainCopy::region));
        if !regions.is_empty() {
            lines.push(t!(key, regions = regions).to_string());
        }
    }
    let late = behind(answer);
    if !late.is_empty() {
        lines.push(t!("home.paid.behind", regions = words::listed(&late)).to_string());
    }
    lines
}

const fn is_damaged(copy: &ChainCopy) -> bool {
    !copy.damage.is_empty()
}

const fn has_wrong_register(copy: &ChainCopy) -> bool {
    copy.wrong_register.is_some()
}

const fn has_left_aside(copy: &ChainCopy) -> bool {
    copy.left_aside > 0
}

/// Regions whose newest records may be missing.
fn behind(answer: &Answer) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    let late = answer.copies.iter().filter(|copy| copy.may_be_behind());
    names.extend(late.map(|copy| words::at(copy.region())));
    names.extend(answer.behind.iter().map(|region| place::of_code(region)));
    names.dedup();
    names
}

/// Whether it is shown that nothing was left out, and on whose word.
pub(super) fn completeness(answer: &Answer) -> String {
    let Some(checked) = &answer.checked else {
        return t!("home.complete.unchecked").to_string();
    };
    let mut shown: Vec<String> = Vec::new();
    let mut open: Vec<String> = Vec::new();
    let mut alone: Vec<String> = Vec::new();
    for one in &checked.completeness {
        let region = words::at(one.chain.region());
        let Some(through) = one.through else {
            open.push(region);
            continue;
        };
        let day = words::day(Day::of(through.time));
        let text = if one.mirrors.is_empty() {
            alone.push(region.clone());
            t!("home.complete.region", region = region, day = day)
        } else {
            let mirrors = words::places(one.mirrors.iter().copied());
            t!(
                "home.complete.region_confirmed",
                region = region,
                day = day,
                mirrors = mirrors
            )
        };
        shown.push(text.to_string());
    }
    let mut text = match (shown.is_empty(), open.is_empty()) {
        (true, _) => t!("home.complete.open").to_string(),
        (false, true) => t!("home.complete.all", list = words::listed(&shown)).to_string(),
        (false, false) => t!(
            "home.complete.some",
            list = words::listed(&shown),
            open = words::listed(&open)
        )
        .to_string(),
    };
    if !alone.is_empty() {
        let regions = words::listed(&alone);
        text.push_str(&t!("home.complete.alone", regions = regions));
    }
    text
}

/// The part at the end of the page.
pub(super) fn section(answer: &Answer) -> Markup {
    html! {
        section id="trust" {
            h2 { (t!("home.trust.title")) }
            p { (t!("home.trust.as_of", day = words::day(answer.account.as_of), time = copies::moment(answer.at))) }
            p { (words::prose(&what_was_checked(answer))) }
            p { (words::prose(&completeness(answer))) }
            @for line in warnings(answer) { p { (words::prose(&line)) } }
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
    } else if is_damaged(copy) {
        "home.state.damaged"
    } else if has_wrong_register(copy) {
        "home.state.wrong_register"
    } else if has_left_aside(copy) {
        "home.state.aside"
    } else if copy.may_be_behind() {
        "home.state.behind"
    } else {
        "home.state.current"
    };
    t!(key).to_string()
}
