//! The journal stays as small as what it says, however often that changes.

use std::{fs, path::Path, time::Instant};
use tempfile::tempdir;
use yizhang_store::{CosignedEntry, JournalKind, Options, Store};

/// Chains that are cosigned, each with two keys: a federation of 34.
const CHAINS: u64 = 33;
const KEYS: u8 = 2;
/// The largest note of a head with one signature.
const NOTE_BYTES: usize = 320;

fn given(chain: u64, key: u8, size: u64) -> CosignedEntry {
    let text = format!("test.yizhang/{}\n{size}\n", 110_000 + chain);
    let mut note = text.into_bytes();
    note.resize(NOTE_BYTES, b'x');
    CosignedEntry {
        key: [key; 32],
        seconds: size,
        note,
    }
}

fn open(folder: &Path) -> Store {
    Store::open(folder, Options::new(Vec::new())).unwrap().0
}

fn bytes_of(folder: &Path) -> u64 {
    let files = fs::read_dir(folder.join("journal")).unwrap();
    files
        .map(|file| file.unwrap().metadata().unwrap().len())
        .sum()
}

/// Cosigns this many heads, and closes the store. Returns the bytes of the journal and how many entries it has.
fn cosign(folder: &Path, heads: u64) -> (u64, usize) {
    let store = open(folder);
    store
        .journal_append(JournalKind::FORK_EVIDENCE, b"kept for ever")
        .unwrap();
    for size in 1..=heads / CHAINS / u64::from(KEYS) {
        let chains = (0..CHAINS).flat_map(|chain| (0..KEYS).map(move |key| (chain, key)));
        let all: Vec<_> = chains.map(|(chain, key)| given(chain, key, size)).collect();
        store.keep_given(&all).unwrap();
    }
    store.close().unwrap();
    drop(store);
    let start = Instant::now();
    let store = open(folder);
    let entries = store.journal().unwrap().count();
    println!(
        "{heads} heads cosigned: {} bytes, {entries} entries, opened and read in {:?}",
        bytes_of(folder),
        start.elapsed()
    );
    (bytes_of(folder), entries)
}

#[test]
fn a_million_cosigned_heads_leave_a_journal_as_small_as_ten_thousand() {
    let (few, many) = (tempdir().unwrap(), tempdir().unwrap());
    cosign(few.path(), 10_000);
    let (bytes, entries) = cosign(many.path(), 1_000_000);
    let counts = CHAINS * u64::from(KEYS) * 400;
    assert!(counts < 1_024 * 1_024);
    // What counts, as much again that does not, and the write by which it was exceeded.
    assert!(bytes <= 1_024 * 1_024 + 2 * counts, "{bytes} bytes");
    assert!(entries < 4_000, "{entries} entries");
    let store = open(many.path());
    let kept = store.cosigned().unwrap().given;
    assert_eq!(kept.len() as u64, CHAINS * u64::from(KEYS));
    assert!(kept.iter().all(|entry| entry.seconds == 15_151));
    let evidence = store.journal().unwrap().map(Result::unwrap);
    let evidence = evidence.filter(|entry| entry.kind == JournalKind::FORK_EVIDENCE);
    assert_eq!(evidence.count(), 1);
}

#[test]
fn heads_with_lines_are_read_back_and_the_newest_of_a_chain_alone() {
    let folder = tempdir().unwrap();
    let note = |chain: u32, size: u32| format!("test.yizhang/{chain}\n{size}\nlines").into_bytes();
    let store = open(folder.path());
    store
        .keep_received(&[vec![note(1, 5), note(1, 3)], vec![note(2, 1)]])
        .unwrap();
    store.keep_received(&[vec![note(1, 6)]]).unwrap();
    store.close().unwrap();
    drop(store);
    let store = open(folder.path());
    let kept = store.cosigned().unwrap();
    assert_eq!(kept.received, [note(1, 6), note(2, 1)]);
    assert_eq!(kept.given, []);
}
