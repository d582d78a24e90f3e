//! The worker's first page.

use super::{failed, to_first_page, visitor};
use crate::{pages, shared::Shared};
use axum::{
    extract::State,
    http::HeaderMap,
    response::{IntoResponse, Response},
};
use std::sync::Arc;
use yizhang_ledger::value::Day;

pub(crate) async fn first(State(shared): State<Arc<Shared>>, headers: HeaderMap) -> Response {
    let Some(visitor) = visitor(&shared, &headers) else {
        return to_first_page();
    };
    let today = Day::of((shared.clock)());
    match shared.node.account(&visitor.session.ticket, today).await {
        Ok(told) => pages::account(visitor.language, &visitor.session, told).into_response(),
        Err(fault) => failed(&shared, &visitor, &fault),
    }
}
