//! Who has read the own account: the page that `show` describes, with the portal around it.

use super::layout::{Whose, page};
use crate::{sessions::Session, text::t};
use axum::response::Html;
use yizhang_show::{
    home::{self, Links, Setting},
    language::Language,
    readings::Readings,
};

pub(crate) fn readings(language: Language, session: &Session, readings: &Readings) -> Html<String> {
    let setting = Setting {
        links: Links::Under("/account".to_string()),
        offices: Vec::new(),
        token: None,
    };
    page(
        language,
        &Whose::Worker(session),
        || t!("portal.readings").to_string(),
        || home::readings(readings, &setting),
    )
}
