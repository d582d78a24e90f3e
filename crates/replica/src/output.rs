//! What the replica wants done.

use crate::{
    Contradiction, Evidence, FetchId, PeerId, Refused, Ticket, ToCosign,
    limits::{ANNOUNCED_HEADS_MAX, FLOOD_HEADS, FORGED_LINES_MAX},
};
use alloc::{boxed::Box, vec::Vec};
use yizhang_ledger::{
    Invalid,
    chain::Extension,
    head::{Head, Origin},
    value::{LeafIndex, TreeSize},
};

/// A deed for the shell, to be begun in the order of the outputs.
#[derive(Clone, Debug)]
pub enum Output {
    /// Ask a peer for the batches of a chain, and their heads, from a size on until its end.
    Fetch {
        /// Number of the fetch, for the answers.
        fetch: FetchId,
        /// Whom and for what.
        asked: Asked,
    },
    /// So many more batches of a fetch may be read.
    ReadMore {
        /// The fetch.
        fetch: FetchId,
        /// How many more.
        batches: usize,
    },
    /// End a fetch; no answer is wanted.
    CancelFetch {
        /// The fetch.
        fetch: FetchId,
    },
    /// Make a batch durable, then report `Persisted`. Several may be under way for a chain; they are to become durable in
    /// order. After a failure nothing later of that chain may be written.
    Persist {
        /// The batch, the state after it and the subtrees it completes.
        extension: Box<Extension>,
        /// The signed head after it, verified; none for a new batch of the own chain, whose head `Sign` asks for later.
        head: Option<Vec<u8>>,
    },
    /// Look up the root of a chain at a durable size and answer with `RootAt`.
    LookUpRoot {
        /// The chain.
        origin: Origin,
        /// The size.
        size: TreeSize,
    },
    /// Sign a head of the own chain and answer with `Signed`. The batch is durable. The store is to have the note before
    /// any later output is carried out, and to write it at the latest together with the next batch of the chain.
    Sign {
        /// What to sign.
        head: Head,
    },
    /// Write down that these heads are cosigned, all of them with one write and one sync of the journal, then sign, and answer with
    /// `Cosigned`. Nothing more is asked for before that. No line may leave before what it says is durable. As a mirror only what has
    /// right registers is signed; what is not known yet is left out of the answer.
    Cosign(Vec<ToCosign>),
    /// Tell everybody who watches this node: this node has cosigned this head.
    AnnounceCosigned {
        /// The chain.
        origin: Origin,
        /// The signed note with all lines that are known under it.
        head: Vec<u8>,
    },
    /// Show whoever begins to watch this node from now on what is cosigned of a chain, in place of what was shown before. Those who
    /// watch already are not told.
    ShowCosigned {
        /// The chain.
        origin: Origin,
        /// Signed notes with the newest line of each cosigner, the newest head first.
        heads: Vec<Vec<u8>>,
    },
    /// A submission is durable and signed.
    Receipt(Receipt),
    /// A submission was not accepted.
    Refuse {
        /// Whom to answer.
        ticket: Ticket,
        /// Why.
        reason: Refused,
    },
    /// Tell everybody who watches this node: this head is durable here.
    Announce {
        /// The chain.
        origin: Origin,
        /// The signed note.
        head: Vec<u8>,
    },
    /// Something that should not exist was signed, or could not be followed: write it to the journal and answer with
    /// `Kept` when it is durable. Where the two heads are of two sizes and the store can tell what the larger one begins with, the
    /// shell adds that before it writes.
    Keep(Box<Evidence>),
    /// Show everybody who watches this node, now and later, two signed heads that cannot both be true. They are in the
    /// journal.
    Spread {
        /// The chain.
        origin: Origin,
        /// The heads.
        contradiction: Contradiction,
    },
    /// Tell the chain's own node of a head that somebody has signed and that is not held here: it knows whether it has
    /// signed it.
    PassOn {
        /// The chain.
        origin: Origin,
        /// The signed note.
        head: Vec<u8>,
    },
    /// The peer has sent nonsense: drop the connection and wait before the next one. To the replica it is gone already.
    Blame {
        /// Who.
        peer: PeerId,
        /// What.
        fault: Fault,
    },
}

/// What is asked for by a fetch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// Whom to ask.
    pub peer: PeerId,
    /// Which chain.
    pub origin: Origin,
    /// The size that is held.
    pub from: TreeSize,
    /// How many batches may be read off the wire before [`Output::ReadMore`] allows more. The rest waits at the peer.
    pub batches: usize,
}

/// The answer to an accepted submission.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// Whom to answer.
    pub ticket: Ticket,
    /// Position of its first record.
    pub first: LeafIndex,
    /// How many records it has.
    pub records: u32,
    /// Size of the chain after its batch.
    pub size: TreeSize,
    /// Signed head of that size.
    pub head: Vec<u8>,
}

/// Why a peer is to blame: what no honest node sends, whatever others have sent to it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// A head is no head, or its signature does not verify.
    #[error("a head of the peer is invalid: {0}")]
    Head(Invalid),
    /// A batch cannot be read, or is not the one that was asked for.
    #[error("a batch of the peer is invalid: {0}")]
    Batch(Invalid),
    /// An announcement has too many heads.
    #[error("an announcement has at most {ANNOUNCED_HEADS_MAX} heads, found {found}")]
    TooManyHeads {
        /// How many.
        found: usize,
    },
    /// It says again and again what it has said.
    #[error("the peer floods: {FLOOD_HEADS} heads that say nothing new")]
    Flood,
    /// Again and again a cosignature is by nobody.
    #[error(
        "the peer sends forged cosignatures: {FORGED_LINES_MAX} lines that are not by the key of the roster that they name"
    )]
    ForgedLines,
    /// Again and again it accuses chains with what proves nothing.
    #[error(
        "the peer sends forged evidence: {FORGED_LINES_MAX} times what does not tie the two heads together that it shows"
    )]
    ForgedEvidence,
    /// More batches came than were asked for.
    #[error("the peer sent more batches than were asked for")]
    TooManyBatches,
}
