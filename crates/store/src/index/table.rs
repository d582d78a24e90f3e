//! The table in memory: what the index has not written yet. Bounded; when full it is frozen and written as a run.

use super::{
    checkpoint::ChainCheckpoint,
    posting::{Posting, is_submission, postings},
    rows::{OpenRows, Pyramid, RowKey},
};
use crate::{frames::Mark, number::wide};
use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::Arc,
};
use yizhang_ledger::chain::Extension;

/// Chains of postings start in one of so many buckets.
const BUCKETS_MAX: usize = 1 << 20;
/// End of a chain of postings.
const NONE: u32 = u32::MAX;

/// Postings, tree rows and frame marks since the last table, and where each chain stood after the last of them.
pub(crate) struct Table {
    slots: Vec<Slot>,
    buckets: Vec<u32>,
    batches: u64,
    sum: u64,
    pub(crate) rows: HashMap<RowKey, Arc<Pyramid>>,
    pub(crate) marks: BTreeMap<u16, Vec<Mark>>,
    pub(crate) checkpoints: BTreeMap<u16, ChainCheckpoint>,
}

/// A posting and the next of its bucket, in 32 bytes (a `Posting` within would make it 48).
struct Slot {
    key: u128,
    leaf: u64,
    next: u32,
    chain: u16,
}

impl Slot {
    const fn posting(&self) -> Posting {
        Posting {
            key: self.key,
            chain: self.chain,
            leaf: self.leaf,
        }
    }
}

/// A batch on its way into the table.
pub(crate) struct Insertion<'a> {
    pub(crate) chain: u16,
    pub(crate) extension: &'a Extension,
    /// Where the chain stands after the batch, without its open rows.
    pub(crate) checkpoint: ChainCheckpoint,
    pub(crate) mark: Option<Mark>,
}

impl Table {
    /// A table for about so many postings.
    pub(crate) fn new(entries: usize) -> Self {
        let buckets = entries.next_power_of_two().clamp(1, BUCKETS_MAX);
        Self {
            slots: Vec::new(),
            buckets: vec![NONE; buckets],
            batches: 0,
            sum: 0,
            rows: HashMap::new(),
            marks: BTreeMap::new(),
            checkpoints: BTreeMap::new(),
        }
    }

    /// Takes a batch; `open` are the open rows of its chain.
    pub(crate) fn insert(&mut self, insertion: Insertion<'_>, open: &mut OpenRows) {
        let Insertion {
            chain,
            extension,
            checkpoint,
            mark,
        } = insertion;
        for posting in postings(extension.batch(), chain) {
            self.push(posting);
        }
        open.extend(extension.branches(), |kept, row, branches| {
            self.rows.insert(
                RowKey { chain, kept, row },
                Arc::new(Pyramid::new(branches)),
            );
        });
        self.marks.entry(chain).or_default().extend(mark);
        self.checkpoints.insert(chain, checkpoint);
        self.batches += 1;
    }

    fn push(&mut self, posting: Posting) {
        self.sum = self.sum.wrapping_add(posting.digest());
        let bucket = self.bucket(posting.key);
        let head = self.buckets.get_mut(bucket);
        let head = head.expect("a bucket is a remainder of their number");
        let slot = u32::try_from(self.slots.len());
        let slot = slot.expect("a table is written long before it has 2^32 postings");
        let Posting { key, chain, leaf } = posting;
        self.slots.push(Slot {
            key,
            leaf,
            next: *head,
            chain,
        });
        *head = slot;
    }

    fn bucket(&self, key: u128) -> usize {
        // The multiplier of Fibonacci hashing spreads keys that are not hashes, as in tests.
        let bytes = (key ^ key >> 64)
            .wrapping_mul(0x9e37_79b9_7f4a_7c15)
            .to_le_bytes();
        let [_, _, _, _, low @ ..] = bytes;
        let [a, b, c, d, ..] = low;
        let word = u32::from_le_bytes([a, b, c, d]);
        crate::number::narrow(word.into()) & (self.buckets.len() - 1)
    }

    /// The postings of a key, in no order.
    pub(crate) fn find(&self, key: u128, out: &mut Vec<Posting>) {
        let mut next = self.buckets.get(self.bucket(key)).copied().unwrap_or(NONE);
        while let Some(slot) = self.slots.get(crate::number::narrow(next.into())) {
            if slot.key == key {
                out.push(slot.posting());
            }
            next = slot.next;
        }
    }

    /// Adds the account keys above `start` of a chain, keeping the first `limit` of all.
    pub(crate) fn accounts_after(
        &self,
        (chain, start): (u16, u128),
        limit: usize,
        out: &mut BTreeSet<u128>,
    ) {
        for slot in &self.slots {
            let beyond = out.len() >= limit && out.last().is_some_and(|last| slot.key >= *last);
            if slot.chain == chain && slot.key > start && !beyond && !is_submission(slot.key) {
                out.insert(slot.key);
                if out.len() > limit {
                    out.pop_last();
                }
            }
        }
    }

    /// All postings in the order of runs.
    pub(crate) fn sorted(&self) -> Vec<Posting> {
        let mut postings: Vec<Posting> = self.slots.iter().map(Slot::posting).collect();
        postings.sort_unstable();
        postings
    }

    pub(crate) fn len(&self) -> u64 {
        wide(self.slots.len())
    }

    /// The sum of the digests of all postings.
    pub(crate) const fn sum(&self) -> u64 {
        self.sum
    }

    pub(crate) const fn batches(&self) -> u64 {
        self.batches
    }
}
