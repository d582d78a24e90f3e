//! The Merkle tree of a chain: shape, roots, inclusion and consistency proofs of RFC 9162, generic over the hasher.

use crate::{
    hash::{Blake3Keyed, Hash, TreeHasher},
    number::{narrow, wide},
    value::TreeSize,
};
use alloc::vec::Vec;
use core::marker::PhantomData;

/// Hashes of a path are at most one per level of a tree of 2^63 leaves.
pub const PATH_HASHES_MAX: usize = 63;

/// Why a proof proves nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProofFault {
    /// The leaf is not in a tree of that size, or the sizes are in the wrong order.
    #[error("the position {position} is not below the tree size {size}")]
    OutOfRange {
        /// Leaf index, or the smaller size.
        position: u64,
        /// Size of the (larger) tree.
        size: u64,
    },
    /// The path has another number of hashes than position and size call for.
    #[error("the path has {found} hashes where {expected} were expected")]
    PathLength {
        /// Hashes that the sizes call for.
        expected: usize,
        /// Hashes given.
        found: usize,
    },
    /// The path leads to another root.
    #[error("the path leads to root {found} where {expected} was expected")]
    RootMismatch {
        /// The signed root.
        expected: Hash,
        /// What the path leads to.
        found: Hash,
    },
}

/// The right edge of a tree: enough to append leaves and to know the root, 32 bytes per set bit of the size.
#[derive(Debug)]
pub struct Frontier<H = Blake3Keyed> {
    size: u64,
    /// At level `l`, the root of a complete subtree of `2^l` leaves that waits for its right sibling; present exactly
    /// where bit `l` of the size is set.
    pending: Vec<Option<Hash>>,
    hasher: PhantomData<H>,
}

impl<H> Clone for Frontier<H> {
    fn clone(&self) -> Self {
        Self {
            size: self.size,
            pending: self.pending.clone(),
            hasher: PhantomData,
        }
    }
}

impl<H> Default for Frontier<H> {
    fn default() -> Self {
        Self {
            size: 0,
            pending: Vec::new(),
            hasher: PhantomData,
        }
    }
}

impl<H: TreeHasher> Frontier<H> {
    /// The frontier of a tree of `size` leaves from its complete subtrees, largest (leftmost) first, as
    /// [`Frontier::peaks`] gives them. `None` when their number is not the number of set bits of `size`.
    pub fn from_peaks(size: TreeSize, peaks: &[Hash]) -> Option<Self> {
        let mut remaining = peaks.iter().rev();
        let levels = 64_u32.checked_sub(size.0.leading_zeros())?;
        let pending = (0..levels)
            .map(|level| {
                if bit(size.0, level) {
                    remaining.next().map(|hash| Some(*hash))
                } else {
                    Some(None)
                }
            })
            .collect::<Option<Vec<_>>>()?;
        remaining.next().is_none().then_some(Self {
            size: size.0,
            pending,
            hasher: PhantomData,
        })
    }

    /// The complete subtrees of the tree, largest (leftmost) first.
    pub fn peaks(&self) -> Vec<Hash> {
        self.pending
            .iter()
            .rev()
            .filter_map(|pending| *pending)
            .collect()
    }

    /// Number of leaves.
    pub const fn size(&self) -> TreeSize {
        TreeSize(self.size)
    }

    /// The root of the tree.
    pub fn root(&self) -> Hash {
        let mut peaks = self.pending.iter().filter_map(|pending| *pending);
        let Some(smallest) = peaks.next() else {
            return H::empty();
        };
        peaks.fold(smallest, |right, left| H::branch(&left, &right))
    }

    /// Appends leaves. `completed(level, first, hashes)` receives every subtree that becomes complete: `hashes[i]` is the
    /// branch number `first + i` of its level (level 0 are the leaves themselves), its leaves being
    /// `[n << level, (n + 1) << level)`.
    pub fn extend(&mut self, leaves: &[Hash], mut completed: impl FnMut(u32, u64, &[Hash])) {
        let old_size = self.size;
        self.size = old_size
            .checked_add(wide(leaves.len()))
            .expect("a batch entry leaves room for its batch below 2^63");
        let mut hashes = leaves.to_vec();
        let mut parents = Vec::new();
        for (row, level) in (0_usize..).zip(0_u32..) {
            if hashes.is_empty() {
                return;
            }
            let first = old_size
                .checked_shr(level)
                .expect("a tree of fewer than 2^64 leaves has no node above level 63");
            completed(level, first, &hashes);
            if self.pending.len() == row {
                self.pending.push(None);
            }
            let pending = self
                .pending
                .get_mut(row)
                .expect("levels are gone through one by one");
            if let Some(left) = pending.take() {
                hashes.insert(0, left);
            }
            if !hashes.len().is_multiple_of(2) {
                *pending = hashes.last().copied();
            }
            parents.clear();
            H::branches(&hashes, &mut parents);
            core::mem::swap(&mut hashes, &mut parents);
        }
    }
}

/// The root of a tree from its leaf hashes.
pub fn root<H: TreeHasher>(leaves: &[Hash]) -> Hash {
    let mut frontier = Frontier::<H>::default();
    frontier.extend(leaves, |_, _, _| {});
    frontier.root()
}

/// The inclusion path of leaf `index` in the tree of all `leaves` (RFC 9162, 2.1.3.1); `None` if it is not among them.
pub fn inclusion_path(leaves: &[Hash], index: usize) -> Option<Vec<Hash>> {
    inclusion_path_by::<Blake3Keyed>(leaves, index)
}

/// As [`inclusion_path`], for any hasher.
pub fn inclusion_path_by<H: TreeHasher>(leaves: &[Hash], index: usize) -> Option<Vec<Hash>> {
    if index >= leaves.len() {
        return None;
    }
    let mut path = Vec::new();
    let (mut low, mut high) = (0_usize, leaves.len());
    // From the root down; the standard lists the path from the leaf up.
    while high.checked_sub(low)? > 1 {
        let middle = low.checked_add(split(high.checked_sub(low)?))?;
        if index < middle {
            path.push(root::<H>(leaves.get(middle..high)?));
            high = middle;
        } else {
            path.push(root::<H>(leaves.get(low..middle)?));
            low = middle;
        }
    }
    path.reverse();
    Some(path)
}

/// As [`inclusion_path_by`], from the complete subtrees of a tree of `size` leaves: `branch(level, number)` is the root over the leaves
/// `[number << level, (number + 1) << level)`. Nobody asks for a leaf at or behind the size.
///
/// # Errors
/// What `branch` says.
pub fn inclusion_path_of<H: TreeHasher, E>(
    index: u64,
    size: u64,
    mut branch: impl FnMut(u32, u64) -> Result<Hash, E>,
) -> Result<Vec<Hash>, E> {
    let mut path = Vec::new();
    let (mut low, mut high) = (0_u64, size);
    // From the root down; the standard lists the path from the leaf up. Spans start where a complete subtree of their size does.
    while let Some(level) = high
        .checked_sub(low)
        .and_then(|count| count.checked_sub(1)?.checked_ilog2())
    {
        let middle = low | (1 << level);
        if index < middle {
            path.push(span_of::<H, E>(middle, high, &mut branch)?);
            high = middle;
        } else {
            path.push(span_of::<H, E>(low, middle, &mut branch)?);
            low = middle;
        }
    }
    path.reverse();
    Ok(path)
}

/// The root over leaves `[low, high)`, `low < high`, as a tree has it.
fn span_of<H: TreeHasher, E>(
    low: u64,
    high: u64,
    branch: &mut impl FnMut(u32, u64) -> Result<Hash, E>,
) -> Result<Hash, E> {
    let mut parts = Vec::new();
    let mut next = low;
    while let Some(level) = high.checked_sub(next).and_then(u64::checked_ilog2) {
        let level = level.min(next.trailing_zeros());
        parts.push(branch(level, next >> level)?);
        next = next
            .checked_add(1 << level)
            .expect("it is at most the end of the span");
    }
    let mut parts = parts.into_iter().rev();
    let last = parts.next().expect("a span has a leaf at least");
    Ok(parts.fold(last, |right, left| H::branch(&left, &right)))
}

/// The consistency path between the tree of the first `old_size` leaves and the tree of all (RFC 9162, 2.1.4.1); `None`
/// unless `0 < old_size <= leaves.len()`.
pub fn consistency_path<H: TreeHasher>(leaves: &[Hash], old_size: usize) -> Option<Vec<Hash>> {
    if old_size == 0 || old_size > leaves.len() {
        return None;
    }
    let mut path = Vec::new();
    let (mut low, mut high) = (0_usize, leaves.len());
    // SUBPROOF(m, D[n], b): b is true while the old tree is a whole subtree that the verifier knows already.
    let mut known = true;
    while old_size != high {
        let middle = low.checked_add(split(high.checked_sub(low)?))?;
        if old_size <= middle {
            path.push(root::<H>(leaves.get(middle..high)?));
            high = middle;
        } else {
            path.push(root::<H>(leaves.get(low..middle)?));
            low = middle;
            known = false;
        }
    }
    if !known {
        path.push(root::<H>(leaves.get(low..high)?));
    }
    path.reverse();
    Some(path)
}

/// Checks that `leaf` stands at `index` in the tree of `size` leaves under `root` (RFC 9162, 2.1.3.2).
///
/// # Errors
/// Any [`ProofFault`].
pub fn verify_inclusion(
    leaf: &Hash,
    index: u64,
    size: u64,
    path: &[Hash],
    root: &Hash,
) -> Result<(), ProofFault> {
    verify_inclusion_by::<Blake3Keyed>(leaf, index, size, path, root)
}

/// As [`verify_inclusion`], for any hasher.
///
/// # Errors
/// Any [`ProofFault`].
pub fn verify_inclusion_by<H: TreeHasher>(
    leaf: &Hash,
    index: u64,
    size: u64,
    path: &[Hash],
    root: &Hash,
) -> Result<(), ProofFault> {
    let found = inclusion_root::<H>(leaf, index, size, path)?;
    if found == *root {
        Ok(())
    } else {
        Err(ProofFault::RootMismatch {
            expected: *root,
            found,
        })
    }
}

/// The root that an inclusion path leads to.
///
/// # Errors
/// [`ProofFault::OutOfRange`] and [`ProofFault::PathLength`].
pub fn inclusion_root<H: TreeHasher>(
    leaf: &Hash,
    index: u64,
    size: u64,
    path: &[Hash],
) -> Result<Hash, ProofFault> {
    // 1. If leaf_index is greater than or equal to tree_size, fail the proof verification.
    if index >= size {
        return Err(ProofFault::OutOfRange {
            position: index,
            size,
        });
    }
    let expected = inclusion_path_length(index, size);
    if path.len() != expected {
        return Err(ProofFault::PathLength {
            expected,
            found: path.len(),
        });
    }
    // 2. Set two variables, fn and sn: fn to leaf_index and sn to tree_size - 1.
    let tree_end = size.checked_sub(1).expect("the index is below the size");
    let (mut node, mut last) = (index, tree_end);
    // 3. Set r to hash.
    let mut hash = *leaf;
    for sibling in path {
        // b. If LSB(fn) is set, or if fn is equal to sn: r to HASH(0x01 || p || r), then shift while LSB(fn) is not set.
        if node & 1 == 1 || node == last {
            hash = H::branch(sibling, &hash);
            while node & 1 == 0 && node != 0 {
                (node, last) = (node >> 1, last >> 1);
            }
        } else {
            hash = H::branch(&hash, sibling);
        }
        (node, last) = (node >> 1, last >> 1);
    }
    Ok(hash)
}

/// How many hashes the inclusion path of leaf `index` in a tree of `size` leaves has, `index < size`.
pub fn inclusion_path_length(index: u64, size: u64) -> usize {
    // Below the level where the paths to the leaf and to the last leaf part, every level has a sibling; above it only
    // those to the left of the path. Nobody asks about a tree without leaves; it has no paths.
    let Some(last) = size.checked_sub(1) else {
        return 0;
    };
    let inner = 64_u32
        .checked_sub((index ^ last).leading_zeros())
        .expect("a number of 64 bits has no more leading zeros");
    // Nothing is left of 64 bits that are shifted out.
    let above = index.checked_shr(inner).unwrap_or(0);
    let length = inner
        .checked_add(above.count_ones())
        .expect("64 levels and 64 bits at most");
    narrow(length)
}

/// How many hashes the consistency path between trees of `old_size` and `new_size` leaves has: none unless
/// `0 < old_size < new_size`.
pub fn consistency_path_length(old_size: u64, new_size: u64) -> usize {
    if old_size == 0 || old_size >= new_size {
        return 0;
    }
    // The path is that of the old tree's last complete subtree in the row of subtrees of its size, with that subtree in
    // front unless it is the whole old tree.
    let level = old_size.trailing_zeros();
    let row = |size: u64| {
        let last = size.checked_sub(1).expect("both sizes are above 0");
        last.checked_shr(level)
            .expect("a size that is not 0 has fewer than 64 zeros at its end")
    };
    let (node, last) = (row(old_size), row(new_size));
    let row_size = last.checked_add(1).expect("a last leaf is below its size");
    inclusion_path_length(node, row_size)
        .checked_add(usize::from(!old_size.is_power_of_two()))
        .expect("a path has 128 hashes at most")
}

/// Checks that the tree of `old_size` leaves is a prefix of the tree of `new_size` leaves (RFC 9162, 2.1.4.2). Two trees
/// of the same size are consistent when the roots are equal and the path is empty; every tree extends the empty one.
///
/// # Errors
/// Any [`ProofFault`].
pub fn verify_consistency<H: TreeHasher>(
    old_size: u64,
    new_size: u64,
    old_root: &Hash,
    new_root: &Hash,
    path: &[Hash],
) -> Result<(), ProofFault> {
    if old_size > new_size {
        return Err(ProofFault::OutOfRange {
            position: old_size,
            size: new_size,
        });
    }
    if old_size == 0 {
        check_length(path, 0)?;
        check_root(&H::empty(), *old_root)?;
        return if new_size == 0 {
            check_root(&H::empty(), *new_root)
        } else {
            Ok(())
        };
    }
    if old_size == new_size {
        check_length(path, 0)?;
        return check_root(old_root, *new_root);
    }
    let roots = roots_of_path::<H>(old_size, new_size, old_root, path)?;
    // 7. Verify that fr is equal to first_hash, sr to second_hash (and that sn is 0, which the length ensures).
    check_root(old_root, roots.old)?;
    check_root(new_root, roots.new)
}

/// What a consistency path gives: fr and sr of RFC 9162, 2.1.4.2.
struct Roots {
    old: Hash,
    new: Hash,
}

/// The roots of both trees by a consistency path, for `0 < old_size < new_size`.
fn roots_of_path<H: TreeHasher>(
    old_size: u64,
    new_size: u64,
    old_root: &Hash,
    path: &[Hash],
) -> Result<Roots, ProofFault> {
    // 1. and 6. a.: a path of another length than the sizes call for fails.
    check_length(path, consistency_path_length(old_size, new_size))?;
    // 2. If first is an exact power of 2, then prepend first_hash to the consistency_path array.
    let mut hashes = path.iter();
    let first = if old_size.is_power_of_two() {
        Some(old_root)
    } else {
        hashes.next()
    };
    let Some(first) = first else {
        return Err(ProofFault::PathLength {
            expected: 1,
            found: 0,
        });
    };
    // 3. Set fn to first - 1 and sn to second - 1. 4. If LSB(fn) is set, shift both until it is not.
    let end = |size: u64| size.checked_sub(1).expect("a tree of size 0 has no path");
    let (mut node, mut last) = (end(old_size), end(new_size));
    while node & 1 == 1 {
        (node, last) = (node >> 1, last >> 1);
    }
    // 5. Set both fr and sr to the first value in the consistency_path array.
    let mut roots = Roots {
        old: *first,
        new: *first,
    };
    // 6. For each subsequent value c in the consistency_path array:
    for hash in hashes {
        // b. If LSB(fn) is set, or if fn is equal to sn, then: fr to HASH(c, fr), sr to HASH(c, sr), and shift.
        if node & 1 == 1 || node == last {
            roots.old = H::branch(hash, &roots.old);
            roots.new = H::branch(hash, &roots.new);
            while node & 1 == 0 && node != 0 {
                (node, last) = (node >> 1, last >> 1);
            }
        } else {
            // Otherwise: set sr to HASH(sr, c).
            roots.new = H::branch(&roots.new, hash);
        }
        // c. Right-shift both fn and sn one time.
        (node, last) = (node >> 1, last >> 1);
    }
    Ok(roots)
}

fn check_length(path: &[Hash], expected: usize) -> Result<(), ProofFault> {
    if path.len() == expected {
        Ok(())
    } else {
        Err(ProofFault::PathLength {
            expected,
            found: path.len(),
        })
    }
}

/// Refuses a root that is another than the one expected.
pub(crate) fn check_root(expected: &Hash, found: Hash) -> Result<(), ProofFault> {
    if *expected == found {
        Ok(())
    } else {
        Err(ProofFault::RootMismatch {
            expected: *expected,
            found,
        })
    }
}

/// The largest power of two smaller than `count`, `count > 1`.
fn split(count: usize) -> usize {
    let level = count.checked_sub(1).and_then(usize::checked_ilog2);
    1 << level.expect("only more than one leaf is split")
}

const fn bit(value: u64, level: u32) -> bool {
    matches!(value.checked_shr(level), Some(shifted) if shifted & 1 == 1)
}
