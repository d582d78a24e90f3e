//! Hashing and the tree: keys, leaves, branches, roots, inclusion and consistency proofs.

use super::{case, json::Json};
use yizhang_ledger::{
    batch::CONTENT_CONTEXT,
    hash::{BRANCH_CONTEXT, Blake3Keyed, Hash, LEAF_CONTEXT, TreeHasher, derive, hash_leaf},
    person::ACCOUNT_CONTEXT,
    tree::{consistency_path, inclusion_path, inclusion_root, root},
    value::TreeSize,
};

/// As the account has it; docs/FORMAT.md, section 12.
const ACCOUNT_DIGEST_CONTEXT: &str = "yizhang 2026-11-23 v1 account";
/// The JSON of an account of nobody, form 10.
const NOBODY: &[u8] = include_bytes!("../../../../entitlement/tests/account/nobody.json");

pub fn cases() -> Vec<Json> {
    let mut cases = Vec::new();
    for context in [
        LEAF_CONTEXT,
        BRANCH_CONTEXT,
        ACCOUNT_CONTEXT,
        CONTENT_CONTEXT,
        SEGMENT_CONTEXT,
    ] {
        cases.push(hash(
            "derive",
            context,
            [("context", context.into()), ("bytes", "".into())],
            derive(context, &[]),
        ));
    }
    cases.push(hash(
        "derive",
        "digest of an account without a record",
        [
            ("context", ACCOUNT_DIGEST_CONTEXT.into()),
            ("bytes", Json::hex(NOBODY)),
        ],
        derive(ACCOUNT_DIGEST_CONTEXT, &[NOBODY]),
    ));
    for length in [
        0_usize, 1, 59, 60, 61, 123, 124, 125, 188, 189, 252, 253, 1_020, 1_021, 2_051, 60_006,
    ] {
        let bytes = Json::parts(&[(&[0xa7], length)]);
        let leaf = hash_leaf(&vec![0xa7; length]);
        cases.push(hash(
            "leaf",
            &format!("leaf of {length} bytes"),
            [("bytes", bytes)],
            leaf,
        ));
    }
    let (left, right) = (hash_leaf(b"left"), hash_leaf(b"right"));
    for (name, left, right) in [("left, right", left, right), ("right, left", right, left)] {
        let inputs = [("left", left.into()), ("right", right.into())];
        cases.push(hash(
            "branch",
            name,
            inputs,
            Blake3Keyed::branch(&left, &right),
        ));
    }
    let leaves = leaves(9);
    for size in 0..=leaves.len() {
        let some = &leaves[..size];
        cases.push(hash(
            "root",
            &format!("{size} leaves"),
            [("leaves", Json::list(some.to_vec()))],
            tree(some),
        ));
    }
    cases.extend(inclusion(&leaves));
    cases.extend(consistency(&leaves));
    cases
}

const SEGMENT_CONTEXT: &str = "yizhang 2026-11-23 v1 segment checksum";

fn hash<const N: usize>(check: &str, name: &str, inputs: [(&str, Json); N], hash: Hash) -> Json {
    case(check, name, inputs, Json::object([("hash", hash.into())]))
}

fn leaves(count: u8) -> Vec<Hash> {
    (0..count).map(|number| hash_leaf(&[number])).collect()
}

fn tree(leaves: &[Hash]) -> Hash {
    root::<Blake3Keyed>(leaves)
}

fn included(
    name: &str,
    leaf: Hash,
    at: (u64, u64),
    path: &[Hash],
    root: Hash,
    outcome: Json,
) -> Json {
    let inputs = [
        ("leaf", leaf.into()),
        ("index", Json::wide(at.0)),
        ("size", Json::wide(at.1)),
        ("path", Json::list(path.to_vec())),
        ("root", root.into()),
    ];
    case("inclusion", name, inputs, outcome)
}

fn inclusion(leaves: &[Hash]) -> Vec<Json> {
    let holds = || Json::Object(vec![]);
    let mut cases = Vec::new();
    for size in 1..=leaves.len() {
        for index in 0..size {
            let path = inclusion_path(&leaves[..size], index).unwrap();
            let name = format!("leaf {index} of {size}");
            let root = tree(&leaves[..size]);
            cases.push(included(
                &name,
                leaves[index],
                (index as u64, size as u64),
                &path,
                root,
                holds(),
            ));
        }
    }
    // Paths of the largest trees, made up: any hashes lead to some root.
    let largest = TreeSize::MAX.0;
    for (index, size, length) in [
        (0, largest, 63_usize),
        (largest - 1, largest, 62),
        (1 << 62, largest, 63),
        (1 << 62, (1 << 62) + 1, 1),
    ] {
        let path: Vec<Hash> = (0..length)
            .map(|level| hash_leaf(&[0xee, u8::try_from(level).unwrap()]))
            .collect();
        let root = inclusion_root::<Blake3Keyed>(&leaves[0], index, size, &path).unwrap();
        cases.push(included(
            &format!("leaf {index} of {size}"),
            leaves[0],
            (index, size),
            &path,
            root,
            holds(),
        ));
    }
    let (path, root) = (inclusion_path(&leaves[..7], 4).unwrap(), tree(&leaves[..7]));
    let mut bent = path.clone();
    bent[1].0[0] ^= 1;
    let swapped = [path[1], path[0], path[2]];
    let longer = [path.as_slice(), &[Hash::ZERO]].concat();
    let fault = |name: &str| Json::Text(format!("ProofFault::{name}"));
    let refuse =
        |name: &str, leaf: usize, at: (u64, u64), path: &[Hash], root: Hash, kind: &str| {
            included(name, leaves[leaf], at, path, root, fault(kind))
        };
    cases.extend([
        refuse("index is the size", 4, (7, 7), &path, root, "OutOfRange"),
        refuse(
            "index beyond the size",
            4,
            (u64::MAX, 7),
            &path,
            root,
            "OutOfRange",
        ),
        refuse(
            "in the empty tree",
            0,
            (0, 0),
            &[],
            Blake3Keyed::empty(),
            "OutOfRange",
        ),
        refuse("a hash too many", 4, (4, 7), &longer, root, "PathLength"),
        refuse("a hash too few", 4, (4, 7), &path[..2], root, "PathLength"),
        refuse("no path", 4, (4, 7), &[], root, "PathLength"),
        refuse(
            "a tree of another depth",
            4,
            (4, 9),
            &path,
            root,
            "PathLength",
        ),
        refuse("another leaf", 5, (4, 7), &path, root, "RootMismatch"),
        refuse("another position", 4, (5, 7), &path, root, "RootMismatch"),
        refuse("one bit", 4, (4, 7), &bent, root, "RootMismatch"),
        refuse(
            "hashes in another order",
            4,
            (4, 7),
            &swapped,
            root,
            "RootMismatch",
        ),
        refuse(
            "another root",
            4,
            (4, 7),
            &path,
            tree(&leaves[..6]),
            "RootMismatch",
        ),
        included(
            "a branch passed off as a leaf",
            tree(&leaves[..2]),
            (0, 2),
            &[tree(&leaves[2..4])],
            // The tree of four leaves seen as one of two: indeed its root, so nothing but the leaf's own bytes tells.
            tree(&leaves[..4]),
            holds(),
        ),
    ]);
    cases
}

fn extended(
    name: &str,
    sizes: (u64, u64),
    roots: (Hash, Hash),
    path: &[Hash],
    outcome: Json,
) -> Json {
    let inputs = [
        ("old_size", Json::wide(sizes.0)),
        ("new_size", Json::wide(sizes.1)),
        ("old_root", roots.0.into()),
        ("new_root", roots.1.into()),
        ("path", Json::list(path.to_vec())),
    ];
    case("consistency", name, inputs, outcome)
}

fn consistency(leaves: &[Hash]) -> Vec<Json> {
    let holds = || Json::Object(vec![]);
    let mut cases = Vec::new();
    for new in 1..=leaves.len() {
        for old in 1..=new {
            let path = consistency_path::<Blake3Keyed>(&leaves[..new], old).unwrap();
            let roots = (tree(&leaves[..old]), tree(&leaves[..new]));
            cases.push(extended(
                &format!("{old} to {new}"),
                (old as u64, new as u64),
                roots,
                &path,
                holds(),
            ));
        }
    }
    let empty = Blake3Keyed::empty();
    let (three, seven) = (tree(&leaves[..3]), tree(&leaves[..7]));
    let path = consistency_path::<Blake3Keyed>(&leaves[..7], 3).unwrap();
    let mut bent = path.clone();
    bent[0].0[31] ^= 0x80;
    let longer = [path.as_slice(), &[Hash::ZERO]].concat();
    let fault = |name: &str| Json::Text(format!("ProofFault::{name}"));
    cases.extend([
        extended("0 to 7", (0, 7), (empty, seven), &[], holds()),
        extended("0 to 0", (0, 0), (empty, empty), &[], holds()),
        extended("7 to 3", (7, 3), (seven, three), &path, fault("OutOfRange")),
        extended(
            "3 to 7, a hash too many",
            (3, 7),
            (three, seven),
            &longer,
            fault("PathLength"),
        ),
        extended(
            "3 to 7, a hash too few",
            (3, 7),
            (three, seven),
            &path[..3],
            fault("PathLength"),
        ),
        extended(
            "3 to 7, no path",
            (3, 7),
            (three, seven),
            &[],
            fault("PathLength"),
        ),
        extended(
            "7 to 7 with a path",
            (7, 7),
            (seven, seven),
            &path,
            fault("PathLength"),
        ),
        extended(
            "0 to 7 with a path",
            (0, 7),
            (empty, seven),
            &path,
            fault("PathLength"),
        ),
        extended(
            "4 to 7, the old root put in front",
            (4, 7),
            (tree(&leaves[..4]), seven),
            &[tree(&leaves[..4]), tree(&leaves[4..7])],
            fault("PathLength"),
        ),
        extended(
            "3 to 7, another old root",
            (3, 7),
            (tree(&leaves[..2]), seven),
            &path,
            fault("RootMismatch"),
        ),
        extended(
            "3 to 7, another new root",
            (3, 7),
            (three, tree(&leaves[..6])),
            &path,
            fault("RootMismatch"),
        ),
        extended(
            "3 to 7, one bit",
            (3, 7),
            (three, seven),
            &bent,
            fault("RootMismatch"),
        ),
        extended(
            "7 to 7, two roots",
            (7, 7),
            (three, seven),
            &[],
            fault("RootMismatch"),
        ),
        extended(
            "0 to 0, the new root not the empty one",
            (0, 0),
            (empty, three),
            &[],
            fault("RootMismatch"),
        ),
        extended(
            "0 to 0, neither root the empty one",
            (0, 0),
            (three, three),
            &[],
            fault("RootMismatch"),
        ),
        extended(
            "0 to 7, the old root not the empty one",
            (0, 7),
            (three, seven),
            &[],
            fault("RootMismatch"),
        ),
    ]);
    cases
}
