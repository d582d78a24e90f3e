//! Registers of accounts in the chains of others: a mirror computes each of them itself before it cosigns a head behind it.
//!
//! What a head adds is looked through when it is to be cosigned. If that is much, or there is a register in it, it is done by a thread of
//! its own, and the mirror's line waits; the witness's does not. A register that is wrong is said, and no head behind it gets a line of
//! this mirror any more.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};
use yizhang_ledger::{
    entry::{Entry, Kind},
    head::Origin,
    value::{LeafIndex, TreeSize},
};
use yizhang_store::{RegisterChecked, Store, StoreError};

/// Entries that are looked through at once: some batches, milliseconds of work.
const ENTRIES_AT_ONCE: u64 = 32_768;
/// How long nothing is tried after the disk has failed to tell.
const PAUSE: Duration = Duration::from_secs(60);

/// How far the registers of each chain are known to be right.
#[derive(Clone)]
pub(super) struct RegisterChecks {
    store: Arc<Store>,
    chains: Arc<Mutex<BTreeMap<Origin, Progress>>>,
}

/// How far the registers of a chain are known to be right.
#[derive(Clone, Copy, Debug, Default)]
struct Progress {
    /// Every register in so many entries is.
    right: TreeSize,
    /// The largest size that one of them covers.
    covered: u64,
    /// Whether a thread goes on from there.
    is_under_way: bool,
    /// A register that is not right.
    wrong: Option<LeafIndex>,
    /// When the disk did not tell.
    failed: Option<Instant>,
}

/// What was found in a part of a chain.
enum Found {
    /// Nothing wrong up to this size.
    Right(TreeSize),
    Wrong(LeafIndex),
}

impl RegisterChecks {
    /// Of a node whose mirror has cosigned these chains so far.
    pub(super) fn new(store: Arc<Store>, cosigned: BTreeMap<Origin, TreeSize>) -> Self {
        let progress = |right| Progress {
            right,
            ..Progress::default()
        };
        let chains = cosigned.into_iter().map(|(chain, size)| (chain, progress(size)));
        Self {
            store,
            chains: Arc::new(Mutex::new(chains.collect())),
        }
    }

    /// Whether every register in the first `size` entries of a chain is right. If that is not known yet, it will be.
    pub(super) fn are_right(&self, chain: &Origin, size: TreeSize) -> bool {
        let progress = *self.lock().entry(chain.clone()).or_default();
        if progress.right >= size {
            return true;
        }
        let is_early = progress.failed.is_some_and(|at| at.elapsed() < PAUSE);
        if progress.is_under_way || progress.wrong.is_some() || is_early {
            return false;
        }
        let is_little = size.0.saturating_sub(progress.right.0) <= ENTRIES_AT_ONCE;
        if is_little
            && let Ok((through, registers)) = self.next_registers(chain, progress.right)
            && registers.is_empty()
        {
            self.change(chain, |progress| progress.right = progress.right.max(through));
            return through >= size;
        }
        self.go_on(chain);
        false
    }

    /// Has a thread look through all of a chain that is here.
    fn go_on(&self, chain: &Origin) {
        self.change(chain, |progress| progress.is_under_way = true);
        let (checks, origin) = (self.clone(), chain.clone());
        let thread = std::thread::Builder::new().name("registers".into());
        let started = thread.spawn(move || {
            let found = checks.check_all(&origin);
            checks.change(&origin, |progress| {
                progress.is_under_way = false;
                match found {
                    Ok(Found::Right(size)) => progress.right = progress.right.max(size),
                    Ok(Found::Wrong(at)) => progress.wrong = Some(at),
                    Err(error) => {
                        tracing::warn!(chain = %origin.region(), %error, "registers of a chain could not be computed; its heads get no mirror's line meanwhile");
                        progress.failed = Some(Instant::now());
                    }
                }
            });
        });
        if let Err(error) = started {
            tracing::warn!(%error, "no thread to compute registers");
            self.change(chain, |progress| {
                progress.is_under_way = false;
                progress.failed = Some(Instant::now());
            });
        }
    }

    /// Computes every register of a chain from where they are known to be right.
    fn check_all(&self, chain: &Origin) -> Result<Found, StoreError> {
        let mut from = self.lock().entry(chain.clone()).or_default().right;
        loop {
            let (through, registers) = self.next_registers(chain, from)?;
            for at in registers {
                if !self.is_right(chain, at)? {
                    return Ok(Found::Wrong(at));
                }
            }
            if through <= from {
                return Ok(Found::Right(through));
            }
            from = through;
            self.change(chain, |progress| progress.right = progress.right.max(through));
        }
    }

    /// Looks through whole batches from a batch's start on: up to where, and the registers in the last of them.
    fn next_registers(
        &self,
        chain: &Origin,
        from: TreeSize,
    ) -> Result<(TreeSize, Vec<LeafIndex>), StoreError> {
        let mut at = from.0;
        for batch in self.store.batches(chain, from)? {
            let (batch, _) = batch?;
            let mut registers = Vec::new();
            let mut rest = batch.as_slice();
            // What is in the store has been read before it came there.
            while let Ok((entry, behind)) = Entry::split_first(rest, LeafIndex(at)) {
                if entry.kind == Kind::ACCOUNT_REGISTER {
                    registers.push(LeafIndex(at));
                }
                rest = behind;
                at += 1;
            }
            if !registers.is_empty() || at - from.0 >= ENTRIES_AT_ONCE {
                return Ok((TreeSize(at), registers));
            }
        }
        Ok((TreeSize(at), Vec::new()))
    }

    /// Computes the register at a position, and compares.
    fn is_right(&self, chain: &Origin, at: LeafIndex) -> Result<bool, StoreError> {
        let region = chain.region();
        let checked = self.store.check_register(chain, at)?;
        match &checked {
            RegisterChecked::Right(stated) => {
                self.change(chain, |progress| progress.covered = progress.covered.max(stated.size));
                return Ok(true);
            }
            RegisterChecked::Wrong { stated, computed } => {
                tracing::error!(chain = %region, position = at.0, ?stated, ?computed, "a register of accounts in a chain is wrong: its mirror's cosignature is withheld from there on");
            }
            RegisterChecked::Older { stated, .. } => {
                let covered = self.lock().entry(chain.clone()).or_default().covered;
                // One that comes again after it was gone through once: this node has lost what it cosigned, not the chain its order.
                if stated.size > covered {
                    return Ok(true);
                }
                tracing::error!(chain = %region, position = at.0, ?stated, covered, "a register of accounts in a chain covers less than one before it: its mirror's cosignature is withheld from there on");
            }
            RegisterChecked::Unreadable(fault) => {
                tracing::error!(chain = %region, position = at.0, %fault, "a register of accounts in a chain is none: its mirror's cosignature is withheld from there on");
            }
        }
        Ok(false)
    }

    fn change(&self, chain: &Origin, change: impl FnOnce(&mut Progress)) {
        change(self.lock().entry(chain.clone()).or_default());
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<Origin, Progress>> {
        self.chains.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
