//! Inclusion of several leaves at once: what their paths have in common is told once.
//!
//! From the root down a tree is split as RFC 9162 splits it, as long as a part has one of the leaves. The parts without any, one hash each,
//! from left to right, are the *multiproof*. With the leaf hashes it gives the root, and the path of each leaf.

use crate::{
    hash::{Hash, TreeHasher},
    tree::ProofFault,
};
use alloc::vec::Vec;
use core::ops::Range;

/// A leaf and where it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PlacedLeaf {
    /// Its position.
    pub index: u64,
    /// Its hash.
    pub hash: Hash,
}

/// The path of a leaf.
#[derive(Clone, Copy, Debug)]
pub struct PlacedPath<'p> {
    /// The position of the leaf.
    pub index: u64,
    /// From the leaf to the root, as [`crate::tree::verify_inclusion`] takes it.
    pub path: &'p [Hash],
}

/// What a multiproof leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opened {
    /// The root.
    pub root: Hash,
    /// The path of each leaf, in their order.
    pub paths: Vec<Vec<Hash>>,
}

/// A part of a tree: leaves `[low, high)`, so many splits below the root.
#[derive(Clone, Copy)]
struct Part {
    low: u64,
    high: u64,
    depth: usize,
}

impl Part {
    const fn whole(size: u64) -> Self {
        Self {
            low: 0,
            high: size,
            depth: 0,
        }
    }

    /// The two parts of one with more than one leaf; none of a single leaf.
    fn halves(self) -> Option<[Self; 2]> {
        let last = self.high.checked_sub(self.low)?.checked_sub(1)?;
        let level = last.checked_ilog2()?;
        let middle = self.low.checked_add(1 << level)?;
        let depth = self.depth.checked_add(1)?;
        Some([
            Self {
                high: middle,
                depth,
                ..self
            },
            Self {
                low: middle,
                depth,
                ..self
            },
        ])
    }
}

/// The multiproof of leaves in a tree of `size` leaves from their paths, which have been verified. None if the leaves do not ascend, each once,
/// or a path has not the length that it should have.
pub fn join(leaves: &[PlacedPath<'_>], size: u64) -> Option<Vec<Hash>> {
    let is_ascending = leaves.is_sorted_by(|one, next| one.index < next.index);
    let is_inside = leaves.last().is_none_or(|last| last.index < size);
    if !is_ascending || !is_inside || leaves.is_empty() {
        return None;
    }
    let mut proof = Vec::new();
    join_part(Part::whole(size), leaves, &mut proof)?;
    Some(proof)
}

/// The hashes of a part that has leaves.
fn join_part(part: Part, leaves: &[PlacedPath<'_>], proof: &mut Vec<Hash>) -> Option<()> {
    let Some([left, right]) = part.halves() else {
        return Some(());
    };
    let middle = leaves.partition_point(|leaf| leaf.index < right.low);
    let (of_left, of_right) = leaves.split_at(middle);
    match (of_left.first(), of_right.first()) {
        (Some(_), Some(_)) => {
            join_part(left, of_left, proof)?;
            join_part(right, of_right, proof)
        }
        (Some(leaf), None) => {
            join_part(left, of_left, proof)?;
            proof.push(beside(leaf, part.depth)?);
            Some(())
        }
        (None, Some(leaf)) => {
            proof.push(beside(leaf, part.depth)?);
            join_part(right, of_right, proof)
        }
        (None, None) => None,
    }
}

/// What a path has beside it where it is split so many splits below the root.
fn beside(leaf: &PlacedPath<'_>, depth: usize) -> Option<Hash> {
    let from_top = depth.checked_add(1)?;
    let at = leaf.path.len().checked_sub(from_top)?;
    leaf.path.get(at).copied()
}

/// The root that a multiproof leads to from these leaves of a tree of `size` leaves, and the path of each. That the root is the right one is
/// for the caller to compare.
///
/// # Errors
/// [`ProofFault::OutOfRange`] for a leaf that is not in the tree or not behind the one before it, [`ProofFault::PathLength`] for another number
/// of hashes than leaves and size call for.
pub fn open<H: TreeHasher>(
    leaves: &[PlacedLeaf],
    size: u64,
    proof: &[Hash],
) -> Result<Opened, ProofFault> {
    let mut previous = None;
    for leaf in leaves {
        if leaf.index >= size || previous.is_some_and(|previous| leaf.index <= previous) {
            return Err(ProofFault::OutOfRange {
                position: leaf.index,
                size,
            });
        }
        previous = Some(leaf.index);
    }
    if leaves.is_empty() {
        return Err(ProofFault::OutOfRange { position: 0, size });
    }
    let expected = hashes_of(Part::whole(size), leaves);
    if expected != proof.len() {
        return Err(ProofFault::PathLength {
            expected,
            found: proof.len(),
        });
    }
    let mut opening = Opening {
        proof: proof.iter(),
        paths: leaves.iter().map(|_| Vec::new()).collect(),
    };
    let root = opening.part::<H>(Part::whole(size), leaves, 0);
    Ok(Opened {
        root,
        paths: opening.paths,
    })
}

/// How many hashes a part that has leaves takes from a multiproof.
fn hashes_of(part: Part, leaves: &[PlacedLeaf]) -> usize {
    let Some([left, right]) = part.halves() else {
        return 0;
    };
    let middle = leaves.partition_point(|leaf| leaf.index < right.low);
    let (of_left, of_right) = leaves.split_at(middle);
    let of = |part, leaves: &[PlacedLeaf]| {
        if leaves.is_empty() {
            1
        } else {
            hashes_of(part, leaves)
        }
    };
    of(left, of_left).saturating_add(of(right, of_right))
}

struct Opening<'p> {
    proof: core::slice::Iter<'p, Hash>,
    paths: Vec<Vec<Hash>>,
}

impl Opening<'_> {
    /// The hash of a part with these leaves, the first of which is the leaf of this number.
    fn part<H: TreeHasher>(&mut self, part: Part, leaves: &[PlacedLeaf], number: usize) -> Hash {
        let Some(first) = leaves.first() else {
            let hash = self.proof.next();
            return *hash.expect("a proof of another length was refused");
        };
        let Some([left, right]) = part.halves() else {
            return first.hash;
        };
        let middle = leaves.partition_point(|leaf| leaf.index < right.low);
        let (of_left, of_right) = leaves.split_at(middle);
        let behind = number.saturating_add(middle);
        let left = self.part::<H>(left, of_left, number);
        let right = self.part::<H>(right, of_right, behind);
        let end = number.saturating_add(leaves.len());
        self.add(number..behind, right);
        self.add(behind..end, left);
        H::branch(&left, &right)
    }

    /// Puts what stands beside a part to the paths of its leaves.
    fn add(&mut self, leaves: Range<usize>, beside: Hash) {
        for path in self.paths.get_mut(leaves).into_iter().flatten() {
            path.push(beside);
        }
    }
}
