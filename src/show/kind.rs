//! Names of kinds of record for people: in Chinese those that import files use.

use crate::language::{self, Language};
use yizhang_intake::tables;
use yizhang_ledger::entry::Kind;

/// A kind as people call it.
pub(crate) fn name(kind: Kind) -> String {
    let usual = tables::kinds().iter().find(|(known, _)| *known == kind).and_then(|(_, row)| row.names.first());
    match (language::current(), usual) {
        (Language::Zh, Some(usual)) => (*usual).to_string(),
        _ => kind.to_string(),
    }
}
