//! Roots of a chain after some of its batches, so that two sources of one chain can be compared.

use serde::{Deserialize, Serialize};
use yizhang_ledger::{chain::ChainState, hash::Hash};

/// Most boundaries that are kept of old batches: when there are more, every second one goes. Both sides of a comparison
/// thin the same way, by batch number, so they always have numbers in common.
const SPARSE_MAX: usize = 2_048;
/// Boundaries of the newest batches, all kept: how far behind a replica may be and still be compared to its last batch.
const RECENT_MAX: usize = 1_024;

/// The chain after a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "(u64, u64, HexHash)", into = "(u64, u64, HexHash)")]
pub(crate) struct Boundary {
    /// Number of batches.
    pub(crate) batches: u64,
    /// Number of leaves.
    pub(crate) size: u64,
    /// Root of the tree.
    pub(crate) root: Hash,
}

impl Boundary {
    pub(crate) fn of(state: &ChainState) -> Self {
        Self {
            batches: state.batches(),
            size: state.size().0,
            root: state.frontier().root(),
        }
    }
}

/// A bounded choice of the boundaries of a chain, by number of batches.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Boundaries {
    /// Of the old batches every `2^thinned`-th.
    thinned: u32,
    sparse: Vec<Boundary>,
    /// The newest, oldest first.
    recent: std::collections::VecDeque<Boundary>,
}

impl Boundaries {
    pub(crate) fn push(&mut self, boundary: Boundary) {
        self.recent.push_back(boundary);
        if self.recent.len() > RECENT_MAX
            && let Some(old) = self.recent.pop_front()
            && self.is_kept(old.batches)
        {
            self.sparse.push(old);
        }
        if self.sparse.len() > SPARSE_MAX {
            self.thinned = self.thinned.saturating_add(1);
            let mut sparse = std::mem::take(&mut self.sparse);
            sparse.retain(|boundary| self.is_kept(boundary.batches));
            self.sparse = sparse;
        }
    }

    fn is_kept(&self, batches: u64) -> bool {
        batches.trailing_zeros() >= self.thinned
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Boundary> {
        self.sparse.iter().chain(&self.recent)
    }

    /// The boundary of a size, if it is kept.
    pub(crate) fn at_size(&self, size: u64) -> Option<Boundary> {
        let in_sparse = self
            .sparse
            .binary_search_by_key(&size, |boundary| boundary.size);
        let in_recent = self
            .recent
            .binary_search_by_key(&size, |boundary| boundary.size);
        let sparse = in_sparse.ok().and_then(|at| self.sparse.get(at));
        sparse
            .or_else(|| in_recent.ok().and_then(|at| self.recent.get(at)))
            .copied()
    }

    pub(crate) fn last(&self) -> Option<Boundary> {
        self.recent.back().copied()
    }
}

/// A hash as hexadecimal digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct HexHash(pub(crate) Hash);

impl Serialize for HexHash {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for HexHash {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Hash::from_hex(&text)
            .map(Self)
            .ok_or_else(|| serde::de::Error::custom("a hash has not 64 hexadecimal digits"))
    }
}

impl From<(u64, u64, HexHash)> for Boundary {
    fn from((batches, size, HexHash(root)): (u64, u64, HexHash)) -> Self {
        Self {
            batches,
            size,
            root,
        }
    }
}

impl From<Boundary> for (u64, u64, HexHash) {
    fn from(boundary: Boundary) -> Self {
        (boundary.batches, boundary.size, HexHash(boundary.root))
    }
}
