//! Names of kinds of record for people: in Chinese those that import files use, in English those of the format in words.

use crate::language::{self, Language};
use yizhang_intake::tables;
use yizhang_ledger::entry::Kind;

/// A kind as people call it.
pub(crate) fn name(kind: Kind) -> String {
    let usual = tables::kinds().iter().find(|(known, _)| *known == kind).and_then(|(_, row)| row.names.first());
    match (language::current(), usual) {
        (Language::Zh, Some(usual)) => (*usual).to_string(),
        _ => words(&kind.to_string()),
    }
}

/// `FundsSent` as `funds sent`.
fn words(name: &str) -> String {
    let mut words = String::new();
    for character in name.chars() {
        if character.is_uppercase() && !words.is_empty() {
            words.push(' ');
        }
        words.extend(character.to_lowercase());
    }
    words
}
