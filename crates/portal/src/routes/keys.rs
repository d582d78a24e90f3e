//! The keys of a worker: which there are, and the end of one.

use super::{failed, to_first_page, visitor};
use crate::{
    pages::{self, Fault},
    shared::Shared,
};
use axum::{
    Form,
    extract::State,
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Redirect, Response},
};
use base64ct::{Base64UrlUnpadded, Encoding};
use serde::Deserialize;
use std::sync::Arc;

pub(crate) async fn list(State(shared): State<Arc<Shared>>, headers: HeaderMap) -> Response {
    let Some(visitor) = visitor(&shared, &headers) else {
        return to_first_page();
    };
    match shared.node.keys(&visitor.session.ticket).await {
        Ok(keys) => pages::keys(visitor.language, &visitor.session, &keys).into_response(),
        Err(fault) => failed(&shared, &visitor, &fault),
    }
}

/// Which key is to end.
#[derive(Deserialize)]
pub(crate) struct End {
    token: String,
    /// Its name, base64url.
    name: String,
}

pub(crate) async fn end(
    State(shared): State<Arc<Shared>>,
    headers: HeaderMap,
    Form(form): Form<End>,
) -> Response {
    let Some(visitor) = visitor(&shared, &headers) else {
        return to_first_page();
    };
    let name = Base64UrlUnpadded::decode_vec(&form.name);
    let (true, Ok(name)) = (form.token == visitor.session.token, name) else {
        let page = pages::fault(visitor.language, Fault::ForeignPage);
        return (StatusCode::FORBIDDEN, page).into_response();
    };
    match shared.node.end_key(&visitor.session.ticket, name).await {
        Ok(()) => Redirect::to("/account/keys").into_response(),
        Err(fault) => failed(&shared, &visitor, &fault),
    }
}
