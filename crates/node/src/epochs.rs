//! The epochs of the own chain: which register ended the last one, how soon the next may come, and whether the operator asks for it.

use std::sync::{Mutex, MutexGuard, PoisonError};
use tokio::sync::Notify;
use yizhang_ledger::{
    register::EpochEnd,
    value::{TreeSize, UnixMillis},
};

/// How much later than it must a register comes, so that a clock that is put back a little makes none too soon.
const CLOCK_MARGIN_MS: u64 = 60 * 1_000;

/// The newest register in the chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Newest {
    /// The size that it covers; 0 for none yet.
    pub(crate) covers: TreeSize,
    /// The size of the chain with it.
    pub(crate) end: TreeSize,
    /// When it was written; for none yet, when the chain began.
    pub(crate) time: UnixMillis,
}

impl Newest {
    /// How many milliseconds too soon a register of a chain of this size would come now; 0 if it may come.
    pub(crate) fn too_soon_ms(self, size: TreeSize, now: UnixMillis) -> u64 {
        let last = EpochEnd {
            covers: self.covers,
            time: UnixMillis(self.time.0.saturating_add(CLOCK_MARGIN_MS)),
        };
        last.too_soon_ms(EpochEnd {
            covers: size,
            time: now,
        })
    }

    /// Whether there is anything but the register itself that it does not cover.
    pub(crate) fn has_new(self, size: TreeSize) -> bool {
        size > self.end
    }
}

/// The epochs of the own chain: the newest register, and whether the operator has asked for the next.
#[derive(Default)]
pub(crate) struct Epochs {
    known: Mutex<Known>,
    asked: Notify,
}

#[derive(Clone, Copy, Default)]
struct Known {
    newest: Option<Newest>,
    is_asked: bool,
    is_under_way: bool,
}

impl Epochs {
    /// The newest register, as far as it has been looked for since the node started.
    pub(crate) fn newest(&self) -> Option<Newest> {
        self.lock().newest
    }

    /// Whether a register is asked for and not in the chain yet.
    pub(crate) fn is_under_way(&self) -> bool {
        let known = self.lock();
        known.is_asked || known.is_under_way
    }

    /// Has the epoch end as soon as may be.
    pub(crate) fn ask(&self) {
        self.lock().is_asked = true;
        self.asked.notify_one();
    }

    /// Waits until the operator asks.
    pub(crate) async fn asked(&self) {
        self.asked.notified().await;
    }

    /// Whether the operator has asked; he is heard once.
    pub(crate) fn take_asked(&self) -> bool {
        std::mem::take(&mut self.lock().is_asked)
    }

    /// Takes down which register is the newest.
    pub(crate) fn note(&self, newest: Newest) {
        self.lock().newest = Some(newest);
    }

    /// A register is being made.
    pub(crate) fn begun(&self) {
        self.lock().is_under_way = true;
    }

    /// None is being made any more.
    pub(crate) fn done(&self) {
        self.lock().is_under_way = false;
    }

    fn lock(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use yizhang_ledger::register::EPOCH_MS;

    #[test]
    fn no_register_comes_too_soon_for_others_even_when_it_is_asked_for() {
        let newest = Newest {
            covers: TreeSize(1_280),
            end: TreeSize(1_282),
            time: UnixMillis(10_000),
        };
        let soon = |size, now| newest.too_soon_ms(TreeSize(size), UnixMillis(now));
        assert_eq!(soon(1_290, 10_000), 0, "a 128th of it is new");
        assert_eq!(soon(1_289, 10_000), EPOCH_MS);
        assert_eq!(soon(1_289, 10_000 + CLOCK_MARGIN_MS + EPOCH_MS), 0);
        assert!(soon(1_289, 10_000 + EPOCH_MS) > 0);
        assert!(newest.has_new(TreeSize(1_283)) && !newest.has_new(TreeSize(1_282)));
    }
}
