//! Many seeds, shared among threads.

use super::{federation::Counts, number};
use std::{
    ops::Range,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Mutex,
        atomic::{AtomicU64, Ordering},
    },
    thread,
    time::Instant,
};

/// Seeds after which it is said how far it is.
const TOLD_EVERY: u64 = 1_000;

/// The seeds of `YIZHANG_SEEDS`, as `from..to`.
pub(super) fn asked() -> Option<Range<u64>> {
    let text = std::env::var("YIZHANG_SEEDS").ok()?;
    let (from, to) = text.split_once("..").expect("YIZHANG_SEEDS is from..to");
    let [from, to] = [from, to].map(|end| end.trim().parse().expect("a seed is a number"));
    Some(from..to)
}

/// Where the threads are.
struct Run {
    next: AtomicU64,
    end: u64,
    first: u64,
    start: Instant,
    /// What has been met, and the seeds that failed.
    found: Mutex<Found>,
}

#[derive(Default)]
struct Found {
    counts: Counts,
    failed: Vec<u64>,
}

/// Runs every seed, those that fail too, and says which did.
///
/// # Panics
/// If one failed.
pub(super) fn run_all(seeds: &Range<u64>, each: impl Fn(u64) -> Counts + Sync) -> Counts {
    let run = Run {
        next: AtomicU64::new(seeds.start),
        end: seeds.end,
        first: seeds.start,
        start: Instant::now(),
        found: Mutex::default(),
    };
    let cores = thread::available_parallelism().map_or(1, usize::from);
    let asked = number("YIZHANG_THREADS").map(usize::try_from);
    let threads = asked.map_or(cores, |threads| threads.expect("so many threads"));
    thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| run.take_seeds(&each));
        }
    });
    let (found, seconds) = (
        run.found.into_inner().unwrap(),
        run.start.elapsed().as_secs_f32(),
    );
    println!("{seeds:?}: {seconds:.0} s on {threads} threads");
    assert!(
        found.failed.is_empty(),
        "these seeds failed, run one alone with YIZHANG_SIMULATION_SEED: {:?}",
        found.failed
    );
    found.counts
}

impl Run {
    fn take_seeds(&self, each: &impl Fn(u64) -> Counts) {
        loop {
            let seed = self.next.fetch_add(1, Ordering::Relaxed);
            if seed >= self.end {
                return;
            }
            let counts = catch_unwind(AssertUnwindSafe(|| each(seed)));
            let mut found = self.found.lock().unwrap();
            if let Ok(counts) = counts {
                found.counts.add(&counts);
            } else {
                eprintln!("seed {seed} failed: run it alone with YIZHANG_SIMULATION_SEED={seed}");
                found.failed.push(seed);
            }
            let done = seed + 1 - self.first;
            if done.is_multiple_of(TOLD_EVERY) && self.end - self.first > TOLD_EVERY {
                let (seconds, failed) = (self.start.elapsed().as_secs(), found.failed.len());
                println!("{done} seeds, {seconds} s, {failed} failed");
            }
        }
    }
}
