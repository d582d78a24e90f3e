//! The document.

use crate::{
    VERIFIER,
    packed::{base64, deflated, policy_hash},
};
use maud::{DOCTYPE, Markup, PreEscaped, html};
use rust_i18n::t;
use yizhang_show::html as account;
use yizhang_verifier::File;

/// The style of an account, and that of the page, which goes before it.
const STYLES: [&str; 2] = [account::STYLE, include_str!("page.css")];
const SCRIPT: &str = include_str!("page.js");

/// What a page is about.
#[derive(Clone, Debug, Default)]
pub struct Page<'a> {
    /// The fingerprint of the root keys that the page begins with; empty for a reader who brings his own.
    pub fingerprint: &'a str,
    /// The files that it carries, which it checks when it is opened; none for a page that others' files are chosen in.
    pub files: Vec<File<'a>>,
}

/// The page.
pub fn page(page: &Page<'_>) -> String {
    let style = STYLES.concat();
    let policy = format!(
        "default-src 'none'; script-src {} 'wasm-unsafe-eval'; style-src {}; base-uri 'none'; form-action 'none'",
        policy_hash(SCRIPT),
        policy_hash(&style)
    );
    html! {
        (DOCTYPE)
        html lang="zh-CN" {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(policy);
                (PreEscaped(format!("\n<!-- {}\n     {} -->\n", in_language("zh", "page.policy"), in_language("en", "page.policy"))))
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (in_language("zh", "page.title")) " · " (in_language("en", "page.title")) }
                style { (PreEscaped(&style)) }
            }
            (body(page))
        }
    }
    .into_string()
}

fn body(page: &Page<'_>) -> Markup {
    html! {
        body {
            header {
                h1 { (both("page.title")) }
                div.screen {
                    button type="button" lang="zh-CN" data-language="zh" aria-pressed="true" { "中文" }
                    " "
                    button type="button" lang="en" data-language="en" aria-pressed="false" { "English" }
                }
            }
            p { (both("page.promise")) }
            main {
                @if page.files.is_empty() { (choice(page)) (result()) } @else { (result()) (choice(page)) }
                (notes())
            }
            (sentences())
            @for file in &page.files {
                script type="text/plain" data-file=(file.name) { (base64(file.bytes)) }
            }
            script type="text/plain" id="verifier" { (deflated(VERIFIER)) }
            script { (PreEscaped(SCRIPT)) }
        }
    }
}

/// Where files are chosen.
fn choice(page: &Page<'_>) -> Markup {
    html! {
        section.card.screen {
            h2 { (both("page.choose")) }
            label for="files" { (both("page.files")) }
            p.hint id="files-hint" { (both("page.files_hint")) }
            input type="file" id="files" multiple aria-describedby="files-hint";
            ul id="chosen" {}
            label for="fingerprint" { (both("page.fingerprint")) }
            p.hint id="fingerprint-hint" {
                (both("page.fingerprint_hint"))
                @if !page.fingerprint.is_empty() { " " (both("page.fingerprint_given")) }
            }
            textarea id="fingerprint" rows="2" aria-describedby="fingerprint-hint" maxlength="96" autocomplete="off" autocapitalize="none"
                spellcheck="false" { (page.fingerprint) }
            details {
                summary { (both("page.person")) }
                p.hint id="person-hint" { (both("page.person_hint")) }
                label for="number" { (both("page.number")) }
                (typed("number", 18))
                label for="code" { (both("page.code")) }
                (typed("code", 64))
            }
        }
    }
}

/// A field for something that the browser is to keep no trace of.
fn typed(id: &str, longest: usize) -> Markup {
    html! {
        input type="text" id=(id) maxlength=(longest) aria-describedby="person-hint" autocomplete="off" autocapitalize="none"
            spellcheck="false";
    }
}

/// Where the verdict will stand. Until the script says otherwise, nothing has been checked.
fn result() -> Markup {
    html! {
        section {
            div.state id="state" role="status" { p { (both("page.scripts")) } }
            div id="report" {}
        }
    }
}

fn notes() -> Markup {
    html! {
        section.card {
            h2 { (both("page.notes")) }
            ul {
                @for note in ["page.note_origin", "page.note_green", "page.note_same"] { li { (both(note)) } }
            }
        }
    }
}

/// The sentences that the script shows in their time.
fn sentences() -> Markup {
    let names = [
        ("say-waiting", "page.waiting"),
        ("say-checking", "page.checking"),
        ("say-cannot", "page.cannot"),
        ("say-broken", "page.broken"),
        ("say-many", "page.many"),
        ("say-remove", "page.remove"),
    ];
    html! {
        @for (id, key) in names { template id=(id) { (both(key)) } }
    }
}

/// A text in both languages, of which the style shows one.
fn both(key: &str) -> Markup {
    html! {
        span.zh lang="zh-CN" { (in_language("zh", key)) }
        span.en lang="en" { (in_language("en", key)) }
    }
}

fn in_language(language: &str, key: &str) -> String {
    t!(key, locale = language).to_string()
}
