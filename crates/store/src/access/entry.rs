//! An entry of the access log and its canonical bytes.

use crate::number::Fields;
use std::fmt;
use yizhang_ledger::{hash::Hash, hash::derive, person::AccountId, value::UnixMillis};

/// Most bytes of an entry's content: the texts at their longest take some 700.
pub const ENTRY_BYTES_MAX: usize = 1_024;
/// Most bytes of a text: 64 characters of four bytes.
const TEXT_BYTES_MAX: usize = 256;
const CONTEXT: &str = "yizhang 2026-11-29 v1 access log";

/// What was read.
#[derive(Clone, PartialEq, Eq)]
pub enum Subject {
    /// Nothing is known of it: the call was refused before its message was read.
    Unknown,
    /// An account.
    Account(AccountId),
    /// A chain, from a size on.
    Chain {
        /// Its name, as the caller gave it.
        origin: String,
        /// Number of leaves that the caller had.
        from: u64,
    },
    /// Many accounts, looked through for a list.
    Accounts {
        /// Name of the list; empty for all lists.
        list: String,
        /// Accounts gone through; 0 at the beginning.
        reviewed: u64,
    },
    /// The pseudonyms of so many persons, told by their numbers.
    Numbers(u32),
    /// A warning about entries of the log, which a second person has closed.
    Warning {
        /// What the warning is called.
        id: [u8; 16],
        /// Why it was closed.
        reason: String,
    },
}

/// Somebody has read, or was refused.
#[derive(Clone, PartialEq, Eq)]
pub struct AccessEntry {
    /// When, by the node's clock.
    pub at: UnixMillis,
    /// SHA-256 of the caller's certificate (DER); zeros if there was none.
    pub certificate: [u8; 32],
    /// Who the certificate says its holder is, as `agency.440000`.
    pub holder: String,
    /// The method that was called, as `Account.Lookup`.
    pub method: String,
    /// `ok`, `nothing` (no record was found), `linked`, `ended`, or the code of the refusal.
    pub answer: String,
    /// Kind of business; empty if none was stated in its form.
    pub business: String,
    /// Number of the case in the caller's books.
    pub case_number: String,
    /// The person who asked.
    pub person: String,
    /// What was read.
    pub subject: Subject,
}

impl fmt::Debug for AccessEntry {
    /// Neither person nor case nor account.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AccessEntry")
            .field("at", &self.at)
            .field("holder", &self.holder)
            .field("method", &self.method)
            .field("answer", &self.answer)
            .finish_non_exhaustive()
    }
}

/// The hash of an entry: over the one before and its content.
pub(super) fn chained(before: &Hash, content: &[u8]) -> Hash {
    derive(CONTEXT, &[&before.0, content])
}

const UNKNOWN: u8 = 0;
const ACCOUNT: u8 = 1;
const CHAIN: u8 = 2;
const ACCOUNTS: u8 = 3;
const NUMBERS: u8 = 4;
const WARNING: u8 = 5;

impl AccessEntry {
    /// The canonical bytes. A text that is longer than any that a node writes is cut at a character.
    pub(super) fn content(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(256);
        out.extend(self.at.0.to_le_bytes());
        out.extend(self.certificate);
        for text in [
            &self.holder,
            &self.method,
            &self.answer,
            &self.business,
            &self.case_number,
            &self.person,
        ] {
            write_text(text, &mut out);
        }
        match &self.subject {
            Subject::Unknown => out.push(UNKNOWN),
            Subject::Account(account) => {
                out.push(ACCOUNT);
                out.extend(account.0);
            }
            Subject::Chain { origin, from } => {
                out.push(CHAIN);
                write_text(origin, &mut out);
                out.extend(from.to_le_bytes());
            }
            Subject::Accounts { list, reviewed } => {
                out.push(ACCOUNTS);
                write_text(list, &mut out);
                out.extend(reviewed.to_le_bytes());
            }
            Subject::Numbers(count) => {
                out.push(NUMBERS);
                out.extend(count.to_le_bytes());
            }
            Subject::Warning { id, reason } => {
                out.push(WARNING);
                out.extend(id);
                write_text(reason, &mut out);
            }
        }
        out
    }

    /// Reads canonical bytes; none if they are not.
    pub(super) fn read(content: &[u8]) -> Option<Self> {
        let mut fields = Fields(content);
        let entry = Self {
            at: UnixMillis(fields.u64()?),
            certificate: fields.array()?,
            holder: text(&mut fields)?,
            method: text(&mut fields)?,
            answer: text(&mut fields)?,
            business: text(&mut fields)?,
            case_number: text(&mut fields)?,
            person: text(&mut fields)?,
            subject: subject(&mut fields)?,
        };
        fields.0.is_empty().then_some(entry)
    }
}

fn subject(fields: &mut Fields<'_>) -> Option<Subject> {
    let [kind] = fields.array()?;
    Some(match kind {
        UNKNOWN => Subject::Unknown,
        ACCOUNT => Subject::Account(AccountId(fields.array()?)),
        CHAIN => Subject::Chain {
            origin: text(fields)?,
            from: fields.u64()?,
        },
        ACCOUNTS => Subject::Accounts {
            list: text(fields)?,
            reviewed: fields.u64()?,
        },
        NUMBERS => Subject::Numbers(u32::from_le_bytes(fields.array()?)),
        WARNING => Subject::Warning {
            id: fields.array()?,
            reason: text(fields)?,
        },
        _ => return None,
    })
}

fn write_text(text: &str, out: &mut Vec<u8>) {
    let mut end = text.len().min(TEXT_BYTES_MAX);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let (text, _) = text.split_at(end);
    let length = u16::try_from(text.len()).expect("a text was cut at 256 bytes");
    out.extend(length.to_le_bytes());
    out.extend(text.as_bytes());
}

fn text(fields: &mut Fields<'_>) -> Option<String> {
    let length = usize::from(fields.u16()?);
    let bytes = fields.take(length).filter(|_| length <= TEXT_BYTES_MAX)?;
    Some(std::str::from_utf8(bytes).ok()?.to_string())
}
