//! What is written some time after a batch: the head of a chain that has become idle, and what was seen of all chains.

use super::Running;
use std::sync::Arc;
use yizhang_ledger::value::UnixMillis;

/// How long the newest head of this node's chain waits for a next batch to be written with, in ms. Then it is written alone,
/// so that the files of an idle node end with a signed head.
const HEAD_WAIT_MS: u64 = 500;
/// How long after a batch the newest heads are noted beside the segments, in ms: a few small files every so often, and a
/// loss of the last seconds alone goes unnoticed.
const SEEN_WAIT_MS: u64 = 5_000;

impl Running {
    pub(super) fn write_head_of_idle_chain(&mut self) {
        if !self.has_waited(self.unwritten_head, HEAD_WAIT_MS) {
            return;
        }
        self.unwritten_head = None;
        let store = Arc::clone(&self.hands.store);
        self.hands.runtime.spawn_blocking(move || {
            if let Err(error) = store.write_heads() {
                tracing::error!(%error, "the newest head could not be written");
            }
        });
    }

    /// Has the newest heads noted, some time after the first batch that they cover.
    pub(super) fn note_seen(&mut self) {
        if !self.has_waited(self.unnoted, SEEN_WAIT_MS) {
            return;
        }
        self.unnoted = None;
        let store = Arc::clone(&self.hands.store);
        self.hands.runtime.spawn_blocking(move || {
            if let Err(error) = store.note_seen() {
                tracing::error!(%error, "the newest heads could not be noted");
            }
        });
    }

    /// Whether so many ms have passed since then; not if there is no then.
    fn has_waited(&self, since: Option<UnixMillis>, ms: u64) -> bool {
        since.is_some_and(|since| is_over(since, ms, self.now()))
    }
}

/// Whether a wait of so many ms is over. A clock that has been set back by more than the wait ends it: otherwise it would last for
/// as long as the clock was set back.
const fn is_over(since: UnixMillis, ms: u64, now: UnixMillis) -> bool {
    now.0.abs_diff(since.0) >= ms
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_ends_with_its_time_and_when_the_clock_is_set_back() {
        let hour = 3_600_000;
        for (now, expected) in [
            (hour, false),
            (hour + 499, false),
            (hour + 500, true),
            (hour - 499, false),
            (hour - 500, true),
            (0, true),
        ] {
            let over = is_over(UnixMillis(hour), 500, UnixMillis(now));
            assert_eq!(over, expected, "{now}");
        }
    }
}
