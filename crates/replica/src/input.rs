//! What the shell tells the replica.

use crate::{CheckedContradiction, CheckedHead, Evidence, FetchId, PeerId, Ticket};
use alloc::{boxed::Box, collections::BTreeSet, vec::Vec};
use yizhang_ledger::{
    Invalid, batch::Batch, chain::Submitted, hash::Hash, head::Origin, value::TreeSize,
};

/// Something that happened. Inputs about fetches, peers or questions that the replica no longer has are ignored.
#[derive(Clone, Debug)]
pub enum Input {
    /// An authenticated connection to a peer stands. A new one replaces the old one.
    PeerConnected(PeerId),
    /// The connection is gone; nothing of it may be delivered afterwards.
    PeerLost(PeerId),
    /// A message of the peer's watch stream.
    Announced {
        /// Who.
        peer: PeerId,
        /// Heads that the peer durably holds, at most one a chain.
        heads: Vec<CheckedHead>,
        /// Whether these are all chains that the peer holds, its own and ours included: the first message of every
        /// connection, made after the connection stood. Later ones are changes.
        complete: bool,
    },
    /// Two heads that a peer says contradict each other: the same size, different roots, both signed; or of two sizes, with or
    /// without what ties them together.
    Shown {
        /// Who.
        peer: PeerId,
        /// The heads.
        contradiction: Box<CheckedContradiction>,
    },
    /// Heads with lines of cosigners that a peer shows: the lines are what is new.
    CosignaturesShown {
        /// Who.
        peer: PeerId,
        /// The heads; at most [`ANNOUNCED_HEADS_MAX`](crate::limits::ANNOUNCED_HEADS_MAX) are read.
        heads: Vec<CheckedHead>,
    },
    /// What `Cosign` asked for is in the journal, durable; the heads with the lines of this node's keys under them.
    Cosigned(Vec<CheckedHead>),
    /// What another node has told this one, watched or not: heads that somebody has signed, whoever holds their batches, and
    /// pairs that are said to contradict each other. What does not verify is passed over.
    Told {
        /// Who.
        peer: PeerId,
        /// Heads; at most [`TOLD_HEADS_MAX`](crate::limits::TOLD_HEADS_MAX) are read.
        heads: Vec<CheckedHead>,
        /// Pairs; at most [`TOLD_EVIDENCE_MAX`](crate::limits::TOLD_EVIDENCE_MAX) are read.
        evidence: Vec<CheckedContradiction>,
    },
    /// The next batch of a fetch, parsed, with the signed head after it.
    Fetched {
        /// The fetch.
        fetch: FetchId,
        /// The batch.
        batch: Box<Batch>,
        /// The head.
        head: CheckedHead,
    },
    /// The next batch of a fetch cannot be read.
    FetchedInvalid {
        /// The fetch.
        fetch: FetchId,
        /// Why.
        fault: Invalid,
    },
    /// The peer says that no batch of the chain starts at the size from which on it was asked.
    FetchRefused {
        /// The fetch.
        fetch: FetchId,
    },
    /// A fetch delivers nothing more: the peer has sent all it holds, does not serve the chain now, or is lost.
    FetchEnded {
        /// The fetch.
        fetch: FetchId,
    },
    /// The chain is durable up to this size: an answer to `Persist`, or to several at once.
    Persisted {
        /// The chain.
        origin: Origin,
        /// The size after the last durable batch.
        size: TreeSize,
    },
    /// A batch could not be made durable. The chain stops until the process starts again and reads what the disk holds.
    PersistFailed {
        /// The chain.
        origin: Origin,
    },
    /// The store's answer to `LookUpRoot`.
    RootAt {
        /// The chain.
        origin: Origin,
        /// The size asked for.
        size: TreeSize,
        /// The root at that size; none if no durable batch ends there.
        root: Option<Hash>,
    },
    /// Somebody wants records appended to the own chain. The shell has parsed them and has found no earlier submission
    /// of that submitter and number in its store.
    Submit {
        /// Whom to answer.
        ticket: Ticket,
        /// The submission.
        submitted: Submitted,
        /// The size of the own chain up to which the store was searched, read *before* searching.
        searched: TreeSize,
    },
    /// As `Submit`, of what a second clerk has approved: both go into one batch, the approval directly before the submission.
    SubmitApproved {
        /// Whom to answer about the submission.
        ticket: Ticket,
        /// The submission; with fewer than [`BATCH_RECORDS_MAX`](yizhang_ledger::batch::BATCH_RECORDS_MAX) records.
        submitted: Submitted,
        /// The submission of one record that says so.
        approval: Submitted,
        /// As in `Submit`.
        searched: TreeSize,
    },
    /// Evidence that `Keep` asked for is in the journal, durable, as it stands there.
    Kept(Box<Evidence>),
    /// The signed note that `Sign` asked for. The shell hands it to the store first, which writes it at the latest together
    /// with the next batch of the chain: a crash may cost the newest head, which is then signed again, but no earlier one.
    Signed {
        /// The note.
        note: Vec<u8>,
    },
    /// The operator says that these peers are lost for good and are not to be waited for. Those who answer all the same
    /// while the node waits are heard; a larger head that one of them shows later still counts.
    Lost(BTreeSet<PeerId>),
    /// Time has passed. Wanted a few times a second.
    Tick,
}
