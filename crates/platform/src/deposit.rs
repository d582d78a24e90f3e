//! Months packed into submissions, each with the platform's signature at its end.

use crate::{fault::OrdersFault, index::Index};
use ed25519_dalek::{Signer, SigningKey};
use yizhang_intake::submission_id;
use yizhang_ledger::{
    batch::{BATCH_RECORDS_MAX, SUBMISSION_BYTES_MAX, SubmissionId},
    deposit::{digest, message},
    record::{Deposit, Record},
    value::Division,
};

/// Most months of a submission: small enough that progress is seen, and far below what a batch may have.
pub const SUBMISSION_MONTHS_MAX: u64 = 4_096;
/// Room for the deposit at the end.
const DEPOSIT_BYTES_MAX: usize = 512;

const _: () = assert!(SUBMISSION_MONTHS_MAX < BATCH_RECORDS_MAX as u64);

/// A submission of a platform.
#[derive(Clone, PartialEq, Eq)]
pub struct PackedMonths {
    /// Equal for equal content: what is sent again adds nothing.
    pub id: SubmissionId,
    /// Concatenated entries: months, and the deposit that signs them.
    pub bytes: Vec<u8>,
    /// The first month, by its place in the index.
    pub first: u64,
    /// How many months.
    pub months: u64,
}

/// The submissions of an index for the chain of a region. The same index, region and key give the same bytes.
pub struct Packing<'p> {
    index: &'p Index,
    region: Division,
    key: &'p SigningKey,
    next: u64,
}

impl<'p> Packing<'p> {
    /// From the first month on.
    pub const fn new(index: &'p Index, region: Division, key: &'p SigningKey) -> Self {
        Self {
            index,
            region,
            key,
            next: 0,
        }
    }

    fn pack(&mut self) -> Result<Option<PackedMonths>, OrdersFault> {
        let first = self.next;
        let mut entries: Vec<Vec<u8>> = Vec::new();
        let mut bytes = 0;
        while self.next < self.index.months() && self.next - first < SUBMISSION_MONTHS_MAX {
            let entry = self.index.entry(self.next)?;
            if bytes + entry.len() + DEPOSIT_BYTES_MAX > SUBMISSION_BYTES_MAX {
                break;
            }
            bytes += entry.len();
            entries.push(entry);
            self.next += 1;
        }
        if entries.is_empty() {
            return Ok(None);
        }
        let parts: Vec<&[u8]> = entries.iter().map(Vec::as_slice).collect();
        let bytes = self.signed(&parts)?;
        Ok(Some(PackedMonths {
            id: submission_id(&bytes),
            bytes,
            first,
            months: self.next - first,
        }))
    }

    /// The entries, and the deposit that signs them.
    fn signed(&self, entries: &[&[u8]]) -> Result<Vec<u8>, OrdersFault> {
        let platform = self.index.subject.code();
        let records = u32::try_from(entries.len()).expect("a submission has fewer");
        let digest = digest(entries);
        let message = message(self.region, platform, records, &digest);
        let signature = self.key.sign(&message).to_bytes();
        let deposit = Deposit {
            platform,
            public: self.key.verifying_key().to_bytes(),
            records,
            digest,
            signature: &signature,
        };
        let mut bytes = entries.concat();
        Record::Deposit(deposit).write(&mut bytes)?;
        Ok(bytes)
    }
}

impl Iterator for Packing<'_> {
    type Item = Result<PackedMonths, OrdersFault>;

    fn next(&mut self) -> Option<Self::Item> {
        self.pack().transpose()
    }
}
