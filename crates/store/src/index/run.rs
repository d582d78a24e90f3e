//! Sorted runs: postings in ascending order, packed into chunks of at most 4 KiB.
//!
//! A chunk is a sequence of groups, one a key:
//!
//! ```text
//! tag      1 byte   high half: bytes shared with the key before (0 in the first group of a chunk)
//!                   low half: bytes that follow, less one; what is missing to 16 is zeros
//! suffix   1..16
//! count    varint   postings of the key in this chunk
//! posting  varint   (leaf less the leaf before) times two, plus one if the chain changes
//!          varint   only then: chain less the chain before, and the leaf before counts as 0
//! ```

use super::posting::Posting;
use crate::number::{Fields, narrow, wide, write_varint};
use std::cmp::Ordering;

/// Largest chunk in bytes: larger values make sled write files of their own, which it never syncs.
pub(crate) const CHUNK_BYTES_MAX: usize = 4_096;
/// Bytes that one more posting of the same key, or the frame of a group, can take at most.
const POSTING_BYTES_MAX: usize = 14;
const GROUP_BYTES_MAX: usize = 20;

/// Packs ascending postings into chunks.
pub(crate) struct ChunkWriter {
    chunk: Vec<u8>,
    first_key: u128,
    key_before: Option<u128>,
    group: Group,
}

#[derive(Default)]
struct Group {
    key: u128,
    count: u64,
    bytes: Vec<u8>,
    chain: u16,
    leaf: u64,
}

/// A full chunk and the key that it starts with.
pub(crate) struct Chunk {
    pub(crate) first_key: u128,
    pub(crate) bytes: Vec<u8>,
}

impl ChunkWriter {
    pub(crate) fn new() -> Self {
        Self {
            chunk: Vec::new(),
            first_key: 0,
            key_before: None,
            group: Group::default(),
        }
    }

    /// Takes the next posting; returns a chunk when one is full.
    pub(crate) fn push(&mut self, posting: Posting) -> Option<Chunk> {
        let held = self.chunk.len() + self.group.bytes.len();
        let mut full = None;
        if self.group.count > 0 && held + 2 * GROUP_BYTES_MAX + POSTING_BYTES_MAX > CHUNK_BYTES_MAX
        {
            full = self.finish();
        } else if self.group.count > 0 && self.group.key != posting.key {
            self.close_group();
        }
        if self.group.count == 0 {
            self.group.key = posting.key;
        }
        self.group.push(posting);
        full
    }

    /// The rest, if any.
    pub(crate) fn finish(&mut self) -> Option<Chunk> {
        self.close_group();
        self.key_before = None;
        let bytes = std::mem::take(&mut self.chunk);
        (!bytes.is_empty()).then_some(Chunk {
            first_key: self.first_key,
            bytes,
        })
    }

    fn close_group(&mut self) {
        let group = std::mem::take(&mut self.group);
        if group.count == 0 {
            return;
        }
        let key = group.key.to_be_bytes();
        let shared = self
            .key_before
            .map_or(0, |before| (before ^ group.key).leading_zeros() / 8);
        // A key of the same chunk differs from the one before, so at most 15 bytes are shared and one follows.
        let shared = narrow(u64::from(shared)).min(15);
        let zeros = narrow(u64::from(group.key.trailing_zeros() / 8)).min(16);
        let end = (16 - zeros).max(shared + 1);
        let suffix = key.get(shared..end);
        let suffix = suffix.expect("a key has 16 bytes, of which one at least follows");
        let tag = shared << 4 | (suffix.len() - 1);
        if self.chunk.is_empty() {
            self.first_key = group.key;
        }
        self.chunk
            .push(u8::try_from(tag).expect("both halves are at most 15"));
        self.chunk.extend_from_slice(suffix);
        write_varint(group.count, &mut self.chunk);
        self.chunk.extend_from_slice(&group.bytes);
        self.key_before = Some(group.key);
    }
}

impl Group {
    fn push(&mut self, posting: Posting) {
        let changed = posting.chain != self.chain;
        let base = if changed { 0 } else { self.leaf };
        // Leaves are below 2^62: no disk holds more.
        write_varint(
            posting.leaf.wrapping_sub(base) << 1 | u64::from(changed),
            &mut self.bytes,
        );
        if changed {
            write_varint(u64::from(posting.chain - self.chain), &mut self.bytes);
        }
        (self.chain, self.leaf) = (posting.chain, posting.leaf);
        self.count += 1;
    }
}

/// Reads the postings of a chunk, in order; `None` if the bytes are no chunk.
pub(crate) fn read_chunk(bytes: &[u8], mut each: impl FnMut(Posting)) -> Option<()> {
    let mut groups = Groups::new(bytes);
    let mut key = [0; 16];
    while groups.are_left() {
        let (shared, suffix) = groups.next_key()?;
        let end = shared + suffix.len();
        key.get_mut(shared..end)?.copy_from_slice(suffix);
        key.get_mut(end..)?.fill(0);
        groups.postings(u128::from_be_bytes(key), &mut each)?;
    }
    Some(())
}

/// Reads the postings of one key of a chunk, passing over the others; `None` if the bytes up to there are no chunk.
pub(crate) fn find_in_chunk(bytes: &[u8], key: u128, each: impl FnMut(Posting)) -> Option<()> {
    let wanted = key.to_be_bytes();
    let mut groups = Groups::new(bytes);
    // Leading bytes that the key before has in common with the one wanted, which is greater.
    let mut common = 0;
    while groups.are_left() {
        let (shared, suffix) = groups.next_key()?;
        // Sharing more with the key before, this one is as much less; sharing less, it is beyond the one wanted.
        match shared.cmp(&common) {
            Ordering::Greater => groups.skip()?,
            Ordering::Less => break,
            Ordering::Equal => {
                let tail = suffix.iter().copied().chain(std::iter::repeat(0));
                let mut pairs = tail.zip(wanted.get(shared..)?);
                match pairs.position(|(found, wanted)| found != *wanted) {
                    None => return groups.postings(key, each),
                    Some(equal) => {
                        common = shared + equal;
                        // The zeros at the end of a key are not written.
                        let found = suffix.get(equal).copied().unwrap_or(0);
                        if found > *wanted.get(common)? {
                            break;
                        }
                        groups.skip()?;
                    }
                }
            }
        }
    }
    Some(())
}

/// The groups of a chunk, one after the other: after a key come its postings, to be read or skipped.
struct Groups<'a> {
    fields: Fields<'a>,
}

impl<'a> Groups<'a> {
    const fn new(bytes: &'a [u8]) -> Self {
        Self {
            fields: Fields(bytes),
        }
    }

    const fn are_left(&self) -> bool {
        !self.fields.0.is_empty()
    }

    /// How many bytes the key of the next group shares with the key before, and what follows, but for zeros.
    fn next_key(&mut self) -> Option<(usize, &'a [u8])> {
        let [tag] = self.fields.array()?;
        let suffix = self.fields.take(usize::from(tag & 15) + 1)?;
        Some((usize::from(tag >> 4), suffix))
    }

    /// A posting takes a byte at least, so the count is bounded by the chunk.
    fn count(&mut self) -> Option<u64> {
        self.fields
            .varint()
            .filter(|count| *count <= wide(self.fields.0.len()))
    }

    fn postings(&mut self, key: u128, mut each: impl FnMut(Posting)) -> Option<()> {
        let mut posting = Posting {
            key,
            chain: 0,
            leaf: 0,
        };
        for _ in 0..self.count()? {
            let head = self.fields.varint()?;
            if head & 1 == 1 {
                posting.chain = posting
                    .chain
                    .checked_add(u16::try_from(self.fields.varint()?).ok()?)?;
                posting.leaf = 0;
            }
            posting.leaf = posting.leaf.checked_add(head >> 1)?;
            each(posting);
        }
        Some(())
    }

    fn skip(&mut self) -> Option<()> {
        for _ in 0..self.count()? {
            // The lowest bit of a number is that of its first byte: whether the number of a chain follows.
            let changed = self.fields.0.first()? & 1 == 1;
            self.fields.skip_varint()?;
            if changed {
                self.fields.skip_varint()?;
            }
        }
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::{Rng, RngExt, SeedableRng};
    use std::collections::BTreeSet;

    /// Keys near each other, of several chains, some with many postings and some submissions, whose lower half is zeros.
    fn postings(random: &mut impl Rng) -> BTreeSet<Posting> {
        let mut postings = BTreeSet::new();
        for _ in 0..random.random_range(1..400) {
            let near =
                u128::from(random.random_range(0_u16..60)) << (8 * random.random_range(0_u32..15));
            for _ in 0..random.random_range(1..6) {
                let leaf = random.random::<u64>() >> random.random_range(2..64);
                postings.insert(Posting {
                    key: near,
                    chain: random.random_range(0..3),
                    leaf,
                });
            }
        }
        postings
    }

    #[test]
    fn a_search_in_a_chunk_finds_what_reading_all_of_it_finds() {
        for seed in 0..200_u64 {
            let mut random = rand_chacha::ChaCha8Rng::seed_from_u64(seed);
            let postings = postings(&mut random);
            let mut writer = ChunkWriter::new();
            let mut chunks: Vec<Chunk> = postings
                .iter()
                .filter_map(|posting| writer.push(*posting))
                .collect();
            chunks.extend(writer.finish());
            let mut all = Vec::new();
            for Chunk { bytes, .. } in &chunks {
                let start = all.len();
                read_chunk(bytes, |posting| all.push(posting)).unwrap();
                let held = &all[start..];
                // Each key, and its neighbours, which are mostly not there.
                for key in held
                    .iter()
                    .flat_map(|held| [held.key, held.key.wrapping_sub(1), held.key.wrapping_add(1)])
                {
                    let mut found = Vec::new();
                    find_in_chunk(bytes, key, |posting| found.push(posting)).unwrap();
                    let expected: Vec<_> = held
                        .iter()
                        .filter(|posting| posting.key == key)
                        .copied()
                        .collect();
                    assert_eq!(found, expected, "seed {seed}, key {key:032x}");
                }
            }
            assert!(all.iter().eq(&postings), "seed {seed}");
        }
    }

    #[test]
    fn bytes_that_are_no_chunk_are_never_read_beyond_their_end() {
        for seed in 0..200_u64 {
            let mut random = rand_chacha::ChaCha8Rng::seed_from_u64(seed);
            let mut bytes = vec![0; random.random_range(0..300)];
            random.fill_bytes(&mut bytes);
            let mut read = 0;
            let whole = read_chunk(&bytes, |_| read += 1);
            assert!(read <= bytes.len(), "seed {seed}");
            let skipped = find_in_chunk(&bytes, u128::MAX, |_| {});
            // Skipping asks less of the bytes than reading.
            assert!(skipped.is_some() || whole.is_none(), "seed {seed}");
        }
    }
}
