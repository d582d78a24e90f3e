//! The statement: a worker takes the record along, as a file or as a page that checks itself.

use super::{failed, to_first_page, visitor};
use crate::{
    node::StatedNumber,
    pages::{self, Fault},
    shared::Shared,
};
use axum::{
    Form,
    extract::State,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Deserialize;
use std::sync::Arc;
use yizhang_ledger::{
    person::{NumberSalt, SocialSecurityNumber},
    value::Day,
};
use yizhang_page::Page;
use yizhang_statement::{Opening, Statement};
use yizhang_verifier::File;

pub(crate) async fn form(State(shared): State<Arc<Shared>>, headers: HeaderMap) -> Response {
    match visitor(&shared, &headers) {
        Some(visitor) => pages::statement(visitor.language, &visitor.session, None).into_response(),
        None => to_first_page(),
    }
}

/// What is to be made.
#[derive(Deserialize)]
pub(crate) struct Wanted {
    token: String,
    /// `file` or `page`.
    form: String,
    /// The social-security number, which everybody may then read in it; empty for none.
    #[serde(default)]
    number: String,
}

pub(crate) async fn make(
    State(shared): State<Arc<Shared>>,
    headers: HeaderMap,
    Form(wanted): Form<Wanted>,
) -> Response {
    let Some(visitor) = visitor(&shared, &headers) else {
        return to_first_page();
    };
    let (language, session) = (visitor.language, &visitor.session);
    if wanted.token != session.token {
        return (
            StatusCode::FORBIDDEN,
            pages::fault(language, Fault::ForeignPage),
        )
            .into_response();
    }
    let wrong = |fault| {
        let page = pages::statement(language, session, Some(fault));
        (StatusCode::UNPROCESSABLE_ENTITY, page).into_response()
    };
    let Ok(opening) = opening(&wanted.number) else {
        return wrong(Fault::Number);
    };
    let stated = opening.as_ref().map(|opening| StatedNumber {
        number: opening.number.reveal().to_owned(),
        salt: opening.salt.0,
    });
    let today = Day::of((shared.clock)());
    let made = match shared.node.statement(&session.ticket, today, stated).await {
        Ok(made) => made,
        // The account is open, or the page before would not have been shown: it is the number of somebody else.
        Err(crate::node::NodeFault::NotOpened) if opening.is_some() => return wrong(Fault::Number),
        Err(fault) => return failed(&shared, &visitor, &fault),
    };
    let bytes = match &opening {
        Some(opening) => match Statement::reveal(&made, opening) {
            Ok(bytes) => bytes,
            Err(_) => {
                return (StatusCode::BAD_GATEWAY, pages::fault(language, Fault::Away))
                    .into_response();
            }
        },
        None => made,
    };
    let name = format!("yizhang-{today}.yizhang");
    if wanted.form == "page" {
        let page = page(&shared, &name, &bytes);
        return download(
            "text/html; charset=utf-8",
            &format!("yizhang-{today}.html"),
            page.into_bytes(),
        );
    }
    download("application/octet-stream", &name, bytes)
}

/// What reveals a number; none if none is to be revealed.
fn opening(number: &str) -> Result<Option<Opening>, ()> {
    if number.trim().is_empty() {
        return Ok(None);
    }
    let number = SocialSecurityNumber::parse(number).map_err(|_| ())?;
    let mut salt = [0; 16];
    getrandom::fill(&mut salt).map_err(|_| ())?;
    Ok(Some(Opening {
        salt: NumberSalt(salt),
        number,
    }))
}

fn page(shared: &Shared, name: &str, bytes: &[u8]) -> String {
    let fingerprint = shared.root.to_string();
    yizhang_page::page(&Page {
        fingerprint: &fingerprint,
        files: vec![File { name, bytes }],
    })
}

/// A file to be kept, never to be shown in the portal's own name.
fn download(kind: &'static str, name: &str, bytes: Vec<u8>) -> Response {
    let disposition = format!("attachment; filename=\"{name}\"");
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(kind)),
        (
            header::CONTENT_DISPOSITION,
            HeaderValue::try_from(disposition).expect("a name of letters, digits and dashes"),
        ),
    ];
    (headers, bytes).into_response()
}
