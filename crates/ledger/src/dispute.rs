//! Disputes that a worker raises with a node: the submission under which each stands, so that the same one twice is one; and the hash of the
//! document behind it, which itself is kept nowhere.

use crate::{
    batch::SubmissionId,
    entry::RecordId,
    hash::{Hash, derive},
    person::AccountId,
    value::Division,
};

/// Context of [`DisputeName::submission`].
pub const DISPUTE_CONTEXT: &str = "yizhang 2026-11-30 v1 submission of a dispute";

/// The system in the source of a dispute that a node has written for its worker.
pub const NODE_SYSTEM: &str = "node";

/// How often one record may be disputed, each time after the answer to the time before: an answer, a second look, and one for what came
/// to light later.
pub const DISPUTES_OF_RECORD_MAX: u32 = 3;

/// Largest document that is hashed: a photograph of a phone, or a contract of some pages that was scanned.
pub const DOCUMENT_BYTES_MAX: usize = 8 * 1_024 * 1_024;

/// Which dispute: whose, of which record, and which one of that record it is, from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DisputeName {
    /// The worker.
    pub account: AccountId,
    /// The region whose chain holds the record.
    pub region: Division,
    /// The record.
    pub target: RecordId,
    /// How often the record was disputed before.
    pub number: u32,
}

impl DisputeName {
    /// The submission with which a node writes it.
    pub fn submission(&self) -> SubmissionId {
        let region = self.region.code().to_le_bytes();
        let RecordId(Hash(target)) = &self.target;
        let number = self.number.to_le_bytes();
        let Hash(hash) = derive(
            DISPUTE_CONTEXT,
            &[&self.account.0, &region, target, &number],
        );
        let id = hash.first_chunk().expect("a hash has 32 bytes");
        SubmissionId(*id)
    }
}

/// The hash of a document, which may come in parts: plain BLAKE3 of its bytes, as `b3sum` prints it.
#[derive(Default)]
pub struct DocumentHasher {
    hasher: blake3::Hasher,
    length: usize,
}

/// A document is longer than [`DOCUMENT_BYTES_MAX`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a document is at most {DOCUMENT_BYTES_MAX} bytes long")]
pub struct DocumentTooLong;

impl DocumentHasher {
    /// Takes the next part.
    ///
    /// # Errors
    /// [`DocumentTooLong`].
    pub fn take(&mut self, part: &[u8]) -> Result<(), DocumentTooLong> {
        self.length = self.length.saturating_add(part.len());
        if self.length > DOCUMENT_BYTES_MAX {
            return Err(DocumentTooLong);
        }
        self.hasher.update(part);
        Ok(())
    }

    /// The hash; none of a document without a byte.
    pub fn finish(&self) -> Option<Hash> {
        (self.length > 0).then(|| Hash(*self.hasher.finalize().as_bytes()))
    }
}
