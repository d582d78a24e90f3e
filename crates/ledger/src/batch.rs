//! Batches: the records that are appended and signed together, after a batch entry that links them to the chain.

use crate::{
    Invalid, Verified,
    codec::{CodecFault, decode_unbounded, encode_unbounded},
    entry::{Entry, Kind, RecordId, write_entry},
    fact::Fact,
    hash::{Hash, derive, hash_leaf, hash_leaves},
    head::Origin,
    number::{narrow, wide},
    record::Record,
    value::{Code, LeafIndex, TreeSize, UnixMillis},
};
use alloc::{
    string::{String, ToString},
    sync::Arc,
    vec::Vec,
};
use bincode::{
    BorrowDecode, Encode,
    error::{DecodeError, EncodeError},
};
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
    fn encode<E: bincode::enc::Encoder>(&self, encoder: &mut E) -> Result<(), EncodeError> {
        u16::try_from(self.0.len())
            .map_err(|_| EncodeError::Other("submissions are counted in 16 bits"))?
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

/// The fault of a batch that starts where its chain has no room for it.
const BEYOND_LARGEST_TREE: CodecFault = CodecFault::Field("a batch starts beyond the largest tree");

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
        if !fields.has_room() {
            return Err(wrong(BEYOND_LARGEST_TREE));
        }
        Ok(fields)
    }

    /// Whether all positions of the batch are below the largest size: an entry takes at least two bytes, so a batch has
    /// fewer entries than bytes. A position that nobody can reach (it comes from outside) saturates and has no room.
    fn has_room(&self) -> bool {
        self.first.0.saturating_add(wide(BATCH_BYTES_MAX)) <= TreeSize::MAX.0
    }
}

/// Records that passed the checks of their form, with their leaf hashes; not yet in any chain. Cloning copies nothing: up to
/// 3 MB are shared by whoever has to hold them.
#[derive(Clone, PartialEq, Eq)]
pub struct RecordBlock(Arc<Records>);

/// What a block consists of.
#[derive(PartialEq, Eq)]
struct Records {
    bytes: Vec<u8>,
    ends: Vec<u32>,
    leaves: Vec<Hash>,
    content: Hash,
}

impl RecordBlock {
    /// Reads the concatenated entries of a submission, every one strictly.
    ///
    /// # Errors
    /// Any [`Invalid`] of an entry, [`Invalid::BatchTooLarge`], [`Invalid::RecordsOutOfRange`],
    /// [`Invalid::BatchAmongRecords`]; positions count from 0 in the submission.
    pub fn parse(bytes: Vec<u8>) -> Result<Self, Invalid> {
        Self::parse_with(bytes, |_| {})
    }

    /// As [`RecordBlock::parse`], and shows every record on the way.
    ///
    /// # Errors
    /// As [`RecordBlock::parse`].
    pub fn parse_with(bytes: Vec<u8>, see: impl FnMut(&Record<'_>)) -> Result<Self, Invalid> {
        if bytes.len() > SUBMISSION_BYTES_MAX {
            return Err(Invalid::BatchTooLarge {
                limit: SUBMISSION_BYTES_MAX,
                found: bytes.len(),
            });
        }
        let mut ends = Vec::new();
        scan_records(&bytes, 0, 0, &mut ends, see)?;
        let leaves = hash_leaves(slices(&bytes, &ends));
        let content = content_digest(&leaves);
        Ok(Self(Arc::new(Records {
            bytes,
            ends,
            leaves,
            content,
        })))
    }

    /// Number of records.
    pub fn len(&self) -> usize {
        self.0.ends.len()
    }

    /// Whether there are none; never for a parsed block.
    pub fn is_empty(&self) -> bool {
        self.0.ends.is_empty()
    }

    /// The concatenated entries.
    pub fn bytes(&self) -> &[u8] {
        &self.0.bytes
    }

    /// Whether a record of this kind is among them.
    pub fn holds(&self, kind: Kind) -> bool {
        self.entries().any(|entry| {
            Entry::split_first(entry, LeafIndex(0)).is_ok_and(|(entry, _)| entry.kind == kind)
        })
    }

    /// The entry of each record.
    pub fn entries(&self) -> impl Iterator<Item = &[u8]> {
        slices(&self.0.bytes, &self.0.ends)
    }

    /// The leaf hash of each record.
    pub fn leaves(&self) -> &[Hash] {
        &self.0.leaves
    }

    /// What the content is told apart by: equal for equal records in equal order.
    pub fn content_digest(&self) -> Hash {
        self.0.content
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
        ends.push(end_of(start));
        let first_record = entry
            .first
            .0
            .checked_add(1)
            .expect("reading the batch entry has left room for a batch behind its position");
        scan_records(&bytes, start, first_record, &mut ends, see)?;
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

    /// Puts blocks of records after a batch entry. `entry.records` and the submissions are those of the blocks.
    pub(crate) fn assemble(entry: BatchEntry, blocks: &[&RecordBlock]) -> Result<Self, Invalid> {
        let at = entry.first;
        let wrong = |fault| Invalid::Payload {
            at,
            kind: Kind::BATCH,
            fault,
        };
        if !entry.has_room() {
            return Err(wrong(BEYOND_LARGEST_TREE));
        }
        let payload = encode_unbounded(&entry).map_err(wrong)?;
        let mut bytes = Vec::new();
        write_entry(Kind::BATCH, &payload, &mut bytes);
        // Before anything is copied: what follows can count on sizes below 2^32.
        let found = blocks.iter().fold(bytes.len(), |sum, block| {
            sum.checked_add(block.bytes().len())
                .expect("the blocks lie in memory")
        });
        if found > BATCH_BYTES_MAX {
            return Err(Invalid::BatchTooLarge {
                limit: BATCH_BYTES_MAX,
                found,
            });
        }
        let mut leaves = Vec::new();
        leaves.push(hash_leaf(&bytes));
        let mut ends = Vec::new();
        ends.push(end_of(bytes.len()));
        for block in blocks {
            let base = bytes.len();
            for end in &block.0.ends {
                let end = base
                    .checked_add(narrow(*end))
                    .expect("the sum of all blocks was found to be within a batch");
                ends.push(end_of(end));
            }
            leaves.extend_from_slice(&block.0.leaves);
            bytes.extend_from_slice(block.bytes());
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
        let found = wide(self.ends.len())
            .checked_sub(1)
            .expect("a batch has its batch entry");
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
        // At most 1,024 numbers of 32 bits: no sum of them comes near 64.
        let submitted: u64 = submissions
            .iter()
            .map(|submission| u64::from(submission.records))
            .sum();
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
        *self.leaves.first().expect("a batch has its batch entry")
    }

    /// The size of the tree after the batch.
    pub fn size_after(&self) -> TreeSize {
        TreeSize(self.position(self.ends.len()))
    }

    /// The position of an entry of the batch in the chain, from its number in the batch.
    fn position(&self, number: usize) -> u64 {
        self.entry
            .first
            .0
            .checked_add(wide(number))
            .expect("a batch starts where there is room for all its entries")
    }

    /// Position and bytes of each record.
    pub fn records(&self) -> impl Iterator<Item = (LeafIndex, Entry<'_>)> {
        let positions = (self.entry.first.0..).map(LeafIndex);
        positions
            .zip(slices(&self.bytes, &self.ends))
            .skip(1)
            .map(|(at, bytes)| {
                let entry = Entry::parse(bytes, at)
                    .expect("every entry was read when the batch, or its block, was parsed");
                (at, entry)
            })
    }

    /// For each submission the position of its first record and the digest of its content.
    pub fn submissions(&self) -> impl Iterator<Item = (&Submission, LeafIndex, Hash)> {
        let mut offset = 1_usize;
        self.entry.submissions.0.iter().map(move |submission| {
            let leaves = offset
                .checked_add(narrow(submission.records))
                .and_then(|end| self.leaves.get(offset..end))
                .expect("the records of the submissions add up to those of the batch");
            let at = LeafIndex(self.position(offset));
            offset = offset
                .checked_add(leaves.len())
                .expect("the leaves up to here are in memory");
            (submission, at, content_digest(leaves))
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
            .map(move |((index, entry), leaf)| {
                let record = Record::read(&entry)
                    .expect("every record was read when the batch, or its block, was parsed");
                Verified::new(Fact {
                    region,
                    index,
                    id: RecordId(*leaf),
                    record,
                })
            })
    }
}

/// The slices between consecutive ends, which ascend up to the length of `bytes`, as those of a batch do.
pub fn slices<'a>(bytes: &'a [u8], ends: &'a [u32]) -> impl Iterator<Item = &'a [u8]> {
    let mut start = 0;
    ends.iter().map(move |end| {
        let end = narrow(*end);
        let slice = bytes
            .get(start..end)
            .expect("ends ascend and do not go beyond the bytes");
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
    let (_, mut rest) = bytes.split_at(start);
    let mut found = 0_usize;
    while !rest.is_empty() {
        let at = first.checked_add(wide(found)).map(LeafIndex);
        let at = at.expect("whoever gives the first position has left room for a batch");
        found = found
            .checked_add(1)
            .expect("the loop ends at the first record beyond the limit");
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
        let end = bytes.len().checked_sub(after.len());
        ends.push(end_of(
            end.expect("the rest of some bytes is no longer than they"),
        ));
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

/// The end of an entry in a batch or submission, whose size was compared with its limit.
fn end_of(length: usize) -> u32 {
    u32::try_from(length).expect("a batch has at most three MiB")
}
