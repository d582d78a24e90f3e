//! The way in by the agency's identity provider: to it, and back with a code, for which the provider gives an ID token. The node checks the
//! token itself, over its own challenge.

use super::{cookies, enter::admit, language_of, no_page, node_failed, to_first_page, visitor};
use crate::{
    guard::{ClientAddress, address_of},
    journeys::{self, Journey},
    node::NodeFault,
    pages::{self, Fault},
    provider::{Departure, Provider, ProviderFault, Redemption},
    rates::Deed,
    shared::Shared,
};
use axum::{
    Extension,
    extract::{Query, State, rejection::QueryRejection},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{AppendHeaders, IntoResponse, Redirect, Response},
};
use base64ct::{Base64UrlUnpadded, Encoding};
use serde::Deserialize;
use std::{sync::Arc, time::Instant};
use yizhang_show::language::Language;
use yizhang_wire::v1::{Entrance, SignOnRequest};

/// Where browsers come back: the redirect URI of the client is this, behind the address of the portal.
pub(crate) const BACK: &str = "/sign-on/back";
/// What a browser says of the page from which somebody has come here (Fetch Metadata).
const FROM: &str = "sec-fetch-site";

/// What comes back with a browser (Core 3.1.2.5 and 3.1.2.6).
#[derive(Deserialize)]
pub(crate) struct Returned {
    state: Option<String>,
    code: Option<String>,
    iss: Option<String>,
    error: Option<String>,
}

/// Why nobody has come in.
enum NoEntrance {
    /// A page that says it.
    Told(Fault),
    /// The provider.
    Provider(ProviderFault),
    /// The node.
    Node(NodeFault),
}

impl From<ProviderFault> for NoEntrance {
    fn from(fault: ProviderFault) -> Self {
        Self::Provider(fault)
    }
}

/// Sends a browser to the provider. Only from a page of the portal: no other site begins a journey in somebody's browser.
pub(crate) async fn begin(
    State(shared): State<Arc<Shared>>,
    Extension(connected): Extension<ClientAddress>,
    headers: HeaderMap,
) -> Response {
    let language = language_of(&headers);
    let Some(provider) = &shared.provider else {
        return no_page(headers).await;
    };
    let from = headers.get(FROM).map(HeaderValue::as_bytes);
    if !matches!(from, None | Some(b"same-origin" | b"none")) {
        return to_first_page();
    }
    if visitor(&shared, &headers).is_some() {
        return Redirect::to("/account").into_response();
    }
    let address = address_of(&shared, Some(&connected), &headers);
    if !shared.rates.may(address, Deed::Open, Instant::now()) {
        return refused(language, NoEntrance::Told(Fault::Busy));
    }
    match sent_away(&shared, provider, language, &cookies(&headers)).await {
        Ok((cookie, way)) => ([(header::SET_COOKIE, cookie)], Redirect::to(&way)).into_response(),
        Err(fault) => refused(language, fault),
    }
}

/// A cookie and the way to the provider.
async fn sent_away(
    shared: &Shared,
    provider: &Provider,
    language: Language,
    cookies: &str,
) -> Result<(String, String), NoEntrance> {
    // Nothing is begun, and no challenge asked for, on a way that leads nowhere.
    provider.is_there().await?;
    let challenge = shared.node.challenge(None).await;
    let nonce = challenge.map_err(NoEntrance::Node)?.nonce;
    let begun = shared
        .journeys
        .begin(cookies, nonce.to_vec(), Instant::now());
    let begun = begun.ok_or(NoEntrance::Told(Fault::Busy))?;
    let (nonce, back) = (
        Base64UrlUnpadded::encode_string(&nonce),
        back_address(shared),
    );
    let departure = Departure {
        state: &begun.state,
        nonce: &nonce,
        code_challenge: &begun.code_challenge,
        back: &back,
        language,
    };
    Ok((begun.cookie(), provider.way(&departure).await?))
}

/// Somebody is back from the provider. The page that is shown then leads on to the account: a browser that another site has sent here shows
/// the session's cookie to that page's next address, and not to one that it is redirected to.
pub(crate) async fn back(
    State(shared): State<Arc<Shared>>,
    Extension(connected): Extension<ClientAddress>,
    headers: HeaderMap,
    returned: Result<Query<Returned>, QueryRejection>,
) -> Response {
    let language = language_of(&headers);
    let Some(provider) = &shared.provider else {
        return no_page(headers).await;
    };
    let address = address_of(&shared, Some(&connected), &headers);
    if !shared.rates.may(address, Deed::Open, Instant::now()) {
        return refused(language, NoEntrance::Told(Fault::Busy));
    }
    let Ok(Query(returned)) = returned else {
        return refused(language, NoEntrance::Told(Fault::Lost));
    };
    let state = returned.state.as_deref().unwrap_or_default();
    let journey = shared
        .journeys
        .end(&cookies(&headers), state, Instant::now());
    let Some(journey) = journey else {
        return refused(language, NoEntrance::Told(Fault::Lost));
    };
    let mut response = match entered(&shared, provider, journey, returned).await {
        Ok(entrance) => match admit(&shared, &entrance) {
            Some(cookie) => welcomed(language, cookie),
            None => refused(language, NoEntrance::Told(Fault::Busy)),
        },
        Err(fault) => refused(language, fault),
    };
    // The journey has ended, however it did.
    if let Ok(gone) = journeys::no_cookie().parse() {
        response.headers_mut().append(header::SET_COOKIE, gone);
    }
    response
}

/// What the node has opened for whom the provider vouches for.
async fn entered(
    shared: &Shared,
    provider: &Provider,
    journey: Journey,
    returned: Returned,
) -> Result<Entrance, NoEntrance> {
    if !provider.is_by(returned.iss.as_deref()).await? {
        return Err(NoEntrance::Told(Fault::Lost));
    }
    if let Some(error) = returned.error {
        return Err(NoEntrance::Told(turned_away(&error)));
    }
    let code = returned.code.ok_or(NoEntrance::Told(Fault::Lost))?;
    let redemption = Redemption {
        code: &code,
        verifier: &journey.verifier,
        back: &back_address(shared),
    };
    let request = SignOnRequest {
        id_token: provider.redeem(&redemption).await?,
        nonce: journey.nonce.into(),
    };
    shared.node.sign_on(request).await.map_err(NoEntrance::Node)
}

/// Why the provider has let nobody sign on (RFC 6749, 4.1.2.1; Core 3.1.2.6). What stands in the address anybody may have written, so only
/// words of the standards come into the log.
fn turned_away(error: &str) -> Fault {
    const OURS: [&str; 10] = [
        "invalid_request",
        "unauthorized_client",
        "unsupported_response_type",
        "invalid_scope",
        "invalid_request_object",
        "invalid_request_uri",
        "request_not_supported",
        "request_uri_not_supported",
        "registration_not_supported",
        "server_error",
    ];
    match error {
        "access_denied" => Fault::Cancelled,
        "temporarily_unavailable" => Fault::ProviderAway,
        other => {
            let known = OURS.into_iter().find(|known| *known == other);
            let error = known.unwrap_or("another");
            tracing::warn!(error, "the identity provider has let nobody sign on");
            Fault::Denied
        }
    }
}

/// The first page of whoever has come in: it leads on by itself.
fn welcomed(language: Language, cookie: String) -> Response {
    let headers = AppendHeaders([
        (header::SET_COOKIE, cookie),
        (header::REFRESH, "0; url=/account".to_string()),
    ]);
    (headers, pages::arrived(language)).into_response()
}

fn refused(language: Language, why: NoEntrance) -> Response {
    let fault = match why {
        NoEntrance::Told(fault) => fault,
        NoEntrance::Node(NodeFault::NotOpened | NodeFault::Refused(_)) => Fault::NotVouched,
        NoEntrance::Node(fault) => return node_failed(language, &fault),
        NoEntrance::Provider(ProviderFault::Code) => Fault::Denied,
        NoEntrance::Provider(fault) => {
            tracing::warn!(%fault, "nobody can sign on by the identity provider");
            Fault::ProviderAway
        }
    };
    let status = match fault {
        Fault::Busy => StatusCode::TOO_MANY_REQUESTS,
        Fault::ProviderAway => StatusCode::BAD_GATEWAY,
        _ => StatusCode::FORBIDDEN,
    };
    (status, pages::fault(language, fault)).into_response()
}

/// The redirect URI: of the portal's own address, and of nothing that a request says.
fn back_address(shared: &Shared) -> String {
    format!("{}{BACK}", shared.site.origin)
}
