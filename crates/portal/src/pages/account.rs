//! What a worker sees of the own account: the pages that `show` describes, with the portal around them.

use super::{
    keys::bind,
    layout::{Whose, page},
};
use crate::{sessions::Session, text::t};
use axum::response::Html;
use maud::{Markup, html};
use yizhang_client::Told;
use yizhang_ledger::value::Month;
use yizhang_show::{
    account::Answer,
    home::{self, Links, Setting},
    language::Language,
    provisional::ByNumber,
};

/// Which page of an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    /// The three questions, and the years.
    First,
    /// The yearly table.
    Sheet,
    /// What words mean.
    Terms,
    /// A month of a family, named as in an address.
    Month(String, Month),
}

/// A page of the account of whoever is there; none where the account has no such month.
pub(crate) fn account(
    language: Language,
    session: &Session,
    told: Told,
    part: &Part,
) -> Option<Html<String>> {
    let answer = answer(told);
    let setting = Setting {
        links: Links::Under("/account".to_string()),
        offices: Vec::new(),
    };
    let body = yizhang_show::language::during(language, || shown(&answer, part, &setting))?;
    Some(page(
        language,
        &Whose::Worker(session),
        || t!("portal.account").to_string(),
        || {
            html! {
                @if session.is_by_code && *part == Part::First { aside.inset { (bind(session)) } }
                (body)
                script src="/portal.js" defer {}
            }
        },
    ))
}

fn shown(answer: &Answer, part: &Part, setting: &Setting) -> Option<Markup> {
    match part {
        Part::First => Some(home::first(answer, setting)),
        Part::Sheet => Some(home::sheet(answer, setting)),
        Part::Terms => Some(home::terms(setting)),
        Part::Month(family, month) => home::month(answer, family, *month, setting),
    }
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
