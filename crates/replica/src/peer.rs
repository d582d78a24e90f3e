//! A connected peer, as far as the protocol is concerned.

use crate::limits::{FLOOD_HEADS, STALE_HEADS_MAX, STALE_HEADS_PER_SECOND};
use alloc::{collections::BTreeMap, vec::Vec};
use yizhang_ledger::{
    head::{Head, Origin},
    value::UnixMillis,
};

/// A connected peer.
#[derive(Debug, Default)]
pub(crate) struct Peer {
    /// The largest head that it has announced of each chain since it connected.
    pub(crate) heads: BTreeMap<Origin, PeerHead>,
    /// Fetches from it.
    pub(crate) fetches: usize,
    /// How much it has said that is not new.
    pub(crate) talk: Talk,
    /// Forged lines and forged evidence that it has sent since it connected.
    pub(crate) forged: u32,
}

/// What a peer says without saying anything new, as far as it has not been forgotten.
#[derive(Debug, Default)]
pub(crate) struct Talk {
    heads: u32,
    since: Option<UnixMillis>,
}

/// What is done about one head more that says nothing new.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Borne {
    /// It is looked at: it may show a fork.
    LookedAt,
    /// It is not looked at.
    PassedOver,
    /// The peer floods.
    Flood,
}

impl Talk {
    /// One head more.
    pub(crate) fn more(&mut self, now: UnixMillis) -> Borne {
        let since = *self.since.get_or_insert(now);
        let seconds = now.0.saturating_sub(since.0) / 1_000;
        if seconds > 0 {
            // After a long silence all is forgotten, however long it was.
            let seconds = u32::try_from(seconds).unwrap_or(u32::MAX);
            let forgotten = seconds.saturating_mul(STALE_HEADS_PER_SECOND);
            self.heads = self.heads.saturating_sub(forgotten);
            self.since = Some(now);
        }
        self.heads = self.heads.saturating_add(1);
        if self.heads > FLOOD_HEADS {
            Borne::Flood
        } else if self.heads > STALE_HEADS_MAX {
            Borne::PassedOver
        } else {
            Borne::LookedAt
        }
    }
}

/// A verified head that a peer holds.
#[derive(Debug)]
pub(crate) struct PeerHead {
    pub(crate) head: Head,
    pub(crate) note: Vec<u8>,
    /// Whether it was compared with what is held, with whatever result.
    pub(crate) compared: bool,
}
