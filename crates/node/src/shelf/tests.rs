//! Two versions with one number: what shows that the root keys have signed both, what does not, and what is kept of it.

use super::*;
use ed25519_dalek::SigningKey;
use std::collections::BTreeMap;
use yizhang_ledger::{note, roster::root_key_name};

const FEDERATION: &str = "test.yizhang";

fn key(seed: u8) -> SigningKey {
    SigningKey::from_bytes(&[seed; 32])
}

/// A version behind another, or the first; told from others of its number by how many mirrors it asks for.
fn roster(previous: Option<&Roster>, mirrors: u8) -> Roster {
    Roster {
        federation: FEDERATION.into(),
        version: previous.map_or(1, |previous| previous.version + 1),
        previous: previous.map_or(Hash::ZERO, Roster::hash),
        threshold: 1,
        mirrors,
        roots: vec![key(1).verifying_key().to_bytes()],
        tls_authority: vec![],
        regions: BTreeMap::new(),
    }
}

fn signed_by(roster: &Roster, seed: u8) -> Vec<u8> {
    let name = root_key_name(&roster.federation);
    note::sign(&roster.text(), &name, &key(seed)).into_bytes()
}

fn signed(roster: &Roster) -> Vec<u8> {
    signed_by(roster, 1)
}

fn open(directory: &Path) -> Shelf {
    let first = roster(None, 0);
    let note = signed(&first);
    Shelf::open(directory, first, note).unwrap()
}

/// A shelf with two versions.
fn shelf(directory: &Path) -> (Shelf, Roster) {
    let mut shelf = open(directory);
    let second = roster(Some(shelf.newest()), 0);
    assert_eq!(shelf.take(&signed(&second)).unwrap(), Taken::New);
    (shelf, second)
}

#[test]
fn another_version_that_the_root_keys_have_signed_is_kept_beside_the_one_here_and_read_again() {
    let folder = tempfile::tempdir().unwrap();
    let (mut shelf, second) = shelf(folder.path());
    let first = roster(None, 0);
    let others = [roster(Some(&first), 1), roster(None, 1)];
    for (other, held) in others.iter().zip([&second, &first]) {
        let twice = SignedTwice {
            version: held.version,
            held: held.hash(),
            other: other.hash(),
        };
        let note = signed(other);
        assert_eq!(shelf.contradiction(&note), Some(twice));
        assert_eq!(shelf.keep_other(&note).unwrap(), Some(twice));
        assert_eq!(shelf.keep_other(&note).unwrap(), None, "it is kept once");
    }
    assert_eq!(shelf.newest().hash(), second.hash());
    let again = open(folder.path());
    assert_eq!(again.newest().hash(), second.hash());
    let kept: Vec<_> = again.notes_signed_twice().collect();
    let [of_first, of_second] = &kept[..] else {
        panic!("two expected")
    };
    assert_eq!(of_first.1, [&signed(&first)[..], &signed(&others[1])]);
    assert_eq!(of_second.1, [&signed(&second)[..], &signed(&others[0])]);
    // So many at most; a file that says nothing is passed over.
    let mut shelf = again;
    for mirrors in 2..9 {
        shelf.keep_other(&signed(&roster(None, mirrors))).unwrap();
    }
    assert_eq!(shelf.signed_twice().count(), OTHERS_MAX);
    for name in other_names(&folder.path().join(FOLDER)).unwrap() {
        fs::write(folder.path().join(FOLDER).join(name), b"nonsense").unwrap();
    }
    assert_eq!(open(folder.path()).signed_twice().count(), 0);
}

#[test]
fn what_the_root_keys_have_not_signed_with_a_number_that_is_here_contradicts_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let (mut shelf, second) = shelf(folder.path());
    let first = roster(None, 0);
    let mut abroad = roster(None, 1);
    abroad.federation = "other.yizhang".into();
    let nothing = [
        signed(&first),
        signed(&second),
        signed_by(&roster(Some(&first), 1), 2),
        signed_by(&roster(None, 1), 2),
        signed(&abroad),
        // It follows from another first version.
        signed(&roster(Some(&roster(None, 1)), 1)),
        // Its number is not here yet.
        signed(&roster(Some(&second), 1)),
        b"nonsense".to_vec(),
    ];
    for (number, note) in nothing.iter().enumerate() {
        assert_eq!(shelf.contradiction(note), None, "{number}");
        assert_eq!(shelf.keep_other(note).unwrap(), None, "{number}");
    }
    assert_eq!(shelf.signed_twice().count(), 0);
}

#[test]
fn two_notes_contradict_each_other_also_for_whoever_has_neither() {
    let folder = tempfile::tempdir().unwrap();
    let shelf = open(folder.path());
    let first = roster(None, 0);
    let [one, other] = [0, 1].map(|mirrors| signed(&roster(Some(&first), mirrors)));
    let twice = shelf.contradict(&one, &other).unwrap();
    assert_eq!(twice.version, 2);
    assert_ne!(twice.held, twice.other);
    assert_eq!(shelf.contradict(&one, &one), None);
    assert_eq!(shelf.contradict(&one, &signed(&first)), None);
    let forged = signed_by(&roster(Some(&first), 1), 2);
    assert_eq!(shelf.contradict(&one, &forged), None);
}
