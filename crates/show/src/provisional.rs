//! What a retirement would be by the number that was typed, for people: beside the account, and said to be no part of it.

use super::{
    named,
    page::{Block, Part},
    serde_name,
};
use rust_i18n::t;
use yizhang_entitlement::provisional::ProvisionalRetirement;

/// The block; none where nothing is provisional.
pub(crate) fn part(found: &[ProvisionalRetirement]) -> Option<Part> {
    if found.is_empty() {
        return None;
    }
    Part::titled(
        t!("provisional.title"),
        vec![
            Block::Lines(found.iter().map(line).collect()),
            Block::Notes(vec![t!("provisional.note").to_string()]),
        ],
    )
}

fn line(found: &ProvisionalRetirement) -> String {
    let choice = match (found.earliest, found.latest) {
        (Some(earliest), Some(latest)) => {
            t!("provisional.choice", earliest = earliest, latest = latest).to_string()
        }
        _ => String::new(),
    };
    let needed = match (found.needed, found.short) {
        (Some(needed), Some(short)) => {
            t!("provisional.needed", needed = needed, short = short).to_string()
        }
        _ => String::new(),
    };
    let class = named(&format!("class.{}", serde_name(&found.class)));
    t!(
        "provisional.class",
        class = class,
        statutory = found.statutory,
        choice = choice,
        needed = needed
    )
    .to_string()
}
