//! What is put in comes out, from every door, before and after opening again.

use crate::federation::World;
use tempfile::tempdir;
use yizhang_ledger::{hash::hash_leaf, tree::verify_inclusion, value::LeafIndex};
use yizhang_store::{Family, IndexOpened, JournalKind, Options, Store, StoreError};

#[test]
fn everything_put_in_comes_out_of_every_door() {
    let mut world = World::new(1, 3);
    let folder = tempdir().unwrap();
    let store = world.open(folder.path());
    for _ in 0..6 {
        world.random_work(&store, 8);
        world.check(&store, 3);
    }
}

#[test]
fn a_closed_store_opens_with_nothing_to_replay() {
    let mut world = World::new(2, 2);
    let folder = tempdir().unwrap();
    let (store, opened) = Store::open(folder.path(), world.tiny()).unwrap();
    assert_eq!(opened.index, IndexOpened::New);
    world.random_work(&store, 20);
    store.close().unwrap();
    assert!(matches!(store.flush(), Err(StoreError::Stopped { .. })));
    drop(store);
    let (store, opened) = Store::open(folder.path(), world.tiny()).unwrap();
    assert!(opened.is_fine(), "{opened}");
    assert!(
        opened.chains.iter().all(|chain| chain.replayed == 0),
        "{opened}"
    );
    world.check(&store, 4);
    world.random_work(&store, 10);
    world.check(&store, 2);
}

#[test]
fn a_dropped_store_opens_with_everything() {
    let mut world = World::new(3, 3);
    let folder = tempdir().unwrap();
    for round in 0..8 {
        let (store, opened) = Store::open(folder.path(), world.tiny()).unwrap();
        assert!(round == 0 || opened.is_fine(), "{opened}");
        world.settle(&store);
        world.check(&store, 1);
        world.random_work(&store, 10);
        if round % 3 == 0 {
            store.flush().unwrap();
        }
    }
}

#[test]
fn batches_of_one_record_and_of_many_live_in_one_chain() {
    let mut world = World::new(4, 1);
    let folder = tempdir().unwrap();
    let store = Store::open(
        folder.path(),
        Options {
            table_entries: 3_000,
            ..world.options()
        },
    )
    .unwrap()
    .0;
    for _ in 0..150 {
        world.append(&store, 0, &[1]);
    }
    world.append(&store, 0, &[5_000, 3_000, 1]);
    world.append(&store, 0, &[1]);
    world.append(&store, 0, &[2; 200]);
    world.check(&store, 2);
}

#[test]
fn the_head_is_missing_between_persist_and_note_head_only() {
    let mut world = World::new(5, 1);
    let folder = tempdir().unwrap();
    let store = world.open(folder.path());
    world.append(&store, 0, &[3]);
    let origin = world.chains[0].origin.clone();
    let (size, first_head) = store.newest_head(&origin).unwrap().unwrap();
    let extension = world.prepare(0, &[2]);
    store.persist(&origin, &[(&extension, None)]).unwrap();
    assert_eq!(store.head(&origin), None);
    assert_eq!(
        store.newest_head(&origin).unwrap(),
        Some((size, first_head))
    );
    assert_eq!(
        store
            .batches(&origin, yizhang_ledger::value::TreeSize(0))
            .unwrap()
            .count(),
        1
    );
    let next = world.prepare(0, &[2]);
    assert!(matches!(
        store.persist(&origin, &[(&next, None)]),
        Err(StoreError::HeadMissing { .. })
    ));
    let wrong = world.chains[0].sign(next.after());
    assert!(matches!(
        store.note_head(&origin, &wrong),
        Err(StoreError::HeadMismatch { .. })
    ));
    drop(store);
    let store = world.open(folder.path());
    assert_eq!(store.head(&origin), None);
    world.settle(&store);
    world.check(&store, 2);
}

/// Found by chance by the kill test: the reader stops before a batch without head also where that batch starts a file.
#[test]
fn a_last_batch_without_head_that_starts_a_file_is_not_handed_out() {
    let mut world = World::new(10, 1);
    let folder = tempdir().unwrap();
    let store = Store::open(
        folder.path(),
        Options {
            segment_bytes: 1,
            ..world.options()
        },
    )
    .unwrap()
    .0;
    world.append(&store, 0, &[3]);
    world.append(&store, 0, &[3]);
    let origin = world.chains[0].origin.clone();
    let extension = world.prepare(0, &[2]);
    store.persist(&origin, &[(&extension, None)]).unwrap();
    let read: Result<Vec<_>, _> = store
        .batches(&origin, yizhang_ledger::value::TreeSize(0))
        .unwrap()
        .collect();
    assert_eq!(read.unwrap().len(), 2);
    world.settle(&store);
    world.check(&store, 3);
}

#[test]
fn refuses_what_does_not_follow_and_stores_nothing_of_it() {
    let mut world = World::new(6, 2);
    let folder = tempdir().unwrap();
    let store = world.open(folder.path());
    world.append(&store, 0, &[3]);
    let (own, other) = (
        world.chains[0].origin.clone(),
        world.chains[1].origin.clone(),
    );
    let first = world.prepare(0, &[1]);
    let second = world.prepare(0, &[1]);
    let note = world.chains[0].sign(first.after());
    for (origin, group) in [
        (&own, vec![(&second, None)]),
        (&own, vec![(&first, Some(note.as_slice())), (&first, None)]),
        (&other, vec![(&first, None)]),
    ] {
        let error = store.persist(origin, &group).unwrap_err();
        assert!(matches!(error, StoreError::DoesNotFollow { .. }), "{error}");
        assert_eq!(error.family(), Family::Invalid);
    }
    let error = store
        .persist(&own, &[(&first, None), (&second, None)])
        .unwrap_err();
    assert!(matches!(error, StoreError::HeadMissing { .. }), "{error}");
    let error = store
        .persist(&own, &[(&second, Some(note.as_slice()))])
        .unwrap_err();
    assert!(matches!(error, StoreError::DoesNotFollow { .. }), "{error}");
    world.chains[0].pending.clear();
    world.check(&store, 1);
}

#[test]
fn the_journal_keeps_facts_in_order() {
    let world = World::new(7, 1);
    let folder = tempdir().unwrap();
    let mut facts = Vec::new();
    for round in 0..3_u8 {
        let store = world.open(folder.path());
        let read: Vec<_> = store
            .journal()
            .unwrap()
            .map(|entry| entry.unwrap().bytes)
            .collect();
        assert_eq!(read, facts);
        for number in 0..5_u8 {
            let fact = vec![round; usize::from(number) * 100];
            store.journal_append(JournalKind(number), &fact).unwrap();
            facts.push(fact);
        }
        let large = vec![0; yizhang_store::JOURNAL_ENTRY_BYTES_MAX + 1];
        assert!(matches!(
            store.journal_append(JournalKind::ROSTER, &large),
            Err(StoreError::JournalEntryTooLarge { .. })
        ));
    }
}

#[test]
fn one_directory_is_open_once() {
    let world = World::new(8, 1);
    let folder = tempdir().unwrap();
    let store = world.open(folder.path());
    for _ in 0..2 {
        let error = Store::open(folder.path(), world.tiny()).unwrap_err();
        assert!(matches!(error, StoreError::InUse { .. }), "{error}");
    }
    assert!(matches!(
        yizhang_store::check(folder.path(), &|_| {}),
        Err(StoreError::InUse { .. })
    ));
    drop(store);
    drop(world.open(folder.path()));
}

#[test]
fn chains_may_be_added_later_but_never_take_anothers_place() {
    let mut world = World::new(9, 3);
    let folder = tempdir().unwrap();
    let mut options = world.tiny();
    let late = options.origins.split_off(1);
    let store = Store::open(folder.path(), options.clone()).unwrap().0;
    world.append(&store, 0, &[4]);
    store.close().unwrap();
    drop(store);
    options.origins = late;
    let store = Store::open(folder.path(), options).unwrap().0;
    world.random_work(&store, 10);
    world.check(&store, 1);
    drop(store);
    let other = yizhang_ledger::head::Origin::parse("other.yizhang/110000").unwrap();
    let error = Store::open(folder.path(), Options::new(vec![other])).unwrap_err();
    assert!(matches!(error, StoreError::RegionTaken { .. }), "{error}");
}

#[test]
fn checks_side_by_side_in_one_process_do_not_disturb_one_another() {
    let folders: Vec<_> = (0..4).map(|_| tempdir().unwrap()).collect();
    for (seed, folder) in (70..).zip(&folders) {
        let mut world = World::new(seed, 2);
        let store = world.open(folder.path());
        world.random_work(&store, 8);
        store.close().unwrap();
    }
    std::thread::scope(|scope| {
        for folder in &folders {
            scope.spawn(|| {
                for _ in 0..5 {
                    let report = yizhang_store::check(folder.path(), &|_| {}).unwrap();
                    assert!(report.findings.is_empty(), "{:?}", report.findings);
                }
            });
        }
    });
}

#[test]
fn proofs_come_in_the_order_asked_for() {
    let mut world = World::new(59, 1);
    let folder = tempdir().unwrap();
    let store = world.open(folder.path());
    // Two full rows of 128 nodes and a part of a third, an open block at the end.
    for records in [8_000, 8_000, 1_033] {
        world.append(&store, 0, &[records]);
    }
    let (origin, size) = (world.chains[0].origin.clone(), world.chains[0].state.size());
    let head = world.head(0, size.0);
    let last = LeafIndex(size.0 - 1);
    let edges = [
        last,
        LeafIndex(8_192),
        LeafIndex(8_191),
        LeafIndex(63),
        LeafIndex(64),
        last,
        LeafIndex(0),
        last,
    ];
    let strides = (0..size.0).rev().step_by(977).map(LeafIndex);
    let indexes: Vec<LeafIndex> = edges.into_iter().chain(strides).collect();
    let proofs = store.proofs(&origin, &indexes, size).unwrap();
    assert_eq!(proofs.len(), indexes.len());
    for (index, proof) in indexes.iter().zip(&proofs) {
        assert_eq!(
            proof.entry,
            world.chains[0].leaves[usize::try_from(index.0).unwrap()]
        );
        assert_eq!(*proof, store.proof(&origin, *index, size).unwrap());
        let leaf = hash_leaf(&proof.entry);
        let proved = verify_inclusion(&leaf, index.0, size.0, &proof.path, &head.root);
        assert_eq!(proved, Ok(()), "{index}");
    }
    let beyond = store.proofs(&origin, &[last, LeafIndex(size.0), LeafIndex(0)], size);
    assert!(matches!(beyond, Err(StoreError::NoSuchLeaf { index, .. }) if index.0 == size.0));
}

#[test]
fn records_come_in_the_order_asked_for_however_many_and_wherever_they_lie() {
    let mut world = World::new(61, 1);
    let folder = tempdir().unwrap();
    let store = world.open(folder.path());
    for records in [1, 9_000, 3, 1, 1, 1, 700, 16_000, 2] {
        world.append(&store, 0, &[records]);
    }
    let chain = &world.chains[0];
    let size = chain.state.size().0;
    let last = LeafIndex(size - 1);
    let check = |indexes: &[LeafIndex]| {
        let records = store.records(&chain.origin, indexes).unwrap();
        assert_eq!(records.len(), indexes.len());
        for (index, record) in indexes.iter().zip(&records) {
            assert_eq!(*record, chain.leaves[usize::try_from(index.0).unwrap()]);
        }
    };
    check(&[]);
    check(&[last]);
    check(&[last, LeafIndex(0), last, LeafIndex(1), LeafIndex(9_001)]);
    for stride in [1, 7, 16, 17, 40, 977] {
        let mut indexes: Vec<LeafIndex> = (0..size).rev().step_by(stride).map(LeafIndex).collect();
        check(&indexes);
        let third = indexes.len() / 3;
        indexes.rotate_left(third);
        check(&indexes);
    }
    let beyond = store.records(&chain.origin, &[LeafIndex(0), LeafIndex(size)]);
    assert!(matches!(beyond, Err(StoreError::NoSuchLeaf { index, .. }) if index.0 == size));
}
