//! Batches: the records that are appended and signed together, behind a batch entry that links them to the chain.

use crate::{
    Invalid, Verified,
    codec::{CodecFault, decode_unbounded, encode_unbounded},
    entry::{Entry, Kind, RecordId, write_entry},
    fact::Fact,
    hash::{Hash, derive, hash_leaf, hash_leaves},
    head::Origin,
    record::Record,
    value::{Code, LeafIndex, TreeSize, UnixMillis},
};
use alloc::{
    string::{String, ToString},
    vec::Vec,
};
use bincode::{BorrowDecode, Encode, error::DecodeError};
use core::fmt;

/// Most records of a batch or a submission.
pub const BATCH_RECORDS_MAX: usize = 16_384;
/// Most bytes of a batch, so that one fits into a gRPC message of the usual 4 MiB.
pub const BATCH_BYTES_MAX: usize = 3 * 1_024 * 1_024;
/// Most bytes of the records of a submission: a batch less its batch entry.
pub const SUBMISSION_BYTES_MAX: usize = BATCH_BYTES_MAX - 64 * 1_024;
/// Most submissions that share a batch.
pub const BATCH_SUBMISSIONS_MAX: usize = 1_024;

/// Context of the digest of a submission's content.
pub const CONTENT_CONTEXT: &str = "yizhang 2026-11-23 v1 submission content";

/// The number that a submitter gives to a submission, so that sending it again adds nothing.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, BorrowDecode)]
pub struct SubmissionId(pub [u8; 16]);

impl fmt::Display for SubmissionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for SubmissionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A part of a batch that came as one.
#[derive(Clone, Debug, PartialEq, Eq, Encode)]
pub struct Submission {
    /// Its number.
    pub id: SubmissionId,
    /// Who sent it, as authenticated by the node: up to 32 visible ASCII characters.
    pub submitter: String,
    /// How many records it has, at least one.
    pub records: u32,
}

impl<'de, C> BorrowDecode<'de, C> for Submission {
    fn borrow_decode<D: bincode::de::BorrowDecoder<'de, Context = C>>(
        decoder: &mut D,
    ) -> Result<Self, DecodeError> {
        let id = BorrowDecode::borrow_decode(decoder)?;
        let submitter: Code<'de> = BorrowDecode::borrow_decode(decoder)?;
        let records = BorrowDecode::borrow_decode(decoder)?;
        Ok(Self {
            id,
            submitter: submitter.as_str().to_string(),
            records,
        })
    }
}

/// The submissions of a batch, at most [`BATCH_SUBMISSIONS_MAX`], in the order of their records.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Submissions(pub Vec<Submission>);

impl Encode for Submissions {
    fn encode<E: bincode::enc::Encoder>(
        &self,
        encoder: &mut E,
    ) -> Result<(), bincode::error::EncodeError> {
        u16::try_from(self.0.len())
            .unwrap_or(u16::MAX)
            .encode(encoder)?;
        self.0
            .iter()
            .try_for_each(|submission| submission.encode(encoder))
    }
}

impl<'de, C> BorrowDecode<'de, C> for Submissions {
    fn borrow_decode<D: bincode::de::BorrowDecoder<'de, Context = C>>(
        decoder: &mut D,
    ) -> Result<Self, DecodeError> {
        let count: u16 = BorrowDecode::borrow_decode(decoder)?;
        if usize::from(count) > BATCH_SUBMISSIONS_MAX {
            return Err(DecodeError::Other("a batch has more than 1024 submissions"));
        }
        (0..count)
            .map(|_| BorrowDecode::borrow_decode(decoder))
            .collect::<Result<_, _>>()
            .map(Self)
    }
}

/// The first leaf of a batch: what ties it to everything before it.
#[derive(Clone, Debug, PartialEq, Eq, Encode, BorrowDecode)]
pub struct BatchEntry {
    /// The chain.
    pub origin: Origin,
    /// Number of the batch, from 0.
    pub number: u64,
    /// Position of this entry: the size of the tree before the batch.
    pub first: LeafIndex,
    /// Leaf hash of the previous batch entry, zeros in the first batch.
    pub previous: Hash,
    /// Root of the tree before the batch.
    pub root_before: Hash,
    /// Clock of the node; never before that of the previous batch.
    pub time: UnixMillis,
    /// Version of the roster in force.
    pub roster: u64,
    /// Number of records that follow.
    pub records: u32,
    /// What came as one, in the order of the records.
    pub submissions: Submissions,
}

impl BatchEntry {
    /// Reads the payload of a batch entry, strictly.
    ///
    /// # Errors
    /// [`Invalid::NotABatch`], [`Invalid::Payload`].
    pub fn read(entry: &Entry<'_>) -> Result<Self, Invalid> {
        if entry.kind != Kind::BATCH {
            return Err(Invalid::NotABatch { found: entry.kind });
        }
        let at = LeafIndex(0);
        let wrong = |fault| Invalid::Payload {
            at,
            kind: Kind::BATCH,
            fault,
        };
        let fields: Self = decode_unbounded(entry.payload).map_err(wrong)?;
        // Every entry takes at least two bytes, so this keeps all positions of the batch below the largest size.
        if fields.first.0.saturating_add(widen(BATCH_BYTES_MAX)) > TreeSize::MAX.0 {
            return Err(wrong(CodecFault::Field(
                "a batch starts beyond the largest tree",
            )));
        }
        Ok(fields)
    }
}

/// Records that passed the checks of their form, with their leaf hashes; not yet in any chain.
#[derive(Clone, PartialEq, Eq)]
pub struct RecordBlock {
    pub(crate) bytes: Vec<u8>,
    pub(crate) ends: Vec<u32>,
    pub(crate) leaves: Vec<Hash>,
}

impl RecordBlock {
    /// Reads the concatenated entries of a submission, every one strictly.
    ///
    /// # Errors
    /// Any [`Invalid`] of an entry, [`Invalid::BatchTooLarge`], [`Invalid::RecordsOutOfRange`],
    /// [`Invalid::BatchAmongRecords`]; positions count from 0 in the submission.
    pub fn parse(bytes: Vec<u8>) -> Result<Self, Invalid> {
        if bytes.len() > SUBMISSION_BYTES_MAX {
            return Err(Invalid::BatchTooLarge {
                limit: SUBMISSION_BYTES_MAX,
                found: bytes.len(),
            });
        }
        let mut ends = Vec::new();
        scan_records(&bytes, 0, 0, &mut ends, |_| {})?;
        let leaves = hash_leaves(slices(&bytes, &ends));
        Ok(Self {
            bytes,
            ends,
            leaves,
        })
    }

    /// Number of records.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there are none; never for a parsed block.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// The concatenated entries.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// What the content is told apart by: equal for equal records in equal order.
    pub fn content_digest(&self) -> Hash {
        content_digest(&self.leaves)
    }
}

/// BLAKE3 in key-derivation mode under [`CONTENT_CONTEXT`] over the concatenated leaf hashes.
pub fn content_digest(leaves: &[Hash]) -> Hash {
    let bytes: Vec<u8> = leaves.iter().flat_map(|leaf| leaf.0).collect();
    derive(CONTENT_CONTEXT, &[&bytes])
}

/// A batch whose entries are well formed. Whether it belongs to a chain is for [`crate::chain::ChainState::follow`].
#[derive(Clone, PartialEq, Eq)]
pub struct Batch {
    entry: BatchEntry,
    bytes: Vec<u8>,
    /// End of each entry in `bytes`, the batch entry first.
    ends: Vec<u32>,
    /// Leaf hash of each entry.
    leaves: Vec<Hash>,
}

impl Batch {
    /// Reads the concatenated entries of a batch, every one strictly, and hashes the leaves.
    ///
    /// This is the costly part of verification and needs nothing but the bytes, so that batches can be read in parallel.
    ///
    /// # Errors
    /// Any [`Invalid`] of an entry, [`Invalid::BatchTooLarge`], [`Invalid::NotABatch`], [`Invalid::RecordsOutOfRange`],
    /// [`Invalid::RecordCount`], [`Invalid::SubmissionCount`], [`Invalid::BatchAmongRecords`].
    pub fn parse(bytes: Vec<u8>) -> Result<Self, Invalid> {
        Self::parse_with(bytes, |_| {})
    }

    /// As [`Batch::parse`], and shows each record as it is read, so that whoever counts need not read it again. What was
    /// seen means nothing if the batch turns out to be wrong.
    ///
    /// # Errors
    /// As [`Batch::parse`].
    pub fn parse_with(bytes: Vec<u8>, see: impl FnMut(&Record<'_>)) -> Result<Self, Invalid> {
        if bytes.len() > BATCH_BYTES_MAX {
            return Err(Invalid::BatchTooLarge {
                limit: BATCH_BYTES_MAX,
                found: bytes.len(),
            });
        }
        let (first, _) = Entry::split_first(&bytes, LeafIndex(0))?;
        let entry = BatchEntry::read(&first)?;
        let start = first.bytes.len();
        let mut ends = Vec::new();
        ends.push(u32::try_from(start).unwrap_or(u32::MAX));
        scan_records(
            &bytes,
            start,
            entry.first.0.saturating_add(1),
            &mut ends,
            see,
        )?;
        let leaves = hash_leaves(slices(&bytes, &ends));
        let batch = Self {
            entry,
            bytes,
            ends,
            leaves,
        };
        batch.check_counts()?;
        Ok(batch)
    }

    /// Puts blocks of records behind a batch entry. `entry.records` and the submissions are those of the blocks.
    pub(crate) fn assemble(entry: BatchEntry, blocks: &[&RecordBlock]) -> Result<Self, Invalid> {
        let at = entry.first;
        let payload = encode_unbounded(&entry).map_err(|fault| Invalid::Payload {
            at,
            kind: Kind::BATCH,
            fault,
        })?;
        let mut bytes = Vec::with_capacity(
            blocks
                .iter()
                .fold(payload.len(), |sum, block| {
                    sum.saturating_add(block.bytes.len())
                })
                .saturating_add(8),
        );
        write_entry(Kind::BATCH, &payload, &mut bytes);
        let mut leaves = Vec::new();
        leaves.push(hash_leaf(&bytes));
        let mut ends = Vec::new();
        ends.push(u32::try_from(bytes.len()).unwrap_or(u32::MAX));
        for block in blocks {
            let base = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
            ends.extend(block.ends.iter().map(|end| base.saturating_add(*end)));
            leaves.extend_from_slice(&block.leaves);
            bytes.extend_from_slice(&block.bytes);
        }
        if bytes.len() > BATCH_BYTES_MAX {
            return Err(Invalid::BatchTooLarge {
                limit: BATCH_BYTES_MAX,
                found: bytes.len(),
            });
        }
        let batch = Self {
            entry,
            bytes,
            ends,
            leaves,
        };
        batch.check_counts()?;
        Ok(batch)
    }

    fn check_counts(&self) -> Result<(), Invalid> {
        let at = self.entry.first;
        let found = widen(self.ends.len()).saturating_sub(1);
        let expected = u64::from(self.entry.records);
        if found != expected {
            return Err(Invalid::RecordCount {
                at,
                expected,
                found,
            });
        }
        let submissions = &self.entry.submissions.0;
        if submissions.iter().any(|submission| submission.records == 0) {
            let fault = CodecFault::Field("a submission has no records");
            return Err(Invalid::Payload {
                at,
                kind: Kind::BATCH,
                fault,
            });
        }
        let submitted = submissions.iter().fold(0_u64, |sum, submission| {
            sum.saturating_add(submission.records.into())
        });
        if submitted == expected {
            Ok(())
        } else {
            Err(Invalid::SubmissionCount {
                at,
                expected,
                found: submitted,
            })
        }
    }

    /// The batch entry.
    pub const fn entry(&self) -> &BatchEntry {
        &self.entry
    }

    /// All bytes: what is stored, sent and hashed.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The end of each entry in [`Batch::bytes`], the batch entry first.
    pub fn ends(&self) -> &[u32] {
        &self.ends
    }

    /// The leaf hash of each entry, the batch entry first.
    pub fn leaves(&self) -> &[Hash] {
        &self.leaves
    }

    /// The leaf hash of the batch entry: what the next batch names.
    pub fn link(&self) -> Hash {
        self.leaves.first().copied().unwrap_or_default()
    }

    /// The size of the tree after the batch.
    pub fn size_after(&self) -> TreeSize {
        TreeSize(self.entry.first.0.saturating_add(widen(self.ends.len())))
    }

    /// Position and bytes of each record.
    pub fn records(&self) -> impl Iterator<Item = (LeafIndex, Entry<'_>)> {
        let positions = (self.entry.first.0..).map(LeafIndex);
        positions
            .zip(slices(&self.bytes, &self.ends))
            .skip(1)
            .filter_map(|(at, bytes)| Entry::parse(bytes, at).ok().map(|entry| (at, entry)))
    }

    /// For each submission the position of its first record and the digest of its content.
    pub fn submissions(&self) -> impl Iterator<Item = (&Submission, LeafIndex, Hash)> {
        let mut offset = 1_usize;
        self.entry.submissions.0.iter().map(move |submission| {
            let end =
                offset.saturating_add(usize::try_from(submission.records).unwrap_or(usize::MAX));
            let digest = content_digest(self.leaves.get(offset..end).unwrap_or_default());
            let at = LeafIndex(self.entry.first.0.saturating_add(widen(offset)));
            offset = end;
            (submission, at, digest)
        })
    }
}

impl fmt::Debug for RecordBlock {
    /// Counts only: the bytes hold whole account ids.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RecordBlock")
            .field("records", &self.len())
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Batch {
    /// The batch entry and counts: the bytes hold whole account ids.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Batch")
            .field("entry", &self.entry)
            .finish_non_exhaustive()
    }
}

impl Verified<Batch> {
    /// The records of the batch as facts.
    pub fn facts(&self) -> impl Iterator<Item = Verified<Fact<'_>>> {
        let region = self.entry.origin.region();
        self.records()
            .zip(self.leaves.iter().skip(1))
            .filter_map(move |((index, entry), leaf)| {
                let record = Record::read(&entry).ok()?;
                Some(Verified::new(Fact {
                    region,
                    index,
                    id: RecordId(*leaf),
                    record,
                }))
            })
    }
}

/// The slices between consecutive ends.
pub fn slices<'a>(bytes: &'a [u8], ends: &'a [u32]) -> impl Iterator<Item = &'a [u8]> {
    let mut start = 0;
    ends.iter().map(move |end| {
        let end = usize::try_from(*end).unwrap_or(usize::MAX);
        let slice = bytes.get(start..end).unwrap_or_default();
        start = end;
        slice
    })
}

/// Reads records from `bytes[start..]`, the first at position `first`, shows them and appends their ends.
fn scan_records(
    bytes: &[u8],
    start: usize,
    first: u64,
    ends: &mut Vec<u32>,
    mut see: impl FnMut(&Record<'_>),
) -> Result<(), Invalid> {
    let mut rest = bytes.get(start..).unwrap_or_default();
    let mut found = 0_usize;
    while !rest.is_empty() {
        let at = LeafIndex(first.saturating_add(widen(found)));
        found = found.saturating_add(1);
        if found > BATCH_RECORDS_MAX {
            return Err(Invalid::RecordsOutOfRange {
                limit: BATCH_RECORDS_MAX,
                found,
            });
        }
        let (entry, after) = Entry::split_first(rest, at)?;
        if entry.kind == Kind::BATCH {
            return Err(Invalid::BatchAmongRecords { at });
        }
        let record = Record::read(&entry).map_err(|fault| Invalid::Payload {
            at,
            kind: entry.kind,
            fault,
        })?;
        see(&record);
        ends.push(u32::try_from(bytes.len().saturating_sub(after.len())).unwrap_or(u32::MAX));
        rest = after;
    }
    if found == 0 {
        Err(Invalid::RecordsOutOfRange {
            limit: BATCH_RECORDS_MAX,
            found,
        })
    } else {
        Ok(())
    }
}

fn widen(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}
