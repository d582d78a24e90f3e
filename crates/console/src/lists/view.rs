//! How lists look.

use super::{Asked, Held, PAGE_ROWS, Sort, WAY};
use crate::{
    desk::Found,
    layout::{Page, Renewal, alert, token},
    shared::{Session, Shared},
    text::{named, t},
};
use axum::response::Html;
use maud::{Markup, html};
use std::{collections::BTreeSet, fmt::Write as _};
use yizhang_entitlement::review::List;
use yizhang_show::{place, review};

/// All lists, and the review that they come from.
pub(super) fn overview(shared: &Shared, session: &Session) -> Html<String> {
    let (running, last, trouble) = {
        let review = shared.review();
        (
            review.running.clone(),
            review.last.clone(),
            review.trouble.clone(),
        )
    };
    let body = html! {
        @if let Some(trouble) = &trouble { (alert(&trouble.text)) }
        @if let Some(progress) = &running {
            p role="status" { (t!("lists.running", accounts = progress.done())) }
        } @else {
            form method="post" action=(WAY) {
                (token(session))
                button.main type="submit" { @if last.is_some() { (t!("lists.renew")) } @else { (t!("lists.begin")) } }
            }
        }
        @match &last {
            Some(held) => { (lists(held)) }
            None if running.is_none() => { p { (t!("lists.none")) } }
            None => {}
        }
    };
    let page = Page {
        shared,
        session,
        way: WAY,
        title: t!("lists.title").to_string(),
        renewal: if running.is_some() {
            Renewal::EverySecond
        } else {
            Renewal::Never
        },
    };
    page.show(&body)
}

fn lists(held: &Held) -> Markup {
    let reviewed = &held.reviewed;
    html! {
        p.as-of { (held.as_of()) }
        p { (t!("lists.accounts", accounts = reviewed.accounts)) }
        @for note in &reviewed.notes { p.small { (note) } }
        table.list {
            thead { tr { th scope="col" { (t!("lists.list")) } th.number scope="col" { (t!("lists.all")) } th.number scope="col" { (t!("lists.past")) } } }
            tbody {
                @for (list, name) in List::NAMED {
                    tr {
                        td { a href=(format!("{WAY}/{name}")) { (review::list_name(list)) } }
                        td.number { (reviewed.counts.get(&list).copied().unwrap_or_default()) }
                        td.number { (past(held, list)) }
                    }
                }
            }
        }
    }
}

/// How many of a list are past their limit.
fn past(held: &Held, list: List) -> usize {
    let found = held.reviewed.lists.get(&list);
    found.map_or(0, |found| {
        let late = |found: &&Found| found.finding.overdue > 0;
        found.iter().filter(late).count()
    })
}

/// One list.
pub(super) fn list(
    shared: &Shared,
    session: &Session,
    held: &Held,
    list: List,
    asked: &Asked,
) -> Html<String> {
    let rows = asked.of(held, list);
    let pages = rows.len().div_ceil(PAGE_ROWS).max(1);
    let page = asked.page.clamp(1, pages);
    let all = held.reviewed.counts.get(&list).copied().unwrap_or_default();
    let shown = rows.iter().skip((page - 1) * PAGE_ROWS).take(PAGE_ROWS);
    let shown: Vec<&Found> = shown.copied().collect();
    let body = html! {
        p.as-of { (held.as_of()) " · " a href=(WAY) { (t!("lists.all_lists")) } }
        (filter(held, list, asked))
        p {
            (t!("lists.shown", shown = rows.len(), all = all)) " · "
            a href=(address(list, "/csv", asked, 0)) download { "CSV" } " · "
            a href=(address(list, "/xlsx", asked, 0)) download { "XLSX" }
        }
        @if shown.is_empty() { p { (t!("lists.empty")) } } @else { (table(session, list, asked, &shown)) }
        (leaf(list, asked, page, pages))
    };
    let title = review::list_name(list);
    let page = Page {
        shared,
        session,
        way: WAY,
        title,
        renewal: Renewal::Never,
    };
    page.show(&body)
}

/// The address of a list with what is asked of it.
fn address(list: List, part: &str, asked: &Asked, page: usize) -> String {
    let pairs = [
        ("what", asked.what.clone()),
        ("scheme", asked.scheme.clone()),
        ("sought", asked.sought.clone()),
        ("overdue", asked.overdue.clone()),
        ("sort", asked.sort.tag()),
        ("page", page.max(1).to_string()),
    ];
    let mut address = format!("{WAY}/{}{part}", list.name());
    let mut mark = '?';
    for (name, value) in pairs.iter().filter(|(_, value)| !value.is_empty()) {
        address.push(mark);
        address.push_str(name);
        address.push('=');
        address.push_str(&escaped(value));
        mark = '&';
    }
    address
}

/// A value in an address.
fn escaped(value: &str) -> String {
    let mut text = String::with_capacity(value.len());
    for byte in value.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            text.push(char::from(byte));
        } else {
            write!(text, "%{byte:02X}").expect("a string takes whatever is written to it");
        }
    }
    text
}

fn filter(held: &Held, list: List, asked: &Asked) -> Markup {
    let found = held.reviewed.lists.get(&list);
    let found = found.map_or(&[][..], Vec::as_slice);
    let whats: BTreeSet<&str> = found.iter().map(|one| one.finding.what.as_str()).collect();
    let schemes = found.iter().filter_map(|one| one.finding.family.as_deref());
    let schemes: BTreeSet<&str> = schemes.collect();
    html! {
        form.filter method="get" action=(format!("{WAY}/{}", list.name())) {
            label { (t!("lists.what")) " "
                select name="what" {
                    option value="" { (t!("lists.any")) }
                    @for what in whats { option value=(what) selected[asked.what == what] { (review::meaning(list, what)) } }
                }
            }
            @if !schemes.is_empty() {
                label { (t!("lists.scheme")) " "
                    select name="scheme" {
                        option value="" { (t!("lists.any")) }
                        @for scheme in schemes { option value=(scheme) selected[asked.scheme == scheme] { (place::scheme(scheme)) } }
                    }
                }
            }
            label { (t!("lists.sought")) " " input name="sought" value=(asked.sought) size="16" maxlength="100"; }
            label { (t!("lists.sort")) " "
                select name="sort" {
                    @for sort in Sort::ALL { option value=(sort.tag()) selected[asked.sort == sort] { (named(&format!("lists.sort.{}", sort.tag()))) } }
                }
            }
            @if list == List::Transfer {
                label { input type="checkbox" name="overdue" value="1" checked[!asked.overdue.is_empty()]; " " (t!("lists.only_overdue")) }
            }
            button type="submit" { (t!("lists.filter")) }
        }
    }
}

fn table(session: &Session, list: List, asked: &Asked, rows: &[&Found]) -> Markup {
    let [account, what, scheme, months, places, how] = review::header();
    let asked = serde_json::to_string(asked).expect("texts and a number are JSON");
    html! {
        form.rows method="post" action="/lists/open" {
            (token(session))
            input type="hidden" name="list" value=(list.name());
            input type="hidden" name="asked" value=(asked);
            table.list {
                thead { tr {
                    @for name in [&account, &t!("lists.serial").to_string(), &what, &scheme, &months, &places, &how] { th scope="col" { (name) } }
                    @if list == List::Transfer { th scope="col" { (t!("lists.case")) } }
                } }
                tbody { @for found in rows { (row(list, found)) } }
            }
        }
    }
}

fn row(list: List, found: &Found) -> Markup {
    let [account, what, scheme, months, places, how] =
        review::cells(list, &found.account, &found.finding);
    let short: String = account.chars().take(8).collect();
    let case = found.finding.case.as_deref().unwrap_or_default();
    let is_late = found.finding.overdue > 0;
    html! {
        tr.late[is_late] {
            td { button.plain.code type="submit" name="account" value=(account) title=(account) { (short) "…" } }
            td { (found.serial) }
            td { (what) } td { (scheme) } td { (months) } td { (places) } td { (how) }
            @if list == List::Transfer {
                td {
                    @if found.case_number.is_empty() { span.code title=(case) { (case.chars().take(8).collect::<String>()) "…" } } @else { (found.case_number) }
                    " " a href=(step_address(found, case)) { (t!("transfer.go")) }
                }
            }
        }
    }
}

/// Where the step is taken that a transfer waits for.
fn step_address(found: &Found, case: &str) -> String {
    let case = if found.case_number.is_empty() {
        case
    } else {
        &found.case_number
    };
    let (kind, case) = (escaped(&found.finding.what), escaped(case));
    format!("/transfer?kind={kind}&case={case}")
}

/// The ways to the page before and after.
fn leaf(list: List, asked: &Asked, page: usize, pages: usize) -> Markup {
    html! {
        @if pages > 1 {
            nav.steps aria-label=(t!("lists.pages")) {
                @if page > 1 { a rel="prev" href=(address(list, "", asked, page - 1)) { "← " (t!("lists.before")) } }
                span { (t!("lists.page", page = page, pages = pages)) }
                @if page < pages { a rel="next" href=(address(list, "", asked, page + 1)) { (t!("lists.after")) " →" } }
            }
        }
    }
}
