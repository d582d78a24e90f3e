//! Evidence of a fork convinces whoever has the roster, and nothing that falls short of it does.

use ed25519_dalek::SigningKey;
use std::collections::BTreeMap;
use yizhang_ledger::{
    beginning::Beginning,
    cosignature::{self, CosignerKey, UnixSeconds},
    hash::{Blake3Keyed, Hash, hash_leaf},
    head::{Head, Origin},
    note::{Note, NoteKey},
    roster::{ChainKey, CosigningKey, KeyKind, Region, Roster},
    tree::{consistency_path, root},
    value::{Division, TreeSize},
};
use yizhang_statement::{FORK_BYTES_MAX, ForkEvidence, ForkFault};

const SOUTH: u32 = 440_000;
const WEST: u32 = 520_000;

fn key(seed: u8) -> SigningKey {
    SigningKey::from_bytes(&[seed; 32])
}

fn public(seed: u8) -> [u8; 32] {
    key(seed).verifying_key().to_bytes()
}

fn origin(region: u32) -> Origin {
    Origin::new("test.yizhang", Division::new(region).unwrap()).unwrap()
}

/// South's chain is signed by key 1, West's by 2; West's node cosigns with 3 as a witness and 4 as a mirror.
fn roster() -> Roster {
    let cosigner = |kind: KeyKind, seed: u8| {
        let key = CosignerKey::new(&kind.name(&origin(WEST)), public(seed)).unwrap();
        vec![CosigningKey::always(key)]
    };
    let region = |code: u32, seed: u8| Region {
        endpoint: format!("https://node-{code}.example:7443"),
        keys: vec![ChainKey::always(
            NoteKey::new(origin(code).as_str(), public(seed)).unwrap(),
        )],
        witness_keys: Vec::new(),
        mirror_keys: Vec::new(),
        continuations: Vec::new(),
        origin: origin(code),
    };
    let mut west = region(WEST, 2);
    west.witness_keys = cosigner(KeyKind::Witness, 3);
    west.mirror_keys = cosigner(KeyKind::Mirror, 4);
    let code = |code: u32| Division::new(code).unwrap();
    let regions: BTreeMap<_, _> = [(code(SOUTH), region(SOUTH, 1)), (code(WEST), west)].into();
    Roster {
        federation: "test.yizhang".into(),
        version: 1,
        previous: Hash::ZERO,
        threshold: 1,
        mirrors: 0,
        roots: vec![public(9)],
        tls_authority: Vec::new(),
        regions,
    }
}

/// Leaves of a history: the same up to `common`, then others for each salt.
fn leaves(count: u8, common: u8, salt: u8) -> Vec<Hash> {
    let leaf = |number: u8| {
        let salt = if number < common { 0 } else { salt };
        hash_leaf(&[number, salt])
    };
    (0..count).map(leaf).collect()
}

fn head(leaves: &[Hash]) -> Head {
    Head {
        origin: origin(SOUTH),
        size: TreeSize(u64::try_from(leaves.len()).unwrap()),
        root: root::<Blake3Keyed>(leaves),
    }
}

fn sign(head: &Head, seed: u8) -> Vec<u8> {
    head.sign(&key(seed)).into_bytes()
}

fn two_roots() -> ForkEvidence {
    ForkEvidence {
        first: sign(&head(&leaves(7, 5, 1)), 1),
        second: sign(&head(&leaves(7, 5, 2)), 1),
        beginning: None,
    }
}

/// A head of `small` leaves of one history beside one of `large` leaves of another, which part after `common`.
fn two_sizes(small: u8, large: u8, common: u8) -> ForkEvidence {
    let other = leaves(large, common, 2);
    ForkEvidence {
        first: sign(&head(&leaves(small, common, 1)), 1),
        second: sign(&head(&other), 1),
        beginning: Some(Beginning {
            root: root::<Blake3Keyed>(&other[..small.into()]),
            path: consistency_path::<Blake3Keyed>(&other, small.into()).unwrap(),
        }),
    }
}

#[test]
fn two_roots_of_one_size_are_a_fork() {
    let evidence = two_roots();
    let bytes = evidence.to_bytes();
    assert!(bytes.len() < FORK_BYTES_MAX);
    assert_eq!(ForkEvidence::parse(&bytes).unwrap(), evidence);
    let fork = evidence.verify(&roster()).unwrap();
    assert_eq!(fork.origin, origin(SOUTH));
    assert_eq!((fork.size, fork.second_size), (TreeSize(7), TreeSize(7)));
    assert_ne!(fork.roots[0], fork.roots[1]);
    assert!(fork.cosigners.is_empty());
}

#[test]
fn heads_of_two_sizes_are_a_fork_where_the_larger_one_begins_otherwise() {
    for (small, large, common) in [(1, 2, 0), (4, 9, 3), (8, 16, 2), (5, 13, 4), (6, 255, 0)] {
        let evidence = two_sizes(small, large, common);
        let bytes = evidence.to_bytes();
        assert!(bytes.len() < FORK_BYTES_MAX);
        let evidence = ForkEvidence::parse(&bytes).unwrap();
        let fork = evidence.verify(&roster()).unwrap();
        assert_eq!(fork.size, TreeSize(small.into()), "{small} of {large}");
    }
}

#[test]
fn an_honest_chain_cannot_be_accused() {
    // The larger tree begins with the smaller one, whatever is put beside them.
    for (small, large) in [(1, 2), (4, 9), (8, 16), (5, 13)] {
        let evidence = two_sizes(small, large, small);
        let refused = evidence.verify(&roster());
        assert!(matches!(refused, Err(ForkFault::NoContradiction { .. })));
        let mut made_up = evidence.clone();
        made_up.beginning.as_mut().unwrap().root = Hash([7; 32]);
        assert!(matches!(made_up.verify(&roster()), Err(ForkFault::Path(_))));
        let untied = ForkEvidence {
            beginning: None,
            ..evidence
        };
        assert_eq!(untied.verify(&roster()), Err(ForkFault::Beginning));
    }
    let same = ForkEvidence {
        second: two_roots().first,
        ..two_roots()
    };
    assert!(matches!(
        same.verify(&roster()),
        Err(ForkFault::NoContradiction { .. })
    ));
}

#[test]
fn what_another_key_has_signed_accuses_nobody() {
    let other = head(&leaves(7, 5, 2));
    for forged in [sign(&other, 2), sign(&other, 8)] {
        let evidence = ForkEvidence {
            second: forged,
            ..two_roots()
        };
        let refused = evidence.verify(&roster());
        assert!(matches!(refused, Err(ForkFault::Head { number: 2, .. })));
    }
    // Two chains, each with one history.
    let west = Head {
        origin: origin(WEST),
        ..other
    };
    let evidence = ForkEvidence {
        second: sign(&west, 2),
        ..two_roots()
    };
    assert!(matches!(
        evidence.verify(&roster()),
        Err(ForkFault::TwoChains { .. })
    ));
    let turned = {
        let evidence = two_sizes(4, 9, 3);
        ForkEvidence {
            first: evidence.second.clone(),
            second: evidence.first.clone(),
            ..evidence
        }
    };
    assert!(matches!(
        turned.verify(&roster()),
        Err(ForkFault::Order { .. })
    ));
}

#[test]
fn a_cosigner_of_both_is_named_and_one_of_either_is_not() {
    let cosigned = |note: &[u8], kind: KeyKind, seed: u8| {
        let note = Note::parse(note).unwrap();
        let name = kind.name(&origin(WEST));
        let known = CosignerKey::new(&name, public(seed)).unwrap();
        let line = cosignature::sign(note.text, &name, &key(seed), UnixSeconds::new(5).unwrap());
        cosignature::add(&note, &known, &line).unwrap().into_bytes()
    };
    let evidence = two_roots();
    let evidence = ForkEvidence {
        first: cosigned(&evidence.first, KeyKind::Mirror, 4),
        second: cosigned(&evidence.second, KeyKind::Mirror, 4),
        beginning: None,
    };
    let evidence = ForkEvidence {
        first: cosigned(&evidence.first, KeyKind::Witness, 3),
        ..evidence
    };
    let fork = evidence.verify(&roster()).unwrap();
    assert_eq!(fork.cosigners, ["test.yizhang/520000/mirror"]);
    let bytes = evidence.to_bytes();
    assert_eq!(ForkEvidence::parse(&bytes).unwrap(), evidence);
}

#[test]
fn a_file_that_was_touched_anywhere_is_refused_or_shows_the_same() {
    for evidence in [two_roots(), two_sizes(5, 13, 4)] {
        let bytes = evidence.to_bytes();
        let shown = evidence.verify(&roster()).unwrap();
        for place in 0..bytes.len() {
            let mut touched = bytes.clone();
            touched[place] ^= 1;
            let read = ForkEvidence::parse(&touched).and_then(|read| read.verify(&roster()));
            // Base64 has no spare bits here, and no byte of the file says nothing.
            assert!(read.is_err(), "byte {place} of {shown:?}");
            assert!(ForkEvidence::parse(&bytes[..place]).is_err());
        }
    }
    let large = [two_roots().to_bytes(), vec![b'\n'; FORK_BYTES_MAX]].concat();
    assert!(matches!(
        ForkEvidence::parse(&large),
        Err(ForkFault::TooLarge { .. })
    ));
    for text in [
        "",
        "yizhang-evidence/v2\n",
        "yizhang-evidence/v1\nroot x\n",
        "yizhang-evidence/v1\nhead 9999999999999999999999\n",
        "yizhang-evidence/v1\nhead 5\nab\n",
    ] {
        let read = ForkEvidence::parse(text.as_bytes());
        assert!(matches!(read, Err(ForkFault::Form(_))), "{text:?}");
    }
}
