//! What the shell may read: for its answers, its metrics and its operator.

use crate::{CosignedHeads, PeerId, Replica, chain::Chain};
use alloc::vec::Vec;
use yizhang_ledger::{
    chain::ChainState,
    hash::Hash,
    head::Origin,
    value::{TreeSize, UnixMillis},
};

/// One chain, as it stands.
#[derive(Clone, Copy, Debug)]
pub struct ChainStatus<'a> {
    /// The state after the last batch that was handed to the disk.
    pub staged: &'a ChainState,
    /// The durable size.
    pub durable: TreeSize,
    /// The root there.
    pub root: Hash,
    /// The signed head of the durable size. None for an empty chain, and for the own one while it waits for a signature:
    /// then it must be served and answered from only up to the batch before.
    pub head: Option<&'a [u8]>,
    /// No batch that reaches this size is accepted any more.
    pub closed_at: Option<TreeSize>,
    /// Of the own chain: a peer says that this size, which is held here, is one of another history than a larger one that the
    /// own key has signed as well. Nothing proves it yet, and it stands against the chain all the same.
    pub contradicted_at: Option<TreeSize>,
    /// Whether nothing more can be accepted at all, because of a fork or a failed disk.
    pub stopped: bool,
    /// When a verified head of the chain last came in since the start, from whomever.
    pub heard: Option<UnixMillis>,
    /// The largest size that a connected peer has announced, or of which another node has told; 0 if there is none.
    pub announced: TreeSize,
    /// The largest size that a connected peer has announced, as far as it is held here: what one more disk has. 0 if none has.
    pub held_elsewhere: TreeSize,
    /// What was cosigned of it.
    pub cosigned: &'a CosignedHeads,
    /// Whether the chain's own node is connected, or is this one: then nothing newer can have gone unheard for long.
    pub live: bool,
}

/// How much the replica has to do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Load {
    /// Submissions that wait for the next batch.
    pub waiting_submissions: usize,
    /// Their records.
    pub waiting_records: usize,
    /// Their bytes.
    pub waiting_bytes: usize,
    /// Fetches under way.
    pub fetches: usize,
    /// Batches on their way to the disk, all chains.
    pub staged_batches: usize,
}

impl Replica {
    /// The chains of the roster, in order of their names.
    pub fn chains(&self) -> impl Iterator<Item = (&Origin, ChainStatus<'_>)> {
        self.chains
            .iter()
            .map(|(origin, chain)| (origin, self.status_of(origin, chain)))
    }

    /// One chain; none if the roster does not name it.
    pub fn chain(&self, origin: &Origin) -> Option<ChainStatus<'_>> {
        let chain = self.chains.get(origin)?;
        Some(self.status_of(origin, chain))
    }

    fn status_of<'a>(&self, origin: &Origin, chain: &'a Chain) -> ChainStatus<'a> {
        let own = self.own.as_ref().filter(|own| own.origin == *origin);
        let told = chain.told.as_ref().map(|told| told.head.size);
        let held = |peer: &PeerId| self.announced_size(*peer, origin);
        // Without peers nobody has announced anything.
        let by_peers = self.peers.keys().map(held).max().unwrap_or(TreeSize(0));
        let announced = told.map_or(by_peers, |told| told.max(by_peers));
        ChainStatus {
            staged: &chain.tip,
            durable: chain.durable.size,
            root: chain.durable.root,
            head: chain.durable.note.as_deref(),
            closed_at: chain.closed_at,
            contradicted_at: own.and_then(|own| own.contradicted_at(chain.durable.size)),
            stopped: !chain.is_open(),
            heard: chain.heard,
            announced,
            cosigned: &chain.cosigned,
            held_elsewhere: by_peers.min(chain.durable.size),
            live: own.is_some() || self.peers.contains_key(&PeerId(origin.region())),
        }
    }

    /// The signed heads of everything that is durable here: the complete announcement for a new connection.
    pub fn heads(&self) -> Vec<Vec<u8>> {
        self.chains
            .values()
            .filter_map(|chain| chain.durable.note.clone())
            .collect()
    }

    /// Connected peers.
    pub fn peers(&self) -> impl Iterator<Item = PeerId> {
        self.peers.keys().copied()
    }

    /// The largest size of a chain that a connected peer has announced; 0 if it has announced none.
    pub fn announced_size(&self, peer: PeerId, origin: &Origin) -> TreeSize {
        let known = self
            .peers
            .get(&peer)
            .and_then(|peer| peer.heads.get(origin));
        known.map_or(TreeSize(0), |known| known.head.size)
    }

    /// How much there is to do.
    pub fn load(&self) -> Load {
        let (waiting_submissions, waiting_records, waiting_bytes) = self
            .own
            .as_ref()
            .map_or((0, 0, 0), |own| own.queue.waiting());
        let staged_batches = self.chains.values().fold(0, |sum: usize, chain| {
            sum.checked_add(chain.staged.len())
                .expect("the staged batches lie in memory")
        });
        let fetches = self.fetches.active.len();
        Load {
            waiting_submissions,
            waiting_records,
            waiting_bytes,
            fetches,
            staged_batches,
        }
    }
}
