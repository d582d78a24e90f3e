//! Inclusion proofs: from rows of tree nodes above level 6, and below it from the records, hashed again.

use crate::{
    Store,
    chain::Chain,
    error::{DamageFault, Result, StoreError},
    lookup::{Leaves, check_leaf, read_leaves},
    number::narrow,
};
use std::collections::HashMap;
use yizhang_ledger::{
    chain::KEPT_LEVEL,
    hash::{Blake3Keyed, Hash, TreeHasher, hash_leaves},
    head::Origin,
    value::{LeafIndex, TreeSize},
};

/// Leaves of a block: one node of level 6.
const BLOCK_LEAVES: u64 = 1 << KEPT_LEVEL;

/// An entry and the path that proves it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proof {
    /// The entry, as hashed.
    pub entry: Vec<u8>,
    /// The inclusion path from its leaf to the root.
    pub path: Vec<Hash>,
}

impl Store {
    /// The entry at `index` with its inclusion path in the tree of the first `size` leaves. Any size up to the durable
    /// one will do, at any time: appends do not change it. What the path proves depends on a head of that size.
    ///
    /// # Errors
    /// [`StoreError::NoSuchLeaf`], [`StoreError::UnknownChain`], [`StoreError::IndexRebuilding`],
    /// [`StoreError::Damaged`] if the stored records do not give the stored hashes, [`StoreError::Stopped`].
    pub fn proof(&self, origin: &Origin, index: LeafIndex, size: TreeSize) -> Result<Proof> {
        let proofs = self.proofs(origin, &[index], size)?;
        proofs.into_iter().next().ok_or_else(|| StoreError::NoSuchLeaf { origin: origin.clone(), index, size })
    }

    /// As [`Store::proof`] for many positions, in their order; what their paths have in common is read once.
    ///
    /// # Errors
    /// As [`Store::proof`].
    pub fn proofs(&self, origin: &Origin, indexes: &[LeafIndex], size: TreeSize) -> Result<Vec<Proof>> {
        self.stopper.check()?;
        let chain = self.chain(origin)?;
        if size > chain.size() {
            let (index, size) = (LeafIndex(size.0), chain.size());
            return Err(StoreError::NoSuchLeaf { origin: origin.clone(), index, size });
        }
        let mut prover = Prover { store: self, chain, size: size.0, blocks: HashMap::new(), spans: HashMap::new() };
        let prove = |index: &LeafIndex| {
            check_leaf(chain, *index, size)?;
            prover.proof(index.0)
        };
        indexes.iter().map(prove).collect()
    }
}

/// Makes the proofs of one call.
struct Prover<'a> {
    store: &'a Store,
    chain: &'a Chain,
    size: u64,
    blocks: HashMap<u64, Block>,
    /// Roots of ranges that end at the right edge.
    spans: HashMap<(u64, u64), Hash>,
}

/// Up to 64 records and every complete subtree over them.
struct Block {
    leaves: Leaves,
    levels: Vec<Vec<Hash>>,
}

impl Prover<'_> {
    fn proof(&mut self, index: u64) -> Result<Proof> {
        let mut path = Vec::new();
        let (mut low, mut high) = (0, self.size);
        // From the root down; the standard (RFC 9162, 2.1.3.1) lists the path from the leaf up.
        while high - low > 1 {
            let middle = low + (1 << (high - low - 1).ilog2());
            if index < middle {
                path.push(self.span(middle, high)?);
                high = middle;
            } else {
                path.push(self.span(low, middle)?);
                low = middle;
            }
        }
        path.reverse();
        let position = narrow(index % BLOCK_LEAVES);
        let entry = self.block(index / BLOCK_LEAVES)?.leaves.get(position).unwrap_or_default().to_vec();
        Ok(Proof { entry, path })
    }

    /// The root over leaves `[low, high)`, as the tree has it.
    fn span(&mut self, low: u64, high: u64) -> Result<Hash> {
        if let Some(hash) = self.spans.get(&(low, high)) {
            return Ok(*hash);
        }
        let mut parts = Vec::new();
        let mut next = low;
        while next < high {
            let level = (high - next).ilog2().min(next.trailing_zeros());
            parts.push(self.node(level, next >> level)?);
            next += 1 << level;
        }
        let mut parts = parts.into_iter().rev();
        let last = parts.next().unwrap_or_else(Blake3Keyed::empty);
        let root = parts.fold(last, |right, left| Blake3Keyed::branch(&left, &right));
        if high == self.size {
            self.spans.insert((low, high), root);
        }
        Ok(root)
    }

    /// A complete subtree.
    fn node(&mut self, level: u32, index: u64) -> Result<Hash> {
        if level >= KEPT_LEVEL {
            return self.store.index.node(self.chain.number, level, index);
        }
        let over = KEPT_LEVEL - level;
        let position = narrow(index & ((1 << over) - 1));
        let (chain, first) = (self.chain, LeafIndex(index << level));
        let nodes = self.block(index >> over)?.levels.get(narrow(level.into()));
        let node = nodes.and_then(|nodes| nodes.get(position)).copied();
        let damage = || chain.damage_at(chain.view().last, DamageFault::Record(first));
        Ok(node.ok_or_else(damage)?)
    }

    fn block(&mut self, number: u64) -> Result<&Block> {
        if !self.blocks.contains_key(&number) {
            let block = self.read_block(number)?;
            self.blocks.insert(number, block);
        }
        let missing = || StoreError::NoSuchLeaf {
            origin: self.chain.folder.origin.clone(),
            index: LeafIndex(number * BLOCK_LEAVES),
            size: TreeSize(self.size),
        };
        self.blocks.get(&number).ok_or_else(missing)
    }

    fn read_block(&self, number: u64) -> Result<Block> {
        let first = number * BLOCK_LEAVES;
        let leaves = read_leaves(self.chain, first, (first + BLOCK_LEAVES).min(self.size))?;
        let mut levels = vec![hash_leaves(leaves.iter())];
        while let Some(below) = levels.last().filter(|below| below.len() > 1) {
            let mut above = Vec::with_capacity(below.len() / 2);
            Blake3Keyed::branches(below, &mut above);
            levels.push(above);
        }
        let root = levels.get(narrow(KEPT_LEVEL.into())).and_then(|root| root.first());
        if let Some(root) = root
            && *root != self.store.index.node(self.chain.number, KEPT_LEVEL, number)?
        {
            // Better no proof than one that fails at the worker's.
            let place = self.chain.locate(LeafIndex(first))?.place;
            return Err(self.chain.damage_at(place, DamageFault::Record(LeafIndex(first))).into());
        }
        Ok(Block { leaves, levels })
    }
}
