//! What every request passes, and what every answer says to the browser.

use crate::{pages, rates::Deed, routes::language_of, shared::Shared};
use axum::{
    body::Body,
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, Method, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use std::{
    net::IpAddr,
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::time::timeout;
use yizhang_show::language::Language;

/// Who calls, as the connection has it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ClientAddress(pub(crate) IpAddr);

/// How long an answer may take, its request included: longer than the node may take.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(90);

/// Where a proxy says for whom it asks.
const FORWARDED: &str = "x-forwarded-for";

/// Takes nothing from elsewhere, runs no script but the portal's, is shown in nobody's frame.
const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; connect-src 'self'; form-action 'self'; \
    base-uri 'none'; frame-ancestors 'none'";

/// Lets a request through that comes not too often, and, if it changes anything, from a page of this very origin.
pub(crate) async fn guard(
    State(shared): State<Arc<Shared>>,
    request: Request,
    next: Next,
) -> Response {
    let language = language_of(request.headers());
    let address = address(&shared, &request);
    let deed = if request.method() == Method::POST {
        Deed::Open
    } else {
        Deed::Read
    };
    let mut response = if !shared.rates.may(address, deed, Instant::now()) {
        (
            StatusCode::TOO_MANY_REQUESTS,
            pages::fault(language, pages::Fault::Busy),
        )
            .into_response()
    } else if request.method() == Method::POST && !is_of_this_site(&shared, request.headers()) {
        (
            StatusCode::FORBIDDEN,
            pages::fault(language, pages::Fault::ForeignPage),
        )
            .into_response()
    } else {
        in_time(language, next.run(request)).await
    };
    add_headers(&shared, response.headers_mut());
    response
}

/// An answer, if it comes in time: whoever sends a body without an end is cut off.
async fn in_time(language: Language, answer: impl Future<Output = Response>) -> Response {
    let Ok(answer) = timeout(ANSWER_TIMEOUT, answer).await else {
        let page = pages::fault(language, pages::Fault::Away);
        return (StatusCode::REQUEST_TIMEOUT, page).into_response();
    };
    answer
}

/// As [`guard`], for programs: no page asks.
pub(crate) async fn guard_gateway(
    State(shared): State<Arc<Shared>>,
    request: Request,
    next: Next,
) -> Response {
    let (address, now) = (address(&shared, &request), Instant::now());
    let is_code = request.uri().path() == ENTER;
    let has_room = !is_code || shared.rates.has_room(address, Deed::WrongCode, now);
    if !has_room || !shared.rates.may(address, Deed::Open, now) {
        return late("too many calls from one address; try again in a minute");
    }
    let Ok(answer) = timeout(ANSWER_TIMEOUT, next.run(request)).await else {
        return late("the call has not come to its end in time");
    };
    if is_code && is_refused(&answer) {
        shared.rates.may(address, Deed::WrongCode, now);
    }
    answer
}

/// Where programs bring a code.
const ENTER: &str = "/yizhang.v1.Holders/Enter";

/// Whether an answer of gRPC is a refusal: then its status stands in its head.
fn is_refused(answer: &Response) -> bool {
    let status = answer.headers().get("grpc-status");
    status.is_some_and(|status| status != "0")
}

fn late(text: &str) -> Response {
    tonic::Status::resource_exhausted(text).into_http::<Body>()
}

/// Whether a page of this portal has sent the request: browsers say so with everything that changes anything.
fn is_of_this_site(shared: &Shared, headers: &HeaderMap) -> bool {
    let origin = headers.get(header::ORIGIN);
    origin.is_some_and(|origin| origin.as_bytes() == shared.site.origin.as_bytes())
}

fn address(shared: &Shared, request: &Request) -> IpAddr {
    address_of(shared, request.extensions().get(), request.headers())
}

/// For whom a request is, as the connection has it, or the proxy before the portal.
pub(crate) fn address_of(
    shared: &Shared,
    connected: Option<&ClientAddress>,
    headers: &HeaderMap,
) -> IpAddr {
    let connected = connected.map_or(IpAddr::from([0, 0, 0, 0]), |address| address.0);
    if !shared.is_behind_proxy {
        return connected;
    }
    // The proxy writes the address that it sees behind whatever a caller has written himself.
    let forwarded = headers.get_all(FORWARDED).iter().next_back();
    let last = forwarded
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.rsplit(',').next());
    last.and_then(|last| last.trim().parse().ok())
        .unwrap_or(connected)
}

fn add_headers(shared: &Shared, headers: &mut HeaderMap) {
    let fixed = [
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "same-origin"),
        (header::X_FRAME_OPTIONS, "DENY"),
    ];
    for (name, value) in fixed {
        headers
            .entry(name)
            .or_insert(HeaderValue::from_static(value));
    }
    headers.insert(
        "cross-origin-opener-policy",
        HeaderValue::from_static("same-origin"),
    );
    headers.insert(
        "cross-origin-resource-policy",
        HeaderValue::from_static("same-origin"),
    );
    headers.insert(
        "permissions-policy",
        HeaderValue::from_static("camera=(), microphone=(), geolocation=(), payment=()"),
    );
    // What is about a person is kept nowhere; what is the same for everybody says so itself.
    headers
        .entry(header::CACHE_CONTROL)
        .or_insert(HeaderValue::from_static("no-store"));
    if shared.site.is_secure {
        headers.insert(
            header::STRICT_TRANSPORT_SECURITY,
            HeaderValue::from_static("max-age=31536000"),
        );
    }
}
