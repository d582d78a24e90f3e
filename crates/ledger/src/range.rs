//! Ranges of leaves under a root: that a submission stands in a chain just so, by the hashes of the subtrees inside and beside it.
//!
//! A tree falls apart around a range: from the root down, a subtree that lies wholly inside or wholly outside is one hash, any other is
//! split as RFC 9162 splits it. From left to right, the hashes inside are recomputed by whoever has the leaves, those outside are the proof.

use crate::{
    hash::{Blake3Keyed, Hash, TreeHasher},
    tree::{ProofFault, check_root, root},
};
use alloc::vec::Vec;

/// Most hashes inside a range, and most outside: two a level of a tree of 2^63 leaves.
pub const RANGE_HASHES_MAX: usize = 126;

/// Leaves `[first, end)`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LeafRange {
    /// The first leaf.
    pub first: u64,
    /// Behind the last one.
    pub end: u64,
}

/// A subtree over leaves `[low, high)`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// Its first leaf.
    pub low: u64,
    /// Behind its last one.
    pub high: u64,
}

/// The hashes that tie a range to a root, each list from left to right.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RangeProof {
    /// Subtrees inside the range.
    pub inside: Vec<Hash>,
    /// Subtrees outside.
    pub outside: Vec<Hash>,
}

/// Where a subtree lies.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Inside,
    Outside,
    /// It is split.
    Across,
}

impl LeafRange {
    fn place(self, span: Span) -> Place {
        if span.high <= self.first || self.end <= span.low {
            Place::Outside
        } else if self.first <= span.low && span.high <= self.end {
            Place::Inside
        } else {
            Place::Across
        }
    }

    /// Refuses a range that is empty or reaches beyond the tree.
    fn check(self, size: u64) -> Result<(), ProofFault> {
        if self.first < self.end && self.end <= size {
            Ok(())
        } else {
            Err(ProofFault::OutOfRange {
                position: self.end,
                size,
            })
        }
    }

    /// The subtrees that lie wholly inside and wholly outside of the range in a tree of `size` leaves.
    ///
    /// # Errors
    /// [`ProofFault::OutOfRange`] for a range that is empty or reaches beyond the tree.
    pub fn spans(self, size: u64) -> Result<RangeSpans, ProofFault> {
        self.check(size)?;
        let mut spans = RangeSpans::default();
        let mut waiting = Vec::from([Span { low: 0, high: size }]);
        while let Some(span) = waiting.pop() {
            match self.place(span) {
                Place::Inside => spans.inside.push(span),
                Place::Outside => spans.outside.push(span),
                Place::Across => {
                    let [left, right] = span.halves();
                    // The left one is taken first.
                    waiting.push(right);
                    waiting.push(left);
                }
            }
        }
        Ok(spans)
    }
}

/// The subtrees around a range, each list from left to right.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RangeSpans {
    /// Inside.
    pub inside: Vec<Span>,
    /// Outside.
    pub outside: Vec<Span>,
}

impl Span {
    /// The two subtrees of one with more than one leaf. Spans start where a complete subtree of their size does.
    fn halves(self) -> [Self; 2] {
        let last = self
            .high
            .checked_sub(self.low)
            .and_then(|count| count.checked_sub(1));
        let level = last.and_then(u64::checked_ilog2);
        let level = level.expect("what lies across the end of a range has two leaves");
        let middle = self.low | (1 << level);
        let left = Self {
            low: self.low,
            high: middle,
        };
        let right = Self {
            low: middle,
            high: self.high,
        };
        [left, right]
    }
}

/// The hashes inside a range, from its leaves.
///
/// # Errors
/// [`ProofFault::OutOfRange`]; [`ProofFault::PathLength`] if there are more or fewer leaves than the range has.
pub fn inside_of(range: LeafRange, size: u64, leaves: &[Hash]) -> Result<Vec<Hash>, ProofFault> {
    let spans = range.spans(size)?;
    // More than memory has addresses is more than there are leaves.
    let place = |leaf: u64| usize::try_from(leaf.saturating_sub(range.first)).unwrap_or(usize::MAX);
    let expected = place(range.end);
    let wrong = ProofFault::PathLength {
        expected,
        found: leaves.len(),
    };
    if leaves.len() != expected {
        return Err(wrong);
    }
    let mut hashes = Vec::with_capacity(spans.inside.len());
    for span in spans.inside {
        let part = leaves.get(place(span.low)..place(span.high)).ok_or(wrong)?;
        hashes.push(root::<Blake3Keyed>(part));
    }
    Ok(hashes)
}

/// Checks that the tree of `size` leaves under `root` has, at a range, the subtrees of the proof.
///
/// # Errors
/// Any [`ProofFault`].
pub fn verify_range(
    range: LeafRange,
    size: u64,
    proof: &RangeProof,
    root: &Hash,
) -> Result<(), ProofFault> {
    let spans = range.spans(size)?;
    for (expected, found) in [
        (spans.inside.len(), proof.inside.len()),
        (spans.outside.len(), proof.outside.len()),
    ] {
        if expected != found {
            return Err(ProofFault::PathLength { expected, found });
        }
    }
    let mut hashes = Hashes {
        inside: proof.inside.iter(),
        outside: proof.outside.iter(),
    };
    check_root(root, hashes.subtree(range, Span { low: 0, high: size }))
}

/// The inclusion path of a leaf of a range (RFC 9162, 2.1.3.1), from all leaves of the range and the proof that ties it to a root: what one
/// leaf needs by itself. The proof must have been verified.
///
/// # Errors
/// [`ProofFault::OutOfRange`] for a leaf that the range does not have, and as [`inside_of`]; [`ProofFault::PathLength`] for a proof with
/// fewer hashes outside than the range calls for.
pub fn path_in(
    range: LeafRange,
    size: u64,
    proof: &RangeProof,
    leaves: &[Hash],
    leaf: u64,
) -> Result<Vec<Hash>, ProofFault> {
    let inside = inside_of(range, size, leaves)?;
    let spans = range.spans(size)?;
    if leaf < range.first || range.end <= leaf {
        return Err(ProofFault::OutOfRange {
            position: leaf,
            size,
        });
    }
    if spans.outside.len() != proof.outside.len() {
        return Err(ProofFault::PathLength {
            expected: spans.outside.len(),
            found: proof.outside.len(),
        });
    }
    let outside = spans.outside.iter().zip(&proof.outside);
    let inside = spans.inside.iter().zip(&inside);
    let known: Vec<(Span, Hash)> = outside
        .chain(inside)
        .map(|(span, hash)| (*span, *hash))
        .collect();
    let parts = Parts {
        range,
        leaves,
        known,
    };
    let mut path = Vec::new();
    let mut span = Span { low: 0, high: size };
    while span.low.checked_add(1) != Some(span.high) {
        let [left, right] = span.halves();
        let (own, beside) = if leaf < left.high {
            (left, right)
        } else {
            (right, left)
        };
        path.push(parts.root(beside));
        span = own;
    }
    path.reverse();
    Ok(path)
}

/// Subtrees around a range whose hashes are known, and its leaves.
struct Parts<'a> {
    range: LeafRange,
    leaves: &'a [Hash],
    known: Vec<(Span, Hash)>,
}

impl Parts<'_> {
    /// The root of a subtree; at most 63 deep.
    fn root(&self, span: Span) -> Hash {
        if let Some((_, hash)) = self.known.iter().find(|(known, _)| *known == span) {
            return *hash;
        }
        if self.range.place(span) == Place::Inside {
            let place = |leaf: u64| usize::try_from(leaf.saturating_sub(self.range.first)).ok();
            let part = place(span.low)
                .zip(place(span.high))
                .and_then(|(low, high)| self.leaves.get(low..high));
            return root::<Blake3Keyed>(part.expect("the leaves are those of the range"));
        }
        let [left, right] = span.halves();
        Blake3Keyed::branch(&self.root(left), &self.root(right))
    }
}

/// The hashes of a proof that are still to be put in their places.
struct Hashes<'a> {
    inside: core::slice::Iter<'a, Hash>,
    outside: core::slice::Iter<'a, Hash>,
}

impl Hashes<'_> {
    /// The root of a subtree; at most 63 deep.
    fn subtree(&mut self, range: LeafRange, span: Span) -> Hash {
        let next = match range.place(span) {
            Place::Inside => self.inside.next(),
            Place::Outside => self.outside.next(),
            Place::Across => {
                let [left, right] = span.halves();
                let left = self.subtree(range, left);
                let right = self.subtree(range, right);
                return Blake3Keyed::branch(&left, &right);
            }
        };
        *next.expect("the proof has as many hashes as the range calls for")
    }
}
