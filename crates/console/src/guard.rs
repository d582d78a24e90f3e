//! What every request passes, and what every answer says to the browser.

use crate::{imports, layout, shared::Shared, text::t};
use axum::{
    body::{Body, to_bytes},
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, Method, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use std::{sync::Arc, time::Duration};
use tokio::time::timeout;

/// The name of the cookie: for this host alone.
pub(crate) const COOKIE: &str = "__Host-console";

/// The one address that is answered without a session: it makes one.
pub(crate) const OPEN: &str = "/open";

/// How long an answer may take, its request included: a file of the largest size on a slow disk.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(600);

/// How long a form may take to come: its bytes go from a browser to a program on the same machine. Files have the time of their answer.
const FORM_TIMEOUT: Duration = Duration::from_secs(20);

/// Longest body of a form that brings no file: a pasted list of persons, and room.
pub(crate) const FORM_BYTES_MAX: u64 = 256 * 1_024;

/// Takes nothing from elsewhere, runs no script but the console's, is shown in nobody's frame.
const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; connect-src 'self'; form-action 'self'; \
    base-uri 'none'; frame-ancestors 'none'";

/// Lets a request through that names this console as its host, comes from its clerk's browser, and, if it changes anything, from one of its
/// own pages. What a form carries besides is looked at where it is read.
pub(crate) async fn guard(
    State(shared): State<Arc<Shared>>,
    mut request: Request,
    next: Next,
) -> Response {
    let headers = request.headers();
    let is_change = !matches!(*request.method(), Method::GET | Method::HEAD);
    let path = request.uri().path();
    let mut response = if !is_for_us(&shared, headers) {
        refused(StatusCode::MISDIRECTED_REQUEST, "fault.host")
    } else if is_change && !is_of_this_site(&shared, headers) {
        refused(StatusCode::FORBIDDEN, "fault.foreign_page")
    } else if length(headers).is_some_and(|length| length > limit(path)) {
        refused(StatusCode::PAYLOAD_TOO_LARGE, "fault.too_large")
    } else if path == OPEN || path == layout::STYLE_PATH {
        next.run(request).await
    } else if let Some(session) = cookie(headers).and_then(|cookie| shared.session(cookie)) {
        let is_file = path == imports::UPLOAD_PATH;
        request.extensions_mut().insert(session);
        if is_change && !is_file {
            match with_its_form(request).await {
                Ok(request) => answered(request, next).await,
                Err(NoForm::TooLarge) => refused(StatusCode::PAYLOAD_TOO_LARGE, "fault.too_large"),
                Err(NoForm::Slow) => refused(StatusCode::REQUEST_TIMEOUT, "fault.slow"),
            }
        } else {
            answered(request, next).await
        }
    } else {
        refused(StatusCode::FORBIDDEN, "fault.no_session")
    };
    add_headers(response.headers_mut());
    response
}

/// Why a form has not come whole.
enum NoForm {
    /// It is longer than a form may be; or it broke off, and nobody is told.
    TooLarge,
    Slow,
}

/// A request whose form has come whole. Whoever sends it a byte at a time is cut off.
async fn with_its_form(request: Request) -> Result<Request, NoForm> {
    let (head, body) = request.into_parts();
    let limit = usize::try_from(FORM_BYTES_MAX).expect("some kilobytes");
    match timeout(FORM_TIMEOUT, to_bytes(body, limit)).await {
        Ok(Ok(bytes)) => Ok(Request::from_parts(head, Body::from(bytes))),
        Ok(Err(_)) => Err(NoForm::TooLarge),
        Err(_) => Err(NoForm::Slow),
    }
}

async fn answered(request: Request, next: Next) -> Response {
    match timeout(ANSWER_TIMEOUT, next.run(request)).await {
        Ok(answer) => answer,
        Err(_) => refused(StatusCode::REQUEST_TIMEOUT, "fault.slow"),
    }
}

/// A page that says why nothing else is shown.
pub(crate) fn refused(status: StatusCode, key: &str) -> Response {
    (status, layout::bare(&t!(key))).into_response()
}

/// The longest body that an address takes.
fn limit(path: &str) -> u64 {
    if path == imports::UPLOAD_PATH {
        imports::UPLOAD_BYTES_MAX
    } else {
        FORM_BYTES_MAX
    }
}

/// What a request says of its length. One that says nothing is cut off where it is read.
fn length(headers: &HeaderMap) -> Option<u64> {
    let length = headers.get(header::CONTENT_LENGTH)?;
    // What is no number is too large for anybody.
    Some(length.to_str().ok()?.parse().unwrap_or(u64::MAX))
}

/// Whether a request names this console. A page of somebody else's that has its own name lead to this machine does not.
fn is_for_us(shared: &Shared, headers: &HeaderMap) -> bool {
    let host = headers.get(header::HOST);
    host.is_some_and(|host| host.as_bytes() == shared.host.as_bytes())
}

/// Whether a page of this console has sent the request: browsers say so with everything that changes anything.
fn is_of_this_site(shared: &Shared, headers: &HeaderMap) -> bool {
    let origin = headers.get(header::ORIGIN);
    origin.is_some_and(|origin| origin.as_bytes() == shared.origin().as_bytes())
}

fn cookie(headers: &HeaderMap) -> Option<&str> {
    let cookies = headers.get(header::COOKIE)?.to_str().ok()?;
    let mut pairs = cookies
        .split(';')
        .filter_map(|pair| pair.trim().split_once('='));
    let (_, value) = pairs.find(|(name, _)| *name == COOKIE)?;
    Some(value)
}

fn add_headers(headers: &mut HeaderMap) {
    let fixed = [
        ("content-security-policy", POLICY),
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "same-origin"),
        ("x-frame-options", "DENY"),
        ("cross-origin-opener-policy", "same-origin"),
        ("cross-origin-resource-policy", "same-origin"),
        (
            "permissions-policy",
            "camera=(), microphone=(), geolocation=(), payment=()",
        ),
        ("cache-control", "no-store"),
    ];
    for (name, value) in fixed {
        headers.insert(name, HeaderValue::from_static(value));
    }
}
