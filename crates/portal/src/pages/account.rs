//! The worker's first page.

use super::{
    keys::bind,
    layout::{Whose, page},
};
use crate::{sessions::Session, text::t};
use axum::response::Html;
use maud::{PreEscaped, html};
use yizhang_client::Told;
use yizhang_show::{account::Answer, html as expert, language::Language, provisional::ByNumber};

/// The account of whoever is there.
pub(crate) fn account(language: Language, session: &Session, told: Told) -> Html<String> {
    let answer = answer(told);
    page(
        language,
        &Whose::Worker(session),
        || t!("portal.account").to_string(),
        || {
            html! {
                h1 { (t!("portal.account")) }
                @if session.is_by_code { (bind(session)) }
                div.account { (PreEscaped(expert::parts(&answer))) }
                script src="/portal.js" defer {}
            }
        },
    )
}

/// What the node has told, as pages take it. Nothing of it was checked here: whoever wants to check takes the statement.
fn answer(told: Told) -> Answer {
    let stated = told.stated;
    Answer {
        account: stated.account,
        accounts: stated.accounts,
        strangers: stated.strangers,
        copies: told.copies,
        behind: told.behind,
        at: told.at,
        json: stated.json,
        digest: stated.digest,
        options: String::new(),
        identity: stated.identity,
        checked: None,
        by_number: ByNumber::Nothing,
    }
}
