//! Files that are not what was written: what `open` does about them and what `check` says.

use crate::federation::{World, copy};
use rand::RngExt;
use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};
use tempfile::{TempDir, tempdir};
use yizhang_ledger::{
    batch::Batch,
    head::Origin,
    segment::{FILE_HEADER_BYTES, FRAME_HEADER_BYTES},
    value::{LeafIndex, TreeSize},
};
use yizhang_store::{
    Finding, IndexOpened, JournalKind, Mended, Options, Scrubbed, Store, StoreError, check,
};

/// A closed directory with some content.
fn filled(seed: u64) -> (World, TempDir) {
    let mut world = World::new(seed, 2);
    let folder = tempdir().unwrap();
    let store = world.open(folder.path());
    world.random_work(&store, 25);
    for fact in 0..4 {
        store
            .journal_append(JournalKind::HEAD_SEEN, &[fact; 40])
            .unwrap();
    }
    store.close().unwrap();
    (world, folder)
}

fn files_under(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder)
        .into_iter()
        .flatten()
        .map(Result::unwrap)
    {
        if entry.file_type().unwrap().is_dir() {
            files.extend(files_under(&entry.path()));
        } else {
            files.push(entry.path());
        }
    }
    files.sort();
    files
}

fn segments(folder: &Path, world: &World, number: usize) -> Vec<PathBuf> {
    files_under(
        &folder
            .join("chains")
            .join(world.chains[number].origin.region().to_string()),
    )
}

fn flip(path: &Path, at: usize, mask: u8) {
    let mut bytes = fs::read(path).unwrap();
    bytes[at] ^= mask;
    fs::write(path, bytes).unwrap();
}

fn findings(folder: &Path) -> Vec<Finding> {
    let before: Vec<_> = files_under(folder)
        .into_iter()
        .map(|file| (fs::read(&file).unwrap(), file))
        .collect();
    let report = check(folder, &|_| {}).unwrap();
    let after: Vec<_> = files_under(folder)
        .into_iter()
        .map(|file| (fs::read(&file).unwrap(), file))
        .collect();
    assert!(before == after, "a check changed something");
    assert!(
        report
            .findings
            .iter()
            .all(|finding| !finding.remedy().is_empty() && !finding.to_string().is_empty())
    );
    report.findings
}

#[test]
fn check_finds_nothing_in_a_sound_directory() {
    let (mut world, folder) = filled(21);
    assert!(findings(folder.path()).is_empty());
    let report = check(folder.path(), &|_| {}).unwrap();
    assert_eq!(report.journal_entries, 4);
    assert!(
        report
            .chains
            .iter()
            .zip(&world.chains)
            .all(|(found, model)| found.size == model.state.size())
    );
    let store = world.open(folder.path());
    world.check(&store, 2);
}

/// A file cut off at any byte of the frames that the index has not taken in gives every batch that is whole.
#[test]
fn a_segment_cut_off_at_any_byte_opens_up_to_the_last_whole_frame() {
    let mut world = World::new(22, 1);
    let folder = tempdir().unwrap();
    let store = Store::open(folder.path(), world.options()).unwrap().0;
    for _ in 0..3 {
        world.append(&store, 0, &[2]);
    }
    store.flush().unwrap();
    let whole = fs::metadata(&segments(folder.path(), &world, 0)[0])
        .unwrap()
        .len();
    world.append(&store, 0, &[1]);
    world.append(&store, 0, &[1]);
    drop(store);
    let path = segments(folder.path(), &world, 0)[0].clone();
    let bytes = fs::read(&path).unwrap();
    let origin = world.chains[0].origin.clone();
    let sizes: Vec<u64> = world.chains[0].batches.keys().copied().collect();
    for length in usize::try_from(whole).unwrap()..bytes.len() {
        fs::write(&path, &bytes[..length]).unwrap();
        let (store, opened) = Store::open(folder.path(), world.options()).unwrap();
        let chain = &opened.chains[0];
        assert!(
            chain.damage.is_none() && opened.index == IndexOpened::Used,
            "{opened}"
        );
        assert!(sizes[2..].contains(&chain.size.0), "{length}: {opened}");
        assert!(fs::metadata(&path).unwrap().len() <= length.try_into().unwrap());
        // Appending goes on from there.
        let state = store.state(&origin).unwrap();
        if store.head(&origin).is_none() {
            store
                .note_head(&origin, &world.chains[0].sign(&state))
                .unwrap();
        }
        let count = sizes.iter().filter(|size| **size <= chain.size.0).count();
        assert_eq!(
            store
                .batches(&origin, TreeSize(0))
                .unwrap()
                .map(Result::unwrap)
                .count(),
            count
        );
    }
}

#[test]
fn a_file_of_a_new_segment_that_a_crash_left_empty_or_partial_is_removed() {
    for content in [&b""[..], b"YZSEG", &[0; 500], &[0; 100]] {
        let (mut world, folder) = filled(23);
        let size = world.chains[0].state.size().0;
        let path = segments(folder.path(), &world, 0)[0].with_file_name(format!("{size:020}.seg"));
        fs::write(&path, content).unwrap();
        assert!(matches!(
            findings(folder.path())[..],
            [Finding::TornChain(..)]
        ));
        let (store, opened) = Store::open(folder.path(), world.tiny()).unwrap();
        assert!(
            opened.chains[0].truncated.is_some() && opened.chains[0].damage.is_none(),
            "{opened}"
        );
        assert!(!path.exists());
        world.random_work(&store, 4);
        world.check(&store, 1);
    }
}

/// Bits flipped anywhere before the end of a chain: the chain is out of service and nothing of it changes, the others
/// are served.
#[test]
fn a_flipped_bit_in_a_segment_is_found_and_concerns_that_chain_only() {
    let (mut world, folder) = filled(24);
    let files = segments(folder.path(), &world, 1);
    assert!(files.len() > 2, "the chain has several files");
    let (origin, sound) = (
        world.chains[1].origin.clone(),
        world.chains[0].origin.clone(),
    );
    for file in [&files[0], &files[1]] {
        let original = fs::read(file).unwrap();
        // File header, frame header, body, and places drawn at random.
        let mut places = vec![
            0,
            10,
            20,
            127,
            128,
            132,
            136,
            140,
            150,
            160,
            170,
            original.len() - 1,
        ];
        places.extend((0..20).map(|_| world.rng.random_range(0..original.len())));
        for at in places {
            flip(file, at, 1 << world.rng.random_range(0..8));
            let found = findings(folder.path());
            let damage = found.iter().find_map(|finding| match finding {
                Finding::Chain(damage) => Some(damage.clone()),
                _ => None,
            });
            let damage = damage.unwrap_or_else(|| panic!("byte {at}: {found:?}"));
            assert_eq!((&damage.file, &damage.origin), (file, &origin));
            assert!(
                damage.offset <= at.try_into().unwrap(),
                "found at {}, is at {at}",
                damage.offset
            );
            fs::remove_dir_all(folder.path().join("index")).unwrap();
            let (store, opened) = Store::open(folder.path(), world.tiny()).unwrap();
            assert!(
                opened.chains[1].damage.is_some() && opened.chains[0].damage.is_none(),
                "{opened}"
            );
            assert!(opened.to_string().contains("yizhang node check"));
            assert!(matches!(
                store.record(&origin, LeafIndex(0)),
                Err(StoreError::Damaged(_))
            ));
            assert!(store.state(&origin).is_none() && store.damage(&origin).is_some());
            assert_eq!(
                store.state(&sound).unwrap().size(),
                world.chains[0].state.size()
            );
            assert!(
                store
                    .batches(&sound, TreeSize(0))
                    .unwrap()
                    .all(|batch| batch.is_ok())
            );
            drop(store);
            flip(file, at, original[at] ^ fs::read(file).unwrap()[at]);
        }
    }
    let store = world.open(folder.path());
    world.check(&store, 1);
}

/// Behind the checkpoint nothing is read at the start, but nothing wrong is handed out either.
#[test]
fn a_flipped_bit_behind_the_checkpoint_never_reaches_a_reader() {
    let (mut world, folder) = filled(25);
    let file = segments(folder.path(), &world, 1)[0].clone();
    let original = fs::read(&file).unwrap();
    let origin = world.chains[1].origin.clone();
    for _ in 0..40 {
        let at = world.rng.random_range(200..original.len());
        flip(&file, at, 0x10);
        let store = world.open(folder.path());
        if let Ok(batches) = store.batches(&origin, TreeSize(0)) {
            let expected: Vec<_> = world.chains[1].batches.values().collect();
            let read: Vec<_> = batches.map_while(Result::ok).collect();
            assert!(
                read.len() < expected.len()
                    && read
                        .iter()
                        .zip(&expected)
                        .all(|(read, expected)| read == *expected)
            );
        }
        let size = world.chains[1].state.size();
        for index in (0..size.0).step_by(5).map(LeafIndex) {
            // Where 64 records are complete their hashes are compared; in the last, open block the caller's proof fails.
            if let Ok(proof) = store.proof(&origin, index, size)
                && index.0 < size.0 / 64 * 64
            {
                assert_eq!(
                    proof.entry,
                    world.chains[1].leaves[usize::try_from(index.0).unwrap()]
                );
            }
        }
        drop(store);
        fs::write(&file, &original).unwrap();
    }
}

/// What a running node concludes from a header that a disk has changed, it would say of its own chain to everybody.
#[test]
fn a_flipped_bit_in_a_frame_header_denies_no_batch_and_changes_no_root() {
    let mut world = World::new(44, 1);
    let folder = tempdir().unwrap();
    let store = Store::open(folder.path(), world.options()).unwrap().0;
    // The ends of the batches share bits, so that a changed one makes a batch claim what belongs to others.
    for records in [9, 1, 3, 30, 2, 17] {
        world.append(&store, 0, &[records]);
    }
    let path = segments(folder.path(), &world, 0)[0].clone();
    let original = fs::read(&path).unwrap();
    let chain = &world.chains[0];
    let mut roots = BTreeMap::new();
    for size in 0..=chain.state.size().0 {
        let root = store.root_at(&chain.origin, TreeSize(size)).unwrap();
        let starts = size == 0 || chain.batches.contains_key(&size);
        assert_eq!(root.is_some(), starts, "{size}");
        roots.insert(size, root);
    }
    let mut at = FILE_HEADER_BYTES;
    let mut damaged = 0;
    while at < original.len() {
        for bit in 0..FRAME_HEADER_BYTES * 8 {
            flip(&path, at + bit / 8, 1 << (bit % 8));
            for (size, expected) in &roots {
                let size = TreeSize(*size);
                match store.root_at(&chain.origin, size) {
                    Ok(root) => assert_eq!(root, *expected, "size {size}, byte {at}, bit {bit}"),
                    Err(StoreError::Damaged(_)) => damaged += 1,
                    Err(error) => panic!("{error}"),
                }
                match store.batches(&chain.origin, size) {
                    Ok(mut batches) => match batches.next() {
                        Some(Ok((batch, _))) => {
                            assert_eq!(Batch::parse(batch).unwrap().entry().first.0, size.0);
                        }
                        Some(Err(StoreError::Damaged(_))) => damaged += 1,
                        Some(Err(error)) => panic!("{error}"),
                        None => assert_eq!(size, chain.state.size()),
                    },
                    Err(StoreError::NoBatchStarts { .. }) => {
                        assert!(expected.is_none(), "size {size}, byte {at}, bit {bit}");
                    }
                    Err(StoreError::Damaged(_)) => damaged += 1,
                    Err(error) => panic!("{error}"),
                }
            }
            fs::write(&path, &original).unwrap();
        }
        let length = original[at + 8..at + 12].try_into().unwrap();
        at += FRAME_HEADER_BYTES + usize::try_from(u32::from_le_bytes(length)).unwrap();
    }
    assert!(damaged > 1_000, "only {damaged}");
}

#[test]
fn a_missing_segment_is_damage_or_lost_batches_and_is_said_so() {
    let (mut world, folder) = filled(26);
    let files = segments(folder.path(), &world, 1);
    let kept = fs::read(&files[1]).unwrap();
    fs::remove_file(&files[1]).unwrap();
    let (store, opened) = Store::open(folder.path(), world.tiny()).unwrap();
    assert!(
        opened.chains[1].damage.is_some() && matches!(opened.index, IndexOpened::Rebuilt(_)),
        "{opened}"
    );
    drop(store);
    fs::write(&files[1], kept).unwrap();
    let store = world.open(folder.path());
    world.check(&store, 0);
    store.close().unwrap();
    drop(store);
    fs::remove_file(files.last().unwrap()).unwrap();
    let (store, opened) = Store::open(folder.path(), world.tiny()).unwrap();
    assert!(
        opened.chains[1].damage.is_none() && !opened.is_fine(),
        "{opened}"
    );
    assert_eq!(opened.chains[1].had, Some(world.chains[1].state.size()));
    assert!(opened.to_string().contains("batches are missing"));
    drop(store);
}

#[test]
fn a_flipped_bit_in_the_marker_is_refused_with_what_to_do() {
    let (mut world, folder) = filled(27);
    let path = folder.path().join("format");
    let original = fs::read(&path).unwrap();
    for at in 0..original.len() {
        flip(&path, at, 1);
        let error = Store::open(folder.path(), world.tiny()).unwrap_err();
        assert!(matches!(error, StoreError::Marker { .. }), "{error}");
        if at % 16 == 0 {
            assert!(matches!(findings(folder.path())[..], [Finding::Marker(..)]));
        }
        fs::write(&path, &original).unwrap();
    }
    fs::remove_file(&path).unwrap();
    assert!(
        findings(folder.path())
            .iter()
            .any(|finding| matches!(finding, Finding::NoMarker(_)))
    );
    let store = world.open(folder.path());
    world.check(&store, 1);
}

#[test]
fn a_flipped_bit_in_the_journal_is_found() {
    let (world, folder) = filled(28);
    let path = files_under(&folder.path().join("journal"))[0].clone();
    let original = fs::read(&path).unwrap();
    for at in (0..original.len()).step_by(3) {
        flip(&path, at, 4);
        assert!(
            matches!(findings(folder.path())[..], [Finding::Journal(..)]),
            "byte {at}"
        );
        // In the last of the four entries it cannot be told from an unfinished write.
        let last = original.len() - (original.len() - 32) / 4;
        match Store::open(folder.path(), world.tiny()) {
            Ok((store, opened)) => {
                assert!(
                    at >= last && opened.journal.is_some(),
                    "byte {at}: {opened}"
                );
                assert_eq!(store.journal().unwrap().count(), 3);
            }
            Err(error) => assert!(
                at < last && matches!(error, StoreError::Journal { .. }),
                "byte {at}: {error}"
            ),
        }
        fs::write(&path, &original).unwrap();
    }
}

type Harm = (&'static str, Box<dyn Fn(&Path, &mut World)>);

/// Everything that can happen to sled's directory ends in the same answers.
#[test]
fn an_index_that_is_gone_broken_or_foreign_is_built_again() {
    let (mut world, folder) = filled(29);
    let (foreign_world, foreign) = filled(30);
    let backup = tempdir().unwrap();
    copy(folder.path(), backup.path());
    drop(foreign_world.open(foreign.path()));
    let database = |folder: &Path| {
        files_under(&folder.join("index"))
            .into_iter()
            .find(|file| file.ends_with("db"))
            .unwrap()
    };
    let harms: Vec<Harm> = vec![
        (
            "deleted",
            Box::new(|folder, _| fs::remove_dir_all(folder.join("index")).unwrap()),
        ),
        (
            "emptied",
            Box::new(move |folder, _| {
                let database = database(folder);
                fs::remove_dir_all(database.parent().unwrap()).unwrap();
                fs::create_dir(database.parent().unwrap()).unwrap();
            }),
        ),
        (
            "truncated",
            Box::new(move |folder, _| {
                let length = fs::metadata(database(folder)).unwrap().len();
                fs::OpenOptions::new()
                    .write(true)
                    .open(database(folder))
                    .unwrap()
                    .set_len(length / 200)
                    .unwrap();
            }),
        ),
        (
            "cut to nothing",
            Box::new(move |folder, _| fs::write(database(folder), b"").unwrap()),
        ),
        (
            "overwritten",
            Box::new(move |folder, world| {
                let length = fs::metadata(database(folder)).unwrap().len();
                let garbage: Vec<u8> = (0..length).map(|_| world.rng.random()).collect();
                fs::write(database(folder), garbage).unwrap();
            }),
        ),
        (
            "a file",
            Box::new(move |folder, _| {
                let database = database(folder);
                let directory = database.parent().unwrap();
                fs::remove_dir_all(directory).unwrap();
                fs::write(directory, b"no directory").unwrap();
            }),
        ),
        (
            "another's",
            Box::new(move |folder, _| {
                fs::remove_dir_all(folder.join("index")).unwrap();
                copy(&foreign.path().join("index"), &folder.join("index"));
            }),
        ),
    ];
    for (what, harm) in harms {
        println!("{what}");
        harm(folder.path(), &mut world);
        assert!(
            findings(folder.path())
                .iter()
                .any(|finding| matches!(finding, Finding::Index(_))),
            "{what}"
        );
        let (store, opened) = Store::open(folder.path(), world.tiny()).unwrap();
        assert!(
            matches!(opened.index, IndexOpened::Rebuilt(_)),
            "{what}: {opened}"
        );
        world.check(&store, 1);
        drop(store);
        fs::remove_dir_all(folder.path()).unwrap();
        copy(backup.path(), folder.path());
    }
}

/// A piece of sled's log that never reached the disk, as a power cut leaves it: sled panics in `open`, or opens empty. Both
/// end in a rebuild and the same answers.
#[test]
fn an_index_in_which_sled_panics_on_opening_is_built_again() {
    /// A piece as sled allots it.
    const PIECE: u64 = 512 * 1024;
    let mut world = World::new(33, 1);
    let folder = tempdir().unwrap();
    let options = Options {
        table_entries: 500,
        ..world.options()
    };
    let store = Store::open(folder.path(), options.clone()).unwrap().0;
    let database = || {
        files_under(&folder.path().join("index"))
            .into_iter()
            .find(|file| file.ends_with("db"))
            .unwrap()
    };
    while fs::metadata(database()).unwrap().len() < 8 * PIECE {
        world.append(&store, 0, &[300]);
    }
    store.close().unwrap();
    drop(store);
    let backup = tempdir().unwrap();
    copy(folder.path(), backup.path());
    let mut reasons = Vec::new();
    for piece in 0..fs::metadata(database()).unwrap().len() / PIECE {
        let mut bytes = fs::read(database()).unwrap();
        let lost = usize::try_from(piece * PIECE).unwrap();
        let end = bytes.len().min(lost + usize::try_from(PIECE).unwrap());
        bytes[lost..end].fill(0);
        fs::write(database(), bytes).unwrap();
        // As after a crash: the whole index is read.
        fs::remove_file(folder.path().join("index/clean")).unwrap();
        let (store, opened) = Store::open(folder.path(), options.clone()).unwrap();
        if let IndexOpened::Rebuilt(fault) = &opened.index {
            reasons.push(fault.to_string());
        }
        world.check_positions(&store);
        drop(store);
        fs::remove_dir_all(folder.path()).unwrap();
        copy(backup.path(), folder.path());
    }
    println!("{reasons:#?}");
    assert!(
        reasons
            .iter()
            .any(|reason| reason.contains("open the index: tried to serialize")),
        "sled did not panic"
    );
}

/// A flipped bit in sled's files may matter or not; the answers are right or withheld in any case, and right in the end.
#[test]
fn a_flipped_bit_in_sleds_files_never_makes_an_answer_wrong() {
    let (mut world, folder) = filled(31);
    let backup = tempdir().unwrap();
    copy(folder.path(), backup.path());
    let files = files_under(&folder.path().join("index"));
    let mut rebuilt = 0;
    for round in 0..60 {
        let file = &files[round % files.len()];
        let length = usize::try_from(fs::metadata(file).unwrap().len()).unwrap();
        if length > 0 {
            flip(
                file,
                world.rng.random_range(0..length),
                1 << world.rng.random_range(0..8),
            );
        }
        // As after a crash: the whole index is read.
        let _ = fs::remove_file(folder.path().join("index/clean"));
        let (store, opened) = Store::open(folder.path(), world.tiny()).unwrap();
        rebuilt += u32::from(matches!(opened.index, IndexOpened::Rebuilt(_)));
        world.check(&store, 0);
        drop(store);
        fs::remove_dir_all(folder.path()).unwrap();
        copy(backup.path(), folder.path());
    }
    println!("{rebuilt} of 60 flips led to a rebuild");
    assert!(rebuilt > 0);
}

#[test]
fn rebuilding_on_request_gives_the_same_answers_and_refuses_a_wrong_path() {
    let (mut world, folder) = filled(32);
    let report = yizhang_store::rebuild_index(folder.path(), &|_| {}).unwrap();
    assert!(matches!(report.opened.index, IndexOpened::Rebuilt(_)) && report.index_bytes > 0);
    assert!(findings(folder.path()).is_empty());
    let (store, opened) = Store::open(
        folder.path(),
        Options {
            table_entries: 70,
            ..world.tiny()
        },
    )
    .unwrap();
    assert!(opened.is_fine(), "{opened}");
    world.check(&store, 1);
    let empty = tempdir().unwrap();
    assert!(yizhang_store::rebuild_index(empty.path(), &|_| {}).is_err());
    assert_eq!(fs::read_dir(empty.path()).unwrap().count(), 0);
}

/// What is wrong with a directory after one of its files has lost its last bytes.
fn short(folder: &Path) -> Option<(TreeSize, TreeSize)> {
    let report = check(folder, &|_| {}).unwrap();
    report.findings.iter().find_map(|finding| match finding {
        Finding::Short { seen, size, .. } => Some((*seen, *size)),
        _ => None,
    })
}

#[test]
fn the_noted_head_keeps_up_with_a_chain_that_grows_all_the_time() {
    let mut world = World::new(61, 1);
    let folder = tempdir().unwrap();
    let store = world.open(folder.path());
    for _ in 0..6 {
        // Signed, and not in the files yet.
        world.append(&store, 0, &[40]);
        store.note_seen().unwrap();
    }
    let signed = world.chains[0].state.size();
    // A crash: nothing is flushed. Then the chain loses its newest file.
    drop(store);
    assert_eq!(short(folder.path()), None);
    let files = segments(folder.path(), &world, 0);
    assert!(files.len() > 1);
    fs::remove_file(files.last().unwrap()).unwrap();
    let (seen, size) = short(folder.path()).unwrap();
    assert_eq!(seen, signed);
    assert!(size < signed);
}

#[test]
fn a_chain_that_is_gone_with_its_noted_head_is_missed_by_the_index() {
    let (_, folder) = filled(32);
    assert!(findings(folder.path()).is_empty());
    fs::remove_dir_all(folder.path().join("seen")).ok();
    let chain = fs::read_dir(folder.path().join("chains")).unwrap().next();
    fs::remove_dir_all(chain.unwrap().unwrap().path()).unwrap();
    let report = check(folder.path(), &|_| {}).unwrap();
    assert!(!report.is_sound());
    assert!(report.findings.iter().any(|finding| matches!(
        finding,
        Finding::BehindIndex { indexed, size, .. } if indexed > size
    )));
}

/// Goes through a chain; what is broken is mended from what `batches` say where that is possible.
fn scrub(store: &Store, origin: &Origin, batches: &[(Batch, Vec<u8>)]) -> (usize, usize) {
    let (mut broken, mut mended) = (0, 0);
    let mut scrub = store.scrub(origin).unwrap();
    loop {
        match scrub.step() {
            Scrubbed::End => return (broken, mended),
            Scrubbed::Sound(_) => {}
            Scrubbed::Broken(found) => {
                broken += 1;
                let held = batches
                    .iter()
                    .find(|(batch, _)| batch.entry().first.0 == found.batch.0);
                let (batch, head) = held.unwrap();
                if store.mend(origin, &found, batch, head).unwrap() == Mended::Written {
                    mended += 1;
                    scrub.again(store, origin, &found).unwrap();
                } else if !scrub.pass(store, origin, &found).unwrap() {
                    return (broken, mended);
                }
            }
        }
    }
}

#[test]
fn a_flipped_bit_anywhere_is_found_and_mended_from_the_batch_that_somebody_else_holds() {
    let (world, folder) = filled(70);
    let origin = world.chains[0].origin.clone();
    let file = segments(folder.path(), &world, 0)[0].clone();
    let whole = fs::read(&file).unwrap();
    let store = Store::open(folder.path(), world.tiny()).unwrap().0;
    let batches: Vec<(Batch, Vec<u8>)> = store
        .batches(&origin, TreeSize(0))
        .unwrap()
        .map(|batch| {
            let (batch, head) = batch.unwrap();
            (Batch::parse(batch).unwrap(), head)
        })
        .collect();
    assert_eq!(scrub(&store, &origin, &batches), (0, 0));
    let mut flips = 0;
    // Every place of the first frames, header and body, and places all over the file. The file's own header is not mended.
    for at in (128..600).chain((600..whole.len()).step_by(997)) {
        let mut damaged = whole.clone();
        damaged[at] ^= 1 << (at % 8);
        fs::write(&file, &damaged).unwrap();
        assert_eq!(scrub(&store, &origin, &batches), (1, 1), "byte {at}");
        assert!(fs::read(&file).unwrap() == whole, "byte {at}");
        flips += 1;
    }
    assert!(flips > 472);
    // A disk that could not read for a moment has changed nothing, and nothing is written.
    fs::write(
        &file,
        [&whole[..130], &[whole[130] ^ 1], &whole[131..]].concat(),
    )
    .unwrap();
    let Scrubbed::Broken(passing) = store.scrub(&origin).unwrap().step() else {
        panic!("the first frame is broken")
    };
    fs::write(&file, &whole).unwrap();
    let (batch, head) = &batches[0];
    let mended = store.mend(&origin, &passing, batch, head).unwrap();
    assert_eq!(mended, Mended::Whole);
    // Another batch is not taken for it, nor a frame of which header and body have changed.
    let mut damaged = whole.clone();
    damaged[130] ^= 1;
    damaged[200] ^= 1;
    fs::write(&file, &damaged).unwrap();
    assert_eq!(scrub(&store, &origin, &batches).1, 0);
    assert!(fs::read(&file).unwrap() == damaged, "as it was");
}

#[test]
fn what_the_index_alone_knew_of_a_lost_chain_outlives_the_index() {
    for asked in [false, true] {
        let (world, folder) = filled(32);
        fs::remove_dir_all(folder.path().join("seen")).ok();
        fs::remove_dir_all(folder.path().join("journal")).ok();
        let lost = &world.chains[0];
        let region = lost.origin.region().to_string();
        fs::remove_dir_all(folder.path().join("chains").join(region)).unwrap();
        if asked {
            yizhang_store::rebuild_index(folder.path(), &|_| {}).unwrap();
        }
        for _ in 0..2 {
            let (store, opened) = Store::open(folder.path(), world.tiny()).unwrap();
            let of_chain = opened
                .chains
                .iter()
                .find(|chain| chain.origin == lost.origin);
            assert_eq!(of_chain.unwrap().had, Some(lost.state.size()));
            assert_eq!(store.lost_size(&lost.origin).unwrap(), lost.state.size());
            // As after a crash, and the index that knew is gone.
            drop(store);
        }
        let report = check(folder.path(), &|_| {}).unwrap();
        assert!(!report.is_sound());
        assert_eq!(report.journal_entries, 1, "said once");
    }
}

#[test]
fn while_the_newest_batch_is_unsigned_the_head_before_it_is_noted() {
    let mut world = World::new(62, 1);
    let folder = tempdir().unwrap();
    let store = world.open(folder.path());
    let origin = world.chains[0].origin.clone();
    world.append(&store, 0, &[3]);
    let extension = world.prepare(0, &[5]);
    store.persist(&origin, &[(&extension, None)]).unwrap();
    assert_eq!(store.head(&origin), None);
    store.note_seen().unwrap();
    let (_, (_, head)) = world.chains[0].batches.last_key_value().unwrap();
    assert_eq!(store.seen(&origin).unwrap().as_ref(), Some(head));
    // A chain of one batch without a signature has nothing to note.
    let mut other = World::new(63, 1);
    let folder = tempdir().unwrap();
    let store = other.open(folder.path());
    let origin = other.chains[0].origin.clone();
    let extension = other.prepare(0, &[5]);
    store.persist(&origin, &[(&extension, None)]).unwrap();
    store.note_seen().unwrap();
    assert_eq!(store.seen(&origin).unwrap(), None);
}

#[test]
fn a_head_that_a_start_has_found_is_noted_before_the_chain_grows_again() {
    let mut world = World::new(64, 1);
    let folder = tempdir().unwrap();
    let store = world.open(folder.path());
    let origin = world.chains[0].origin.clone();
    world.append(&store, 0, &[3]);
    store.write_heads().unwrap();
    drop(store);
    let store = world.open(folder.path());
    assert_eq!(store.seen(&origin).unwrap(), None);
    store.note_seen().unwrap();
    let head = store.head(&origin);
    assert!(head.is_some());
    assert_eq!(store.seen(&origin).unwrap(), head);
}

#[test]
fn a_noted_head_that_is_not_believed_is_replaced_by_a_smaller_one() {
    let mut world = World::new(65, 1);
    let folder = tempdir().unwrap();
    let store = world.open(folder.path());
    let origin = world.chains[0].origin.clone();
    world.append(&store, 0, &[3]);
    store.close().unwrap();
    drop(store);
    let path = folder.path().join(format!("seen/{}.head", origin.region()));
    let whole = fs::read_to_string(&path).unwrap();
    let size = world.chains[0].state.size();
    let changed = whole.replacen(&format!("\n{size}\n"), &format!("\n9{size}\n"), 1);
    assert_ne!(changed, whole);
    fs::write(&path, &changed).unwrap();
    let store = world.open(folder.path());
    store.note_seen().unwrap();
    assert_eq!(fs::read_to_string(&path).unwrap(), changed);
    store.disbelieve_seen(&origin).unwrap();
    store.note_seen().unwrap();
    assert_eq!(fs::read_to_string(&path).unwrap(), whole);
}

#[test]
fn a_noted_head_that_cannot_be_read_is_no_silence() {
    let (_, folder) = filled(33);
    assert!(findings(folder.path()).is_empty());
    let noted = files_under(&folder.path().join("seen")).remove(0);
    let whole = fs::read(&noted).unwrap();
    for broken in [&whole[..20], b"", b"elsewhere/310000\n7\nAAAA\n\n"] {
        fs::write(&noted, broken).unwrap();
        let report = check(folder.path(), &|_| {}).unwrap();
        assert!(!report.is_sound());
        assert!(
            matches!(&report.findings[..], [Finding::NotedHead { path, .. }] if *path == noted),
            "{:?}",
            report.findings
        );
    }
    fs::write(&noted, whole).unwrap();
    assert!(findings(folder.path()).is_empty());
}

#[test]
fn chains_that_cannot_be_listed_are_not_taken_for_none() {
    let (_, folder) = filled(34);
    // Without the list of chains in `format` the folders are what there is to go by.
    fs::remove_file(folder.path().join("format")).unwrap();
    let chains = folder.path().join("chains");
    fs::rename(&chains, folder.path().join("elsewhere")).unwrap();
    fs::write(&chains, b"no folder").unwrap();
    assert!(check(folder.path(), &|_| {}).is_err());
}

#[test]
fn a_noted_head_that_cannot_be_read_hides_nothing_that_the_index_knows() {
    let (world, folder) = filled(45);
    let origin = world.chains[0].origin.clone();
    fs::remove_dir_all(segments(folder.path(), &world, 0)[0].parent().unwrap()).unwrap();
    let noted = format!("seen/{}.head", origin.region());
    fs::write(folder.path().join(noted), b"junk").unwrap();
    let found = findings(folder.path());
    let noted = |finding: &Finding| matches!(finding, Finding::NotedHead { origin: of, .. } if *of == origin);
    let behind = |finding: &Finding| matches!(finding, Finding::BehindIndex { origin: of, .. } if *of == origin);
    assert!(found.iter().any(noted), "{found:?}");
    assert!(found.iter().any(behind), "{found:?}");
}

/// A pipe, which nobody writes into.
fn make_pipe(path: &Path) {
    let made = std::process::Command::new("mkfifo").arg(path).status();
    assert!(made.unwrap().success());
}

#[test]
fn what_is_no_chain_among_the_chains_ends_no_check_with_and_without_the_list_of_chains() {
    let (world, folder) = filled(46);
    let chains = folder.path().join("chains");
    let of_chain = segments(folder.path(), &world, 0)[0].with_file_name("notes");
    fs::create_dir(&of_chain).unwrap();
    let pipe = of_chain.with_file_name("pipe");
    make_pipe(&pipe);
    let own = [of_chain, pipe];
    let file = chains.join("readme");
    fs::write(&file, b"a file").unwrap();
    let pipes = chains.join("pipe");
    make_pipe(&pipes);
    let empty = chains.join("999999");
    fs::create_dir_all(empty.join("folder")).unwrap();
    let others = [file, pipes, empty.join("folder")];
    let strays = |expected: &[&PathBuf]| {
        let report = check(folder.path(), &|_| {}).unwrap();
        assert_eq!(report.chains.len(), 2);
        for path in expected {
            let is_it =
                |finding: &&Finding| matches!(finding, Finding::Stray(stray) if stray == *path);
            assert_eq!(
                report.findings.iter().filter(is_it).count(),
                1,
                "{}",
                path.display()
            );
        }
    };
    strays(&own.iter().collect::<Vec<_>>());
    flip(&folder.path().join("format"), 40, 1);
    strays(&own.iter().chain(&others).collect::<Vec<_>>());
}

#[test]
fn a_pipe_with_the_name_of_a_segment_and_a_file_with_that_of_a_folder_end_no_check_and_no_start() {
    let (world, folder) = filled(47);
    let path = segments(folder.path(), &world, 0)[0].clone();
    fs::remove_file(&path).unwrap();
    make_pipe(&path);
    let report = check(folder.path(), &|_| {}).unwrap();
    let is_it =
        |finding: &Finding| matches!(finding, Finding::Chain(damage) if damage.file == path);
    assert!(report.findings.iter().any(is_it), "{:?}", report.findings);
    let (store, opened) = Store::open(folder.path(), world.tiny()).unwrap();
    assert!(opened.chains[0].damage.is_some(), "{opened}");
    drop(store);
    let chain = path.parent().unwrap();
    fs::remove_dir_all(chain).unwrap();
    fs::write(chain, b"no folder").unwrap();
    let found = check(folder.path(), &|_| {}).unwrap().findings;
    let is_it = |finding: &Finding| matches!(finding, Finding::Stray(path) if path == chain);
    assert!(found.iter().any(is_it), "{found:?}");
}

#[test]
fn a_last_file_that_cannot_be_opened_for_writing_is_damage_of_its_chain_alone() {
    let (world, folder) = filled(48);
    let path = segments(folder.path(), &world, 1).pop().unwrap();
    fs::remove_file(&path).unwrap();
    fs::create_dir(&path).unwrap();
    let (store, opened) = Store::open(folder.path(), world.tiny()).unwrap();
    assert!(opened.chains[1].damage.is_some(), "{opened}");
    assert!(opened.chains[0].damage.is_none(), "{opened}");
    let (sound, size) = (&world.chains[0].origin, world.chains[0].state.size());
    assert_eq!(store.size(sound), Some(size));
}

/// A head is not mended with the size of somebody's batch: its note is the same, whatever the header says.
#[test]
fn a_head_is_mended_with_the_size_that_the_batch_before_it_demands() {
    let mut world = World::new(49, 1);
    let folder = tempdir().unwrap();
    let store = Store::open(folder.path(), world.options()).unwrap().0;
    world.append(&store, 0, &[9]);
    world.append(&store, 0, &[3]);
    let origin = world.chains[0].origin.clone();
    let (bytes, head) = store
        .batches(&origin, TreeSize(0))
        .unwrap()
        .next()
        .unwrap()
        .unwrap();
    let held = Batch::parse(bytes).unwrap();
    let longer = World::new(50, 1).prepare(0, &[11]).batch().clone();
    assert_eq!(longer.entry().first, held.entry().first);
    let path = segments(folder.path(), &world, 0)[0].clone();
    let whole = fs::read(&path).unwrap();
    let length = u32::from_le_bytes(whole[FILE_HEADER_BYTES + 8..][..4].try_into().unwrap());
    let head_at = FILE_HEADER_BYTES + FRAME_HEADER_BYTES + usize::try_from(length).unwrap();
    // The position in the header of the head.
    flip(&path, head_at + 16, 4);
    let mut scrub = store.scrub(&origin).unwrap();
    assert!(matches!(scrub.step(), Scrubbed::Sound(_)));
    let Scrubbed::Broken(broken) = scrub.step() else {
        panic!("the head is broken")
    };
    let mended = store.mend(&origin, &broken, &longer, &head).unwrap();
    assert_eq!(mended, Mended::Not);
    let mended = store.mend(&origin, &broken, &held, &head).unwrap();
    assert_eq!(mended, Mended::Written);
    assert_eq!(fs::read(&path).unwrap(), whole);
}
