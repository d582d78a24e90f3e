//! How fast a peer is listened to.

use std::time::Duration;
use tokio::time::{Instant, sleep};

/// Heads that are heard from one peer a second: several for each chain that a roster may have. Whoever says more is read more
/// slowly; an honest peer then tells the newest of each chain alone.
const HEADS_PER_SECOND: u32 = 256;
/// Heads that are heard at once: those of a first message, twice.
const HEADS_AT_ONCE_MAX: u32 = 512;

/// How fast a peer is listened to: what it says beyond that waits at the peer.
pub(super) struct Pace {
    /// Heads that may be heard at once.
    left: u32,
    since: Instant,
}

impl Pace {
    pub(super) fn new() -> Self {
        Self {
            left: HEADS_AT_ONCE_MAX,
            since: Instant::now(),
        }
    }

    /// Waits until so many heads may be heard.
    pub(super) async fn keep(&mut self, heads: usize) {
        // A message of more heads than are heard at once is refused by the replica.
        let heads = u32::try_from(heads)
            .unwrap_or(u32::MAX)
            .min(HEADS_AT_ONCE_MAX);
        while self.left < heads {
            let missing = heads - self.left;
            sleep(Duration::from_secs(1) * missing / HEADS_PER_SECOND).await;
            self.regain();
        }
        self.left -= heads;
        self.regain();
    }

    fn regain(&mut self) {
        let regained = self.since.elapsed().as_millis() * u128::from(HEADS_PER_SECOND) / 1_000;
        let Ok(regained @ 1..) = u32::try_from(regained) else {
            return;
        };
        self.left = self.left.saturating_add(regained).min(HEADS_AT_ONCE_MAX);
        self.since = Instant::now();
    }
}
