//! Which submissions the runs may hold: a filter in memory, so that the search for a submission that is new, as nearly
//! all are, reads no run.
//!
//! A Bloom filter in blocks of one cache line (Putze, Sanders and Singler, "Cache-, Hash- and Space-Efficient Bloom
//! Filters", 2007). It says "maybe" to everything until all runs have been read once.

use crate::number::{narrow, wide};
use std::sync::{PoisonError, RwLock};

/// Size of the filter: of 10 million submissions it mistakes 1 new one in 10,000, of 50 million 1 in 10.
const FILTER_BYTES: usize = 32 * 1024 * 1024;
/// Words of a block, 64 bytes.
const BLOCK_WORDS: usize = 8;
const BLOCKS: usize = FILTER_BYTES / BLOCK_WORDS / size_of::<u64>();
/// Bits that a submission sets in its block.
const BITS: u32 = 6;
/// Bits of a number that is the place of a bit in a block.
const PLACE_BITS: u32 = (BLOCK_WORDS * 64).ilog2();

pub(super) struct KnownSubmissions(RwLock<Filter>);

struct Filter {
    /// Memory that no submission has touched takes no room.
    words: Vec<u64>,
    /// Every submission of the runs is in.
    whole: bool,
}

impl KnownSubmissions {
    pub(super) fn new() -> Self {
        Self(RwLock::new(Filter {
            words: vec![0; BLOCKS * BLOCK_WORDS],
            whole: false,
        }))
    }

    /// Takes in those of the keys that may be of submissions.
    pub(super) fn add(&self, keys: impl Iterator<Item = u128>) {
        let mut filter = self.0.write().unwrap_or_else(PoisonError::into_inner);
        for hash in keys.filter_map(hash) {
            for (word, bit) in places(hash) {
                *filter
                    .words
                    .get_mut(word)
                    .expect("places lie within the filter") |= bit;
            }
        }
    }

    /// From now on what was not taken in is not in the runs.
    pub(super) fn complete(&self) {
        self.0.write().unwrap_or_else(PoisonError::into_inner).whole = true;
    }

    /// False only if no run holds the key.
    pub(super) fn may_hold(&self, key: u128) -> bool {
        let Some(hash) = hash(key) else { return true };
        let filter = self.0.read().unwrap_or_else(PoisonError::into_inner);
        !filter.whole
            || places(hash)
                .all(|(word, bit)| filter.words.get(word).is_none_or(|word| word & bit != 0))
    }
}

/// What is hashed of a submission's key, which ends in zeros. The key of an account hardly ever does, and if so the
/// filter is right about it too.
fn hash(key: u128) -> Option<u64> {
    u64::try_from(key >> 64)
        .ok()
        .filter(|high| u128::from(*high) << 64 == key)
}

/// Words and bits of a submission.
fn places(hash: u64) -> impl Iterator<Item = (usize, u64)> {
    // One part of the hash gives the block, and another hash of it the bits.
    let block = narrow(hash % wide(BLOCKS)) * BLOCK_WORDS;
    let bits = super::posting::mix(hash);
    (0..BITS).map(move |bit| {
        let place = bits >> (bit * PLACE_BITS) & ((1 << PLACE_BITS) - 1);
        (block + narrow(place / 64), 1 << (place % 64))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::{RngExt, SeedableRng};

    #[test]
    fn what_was_taken_in_may_be_there_and_hardly_anything_else() {
        for seed in 0..4 {
            let mut random = rand_chacha::ChaCha8Rng::seed_from_u64(seed);
            let mut keys = || u128::from(random.random::<u64>()) << 64;
            let (known, others): (Vec<u128>, Vec<u128>) =
                (0..100_000).map(|_| (keys(), keys())).unzip();
            let filter = KnownSubmissions::new();
            assert!(
                others.iter().all(|key| filter.may_hold(*key)),
                "seed {seed}: before all runs have been read"
            );
            filter.add(known.iter().copied());
            filter.complete();
            assert!(known.iter().all(|key| filter.may_hold(*key)), "seed {seed}");
            let wrong = others.iter().filter(|key| filter.may_hold(**key)).count();
            assert!(wrong < 20, "seed {seed}: wrong about {wrong} of 100,000");
            assert!(filter.may_hold(1), "the key of an account");
        }
    }
}
