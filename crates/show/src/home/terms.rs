//! The terms of the trade, each with its meaning: a button in a text opens it, and one page has them all.

use super::{Setting, words};
use crate::named;
use maud::{Markup, html};
use rust_i18n::t;

/// Every term that a text may name, in the order of the page of terms: what is paid first, what comes of it last.
const TERMS: [&str; 34] = [
    "record",
    "ledger",
    "checked",
    "agency",
    "scheme",
    "month",
    "base",
    "arrears",
    "late_fee",
    "gap",
    "back_pay",
    "flexible",
    "deemed",
    "account",
    "interest",
    "pool",
    "employee_pension",
    "resident_pension",
    "minimum",
    "statutory",
    "benefit_place",
    "relation",
    "household",
    "transfer",
    "letter",
    "sheet",
    "estimate",
    "reference_wage",
    "index",
    "medical",
    "waiting",
    "double",
    "refund",
    "class",
];

/// A term as a button that opens its meaning: `base`, or with other words `base|bases`. What is no term is text.
pub(super) fn button(term: &str) -> Markup {
    let (key, words) = term.split_once('|').unwrap_or((term, ""));
    let is_known = TERMS.contains(&key);
    let name = if words.is_empty() && is_known {
        named(&format!("home.term.{key}"))
    } else {
        words.to_owned()
    };
    html! {
        @if is_known { button.term type="button" popovertarget=(id(key)) { (name) } }
        @else { (if words.is_empty() { key } else { words }) }
    }
}

fn id(key: &str) -> String {
    format!("t-{key}")
}

/// The meanings behind the buttons of a page: one stands at the end of each.
pub(super) fn meanings(setting: &Setting) -> Markup {
    html! {
        @for key in TERMS {
            div.meaning popover id=(id(key)) {
                p.name { (named(&format!("home.term.{key}"))) }
                p { (named(&format!("home.meaning.{key}"))) }
                p.more { a href=(setting.links.terms()) { (t!("home.all_terms")) } }
            }
        }
    }
}

/// The terms as a list.
pub(super) fn list() -> Markup {
    html! {
        dl.terms {
            @for key in TERMS {
                dt { (named(&format!("home.term.{key}"))) }
                dd { (named(&format!("home.meaning.{key}"))) }
            }
        }
    }
}

/// The page on which every term stands with its meaning.
pub fn page(setting: &Setting) -> Markup {
    html! {
        main id="main" {
            p { a href=(setting.links.first()) { (t!("home.back")) } }
            h1 { (t!("home.terms.title")) }
            p { (words::prose(&t!("home.terms.intro"))) }
            (list())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{home::tests::in_language, language::Language};

    #[test]
    fn every_term_has_a_name_and_a_meaning_in_both_languages() {
        for language in [Language::Zh, Language::En] {
            in_language(language, || {
                for key in TERMS {
                    for kind in ["term", "meaning"] {
                        let key = format!("home.{kind}.{key}");
                        assert_ne!(named(&key), key);
                    }
                }
            });
        }
    }
}
