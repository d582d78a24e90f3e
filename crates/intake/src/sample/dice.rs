//! Chance that repeats: the same seed and worker give the same throws, in whatever order workers are made.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// The throws for one worker. Sampling is spelled out here, so that no new version of a library changes a file.
pub(crate) struct Dice(ChaCha8Rng);

impl Dice {
    pub(crate) fn new(seed: u64, worker: u32) -> Self {
        let mut bytes = [0; 32];
        let (first, rest) = bytes.split_at_mut(8);
        first.copy_from_slice(&seed.to_le_bytes());
        rest.iter_mut()
            .zip(worker.to_le_bytes())
            .for_each(|(slot, byte)| *slot = byte);
        Self(ChaCha8Rng::from_seed(bytes))
    }

    /// A number from 0 to `bound - 1`; 0 for a bound of 0.
    pub(crate) fn below(&mut self, bound: u32) -> u32 {
        // The bias of a bound far below 2^32 cannot be seen in a sample.
        let product = u64::from(self.0.next_u32()) * u64::from(bound);
        u32::try_from(product >> 32).expect("the upper half of 64 bits has 32")
    }

    /// A number from `least` to `most`.
    pub(crate) fn between(&mut self, least: u32, most: u32) -> u32 {
        least + self.below(most.saturating_sub(least) + 1)
    }

    /// Whether something happens that happens `times` in a thousand.
    pub(crate) fn chance(&mut self, times: u32) -> bool {
        self.below(1_000) < times
    }

    /// One of `all`.
    pub(crate) fn pick<'a, T>(&mut self, all: &'a [T]) -> Option<&'a T> {
        let count = u32::try_from(all.len()).expect("a sample chooses among few");
        let at = usize::try_from(self.below(count)).expect("below a length is an index");
        all.get(at)
    }
}
