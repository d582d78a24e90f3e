//! What a chain has behind a size, set aside: the chain is then as it was at that size, nothing is thrown away, and a crash in the middle
//! leaves one or the other.

use crate::federation::{World, copy};
use std::{fs, path::Path, sync::Arc};
use tempfile::{TempDir, tempdir};
use yizhang_ledger::{head::Origin, value::TreeSize};
use yizhang_store::{Faults, JournalKind, SetAside, Store, StoreError, set_aside};

/// A chain of so many batches in a directory, written as the random numbers of a seed say, so that one of fewer batches is its beginning.
fn chain_of(seed: u64, batches: usize) -> (TempDir, World) {
    let folder = tempdir().unwrap();
    let mut world = World::new(seed, 1);
    let store = world.open(folder.path());
    world.random_work(&store, batches);
    store.close().unwrap();
    (folder, world)
}

fn what(origin: &Origin, kept: TreeSize) -> SetAside {
    SetAside {
        origin: origin.clone(),
        kept,
        goes_on_from: kept,
    }
}

/// The store is that of a model, and goes on as one.
fn goes_on(folder: &Path, world: &mut World) {
    let store = world.open(folder);
    world.settle(&store);
    world.check(&store, 2);
    assert_eq!(store.lost_size(&world.chains[0].origin).unwrap().0, 0);
    world.random_work(&store, 3);
    world.check(&store, 2);
    store.close().unwrap();
    world.check_nothing_wrong(folder, store);
}

fn segments(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let entries = fs::read_dir(folder).unwrap().map(Result::unwrap);
    let files = entries.map(|entry| {
        let name = entry.file_name().into_string().unwrap();
        (name, fs::read(entry.path()).unwrap())
    });
    let mut files: Vec<_> = files.collect();
    files.sort();
    files
}

#[test]
fn a_chain_is_what_it_was_at_a_size_and_nothing_is_thrown_away() {
    const SEED: u64 = 20_261_130;
    let batches = 9;
    for kept in 0..=batches {
        let (folder, longer) = chain_of(SEED, batches);
        let (_, mut shorter) = chain_of(SEED, kept);
        let origin = longer.chains[0].origin.clone();
        let region = origin.region();
        let chain = folder.path().join(format!("chains/{region}"));
        let before = segments(&chain);
        let size = shorter.chains[0].state.size();
        let aside = set_aside(folder.path(), &what(&origin, size), None).unwrap();
        assert_eq!(
            aside,
            folder.path().join(format!("set-aside/{region}-1")),
            "seed {SEED}, {kept} batches"
        );
        // Whatever is not in the chain any more lies there, whole.
        let after = segments(&chain);
        let moved = segments(&aside);
        for file in &before {
            assert!(
                after.contains(file) || moved.contains(file),
                "seed {SEED}, {kept} batches: {}",
                file.0
            );
        }
        goes_on(folder.path(), &mut shorter);
    }
}

#[test]
fn a_size_at_which_no_batch_ends_changes_nothing() {
    let (folder, mut world) = chain_of(7, 4);
    let origin = world.chains[0].origin.clone();
    let size = world.chains[0].state.size();
    for wrong in [1, size.0 - 1, size.0 + 1] {
        let refused = set_aside(folder.path(), &what(&origin, TreeSize(wrong)), None);
        assert!(
            matches!(refused, Err(StoreError::NoBatchStarts { .. })),
            "{wrong}: {refused:?}"
        );
    }
    let store = world.open(folder.path());
    let held = set_aside(folder.path(), &what(&origin, TreeSize(0)), None);
    assert!(matches!(held, Err(StoreError::InUse { .. })), "{held:?}");
    store.close().unwrap();
    drop(store);
    assert!(!folder.path().join("set-aside").exists());
    goes_on(folder.path(), &mut world);
}

#[test]
fn a_crash_anywhere_leaves_the_chain_as_it_was_or_cut() {
    const SEED: u64 = 11;
    let (whole, longer) = chain_of(SEED, 7);
    let (_, shorter) = chain_of(SEED, 3);
    let origin = longer.chains[0].origin.clone();
    let (all, size) = (
        longer.chains[0].state.size(),
        shorter.chains[0].state.size(),
    );
    let mut step = 0;
    let mut as_before = 0;
    loop {
        step += 1;
        let folder = tempdir().unwrap();
        copy(whole.path(), folder.path());
        let faults = Arc::new(Faults::at(step));
        let done = set_aside(
            folder.path(),
            &what(&origin, size),
            Some(Arc::clone(&faults)),
        );
        if done.is_ok() {
            break;
        }
        let (store, opened) = Store::open(folder.path(), longer.tiny()).unwrap();
        let found = store.size(&origin).unwrap();
        assert!(
            [all, size].contains(&found),
            "step {step}: {found}, {opened}"
        );
        drop(store);
        if found == all {
            as_before += 1;
            set_aside(folder.path(), &what(&origin, size), None).unwrap();
        }
        let (_, mut model) = chain_of(SEED, 3);
        goes_on(folder.path(), &mut model);
    }
    assert!(as_before > 0 && step > as_before + 5, "{step} {as_before}");
}

#[test]
fn what_was_set_aside_is_missed_by_nobody() {
    let (folder, world) = chain_of(3, 5);
    let origin = world.chains[0].origin.clone();
    let (_, mut shorter) = chain_of(3, 2);
    let size = shorter.chains[0].state.size();
    {
        // The files are found to hold less once, and are whole again: the journal has it.
        let store = world.open(folder.path());
        let lost = [
            &(size.0 + 100).to_le_bytes()[..],
            origin.as_str().as_bytes(),
        ]
        .concat();
        store.journal_append(JournalKind::SIZE_LOST, &lost).unwrap();
        assert_eq!(store.lost_size(&origin).unwrap().0, size.0 + 100);
        store.close().unwrap();
    }
    set_aside(folder.path(), &what(&origin, size), None).unwrap();
    let store = shorter.open(folder.path());
    assert_eq!(store.lost_size(&origin).unwrap(), size);
    assert_eq!(store.goes_on_from(&origin).unwrap(), Some(size));
    shorter.check(&store, 2);
    store.close().unwrap();
    shorter.check_nothing_wrong(folder.path(), store);
}
