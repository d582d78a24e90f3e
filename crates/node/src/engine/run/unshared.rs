//! Entries of the own chain that are on this disk alone, and since when.

use super::Running;
use yizhang_ledger::value::{TreeSize, UnixMillis};

/// How long entries may be on this node's disk alone before that is a warning, in ms: peers that are there have them within seconds.
const UNSHARED_MS_MAX: u64 = 60_000;

/// Entries of the own chain that no other node is known to hold.
pub(super) struct Unshared {
    /// The size that somebody else must hold for them to be shared.
    pub(super) size: TreeSize,
    pub(super) since: UnixMillis,
    /// Whether the log has said so.
    pub(super) said: bool,
}

impl Running {
    /// Keeps how long entries of the own chain have been on this disk alone, and says so when it is too long.
    pub(super) fn look_who_holds(&mut self) {
        let Some(own) = self.replica.chain(&self.origin) else {
            return;
        };
        if self.hands.peers.is_empty() || own.held_elsewhere >= own.durable {
            if self.unshared.take().is_some_and(|unshared| unshared.said) {
                tracing::info!(chain = %self.origin.region(), "all entries of this chain are held by another node again");
            }
            return;
        }
        let (now, size, held) = (self.now(), own.durable, own.held_elsewhere);
        let unshared = self.unshared.get_or_insert(Unshared {
            size,
            since: now,
            said: false,
        });
        if held >= unshared.size {
            (unshared.size, unshared.since) = (size, now);
        }
        // A clock that was set back begins to count anew.
        unshared.since = unshared.since.min(now);
        let ms = now.0.saturating_sub(unshared.since.0);
        if ms >= UNSHARED_MS_MAX && !unshared.said {
            unshared.said = true;
            let entries = size.0.saturating_sub(held.0);
            tracing::warn!(
                chain = %self.origin.region(),
                entries,
                seconds = ms / 1_000,
                "the newest entries of this chain are on this disk alone: if it is lost, so are their receipts"
            );
        }
    }
}
