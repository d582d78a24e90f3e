//! Disputes: those that wait for this agency's answer, from the review, and the form of an answer.

use crate::{
    approvals::ask,
    desk::{Answered, Answering, Found, Trouble},
    layout::{Page, alert, token},
    routes::{foreign, is_ours, no_page},
    shared::{Session, Shared},
    text::t,
};
use axum::{
    Extension, Form,
    extract::{Path, State},
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};
use maud::{Markup, html};
use serde::Deserialize;
use std::sync::Arc;
use yizhang_entitlement::{dispute::Outcome, review::List};
use yizhang_ledger::hash::Hash;
use yizhang_show::{account::dispute_outcome, review};

/// The way that these pages stand under.
pub(crate) const WAY: &str = "/disputes";
/// Where the queue is: a list of the review.
const QUEUE: &str = "/lists/dispute?sort=due";
/// Longest field of an answer.
const FIELD_CHARACTERS_MAX: usize = 64;

/// The queue, or how it is made.
pub(crate) async fn desk(
    Extension(session): Extension<Session>,
    State(shared): State<Arc<Shared>>,
) -> Response {
    if shared.review().last.is_some() {
        return Redirect::to(QUEUE).into_response();
    }
    let body = html! {
        p { (t!("disputes.none")) }
        form method="post" action="/lists" {
            (token(&session))
            button.main type="submit" { (t!("lists.begin")) }
        }
    };
    let page = Page::of(&shared, &session, WAY, t!("disputes.title").to_string());
    page.show(&body).into_response()
}

/// The dispute of a number in an address, as the review has it.
fn found(shared: &Shared, id: Hash) -> Option<Found> {
    let held = shared.review().last.clone()?;
    let region = shared.desk.clerk().region;
    let mut disputes = held.reviewed.lists.get(&List::Dispute)?.iter();
    let is_it = |found: &&Found| {
        found.finding.dispute == Some(id) && found.finding.places.contains(&region)
    };
    disputes.find(is_it).cloned()
}

pub(crate) async fn one(
    Extension(session): Extension<Session>,
    State(shared): State<Arc<Shared>>,
    Path(id): Path<String>,
) -> Response {
    let id = Hash::from_hex(&id);
    match id.and_then(|id| found(&shared, id)) {
        Some(found) => shown(&shared, &session, &found, &Answering::default(), None),
        None => no_page().await,
    }
}

/// An answer, as it was typed.
#[derive(Deserialize)]
pub(crate) struct Typed {
    token: String,
    #[serde(default)]
    outcome: String,
    #[serde(default)]
    serial: String,
    #[serde(default)]
    agency: String,
    #[serde(default)]
    document: String,
}

pub(crate) async fn answer(
    Extension(session): Extension<Session>,
    State(shared): State<Arc<Shared>>,
    Path(id): Path<String>,
    Form(typed): Form<Typed>,
) -> Response {
    if !is_ours(&session, &typed.token) {
        return foreign();
    }
    let known = Hash::from_hex(&id).and_then(|id| Some((id, found(&shared, id)?)));
    let Some((dispute, found)) = known else {
        return no_page().await;
    };
    let short = |text: &str| text.trim().chars().take(FIELD_CHARACTERS_MAX).collect();
    let answering = Answering {
        dispute,
        account: found.account.clone(),
        outcome: short(&typed.outcome),
        serial: short(&typed.serial),
        agency: short(&typed.agency),
        document: short(&typed.document),
    };
    let (desk, asked) = (Arc::clone(&shared.desk), answering.clone());
    let answered = ask(move || desk.answer(&asked)).await;
    if answered.as_ref().is_ok_and(|answered| answered.is_answered) {
        shared.review().answered.insert(dispute);
    }
    shown(&shared, &session, &found, &answering, Some(&answered))
}

fn shown(
    shared: &Shared,
    session: &Session,
    found: &Found,
    answering: &Answering,
    told: Option<&Result<Answered, Trouble>>,
) -> Response {
    let is_answered = found
        .finding
        .dispute
        .is_some_and(|id| shared.review().answered.contains(&id));
    let status = match &told {
        Some(Err(_)) => StatusCode::UNPROCESSABLE_ENTITY,
        _ => StatusCode::OK,
    };
    let body = html! {
        p { a href=(QUEUE) { (t!("disputes.queue")) } }
        @match &told {
            Some(Ok(answered)) => {
                section.result role="status" {
                    h2 { @if answered.is_answered { (t!("disputes.done")) } @else { (t!("disputes.waits")) } }
                    @for line in &answered.lines { p { (line) } }
                }
            }
            Some(Err(trouble)) => { (alert(&trouble.text)) }
            None => {}
        }
        (about(found))
        @if is_answered {
            @if told.is_none() { p.done { (t!("disputes.answered")) } }
        } @else {
            (form(session, found, answering))
        }
    };
    let page = Page::of(shared, session, WAY, t!("disputes.one").to_string());
    (status, page.show(&body)).into_response()
}

fn about(found: &Found) -> Markup {
    let finding = &found.finding;
    let header = review::header();
    let cells = review::cells(List::Dispute, &found.account, finding);
    html! {
        dl.fields-of {
            @for (name, value) in header.iter().zip(&cells).filter(|(_, value)| !value.is_empty()) { dt { (name) } dd { (value) } }
            dt { (t!("lists.serial")) } dd { @if found.serial.is_empty() { "–" } @else { (found.serial) } }
            dt { (t!("lists.disputed")) } dd { (review::disputed(finding)) }
            @if let Some(day) = finding.raised { dt { (t!("lists.raised")) } dd { (day) } }
            @if let Some(id) = finding.dispute { dt { (t!("disputes.id")) } dd.code { (id) } }
        }
    }
}

fn form(session: &Session, found: &Found, answering: &Answering) -> Markup {
    let action = found
        .finding
        .dispute
        .map(|id| format!("{WAY}/{id}"))
        .unwrap_or_default();
    html! {
        form.step method="post" action=(action) autocomplete="off" {
            (token(session))
            h2 { (t!("disputes.answer")) }
            p.small { (t!("disputes.lead")) }
            div.fields {
                label { (t!("disputes.outcome"))
                    select name="outcome" required {
                        option value="" {}
                        @for outcome in Outcome::ALL {
                            option value=(outcome.code()) selected[answering.outcome == outcome.code()] { (dispute_outcome(outcome.code())) }
                        }
                    }
                }
                label { (t!("transfer.serial")) input name="serial" value=(answering.serial) required maxlength="32"; }
                label { (t!("transfer.field.agency")) input name="agency" value=(answering.agency) maxlength="32"; }
                label { (t!("disputes.document")) input name="document" value=(answering.document) maxlength="64"; }
            }
            p { button.main.take type="submit" { (t!("disputes.send")) } }
        }
    }
}
