//! Approvals: what waits for a second clerk, its records with every field in words, and that clerk's word.

mod view;

use crate::{
    closing,
    desk::{Became, Decided, Fate, Trouble, Waiting},
    export::{Cell, Sheet},
    grid::{Asked, Filter, Grid, Row, text_of},
    layout::{Page, alert, for_what, token},
    lists::forgotten,
    person::{Stated, purpose_first},
    routes::{Token, foreign, is_ours, no_page},
    shared::{Session, Shared},
    text::t,
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
use tokio::task::spawn_blocking;
use yizhang_ledger::{
    batch::{RecordBlock, SubmissionId},
    hash::Hash,
};
use yizhang_show::copies::moment;
use yizhang_wire::purpose::Purpose;

/// The way that these pages stand under.
pub(crate) const WAY: &str = "/approvals";
/// Digits by which a number and a fingerprint are told apart in a list.
const SHOWN_DIGITS: usize = 16;
/// Digits of a submission's number that a clerk types to approve it.
const TYPED_DIGITS: usize = 8;
/// Longest reason, as nodes take it.
const REASON_BYTES_MAX: usize = 512;

/// A submission that was looked at.
#[derive(Clone)]
pub(crate) struct Looked {
    id: SubmissionId,
    /// Its records: those whose digest is approved.
    block: RecordBlock,
    /// For what it was looked at.
    purpose: Purpose,
    /// What was decided of it here.
    said: Option<String>,
}

impl Looked {
    /// What is decided on: the content that was shown, whatever the node has by now.
    fn decided(&self) -> Decided {
        Decided {
            id: self.id,
            content: self.block.content_digest(),
        }
    }

    /// What is typed to approve it.
    fn typed(&self) -> String {
        start(&self.id, TYPED_DIGITS)
    }
}

fn start(digits: &impl ToString, count: usize) -> String {
    digits.to_string().chars().take(count).collect()
}

/// Asks the desk something, on a thread that may wait.
pub(crate) async fn ask<T: Send + 'static>(
    asking: impl FnOnce() -> Result<T, Trouble> + Send + 'static,
) -> Result<T, Trouble> {
    let answer = spawn_blocking(asking).await;
    answer.unwrap_or_else(|_| Err(Trouble::broken()))
}

async fn waiting(shared: &Arc<Shared>) -> Result<Vec<Waiting>, Trouble> {
    let desk = Arc::clone(&shared.desk);
    ask(move || desk.waiting()).await
}

pub(crate) async fn desk(
    Extension(session): Extension<Session>,
    State(shared): State<Arc<Shared>>,
    Query(asked): Query<Asked>,
) -> Response {
    let sought = match text_of(&shared, asked.text) {
        Ok(sought) => sought,
        Err(gone) => return forgotten(gone),
    };
    let purpose = shared.work().purpose.clone();
    let body = match waiting(&shared).await {
        Ok(waiting) => {
            let grid = grid(&shared, &waiting, |one| {
                look_button(&session, one, purpose.as_ref())
            });
            html! {
                p.as-of { (grid.about.join(" · ")) }
                p.small { (t!("approvals.lead")) }
                (grid.show(&session, &asked, &sought))
            }
        }
        Err(trouble) => alert(&trouble.text),
    };
    let page = Page::of(&shared, &session, WAY, t!("approvals.title").to_string());
    page.show(&body).into_response()
}

/// The button that shows the records of a submission, for what the page shows.
fn look_button(session: &Session, one: &Waiting, purpose: Option<&Purpose>) -> Markup {
    html! {
        @if one.refused.is_none() {
            form method="post" action="/approvals/look" {
                (token(session))
                (for_what(purpose))
                input type="hidden" name="content" value=(one.content);
                button type="submit" name="id" value=(one.id) { (t!("approvals.look")) }
            }
        }
    }
}

fn grid(shared: &Shared, waiting: &[Waiting], deed: impl Fn(&Waiting) -> Markup) -> Grid {
    let now = shared.desk.now();
    let rows = waiting.iter().map(|one| Row {
        state: match &one.refused {
            None => ("waits", t!("approvals.waits").to_string()),
            Some(_) => ("refused", t!("approvals.was_refused").to_string()),
        },
        cells: cells(one),
        deed: deed(one),
        is_late: false,
    });
    Grid {
        address: WAY.to_string(),
        file: format!("approvals-{}", now.0 / 1_000),
        about: vec![
            t!("approvals.title").to_string(),
            t!("grid.as_of", time = moment(now)).to_string(),
        ],
        header: [
            "approvals.number",
            "approvals.came",
            "approvals.records",
            "approvals.maker",
            "approvals.state",
            "approvals.reason",
            "approvals.refused_at",
        ]
        .map(crate::text::named)
        .to_vec(),
        rows: rows.collect(),
    }
}

fn cells(one: &Waiting) -> Vec<Cell> {
    let refused = one.refused.as_ref();
    let state = if refused.is_some() {
        t!("approvals.was_refused")
    } else {
        t!("approvals.waits")
    };
    vec![
        Cell::Text(start(&one.id, SHOWN_DIGITS)),
        Cell::Text(moment(one.came)),
        Cell::Count(one.records.into()),
        Cell::Text(start(&one.maker, SHOWN_DIGITS)),
        Cell::Text(state.to_string()),
        refused.map_or(Cell::Empty, |refused| Cell::text(&refused.reason)),
        Cell::maybe(refused.map(|refused| moment(refused.at))),
    ]
}

/// Leads to the list as it is asked for.
pub(crate) async fn filter(
    Extension(session): Extension<Session>,
    State(shared): State<Arc<Shared>>,
    Form(filter): Form<Filter>,
) -> Response {
    if !is_ours(&session, &filter.token) {
        return foreign();
    }
    let asked = filter.asked(&shared);
    Redirect::to(&asked.address(WAY, "")).into_response()
}

pub(crate) async fn csv(state: State<Arc<Shared>>, asked: Query<Asked>) -> Response {
    file(state, asked, Sheet::csv).await
}

pub(crate) async fn xlsx(state: State<Arc<Shared>>, asked: Query<Asked>) -> Response {
    file(state, asked, Sheet::xlsx).await
}

async fn file(
    State(shared): State<Arc<Shared>>,
    Query(asked): Query<Asked>,
    written: fn(&Sheet) -> Response,
) -> Response {
    let sought = match text_of(&shared, asked.text) {
        Ok(sought) => sought,
        Err(gone) => return forgotten(gone),
    };
    match waiting(&shared).await {
        Ok(waiting) => {
            let grid = grid(&shared, &waiting, |_| html! {});
            written(&grid.sheet(&asked, &sought))
        }
        Err(_) => no_page().await,
    }
}

/// Which submission is looked at, and for what.
#[derive(Deserialize)]
pub(crate) struct Looking {
    token: String,
    id: String,
    content: String,
    #[serde(flatten)]
    stated: Stated,
}

/// Reads the records of a submission: the node writes down who looks, and for what.
pub(crate) async fn look(
    Extension(session): Extension<Session>,
    State(shared): State<Arc<Shared>>,
    Form(looking): Form<Looking>,
) -> Response {
    if !is_ours(&session, &looking.token) {
        return foreign();
    }
    let id = yizhang_ledger::hash::from_hex(&looking.id).map(SubmissionId);
    let (Some(id), Some(content)) = (id, Hash::from_hex(&looking.content)) else {
        return no_page().await;
    };
    let Some(purpose) = looking.stated.purpose(&shared) else {
        return purpose_first(&shared, &session);
    };
    let decided = Decided { id, content };
    let (desk, stated) = (Arc::clone(&shared.desk), purpose.clone());
    match ask(move || desk.look(decided, &stated)).await {
        Ok(block) => {
            let number = shared.work().looked.keep(Looked {
                id,
                block,
                purpose,
                said: None,
            });
            Redirect::to(&format!("{WAY}/{number}")).into_response()
        }
        Err(trouble) => told(&shared, &session, StatusCode::CONFLICT, &trouble),
    }
}

/// A page with nothing but why something was not done.
fn told(shared: &Shared, session: &Session, status: StatusCode, trouble: &Trouble) -> Response {
    let body = html! {
        (alert(&trouble.text))
        p { a href=(WAY) { (t!("approvals.all")) } }
    };
    let page = Page::of(shared, session, WAY, t!("approvals.title").to_string());
    (status, page.show(&body)).into_response()
}

/// Which page of the records is shown, from 1.
#[derive(Deserialize)]
pub(crate) struct OnPage {
    #[serde(default)]
    page: usize,
}

pub(crate) async fn records(
    Extension(session): Extension<Session>,
    State(shared): State<Arc<Shared>>,
    Path(number): Path<u64>,
    Query(on): Query<OnPage>,
) -> Response {
    let looked = shared.work().looked.get(number).cloned();
    match looked {
        Some(looked) => view::records(&shared, &session, number, &looked, on.page).into_response(),
        None => no_page().await,
    }
}

/// An approval, with what was typed to confirm it.
#[derive(Deserialize)]
pub(crate) struct Approving {
    token: String,
    #[serde(default)]
    typed: String,
}

pub(crate) async fn approve(
    Extension(session): Extension<Session>,
    State(shared): State<Arc<Shared>>,
    Path(number): Path<u64>,
    Form(approving): Form<Approving>,
) -> Response {
    if !is_ours(&session, &approving.token) {
        return foreign();
    }
    let looked = shared.work().looked.get(number).cloned();
    let Some(looked) = looked.filter(|looked| looked.said.is_none()) else {
        return Redirect::to(WAY).into_response();
    };
    if approving.typed.trim().to_lowercase() != looked.typed() {
        let trouble = Trouble {
            text: t!("approvals.not_typed", digits = TYPED_DIGITS).to_string(),
        };
        return view::refused(&shared, &session, number, &looked, &trouble);
    }
    let decided = looked.decided();
    let desk = Arc::clone(&shared.desk);
    match ask(move || desk.approve(decided)).await {
        Ok(mut said) => {
            let became = Became {
                submission: looked.id,
                fate: Fate::Accepted,
                records: looked.block.bytes(),
            };
            if let Err(error) = closing::note_approved(&shared, &became) {
                said.push('\n');
                said.push_str(&t!("closing.not_noted", error = error));
            }
            end(&shared, number, said)
        }
        Err(trouble) => view::refused(&shared, &session, number, &looked, &trouble),
    }
}

/// A refusal, with its reason.
#[derive(Deserialize)]
pub(crate) struct Refusing {
    token: String,
    #[serde(default)]
    reason: String,
}

pub(crate) async fn refuse(
    Extension(session): Extension<Session>,
    State(shared): State<Arc<Shared>>,
    Path(number): Path<u64>,
    Form(refusing): Form<Refusing>,
) -> Response {
    if !is_ours(&session, &refusing.token) {
        return foreign();
    }
    let looked = shared.work().looked.get(number).cloned();
    let Some(looked) = looked.filter(|looked| looked.said.is_none()) else {
        return Redirect::to(WAY).into_response();
    };
    let (desk, decided) = (Arc::clone(&shared.desk), looked.decided());
    let reason = refusing.reason.trim().to_string();
    match ask(move || desk.refuse(decided, &reason)).await {
        Ok(()) => end(&shared, number, t!("approvals.said_refused").to_string()),
        Err(trouble) => view::refused(&shared, &session, number, &looked, &trouble),
    }
}

/// Keeps what was decided, and leads to it.
fn end(shared: &Shared, number: u64, said: String) -> Response {
    if let Some(looked) = shared.work().looked.get_mut(number) {
        looked.said = Some(said);
    }
    Redirect::to(&format!("{WAY}/{number}")).into_response()
}

/// Forgets the records of a submission that was looked at.
pub(crate) async fn put_back(
    Extension(session): Extension<Session>,
    State(shared): State<Arc<Shared>>,
    Path(number): Path<u64>,
    Form(form): Form<Token>,
) -> Response {
    if !is_ours(&session, &form.token) {
        return foreign();
    }
    shared.work().looked.forget(number);
    Redirect::to(WAY).into_response()
}
