//! Every address of the console, and what answers there.

use crate::{
    approvals, closing, disputes,
    guard::{COOKIE, FORM_BYTES_MAX, OPEN, guard, refused},
    imports, layout, lists, node, person,
    shared::{Session, Shared, is_same},
    transfer, warnings,
};
use axum::{
    Extension, Form, Router,
    extract::{DefaultBodyLimit, Query, State},
    http::{HeaderValue, StatusCode, header},
    middleware::from_fn_with_state,
    response::{IntoResponse, Redirect, Response},
    routing::{get, post},
};
use serde::Deserialize;
use std::sync::Arc;
use yizhang_show::language::{self, Language};

const SCRIPT: &str = include_str!("../assets/console.js");

/// Everything that the console answers.
pub(crate) fn router(shared: &Arc<Shared>) -> Router {
    let form_bytes = usize::try_from(FORM_BYTES_MAX).expect("some kilobytes");
    let file_bytes = usize::try_from(imports::UPLOAD_BYTES_MAX).expect("some megabytes");
    Router::new()
        .route("/", get(Redirect::to("/person")))
        .route(OPEN, get(open))
        .route("/language", post(choose_language))
        .route("/end", post(end))
        .route("/purpose", post(person::state_purpose))
        .route("/person", get(person::desk).post(person::search))
        .route("/person/{queue}/{at}", get(person::account))
        .route("/person/{queue}/{at}/figures", get(person::figures))
        .route("/person/{queue}/{at}/records", get(person::records))
        .route("/person/{queue}/{at}/again", post(person::again))
        .route("/lists", get(lists::overview).post(lists::renew))
        .route("/lists/{list}", get(lists::list).post(lists::filter))
        .route("/lists/{list}/csv", get(lists::csv))
        .route("/lists/{list}/xlsx", get(lists::xlsx))
        .route("/lists/open", post(lists::open))
        .route("/imports", get(imports::desk))
        .route(
            imports::UPLOAD_PATH,
            post(imports::upload).layer(DefaultBodyLimit::max(file_bytes)),
        )
        .route("/imports/send", post(imports::send))
        .route("/imports/drop", post(imports::drop_file))
        .route("/imports/errors", get(imports::errors))
        .route("/transfer", get(transfer::desk).post(transfer::step))
        .merge(for_second_clerks())
        .route("/node", get(node::state))
        .route("/closing", get(closing::day))
        .route("/closing/csv", get(closing::csv))
        .route("/closing/xlsx", get(closing::xlsx))
        .route(layout::STYLE_PATH, get(style))
        .route("/console.js", get(script))
        .fallback(no_page)
        .layer(DefaultBodyLimit::max(form_bytes))
        .layer(from_fn_with_state(Arc::clone(shared), guard))
        .with_state(Arc::clone(shared))
}

/// What waits for a second clerk.
fn for_second_clerks() -> Router<Arc<Shared>> {
    Router::new()
        .route("/approvals", get(approvals::desk).post(approvals::filter))
        .route("/approvals/csv", get(approvals::csv))
        .route("/approvals/xlsx", get(approvals::xlsx))
        .route("/approvals/look", post(approvals::look))
        .route("/approvals/{number}", get(approvals::records))
        .route("/approvals/{number}/approve", post(approvals::approve))
        .route("/approvals/{number}/refuse", post(approvals::refuse))
        .route("/approvals/{number}/put-back", post(approvals::put_back))
        .route("/disputes", get(disputes::desk))
        .route("/disputes/{id}", get(disputes::one).post(disputes::answer))
        .route("/warnings", get(warnings::desk))
        .route("/warnings/read", post(warnings::read))
        .route(
            "/warnings/{number}",
            get(warnings::list).post(warnings::filter),
        )
        .route("/warnings/{number}/csv", get(warnings::csv))
        .route("/warnings/{number}/xlsx", get(warnings::xlsx))
        .route("/warnings/{number}/close", post(warnings::close))
}

async fn style() -> Response {
    asset("text/css; charset=utf-8", layout::style())
}

async fn script() -> Response {
    asset("text/javascript; charset=utf-8", SCRIPT.to_string())
}

fn asset(kind: &'static str, text: String) -> Response {
    (
        [(header::CONTENT_TYPE, HeaderValue::from_static(kind))],
        text,
    )
        .into_response()
}

pub(crate) async fn no_page() -> Response {
    refused(StatusCode::NOT_FOUND, "fault.no_page")
}

/// What the address of the start carries.
#[derive(Deserialize)]
struct First {
    #[serde(default)]
    token: String,
}

/// Exchanges the token of the start for a cookie.
async fn open(State(shared): State<Arc<Shared>>, Query(first): Query<First>) -> Response {
    let Some(cookie) = shared.exchange(&first.token) else {
        return refused(StatusCode::FORBIDDEN, "fault.token");
    };
    let cookie = format!("{COOKIE}={cookie}; Path=/; HttpOnly; Secure; SameSite=Strict");
    // The browser goes on from a page of this site: it sends the cookie wherever the address was opened from.
    ([(header::SET_COOKIE, cookie)], layout::onwards("/person")).into_response()
}

/// What every form carries.
#[derive(Deserialize)]
pub(crate) struct Token {
    pub(crate) token: String,
}

/// Why a form was not taken: it is not one of this session.
pub(crate) fn foreign() -> Response {
    refused(StatusCode::FORBIDDEN, "fault.foreign_page")
}

/// Whether a form is one of this session.
pub(crate) fn is_ours(session: &Session, token: &str) -> bool {
    is_same(&session.token, token)
}

/// The language that is wanted.
#[derive(Deserialize)]
struct Wanted {
    token: String,
    language: String,
}

/// One clerk sits before it: the language is that of the whole console.
async fn choose_language(
    Extension(session): Extension<Session>,
    State(shared): State<Arc<Shared>>,
    Form(wanted): Form<Wanted>,
) -> Response {
    if !is_ours(&session, &wanted.token) {
        return foreign();
    }
    if let Some(language) = Language::of_tag(&wanted.language) {
        language::set(language);
        imports::check_again(&shared);
    }
    Redirect::to("/person").into_response()
}

/// The clerk goes: nothing stays in memory, because the console ends.
async fn end(
    Extension(session): Extension<Session>,
    State(shared): State<Arc<Shared>>,
    Form(form): Form<Token>,
) -> Response {
    if !is_ours(&session, &form.token) {
        return foreign();
    }
    let farewell = refused(StatusCode::OK, "console.ended");
    // After the answer is on its way.
    tokio::spawn(async move {
        tokio::time::sleep(std::time::Duration::from_millis(300)).await;
        shared.ended.notify_one();
    });
    farewell
}
