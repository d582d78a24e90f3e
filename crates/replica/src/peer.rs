//! A connected peer, as far as the protocol is concerned.

use alloc::{collections::BTreeMap, vec::Vec};
use yizhang_ledger::head::{Head, Origin};

/// A connected peer.
#[derive(Debug, Default)]
pub(crate) struct Peer {
    /// The largest head that it has announced of each chain since it connected.
    pub(crate) heads: BTreeMap<Origin, PeerHead>,
    /// Fetches from it.
    pub(crate) fetches: usize,
}

/// A verified head that a peer holds.
#[derive(Debug)]
pub(crate) struct PeerHead {
    pub(crate) head: Head,
    pub(crate) note: Vec<u8>,
    /// Whether it was compared with what is held, with whatever result.
    pub(crate) compared: bool,
}
