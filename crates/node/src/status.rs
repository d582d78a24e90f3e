//! The state of a node as its engine knows it.

use crate::copies::ChainCopy;
use std::collections::BTreeMap;
use yizhang_ledger::head::Origin;
use yizhang_ledger::value::{Division, TreeSize, UnixMillis};
use yizhang_replica::{CosignedHeads, CosigningWait, LinesCounted, Readiness};

/// The state of a node as its engine knows it.
#[derive(Clone, Debug)]
pub(crate) struct Status {
    /// When that was.
    pub(crate) at: UnixMillis,
    /// Whether submissions are accepted, and if not, why.
    pub(crate) readiness: Readiness,
    /// The chains of the roster.
    pub(crate) chains: Vec<ChainCopy>,
    /// The other nodes of the roster.
    pub(crate) peers: Vec<PeerState>,
    /// How long entries of the own chain have been held by no other node, in ms; 0 if there are none.
    pub(crate) unshared_ms: u64,
    /// What is known to be cosigned of each chain.
    pub(crate) cosigned: BTreeMap<Origin, CosignedHeads>,
    /// Lines since the start.
    pub(crate) lines: LinesCounted,
    /// Why this node cosigns nothing now; none if it does.
    pub(crate) cosigning_waits: Option<CosigningWait>,
}

/// A peer as the engine knows it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PeerState {
    /// Its region.
    pub(crate) region: Division,
    /// Whether it is watched.
    pub(crate) is_connected: bool,
    /// How much of the own chain it has announced since it connected.
    pub(crate) holds: TreeSize,
}

impl Status {
    /// Whether submissions are accepted.
    pub(crate) fn is_ready(&self) -> bool {
        self.readiness == Readiness::Ready
    }
}
