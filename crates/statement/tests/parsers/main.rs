//! Every parser that meets bytes from outside, fed with bytes that are nearly right: none panics, and none takes more room than it may.
//!
//! `YIZHANG_FUZZ` says how many inputs each gets, `YIZHANG_SEED` which, `YIZHANG_TARGET` which parser alone. The list in `targets` is what a harness of another
//! kind can call, one function of bytes each; the mutator here needs no other compiler than the rest.

#[allow(dead_code, reason = "each test uses its own part")]
#[path = "../support/federation.rs"]
mod federation;
mod mutator;
#[allow(dead_code, reason = "each test uses its own part")]
#[path = "../support/raw.rs"]
mod raw;
#[path = "../support/records.rs"]
mod records;
mod targets;
#[allow(dead_code, reason = "each test uses its own part")]
#[path = "../support/world.rs"]
mod world;

use mutator::mutated;
use peak_alloc::PeakAlloc;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use std::{
    fs,
    panic::{AssertUnwindSafe, catch_unwind},
    path::Path,
    time::Instant,
};
use targets::{Target, targets};

#[global_allocator]
static ALLOCATOR: PeakAlloc = PeakAlloc;

/// Inputs of each parser where nobody asks for more.
const INPUTS: u64 = 2_000;
const SEED: u64 = 20_261_130;

fn number(variable: &str, otherwise: u64) -> u64 {
    let value = std::env::var(variable).ok();
    value.map_or(otherwise, |value| value.parse().unwrap())
}

#[test]
fn no_parser_panics_or_takes_more_room_than_it_may() {
    let (inputs, seed) = (number("YIZHANG_FUZZ", INPUTS), number("YIZHANG_SEED", SEED));
    let only = std::env::var("YIZHANG_TARGET").ok();
    println!("YIZHANG_SEED={seed} YIZHANG_FUZZ={inputs}");
    let mut found = 0;
    for target in targets() {
        if only.as_ref().is_some_and(|only| only != target.name) {
            continue;
        }
        for seed in &target.seeds {
            assert!(
                (target.run)(seed),
                "{} refuses what it begins with",
                target.name
            );
        }
        let started = Instant::now();
        let most = run(&target, inputs, seed);
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
