//! The first page.

use super::{
    fault::{Fault, fault_text},
    layout::{Whose, page},
};
use crate::{shared::Shared, text::t};
use axum::response::Html;
use maud::html;
use yizhang_show::{language::Language, place};

/// The first page: what this is, the ways in: with a phone that is known, by the identity provider if there
/// is one, and with a code. With what was wrong, if something was.
pub(crate) fn welcome(language: Language, shared: &Shared, fault: Option<Fault>) -> Html<String> {
    page(
        language,
        &Whose::Everybody,
        || t!("welcome.title").to_string(),
        || {
            html! {
                main id="main" {
                h1 { (t!("welcome.title")) }
                p.lead { (t!("welcome.lead")) }
                p { (t!("welcome.region", region = place::name(shared.region))) }
                @if let Some(fault) = fault {
                    p.alert role="alert" { (fault_text(language, fault)) }
                }
                section.card aria-labelledby="by-phone" {
                    h2 id="by-phone" { (t!("welcome.phone")) }
                    p { (t!("welcome.phone_text")) }
                    p.alert role="alert" id="passkey-fault" hidden {}
                    button.main type="button" id="passkey-open" hidden data-failed=(t!("passkey.failed")) { (t!("welcome.phone_button")) }
                    p id="passkey-none" { (t!("welcome.phone_none")) }
                }
                @if let Some(provider) = &shared.provider {
                    section.card aria-labelledby="by-sign-on" {
                        h2 id="by-sign-on" { (t!("sign_on.title")) }
                        p { (t!("sign_on.text")) }
                        a.main href="/sign-on" { (provider.label().text(language)) }
                    }
                }
                section.card aria-labelledby="by-code" {
                    h2 id="by-code" { (t!("welcome.code")) }
                    p { (t!("welcome.code_text")) }
                    form method="post" action="/enter" {
                        label for="code" { (t!("welcome.code_label")) }
                        input id="code" name="code" inputmode="numeric" autocomplete="one-time-code" required
                            maxlength="24" placeholder="0000 0000 0000" aria-describedby="code-help";
                        p.small id="code-help" { (t!("welcome.code_help")) }
                        button.main type="submit" { (t!("welcome.code_button")) }
                    }
                }
                @if shared.example.is_some() {
                    section.card aria-labelledby="example" {
                        h2 id="example" { (t!("example.title")) }
                        p { (t!("example.text")) }
                        p { a href="/example" { (t!("example.way")) } }
                    }
                }
                p.small { (t!("welcome.privacy")) }
                script src="/portal.js" defer {}
                }
            }
        },
    )
}
