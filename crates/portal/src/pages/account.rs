//! What a worker sees of the own account: the pages that `show` describes, with the portal around them.

use super::{
    keys::bind,
    layout::{Whose, page},
};
use crate::{sessions::Session, shared::Shared, text::t};
use axum::response::Html;
use maud::{Markup, html};
use yizhang_client::Told;
use yizhang_entitlement::{Account, projection::NoProjection};
use yizhang_ledger::value::{Month, UnixMillis};
use yizhang_show::{
    account::Answer,
    home::{self, Estimate, Links, Place, Setting},
    language::Language,
    provisional::ByNumber,
};
use yizhang_statement::{Identity, Verdict};

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
    /// A record that is disputed, or is to be.
    Dispute(Place),
}

/// Whose account it is.
#[derive(Clone, Copy)]
pub(crate) enum Owner<'s> {
    /// That of whoever is there.
    Worker(&'s Session),
    /// An invented person's.
    Nobody,
}

/// What pages of an account are told beside it.
pub(crate) fn setting(shared: &Shared, owner: Owner<'_>) -> Setting {
    let (prefix, token) = match owner {
        Owner::Worker(session) => ("/account", Some(session.token.clone())),
        Owner::Nobody => ("/example", None),
    };
    Setting {
        links: Links::Under(prefix.to_string()),
        offices: shared.offices.clone(),
        token,
    }
}

/// A page of the account of whoever is there; none where the account has no such month or record.
pub(crate) fn account(
    language: Language,
    session: &Session,
    told: Told,
    part: &Part,
    setting: &Setting,
) -> Option<Html<String>> {
    let answer = answer(told);
    let body = yizhang_show::language::during(language, || shown(&answer, part, setting))?;
    let begin = || {
        html! { @if session.may_bind && *part == Part::First { aside.inset { (bind(session)) } } }
    };
    Some(around(language, &Whose::Worker(session), begin, &body))
}

/// The same of an invented person, and on each page that this is so.
pub(crate) fn example(
    language: Language,
    account: &Account,
    part: &Part,
    setting: &Setting,
) -> Option<Html<String>> {
    let answer = invented(account);
    let body = yizhang_show::language::during(language, || shown(&answer, part, setting))?;
    Some(around(language, &Whose::Everybody, invented_note, &body))
}

/// What a pension would be; of an invented person where nobody is there.
pub(crate) fn estimate(
    language: Language,
    owner: Owner<'_>,
    answer: &Answer,
    estimate: &Result<Estimate, NoProjection>,
    setting: &Setting,
) -> Html<String> {
    let body =
        yizhang_show::language::during(language, || home::estimate(answer, estimate, setting));
    match owner {
        Owner::Worker(session) => around(language, &Whose::Worker(session), || html! {}, &body),
        Owner::Nobody => around(language, &Whose::Everybody, invented_note, &body),
    }
}

/// The sheet that a worker prints.
pub(crate) fn certificate(
    language: Language,
    session: &Session,
    shown: &Verdict,
    setting: &Setting,
) -> Html<String> {
    let body = yizhang_show::language::during(language, || home::certificate(shown, setting));
    around(language, &Whose::Worker(session), || html! {}, &body)
}

fn around(
    language: Language,
    whose: &Whose<'_>,
    begin: impl FnOnce() -> Markup,
    body: &Markup,
) -> Html<String> {
    page(
        language,
        whose,
        || t!("portal.account").to_string(),
        || {
            html! {
                (begin())
                (body)
                script src="/portal.js" defer {}
            }
        },
    )
}

fn invented_note() -> Markup {
    html! {
        aside.inset {
            p.alert role="note" { strong { (t!("example.note")) } " " a href="/" { (t!("example.back")) } }
        }
    }
}

fn shown(answer: &Answer, part: &Part, setting: &Setting) -> Option<Markup> {
    match part {
        Part::First => Some(home::first(answer, setting)),
        Part::Sheet => Some(home::sheet(answer, setting)),
        Part::Terms => Some(home::terms(setting)),
        Part::Month(family, month) => home::month(answer, family, *month, setting),
        Part::Dispute(place) => home::dispute(answer, *place, setting),
    }
}

/// What the node has told, as pages take it. Nothing of it was checked here: whoever wants to check takes the statement.
pub(crate) fn answer(told: Told) -> Answer {
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

/// An invented account, as pages take it.
pub(crate) fn invented(account: &Account) -> Answer {
    let sealed = account.sealed();
    Answer {
        account: account.clone(),
        accounts: Vec::new(),
        strangers: Vec::new(),
        copies: Vec::new(),
        behind: Vec::new(),
        at: UnixMillis(0),
        json: sealed.json,
        digest: sealed.digest,
        options: String::new(),
        identity: Identity::Trusted,
        checked: None,
        by_number: ByNumber::Nothing,
    }
}
