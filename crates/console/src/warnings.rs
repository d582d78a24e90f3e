//! Warnings of the access log: what looks odd in who has read what, and its closing by a second person.

use crate::{
    approvals::ask,
    desk::{Days, Warning, Warnings},
    export::{Cell, Sheet},
    grid::{Asked, Filter, Grid, Row, text_of},
    layout::{Page, alert, business_name, for_what, token},
    lists::forgotten,
    person::{Stated, purpose_first},
    routes::{foreign, is_ours, no_page},
    shared::{Session, Shared},
    text::{named, t},
};
use axum::{
    Extension, Form,
    extract::{Path, Query, State},
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};
use maud::{Markup, html};
use serde::Deserialize;
use std::sync::Arc;
use yizhang_ledger::value::{Day, UnixMillis};
use yizhang_show::{copies::moment, warnings::rule};
use yizhang_wire::purpose::Purpose;

/// The way that these pages stand under.
const WAY: &str = "/warnings";
/// Longest reason, as nodes take it.
const REASON_BYTES_MAX: usize = 256;

/// Warnings that were read.
#[derive(Clone)]
pub(crate) struct Told {
    at: UnixMillis,
    days: Days,
    /// For what they were read, and are closed.
    purpose: Purpose,
    warnings: Arc<Warnings>,
}

pub(crate) async fn desk(
    Extension(session): Extension<Session>,
    State(shared): State<Arc<Shared>>,
) -> Response {
    page(&shared, &session, StatusCode::OK, &html! {})
}

/// The form that reads them, and what else is to be said.
fn page(shared: &Shared, session: &Session, status: StatusCode, more: &Markup) -> Response {
    let purpose = shared.work().purpose.clone();
    let body = html! {
        p { (t!("warnings.lead")) }
        (more)
        form.filter method="post" action="/warnings/read" {
            (token(session))
            (for_what(purpose.as_ref()))
            label { (t!("warnings.first")) " " input type="date" name="first"; }
            label { (t!("warnings.last")) " " input type="date" name="last"; }
            button type="submit" { (t!("warnings.read")) }
        }
        p.small { (t!("warnings.days")) }
    };
    let page = Page::of(shared, session, WAY, t!("warnings.title").to_string());
    (status, page.show(&body)).into_response()
}

/// Of what days warnings are read, and for what.
#[derive(Deserialize)]
pub(crate) struct Reading {
    token: String,
    #[serde(default)]
    first: String,
    #[serde(default)]
    last: String,
    #[serde(flatten)]
    stated: Stated,
}

pub(crate) async fn read(
    Extension(session): Extension<Session>,
    State(shared): State<Arc<Shared>>,
    Form(reading): Form<Reading>,
) -> Response {
    if !is_ours(&session, &reading.token) {
        return foreign();
    }
    let Some(purpose) = reading.stated.purpose(&shared) else {
        return purpose_first(&shared, &session);
    };
    let days = Days {
        first: Day::parse(reading.first.trim()),
        last: Day::parse(reading.last.trim()),
    };
    match asked(&shared, days, purpose).await {
        Ok(told) => {
            let number = shared.work().warnings.keep(told);
            Redirect::to(&format!("{WAY}/{number}")).into_response()
        }
        Err(trouble) => page(
            &shared,
            &session,
            StatusCode::UNPROCESSABLE_ENTITY,
            &alert(&trouble.text),
        ),
    }
}

async fn asked(
    shared: &Arc<Shared>,
    days: Days,
    purpose: Purpose,
) -> Result<Told, crate::desk::Trouble> {
    let (desk, stated) = (Arc::clone(&shared.desk), purpose.clone());
    let warnings = ask(move || desk.warnings(days, &stated)).await?;
    Ok(Told {
        at: shared.desk.now(),
        days,
        purpose,
        warnings: Arc::new(warnings),
    })
}

pub(crate) async fn list(
    Extension(session): Extension<Session>,
    State(shared): State<Arc<Shared>>,
    Path(number): Path<u64>,
    Query(asked): Query<Asked>,
) -> Response {
    let told = shared.work().warnings.get(number).cloned();
    let Some(told) = told else {
        return Redirect::to(WAY).into_response();
    };
    let sought = match text_of(&shared, asked.text) {
        Ok(sought) => sought,
        Err(gone) => return forgotten(gone),
    };
    shown(&shared, &session, number, &told, &asked, &sought, None)
}

/// The list, and why a warning was not closed.
fn shown(
    shared: &Shared,
    session: &Session,
    number: u64,
    told: &Told,
    asked: &Asked,
    sought: &str,
    trouble: Option<&str>,
) -> Response {
    let grid = grid(number, told, |warning| close_form(session, number, warning));
    let status = match trouble {
        Some(_) => StatusCode::UNPROCESSABLE_ENTITY,
        None => StatusCode::OK,
    };
    let body = html! {
        @if let Some(text) = trouble { (alert(text)) }
        p.as-of { (grid.about.join(" · ")) " · " a href=(WAY) { (t!("warnings.other")) } }
        @for note in &told.warnings.notes { p.small { (note) } }
        (grid.show(session, asked, sought))
    };
    let page = Page::of(shared, session, WAY, t!("warnings.title").to_string());
    (status, page.show(&body)).into_response()
}

fn grid(number: u64, told: &Told, deed: impl Fn(&Warning) -> Markup) -> Grid {
    let rows = told.warnings.warnings.iter().map(|warning| Row {
        state: match &warning.closing {
            None => ("open", t!("warnings.open").to_string()),
            Some(_) => ("closed", t!("warnings.closed").to_string()),
        },
        cells: cells(warning),
        deed: deed(warning),
        is_late: warning.closing.is_none(),
    });
    let purpose = &told.purpose;
    Grid {
        address: format!("{WAY}/{number}"),
        file: format!("warnings-{}", told.at.0 / 1_000),
        about: vec![
            t!("grid.as_of", time = moment(told.at)).to_string(),
            format!(
                "{} {}",
                business_name(purpose.business()),
                purpose.case_number()
            ),
        ],
        header: [
            "warnings.day",
            "warnings.rule",
            "warnings.person",
            "warnings.certificates",
            "warnings.account",
            "warnings.entries",
            "warnings.from",
            "warnings.to",
            "warnings.state",
            "warnings.by",
            "warnings.reason",
        ]
        .map(named)
        .to_vec(),
        rows: rows.collect(),
    }
}

fn cells(warning: &Warning) -> Vec<Cell> {
    let closing = warning.closing.as_ref();
    let state = if closing.is_some() {
        t!("warnings.closed")
    } else {
        t!("warnings.open")
    };
    vec![
        Cell::Text(warning.day.to_string()),
        Cell::Text(rule(&warning.rule)),
        Cell::text(&warning.person),
        Cell::text(&warning.certificates.join(", ")),
        Cell::text(&warning.account),
        Cell::Count(warning.entries.into()),
        Cell::Text(moment(warning.first)),
        Cell::Text(moment(warning.last)),
        Cell::Text(state.to_string()),
        Cell::maybe(closing.map(|closed| format!("{} {}", closed.person, moment(closed.at)))),
        closing.map_or(Cell::Empty, |closed| Cell::text(&closed.reason)),
    ]
}

/// The form that closes a warning, unless it is closed.
fn close_form(session: &Session, number: u64, warning: &Warning) -> Markup {
    html! {
        @if warning.closing.is_none() {
            form.close method="post" action=(format!("{WAY}/{number}/close")) autocomplete="off" {
                (token(session))
                input type="hidden" name="id" value=(warning.id);
                input name="reason" required maxlength=(REASON_BYTES_MAX) size="20" aria-label=(t!("warnings.why", day = warning.day));
                button type="submit" { (t!("warnings.close")) }
            }
        }
    }
}

/// Leads to the list as it is asked for.
pub(crate) async fn filter(
    Extension(session): Extension<Session>,
    State(shared): State<Arc<Shared>>,
    Path(number): Path<u64>,
    Form(filter): Form<Filter>,
) -> Response {
    if !is_ours(&session, &filter.token) {
        return foreign();
    }
    let asked = filter.asked(&shared);
    Redirect::to(&asked.address(&format!("{WAY}/{number}"), "")).into_response()
}

pub(crate) async fn csv(
    State(shared): State<Arc<Shared>>,
    Path(number): Path<u64>,
    Query(asked): Query<Asked>,
) -> Response {
    file(&shared, number, &asked, Sheet::csv).await
}

pub(crate) async fn xlsx(
    State(shared): State<Arc<Shared>>,
    Path(number): Path<u64>,
    Query(asked): Query<Asked>,
) -> Response {
    file(&shared, number, &asked, Sheet::xlsx).await
}

async fn file(
    shared: &Shared,
    number: u64,
    asked: &Asked,
    written: fn(&Sheet) -> Response,
) -> Response {
    let told = shared.work().warnings.get(number).cloned();
    let Some(told) = told else {
        return no_page().await;
    };
    match text_of(shared, asked.text) {
        Ok(sought) => written(&grid(number, &told, |_| html! {}).sheet(asked, &sought)),
        Err(gone) => forgotten(gone),
    }
}

/// Which warning is closed, and why.
#[derive(Deserialize)]
pub(crate) struct Closing {
    token: String,
    id: String,
    #[serde(default)]
    reason: String,
}

/// Closes a warning, and reads them again.
pub(crate) async fn close(
    Extension(session): Extension<Session>,
    State(shared): State<Arc<Shared>>,
    Path(number): Path<u64>,
    Form(closing): Form<Closing>,
) -> Response {
    if !is_ours(&session, &closing.token) {
        return foreign();
    }
    let told = shared.work().warnings.get(number).cloned();
    let Some(told) = told else {
        return Redirect::to(WAY).into_response();
    };
    let warning = told
        .warnings
        .warnings
        .iter()
        .find(|warning| warning.id == closing.id)
        .cloned();
    let Some(warning) = warning else {
        return no_page().await;
    };
    let (desk, purpose) = (Arc::clone(&shared.desk), told.purpose.clone());
    let reason = closing.reason.trim().to_string();
    let closed = ask(move || desk.close_warning(&warning, &reason, &purpose)).await;
    let again = match closed {
        Ok(()) => asked(&shared, told.days, told.purpose.clone()).await,
        Err(trouble) => Err(trouble),
    };
    match again {
        Ok(again) => {
            if let Some(kept) = shared.work().warnings.get_mut(number) {
                *kept = again;
            }
            Redirect::to(&format!("{WAY}/{number}")).into_response()
        }
        Err(trouble) => {
            let asked = Asked::default();
            let text = Some(trouble.text.as_str());
            shown(&shared, &session, number, &told, &asked, "", text)
        }
    }
}
