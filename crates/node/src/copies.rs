//! What this node holds of each chain, how new that is, and what stands against it: for everybody who asks, because an answer
//! from old copies looks like any other.

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
};
use yizhang_ledger::{
    head::Origin,
    value::{TreeSize, UnixMillis},
};
use yizhang_replica::ChainStatus;
use yizhang_store::Store;

/// A chain as this node holds it.
#[derive(Clone, Debug)]
pub(crate) struct ChainCopy {
    /// The chain.
    pub(crate) origin: Origin,
    /// Leaves held.
    pub(crate) size: TreeSize,
    /// Signed head of that size, if there is one.
    pub(crate) head: Option<Vec<u8>>,
    /// Time in the newest batch held; none if nothing is held.
    pub(crate) newest: Option<UnixMillis>,
    /// What has come in about it.
    pub(crate) news: News,
    /// Records of it that a lookup left aside.
    pub(crate) left_aside: u64,
}

/// By how much the time of a batch may be ahead of a node's clock before that is a warning, in ms. Clocks that are set by the network
/// differ by less than a second; ten minutes are somebody's mistake. Batches are never refused for it, and no account depends on it.
pub(crate) const AHEAD_MS_MAX: u64 = 600_000;

impl ChainCopy {
    /// By how much the newest batch is ahead of a clock; 0 if that is no warning.
    pub(crate) fn ahead_ms(&self, now: UnixMillis) -> u64 {
        ahead_ms(self.newest, now)
    }
}

/// By how much a time is ahead of a clock; 0 if that is no warning.
pub(crate) fn ahead_ms(newest: Option<UnixMillis>, now: UnixMillis) -> u64 {
    let ahead = newest.map_or(0, |newest| newest.0.saturating_sub(now.0));
    if ahead > AHEAD_MS_MAX { ahead } else { 0 }
}

/// What has come in about a chain since the start of the node.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct News {
    /// The largest size that a connected peer has announced.
    pub(crate) announced: TreeSize,
    /// When a verified head of it last came in, from whomever. Of the own chain: now.
    pub(crate) heard: Option<UnixMillis>,
    /// Whether its own node is connected, or is this one.
    pub(crate) live: bool,
    /// The smallest size of a head that contradicts what is held, or of a head held that is said to be contradicted.
    pub(crate) quarantined_from: Option<TreeSize>,
}

impl News {
    /// The news of a chain as the replica has them. `now` is when the node's own chain was last heard of.
    pub(crate) fn of(status: &ChainStatus<'_>, own: &Origin, now: UnixMillis) -> Self {
        let is_own = status.staged.origin() == own;
        Self {
            announced: status.announced,
            heard: if is_own { Some(now) } else { status.heard },
            live: status.live,
            quarantined_from: status.closed_at.or(status.contradicted_at),
        }
    }
}

/// The news of all chains as the engine knew them a moment ago, so that no lookup has to wait for it.
#[derive(Debug, Default)]
pub(crate) struct LatestNews(Mutex<BTreeMap<Origin, News>>);

impl LatestNews {
    pub(crate) fn put(&self, news: BTreeMap<Origin, News>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = news;
    }

    /// What is known of a chain; nothing if the roster does not name it.
    pub(crate) fn of(&self, origin: &Origin) -> News {
        let news = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        news.get(origin).copied().unwrap_or_default()
    }
}

/// The time in the newest batch that is held of a chain.
pub(crate) fn newest(store: &Store, origin: &Origin) -> Option<UnixMillis> {
    let state = store.state(origin)?;
    (state.batches() > 0).then(|| state.time())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_ahead_from_ten_minutes_on_however_far() {
        let now = UnixMillis(1_000_000_000);
        for (newest, expected) in [
            (None, 0),
            (Some(0), 0),
            (Some(now.0 + AHEAD_MS_MAX), 0),
            (Some(now.0 + AHEAD_MS_MAX + 1), AHEAD_MS_MAX + 1),
            (Some(u64::MAX), u64::MAX - now.0),
        ] {
            assert_eq!(
                ahead_ms(newest.map(UnixMillis), now),
                expected,
                "{newest:?}"
            );
        }
    }
}
