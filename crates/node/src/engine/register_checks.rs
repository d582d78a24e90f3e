//! Registers of accounts in the chains of others: a mirror computes each of them itself before it cosigns a head behind it.
//!
//! What a head adds is looked through when it is to be cosigned. If that is much, or there is a register in it, it is done by a thread of
//! its own, and the mirror's line waits; the witness's does not. A register that is wrong is said, and no head behind it gets a line of
//! this mirror any more.

use crate::{committed::register_of, room::Room, wrong_registers::WrongRegisters};
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};
use tokio::runtime::Handle;
use yizhang_ledger::{
    entry::{Entry, Kind},
    head::Origin,
    record::AccountRegister,
    register::{EPOCH_MS, EpochEnd},
    value::{LeafIndex, TreeSize},
};
use yizhang_store::{RegisterChecked, Store, StoreError};

/// Entries that are looked through at once: some batches, milliseconds of work.
const ENTRIES_AT_ONCE: u64 = 32_768;
/// How long nothing is tried after the disk has failed to tell.
const PAUSE: Duration = Duration::from_secs(60);
/// How many times as long as a register took to compute the next one of its chain waits: whoever writes one after the other into a chain
/// costs its mirrors a tenth of a core and of their disk.
const REST_TIMES: u32 = 9;
/// Longest such rest.
const REST_MAX: Duration = Duration::from_secs(30 * 60);
/// The rest behind a register that came too soon after another: a chain that writes such ones has one an hour computed.
const REST_BEHIND_SOON: Duration = Duration::from_millis(EPOCH_MS);

/// How far the registers of each chain are known to be right.
#[derive(Clone)]
pub(super) struct RegisterChecks {
    tools: RegisterTools,
    chains: Arc<Mutex<BTreeMap<Origin, Progress>>>,
}

/// What registers are computed with.
#[derive(Clone)]
pub(super) struct RegisterTools {
    pub(super) store: Arc<Store>,
    /// It waits for its threads when it ends, so that none holds the store of a node that has stopped.
    pub(super) runtime: Handle,
    pub(super) room: Arc<Room>,
    pub(super) wrong: Arc<WrongRegisters>,
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
    /// A register that it is too early to compute.
    Early,
    /// Registers that are right.
    Right {
        /// How long it took to compute them.
        took: Duration,
    },
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

/// A register, and how long it took to compute.
struct Judgement {
    judged: Judged,
    took: Duration,
}

/// Whether registers are computed now that come next in a chain.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Computing {
    Now,
    /// The chain rests.
    Later,
}

/// A part of a chain that was looked through, batch by batch.
struct Looked {
    /// Up to where there is no register.
    clear: TreeSize,
    /// Up to where it was looked through: behind the batch with the registers, if there are any.
    through: TreeSize,
    registers: Vec<LeafIndex>,
}

impl RegisterChecks {
    /// Of a node whose mirror has cosigned these chains so far.
    pub(super) fn new(tools: RegisterTools, cosigned: BTreeMap<Origin, TreeSize>) -> Self {
        let progress = |right| Progress {
            right,
            ..Progress::default()
        };
        let chains = cosigned
            .into_iter()
            .map(|(chain, size)| (chain, progress(size)));
        Self {
            tools,
            chains: Arc::new(Mutex::new(chains.collect())),
        }
    }

    /// This mirror has cosigned a head of that size, as is known from what others have shown of its lines: it had computed the registers.
    pub(super) fn has_cosigned(&self, chain: &Origin, size: TreeSize) {
        self.change(chain, |progress| {
            if progress.right < size && !progress.is_under_way {
                (progress.right, progress.last) = (size, None);
            }
        });
    }

    /// Whether every register in the first `size` entries of a chain is right. If that is not known yet, it will be.
    pub(super) fn are_right(&self, chain: &Origin, size: TreeSize) -> bool {
        let progress = *self.lock().entry(chain.clone()).or_default();
        if progress.right >= size {
            return true;
        }
        if progress.is_under_way || progress.wrong.is_some() {
            return false;
        }
        let is_early = progress
            .rests_until
            .is_some_and(|until| Instant::now() < until);
        let is_little = size.0.saturating_sub(progress.right.0) <= ENTRIES_AT_ONCE;
        if is_little && let Ok(looked) = self.look_on(chain, progress.right) {
            self.change(chain, |progress| {
                progress.right = progress.right.max(looked.clear);
            });
            if looked.clear >= size {
                return true;
            }
            if is_early && !looked.registers.is_empty() {
                return false;
            }
        }
        let computing = if is_early {
            Computing::Later
        } else {
            Computing::Now
        };
        self.go_on(chain, computing);
        false
    }

    /// Has a thread look on through a chain, up to its next register or its end.
    fn go_on(&self, chain: &Origin, computing: Computing) {
        self.change(chain, |progress| progress.is_under_way = true);
        let (checks, origin) = (self.clone(), chain.clone());
        self.tools.runtime.spawn_blocking(move || {
            let found = checks.check_on(&origin, computing);
            if let Ok(Found::Wrong(at)) = found {
                checks.tools.wrong.found(&origin, at);
            }
            checks.change(&origin, |progress| {
                progress.is_under_way = false;
                match found {
                    Ok(Found::End | Found::Early) => {}
                    Ok(Found::Right { took }) => {
                        let rest = (took * REST_TIMES).min(REST_MAX);
                        progress.rests_until = Some(Instant::now() + rest);
                    }
                    Ok(Found::Soon) => {
                        progress.rests_until = Some(Instant::now() + REST_BEHIND_SOON);
                    }
                    Ok(Found::Wrong(at)) => progress.wrong = Some(at),
                    Err(error) => {
                        tracing::warn!(chain = %origin.region(), %error, "registers of a chain could not be computed; heads behind them get no mirror's line meanwhile");
                        progress.rests_until = Some(Instant::now() + PAUSE);
                    }
                }
            });
        });
    }

    /// Computes the next registers of a chain from where they are known to be right.
    fn check_on(&self, chain: &Origin, computing: Computing) -> Result<Found, StoreError> {
        let Progress {
            right: mut from,
            mut last,
            ..
        } = *self.lock().entry(chain.clone()).or_default();
        if last.is_none() {
            last = self.last_before(chain, from)?;
        }
        loop {
            let looked = self.look_on(chain, from)?;
            if looked.registers.is_empty() {
                self.found_right(chain, looked.through, last);
                if looked.through <= from {
                    return Ok(Found::End);
                }
                from = looked.through;
                continue;
            }
            self.found_right(chain, looked.clear, last);
            if computing == Computing::Later {
                return Ok(Found::Early);
            }
            if !self.tools.room.takes(chain) {
                tracing::warn!(chain = %chain.region(), "there is no room to compute the next register of a chain; heads behind it get no mirror's line meanwhile");
                return Ok(Found::Right {
                    took: PAUSE / REST_TIMES,
                });
            }
            let mut took = Duration::ZERO;
            let mut is_soon = false;
            for at in looked.registers {
                let judgement = self.judge(chain, at, last)?;
                took += judgement.took;
                match judgement.judged {
                    Judged::Right(end) => last = Some(end),
                    Judged::Soon(end) => (last, is_soon) = (Some(end), true),
                    Judged::Wrong => return Ok(Found::Wrong(at)),
                }
            }
            self.found_right(chain, looked.through, last);
            return Ok(if is_soon {
                Found::Soon
            } else {
                Found::Right { took }
            });
        }
    }

    /// Both at once: what is gone through again is compared with what stands before it.
    fn found_right(&self, chain: &Origin, through: TreeSize, last: Option<EpochEnd>) {
        self.change(chain, |progress| {
            progress.right = progress.right.max(through);
            progress.last = last;
        });
    }

    /// The last register before a position, of those that were made here and that the chain commits to there. The mirror has cosigned behind it:
    /// it was right.
    fn last_before(&self, chain: &Origin, size: TreeSize) -> Result<Option<EpochEnd>, StoreError> {
        let store = &self.tools.store;
        for covers in store.register_sizes(chain)?.into_iter().rev() {
            let stored = register_of(store, chain, covers)?;
            if let Some(stored) = stored.filter(|stored| stored.first.0 < size.0) {
                let time = store.batch_time(chain, stored.first)?;
                return Ok(Some(EpochEnd { covers, time }));
            }
        }
        Ok(None)
    }

    /// Looks through whole batches from a batch's start on, up to one with registers, or so far as is done at once.
    fn look_on(&self, chain: &Origin, from: TreeSize) -> Result<Looked, StoreError> {
        let mut looked = Looked {
            clear: from,
            through: from,
            registers: Vec::new(),
        };
        for batch in self.tools.store.batches(chain, from)? {
            let (batch, _) = batch?;
            let mut at = looked.through.0;
            let mut rest = batch.as_slice();
            // What is in the store has been read before it came there.
            while let Ok((entry, behind)) = Entry::split_first(rest, LeafIndex(at)) {
                if entry.kind == Kind::ACCOUNT_REGISTER {
                    looked.registers.push(LeafIndex(at));
                }
                rest = behind;
                at += 1;
            }
            looked.through = TreeSize(at);
            if !looked.registers.is_empty() {
                return Ok(looked);
            }
            looked.clear = looked.through;
            if at - from.0 >= ENTRIES_AT_ONCE {
                return Ok(looked);
            }
        }
        Ok(looked)
    }

    /// Computes the register at a position, and compares. It has to cover more than the one that was right before it.
    fn judge(
        &self,
        chain: &Origin,
        at: LeafIndex,
        last: Option<EpochEnd>,
    ) -> Result<Judgement, StoreError> {
        let region = chain.region();
        let covered = last.map_or(TreeSize(0), |last| last.covers);
        let entry = self.tools.store.record(chain, at)?;
        if let Ok(stated) = AccountRegister::read(&entry, at)
            && stated.size <= covered.0
        {
            // Known before it is computed.
            tracing::error!(chain = %region, position = at.0, ?stated, covered = covered.0, "a register of accounts in a chain covers no more than one before it: its mirror's cosignature is withheld from there on");
            return Ok(Judgement {
                judged: Judged::Wrong,
                took: Duration::ZERO,
            });
        }
        let check = self.tools.store.check_register(chain, at)?;
        let judged = match check.outcome {
            RegisterChecked::Right(stated) => {
                let end = EpochEnd {
                    covers: TreeSize(stated.size),
                    time: self.tools.store.batch_time(chain, at)?,
                };
                if last.is_none_or(|last| last.too_soon_ms(end) == 0) {
                    Judged::Right(end)
                } else {
                    tracing::warn!(chain = %region, position = at.0, "a register of accounts came too soon after the one before it: the next one of the chain waits for an hour");
                    Judged::Soon(end)
                }
            }
            RegisterChecked::Wrong { stated, computed } => {
                tracing::error!(chain = %region, position = at.0, ?stated, ?computed, "a register of accounts in a chain is wrong: its mirror's cosignature is withheld from there on");
                Judged::Wrong
            }
            RegisterChecked::Unreadable(fault) => {
                tracing::error!(chain = %region, position = at.0, %fault, "a register of accounts in a chain is none: its mirror's cosignature is withheld from there on");
                Judged::Wrong
            }
        };
        let took = check.took;
        Ok(Judgement { judged, took })
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
    use crate::config::RoomLimits;
    use ed25519_dalek::SigningKey;
    use yizhang_ledger::{
        batch::{RecordBlock, SubmissionId},
        chain::Submitted,
        hash::Hash,
        record::Record,
        register::submission_id,
        value::{Division, UnixMillis},
    };
    use yizhang_store::Options;

    const PATIENCE: Duration = Duration::from_secs(60);

    struct Mirror {
        folder: tempfile::TempDir,
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
                folder,
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
            let id = match record {
                Record::AccountRegister(register) => submission_id(TreeSize(register.size)),
                _ => SubmissionId(size.to_le_bytes()),
            };
            let submitted = Submitted {
                id,
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
            let own = Origin::new("test.yizhang", Division::new(110_000).unwrap()).unwrap();
            let data = self.folder.path().to_path_buf();
            let tools = RegisterTools {
                store: Arc::clone(&self.store),
                runtime: self.runtime.handle().clone(),
                room: Room::new(own, data, RoomLimits::default()),
                wrong: Arc::default(),
            };
            RegisterChecks::new(tools, known)
        }

        fn append_something(&self) -> TreeSize {
            self.append(&Record::unread(Kind(500), b"a kind of a later version"))
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
        // The next register waits for a while, and nothing else does.
        assert!(checks.are_right(&mirror.chain, before));
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
        mirror.append_many(&Record::unread(Kind(500), b"many"), 1_000);
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
        assert!(
            checks.are_right(&mirror.chain, size),
            "there is no register to wait for"
        );
        mirror.append_many(&Record::unread(Kind(500), b"many"), 100);
        let before = mirror.append_something();
        let size = mirror.append(&Record::AccountRegister(mirror.register()));
        assert!(!checks.are_right(&mirror.chain, size), "the next one waits");
        assert!(checks.lock()[&mirror.chain].wrong.is_none());
        assert!(
            checks.are_right(&mirror.chain, before),
            "what lies before does not"
        );
    }

    /// A mirror that is started again has to know what it found right before: registers that cover less say nothing true any more, whether
    /// made up or not.
    #[test]
    fn an_older_register_is_wrong_also_for_a_mirror_that_was_started_again() {
        let made_up = |register: AccountRegister| AccountRegister {
            accounts: 0,
            root: AccountRegister::empty_root(),
            ..register
        };
        let as_it_was = |register: AccountRegister| register;
        let turns: [fn(AccountRegister) -> AccountRegister; 2] = [made_up, as_it_was];
        for turn in turns {
            let mirror = Mirror::new();
            mirror.append_something();
            let earlier = mirror.register();
            mirror.append_many(&Record::unread(Kind(500), b"many"), 10);
            let size = mirror.append(&Record::AccountRegister(mirror.register()));
            assert!(are_right_in_the_end(
                &mirror.checks(BTreeMap::new()),
                &mirror,
                size
            ));
            let known = || [(mirror.chain.clone(), size)].into();
            let later = mirror.append(&Record::AccountRegister(turn(earlier)));
            assert!(!are_right_in_the_end(
                &mirror.checks(known()),
                &mirror,
                later
            ));
            // Also if it knows of what it has cosigned only what others show.
            let checks = mirror.checks(BTreeMap::new());
            checks.has_cosigned(&mirror.chain, size);
            assert!(checks.are_right(&mirror.chain, size));
            assert!(!are_right_in_the_end(&checks, &mirror, later));
        }
        // And where nothing is left of what was computed, all is computed again.
        let mirror = Mirror::new();
        mirror.append_something();
        let earlier = mirror.register();
        mirror.append_many(&Record::unread(Kind(500), b"many"), 10);
        mirror.append(&Record::AccountRegister(mirror.register()));
        let later = mirror.append(&Record::AccountRegister(made_up(AccountRegister {
            size: earlier.size + 1,
            ..earlier
        })));
        assert!(!are_right_in_the_end(
            &mirror.checks(BTreeMap::new()),
            &mirror,
            later
        ));
    }
}
