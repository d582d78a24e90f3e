//! Ranges of leaves under a root: every range of every small tree is proved, and nothing else is.

use yizhang_ledger::{
    hash::{Blake3Keyed, Hash, hash_leaf},
    range::{LeafRange, RANGE_HASHES_MAX, RangeProof, inside_of, path_in, verify_range},
    tree::{ProofFault, inclusion_path, root},
};

fn leaves(count: u64) -> Vec<Hash> {
    (0..count)
        .map(|number| hash_leaf(&number.to_le_bytes()))
        .collect()
}

fn at(leaf: u64) -> usize {
    usize::try_from(leaf).unwrap()
}

fn prove(range: LeafRange, leaves: &[Hash]) -> RangeProof {
    let size = u64::try_from(leaves.len()).unwrap();
    let spans = range.spans(size).unwrap();
    let hash = |low: u64, high: u64| root::<Blake3Keyed>(&leaves[at(low)..at(high)]);
    RangeProof {
        inside: inside_of(range, size, &leaves[at(range.first)..at(range.end)]).unwrap(),
        outside: spans
            .outside
            .iter()
            .map(|span| hash(span.low, span.high))
            .collect(),
    }
}

fn ranges(size: u64) -> impl Iterator<Item = LeafRange> {
    (0..size).flat_map(move |first| (first + 1..=size).map(move |end| LeafRange { first, end }))
}

#[test]
fn every_range_of_small_trees_is_proved_and_no_other_is() {
    for size in 1..=20 {
        let leaves = leaves(size);
        let top = root::<Blake3Keyed>(&leaves);
        for range in ranges(size) {
            let proof = prove(range, &leaves);
            assert_eq!(
                verify_range(range, size, &proof, &top),
                Ok(()),
                "{range:?} of {size}"
            );
            // The same hashes elsewhere, or in another tree, prove nothing, but where the tree falls apart alike.
            for other in ranges(size).filter(|other| *other != range) {
                let shape = |range: LeafRange| range.spans(size).unwrap();
                if shape(other) != shape(range) {
                    assert!(
                        verify_range(other, size, &proof, &top).is_err(),
                        "{range:?} as {other:?}"
                    );
                }
            }
        }
    }
}

#[test]
fn a_hash_that_is_changed_missing_or_too_many_is_found() {
    let leaves = leaves(37);
    let top = root::<Blake3Keyed>(&leaves);
    let range = LeafRange { first: 5, end: 23 };
    let proof = prove(range, &leaves);
    for place in 0..proof.inside.len() + proof.outside.len() {
        let mut touched = proof.clone();
        match touched.inside.get_mut(place) {
            Some(hash) => hash.0[0] ^= 1,
            None => touched.outside[place - proof.inside.len()].0[31] ^= 1,
        }
        let refused = verify_range(range, 37, &touched, &top);
        assert!(matches!(refused, Err(ProofFault::RootMismatch { .. })));
    }
    let mut short = proof.clone();
    short.outside.pop();
    let mut long = proof.clone();
    long.inside.push(Hash([7; 32]));
    for wrong in [short, long] {
        let refused = verify_range(range, 37, &wrong, &top);
        assert!(matches!(refused, Err(ProofFault::PathLength { .. })));
    }
}

#[test]
fn ranges_that_are_none_are_refused_and_large_ones_are_bounded() {
    let proof = RangeProof::default();
    for (first, end, size) in [
        (3, 3, 9),
        (4, 3, 9),
        (0, 10, 9),
        (0, 1, 0),
        (u64::MAX, u64::MAX, u64::MAX),
    ] {
        let refused = verify_range(LeafRange { first, end }, size, &proof, &Hash::ZERO);
        assert!(
            matches!(refused, Err(ProofFault::OutOfRange { .. })),
            "{first} {end} {size}"
        );
    }
    let size = i64::MAX.unsigned_abs();
    for (first, end) in [
        (0, 1),
        (1, size - 1),
        (size / 3, size / 3 + 16_384),
        (size - 1, size),
    ] {
        let spans = LeafRange { first, end }.spans(size).unwrap();
        assert!(spans.inside.len() <= RANGE_HASHES_MAX, "{first} {end}");
        assert!(spans.outside.len() <= RANGE_HASHES_MAX, "{first} {end}");
    }
    // Leaves that are not as many as the range has.
    let few = inside_of(LeafRange { first: 0, end: 3 }, 9, &leaves(2));
    assert!(matches!(
        few,
        Err(ProofFault::PathLength {
            expected: 3,
            found: 2
        })
    ));
}

#[test]
fn the_path_of_every_leaf_of_a_range_is_that_of_the_tree() {
    for size in 1..=20 {
        let leaves = leaves(size);
        for range in ranges(size) {
            let proof = prove(range, &leaves);
            let inside = &leaves[at(range.first)..at(range.end)];
            for leaf in range.first..range.end {
                let path = path_in(range, size, &proof, inside, leaf);
                let expected = inclusion_path(&leaves, at(leaf));
                assert_eq!(path.ok(), expected, "leaf {leaf} of {range:?} of {size}");
            }
            for leaf in [range.end, range.first.wrapping_sub(1)] {
                assert!(
                    path_in(range, size, &proof, inside, leaf).is_err(),
                    "{leaf}"
                );
            }
        }
    }
}
