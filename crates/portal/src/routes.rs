//! Every address of the portal, and what answers there.

mod account;
mod certificate;
mod dispute;
mod enter;
mod estimate;
mod example;
mod keys;
mod passkey;
mod readings;
mod sign_on;
mod statement;

use crate::{
    gateway,
    guard::{guard, guard_gateway},
    node::NodeFault,
    pages,
    sessions::{Session, SessionId},
    shared::Shared,
};
use axum::{
    Router,
    extract::{DefaultBodyLimit, Path},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    middleware::from_fn_with_state,
    response::{IntoResponse, Redirect, Response},
    routing::{get, post},
};
use std::{sync::Arc, time::Instant};
use yizhang_show::language::Language;

/// Longest body of a request: a passkey with everything that a browser says of it, and room.
const BODY_BYTES_MAX: usize = 16 * 1_024;
/// How long browsers keep style and script.
const ASSET_CACHE: &str = "public, max-age=3600";
/// What only the portal's own pages need, behind the style of the worker's.
const STYLE: &str = include_str!("../assets/portal.css");
const SCRIPT: &str = include_str!("../assets/portal.js");

/// Everything that the portal answers.
pub(crate) fn router(shared: &Arc<Shared>) -> Router {
    let pages = Router::new()
        .route("/", get(enter::welcome))
        .route("/enter", post(enter::enter))
        .route("/leave", post(enter::leave))
        .route("/sign-on", get(sign_on::begin))
        .route(sign_on::BACK, get(sign_on::back))
        .route("/passkey/challenge", post(passkey::challenge))
        .route("/passkey/open", post(passkey::open))
        .route("/passkey/new", post(passkey::new))
        .route("/passkey/bind", post(passkey::bind))
        .route("/account", get(account::first))
        .route("/account/sheet", get(account::sheet))
        .route("/account/terms", get(account::terms))
        .route("/account/month/{family}/{month}", get(account::month))
        .route("/account/readings", get(readings::list))
        .route("/account/dispute/{region}/{index}", get(dispute::form))
        .route(
            "/account/dispute",
            post(dispute::raise).layer(DefaultBodyLimit::max(dispute::BODY_BYTES_MAX)),
        )
        .route("/account/estimate", get(estimate::page))
        .route("/account/certificate", get(certificate::page))
        .route("/example", get(example::first))
        .route("/example/sheet", get(example::sheet))
        .route("/example/terms", get(example::terms))
        .route("/example/month/{family}/{month}", get(example::month))
        .route("/example/estimate", get(estimate::example))
        .route("/account/keys", get(keys::list))
        .route("/account/keys/end", post(keys::end))
        .route(
            "/account/statement",
            get(statement::form).post(statement::make),
        )
        .route("/language/{language}", get(choose_language))
        .route("/portal.css", get(style))
        .route("/portal.js", get(script))
        .fallback(no_page)
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
        .layer(from_fn_with_state(Arc::clone(shared), guard))
        .with_state(Arc::clone(shared));
    let gateway = gateway::routes(shared)
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
        .layer(from_fn_with_state(Arc::clone(shared), guard_gateway));
    pages.merge(gateway)
}

async fn style() -> Response {
    asset(
        "text/css; charset=utf-8",
        [yizhang_show::home::STYLE, STYLE].concat(),
    )
}

async fn script() -> Response {
    asset("text/javascript; charset=utf-8", SCRIPT)
}

fn asset(kind: &'static str, text: impl IntoResponse) -> Response {
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(kind)),
        (header::CACHE_CONTROL, HeaderValue::from_static(ASSET_CACHE)),
    ];
    // The headers of a text come with it; the kind takes the place of its own.
    let mut response = text.into_response();
    for (name, value) in headers {
        response.headers_mut().insert(name, value);
    }
    response
}

pub(crate) async fn no_page(headers: HeaderMap) -> Response {
    let language = language_of(&headers);
    (
        StatusCode::NOT_FOUND,
        pages::fault(language, pages::Fault::NoPage),
    )
        .into_response()
}

/// The name of the cookie with the language that somebody has chosen.
const LANGUAGE_COOKIE: &str = "language";

async fn choose_language(Path(language): Path<String>, headers: HeaderMap) -> Response {
    let Some(language) = Language::of_tag(&language) else {
        return no_page(headers).await;
    };
    let cookie = format!(
        "{LANGUAGE_COOKIE}={}; Path=/; Max-Age=31536000; SameSite=Lax; HttpOnly; Secure",
        language.tag()
    );
    // Back to where somebody came from, if that is a page of the portal.
    let back = headers
        .get(header::REFERER)
        .and_then(|from| from.to_str().ok());
    let is_of_account = back.is_some_and(|from| from.ends_with("/account"));
    let to = if is_of_account { "/account" } else { "/" };
    ([(header::SET_COOKIE, cookie)], Redirect::to(to)).into_response()
}

/// The cookies of a request. Over HTTP/2 a browser may send each in a field of its own (RFC 9113, 8.2.3).
pub(crate) fn cookies(headers: &HeaderMap) -> String {
    let fields = headers.get_all(header::COOKIE).iter();
    let texts: Vec<&str> = fields.filter_map(|field| field.to_str().ok()).collect();
    texts.join("; ")
}

/// The language of a request: what was chosen, else what the browser asks for first, else Chinese.
pub(crate) fn language_of(headers: &HeaderMap) -> Language {
    for pair in cookies(headers).split(';') {
        if let Some((LANGUAGE_COOKIE, tag)) = pair.trim().split_once('=')
            && let Some(language) = Language::of_tag(tag)
        {
            return language;
        }
    }
    let wanted = headers
        .get(header::ACCEPT_LANGUAGE)
        .and_then(|wanted| wanted.to_str().ok());
    let first = wanted.and_then(|wanted| wanted.split([',', ';', '-']).next());
    first
        .and_then(|first| Language::of_tag(first.trim()))
        .unwrap_or(Language::Zh)
}

/// Somebody who is there, as a request shows.
pub(crate) struct Visitor {
    pub(crate) id: SessionId,
    pub(crate) session: Session,
    pub(crate) language: Language,
}

/// The visitor of a request, if there is one.
pub(crate) fn visitor(shared: &Shared, headers: &HeaderMap) -> Option<Visitor> {
    let id = SessionId::of_cookies(&cookies(headers))?;
    let session = shared.sessions.using(&id, Instant::now())?;
    Some(Visitor {
        id,
        session,
        language: language_of(headers),
    })
}

/// Where whoever is not there can come in.
pub(crate) fn to_first_page() -> Response {
    Redirect::to("/").into_response()
}

/// What is shown where the node has not done what it was asked for. A ticket that has ended ends the session.
pub(crate) fn failed(shared: &Shared, visitor: &Visitor, fault: &NodeFault) -> Response {
    if let NodeFault::NotOpened = fault {
        shared.sessions.close(&visitor.id);
        return to_first_page();
    }
    node_failed(visitor.language, fault)
}

/// As [`failed`], where nobody is there yet.
pub(crate) fn node_failed(language: Language, fault: &NodeFault) -> Response {
    let (status, shown) = match fault {
        NodeFault::NotOpened | NodeFault::Code | NodeFault::Refused(_) => {
            (StatusCode::FORBIDDEN, pages::Fault::NotOpened)
        }
        NodeFault::NotApproved => (StatusCode::FORBIDDEN, pages::Fault::NotApproved),
        NodeFault::Busy | NodeFault::TooMany => (StatusCode::TOO_MANY_REQUESTS, pages::Fault::Busy),
        NodeFault::Elsewhere => (StatusCode::FORBIDDEN, pages::Fault::Elsewhere),
        NodeFault::Away(_) | NodeFault::Answer(_) => {
            tracing::warn!(%fault, "the node has not answered as it should");
            (StatusCode::BAD_GATEWAY, pages::Fault::Away)
        }
    };
    (status, pages::fault(language, shown)).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    #[test]
    fn cookies_that_come_in_fields_of_their_own_are_all_read() {
        let mut headers = HeaderMap::new();
        for field in ["language=en", "__Host-session=abc"] {
            headers.append(header::COOKIE, HeaderValue::from_static(field));
        }
        assert_eq!(cookies(&headers), "language=en; __Host-session=abc");
        assert_eq!(language_of(&headers), Language::En);
        assert_eq!(cookies(&HeaderMap::new()), "");
    }
}
