//! What must not exist and was found: heads of one chain that cannot both be true.

use alloc::vec::Vec;
use yizhang_ledger::{Invalid, beginning::Beginning, hash::Hash, head::Origin, value::TreeSize};

/// Two signed heads of a chain and how they contradict each other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Evidence {
    /// The chain.
    pub origin: Origin,
    /// How they contradict each other.
    pub conflict: Conflict,
    /// The signed head that this node holds: of the same size where it is at hand, otherwise of its newest batch. None
    /// where this node holds a batch without a head. With a beginning the larger of the two heads, whoever holds it.
    pub ours: Option<Vec<u8>>,
    /// The signed head that contradicts it. With a beginning the smaller of the two.
    pub theirs: Vec<u8>,
    /// What the tree of `ours` begins with at the size of `theirs`, where it is known: then anybody sees that both cannot be true.
    pub beginning: Option<Beginning>,
}

/// Two signed heads of a chain that cannot both be true, as nodes show them to each other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contradiction {
    /// The signed notes: what is held, or is the larger one, and what contradicts it.
    pub heads: [Vec<u8>; 2],
    /// Where they are of two sizes: what the tree of the larger one begins with at the size of the smaller. None where whoever
    /// shows them cannot tell.
    pub beginning: Option<Beginning>,
}

/// How heads contradict each other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Conflict {
    /// At this size the chain that is held here has another root, or no batch ends there; or, of two heads that were shown, the
    /// tree of the other one has another root there.
    Fork {
        /// The size of the contradicting head.
        size: TreeSize,
        /// The root held here, or of the other head's tree; none if no batch ends there.
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

impl Contradiction {
    /// Whether two pairs have the same heads, in whichever order.
    pub fn has_heads_of(&self, other: &Self) -> bool {
        let [first, second] = &other.heads;
        self.heads == other.heads || self.heads == [second.as_slice(), first.as_slice()]
    }
}

impl Evidence {
    /// Evidence without what ties its heads together.
    pub(crate) const fn untied(
        origin: Origin,
        conflict: Conflict,
        ours: Option<Vec<u8>>,
        theirs: Vec<u8>,
    ) -> Self {
        Self {
            origin,
            conflict,
            ours,
            theirs,
            beginning: None,
        }
    }

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

    /// The two heads, if both are at hand and prove it: what others are shown.
    pub fn shown(&self) -> Option<Contradiction> {
        let ours = self.ours.clone().filter(|_| self.is_proof())?;
        Some(Contradiction {
            heads: [ours, self.theirs.clone()],
            beginning: self.beginning.clone(),
        })
    }

    /// Whether it proves that the chain's key was misused, or its own node says so, and so closes the chain. What is no proof
    /// is for the journal and the operator only.
    pub const fn is_proof(&self) -> bool {
        self.closes_at().is_some()
    }
}
