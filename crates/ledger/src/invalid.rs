//! Every way in which evidence can be wrong.

use crate::{
    codec::CodecFault,
    entry::Kind,
    hash::Hash,
    tree::ProofFault,
    value::{LeafIndex, TreeSize, UnixMillis},
};
use alloc::string::String;

/// Evidence that does not hold: which rule it breaks, what was expected, what was found. For each variant there is a
/// vector under `tests/vectors` that produces it.
///
/// `at` is the position of the entry in its chain; in a submission that has no positions yet, in the submission.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Invalid {
    /// The bytes end inside an entry.
    #[error("entry {at}: {missing} bytes are missing at its end")]
    EntryTruncated {
        /// Position.
        at: LeafIndex,
        /// Bytes missing, at least.
        missing: usize,
    },
    /// Kind or length of an entry are not written in the shortest form.
    #[error("entry {at}: kind or length is not in canonical form")]
    EntryHeader {
        /// Position.
        at: LeafIndex,
    },
    /// The payload is longer than its kind may be.
    #[error("entry {at}: a payload has at most {limit} bytes, found {found}")]
    EntryTooLarge {
        /// Position.
        at: LeafIndex,
        /// Limit in bytes.
        limit: usize,
        /// Bytes found.
        found: usize,
    },
    /// Bytes follow where exactly one entry was expected.
    #[error("entry {at}: {extra} bytes follow the entry")]
    EntryTrailing {
        /// Position.
        at: LeafIndex,
        /// Bytes that follow.
        extra: usize,
    },
    /// The fields of an entry are not those of its kind.
    #[error("entry {at} ({kind}): {fault}")]
    Payload {
        /// Position.
        at: LeafIndex,
        /// Kind.
        kind: Kind,
        /// What is wrong.
        fault: CodecFault,
    },
    /// A batch does not start with a batch entry.
    #[error("a batch starts with a batch entry, found {found}")]
    NotABatch {
        /// Kind found.
        found: Kind,
    },
    /// A batch entry stands among records.
    #[error("entry {at}: a batch entry stands among records")]
    BatchAmongRecords {
        /// Position.
        at: LeafIndex,
    },
    /// The batch has more bytes than allowed.
    #[error("a batch has at most {limit} bytes, found {found}")]
    BatchTooLarge {
        /// Limit in bytes.
        limit: usize,
        /// Bytes found.
        found: usize,
    },
    /// The batch (or submission) has no records or too many.
    #[error("a batch has 1 to {limit} records, found {found}")]
    RecordsOutOfRange {
        /// Most records.
        limit: usize,
        /// Records found.
        found: usize,
    },
    /// The batch entry promises another number of records.
    #[error("the batch entry at {at} promises {expected} records, found {found}")]
    RecordCount {
        /// Position of the batch entry.
        at: LeafIndex,
        /// Promised.
        expected: u64,
        /// Found.
        found: u64,
    },
    /// The records of the submissions do not add up to those of the batch.
    #[error("the submissions of the batch at {at} have {found} records, the batch {expected}")]
    SubmissionCount {
        /// Position of the batch entry.
        at: LeafIndex,
        /// Records of the batch.
        expected: u64,
        /// Records of its submissions.
        found: u64,
    },
    /// The batch or head belongs to another chain.
    #[error("expected chain {expected}, found {found}")]
    WrongChain {
        /// Origin expected.
        expected: String,
        /// Origin found.
        found: String,
    },
    /// The batch does not start where the chain ends.
    #[error("the chain continues at {expected}, the batch starts at {found}")]
    WrongPosition {
        /// Size of the chain.
        expected: TreeSize,
        /// First leaf of the batch.
        found: LeafIndex,
    },
    /// The batch has another number than the next.
    #[error("expected batch number {expected}, found {found}")]
    WrongNumber {
        /// Number expected.
        expected: u64,
        /// Number found.
        found: u64,
    },
    /// The batch names another predecessor.
    #[error("the batch at {at} follows batch entry {found}, the chain ends with {expected}")]
    LinkMismatch {
        /// Position of the batch entry.
        at: LeafIndex,
        /// Leaf hash of the last batch entry.
        expected: Hash,
        /// Hash named.
        found: Hash,
    },
    /// The batch names another tree before it.
    #[error("the batch at {at} names root {found} before it, the chain has {expected}")]
    RootBeforeMismatch {
        /// Position of the batch entry.
        at: LeafIndex,
        /// Root of the chain.
        expected: Hash,
        /// Root named.
        found: Hash,
    },
    /// The batch claims to be older than its predecessor.
    #[error("the batch at {at} is of {} ms, before its predecessor of {} ms", found.0, last.0)]
    TimeWentBack {
        /// Position of the batch entry.
        at: LeafIndex,
        /// Time of the predecessor.
        last: UnixMillis,
        /// Time of the batch.
        found: UnixMillis,
    },
    /// The batch names an older roster than its predecessor.
    #[error("the batch at {at} is under roster {found}, its predecessor under {last}")]
    RosterWentBack {
        /// Position of the batch entry.
        at: LeafIndex,
        /// Version of the predecessor.
        last: u64,
        /// Version of the batch.
        found: u64,
    },
    /// The head is of another size than the chain after the batch.
    #[error("the chain has size {expected}, the head {found}")]
    HeadSize {
        /// Size of the chain.
        expected: TreeSize,
        /// Size of the head.
        found: TreeSize,
    },
    /// The head signs another tree.
    #[error("at size {size} the chain has root {expected}, the head {found}")]
    HeadRoot {
        /// Size.
        size: TreeSize,
        /// Root computed.
        expected: Hash,
        /// Root signed.
        found: Hash,
    },
    /// The head has another root than the one from which the roster says that its chain goes on.
    #[error(
        "the roster says that the chain goes on from a head of size {size} with the root {expected}, found {found}"
    )]
    HeadNotContinued {
        /// Size.
        size: TreeSize,
        /// Root in the roster.
        expected: Hash,
        /// Root signed.
        found: Hash,
    },
    /// The bytes are not a signed note.
    #[error("not a signed note: {reason}")]
    NoteForm {
        /// What is wrong.
        reason: &'static str,
    },
    /// The text of a head is not origin, size and root.
    #[error("not a head: {reason}")]
    HeadForm {
        /// What is wrong.
        reason: &'static str,
    },
    /// The roster has no chain of this name.
    #[error("the roster names no chain {origin}")]
    UnknownOrigin {
        /// Origin found.
        origin: String,
    },
    /// No signature is by a key that the roster allows for this chain at this size.
    #[error(
        "no signature on the head of {origin} at size {size} is by a key that the roster allows there"
    )]
    NoTrustedSignature {
        /// Origin.
        origin: String,
        /// Size of the head.
        size: TreeSize,
    },
    /// A signature that claims to be by a known key is not.
    #[error("the signature of key {key_id:08x} for {name} does not verify")]
    BadSignature {
        /// Name on the signature line.
        name: String,
        /// Key id on the signature line.
        key_id: u32,
    },
    /// The proof does not lead to the signed root.
    #[error("proof for leaf {at}: {fault}")]
    Proof {
        /// Leaf (inclusion), or the smaller size (consistency).
        at: LeafIndex,
        /// What is wrong.
        fault: ProofFault,
    },
    /// A line of the roster cannot be read.
    #[error("line {line} of the roster: {reason}")]
    RosterForm {
        /// Line, from 1.
        line: usize,
        /// What is wrong.
        reason: &'static str,
    },
    /// Too few root keys have signed the roster.
    #[error("the roster calls for {needed} root signatures, found {found}")]
    RosterSignatures {
        /// Threshold.
        needed: usize,
        /// Valid signatures of trusted root keys.
        found: usize,
    },
    /// The roster is not made from the one before it.
    #[error("the roster follows {found}, the one before it is {expected}")]
    RosterPrevious {
        /// Hash of the one before.
        expected: Hash,
        /// Hash named.
        found: Hash,
    },
}
