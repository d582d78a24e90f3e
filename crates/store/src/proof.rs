//! Inclusion proofs: from rows of branches above level 6, and below it from the records, hashed again.

use crate::{
    Store,
    chain::Chain,
    error::{DamageFault, Result, StoreError},
    index::{Found, rows::Pyramid},
    lookup::{Leaves, check_leaf, read_leaves},
    number::narrow,
};
use std::{collections::HashMap, sync::Arc};
use yizhang_ledger::{
    beginning::Beginning,
    chain::KEPT_LEVEL,
    hash::{Blake3Keyed, Hash, TreeHasher, hash_leaves},
    head::Origin,
    range::{LeafRange, RangeProof},
    value::{LeafIndex, TreeSize},
};

/// Leaves of a block: one branch of level 6.
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
        proofs
            .into_iter()
            .next()
            .ok_or_else(|| StoreError::NoSuchLeaf {
                origin: origin.clone(),
                index,
                size,
            })
    }

    /// As [`Store::proof`] for many positions, in their order; what their paths have in common is read once.
    ///
    /// # Errors
    /// As [`Store::proof`].
    pub fn proofs(
        &self,
        origin: &Origin,
        indexes: &[LeafIndex],
        size: TreeSize,
    ) -> Result<Vec<Proof>> {
        self.stopper.check()?;
        let chain = self.chain(origin)?;
        if size > chain.size() {
            let (index, size) = (LeafIndex(size.0), chain.size());
            return Err(StoreError::NoSuchLeaf {
                origin: origin.clone(),
                index,
                size,
            });
        }
        indexes
            .iter()
            .try_for_each(|index| check_leaf(chain, *index, size))?;
        // Ascending, so that what neighbours have in common is at hand, however little is kept.
        let mut order: Vec<(usize, LeafIndex)> = indexes.iter().copied().enumerate().collect();
        order.sort_unstable_by_key(|(_, index)| *index);
        let mut prover = Prover::of(self, chain, size);
        let mut proofs = Vec::with_capacity(order.len());
        for (place, index) in order {
            proofs.push((place, prover.proof(index.0)?));
        }
        proofs.sort_unstable_by_key(|(place, _)| *place);
        Ok(proofs.into_iter().map(|(_, proof)| proof).collect())
    }
}

impl Store {
    /// What ties the leaves of a range to the root of the first `size` leaves of a chain.
    ///
    /// # Errors
    /// As [`Store::proof`]; [`StoreError::NoSuchLeaf`] also for a range that is empty or reaches beyond the size.
    pub fn range_proof(
        &self,
        origin: &Origin,
        range: LeafRange,
        size: TreeSize,
    ) -> Result<RangeProof> {
        self.stopper.check()?;
        let chain = self.chain(origin)?;
        let spans = range.spans(size.0).ok().filter(|_| size <= chain.size());
        let spans = spans.ok_or_else(|| StoreError::NoSuchLeaf {
            origin: origin.clone(),
            index: LeafIndex(range.end),
            size: chain.size().min(size),
        })?;
        let mut prover = Prover::of(self, chain, size);
        let mut proof = RangeProof::default();
        for span in spans.inside {
            proof.inside.push(prover.span(span.low, span.high)?);
        }
        for span in spans.outside {
            proof.outside.push(prover.span(span.low, span.high)?);
        }
        Ok(proof)
    }

    /// The root of the first `old_size` leaves of a chain and the consistency path (RFC 9162, 2.1.4.1) from it to that of the first `new_size`, where
    /// `0 < old_size < new_size` and the chain is as long.
    ///
    /// # Errors
    /// As [`Store::proof`].
    pub fn consistency(
        &self,
        origin: &Origin,
        old_size: TreeSize,
        new_size: TreeSize,
    ) -> Result<Beginning> {
        self.stopper.check()?;
        let chain = self.chain(origin)?;
        let is_in_order = TreeSize(0) < old_size && old_size < new_size;
        if new_size > chain.size() || !is_in_order {
            return Err(StoreError::NoSuchLeaf {
                origin: origin.clone(),
                index: LeafIndex(old_size.0),
                size: chain.size().min(new_size),
            });
        }
        let mut prover = Prover::of(self, chain, new_size);
        let path = prover.consistency(old_size.0)?;
        let mut smaller = Prover::of(self, chain, old_size);
        let root = smaller.span(0, old_size.0)?;
        Ok(Beginning { root, path })
    }
}

/// Makes the proofs of one call. It keeps one block and one row a level, so that any number of proofs takes little
/// memory beside the proofs themselves.
struct Prover<'a> {
    store: &'a Store,
    chain: &'a Chain,
    size: u64,
    /// The block read last, and its number.
    block: Option<(u64, Block)>,
    /// The full row used last of each kept level.
    rows: Vec<Option<(u64, Arc<Pyramid>)>>,
    /// Roots of ranges that end at the right edge.
    spans: HashMap<(u64, u64), Hash>,
}

/// Up to 64 records and every complete subtree over them.
struct Block {
    leaves: Leaves,
    levels: Vec<Vec<Hash>>,
}

impl<'a> Prover<'a> {
    fn of(store: &'a Store, chain: &'a Chain, size: TreeSize) -> Self {
        Self {
            store,
            chain,
            size: size.0,
            block: None,
            rows: Vec::new(),
            spans: HashMap::new(),
        }
    }

    /// The consistency path from the tree of the first `old` leaves (SUBPROOF of RFC 9162, 2.1.4.1), from the root down and turned
    /// round at the end.
    fn consistency(&mut self, old: u64) -> Result<Vec<Hash>> {
        let mut path = Vec::new();
        let (mut low, mut high) = (0, self.size);
        while old < high {
            let middle = low + (1 << (high - low - 1).ilog2());
            if old <= middle {
                path.push(self.span(middle, high)?);
                high = middle;
            } else {
                path.push(self.span(low, middle)?);
                low = middle;
            }
        }
        // What is left is whole in the smaller tree. If that begins with it, its root is the one that the verifier has.
        if low > 0 {
            path.push(self.span(low, high)?);
        }
        path.reverse();
        Ok(path)
    }

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
        let block = self.block(index / BLOCK_LEAVES)?;
        let entry = block
            .leaves
            .get(position)
            .expect("a block holds every leaf up to its end or that of the tree");
        let entry = entry.to_vec();
        Ok(Proof { entry, path })
    }

    /// The root over leaves `[low, high)`, as the tree has it.
    fn span(&mut self, low: u64, high: u64) -> Result<Hash> {
        let at_edge = high == self.size;
        if at_edge && let Some(hash) = self.spans.get(&(low, high)) {
            return Ok(*hash);
        }
        let mut parts = Vec::new();
        let mut next = low;
        while next < high {
            let level = (high - next).ilog2().min(next.trailing_zeros());
            parts.push(self.branch(level, next >> level)?);
            next += 1 << level;
        }
        let mut parts = parts.into_iter().rev();
        let last = parts.next().expect("a span has at least a leaf");
        let root = parts.fold(last, |right, left| Blake3Keyed::branch(&left, &right));
        if at_edge {
            self.spans.insert((low, high), root);
        }
        Ok(root)
    }

    /// A complete subtree.
    fn branch(&mut self, level: u32, index: u64) -> Result<Hash> {
        if level >= KEPT_LEVEL {
            return self.kept_node(level, index);
        }
        let over = KEPT_LEVEL - level;
        let position = narrow(index & ((1 << over) - 1));
        let (chain, first) = (self.chain, LeafIndex(index << level));
        let branches = self.block(index >> over)?.levels.get(narrow(level.into()));
        let branch = branches
            .and_then(|branches| branches.get(position))
            .copied();
        let damage = || chain.damage_at(chain.view().last, DamageFault::Record(first));
        Ok(branch.ok_or_else(damage)?)
    }

    /// A complete subtree of level 6 or higher, from the index.
    fn kept_node(&mut self, level: u32, index: u64) -> Result<Hash> {
        let place = self.store.index.place(level, index)?;
        let kept = usize::from(place.kept);
        if let Some(Some((number, row))) = self.rows.get(kept)
            && *number == place.row
        {
            return self.store.index.branch_of(row, place);
        }
        match self.store.index.find_branch(self.chain.number, place)? {
            Found::Open(hash) => Ok(hash),
            Found::Full(row) => {
                if self.rows.len() <= kept {
                    self.rows.resize(kept + 1, None);
                }
                let hash = self.store.index.branch_of(&row, place);
                if let Some(held) = self.rows.get_mut(kept) {
                    *held = Some((place.row, row));
                }
                hash
            }
        }
    }

    fn block(&mut self, number: u64) -> Result<&Block> {
        let block = match self.block.take() {
            Some((held, block)) if held == number => block,
            _ => self.read_block(number)?,
        };
        Ok(&self.block.insert((number, block)).1)
    }

    fn read_block(&mut self, number: u64) -> Result<Block> {
        let first = number * BLOCK_LEAVES;
        let leaves = read_leaves(self.chain, first, (first + BLOCK_LEAVES).min(self.size))?;
        let mut levels = vec![hash_leaves(leaves.iter())];
        while let Some(below) = levels.last().filter(|below| below.len() > 1) {
            let mut above = Vec::with_capacity(below.len() / 2);
            Blake3Keyed::branches(below, &mut above);
            levels.push(above);
        }
        let root = levels
            .get(narrow(KEPT_LEVEL.into()))
            .and_then(|root| root.first());
        if let Some(root) = root
            && *root != self.kept_node(KEPT_LEVEL, number)?
        {
            // Better no proof than one that fails at the worker's.
            let place = self.chain.locate(LeafIndex(first))?.place;
            return Err(self
                .chain
                .damage_at(place, DamageFault::Record(LeafIndex(first)))
                .into());
        }
        Ok(Block { leaves, levels })
    }
}
