//! The keys of a worker.

use super::layout::{Whose, page, token};
use crate::{
    node::{day, key_name},
    sessions::Session,
    text::t,
};
use axum::response::Html;
use base64ct::{Base64UrlUnpadded, Encoding};
use maud::{Markup, html};
use yizhang_ledger::value::Division;
use yizhang_show::{
    language::{self, Language},
    place,
};
use yizhang_wire::v1::HeldKey;

/// The page of the keys, with a way to add this phone and one to end each.
pub(crate) fn keys(language: Language, session: &Session, keys: &[HeldKey]) -> Html<String> {
    page(
        language,
        &Whose::Worker(session),
        || t!("keys.title").to_string(),
        || {
            html! {
                main id="main" {
                h1 { (t!("keys.title")) }
                p { (t!("keys.lead")) }
                @if keys.is_empty() { p { (t!("keys.none")) } }
                ul.keys { @for key in keys { (held(session, key)) } }
                @if session.may_bind { (bind(session)) }
                script src="/portal.js" defer {}
                }
            }
        },
    )
}

/// The way to add the phone that is in the hand.
pub(super) fn bind(session: &Session) -> Markup {
    html! {
        section.card aria-labelledby="add-phone" {
            h2 id="add-phone" { (t!("keys.add")) }
            p { (t!("keys.add_text")) }
            p.alert role="alert" id="passkey-fault" hidden {}
            button.main type="button" id="passkey-bind" hidden data-token=(session.token) data-failed=(t!("passkey.failed")) { (t!("keys.add_button")) }
            p id="passkey-none" { (t!("keys.add_none")) }
        }
    }
}

fn held(session: &Session, key: &HeldKey) -> Markup {
    let kind = match key.kind.as_str() {
        "passkey" => t!("keys.kind.passkey"),
        "file" => t!("keys.kind.file"),
        _ => t!("keys.kind.other"),
    };
    let region = key_name(key).map(|name| place::name(name.region));
    let on = day(key.on).map(|on| on.to_string()).unwrap_or_default();
    let ended = day(key.ended_on);
    html! {
        li.card {
            p { strong { (kind) } @if key.is_this_one { " " span.mark { (t!("keys.this_one")) } } }
            p.small { (t!("keys.bound", day = on, region = region.unwrap_or_default())) }
            @match ended {
                Some(ended) => p { (t!("keys.ended", day = ended)) },
                None => form method="post" action="/account/keys/end" {
                    (token(session))
                    input type="hidden" name="name" value=(Base64UrlUnpadded::encode_string(&key.name));
                    button.minor type="submit" { (t!("keys.end")) }
                },
            }
        }
    }
}

/// What a phone shows of a passkey among others.
pub(crate) fn passkey_label(language: Language, region: Division) -> String {
    language::during(language, || {
        t!("keys.label", region = place::name(region)).to_string()
    })
}
