//! What a file is, by its first bytes.

use yizhang_ledger::roster;
use yizhang_statement::{FORK_HEADER, PORTABLE_MAGIC, RECEIPT_HEADER};

/// What a file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    Statement,
    Receipt,
    Evidence,
    Roster,
    Unknown,
}

impl Form {
    pub(crate) fn of(bytes: &[u8]) -> Self {
        if bytes.starts_with(&PORTABLE_MAGIC) {
            return Self::Statement;
        }
        let headers = [
            (RECEIPT_HEADER, Self::Receipt),
            (FORK_HEADER, Self::Evidence),
            (roster::HEADER, Self::Roster),
        ];
        let known = headers.iter().find(|(header, _)| {
            let rest = bytes.strip_prefix(header.as_bytes());
            rest.is_some_and(|rest| rest.first() == Some(&b'\n'))
        });
        known.map_or(Self::Unknown, |(_, form)| *form)
    }
}
