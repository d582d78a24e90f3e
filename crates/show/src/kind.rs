//! Names of kinds of record: for people, and as files write them.

use crate::language::{self, Language};
use yizhang_intake::tables::{self, KindRow};
use yizhang_ledger::entry::Kind;

/// A kind as people call it.
pub fn name(kind: Kind) -> String {
    match (language::current(), row(kind)) {
        (Language::En, Some(row)) => row.english.to_string(),
        _ => word(kind),
    }
}

/// A kind as the files of agencies name it.
pub fn word(kind: Kind) -> String {
    match (
        language::current(),
        row(kind).and_then(|row| row.row.names.first()),
    ) {
        (Language::Zh, Some(usual)) => (*usual).to_string(),
        _ => kind.to_string(),
    }
}

fn row(kind: Kind) -> Option<&'static KindRow> {
    tables::kinds().iter().find(|row| row.kind == kind)
}
