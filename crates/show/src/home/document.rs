//! The pages of a worker as one HTML file that needs nothing else and asks nobody for anything.

use super::{Links, STYLE, Setting, first, sheet, terms};
use crate::account::Answer;
use crate::text::t;
use maud::{DOCTYPE, Markup, PreEscaped, html};

/// What the browser is forbidden: everything but the style in the file.
const POLICY: &str =
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";

/// The sheet that a worker prints, as a file.
#[cfg(feature = "paper")]
pub fn certificate_file(shown: &yizhang_statement::Verdict) -> String {
    whole(
        &t!("home.certificate.title"),
        &html! { main id="main" { (super::certificate_sheet(shown)) } },
    )
}

/// The first page, the yearly table and the terms in one file. Offices are not known to it.
pub fn file(answer: &Answer) -> String {
    let setting = Setting {
        links: Links::InOneFile,
        offices: Vec::new(),
        token: None,
    };
    let body = html! {
        a.skip href="#main" { (t!("home.skip")) }
        (first(answer, &setting))
        @if !answer.account.records.is_empty() {
            section.page id="sheet" aria-label=(t!("home.sheet.title")) { (sheet::body(answer, &setting)) }
        }
        section.page id="terms" aria-label=(t!("home.terms.title")) {
            h1 { (t!("home.terms.title")) }
            (terms::list())
        }
    };
    whole(&t!("home.title"), &body)
}

/// A document with everything that it needs.
fn whole(title: &str, body: &Markup) -> String {
    html! {
        (DOCTYPE)
        html lang=(crate::language::html_tag()) {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(POLICY);
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (title) }
                style { (PreEscaped(STYLE)) }
            }
            body { (body) }
        }
    }
    .into_string()
}
