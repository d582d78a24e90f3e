//! A crash at every single operation on the disk: what was acknowledged is there, the rest is gone cleanly.

use crate::federation::World;
use std::{path::Path, sync::Arc};
use tempfile::tempdir;
use yizhang_store::{CosignedEntry, Faults, JournalKind, Options, Store};

/// What a run did before the disk failed.
struct Run {
    world: World,
    facts: Vec<Vec<u8>>,
    /// The newest size of each chain that is known to be kept as cosigned.
    cosigned: [u64; 3],
}

/// Opens a store on a disk that fails from operation `step` on, and works until it does.
fn work_until_failure(folder: &Path, seed: u64, step: u64) -> (Run, Arc<Faults>) {
    let mut run = Run {
        world: World::new(seed, 2),
        facts: Vec::new(),
        cosigned: [0; 3],
    };
    let faults = Arc::new(Faults::at(step));
    // Files so small that most batches start a new one.
    let options = Options {
        faults: Some(faults.clone()),
        segment_bytes: 2_000,
        // So little that the journal is written anew several times.
        journal_slack_bytes: 400,
        ..run.world.tiny()
    };
    if let Ok((store, _)) = Store::open(folder, options) {
        // The error of the first failure; what matters is what is found afterwards.
        let _ = run.work(&store);
        if faults.tripped() {
            assert!(
                store.persist(&run.world.chains[0].origin, &[]).is_err(),
                "a failed store goes on"
            );
            assert!(store.stopped().is_some() && store.close().is_err());
        }
    }
    (run, faults)
}

impl Run {
    fn work(&mut self, store: &Store) -> Result<(), yizhang_store::StoreError> {
        for round in 0..4_u8 {
            for number in 0..2 {
                let extensions: Vec<_> = (0..=number)
                    .map(|_| self.world.prepare(number, &[7, 12]))
                    .collect();
                let chain = &mut self.world.chains[number];
                let notes: Vec<_> = extensions
                    .iter()
                    .map(|extension| chain.sign(extension.after()))
                    .collect();
                let mirrored = |note: &'_ [u8]| (number == 1).then(|| note.to_vec());
                let heads: Vec<_> = notes.iter().map(|note| mirrored(note)).collect();
                let group: Vec<_> = extensions
                    .iter()
                    .zip(&heads)
                    .map(|(e, head)| (e, head.as_deref()))
                    .collect();
                store.persist(&chain.origin, &group)?;
                for note in &notes {
                    chain.acknowledge();
                    if number == 0 {
                        store.note_head(&chain.origin, note)?;
                    }
                }
            }
            store.journal_append(JournalKind::HEAD_SEEN, &[round; 50])?;
            self.facts.push(vec![round; 50]);
            for size in [10, 20, 30].map(|size| u64::from(round) * 100 + size) {
                let given: Vec<_> = (0..3).map(|chain| given(chain, size)).collect();
                store.keep_given(&given)?;
                self.cosigned = [size; 3];
            }
            if round == 2 {
                store.flush()?;
            }
        }
        store.close()
    }

    /// Opens the directory on a sound disk and compares everything.
    fn verify(&mut self, folder: &Path) {
        let report = yizhang_store::check(folder, &|_| {}).unwrap();
        let unsound: Vec<_> = report
            .findings
            .iter()
            .filter(|finding| {
                matches!(
                    finding,
                    yizhang_store::Finding::Chain(_) | yizhang_store::Finding::Marker(..)
                )
            })
            .collect();
        assert!(unsound.is_empty(), "{unsound:?}");
        let (store, opened) = Store::open(folder, self.world.tiny()).unwrap();
        assert!(
            opened
                .chains
                .iter()
                .all(|chain| chain.damage.is_none() && chain.had.is_none()),
            "{opened}"
        );
        self.world.settle(&store);
        let entries: Vec<_> = store.journal().unwrap().map(Result::unwrap).collect();
        let facts = entries
            .iter()
            .filter(|entry| entry.kind == JournalKind::HEAD_SEEN);
        let facts: Vec<_> = facts.map(|entry| entry.bytes.clone()).collect();
        self.verify_cosigned(&store);
        assert!(facts.starts_with(&self.facts) && facts.len() <= self.facts.len() + 1);
        self.world.random_work(&store, 2);
        self.world.check(&store, 1);
        store.close().unwrap();
        drop(store);
        let report = yizhang_store::check(folder, &|_| {}).unwrap();
        assert!(report.findings.is_empty(), "{:?}", report.findings);
    }
}

/// A head of a chain that was cosigned.
fn given(chain: u32, size: u64) -> CosignedEntry {
    CosignedEntry {
        key: [7; 32],
        seconds: size,
        note: format!("test.yizhang/{chain}\n{size}\n").into_bytes(),
    }
}

impl Run {
    /// What was acknowledged is there, or what was about to be.
    fn verify_cosigned(&self, store: &Store) {
        let kept = store.cosigned().unwrap().given;
        for (chain, acknowledged) in (0..3).zip(self.cosigned) {
            let size = |entry: &CosignedEntry| {
                let is_of_chain = *entry == given(chain, entry.seconds);
                is_of_chain.then_some(entry.seconds)
            };
            let sizes: Vec<u64> = kept.iter().filter_map(size).collect();
            match sizes[..] {
                [] => assert_eq!(acknowledged, 0),
                [size] => assert!(size >= acknowledged, "{size} after {acknowledged}"),
                _ => panic!("one entry takes the place of the other: {sizes:?}"),
            }
        }
    }
}

fn steps(seed: u64) -> u64 {
    let folder = tempdir().unwrap();
    let (mut run, faults) = work_until_failure(folder.path(), seed, u64::MAX);
    run.verify(folder.path());
    faults.steps()
}

#[test]
fn a_process_that_dies_at_any_operation_loses_nothing_acknowledged() {
    let steps = steps(11);
    assert!(steps > 50, "{steps}");
    for step in 1..=steps {
        let folder = tempdir().unwrap();
        let (mut run, _) = work_until_failure(folder.path(), 11, step);
        println!("dies at operation {step} of {steps}");
        run.verify(folder.path());
    }
}

#[test]
fn a_machine_that_loses_power_at_any_operation_loses_nothing_acknowledged() {
    let steps = steps(12);
    for step in 1..=steps {
        // Of what no sync has covered: nothing is left, some, most.
        let kept = [0, 100, 251][usize::try_from(step % 3).unwrap()];
        let folder = tempdir().unwrap();
        let (mut run, faults) = work_until_failure(folder.path(), 12, step);
        faults.lose_unsynced(kept).unwrap();
        println!(
            "loses power at operation {step} of {steps}, {kept}/256 of the unsynced bytes are left"
        );
        run.verify(folder.path());
    }
}

/// A process that is killed between write and sync leaves whole frames in the system's memory. The next start takes them in, and
/// what it has taken in, index included, must not be more than the files hold after a power cut: the node would wait for others
/// to bring back what nobody ever signed.
#[test]
fn what_a_start_has_found_after_a_kill_outlives_a_power_cut() {
    let steps = steps(14);
    for step in 1..=steps {
        let folder = tempdir().unwrap();
        let (mut run, faults) = work_until_failure(folder.path(), 14, step);
        faults.end();
        let options = Options {
            faults: Some(faults.clone()),
            ..run.world.tiny()
        };
        println!("killed at operation {step} of {steps}");
        if folder.path().join("index").exists() {
            // It is built again, and durable when the store is open.
            std::fs::remove_dir_all(folder.path().join("index")).unwrap();
        }
        let store = Store::open(folder.path(), options).unwrap().0;
        let found: Vec<_> = store.origins().map(|origin| store.size(origin)).collect();
        drop(store);
        faults.lose_unsynced(0).unwrap();
        let store = run.world.open(folder.path());
        let left: Vec<_> = store.origins().map(|origin| store.size(origin)).collect();
        assert_eq!(left, found);
        drop(store);
        run.verify(folder.path());
    }
}

#[test]
fn a_failed_sync_stops_the_store_for_good() {
    let mut world = World::new(13, 2);
    let folder = tempdir().unwrap();
    let faults = Arc::new(Faults::at(u64::MAX));
    let options = Options {
        faults: Some(faults.clone()),
        ..world.tiny()
    };
    let store = Store::open(folder.path(), options).unwrap().0;
    world.append(&store, 0, &[3]);
    faults.trip();
    let origin = world.chains[0].origin.clone();
    let extension = world.prepare(0, &[1]);
    let first = store.persist(&origin, &[(&extension, None)]).unwrap_err();
    assert!(
        matches!(first, yizhang_store::StoreError::Io { .. }),
        "{first}"
    );
    let later = [
        store.persist(&origin, &[(&extension, None)]).unwrap_err(),
        store
            .record(&origin, yizhang_ledger::value::LeafIndex(1))
            .unwrap_err(),
        store.journal_append(JournalKind::ROSTER, b"x").unwrap_err(),
        store.flush().unwrap_err(),
    ];
    assert!(
        later
            .iter()
            .all(|error| matches!(error, yizhang_store::StoreError::Stopped { .. }))
    );
    drop(store);
    let store = world.open(folder.path());
    world.settle(&store);
    world.check(&store, 1);
}
