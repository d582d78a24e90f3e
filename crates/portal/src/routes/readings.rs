//! Who has read the own account.

use super::{failed, to_first_page, visitor};
use crate::{pages, shared::Shared};
use axum::{
    extract::State,
    http::HeaderMap,
    response::{IntoResponse, Response},
};
use std::sync::Arc;

pub(crate) async fn list(State(shared): State<Arc<Shared>>, headers: HeaderMap) -> Response {
    let Some(visitor) = visitor(&shared, &headers) else {
        return to_first_page();
    };
    match shared.node.readings(&visitor.session.ticket).await {
        Ok(readings) => {
            pages::readings(visitor.language, &visitor.session, &readings).into_response()
        }
        Err(fault) => failed(&shared, &visitor, &fault),
    }
}
