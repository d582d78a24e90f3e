//! Several leaves are tied to a root at once, and to no other by hashes too many, leaves out of order or outside.

use yizhang_ledger::{
    hash::{Blake3Keyed, Hash, hash_leaf},
    multiproof::{PlacedLeaf, PlacedPath, join, open},
    tree::{ProofFault, inclusion_path, root},
};

/// A tree of some leaves.
fn tree(size: u8) -> Vec<Hash> {
    (0..size).map(|leaf| hash_leaf(&[leaf])).collect()
}

#[test]
fn every_set_of_leaves_of_small_trees_gives_root_and_paths_again() {
    for size in 1..=10_u8 {
        let hashes = tree(size);
        let size = u64::from(size);
        for chosen in 1..(1_u64 << size) {
            let indexes: Vec<u64> = (0..size).filter(|at| chosen >> at & 1 == 1).collect();
            let path = |at: &u64| inclusion_path(&hashes, usize::try_from(*at).unwrap()).unwrap();
            let paths: Vec<Vec<Hash>> = indexes.iter().map(path).collect();
            let placed = indexes.iter().zip(&paths);
            let placed: Vec<PlacedPath<'_>> = placed
                .map(|(index, path)| PlacedPath {
                    index: *index,
                    path,
                })
                .collect();
            let leaf = |at: &u64| PlacedLeaf {
                index: *at,
                hash: hashes[usize::try_from(*at).unwrap()],
            };
            let leaves: Vec<PlacedLeaf> = indexes.iter().map(leaf).collect();
            let proof = join(&placed, size).unwrap();
            let opened = open::<Blake3Keyed>(&leaves, size, &proof).unwrap();
            assert_eq!(opened.root, root::<Blake3Keyed>(&hashes));
            assert_eq!(opened.paths, paths);
            let mut longer = proof.clone();
            longer.push(Hash::ZERO);
            let refused = open::<Blake3Keyed>(&leaves, size, &longer);
            assert!(matches!(refused, Err(ProofFault::PathLength { .. })));
        }
    }
}

#[test]
fn leaves_out_of_order_or_outside_are_refused() {
    let leaf = |index| PlacedLeaf {
        index,
        hash: Hash::ZERO,
    };
    for leaves in [
        &[leaf(3), leaf(3)][..],
        &[leaf(4), leaf(3)],
        &[leaf(8)],
        &[],
    ] {
        let refused = open::<Blake3Keyed>(leaves, 8, &[]);
        assert!(matches!(refused, Err(ProofFault::OutOfRange { .. })));
    }
    // Nor is anything joined of them.
    let path = |index| PlacedPath { index, path: &[] };
    assert_eq!(join(&[path(1), path(0)], 2), None);
    assert_eq!(join(&[path(2)], 2), None);
    assert_eq!(join(&[path(1)], 2), None);
}
