//! Passkeys: what the script of the pages asks for and brings. The node checks all of it; here it passes through.

use super::{enter::admit, language_of, visitor};
use crate::{
    node::NodeFault,
    pages::{self, Fault},
    shared::Shared,
};
use axum::{
    Json,
    extract::State,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use base64ct::{Base64UrlUnpadded, Encoding};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use yizhang_show::language::Language;
use yizhang_wire::v1::{
    BindRequest, NewPasskey, OpenRequest, PasskeyAnswer, bind_request::Key, open_request::Proof,
};

/// What a browser is to ask of a passkey. Bytes are base64url.
#[derive(Serialize)]
pub(crate) struct Asked {
    nonce: String,
    challenge: String,
    relying_party: String,
    /// For a new one: what it is called.
    #[serde(skip_serializing_if = "String::is_empty")]
    name: String,
    /// For a new one: what people see of it.
    #[serde(skip_serializing_if = "String::is_empty")]
    label: String,
}

/// What a passkey has answered. Bytes are base64url.
#[derive(Deserialize)]
pub(crate) struct Answered {
    nonce: String,
    name: String,
    client_data: String,
    authenticator_data: String,
    signature: String,
}

/// A passkey that was made. Bytes are base64url.
#[derive(Deserialize)]
pub(crate) struct Made {
    token: String,
    nonce: String,
    name: String,
    client_data: String,
    authenticator_data: String,
}

/// The token of the page that asks.
#[derive(Deserialize)]
pub(crate) struct Token {
    token: String,
}

/// Where the script goes, or what it says.
#[derive(Serialize)]
struct Told {
    #[serde(skip_serializing_if = "Option::is_none")]
    to: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<String>,
}

/// A challenge for a passkey that is known.
pub(crate) async fn challenge(State(shared): State<Arc<Shared>>, headers: HeaderMap) -> Response {
    let language = language_of(&headers);
    match shared.node.challenge(None).await {
        Ok(challenge) => Json(Asked {
            nonce: text(&challenge.nonce),
            challenge: text(&challenge.passkey_challenge),
            relying_party: shared.site.host.clone(),
            name: String::new(),
            label: String::new(),
        })
        .into_response(),
        Err(fault) => refused(language, &fault),
    }
}

/// A passkey has answered.
pub(crate) async fn open(
    State(shared): State<Arc<Shared>>,
    headers: HeaderMap,
    Json(answered): Json<Answered>,
) -> Response {
    let language = language_of(&headers);
    let Some(request) = answered.request() else {
        return refused(language, &NodeFault::NotOpened);
    };
    match shared.node.open(request).await {
        Ok(entrance) => match admit(&shared, &entrance) {
            Some(cookie) => ([(header::SET_COOKIE, cookie)], to("/account")).into_response(),
            None => refused(language, &NodeFault::Busy),
        },
        Err(fault) => refused(language, &fault),
    }
}

/// A challenge for a passkey that is to be made.
pub(crate) async fn new(
    State(shared): State<Arc<Shared>>,
    headers: HeaderMap,
    Json(asked): Json<Token>,
) -> Response {
    let visitor = visitor(&shared, &headers);
    let Some(visitor) = visitor.filter(|visitor| visitor.session.token == asked.token) else {
        return refused(language_of(&headers), &NodeFault::NotOpened);
    };
    let ticket = &visitor.session.ticket;
    match shared.node.challenge(Some(ticket)).await {
        Ok(challenge) => Json(Asked {
            nonce: text(&challenge.nonce),
            challenge: text(&challenge.passkey_challenge),
            relying_party: shared.site.host.clone(),
            name: text(&challenge.name),
            label: pages::passkey_label(visitor.language, shared.region),
        })
        .into_response(),
        Err(fault) => refused(visitor.language, &fault),
    }
}

/// A passkey was made: it is bound.
pub(crate) async fn bind(
    State(shared): State<Arc<Shared>>,
    headers: HeaderMap,
    Json(made): Json<Made>,
) -> Response {
    let visitor = visitor(&shared, &headers);
    let Some(visitor) = visitor.filter(|visitor| visitor.session.token == made.token) else {
        return refused(language_of(&headers), &NodeFault::NotOpened);
    };
    let ticket = visitor.session.ticket.clone();
    let Some(request) = made.request(ticket, &shared.site.host) else {
        return refused(visitor.language, &NodeFault::NotOpened);
    };
    match shared.node.bind(request).await {
        Ok(_) => {
            shared.sessions.has_key(&visitor.id);
            to("/account/keys").into_response()
        }
        Err(fault) => refused(visitor.language, &fault),
    }
}

impl Answered {
    fn request(&self) -> Option<OpenRequest> {
        Some(OpenRequest {
            nonce: bytes(&self.nonce)?.into(),
            name: bytes(&self.name)?.into(),
            proof: Some(Proof::Passkey(PasskeyAnswer {
                client_data: bytes(&self.client_data)?.into(),
                authenticator_data: bytes(&self.authenticator_data)?.into(),
                signature: bytes(&self.signature)?.into(),
            })),
        })
    }
}

impl Made {
    fn request(&self, ticket: Vec<u8>, relying_party: &str) -> Option<BindRequest> {
        Some(BindRequest {
            ticket: ticket.into(),
            nonce: bytes(&self.nonce)?.into(),
            name: bytes(&self.name)?.into(),
            key: Some(Key::Passkey(NewPasskey {
                relying_party: relying_party.to_string(),
                client_data: bytes(&self.client_data)?.into(),
                authenticator_data: bytes(&self.authenticator_data)?.into(),
            })),
        })
    }
}

fn to(page: &'static str) -> Json<Told> {
    Json(Told {
        to: Some(page),
        text: None,
    })
}

fn refused(language: Language, fault: &NodeFault) -> Response {
    let (status, fault) = match fault {
        NodeFault::Busy | NodeFault::TooMany => (StatusCode::TOO_MANY_REQUESTS, Fault::Busy),
        NodeFault::Away(_) | NodeFault::Answer(_) => {
            tracing::warn!(%fault, "the node has not answered as it should");
            (StatusCode::BAD_GATEWAY, Fault::Away)
        }
        _ => (StatusCode::FORBIDDEN, Fault::NotOpened),
    };
    let told = Told {
        to: None,
        text: Some(pages::fault_text(language, fault)),
    };
    (status, Json(told)).into_response()
}

fn text(bytes: &[u8]) -> String {
    Base64UrlUnpadded::encode_string(bytes)
}

fn bytes(text: &str) -> Option<Vec<u8>> {
    Base64UrlUnpadded::decode_vec(text).ok()
}
