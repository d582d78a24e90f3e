//! How soon a chain may commit to its next register: each is a pass over all accounts, for its node and for every mirror.

use crate::value::{TreeSize, UnixMillis};

/// A register may come when this part of what the one before it covers is new: the passes that a chain of any size has cost by then are
/// at most 128 times what it took to write it, and one of some hundred entries may write one as often as it likes.
pub const EPOCH_SHARE: u64 = 128;
/// Or when so much time has passed since the one before it: an hour, so that a chain in which little happens need not wait.
pub const EPOCH_MS: u64 = 60 * 60 * 1_000;

/// Where an epoch ends: with a register in the chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EpochEnd {
    /// What the register covers.
    pub covers: TreeSize,
    /// The time of its batch.
    pub time: UnixMillis,
}

impl EpochEnd {
    /// How many milliseconds too soon the next register would come behind this one; 0 if it may come.
    pub const fn too_soon_ms(self, next: Self) -> u64 {
        let new = next.covers.0.saturating_sub(self.covers.0);
        if new >= self.covers.0.div_ceil(EPOCH_SHARE) {
            return 0;
        }
        let passed = next.time.0.saturating_sub(self.time.0);
        EPOCH_MS.saturating_sub(passed)
    }
}
