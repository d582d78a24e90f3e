//! Receipts: that a chain holds what was sent to it.

use crate::Refuted;
use yizhang_ledger::{
    Verified,
    batch::SubmissionId,
    head::{Head, Origin},
    roster::Roster,
    value::LeafIndex,
};

/// What a node states about a submission.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// The submission.
    pub submission: SubmissionId,
    /// Position of its first record.
    pub first: LeafIndex,
    /// Its records.
    pub records: usize,
    /// A signed head of the chain that reaches its last record, a note.
    pub head: Vec<u8>,
}

/// What was sent, and where.
#[derive(Clone, Copy, Debug)]
pub struct Sent<'a> {
    /// The submission.
    pub submission: SubmissionId,
    /// Its records.
    pub records: usize,
    /// The chain that was to take them.
    pub origin: &'a Origin,
}

impl Receipt {
    /// Believes a receipt because it is about what was sent and a key of the roster has signed its head.
    ///
    /// It shows that the chain has grown beyond the records. Only their paths show that the records are these.
    ///
    /// # Errors
    /// [`Refuted`], by the first thing that does not hold.
    pub fn verify(&self, roster: &Roster, sent: &Sent<'_>) -> Result<Verified<Head>, Refuted> {
        let head = Head::open(&self.head, roster)?;
        if self.submission != sent.submission {
            return Err(Refuted::OtherSubmission {
                sent: sent.submission,
                found: self.submission,
            });
        }
        if self.records != sent.records {
            return Err(Refuted::OtherCount {
                sent: sent.records,
                found: self.records,
            });
        }
        if head.origin != *sent.origin {
            return Err(Refuted::OtherChain {
                expected: sent.origin.clone(),
                found: head.origin.clone(),
            });
        }
        let records = u64::try_from(self.records).unwrap_or(u64::MAX);
        // A position that nobody can reach comes from outside: it saturates, and no head is that large.
        let end = self.first.0.saturating_add(records);
        if end > head.size.0 {
            return Err(Refuted::HeadTooSmall {
                end,
                size: head.size.0,
            });
        }
        Ok(head)
    }
}
