//! The page that a browser sees for a moment when it is back from the identity provider.

use super::layout::{Whose, page};
use crate::text::t;
use axum::response::Html;
use maud::html;
use yizhang_show::language::Language;

/// Somebody is there: the browser goes on to the account by itself, and there is a way for one that does not.
pub(crate) fn arrived(language: Language) -> Html<String> {
    page(
        language,
        &Whose::Everybody,
        || t!("sign_on.arrived").to_string(),
        || {
            html! {
                main id="main" {
                h1 { (t!("sign_on.arrived")) }
                p { a href="/account" { (t!("sign_on.on")) } }
                }
            }
        },
    )
}
