//! What waits for a second clerk: submissions, disputes, warnings of the access log.

use yizhang_ledger::{
    batch::SubmissionId,
    hash::Hash,
    value::{Day, UnixMillis},
};

/// A submission that waits for a second clerk, or was refused by one.
#[derive(Clone)]
pub struct Waiting {
    /// Its number.
    pub id: SubmissionId,
    /// The digest of its content.
    pub content: Hash,
    /// When it came.
    pub came: UnixMillis,
    /// How many records it has.
    pub records: u32,
    /// Fingerprint of the certificate with which it was sent.
    pub maker: Hash,
    /// That it was refused, if it was.
    pub refused: Option<Refused>,
}

/// That a submission was refused.
#[derive(Clone)]
pub struct Refused {
    /// When.
    pub at: UnixMillis,
    /// Fingerprint of the certificate of who has refused it; zeros where nobody has decided in time.
    pub checker: Hash,
    /// Why: somebody else's words.
    pub reason: String,
}

/// A word about a submission: of what was looked at.
#[derive(Clone, Copy)]
pub struct Decided {
    /// Its number.
    pub id: SubmissionId,
    /// The digest of what was looked at.
    pub content: Hash,
}

/// An answer to a dispute, as it was typed; what is empty was not said.
#[derive(Clone, Default)]
pub struct Answering {
    /// The dispute: the hash of its leaf.
    pub dispute: Hash,
    /// Pseudonym of the worker, in hexadecimal digits.
    pub account: String,
    /// How it is answered, by its code.
    pub outcome: String,
    /// Number of the transaction in the agency's books.
    pub serial: String,
    /// The agency's code.
    pub agency: String,
    /// Hash of the letter with which the worker is told why.
    pub document: String,
}

/// What came of an answer.
pub struct Answered {
    /// What is to be said, a line each.
    pub lines: Vec<String>,
    /// Whether the dispute is answered.
    pub is_answered: bool,
}

/// The warnings of some days.
#[derive(Default)]
pub struct Warnings {
    /// Oldest first.
    pub warnings: Vec<Warning>,
    /// What could not be told.
    pub notes: Vec<String>,
}

/// Something that looks odd in the access log.
#[derive(Clone)]
pub struct Warning {
    /// What names it, in hexadecimal digits.
    pub id: String,
    /// The rule, by its code.
    pub rule: String,
    /// Its day.
    pub day: Day,
    /// How the fingerprints of the certificates begin.
    pub certificates: Vec<String>,
    /// The person, as the agency names its people.
    pub person: String,
    /// The pseudonym that it is about, in hexadecimal digits; empty where it is about none.
    pub account: String,
    /// Entries of the log.
    pub entries: u32,
    /// The first of them.
    pub first: UnixMillis,
    /// The last of them.
    pub last: UnixMillis,
    /// That it was closed, if it was.
    pub closing: Option<ClosedWarning>,
}

/// That a warning was closed.
#[derive(Clone)]
pub struct ClosedWarning {
    /// When.
    pub at: UnixMillis,
    /// By whom.
    pub person: String,
    /// Why.
    pub reason: String,
}

/// What became of a submission, as the node has said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It was added to the chain.
    Accepted,
    /// It was in the chain before.
    There,
    /// It waits for a second clerk.
    Waits,
    /// A second clerk has refused it.
    Refused,
}

/// A submission of which the node has said what became of it.
#[derive(Clone, Copy)]
pub struct Became<'s> {
    /// Its number.
    pub submission: SubmissionId,
    /// What became of it.
    pub fate: Fate,
    /// Its records, as they stand in chains.
    pub records: &'s [u8],
}
