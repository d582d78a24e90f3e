//! A crash while a damaged frame is mended: the directory opens, nothing is lost, and mending goes on.

use crate::federation::{World, copy};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};
use tempfile::{TempDir, tempdir};
use yizhang_ledger::{batch::Batch, head::Origin, value::TreeSize};
use yizhang_store::{Faults, Finding, Mended, Options, Scrubbed, Store, StoreError, check};

/// Bytes that a disk writes whole or not at all.
const SECTOR_BYTES: usize = 512;

/// A closed directory, its first segment as it should be, and what another node holds of that chain.
struct Sound {
    world: World,
    folder: TempDir,
    origin: Origin,
    /// The first segment, below the folder.
    segment: PathBuf,
    whole: Vec<u8>,
    held: Vec<(Batch, Vec<u8>)>,
}

impl Sound {
    fn new(seed: u64) -> Self {
        let mut world = World::new(seed, 2);
        let folder = tempdir().unwrap();
        let store = world.open(folder.path());
        // The frame of the second batch lies in several sectors.
        for records in [9, 60, 4, 30] {
            world.append(&store, 0, &[records]);
        }
        world.random_work(&store, 6);
        let origin = world.chains[0].origin.clone();
        let batches = store.batches(&origin, TreeSize(0)).unwrap();
        let held = batches.map(|batch| {
            let (batch, head) = batch.unwrap();
            (Batch::parse(batch).unwrap(), head)
        });
        let held = held.collect();
        store.close().unwrap();
        drop(store);
        let chain = format!("chains/{}", origin.region());
        let segment = Path::new(&chain).join(format!("{:020}.seg", 0));
        let whole = fs::read(folder.path().join(&segment)).unwrap();
        Self {
            world,
            folder,
            origin,
            segment,
            whole,
            held,
        }
    }

    /// Where the frame of the second batch lies in the segment: its header, and its end.
    fn frame(&self) -> std::ops::Range<usize> {
        let field = |at: usize| {
            let bytes = self.whole[at..at + 4].try_into().unwrap();
            usize::try_from(u32::from_le_bytes(bytes)).unwrap()
        };
        // The header of a file has 96 bytes, that of a frame 40, with the length of the body at its ninth byte.
        let mut at = FILE_HEADER_BYTES;
        for _ in 0..2 {
            at += FRAME_HEADER_BYTES + field(at + 8);
        }
        at..at + FRAME_HEADER_BYTES + field(at + 8)
    }

    /// The segment with every bit of a stretch turned.
    fn damaged(&self, stretch: std::ops::Range<usize>) -> Vec<u8> {
        let mut damaged = self.whole.clone();
        for byte in &mut damaged[stretch] {
            *byte = !*byte;
        }
        damaged
    }

    /// A copy of the directory with other bytes in the segment.
    fn with(&self, segment: &[u8]) -> TempDir {
        let copied = tempdir().unwrap();
        copy(self.folder.path(), copied.path());
        fs::write(copied.path().join(&self.segment), segment).unwrap();
        copied
    }

    /// Goes through the chain and mends; how many frames were broken.
    fn mend(&self, store: &Store) -> Result<usize, StoreError> {
        let mut scrub = store.scrub(&self.origin)?;
        let mut broken = 0;
        loop {
            match scrub.step() {
                Scrubbed::End => return Ok(broken),
                Scrubbed::Sound(_) => {}
                Scrubbed::Broken(found) => {
                    broken += 1;
                    let mut held = self.held.iter();
                    let (batch, head) = held
                        .find(|(batch, _)| batch.entry().first.0 == found.batch.0)
                        .unwrap();
                    let mended = store.mend(&self.origin, &found, batch, head)?;
                    assert_eq!(mended, Mended::Written);
                    scrub.again(store, &self.origin, &found)?;
                }
            }
        }
    }

    /// After a crash: nothing but the one frame is wrong, the mend is done, and all is there.
    fn comes_back(&mut self, folder: &Path) {
        let report = check(folder, &|_| {}).unwrap();
        for finding in &report.findings {
            let is_of_frame =
                matches!(finding, Finding::Chain(damage) if damage.origin == self.origin);
            assert!(
                is_of_frame || matches!(finding, Finding::Index(_)),
                "{finding}"
            );
        }
        let (store, opened) = Store::open(folder, self.world.tiny()).unwrap();
        let is_whole =
            |chain: &yizhang_store::ChainOpened| chain.damage.is_none() && chain.had.is_none();
        assert!(opened.chains.iter().all(is_whole), "{opened}");
        let broken = self.mend(&store).unwrap();
        assert!(broken <= 1, "{broken}");
        assert_eq!(self.mend(&store).unwrap(), 0);
        assert!(fs::read(folder.join(&self.segment)).unwrap() == self.whole);
        self.world.check(&store, 1);
        store.close().unwrap();
        drop(store);
        let report = check(folder, &|_| {}).unwrap();
        assert!(report.findings.is_empty(), "{:?}", report.findings);
    }
}

const FILE_HEADER_BYTES: usize = yizhang_ledger::segment::FILE_HEADER_BYTES;
const FRAME_HEADER_BYTES: usize = yizhang_ledger::segment::FRAME_HEADER_BYTES;

/// Opens, mends and closes on a disk that fails from operation `step` on; how many operations opening took, and all took.
fn mend_until_failure(sound: &Sound, folder: &Path, step: u64) -> (u64, Arc<Faults>) {
    let faults = Arc::new(Faults::at(step));
    let options = Options {
        faults: Some(faults.clone()),
        ..sound.world.tiny()
    };
    let (store, _) = Store::open(folder, options).expect("it fails later");
    let opened = faults.steps();
    // What matters is what is found afterwards.
    let _ = sound.mend(&store).and_then(|_| store.close());
    (opened, faults)
}

#[test]
fn a_crash_at_any_operation_of_mending_loses_nothing_and_the_mend_is_done_afterwards() {
    let mut sound = Sound::new(81);
    let frame = sound.frame();
    let body = frame.start + FRAME_HEADER_BYTES;
    assert!(frame.len() > 3 * SECTOR_BYTES, "{frame:?}");
    // The body, the header with what names the body, and one byte of each.
    let stretches = [
        body + 100..body + 1_300,
        frame.start..body,
        body..body + 1,
        frame.start + 8..frame.start + 9,
    ];
    for stretch in stretches {
        let damaged = sound.damaged(stretch.clone());
        let folder = sound.with(&damaged);
        let (opened, faults) = mend_until_failure(&sound, folder.path(), u64::MAX);
        let steps = faults.steps();
        sound.comes_back(folder.path());
        assert!(steps >= opened + 2, "a write and a sync at least");
        for step in opened + 1..=steps {
            for kept in [0, 128, 256] {
                println!(
                    "{stretch:?}: dies at operation {step} of {steps}, {kept}/256 unsynced bytes are left"
                );
                let folder = sound.with(&damaged);
                let (_, faults) = mend_until_failure(&sound, folder.path(), step);
                assert!(faults.tripped());
                faults.lose_unsynced(kept).unwrap();
                sound.comes_back(folder.path());
            }
        }
    }
}

#[test]
fn whichever_sectors_of_a_mended_frame_reach_the_disk_before_the_power_goes_it_is_mended_afterwards()
 {
    let seed = 82;
    let mut sound = Sound::new(seed);
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let frame = sound.frame();
    let body = frame.start + FRAME_HEADER_BYTES;
    for stretch in [body..frame.end, frame.start..body] {
        let damaged = sound.damaged(stretch.clone());
        for round in 0..24 {
            // Sectors are written in any order.
            let mut torn = damaged.clone();
            for sector in frame.start / SECTOR_BYTES..frame.end.div_ceil(SECTOR_BYTES) {
                let bytes = sector * SECTOR_BYTES..((sector + 1) * SECTOR_BYTES).min(torn.len());
                if rng.random_bool(0.5) {
                    torn[bytes.clone()].copy_from_slice(&sound.whole[bytes]);
                }
            }
            println!("{stretch:?}: round {round} of seed {seed}");
            let folder = sound.with(&torn);
            sound.comes_back(folder.path());
        }
    }
}
