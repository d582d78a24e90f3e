//! Honest statements of random federations are believed, and whatever was changed about them is refused for a reason that fits: by somebody after the
//! issuer, and by an issuer who lies and signs it.
//!
//! `YIZHANG_MUTATIONS` says how many changed statements there are (a tenth as many honest ones), `YIZHANG_SEED` which.

mod excerpts;
#[allow(dead_code, reason = "each test uses its own part")]
#[path = "../support/federation.rs"]
mod federation;
#[allow(
    clippy::unnecessary_wraps,
    reason = "any change may find nothing to change"
)]
mod files;
mod honest;
#[allow(
    clippy::unnecessary_wraps,
    reason = "any change may find nothing to change"
)]
mod lies;
#[path = "../support/names.rs"]
mod names;
#[allow(dead_code, reason = "each test uses its own part")]
#[path = "../support/raw.rs"]
mod raw;
#[allow(dead_code, reason = "each test uses its own part")]
#[path = "../support/records.rs"]
mod records;
mod second;
#[path = "../support/shown.rs"]
mod shown;

use honest::{Honest, Round};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::{
    collections::BTreeMap,
    sync::{
        Mutex,
        atomic::{AtomicU64, Ordering},
    },
    thread,
    time::Instant,
};
use yizhang_ledger::roster::RootFingerprint;

/// Changed statements where nobody asks for more: a few seconds.
const MUTATIONS: u64 = 2_000;
const SEED: u64 = 20_261_130;
/// Honest statements of a federation.
const HONEST: usize = 20;
/// Changes of each of them.
const CHANGES: usize = 10;

/// A statement, and what is there to change it with.
pub(crate) struct Scene<'a> {
    pub(crate) rng: &'a mut ChaCha8Rng,
    pub(crate) round: &'a Round,
    pub(crate) honest: &'a Honest,
}

/// A changed statement.
pub(crate) struct Mutant {
    pub(crate) bytes: Vec<u8>,
    pub(crate) trusted: RootFingerprint,
    /// What the reasons for which it may be refused begin with.
    pub(crate) reasons: &'static [&'static str],
}

/// A way to change a statement; none where this one has nothing of the kind, or where the change is a statement that is as honest.
pub(crate) struct Change {
    pub(crate) name: &'static str,
    pub(crate) make: fn(&mut Scene<'_>) -> Option<Mutant>,
}

/// What came of changes.
#[derive(Default)]
struct Tally {
    /// How often each was refused, and why.
    refused: BTreeMap<(&'static str, String), u64>,
    /// What should not have come of one.
    wrong: Vec<String>,
    /// Some of them, for the second implementation.
    sample: Vec<serde_json::Value>,
}

fn number(variable: &str, otherwise: u64) -> u64 {
    let value = std::env::var(variable).ok();
    value.map_or(otherwise, |value| value.parse().unwrap())
}

#[test]
fn whatever_is_changed_is_refused_and_what_is_honest_is_believed() {
    let (mutations, seed) = (
        number("YIZHANG_MUTATIONS", MUTATIONS),
        number("YIZHANG_SEED", SEED),
    );
    println!("YIZHANG_SEED={seed} YIZHANG_MUTATIONS={mutations}");
    let rounds = mutations.div_ceil((HONEST * CHANGES) as u64);
    let next = AtomicU64::new(0);
    let tally = Mutex::new(Tally::default());
    let started = Instant::now();
    let threads = thread::available_parallelism().map_or(1, usize::from);
    thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let round = next.fetch_add(1, Ordering::Relaxed);
                    if round >= rounds {
                        return;
                    }
                    let found = run(seed + round);
                    let mut tally = tally.lock().unwrap();
                    for (what, times) in found.refused {
                        *tally.refused.entry(what).or_default() += times;
                    }
                    tally.wrong.extend(found.wrong);
                    tally.sample.extend(found.sample);
                }
            });
        }
    });
    let tally = tally.into_inner().unwrap();
    report(&tally, rounds, started);
    second::agrees(&tally);
}

/// One federation, from a seed of its own.
fn run(seed: u64) -> Tally {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let again = format!("repeat with YIZHANG_SEED={seed} YIZHANG_MUTATIONS=1");
    let round = Round::new(&mut rng);
    let changes: Vec<&Change> = files::CHANGES.iter().chain(lies::CHANGES).collect();
    let mut tally = Tally::default();
    for honest in &round.honest {
        honest.check(&round, &again);
        if rng.random_range(0..second::EVERY) == 0 {
            let trusted = round.federation.trusted();
            tally.sample.push(second::of_honest(honest, trusted));
        }
        let mut left = CHANGES;
        while left > 0 {
            let change = changes[rng.random_range(0..changes.len())];
            let mut scene = Scene {
                rng: &mut rng,
                round: &round,
                honest,
            };
            if let Some(mutant) = (change.make)(&mut scene) {
                tally.take(change, &mutant, &mut rng, &again);
                left -= 1;
            }
        }
    }
    for honest in &round.honest {
        let excerpt = excerpts::of(&round, honest, &mut rng);
        excerpts::check(&excerpt, honest, &round, &again);
        for _ in 0..excerpts::EACH {
            let change = &excerpts::CHANGES[rng.random_range(0..excerpts::CHANGES.len())];
            let mut scene = Scene {
                rng: &mut rng,
                round: &round,
                honest: &excerpt,
            };
            // Many hide nothing, and there is nothing to change.
            if let Some(mutant) = (change.make)(&mut scene) {
                tally.take(change, &mutant, &mut rng, &again);
            }
        }
    }
    tally
}

impl Tally {
    /// Counts a changed statement, and keeps it for the second implementation if it is its turn.
    fn take(&mut self, change: &Change, mutant: &Mutant, rng: &mut ChaCha8Rng, again: &str) {
        if rng.random_range(0..second::EVERY) == 0 {
            self.sample.push(second::of_mutant(change.name, mutant));
        }
        match refused(mutant) {
            Ok(reason) => *self.refused.entry((change.name, reason)).or_default() += 1,
            Err(wrong) => self.wrong.push(format!("{} {wrong}; {again}", change.name)),
        }
    }
}

/// Why a changed statement is refused, or that it was not as it should be.
fn refused(mutant: &Mutant) -> Result<String, String> {
    match names::checked(&mutant.bytes, mutant.trusted) {
        Ok(_) => Err("was believed".into()),
        Err(reason) if mutant.reasons.iter().any(|fit| reason.starts_with(fit)) => Ok(reason),
        Err(reason) => Err(format!("was refused because of {reason}")),
    }
}

fn report(tally: &Tally, rounds: u64, started: Instant) {
    for ((change, reason), times) in &tally.refused {
        println!("{times:>8}  {change}: {reason}");
    }
    let changed: u64 = tally.refused.values().sum();
    let honest = rounds * HONEST as u64;
    println!(
        "{changed} changed statements refused, {honest} honest ones believed, {:.1?}",
        started.elapsed()
    );
    let (first, count) = (tally.wrong.iter().take(40), tally.wrong.len());
    let first: Vec<&str> = first.map(String::as_str).collect();
    assert!(first.is_empty(), "{count} wrong:\n{}", first.join("\n"));
    let all = files::CHANGES
        .iter()
        .chain(lies::CHANGES)
        .chain(excerpts::CHANGES);
    for change in all.filter(|_| rounds >= 20) {
        let met = tally.refused.keys().any(|(name, _)| *name == change.name);
        assert!(met, "{} never came up", change.name);
    }
}
