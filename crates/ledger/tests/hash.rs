//! Hashing against BLAKE3's own functions, and the tree against RFC 6962's published vectors.

use sha2::{Digest, Sha256};
use yizhang_ledger::{
    hash::{BRANCH_CONTEXT, Blake3Keyed, Hash, LEAF_CONTEXT, TreeHasher, hash_leaf, hash_leaves},
    tree::{self, Frontier},
};

fn key(context: &str) -> [u8; 32] {
    blake3::derive_key(context, &[])
}

/// The leaf hash as docs/FORMAT.md words it.
fn leaf_by_the_book(bytes: &[u8]) -> Hash {
    let mut preimage = u32::try_from(bytes.len()).unwrap().to_le_bytes().to_vec();
    preimage.extend_from_slice(bytes);
    preimage.resize(preimage.len().next_multiple_of(64), 0);
    Hash(*blake3::keyed_hash(&key(LEAF_CONTEXT), &preimage).as_bytes())
}

#[test]
fn leaves_hash_alike_alone_and_together_at_every_length() {
    let data: Vec<u8> = (0..3_000_u32).map(|i| (i % 251) as u8).collect();
    let lengths: Vec<usize> = (0..400)
        .chain([1_019, 1_020, 1_021, 2_048, 3_000])
        .collect();
    let together = hash_leaves(lengths.iter().map(|length| &data[..*length]));
    for (length, hash) in lengths.iter().zip(together) {
        assert_eq!(hash, leaf_by_the_book(&data[..*length]), "length {length}");
        assert_eq!(hash, hash_leaf(&data[..*length]), "length {length}");
    }
}

#[test]
fn branches_hash_alike_alone_and_together() {
    let children: Vec<Hash> = (0..41_u8).map(|i| hash_leaf(&[i])).collect();
    let mut together = Vec::new();
    Blake3Keyed::branches(&children, &mut together);
    assert_eq!(together.len(), 20);
    for (pair, hash) in children.chunks_exact(2).zip(together) {
        assert_eq!(hash, Blake3Keyed::branch(&pair[0], &pair[1]));
        let preimage = [pair[0].0, pair[1].0].concat();
        assert_eq!(
            hash.0,
            *blake3::keyed_hash(&key(BRANCH_CONTEXT), &preimage).as_bytes()
        );
    }
}

/// RFC 6962 as Certificate Transparency uses it.
struct Rfc6962;

impl TreeHasher for Rfc6962 {
    fn leaf(bytes: &[u8]) -> Hash {
        Hash(
            Sha256::new()
                .chain_update([0])
                .chain_update(bytes)
                .finalize()
                .into(),
        )
    }
    fn branch(left: &Hash, right: &Hash) -> Hash {
        Hash(
            Sha256::new()
                .chain_update([1])
                .chain_update(left.0)
                .chain_update(right.0)
                .finalize()
                .into(),
        )
    }
    fn empty() -> Hash {
        Hash(Sha256::digest([]).into())
    }
}

/// The eight leaves and the roots of the reference test of Certificate Transparency.
const LEAVES: [&str; 8] = [
    "",
    "00",
    "10",
    "2021",
    "3031",
    "40414243",
    "5051525354555657",
    "606162636465666768696a6b6c6d6e6f",
];
const ROOTS: [&str; 9] = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
];

fn rfc_leaves() -> Vec<Hash> {
    let decode = |text: &str| -> Vec<u8> {
        (0..text.len() / 2)
            .map(|i| u8::from_str_radix(&text[2 * i..2 * i + 2], 16).unwrap())
            .collect()
    };
    LEAVES
        .iter()
        .map(|leaf| Rfc6962::leaf(&decode(leaf)))
        .collect()
}

#[test]
fn tree_has_the_published_roots_of_rfc_6962() {
    let leaves = rfc_leaves();
    for (size, root) in ROOTS.iter().enumerate() {
        assert_eq!(
            tree::root::<Rfc6962>(&leaves[..size]).to_string(),
            *root,
            "size {size}"
        );
    }
}

#[test]
fn every_inclusion_path_verifies_and_its_near_misses_do_not() {
    let leaves: Vec<Hash> = (0..70_u8).map(|i| hash_leaf(&[i])).collect();
    for size in 1..=leaves.len() {
        let root = tree::root::<Blake3Keyed>(&leaves[..size]);
        for index in 0..size {
            let path = tree::inclusion_path(&leaves[..size], index).unwrap();
            let verify = |leaf: usize, index: usize, size: usize, path: &[Hash]| {
                tree::verify_inclusion(&leaves[leaf], index as u64, size as u64, path, &root)
            };
            assert_eq!(
                path.len(),
                tree::inclusion_path_length(index as u64, size as u64)
            );
            verify(index, index, size, &path).unwrap();
            assert!(verify((index + 1) % 70, index, size, &path).is_err());
            assert!(verify(index, size, size, &path).is_err());
            assert!(verify(index, index + 1, size, &path).is_err());
            let longer = [path.as_slice(), &[Hash::ZERO]].concat();
            assert!(verify(index, index, size, &longer).is_err());
            if let Some((_, shorter)) = path.split_last() {
                assert!(verify(index, index, size, shorter).is_err());
            }
            for bent in 0..path.len() {
                let mut path = path.clone();
                path[bent].0[31] ^= 1;
                assert!(verify(index, index, size, &path).is_err());
            }
        }
    }
}

#[test]
fn every_consistency_path_verifies_and_its_near_misses_do_not() {
    let leaves: Vec<Hash> = (0..40_u8).map(|i| hash_leaf(&[i])).collect();
    let root = |size: usize| tree::root::<Blake3Keyed>(&leaves[..size]);
    for new in 1..=leaves.len() {
        for old in 1..=new {
            let path = tree::consistency_path::<Blake3Keyed>(&leaves[..new], old).unwrap();
            let verify =
                |old: usize, new: usize, old_root: &Hash, new_root: &Hash, path: &[Hash]| {
                    tree::verify_consistency::<Blake3Keyed>(
                        old as u64, new as u64, old_root, new_root, path,
                    )
                };
            assert_eq!(
                path.len(),
                tree::consistency_path_length(old as u64, new as u64)
            );
            verify(old, new, &root(old), &root(new), &path).unwrap();
            assert!(verify(new + 1, new, &root(old), &root(new), &path).is_err());
            assert!(verify(old, new, &hash_leaf(b"other"), &root(new), &path).is_err());
            assert!(verify(old, new, &root(old), &hash_leaf(b"other"), &path).is_err());
            let longer = [path.as_slice(), &[Hash::ZERO]].concat();
            assert!(verify(old, new, &root(old), &root(new), &longer).is_err());
            if let Some((_, shorter)) = path.split_last() {
                assert!(verify(old, new, &root(old), &root(new), shorter).is_err());
            }
        }
    }
    let empty = Blake3Keyed::empty();
    assert!(tree::verify_consistency::<Blake3Keyed>(0, 5, &empty, &root(5), &[]).is_ok());
    assert!(tree::verify_consistency::<Blake3Keyed>(0, 5, &root(1), &root(5), &[]).is_err());
}

#[test]
fn frontier_grows_alike_in_any_steps_and_names_every_complete_subtree() {
    let leaves: Vec<Hash> = (0..200_u8).map(|i| hash_leaf(&[i])).collect();
    for step in [1_usize, 2, 3, 7, 64, 65, 200] {
        let mut frontier = Frontier::<Blake3Keyed>::default();
        for chunk in leaves.chunks(step) {
            frontier.extend(chunk, |level, first, nodes| {
                for (offset, node) in nodes.iter().enumerate() {
                    let start = (usize::try_from(first).unwrap() + offset) << level;
                    assert_eq!(
                        *node,
                        tree::root::<Blake3Keyed>(&leaves[start..start + (1 << level)])
                    );
                }
            });
            let size = frontier.size();
            assert_eq!(
                frontier.root(),
                tree::root::<Blake3Keyed>(&leaves[..usize::try_from(size.0).unwrap()])
            );
            let again = Frontier::<Blake3Keyed>::from_peaks(size, &frontier.peaks()).unwrap();
            assert_eq!(again.root(), frontier.root());
            assert!(
                Frontier::<Blake3Keyed>::from_peaks(size.plus(1).unwrap(), &frontier.peaks())
                    .is_none()
                    || size.0 % 2 == 1
            );
        }
    }
}

#[test]
fn the_keys_are_those_of_the_published_contexts() {
    // An empty tree hashes nothing under the branch key.
    assert_eq!(
        Blake3Keyed::empty().0,
        *blake3::keyed_hash(&key(BRANCH_CONTEXT), &[]).as_bytes()
    );
    assert_eq!(hash_leaf(b"leaf"), leaf_by_the_book(b"leaf"));
}

#[test]
fn a_path_from_complete_subtrees_is_the_path_from_all_leaves() {
    let leaves: Vec<Hash> = (0..70_u8).map(|number| hash_leaf(&[number])).collect();
    for size in 1..=leaves.len() {
        for index in 0..size {
            let branch = |level: u32, number: u64| {
                let start = usize::try_from(number << level).unwrap();
                let leaves = &leaves[start..start + (1 << level)];
                Ok::<Hash, ()>(tree::root::<Blake3Keyed>(leaves))
            };
            let path =
                tree::inclusion_path_of::<Blake3Keyed, ()>(index as u64, size as u64, branch);
            assert_eq!(path.ok(), tree::inclusion_path(&leaves[..size], index));
        }
    }
}
