//! Backups beside a writer, from directories that are cut in other places, and from such as are wrong.

use crate::federation::{self, World};
use std::{
    fs,
    path::Path,
    sync::atomic::{AtomicBool, Ordering},
    thread,
};
use tempfile::tempdir;
use yizhang_ledger::{Invalid, head::Head, value::UnixMillis};
use yizhang_store::{
    BackupError, BackupFinding, BackupReport, CosignedEntry, Options, Store, Watch, back_up,
    restore,
};

const NOW: UnixMillis = UnixMillis(1_796_000_000_000);

fn save(world: &World, data: &Path, to: &Path) -> Result<BackupReport, BackupError> {
    save_with(
        data,
        to,
        &|note| Head::open(note, &world.roster).map(|_| ()),
        world,
    )
}

fn save_with(
    data: &Path,
    to: &Path,
    signed: &dyn Fn(&[u8]) -> Result<(), Invalid>,
    world: &World,
) -> Result<BackupReport, BackupError> {
    let watch = Watch {
        progress: &|_| {},
        signed,
    };
    back_up(data, &world.origins()[0], to, NOW, &watch)
}

/// Restores a backup into a new place, and opens it.
fn restored(world: &World, from: &Path, at: &Path) -> Store {
    let watch = Watch {
        progress: &|_| {},
        signed: &|note| Head::open(note, &world.roster).map(|_| ()),
    };
    restore(from, &world.origins()[0], at, &watch).unwrap();
    let (store, opened) = Store::open(at, Options::new(world.origins())).unwrap();
    let is_sound = opened.chains.iter().all(|chain| chain.damage.is_none());
    assert!(is_sound && opened.journal.is_none(), "{opened}");
    store
}

fn given(size: u64) -> CosignedEntry {
    let mut note = format!("test.yizhang/110000\n{size}\n").into_bytes();
    note.resize(320, b'x');
    CosignedEntry {
        key: [7; 32],
        seconds: size,
        note,
    }
}

#[test]
fn a_backup_beside_a_writer_holds_the_beginning_of_every_chain_and_a_whole_journal() {
    let folder = tempdir().unwrap();
    let (data, backup) = (folder.path().join("data"), folder.path().join("backup"));
    let mut world = World::new(19, 2);
    let options = Options {
        // The journal is written anew at every few entries.
        journal_slack_bytes: 1,
        ..world.tiny()
    };
    let (store, _) = Store::open(&data, options).unwrap();
    world.random_work(&store, 10);
    let judge = World::new(19, 2);
    let is_done = AtomicBool::new(false);
    let reports = thread::scope(|scope| {
        let writer = scope.spawn(|| {
            let mut size = 0;
            while !is_done.load(Ordering::Relaxed) {
                world.random_work(&store, 3);
                for _ in 0..20 {
                    size += 1;
                    store.keep_given(&[given(size)]).unwrap();
                }
            }
            size
        });
        let mut reports = Vec::new();
        for round in 0..25 {
            let report = save(&judge, &data, &backup).unwrap();
            assert!(report.findings.is_empty(), "{:?}", report.findings);
            assert!(report.journal_entries <= 1, "{}", report.journal_entries);
            let at = folder.path().join(format!("restored-{round}"));
            let copy = restored(&judge, &backup, &at);
            for taken in &report.chains {
                assert_eq!(copy.size(&taken.origin), Some(taken.size));
                let root = copy.state(&taken.origin).unwrap().head().root;
                let there = store.root_at(&taken.origin, taken.size).unwrap();
                assert_eq!(Some(root), there);
            }
            reports.push(report);
        }
        is_done.store(true, Ordering::Relaxed);
        assert!(writer.join().unwrap() > 0);
        reports
    });
    for (before, after) in reports.iter().zip(reports.iter().skip(1)) {
        for (one, next) in before.chains.iter().zip(&after.chains) {
            assert_eq!(one.size, next.before);
        }
    }
    let (first, last) = (&reports[0].chains[0], &reports[24].chains[0]);
    assert!(first.size < last.size);
}

#[test]
fn a_chain_that_was_fetched_again_goes_on_although_its_files_are_cut_in_other_places() {
    let folder = tempdir().unwrap();
    let (first, second) = (folder.path().join("first"), folder.path().join("second"));
    let backup = folder.path().join("backup");
    let mut world = World::new(20, 1);
    let origin = world.origins()[0].clone();
    let small = world.open(&first);
    world.random_work(&small, 60);
    let early = save(&world, &first, &backup).unwrap().chains[0].size;
    // The same chain in files of another size.
    let (large, _) = Store::open(&second, world.options()).unwrap();
    let whole = |from: &Store, to: &Store| {
        let at = to.size(&origin).unwrap();
        for stored in from.batches(&origin, at).unwrap() {
            let (batch, head) = stored.unwrap();
            let state = to.state(&origin).unwrap();
            let batch = yizhang_ledger::batch::Batch::parse(batch).unwrap();
            let extension = state.follow(batch).unwrap();
            to.persist(&origin, &[(&extension, Some(&head))]).unwrap();
        }
    };
    whole(&small, &large);
    world.random_work(&small, 60);
    small.flush().unwrap();
    whole(&small, &large);
    let report = save(&world, &second, &backup).unwrap();
    assert!(report.findings.is_empty(), "{:?}", report.findings);
    let taken = &report.chains[0];
    assert_eq!(taken.before, early);
    assert!(taken.size > early);
    let copy = restored(&world, &backup, &folder.path().join("restored"));
    assert_eq!(copy.size(&origin), Some(taken.size));
}

#[test]
fn a_node_with_less_with_another_history_or_with_damage_is_named_and_the_backup_stays() {
    let folder = tempdir().unwrap();
    let (data, backup) = (folder.path().join("data"), folder.path().join("backup"));
    let mut world = World::new(21, 1);
    let origin = world.origins()[0].clone();
    let store = world.open(&data);
    world.random_work(&store, 20);
    let early = folder.path().join("early");
    store.flush().unwrap();
    federation::copy(&data, &early);
    world.random_work(&store, 40);
    store.close().unwrap();
    drop(store);
    let size = save(&world, &data, &backup).unwrap().chains[0].size;

    let shorter = save(&world, &early, &backup).unwrap();
    let is_named = |finding: &BackupFinding| matches!(finding, BackupFinding::Shorter { .. });
    assert!(shorter.findings.iter().all(is_named) && shorter.findings.len() == 1);
    assert_eq!(shorter.chains[0].size, size);

    // One that has grown in another way. Its batches end elsewhere or have other links.
    let mut other = World::new(23, 1);
    let beside = folder.path().join("beside");
    let twin = other.open(&beside);
    other.random_work(&twin, 90);
    twin.close().unwrap();
    drop(twin);
    let report = save(&world, &beside, &backup).unwrap();
    assert_eq!(report.chains[0].size, size);
    assert_eq!(report.findings.len(), 1, "{:?}", report.findings);

    // Damage on the disk of the node, in what is not backed up yet.
    let fresh = folder.path().join("fresh");
    let files = fs::read_dir(data.join("chains/110000")).unwrap();
    let mut files: Vec<_> = files.map(|file| file.unwrap().path()).collect();
    files.sort();
    let middle = &files[files.len() / 2];
    let mut bytes = fs::read(middle).unwrap();
    bytes[1_000] ^= 1;
    fs::write(middle, bytes).unwrap();
    let report = save(&world, &data, &fresh).unwrap();
    let [BackupFinding::Source(damage)] = report.findings.as_slice() else {
        panic!("{:?}", report.findings);
    };
    assert_eq!(damage.file, *middle);
    assert!(0 < report.chains[0].size.0 && report.chains[0].size < size);
    let copy = restored(&world, &fresh, &folder.path().join("restored"));
    assert_eq!(copy.size(&origin), Some(report.chains[0].size));
}

#[test]
fn a_backup_that_was_cut_at_its_very_beginning_is_begun_again_and_a_folder_of_others_is_not_touched()
 {
    let folder = tempdir().unwrap();
    let data = folder.path().join("data");
    let mut world = World::new(24, 1);
    let store = world.open(&data);
    world.random_work(&store, 10);
    store.close().unwrap();
    for (names, is_taken) in [
        (&["LOCK"][..], true),
        (&["LOCK", "backup.new"], true),
        (&["LOCK", "letter"], false),
        (&["backup.old"], false),
    ] {
        let to = folder.path().join(names.join("-"));
        fs::create_dir(&to).unwrap();
        for name in names {
            fs::write(to.join(name), "").unwrap();
        }
        let saved = save(&world, &data, &to);
        assert_eq!(saved.is_ok(), is_taken, "{names:?}");
        let there = fs::read_dir(&to).unwrap().count();
        assert!(is_taken || there == names.len(), "{names:?}");
    }
}

#[test]
fn what_would_fill_the_disk_is_not_begun() {
    let folder = tempdir().unwrap();
    let (data, backup) = (folder.path().join("data"), folder.path().join("backup"));
    let mut world = World::new(25, 1);
    let store = world.open(&data);
    world.random_work(&store, 10);
    store.close().unwrap();
    let size = save(&world, &data, &backup).unwrap().chains[0].size;
    // More than any disk has, and no byte of it written.
    let segment = data.join("chains/110000/00000000000000000000.seg");
    let file = fs::OpenOptions::new().write(true).open(segment).unwrap();
    file.set_len(8 << 40).unwrap();
    let refused = save(&world, &data, &backup);
    assert!(
        matches!(refused, Err(BackupError::NoRoom { .. })),
        "{refused:?}"
    );
    // What was there is there.
    let copy = restored(&world, &backup, &folder.path().join("restored"));
    assert_eq!(copy.size(&world.origins()[0]), Some(size));
}

#[test]
fn a_head_that_no_key_of_the_roster_has_signed_is_named_and_not_restored() {
    let folder = tempdir().unwrap();
    let (data, backup) = (folder.path().join("data"), folder.path().join("backup"));
    let mut world = World::new(22, 1);
    let store = world.open(&data);
    world.random_work(&store, 10);
    store.close().unwrap();
    drop(store);
    let fault = || Invalid::NoteForm { reason: "a test" };
    let report = save_with(&data, &backup, &|_| Err(fault()), &world).unwrap();
    assert!(matches!(
        report.findings[..],
        [BackupFinding::Unsigned { .. }]
    ));
    let watch = Watch {
        progress: &|_| {},
        signed: &|_| Err(fault()),
    };
    let at = folder.path().join("restored");
    let refused = restore(&backup, &world.origins()[0], &at, &watch);
    assert!(matches!(refused, Err(BackupError::Unsigned { .. })));
    assert!(!at.exists());
}
