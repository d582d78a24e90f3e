//! What must not exist and was found: heads of one chain that cannot both be true.

use alloc::vec::Vec;
use yizhang_ledger::{Invalid, hash::Hash, head::Origin, value::TreeSize};

/// Two signed heads of a chain and how they contradict each other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Evidence {
    /// The chain.
    pub origin: Origin,
    /// How they contradict each other.
    pub conflict: Conflict,
    /// The signed head that this node holds: of the same size where it is at hand, otherwise of its newest batch. None
    /// where this node holds a batch without a head.
    pub ours: Option<Vec<u8>>,
    /// The signed head that contradicts it.
    pub theirs: Vec<u8>,
}

/// How heads contradict each other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Conflict {
    /// At this size the chain that is held here has another root, or no batch ends there.
    Fork {
        /// The size of the contradicting head.
        size: TreeSize,
        /// The root held here; none if no batch ends there.
        held: Option<Hash>,
        /// The root signed there.
        found: Hash,
    },
    /// The head covers a batch that breaks the rules of the format.
    InvalidBatch {
        /// The size of the head.
        size: TreeSize,
        /// The rule.
        fault: Invalid,
    },
    /// A batch sent along with the head does not extend what is held. That alone proves nothing: the sender may have
    /// made it up.
    NotExtended {
        /// The size of the head.
        size: TreeSize,
        /// What did not agree.
        fault: Invalid,
    },
    /// A peer has announced the head, and says that no batch of the chain starts where what is held here ends. That alone
    /// proves nothing either.
    NotContinued {
        /// The size held here.
        held: TreeSize,
        /// The size of the head.
        size: TreeSize,
    },
    /// The chain's own node says that its key has signed both heads, and that the smaller, which is held here, does not lead to
    /// the larger. The two heads alone do not show it.
    Confessed {
        /// The size of the smaller head.
        held: TreeSize,
        /// The size of the larger one.
        signed: TreeSize,
    },
    /// The own key has signed more than this node holds although it had believed to hold everything: it was restored from
    /// an old copy and started without hearing the peer that knows.
    Forgotten {
        /// The size held here.
        held: TreeSize,
        /// The size signed.
        signed: TreeSize,
    },
}

impl Evidence {
    /// The size from which on it closes the chain; none if it is no proof.
    pub const fn closes_at(&self) -> Option<TreeSize> {
        match self.conflict {
            Conflict::Fork { size, .. } | Conflict::InvalidBatch { size, .. } => Some(size),
            Conflict::Confessed { signed, .. } => Some(signed),
            Conflict::NotExtended { .. }
            | Conflict::NotContinued { .. }
            | Conflict::Forgotten { .. } => None,
        }
    }

    /// Whether it proves that the chain's key was misused, or its own node says so, and so closes the chain. What is no proof
    /// is for the journal and the operator only.
    pub const fn is_proof(&self) -> bool {
        self.closes_at().is_some()
    }
}
