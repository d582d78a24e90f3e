//! Feeds parsers with bytes that are nearly right, and sees how much room they take.
//!
//! `YIZHANG_FUZZ` says how many inputs each gets, `YIZHANG_SEED` which, `YIZHANG_TARGET` which parser alone.

use super::mutator::mutated;
use peak_alloc::PeakAlloc;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use std::{
    fs,
    panic::{AssertUnwindSafe, catch_unwind},
    path::Path,
    time::Instant,
};

#[global_allocator]
static ALLOCATOR: PeakAlloc = PeakAlloc;

/// Inputs of each parser where nobody asks for more.
const INPUTS: u64 = 2_000;
const SEED: u64 = 20_261_130;

fn number(variable: &str, otherwise: u64) -> u64 {
    let value = std::env::var(variable).ok();
    value.map_or(otherwise, |value| value.parse().unwrap())
}

/// Whether a parser takes bytes.
type Run = Box<dyn Fn(&[u8]) -> bool>;

/// A parser. It says whether it took what it was given; all the rest is that it comes back.
pub(crate) struct Target {
    pub(crate) name: &'static str,
    pub(crate) seeds: Vec<Vec<u8>>,
    pub(crate) room_max: usize,
    pub(crate) run: Run,
}

/// Feeds each parser, and fails at the first input that it does not come back from.
pub(crate) fn feed(targets: &[Target]) {
    let (inputs, seed) = (number("YIZHANG_FUZZ", INPUTS), number("YIZHANG_SEED", SEED));
    let only = std::env::var("YIZHANG_TARGET").ok();
    println!("YIZHANG_SEED={seed} YIZHANG_FUZZ={inputs}");
    let mut found = 0;
    for target in targets {
        if only.as_ref().is_some_and(|only| only != target.name) {
            continue;
        }
        for (at, seed) in target.seeds.iter().enumerate() {
            let name = target.name;
            assert!(
                (target.run)(seed),
                "{name} refuses seed {at}, which it begins with"
            );
        }
        let started = Instant::now();
        let most = run(target, inputs, seed);
        println!(
            "{}: {inputs} inputs, {:.1?}, {most} bytes at most",
            target.name,
            started.elapsed()
        );
        found += 1;
    }
    assert!(found > 0, "there is no parser {only:?}");
}

/// The most room that an input took.
fn run(target: &Target, inputs: u64, seed: u64) -> usize {
    let mut most = 0;
    for input in 0..inputs {
        let mut rng = ChaCha8Rng::seed_from_u64(seed + input);
        let bytes = mutated(&mut rng, &target.seeds);
        let before = ALLOCATOR.current_usage();
        ALLOCATOR.reset_peak_usage();
        let outcome = catch_unwind(AssertUnwindSafe(|| (target.run)(&bytes)));
        let room = ALLOCATOR.peak_usage().saturating_sub(before);
        most = most.max(room);
        let again = format!(
            "YIZHANG_TARGET='{}' YIZHANG_SEED={} YIZHANG_FUZZ=1",
            target.name,
            seed + input
        );
        if outcome.is_err() || room > target.room_max {
            let kept = Path::new(env!("CARGO_TARGET_TMPDIR")).join("refused-input");
            fs::write(&kept, &bytes).unwrap();
            let kept = kept.display();
            assert!(outcome.is_ok(), "it panicked; {again}, {kept}");
            panic!("it took {room} bytes; {again}, {kept}");
        }
    }
    most
}
