//! How a submission that waits looks: its records, every field in words, and the forms behind the last of them.

use super::{Looked, REASON_BYTES_MAX, TYPED_DIGITS, WAY};
use crate::{
    desk::Trouble,
    layout::{Page, alert, business_name, token},
    shared::{Session, Shared},
    text::t,
};
use axum::{
    http::StatusCode,
    response::{Html, IntoResponse, Response},
};
use maud::{Markup, html};
use yizhang_ledger::{entry::Entry, record::Record, value::LeafIndex};
use yizhang_show::waiting::{Field, fields};

/// Records on one page.
const PAGE_RECORDS: usize = 50;

/// The records, and what can be said of them; what was said, once it was.
pub(super) fn records(
    shared: &Shared,
    session: &Session,
    number: u64,
    looked: &Looked,
    page: usize,
) -> Html<String> {
    let all = looked.block.len();
    let pages = all.div_ceil(PAGE_RECORDS).max(1);
    let page = page.clamp(1, pages);
    let from = (page - 1) * PAGE_RECORDS;
    let on_page = looked.block.entries().skip(from).take(PAGE_RECORDS);
    let body = html! {
        @if let Some(said) = &looked.said { p.done role="status" { (said) } }
        (about(looked, all))
        @for (at, bytes) in (from + 1..).zip(on_page) { (record(at, bytes)) }
        (ways(number, page, pages))
        @if looked.said.is_some() { p { a href=(WAY) { (t!("approvals.all")) } } }
        @else if page == pages { (forms(session, number, looked)) }
        @else { p.small { (t!("approvals.to_the_end")) } }
    };
    Page::of(shared, session, WAY, title(looked)).show(&body)
}

fn title(looked: &Looked) -> String {
    t!("approvals.one", number = looked.typed()).to_string()
}

/// Why something was not done, and the way back to the records.
pub(super) fn refused(
    shared: &Shared,
    session: &Session,
    number: u64,
    looked: &Looked,
    trouble: &Trouble,
) -> Response {
    let body = html! {
        (alert(&trouble.text))
        p { a href=(address(number, last(looked))) { (t!("approvals.back")) } }
        p { a href=(WAY) { (t!("approvals.all")) } }
    };
    let page = Page::of(shared, session, WAY, title(looked));
    (StatusCode::UNPROCESSABLE_ENTITY, page.show(&body)).into_response()
}

fn last(looked: &Looked) -> usize {
    looked.block.len().div_ceil(PAGE_RECORDS).max(1)
}

fn address(number: u64, page: usize) -> String {
    format!("{WAY}/{number}?page={page}")
}

fn about(looked: &Looked, records: usize) -> Markup {
    let purpose = &looked.purpose;
    html! {
        p.as-of {
            (t!("approvals.about", records = records, business = business_name(purpose.business()), case = purpose.case_number()))
        }
        dl.fields-of {
            dt { (t!("approvals.number")) } dd.code { (looked.id) }
            dt { (t!("approvals.digest")) } dd.code { (looked.block.content_digest()) }
        }
    }
}

fn record(at: usize, bytes: &[u8]) -> Markup {
    let entry = Entry::parse(bytes, LeafIndex(0)).ok();
    let record = entry.as_ref().and_then(|entry| Record::read(entry).ok());
    let fields: Vec<Field> = record.as_ref().map(fields).unwrap_or_default();
    html! {
        section.record {
            h2 { (t!("approvals.record", at = at)) }
            @if fields.is_empty() { (alert(&t!("approvals.unread"))) }
            dl.fields-of { @for field in &fields { dt { (field.name) } dd { (field.value) } } }
        }
    }
}

fn ways(number: u64, page: usize, pages: usize) -> Markup {
    html! {
        @if pages > 1 {
            nav.steps aria-label=(t!("lists.pages")) {
                @if page > 1 { a rel="prev" href=(address(number, page - 1)) { "← " (t!("lists.before")) } }
                span { (t!("lists.page", page = page, pages = pages)) }
                @if page < pages { a rel="next" href=(address(number, page + 1)) { (t!("lists.after")) " →" } }
            }
        }
    }
}

/// Both words, behind all that they are about.
fn forms(session: &Session, number: u64, looked: &Looked) -> Markup {
    html! {
        form.decision method="post" action=(format!("{WAY}/{number}/approve")) autocomplete="off" {
            (token(session))
            h2 { (t!("approvals.approve")) }
            p id="typed-help" { (t!("approvals.type", digits = TYPED_DIGITS, number = looked.typed())) }
            label { (t!("approvals.typed")) " " input.code name="typed" required minlength=(TYPED_DIGITS) maxlength=(TYPED_DIGITS) size="10" aria-describedby="typed-help" spellcheck="false"; }
            " " button.main.take type="submit" { (t!("approvals.approve")) }
        }
        form.decision method="post" action=(format!("{WAY}/{number}/refuse")) autocomplete="off" {
            (token(session))
            h2 { (t!("approvals.refuse")) }
            p id="reason-help" { (t!("approvals.why")) }
            label { (t!("approvals.reason")) " " input name="reason" required maxlength=(REASON_BYTES_MAX) size="40" aria-describedby="reason-help"; }
            " " button type="submit" { (t!("approvals.refuse")) }
        }
        form method="post" action=(format!("{WAY}/{number}/put-back")) {
            (token(session))
            button.plain type="submit" { (t!("approvals.put_back")) }
        }
    }
}
