//! The first page, and the way in with a code.

use super::{language_of, node_failed, to_first_page, visitor};
use crate::{
    guard::{ClientAddress, address_of},
    node::NodeFault,
    pages::{self, Fault},
    rates::Deed,
    sessions::{COOKIE, Session},
    shared::Shared,
};
use axum::{
    Extension, Form,
    extract::State,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Redirect, Response},
};
use serde::Deserialize;
use std::{
    sync::Arc,
    time::{Duration, Instant},
};
use yizhang_show::language::Language;
use yizhang_wire::v1::Entrance;

/// The first page: what this is, and the ways in. Whoever is there already is taken to the account.
pub(crate) async fn welcome(State(shared): State<Arc<Shared>>, headers: HeaderMap) -> Response {
    if visitor(&shared, &headers).is_some() {
        return Redirect::to("/account").into_response();
    }
    pages::welcome(language_of(&headers), &shared, None).into_response()
}

/// A code, as it was typed.
#[derive(Deserialize)]
pub(crate) struct Code {
    code: String,
}

/// Somebody comes in with a code.
pub(crate) async fn enter(
    State(shared): State<Arc<Shared>>,
    Extension(connected): Extension<ClientAddress>,
    headers: HeaderMap,
    Form(typed): Form<Code>,
) -> Response {
    let language = language_of(&headers);
    let address = address_of(&shared, Some(&connected), &headers);
    if !shared
        .rates
        .has_room(address, Deed::WrongCode, Instant::now())
    {
        let page = pages::fault(language, Fault::Busy);
        return (StatusCode::TOO_MANY_REQUESTS, page).into_response();
    }
    match shared.node.enter(typed.code).await {
        Ok(entrance) => match admit(&shared, &entrance) {
            Some(cookie) => {
                ([(header::SET_COOKIE, cookie)], Redirect::to("/account")).into_response()
            }
            None => (
                StatusCode::SERVICE_UNAVAILABLE,
                pages::fault(language, Fault::Busy),
            )
                .into_response(),
        },
        Err(NodeFault::Code) => {
            shared.rates.may(address, Deed::WrongCode, Instant::now());
            again(&shared, language, Fault::Code)
        }
        Err(NodeFault::NotApproved) => again(&shared, language, Fault::NotApproved),
        Err(fault) => node_failed(language, &fault),
    }
}

/// The first page with what was wrong.
fn again(shared: &Shared, language: Language, fault: Fault) -> Response {
    let page = pages::welcome(language, shared, Some(fault));
    (StatusCode::FORBIDDEN, page).into_response()
}

/// Opens a session under a fresh name; the cookie for it. None if there is no room.
pub(crate) fn admit(shared: &Shared, entrance: &Entrance) -> Option<String> {
    let now = Instant::now();
    let session = Session::new(
        entrance.ticket.to_vec(),
        entrance.may_bind,
        Duration::from_millis(entrance.idle_ms),
        Duration::from_millis(entrance.whole_ms),
        now,
    )?;
    let id = shared.sessions.open(session, now)?;
    Some(format!(
        "{COOKIE}={}; Path=/; HttpOnly; Secure; SameSite=Strict",
        id.as_str()
    ))
}

/// The token of a form.
#[derive(Deserialize)]
pub(crate) struct Token {
    token: String,
}

/// Somebody goes.
pub(crate) async fn leave(
    State(shared): State<Arc<Shared>>,
    headers: HeaderMap,
    Form(form): Form<Token>,
) -> Response {
    let Some(visitor) = visitor(&shared, &headers) else {
        return to_first_page();
    };
    if form.token != visitor.session.token {
        return pages::fault(visitor.language, Fault::ForeignPage).into_response();
    }
    shared.sessions.close(&visitor.id);
    shared.node.leave(&visitor.session.ticket).await;
    let gone = format!("{COOKIE}=; Path=/; HttpOnly; Secure; SameSite=Strict; Max-Age=0");
    ([(header::SET_COOKIE, gone)], Redirect::to("/")).into_response()
}
