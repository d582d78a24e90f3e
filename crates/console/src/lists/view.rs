//! How lists look.

use super::{Asked, Held, PAGE_ROWS, Shown, Sort, WAY};
use crate::{
    desk::Found,
    disputes,
    grid::escaped,
    layout::{Page, Renewal, alert, for_what, token},
    shared::{Session, Shared},
    text::{named, t},
};
use axum::response::Html;
use maud::{Markup, html};
use std::collections::BTreeSet;
use yizhang_entitlement::review::List;
use yizhang_ledger::{hash::Hash, value::Division};
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
        renewal: if running.is_some() {
            Renewal::EverySecond
        } else {
            Renewal::Never
        },
        ..Page::of(shared, session, WAY, t!("lists.title").to_string())
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
pub(super) fn list(shared: &Shared, session: &Session, shown: &Shown<'_>) -> Html<String> {
    let Shown {
        held, list, asked, ..
    } = *shown;
    let rows = shown.rows();
    let pages = rows.len().div_ceil(PAGE_ROWS).max(1);
    let page = asked.page.clamp(1, pages);
    let all = held.reviewed.counts.get(&list).copied().unwrap_or_default();
    let on_page = rows.iter().skip((page - 1) * PAGE_ROWS).take(PAGE_ROWS);
    let on_page: Vec<&Found> = on_page.copied().collect();
    let purpose = shared.work().purpose.clone();
    let answered = shared.review().answered.clone();
    let own = Own {
        region: shared.desk.clerk().region,
        answered: &answered,
    };
    let body = html! {
        p.as-of { (held.as_of()) " · " a href=(WAY) { (t!("lists.all_lists")) } }
        (filter(session, shown))
        p {
            (t!("lists.shown", shown = rows.len(), all = all)) " · "
            a href=(asked.address(list, "/csv", 0)) download { "CSV" } " · "
            a href=(asked.address(list, "/xlsx", 0)) download { "XLSX" }
        }
        @if on_page.is_empty() { p { (t!("lists.empty")) } } @else {
            form.rows method="post" action="/lists/open" {
                (token(session))
                (for_what(purpose.as_ref()))
                input type="hidden" name="list" value=(list.name());
                input type="hidden" name="asked" value=(serde_json::to_string(asked).expect("texts and numbers are JSON"));
                (table(list, &on_page, &own))
            }
        }
        (leaf(list, asked, page, pages))
    };
    let title = review::list_name(list);
    let way = if list == List::Dispute {
        disputes::WAY
    } else {
        WAY
    };
    Page::of(shared, session, way, title).show(&body)
}

/// What a clerk may answer, and has answered.
struct Own<'o> {
    region: Division,
    answered: &'o BTreeSet<Hash>,
}

fn filter(session: &Session, shown: &Shown<'_>) -> Markup {
    let Shown {
        held,
        list,
        asked,
        sought,
    } = *shown;
    let found = held.reviewed.lists.get(&list);
    let found = found.map_or(&[][..], Vec::as_slice);
    let whats: BTreeSet<&str> = found.iter().map(|one| one.finding.what.as_str()).collect();
    let schemes = found.iter().filter_map(|one| one.finding.family.as_deref());
    let schemes: BTreeSet<&str> = schemes.collect();
    html! {
        form.filter method="post" action=(format!("{WAY}/{}", list.name())) {
            (token(session))
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
            label { (t!("lists.sought")) " " input name="sought" value=(sought) size="16" maxlength="100" autocomplete="off"; }
            label { (t!("lists.sort")) " "
                select name="sort" {
                    @for sort in Sort::ALL { option value=(sort.tag()) selected[asked.sort == sort] { (named(&format!("lists.sort.{}", sort.tag()))) } }
                }
            }
            @if matches!(list, List::Transfer | List::Dispute) {
                label { input type="checkbox" name="overdue" value="1" checked[!asked.overdue.is_empty()]; " " (t!("lists.only_overdue")) }
            }
            button type="submit" { (t!("lists.filter")) }
        }
    }
}

fn table(list: List, rows: &[&Found], own: &Own<'_>) -> Markup {
    let [account, what, scheme, months, places, how] = review::header();
    let names = [
        account,
        t!("lists.serial").to_string(),
        what,
        scheme,
        months,
        places,
        how,
    ];
    html! {
        table.list {
            thead { tr {
                @for name in &names { th scope="col" { (name) } }
                @match list {
                    List::Transfer => { th scope="col" { (t!("lists.case")) } }
                    List::Dispute => { th scope="col" { (t!("lists.disputed")) } th scope="col" { (t!("lists.raised")) } th scope="col" { (t!("grid.deed")) } }
                    _ => {}
                }
            } }
            tbody { @for found in rows { (row(list, found, own)) } }
        }
    }
}

fn row(list: List, found: &Found, own: &Own<'_>) -> Markup {
    let finding = &found.finding;
    let [account, what, scheme, months, places, how] = review::cells(list, &found.account, finding);
    let short: String = account.chars().take(8).collect();
    html! {
        tr.late[finding.overdue > 0] {
            td { button.plain.code type="submit" name="account" value=(account) title=(account) { (short) "…" } }
            td { (found.serial) }
            td { (what) } td { (scheme) } td { (months) } td { (places) } td { (how) }
            @match list {
                List::Transfer => { (case(found)) }
                List::Dispute => {
                    td { (review::disputed(finding)) } td { @if let Some(day) = finding.raised { (day) } }
                    td { (answer(found, own)) }
                }
                _ => {}
            }
        }
    }
}

/// The case of a transfer, and where its step is taken.
fn case(found: &Found) -> Markup {
    let case = found.finding.case.as_deref().unwrap_or_default();
    html! {
        td {
            @if found.case_number.is_empty() { span.code title=(case) { (case.chars().take(8).collect::<String>()) "…" } } @else { (found.case_number) }
            " " a href=(step_address(found, case)) { (t!("transfer.go")) }
        }
    }
}

/// Where a dispute is answered, if it is this agency's to answer.
fn answer(found: &Found, own: &Own<'_>) -> Markup {
    let finding = &found.finding;
    html! {
        @match finding.dispute {
            Some(id) if own.answered.contains(&id) => { (t!("disputes.answered")) }
            Some(id) if finding.places.contains(&own.region) => { a href=(format!("{}/{id}", disputes::WAY)) { (t!("disputes.answer")) } }
            _ => { (t!("disputes.elsewhere")) }
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
                @if page > 1 { a rel="prev" href=(asked.address(list, "", page - 1)) { "← " (t!("lists.before")) } }
                span { (t!("lists.page", page = page, pages = pages)) }
                @if page < pages { a rel="next" href=(asked.address(list, "", page + 1)) { (t!("lists.after")) " →" } }
            }
        }
    }
}
