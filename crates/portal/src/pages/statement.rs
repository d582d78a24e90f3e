//! The page from which a worker takes the record along.

use super::{
    fault::{Fault, fault_text},
    layout::{Whose, page, token},
};
use crate::{sessions::Session, text::t};
use axum::response::Html;
use maud::html;
use yizhang_show::language::Language;

/// The form of a statement, with what was wrong, if something was.
pub(crate) fn statement(
    language: Language,
    session: &Session,
    fault: Option<Fault>,
) -> Html<String> {
    page(
        language,
        &Whose::Worker(session),
        || t!("statement.title").to_string(),
        || {
            html! {
                main id="main" {
                h1 { (t!("statement.title")) }
                p { (t!("statement.lead")) }
                @if let Some(fault) = fault {
                    p.alert role="alert" { (fault_text(language, fault)) }
                }
                form.card method="post" action="/account/statement" {
                    (token(session))
                    fieldset {
                        legend { (t!("statement.form")) }
                        label { input type="radio" name="form" value="page" checked; " " (t!("statement.page")) }
                        label { input type="radio" name="form" value="file"; " " (t!("statement.file")) }
                    }
                    label for="number" { (t!("statement.number")) }
                    input id="number" name="number" autocomplete="off" spellcheck="false" maxlength="32" aria-describedby="number-help";
                    p.small id="number-help" { (t!("statement.number_help")) }
                    button.main type="submit" { (t!("statement.button")) }
                }
                }
            }
        },
    )
}
