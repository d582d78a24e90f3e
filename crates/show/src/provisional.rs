//! What a retirement would be by the number that was typed, for people: beside the account, and said to be no part of it.

use super::{
    count, named,
    page::{Block, Part},
    serde_name,
};
use crate::text::t;
use yizhang_entitlement::provisional::ProvisionalRetirement;

/// What can be said by the number.
pub enum ByNumber {
    /// Nothing: no number was typed, or agencies have stated what it would tell.
    Nothing,
    /// Retirements under the rules of the account.
    Retirements(Vec<ProvisionalRetirement>),
    /// There would be some, but the account was computed under rules that are not at hand here.
    OtherRules,
}

/// The block; none where nothing is provisional.
pub(crate) fn part(by_number: &ByNumber) -> Option<Part> {
    let blocks = match by_number {
        ByNumber::Nothing => return None,
        ByNumber::Retirements(found) => vec![
            Block::Lines(found.iter().map(line).collect()),
            Block::Notes(vec![t!("provisional.note").to_string()]),
        ],
        ByNumber::OtherRules => vec![Block::Lines(vec![
            t!("provisional.other_rules").to_string(),
        ])],
    };
    Part::titled(t!("provisional.title"), blocks)
}

fn line(found: &ProvisionalRetirement) -> String {
    let choice = match (found.earliest, found.latest) {
        (Some(earliest), Some(latest)) => {
            t!("provisional.choice", earliest = earliest, latest = latest).to_string()
        }
        (None, Some(latest)) => t!("provisional.latest", latest = latest).to_string(),
        (Some(_) | None, None) => String::new(),
    };
    let needed = match (found.needed, found.short) {
        (Some(needed), Some(short)) => t!(
            "provisional.needed",
            needed = count::months(needed),
            short = count::months(short)
        )
        .to_string(),
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
