//! What every page has: its head, a way to the other language, a way out.

use crate::{sessions::Session, text::t};
use axum::response::Html;
use maud::{DOCTYPE, Markup, html};
use yizhang_show::language::{self, Language};

/// Whose page it is.
pub(super) enum Whose<'s> {
    /// Nobody's: it is the same for everybody.
    Everybody,
    /// Somebody's, who can leave.
    Worker(&'s Session),
}

/// A page in a language; the body brings its `main`.
pub(super) fn page(
    language: Language,
    whose: &Whose<'_>,
    title: impl FnOnce() -> String,
    body: impl FnOnce() -> Markup,
) -> Html<String> {
    language::during(language, || {
        let page = html! {
            (DOCTYPE)
            html lang=(language::html_tag()) {
                head {
                    meta charset="utf-8";
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    meta name="color-scheme" content="light dark";
                    title { (title()) " · " (t!("portal.name")) }
                    link rel="stylesheet" href="/portal.css";
                }
                body {
                    a.skip href="#main" { (t!("portal.skip")) }
                    (header(language, whose))
                    (body())
                }
            }
        };
        Html(page.into_string())
    })
}

fn header(language: Language, whose: &Whose<'_>) -> Markup {
    let (other, name) = match language {
        Language::Zh => ("en", "English"),
        Language::En => ("zh", "中文"),
    };
    html! {
        header.site {
            a.brand href="/" { (t!("portal.name")) }
            nav aria-label=(t!("portal.navigation")) {
                @if let Whose::Worker(session) = whose {
                    a href="/account" { (t!("portal.account")) }
                    a href="/account/statement" { (t!("portal.statement")) }
                    a href="/account/readings" { (t!("portal.readings")) }
                    a href="/account/keys" { (t!("portal.keys")) }
                    form method="post" action="/leave" {
                        (token(session))
                        button.plain type="submit" { (t!("portal.leave")) }
                    }
                }
                a href=(format!("/language/{other}")) lang=(other) hreflang=(other) { (name) }
            }
        }
    }
}

/// What a form of a session carries.
pub(super) fn token(session: &Session) -> Markup {
    html! { input type="hidden" name="token" value=(session.token); }
}
