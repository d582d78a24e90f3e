//! Lookups: how long one takes, and what the caller's own check costs.

use crate::systems::System;
use anyhow::{Context, ensure};
use std::{
    collections::{BTreeMap, BTreeSet},
    time::{Duration, Instant},
};
use yizhang_entitlement::{Policy, fold};
use yizhang_ledger::{
    Verified,
    fact::Fact,
    head::{Head, Origin},
    person::AccountId,
    roster::Roster,
    value::{Day, LeafIndex},
};
use yizhang_statement::{RecordEvidence, prove};
use yizhang_store::Store;

/// Times of many tries, ascending.
#[derive(Clone, Debug, Default)]
pub struct Times(Vec<f64>);

impl Times {
    /// Adds one.
    pub fn add(&mut self, took: Duration) {
        self.0.push(took.as_secs_f64() * 1e3);
    }

    /// The value below which this share of the tries lies, in milliseconds; 0 without any.
    pub fn quantile(&self, share: f64) -> f64 {
        let mut sorted = self.0.clone();
        sorted.sort_unstable_by(f64::total_cmp);
        let rank = (sorted.len() as f64 * share).ceil() as usize;
        sorted.get(rank.max(1) - 1).copied().unwrap_or(0.0)
    }

    /// Number of tries.
    pub const fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there was none.
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// Looks accounts up and counts what comes back; `before` runs before each, untimed. None if the system cannot.
///
/// # Errors
/// What the system says, or fewer records than `least`.
pub fn plain(
    system: &mut dyn System,
    accounts: impl Iterator<Item = AccountId>,
    least: usize,
    mut before: impl FnMut() -> anyhow::Result<()>,
) -> anyhow::Result<Option<Times>> {
    let mut times = Times::default();
    for account in accounts {
        before()?;
        let start = Instant::now();
        let Some(found) = system.lookup(&account)? else {
            return Ok(None);
        };
        times.add(start.elapsed());
        ensure!(
            found.len() >= least,
            "expected {least} records or more, found {}",
            found.len()
        );
    }
    Ok(Some(times))
}

/// The records of an account, with their proofs against the newest head of each chain.
pub struct Evidence {
    chains: BTreeMap<Origin, ChainEvidence>,
}

/// Those of one chain.
struct ChainEvidence {
    head: Verified<Head>,
    records: Vec<RecordEvidence>,
}

/// The newest head of every chain, verified. A node keeps them as long as the chains do not grow, so that a lookup costs no
/// signature.
///
/// # Errors
/// What the store says; a chain without a head.
pub fn verified_heads(
    store: &Store,
    roster: &Roster,
) -> anyhow::Result<BTreeMap<Origin, Verified<Head>>> {
    let open = |origin: &Origin| {
        let (_, note) = store
            .newest_head(origin)?
            .context("every chain has a signed head")?;
        Ok((origin.clone(), Head::open(&note, roster)?))
    };
    roster.origins().map(open).collect()
}

impl Evidence {
    /// Reads and proves what a node reads and proves.
    ///
    /// # Errors
    /// What the store says.
    pub fn gather(
        store: &Store,
        heads: &BTreeMap<Origin, Verified<Head>>,
        account: &AccountId,
    ) -> anyhow::Result<Self> {
        let mut wanted: BTreeMap<Origin, Vec<LeafIndex>> = BTreeMap::new();
        for (origin, index) in store.positions(account)? {
            wanted.entry(origin).or_default().push(index);
        }
        let mut chains = BTreeMap::new();
        for (origin, indexes) in wanted {
            let head = heads.get(&origin).context("a head of every chain")?.clone();
            let proofs = store.proofs(&origin, &indexes, head.size)?;
            let records = indexes.into_iter().zip(proofs);
            let records = records.map(|(index, proof)| RecordEvidence {
                index,
                entry: proof.entry,
                path: proof.path,
            });
            chains.insert(
                origin,
                ChainEvidence {
                    head,
                    records: records.collect(),
                },
            );
        }
        Ok(Self { chains })
    }

    /// Number of records.
    pub fn records(&self) -> usize {
        self.chains.values().map(|chain| chain.records.len()).sum()
    }

    /// Number of chains that they are from.
    pub fn chains(&self) -> usize {
        self.chains.len()
    }

    /// Verifies every record as a caller does.
    ///
    /// # Errors
    /// A record that the head does not prove.
    pub fn verify(&self) -> anyhow::Result<Vec<Verified<Fact<'_>>>> {
        let mut facts = Vec::new();
        for chain in self.chains.values() {
            facts.extend(prove(&chain.head, &chain.records)?);
        }
        Ok(facts)
    }
}

/// Times of lookups with proofs, of the caller's check, and of the fold.
#[derive(Clone, Debug, Default)]
pub struct Proved {
    /// Reading and proving.
    pub gather: Times,
    /// Verifying every proof, one after the other.
    pub verify: Times,
    /// The account from the verified records.
    pub fold: Times,
    /// Chains of the last one.
    pub chains: usize,
}

/// Looks accounts up with proofs, verifies and folds.
///
/// # Errors
/// What the store says, a proof that fails, or fewer records than `least`.
pub fn proved(
    store: &Store,
    roster: &Roster,
    accounts: impl Iterator<Item = AccountId>,
    least: usize,
    mut before: impl FnMut() -> anyhow::Result<()>,
) -> anyhow::Result<Proved> {
    let as_of = Day::new(20_261_031).context("a day")?;
    let heads = verified_heads(store, roster)?;
    let mut times = Proved::default();
    let mut digests = BTreeSet::new();
    for account in accounts {
        before()?;
        let start = Instant::now();
        let evidence = Evidence::gather(store, &heads, &account)?;
        times.gather.add(start.elapsed());
        ensure!(
            evidence.records() >= least,
            "expected {least} records or more, found {}",
            evidence.records()
        );
        let start = Instant::now();
        let facts = evidence.verify()?;
        times.verify.add(start.elapsed());
        let start = Instant::now();
        let folded = fold(&facts, Policy::embedded(), as_of);
        times.fold.add(start.elapsed());
        digests.insert(folded.digest().0);
        times.chains = evidence.chains();
    }
    ensure!(!digests.is_empty(), "no account was looked up");
    Ok(times)
}
