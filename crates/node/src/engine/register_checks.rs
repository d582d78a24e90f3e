//! Registers of accounts in the chains of others: a mirror computes each of them itself before it cosigns a head behind it.
//!
//! What a head adds is looked through when it is to be cosigned. If that is much, or there is a register in it, it is done by a thread of
//! its own, and the mirror's line waits; the witness's does not. A register that is wrong is said, and no head behind it gets a line of
//! this mirror any more.

use crate::wrong_registers::WrongRegisters;
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};
use tokio::runtime::Handle;
use yizhang_ledger::{
    entry::{Entry, Kind},
    head::Origin,
    register::{EPOCH_MS, EpochEnd},
    value::{LeafIndex, TreeSize},
};
use yizhang_store::{RegisterChecked, Store, StoreError};

/// Entries that are looked through at once: some batches, milliseconds of work.
const ENTRIES_AT_ONCE: u64 = 32_768;
/// How long nothing is tried after the disk has failed to tell.
const PAUSE: Duration = Duration::from_secs(60);
/// How many times as long as a register took to compute nothing more is computed of its chain: whoever writes one after the other into a chain
/// costs its mirrors a tenth of a core and of their disk.
const REST_TIMES: u32 = 9;
/// Longest such rest.
const REST_MAX: Duration = Duration::from_secs(30 * 60);
/// The rest behind a register that came too soon after another: a chain that writes such ones has one an hour computed.
const REST_BEHIND_SOON: Duration = Duration::from_millis(EPOCH_MS);

/// How far the registers of each chain are known to be right.
#[derive(Clone)]
pub(super) struct RegisterChecks {
    store: Arc<Store>,
    /// It waits for its threads when it ends, so that none holds the store of a node that has stopped.
    runtime: Handle,
    wrong: Arc<WrongRegisters>,
    chains: Arc<Mutex<BTreeMap<Origin, Progress>>>,
}

/// How far the registers of a chain are known to be right.
#[derive(Clone, Copy, Debug, Default)]
struct Progress {
    /// Every register in so many entries is.
    right: TreeSize,
    /// The last of them that was gone through here: the next one covers more.
    last: Option<EpochEnd>,
    /// Whether a thread goes on from there.
    is_under_way: bool,
    /// A register that is not right.
    wrong: Option<LeafIndex>,
    /// Until when nothing more is looked at.
    rests_until: Option<Instant>,
}

/// What was found in a part of a chain.
enum Found {
    /// No register up to the end.
    End,
    /// Registers that are right.
    Right,
    /// Registers that are right, and came too soon.
    Soon,
    Wrong(LeafIndex),
}

/// What becomes of a register.
enum Judged {
    Right(EpochEnd),
    /// It is right, and came too soon after the one before it.
    Soon(EpochEnd),
    Wrong,
}

impl RegisterChecks {
    /// Of a node whose mirror has cosigned these chains so far.
    pub(super) fn new(
        store: Arc<Store>,
        runtime: Handle,
        wrong: Arc<WrongRegisters>,
        cosigned: BTreeMap<Origin, TreeSize>,
    ) -> Self {
        let progress = |right| Progress {
            right,
            ..Progress::default()
        };
        let chains = cosigned
            .into_iter()
            .map(|(chain, size)| (chain, progress(size)));
        Self {
            store,
            runtime,
            wrong,
            chains: Arc::new(Mutex::new(chains.collect())),
        }
    }

    /// Whether every register in the first `size` entries of a chain is right. If that is not known yet, it will be.
    pub(super) fn are_right(&self, chain: &Origin, size: TreeSize) -> bool {
        let progress = *self.lock().entry(chain.clone()).or_default();
        if progress.right >= size {
            return true;
        }
        let is_early = progress
            .rests_until
            .is_some_and(|until| Instant::now() < until);
        if progress.is_under_way || progress.wrong.is_some() || is_early {
            return false;
        }
        let is_little = size.0.saturating_sub(progress.right.0) <= ENTRIES_AT_ONCE;
        if is_little
            && let Ok((through, registers)) = self.next_registers(chain, progress.right)
            && registers.is_empty()
        {
            self.change(chain, |progress| {
                progress.right = progress.right.max(through);
            });
            return through >= size;
        }
        self.go_on(chain);
        false
    }

    /// Has a thread look on through a chain, up to its next register or its end.
    fn go_on(&self, chain: &Origin) {
        self.change(chain, |progress| progress.is_under_way = true);
        let (checks, origin) = (self.clone(), chain.clone());
        self.runtime.spawn_blocking(move || {
            let start = Instant::now();
            let found = checks.check_on(&origin);
            let rest = (start.elapsed() * REST_TIMES).min(REST_MAX);
            if let Ok(Found::Wrong(at)) = found {
                checks.wrong.found(&origin, at);
            }
            checks.change(&origin, |progress| {
                progress.is_under_way = false;
                match found {
                    Ok(Found::End) => {}
                    Ok(Found::Right) => progress.rests_until = Some(Instant::now() + rest),
                    Ok(Found::Soon) => {
                        progress.rests_until = Some(Instant::now() + REST_BEHIND_SOON);
                    }
                    Ok(Found::Wrong(at)) => progress.wrong = Some(at),
                    Err(error) => {
                        tracing::warn!(chain = %origin.region(), %error, "registers of a chain could not be computed; its heads get no mirror's line meanwhile");
                        progress.rests_until = Some(Instant::now() + PAUSE);
                    }
                }
            });
        });
    }

    /// Computes the next registers of a chain from where they are known to be right.
    fn check_on(&self, chain: &Origin) -> Result<Found, StoreError> {
        let Progress {
            right: mut from,
            mut last,
            ..
        } = *self.lock().entry(chain.clone()).or_default();
        loop {
            let (through, registers) = self.next_registers(chain, from)?;
            let mut is_soon = false;
            for at in &registers {
                match self.judge(chain, *at, last)? {
                    Judged::Right(end) => last = Some(end),
                    Judged::Soon(end) => (last, is_soon) = (Some(end), true),
                    Judged::Wrong => return Ok(Found::Wrong(*at)),
                }
            }
            // Both at once: what is gone through again is compared with what stands before it.
            self.change(chain, |progress| {
                progress.right = progress.right.max(through);
                progress.last = last;
            });
            if is_soon {
                return Ok(Found::Soon);
            }
            if !registers.is_empty() {
                return Ok(Found::Right);
            }
            if through <= from {
                return Ok(Found::End);
            }
            from = through;
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

    /// Computes the register at a position, and compares. It has to cover more than the one that was right before it.
    fn judge(
        &self,
        chain: &Origin,
        at: LeafIndex,
        last: Option<EpochEnd>,
    ) -> Result<Judged, StoreError> {
        let region = chain.region();
        let covered = last.map_or(TreeSize(0), |last| last.covers);
        match self.store.check_register(chain, at)? {
            // One that the store has a newer one of: this node has lost what it cosigned, not the chain its order.
            RegisterChecked::Right(stated) | RegisterChecked::Older { stated, .. }
                if stated.size > covered.0 =>
            {
                let end = EpochEnd {
                    covers: TreeSize(stated.size),
                    time: self.store.batch_time(chain, at)?,
                };
                if last.is_none_or(|last| last.too_soon_ms(end) == 0) {
                    return Ok(Judged::Right(end));
                }
                tracing::warn!(chain = %region, position = at.0, "a register of accounts came too soon after the one before it: no more of the chain is cosigned as a mirror for an hour");
                return Ok(Judged::Soon(end));
            }
            RegisterChecked::Right(stated) | RegisterChecked::Older { stated, .. } => {
                tracing::error!(chain = %region, position = at.0, ?stated, covered = covered.0, "a register of accounts in a chain covers no more than one before it: its mirror's cosignature is withheld from there on");
            }
            RegisterChecked::Wrong { stated, computed } => {
                tracing::error!(chain = %region, position = at.0, ?stated, ?computed, "a register of accounts in a chain is wrong: its mirror's cosignature is withheld from there on");
            }
            RegisterChecked::Unreadable(fault) => {
                tracing::error!(chain = %region, position = at.0, %fault, "a register of accounts in a chain is none: its mirror's cosignature is withheld from there on");
            }
        }
        Ok(Judged::Wrong)
    }

    fn change(&self, chain: &Origin, change: impl FnOnce(&mut Progress)) {
        change(self.lock().entry(chain.clone()).or_default());
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<Origin, Progress>> {
        self.chains.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ed25519_dalek::SigningKey;
    use yizhang_ledger::{
        batch::{RecordBlock, SubmissionId},
        chain::Submitted,
        hash::Hash,
        record::{AccountRegister, Record},
        value::{Division, UnixMillis},
    };
    use yizhang_store::Options;

    const PATIENCE: Duration = Duration::from_secs(60);

    struct Mirror {
        _folder: tempfile::TempDir,
        runtime: tokio::runtime::Runtime,
        store: Arc<Store>,
        chain: Origin,
    }

    impl Mirror {
        fn new() -> Self {
            let chain = Origin::new("test.yizhang", Division::new(440_000).unwrap()).unwrap();
            let folder = tempfile::tempdir().unwrap();
            let options = Options::new(vec![chain.clone()]);
            let (store, _) = Store::open(folder.path(), options).unwrap();
            Self {
                _folder: folder,
                runtime: tokio::runtime::Runtime::new().unwrap(),
                store: Arc::new(store),
                chain,
            }
        }

        /// Appends a batch of one record. Returns the size after it.
        fn append(&self, record: &Record<'_>) -> TreeSize {
            self.append_many(record, 1)
        }

        /// Appends a batch of so many records. Returns the size after it.
        fn append_many(&self, record: &Record<'_>, times: usize) -> TreeSize {
            let mut one = Vec::new();
            record.write(&mut one).unwrap();
            let bytes = one.repeat(times);
            let state = self.store.state(&self.chain).unwrap();
            let size = u128::from(state.size().0);
            let submitted = Submitted {
                id: SubmissionId(size.to_le_bytes()),
                submitter: "node.440000".into(),
                block: RecordBlock::parse(bytes).unwrap(),
            };
            let extension = state.prepare(&[submitted], UnixMillis(1), 1).unwrap();
            let head = extension.after().head();
            let note = head.sign(&SigningKey::from_bytes(&[1; 32])).into_bytes();
            let part = (&extension, Some(note.as_slice()));
            self.store.persist(&self.chain, &[part]).unwrap();
            head.size
        }

        fn checks(&self, known: BTreeMap<Origin, TreeSize>) -> RegisterChecks {
            let runtime = self.runtime.handle().clone();
            RegisterChecks::new(Arc::clone(&self.store), runtime, Arc::default(), known)
        }

        fn append_something(&self) -> TreeSize {
            self.append(&Record::Unknown(Kind(500), b"a kind of a later version"))
        }

        fn register(&self) -> AccountRegister {
            let size = self.store.size(&self.chain).unwrap();
            self.store.make_register(&self.chain, size).unwrap()
        }
    }

    /// Asks as the mirror does, again and again.
    fn are_right_in_the_end(checks: &RegisterChecks, mirror: &Mirror, size: TreeSize) -> bool {
        let start = Instant::now();
        loop {
            if checks.are_right(&mirror.chain, size) {
                return true;
            }
            let progress = *checks.lock().entry(mirror.chain.clone()).or_default();
            if !progress.is_under_way && progress.wrong.is_some() {
                return false;
            }
            assert!(start.elapsed() < PATIENCE);
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    #[test]
    fn a_mirror_goes_on_behind_right_registers_and_never_behind_a_wrong_one() {
        let mirror = Mirror::new();
        let checks = mirror.checks(BTreeMap::new());
        let size = mirror.append_something();
        assert!(
            are_right_in_the_end(&checks, &mirror, size),
            "there is no register"
        );
        let size = mirror.append(&Record::AccountRegister(mirror.register()));
        assert!(
            !checks.are_right(&mirror.chain, size),
            "it is computed first"
        );
        assert!(are_right_in_the_end(&checks, &mirror, size));
        // One account more than there is.
        let mut wrong = mirror.register();
        wrong.accounts += 1;
        wrong.root = Hash([7; 32]);
        let before = mirror.append_something();
        // It rests after a register, and goes on.
        assert!(are_right_in_the_end(&checks, &mirror, before));
        let size = mirror.append(&Record::AccountRegister(wrong));
        assert!(!are_right_in_the_end(&checks, &mirror, size));
        let later = mirror.append_something();
        assert!(!are_right_in_the_end(&checks, &mirror, later));
        assert!(
            checks.are_right(&mirror.chain, before),
            "what lies before stays"
        );
        // Also for a mirror that is started again behind the right one.
        let known = [(mirror.chain.clone(), before)].into();
        let checks = mirror.checks(known);
        assert!(checks.are_right(&mirror.chain, before));
        assert!(!are_right_in_the_end(&checks, &mirror, later));
    }

    #[test]
    fn a_register_that_covers_less_than_one_before_it_is_wrong_and_one_that_was_gone_through_is_not()
     {
        let mirror = Mirror::new();
        mirror.append_something();
        let first = mirror.register();
        mirror.append(&Record::AccountRegister(first));
        mirror.append_something();
        let size = mirror.append(&Record::AccountRegister(mirror.register()));
        for _ in 0..2 {
            // The second time all of it has been made before.
            let checks = mirror.checks(BTreeMap::new());
            assert!(are_right_in_the_end(&checks, &mirror, size));
        }
        let checks = mirror.checks(BTreeMap::new());
        assert!(are_right_in_the_end(&checks, &mirror, size));
        let mut shrunk = first;
        shrunk.size -= 1;
        let size = mirror.append(&Record::AccountRegister(shrunk));
        assert!(!are_right_in_the_end(&checks, &mirror, size));
    }

    #[test]
    fn behind_a_register_that_came_too_soon_a_mirror_rests_for_an_hour() {
        let mirror = Mirror::new();
        let checks = mirror.checks(BTreeMap::new());
        mirror.append_many(&Record::Unknown(Kind(500), b"many"), 1_000);
        let size = mirror.append(&Record::AccountRegister(mirror.register()));
        assert!(are_right_in_the_end(&checks, &mirror, size));
        let rest = || {
            let until = checks.lock()[&mirror.chain].rests_until;
            until.map_or(Duration::ZERO, |until| until - Instant::now())
        };
        assert!(rest() < REST_MAX);
        let size = mirror.append(&Record::AccountRegister(mirror.register()));
        assert!(are_right_in_the_end(&checks, &mirror, size), "it is right");
        assert!(rest() > REST_MAX);
        let size = mirror.append_something();
        assert!(!checks.are_right(&mirror.chain, size));
        assert!(checks.lock()[&mirror.chain].wrong.is_none(), "it waits");
    }
}
