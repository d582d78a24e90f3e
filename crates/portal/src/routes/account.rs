//! The pages of the own account.

use super::{failed, no_page, to_first_page, visitor};
use crate::{
    pages::{self, Part},
    shared::Shared,
};
use axum::{
    extract::{Path, State},
    http::HeaderMap,
    response::{IntoResponse, Response},
};
use std::sync::Arc;
use yizhang_ledger::value::{Day, Month};

pub(crate) async fn first(shared: State<Arc<Shared>>, headers: HeaderMap) -> Response {
    part(&shared, headers, Part::First).await
}

pub(crate) async fn sheet(shared: State<Arc<Shared>>, headers: HeaderMap) -> Response {
    part(&shared, headers, Part::Sheet).await
}

pub(crate) async fn terms(shared: State<Arc<Shared>>, headers: HeaderMap) -> Response {
    part(&shared, headers, Part::Terms).await
}

/// A month, as an address names it.
#[derive(serde::Deserialize)]
pub(crate) struct NamedMonth {
    pub(super) family: String,
    pub(super) month: String,
}

pub(crate) async fn month(
    shared: State<Arc<Shared>>,
    headers: HeaderMap,
    Path(named): Path<NamedMonth>,
) -> Response {
    match Month::parse(&named.month) {
        Some(month) => part(&shared, headers, Part::Month(named.family, month)).await,
        None => no_page(headers).await,
    }
}

pub(super) async fn part(shared: &Shared, headers: HeaderMap, part: Part) -> Response {
    let Some(visitor) = visitor(shared, &headers) else {
        return to_first_page();
    };
    let today = Day::of((shared.clock)());
    let told = match shared.node.account(&visitor.session.ticket, today).await {
        Ok(told) => told,
        Err(fault) => return failed(shared, &visitor, &fault),
    };
    let setting = pages::setting(shared, pages::Owner::Worker(&visitor.session));
    match pages::account(visitor.language, &visitor.session, told, &part, &setting) {
        Some(page) => page.into_response(),
        None => no_page(headers).await,
    }
}
