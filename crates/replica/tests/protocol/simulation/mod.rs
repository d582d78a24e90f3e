//! Whole federations in one thread, under a scheduler that draws everything from a seed: which messages are late, lost
//! or doubled, who crashes between which two outputs, whose disk is an old copy, what a malicious node sends, when a node writes a register
//! of its accounts, and when the roster changes.
//!
//! `YIZHANG_SEEDS=1000..2000` runs other federations, shared among as many threads as there are cores (or `YIZHANG_THREADS`), and says how
//! far it is; `YIZHANG_SIMULATION_SEED=17` runs one of them, with its story. docs/BENCHMARKS.md has the command for a million.

mod checks;
mod clients;
mod cosigned;
mod disk;
mod federation;
mod network;
mod plan;
mod registers;
mod rosters;
mod seeds;
mod shell;
mod tell;
mod villain;

use federation::Federation;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

/// Federations of an ordinary test run.
const SEEDS: std::ops::Range<u64> = 0..1_000;

fn run(seed: u64) -> Federation {
    live(Federation::new(seed))
}

/// All of a federation's life.
fn live(mut federation: Federation) -> Federation {
    federation.trouble();
    federation.heal();
    federation
}

/// A number in the environment.
fn number(name: &str) -> Option<u64> {
    let text = std::env::var(name).ok()?;
    Some(text.parse().expect("a number"))
}

#[test]
fn every_federation_keeps_its_promises() {
    if let Some(seed) = number("YIZHANG_SIMULATION_SEED") {
        let mut federation = Federation::new(seed);
        federation.tells = true;
        println!("{}", live(federation).summary());
        return;
    }
    let asked = seeds::asked();
    let is_usual = asked.is_none();
    let met = seeds::run_all(&asked.unwrap_or(SEEDS), |seed| run(seed).counts);
    println!("{met:?}");
    for (what, count) in met.named() {
        // Few seeds meet less.
        assert!(count > 0 || !is_usual, "no seed met: {what}");
    }
}

/// Seeds that have found something: a batch without head below a restored one (5309), and two endings that the checks
/// had taken for an unnoticed fork (3730, 3836).
#[test]
fn seeds_that_failed_once_hold() {
    for seed in [3_730, 3_836, 5_309] {
        live(Federation::before_registers(seed));
    }
}

/// Nodes that also tell one another what they might not see by watching. The malicious node has a twin here: a second process with its
/// key that nobody watches, and that tells other heads than the first one announces.
#[test]
fn every_federation_learns_of_a_twin_that_nobody_watches() {
    if let Some(seed) = number("YIZHANG_SIMULATION_SEED") {
        println!("{}", run_telling(seed, true).summary());
        return;
    }
    let mut met = federation::Counts::default();
    for seed in 20_000..20_080 {
        match catch_unwind(AssertUnwindSafe(|| run_telling(seed, false))) {
            Ok(federation) => met.add(&federation.counts),
            Err(panic) => {
                eprintln!("seed {seed} failed: run it alone with YIZHANG_SIMULATION_SEED={seed}");
                resume_unwind(panic);
            }
        }
    }
    println!("{met:?}");
    for what in ["tellings", "passed on", "twins found out"] {
        assert!(met.of(what) > 0, "no seed met: {what}");
    }
}

fn run_telling(seed: u64, tells: bool) -> Federation {
    let mut federation = Federation::new(seed);
    federation.tells = tells;
    federation.telling = true;
    federation.trouble();
    federation.heal();
    federation.check_twin();
    federation
}

#[test]
fn a_seed_replays_to_the_byte() {
    let digest = |seed| {
        let mut federation = Federation::new(seed);
        federation.keep_trace();
        live(federation).digest()
    };
    for seed in 0..4 {
        assert_eq!(digest(seed), digest(seed), "seed {seed}");
    }
}
