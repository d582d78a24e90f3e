//! The invented person whom anybody may look at: pages from what is in memory since the start. No node is asked.

use super::{account::NamedMonth, language_of, no_page};
use crate::{
    pages::{self, Owner, Part},
    shared::Shared,
};
use axum::{
    extract::{Path, State},
    http::HeaderMap,
    response::{IntoResponse, Response},
};
use std::sync::Arc;
use yizhang_ledger::value::Month;

pub(crate) async fn first(shared: State<Arc<Shared>>, headers: HeaderMap) -> Response {
    part(&shared, headers, Part::First).await
}

pub(crate) async fn sheet(shared: State<Arc<Shared>>, headers: HeaderMap) -> Response {
    part(&shared, headers, Part::Sheet).await
}

pub(crate) async fn terms(shared: State<Arc<Shared>>, headers: HeaderMap) -> Response {
    part(&shared, headers, Part::Terms).await
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

async fn part(shared: &Shared, headers: HeaderMap, part: Part) -> Response {
    let Some(example) = &shared.example else {
        return no_page(headers).await;
    };
    let setting = pages::setting(shared, Owner::Nobody);
    let page = pages::example(language_of(&headers), &example.account, &part, &setting);
    match page {
        Some(page) => page.into_response(),
        None => no_page(headers).await,
    }
}
