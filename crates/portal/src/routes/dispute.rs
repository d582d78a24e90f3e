//! Disputes: a worker says that a record is not right. A file that shows it is hashed here and goes no further.

use super::{failed, no_page, to_first_page, visitor};
use crate::{
    node::NodeFault,
    pages::{self, Fault, Part},
    shared::Shared,
};
use axum::{
    extract::{
        Multipart, Path, State,
        multipart::{Field, MultipartError},
    },
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Redirect, Response},
};
use std::sync::Arc;
use yizhang_ledger::{
    dispute::{DOCUMENT_BYTES_MAX, DocumentHasher, DocumentTooLong},
    value::Division,
};
use yizhang_show::home::Place;
use yizhang_wire::v1::DisputeRequest;

/// Longest body: a document, and what a form says beside it.
pub(super) const BODY_BYTES_MAX: usize = DOCUMENT_BYTES_MAX + 16 * 1_024;
/// Longest field that is not the document.
const FIELD_BYTES_MAX: usize = 256;

/// The page on which a record is disputed.
pub(crate) async fn form(
    State(shared): State<Arc<Shared>>,
    headers: HeaderMap,
    Path(named): Path<NamedRecord>,
) -> Response {
    match Division::new(named.region) {
        Some(region) => {
            let place = Place {
                region,
                index: named.index,
            };
            super::account::part(&shared, headers, Part::Dispute(place)).await
        }
        None => no_page(headers).await,
    }
}

/// A record, as an address names it.
#[derive(serde::Deserialize)]
pub(crate) struct NamedRecord {
    region: u32,
    index: u64,
}

/// What a form says.
#[derive(Default)]
struct Sent {
    token: String,
    region: String,
    index: String,
    reason: String,
    /// The hash of the document; empty for none.
    document: Vec<u8>,
}

/// Why a form is none.
enum Unread {
    TooLarge,
    NoForm,
}

impl From<MultipartError> for Unread {
    fn from(fault: MultipartError) -> Self {
        if fault.status() == StatusCode::PAYLOAD_TOO_LARGE {
            Self::TooLarge
        } else {
            Self::NoForm
        }
    }
}

impl From<DocumentTooLong> for Unread {
    fn from(_: DocumentTooLong) -> Self {
        Self::TooLarge
    }
}

impl Sent {
    /// Reads a form; of the document only its hash stays. The token comes first: nothing is taken of a form without it.
    async fn read(mut form: Multipart, token: &str) -> Result<Option<Self>, Unread> {
        let mut sent = Self::default();
        while let Some(field) = form.next_field().await? {
            let name = field.name().unwrap_or_default().to_owned();
            if name != "token" && sent.token != token {
                return Ok(None);
            }
            if name == "document" {
                sent.document = hashed(field).await?;
                continue;
            }
            let text = text(field).await?;
            match name.as_str() {
                "token" => sent.token = text,
                "region" => sent.region = text,
                "index" => sent.index = text,
                "reason" => sent.reason = text,
                _ => return Err(Unread::NoForm),
            }
        }
        Ok((sent.token == token).then_some(sent))
    }

    fn request(self, ticket: &[u8]) -> Option<DisputeRequest> {
        Some(DisputeRequest {
            ticket: ticket.to_vec().into(),
            region: self.region.parse().ok()?,
            index: self.index.parse().ok()?,
            reason: self.reason,
            document: self.document.into(),
        })
    }
}

/// The hash of a document, which is read part by part and kept nowhere; empty for none.
async fn hashed(mut field: Field<'_>) -> Result<Vec<u8>, Unread> {
    let mut hasher = DocumentHasher::default();
    while let Some(part) = field.chunk().await? {
        hasher.take(&part)?;
    }
    Ok(hasher
        .finish()
        .map(|hash| hash.0.to_vec())
        .unwrap_or_default())
}

/// A short text.
async fn text(mut field: Field<'_>) -> Result<String, Unread> {
    let mut bytes = Vec::new();
    while let Some(part) = field.chunk().await? {
        if bytes.len() + part.len() > FIELD_BYTES_MAX {
            return Err(Unread::NoForm);
        }
        bytes.extend_from_slice(&part);
    }
    String::from_utf8(bytes).map_err(|_| Unread::NoForm)
}

/// A record is disputed.
pub(crate) async fn raise(
    State(shared): State<Arc<Shared>>,
    headers: HeaderMap,
    form: Multipart,
) -> Response {
    let Some(visitor) = visitor(&shared, &headers) else {
        return to_first_page();
    };
    let wrong = |status: StatusCode, fault: Fault| {
        (status, pages::fault(visitor.language, fault)).into_response()
    };
    let request = match Sent::read(form, &visitor.session.token).await {
        Ok(None) => return wrong(StatusCode::FORBIDDEN, Fault::ForeignPage),
        Err(Unread::TooLarge) => return wrong(StatusCode::PAYLOAD_TOO_LARGE, Fault::TooLarge),
        Err(Unread::NoForm) => return wrong(StatusCode::UNPROCESSABLE_ENTITY, Fault::Dispute),
        Ok(Some(sent)) => sent.request(&visitor.session.ticket),
    };
    let Some(request) = request else {
        return wrong(StatusCode::UNPROCESSABLE_ENTITY, Fault::Dispute);
    };
    let page = format!("/account/dispute/{}/{}", request.region, request.index);
    match shared.node.dispute(request).await {
        Ok(()) => Redirect::to(&page).into_response(),
        Err(NodeFault::Refused(_)) => wrong(StatusCode::UNPROCESSABLE_ENTITY, Fault::Dispute),
        Err(NodeFault::TooMany) => wrong(StatusCode::TOO_MANY_REQUESTS, Fault::TooMany),
        Err(fault) => failed(&shared, &visitor, &fault),
    }
}
