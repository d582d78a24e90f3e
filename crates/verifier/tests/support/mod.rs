//! A small federation: files that hold, and rosters that they hold under.

use ed25519_dalek::SigningKey;
use std::collections::BTreeMap;
use yizhang_ledger::{
    batch::SubmissionId,
    cosignature::{self, CosignerKey, UnixSeconds},
    hash::{Blake3Keyed, Hash, hash_leaf},
    head::{Head, Origin},
    note::{self, Note, NoteKey},
    range::{LeafRange, RangeProof, Span},
    roster::{ChainKey, CosigningKey, KeyKind, Region, Roster, root_key_name},
    tree::root,
    value::{Division, LeafIndex, TreeSize},
};
use yizhang_statement::{ForkEvidence, ReceiptFile};

pub(crate) const SOUTH: u32 = 440_000;
pub(crate) const WEST: u32 = 520_000;
const FEDERATION: &str = "test.yizhang";
const ROOT_KEY: u8 = 9;
const SOUTH_KEY: u8 = 1;
const MIRROR_KEY: u8 = 4;
/// 2026-10-31 00:00:00 UTC.
const SIGNED_AT: u64 = 1_793_404_800;

fn key(seed: u8) -> SigningKey {
    SigningKey::from_bytes(&[seed; 32])
}

fn public(seed: u8) -> [u8; 32] {
    key(seed).verifying_key().to_bytes()
}

fn origin(region: u32) -> Origin {
    Origin::new(FEDERATION, Division::new(region).unwrap()).unwrap()
}

/// The first version of the roster: South's chain, and West's, whose node is a mirror.
pub(crate) fn roster() -> Roster {
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
    let name = KeyKind::Mirror.name(&origin(WEST));
    let mirror = CosignerKey::new(&name, public(MIRROR_KEY)).unwrap();
    west.mirror_keys = vec![CosigningKey::always(mirror)];
    let code = |code: u32| Division::new(code).unwrap();
    let south = region(SOUTH, SOUTH_KEY);
    Roster {
        federation: FEDERATION.into(),
        version: 1,
        previous: Hash::ZERO,
        threshold: 1,
        mirrors: 1,
        roots: vec![public(ROOT_KEY)],
        tls_authority: vec![1, 2, 3],
        regions: BTreeMap::from([(code(SOUTH), south), (code(WEST), west)]),
    }
}

/// The roster after another one, with another number of mirrors.
pub(crate) fn next_roster(before: &Roster, mirrors: u8) -> Roster {
    Roster {
        version: before.version + 1,
        previous: before.hash(),
        mirrors,
        ..before.clone()
    }
}

/// A roster as the root key signs it.
pub(crate) fn signed(roster: &Roster) -> Vec<u8> {
    signed_by(roster, ROOT_KEY)
}

pub(crate) fn signed_by(roster: &Roster, seed: u8) -> Vec<u8> {
    note::sign(&roster.text(), &root_key_name(FEDERATION), &key(seed)).into_bytes()
}

fn leaves(count: u8, salt: u8) -> Vec<Hash> {
    (0..count)
        .map(|number| hash_leaf(&[number, if number < 5 { 0 } else { salt }]))
        .collect()
}

fn head(leaves: &[Hash]) -> Vec<u8> {
    let head = Head {
        origin: origin(SOUTH),
        size: TreeSize(u64::try_from(leaves.len()).unwrap()),
        root: root::<Blake3Keyed>(leaves),
    };
    head.sign(&key(SOUTH_KEY)).into_bytes()
}

fn mirrored(note: &[u8]) -> Vec<u8> {
    let note = Note::parse(note).unwrap();
    let name = KeyKind::Mirror.name(&origin(WEST));
    let known = CosignerKey::new(&name, public(MIRROR_KEY)).unwrap();
    let time = UnixSeconds::new(SIGNED_AT).unwrap();
    let line = cosignature::sign(note.text, &name, &key(MIRROR_KEY), time);
    cosignature::add(&note, &known, &line).unwrap().into_bytes()
}

/// A receipt for records 2 to 5 of South's chain of eight, which West's node mirrors.
pub(crate) fn receipt() -> Vec<u8> {
    receipt_under(1)
}

/// The same, kept under a version of the roster.
pub(crate) fn receipt_under(version: u64) -> Vec<u8> {
    let leaves = leaves(8, 1);
    let spans = LeafRange { first: 2, end: 6 }.spans(8).unwrap();
    let hashes = |spans: &[Span]| {
        let bounds = |span: &Span| [span.low, span.high].map(|at| usize::try_from(at).unwrap());
        let hash = |span: &Span| {
            let [low, high] = bounds(span);
            root::<Blake3Keyed>(&leaves[low..high])
        };
        spans.iter().map(hash).collect()
    };
    let receipt = ReceiptFile {
        submission: SubmissionId([0x5A; 16]),
        first: LeafIndex(2),
        records: 4,
        roster: version,
        proof: RangeProof {
            inside: hashes(&spans.inside),
            outside: hashes(&spans.outside),
        },
        head: mirrored(&head(&leaves)),
    };
    receipt.to_bytes()
}

/// Evidence that South's key has signed two histories of seven entries.
pub(crate) fn evidence() -> Vec<u8> {
    let evidence = ForkEvidence {
        first: head(&leaves(7, 1)),
        second: head(&leaves(7, 2)),
        beginning: None,
    };
    evidence.to_bytes()
}

/// A file of which one signed byte has been changed: the last digit of the last root in it.
pub(crate) fn mutated(file: &[u8]) -> Vec<u8> {
    let mut bytes = file.to_vec();
    let text = bytes
        .windows(4)
        .rposition(|window| window == "\n\n\u{2014}".as_bytes().get(..4).unwrap())
        .unwrap();
    let digit = &mut bytes[text - 3];
    *digit = if *digit == b'A' { b'B' } else { b'A' };
    bytes
}
