//! The sheet that a worker prints: of a statement of today, which is checked here before it is shown.

use super::{failed, to_first_page, visitor};
use crate::{
    pages::{self, Fault},
    shared::Shared,
};
use axum::{
    extract::State,
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
};
use std::sync::Arc;
use yizhang_ledger::{roster::RootFingerprint, value::Day};
use yizhang_statement::{Statement, Verdict};

pub(crate) async fn page(State(shared): State<Arc<Shared>>, headers: HeaderMap) -> Response {
    let Some(visitor) = visitor(&shared, &headers) else {
        return to_first_page();
    };
    let today = Day::of((shared.clock)());
    let ticket = &visitor.session.ticket;
    let made = match shared.node.statement(ticket, today, None).await {
        Ok(made) => made,
        Err(fault) => return failed(&shared, &visitor, &fault),
    };
    let root = shared.root;
    // It computes the account anew: that is work for a thread that may block.
    let verdict = tokio::task::spawn_blocking(move || checked(&made, root)).await;
    let Ok(Some(verdict)) = verdict else {
        tracing::warn!("the node has stated what does not hold");
        let page = pages::fault(visitor.language, Fault::Away);
        return (StatusCode::BAD_GATEWAY, page).into_response();
    };
    let setting = pages::setting(&shared, pages::Owner::Worker(&visitor.session));
    pages::certificate(visitor.language, &visitor.session, &verdict, &setting).into_response()
}

fn checked(statement: &[u8], root: RootFingerprint) -> Option<Verdict> {
    Statement::parse(statement).ok()?.verify(root).ok()
}
