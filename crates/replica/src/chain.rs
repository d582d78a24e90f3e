//! What the replica knows of one chain: what is durable, what is on its way to the disk, and what contradicts it.

use crate::{
    CosignedHeads, Evidence, FetchId, Output, PeerId,
    limits::{EVIDENCE_PER_CHAIN_MAX, RECENT_BOUNDARIES_MAX},
};
use alloc::{
    boxed::Box,
    collections::{BTreeMap, BTreeSet, VecDeque},
    vec::Vec,
};
use yizhang_ledger::{
    chain::{ChainState, Extension},
    hash::Hash,
    head::{Head, Origin},
    value::{TreeSize, UnixMillis},
};

/// What the store holds of a chain when the replica starts.
#[derive(Clone, Debug)]
pub struct Held {
    /// The state after the last durable batch.
    pub state: ChainState,
    /// The signed head of that size. Missing for the own chain after a crash between persisting and signing.
    pub head: Option<Vec<u8>>,
    /// The smallest size at which evidence in the journal closes the chain.
    pub closed_at: Option<TreeSize>,
}

/// The end of a batch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Boundary {
    pub(crate) size: TreeSize,
    pub(crate) root: Hash,
    /// The signed head of that size, verified; none while the own chain waits for its signature.
    pub(crate) note: Option<Vec<u8>>,
}

/// How a verified head of somebody compares with what is held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Relation {
    /// It is a batch end of ours.
    Held,
    /// It says more than we hold.
    Ahead,
    /// Only the store can tell.
    AskStore,
    /// Both cannot be true.
    Conflict {
        /// The root held at that size; none if no batch ends there.
        held: Option<Hash>,
    },
}

/// A verified head that is beyond what is held, and that nobody who told of it need hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ToldHead {
    pub(crate) by: PeerId,
    pub(crate) head: Head,
    pub(crate) note: Vec<u8>,
}

/// How a peer has done with a chain.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Tries {
    /// Failures since the last success.
    pub(crate) failures: u32,
    /// Not to be asked before.
    pub(crate) not_before: UnixMillis,
    /// When it was asked last.
    pub(crate) last: UnixMillis,
}

impl Default for Tries {
    fn default() -> Self {
        Self {
            failures: 0,
            not_before: UnixMillis(0),
            last: UnixMillis(0),
        }
    }
}

#[derive(Debug)]
pub(crate) struct Chain {
    /// The state after the last staged batch: what the next one has to follow.
    pub(crate) tip: ChainState,
    pub(crate) durable: Boundary,
    /// Batches on their way to the disk, in order; bounded by the window of a fetch.
    pub(crate) staged: VecDeque<Boundary>,
    /// Batch ends up to the durable one, without gaps: whatever lies between the first and the last and is not here is
    /// no batch end.
    recent: VecDeque<Boundary>,
    /// No batch that reaches this size is accepted any more.
    pub(crate) closed_at: Option<TreeSize>,
    /// Whether a batch was turned away because of `closed_at`.
    pub(crate) closed: bool,
    /// Whether the disk has failed.
    pub(crate) failed: bool,
    /// When a verified head of the chain last came in, from whomever.
    pub(crate) heard: Option<UnixMillis>,
    /// The fetch under way.
    pub(crate) fetch: Option<FetchId>,
    /// The largest head of which somebody has told that is beyond what is held here, and who told of it.
    pub(crate) told: Option<ToldHead>,
    /// Heads that the store was asked about, one for each peer. They outlive the connection: an answer that shows a fork
    /// must not be lost with it.
    pub(crate) questions: BTreeMap<PeerId, (Head, Vec<u8>)>,
    pub(crate) tries: BTreeMap<PeerId, Tries>,
    /// Times in a row that the chain's own node sent a batch which did not extend the chain, or had none that does.
    pub(crate) contradictions: u8,
    /// Heads that were reported already: those proved to contradict the chain, and those only suspected. Apart, so that
    /// made-up suspicions cannot crowd out a proof.
    proved: BTreeSet<(TreeSize, Hash)>,
    suspected: BTreeSet<(TreeSize, Hash)>,
    /// What was cosigned of it.
    pub(crate) cosigned: CosignedHeads,
}

impl Boundary {
    /// Its head.
    pub(crate) fn head(&self, origin: &Origin) -> Head {
        Head {
            origin: origin.clone(),
            size: self.size,
            root: self.root,
        }
    }
}

impl Chain {
    pub(crate) fn new(held: Held) -> Self {
        let Head { size, root, .. } = held.state.head();
        let durable = Boundary {
            size,
            root,
            note: held.head,
        };
        Self {
            tip: held.state,
            recent: [durable.clone()].into(),
            durable,
            staged: VecDeque::new(),
            closed_at: held.closed_at,
            closed: false,
            failed: false,
            heard: None,
            fetch: None,
            told: None,
            questions: BTreeMap::new(),
            tries: BTreeMap::new(),
            contradictions: 0,
            proved: BTreeSet::new(),
            suspected: BTreeSet::new(),
            cosigned: CosignedHeads::default(),
        }
    }

    pub(crate) fn empty(origin: Origin) -> Self {
        Self::new(Held {
            state: ChainState::empty(origin),
            head: None,
            closed_at: None,
        })
    }

    /// Compares a verified head with what is held.
    pub(crate) fn compare(&self, head: &Head) -> Relation {
        let exact = |held: Option<Hash>| {
            if held == Some(head.root) {
                Relation::Held
            } else {
                Relation::Conflict { held }
            }
        };
        // The root of the empty tree was checked when the head was opened.
        if head.size == TreeSize(0) {
            return Relation::Held;
        }
        if head.size > self.tip.size() {
            return Relation::Ahead;
        }
        if head.size > self.durable.size {
            let staged = self.staged.iter().find(|staged| staged.size == head.size);
            return exact(staged.map(|staged| staged.root));
        }
        match self.recent.front() {
            Some(oldest) if oldest.size <= head.size => exact(
                self.recent
                    .iter()
                    .find(|recent| recent.size == head.size)
                    .map(|recent| recent.root),
            ),
            _ => Relation::AskStore,
        }
    }

    /// The note held for a size, if it is at hand, otherwise the newest.
    pub(crate) fn note_for(&self, size: TreeSize) -> Option<Vec<u8>> {
        let same = self
            .recent
            .iter()
            .chain(&self.staged)
            .find(|boundary| boundary.size == size);
        same.and_then(|boundary| boundary.note.clone())
            .or_else(|| self.durable.note.clone())
    }

    /// Goes on to the state after `extension`, which the caller hands to the disk.
    pub(crate) fn stage(&mut self, extension: &Extension, note: Option<Vec<u8>>) {
        let head = extension.after().head();
        self.tip = extension.after().clone();
        self.staged.push_back(Boundary {
            size: head.size,
            root: head.root,
            note,
        });
    }

    /// Takes the first staged batch over as durable if it ends at or below `size`.
    pub(crate) fn take_durable(&mut self, size: TreeSize) -> Option<Boundary> {
        self.staged.front().filter(|staged| staged.size <= size)?;
        let boundary = self.staged.pop_front()?;
        self.durable = boundary.clone();
        if self.recent.len() == RECENT_BOUNDARIES_MAX {
            self.recent.pop_front();
        }
        self.recent.push_back(self.durable.clone());
        Some(boundary)
    }

    /// Keeps the signed note of a durable batch of the own chain.
    pub(crate) fn keep_note(&mut self, size: TreeSize, note: &[u8]) {
        if self.durable.size == size {
            self.durable.note = Some(note.to_vec());
        }
        for recent in self.recent.iter_mut().filter(|recent| recent.size == size) {
            recent.note = Some(note.to_vec());
        }
    }

    /// Closes the chain from a size on, or from a smaller one than before.
    pub(crate) fn close_at(&mut self, size: TreeSize) {
        self.closed_at = Some(self.closed_at.map_or(size, |earlier| earlier.min(size)));
    }

    /// Whether no batch that reaches this size is accepted any more.
    pub(crate) fn is_closed_at(&self, size: TreeSize) -> bool {
        self.closed_at.is_some_and(|closed_at| closed_at <= size)
    }

    /// What is to be reported about this head: nothing if that was done, or was done too often.
    pub(crate) fn report(&mut self, head: &Head, evidence: Evidence) -> Option<Output> {
        let reported = if evidence.is_proof() {
            &mut self.proved
        } else {
            &mut self.suspected
        };
        let news =
            reported.len() < EVIDENCE_PER_CHAIN_MAX && reported.insert((head.size, head.root));
        news.then(|| Output::Keep(Box::new(evidence)))
    }

    /// Whether batches of others may be added at all.
    pub(crate) const fn is_open(&self) -> bool {
        !self.failed && !self.closed
    }
}
