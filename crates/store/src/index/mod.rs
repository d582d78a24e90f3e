//! The index: from accounts and submissions to leaves, and the branches of the trees. Derived, and rebuilt when in doubt.
//!
//! New postings go into a table in memory, at once and under a lock, so that a reader who has seen a batch finds it in
//! the index. A full table is frozen; a thread of its own (`compactor`) writes it to sled as a sorted run, merges runs and,
//! when sled turns out damaged, builds everything again from the segments. When more than [`FROZEN_MAX`] tables wait,
//! writers wait too.

pub(crate) mod checkpoint;
mod compactor;
pub(crate) mod engine;
mod filter;
pub(crate) mod load;
pub(crate) mod merge;
pub(crate) mod posting;
pub(crate) mod rows;
mod run;
mod table;

pub(crate) use checkpoint::ChainCheckpoint;
pub(crate) use posting::Posting;
pub(crate) use table::{Insertion, Table};

use crate::{
    disk::Disk,
    error::{IndexFault, Result, StoreError},
    segments::ChainFolder,
    stopper::Stopper,
};
use checkpoint::Run;
use engine::Engine;
use filter::KnownSubmissions;
use load::Loaded;
use rows::{BranchPlace, OpenRows, Pyramid, RowKey};
use std::{
    collections::{BTreeSet, HashMap, VecDeque},
    path::PathBuf,
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, RwLock},
    thread::{self, JoinHandle},
};
use yizhang_ledger::hash::Hash;

/// Tables that wait to be written before writers wait too: with the active one three tables of 32 bytes a posting.
const FROZEN_MAX: usize = 2;
/// Batches of a table, so that a restart does not replay more than a second or two of single-record batches.
const TABLE_BATCHES_MAX: u64 = 100_000;

/// Bounds of what the index holds in memory.
#[derive(Clone, Debug)]
pub(crate) struct Limits {
    pub(crate) cache_bytes: u64,
    pub(crate) table_entries: u64,
    pub(crate) cached_rows: usize,
}

/// The index of one data directory.
pub(crate) struct Index {
    shared: Arc<Shared>,
    compactor: Mutex<Option<JoinHandle<()>>>,
}

struct Shared {
    /// `index` in the data directory.
    folder: PathBuf,
    limits: Limits,
    disk: Disk,
    stopper: Stopper,
    chains: Vec<ChainFolder>,
    tables: Mutex<Tables>,
    /// Told when a table is frozen or written, and at the end.
    changed: Condvar,
    published: RwLock<Published>,
    known: KnownSubmissions,
    rows: Mutex<RowCache>,
}

struct Tables {
    active: Table,
    frozen: VecDeque<Arc<Table>>,
    /// Open rows of each chain, as of the active table.
    open: Vec<OpenRows>,
    /// Set when a read failed; taken away by the rebuild that it asks for.
    damaged: Option<IndexFault>,
    closing: bool,
}

/// The database and its runs, as readers see them.
struct Published {
    engine: Arc<Engine>,
    runs: Vec<Run>,
}

/// What is known of a branch.
pub(crate) enum Found {
    /// It is in a row that is not full yet, which more leaves change.
    Open(Hash),
    /// Its row is full and stays as it is.
    Full(Arc<Pyramid>),
}

const NO_ROW: IndexFault = IndexFault::Value("a row of branches");

impl Index {
    /// Goes on from what was loaded. `chains` in the order of their numbers.
    pub(crate) fn start(
        loaded: Loaded,
        folder: PathBuf,
        limits: Limits,
        disk: Disk,
        stopper: Stopper,
        chains: Vec<ChainFolder>,
    ) -> Result<Self> {
        let open = (0_u16..).zip(&chains).map(|(number, _)| {
            // A chain of which nothing is written yet has no rows.
            let checkpoint = loaded.checkpoint.chains.get(&number);
            checkpoint.map_or_else(OpenRows::default, |chain| chain.open.clone())
        });
        let tables = Tables {
            active: Table::new(crate::number::narrow(limits.table_entries)),
            frozen: VecDeque::new(),
            open: open.collect(),
            damaged: None,
            closing: false,
        };
        let published = Published {
            engine: loaded.engine.clone(),
            runs: loaded.checkpoint.runs.clone(),
        };
        let rows = Mutex::new(RowCache::new(limits.cached_rows));
        let shared = Arc::new(Shared {
            folder,
            limits,
            disk,
            stopper,
            chains,
            tables: Mutex::new(tables),
            changed: Condvar::new(),
            published: RwLock::new(published),
            known: KnownSubmissions::new(),
            rows,
        });
        let compactor = compactor::Compactor::new(shared.clone(), loaded);
        let thread = thread::Builder::new()
            .name("yizhang-index".into())
            .spawn(move || compactor.run_or_stop());
        let thread = thread.map_err(crate::disk::failed("start a thread for", &shared.folder))?;
        Ok(Self {
            shared,
            compactor: Mutex::new(Some(thread)),
        })
    }

    /// Takes a durable batch. Waits while too many tables wait to be written.
    pub(crate) fn insert(&self, insertion: Insertion<'_>) -> Result<()> {
        let shared = &self.shared;
        let mut tables = shared.lock();
        let full = |table: &Table| {
            table.len() >= shared.limits.table_entries || table.batches() >= TABLE_BATCHES_MAX
        };
        while full(&tables.active) && tables.frozen.len() >= FROZEN_MAX {
            shared.stopper.check()?;
            tables = shared
                .changed
                .wait(tables)
                .unwrap_or_else(PoisonError::into_inner);
        }
        if full(&tables.active) {
            shared.freeze(&mut tables);
        }
        let Tables { active, open, .. } = &mut *tables;
        let open = open.get_mut(usize::from(insertion.chain));
        active.insert(insertion, open.expect("each chain has its open rows"));
        Ok(())
    }

    /// Every posting of a key, ascending, each once.
    pub(crate) fn find(&self, key: u128) -> Result<Vec<Posting>> {
        let mut found = Vec::new();
        // Memory before disk: a table is taken from memory only after its run is published.
        let frozen = {
            let tables = self.shared.lock();
            tables.active.find(key, &mut found);
            tables.frozen.clone()
        };
        for table in &frozen {
            table.find(key, &mut found);
        }
        let outcome = if self.shared.known.may_hold(key) {
            let published = self
                .shared
                .published
                .read()
                .unwrap_or_else(PoisonError::into_inner);
            published
                .runs
                .iter()
                .try_for_each(|run| merge::find(&published.engine, run, key, &mut found))
        } else {
            Ok(())
        };
        outcome.map_err(|fault| self.shared.report(fault))?;
        found.sort_unstable();
        found.dedup();
        Ok(found)
    }

    /// The first `limit` account keys above `start` that have a posting of a chain, ascending.
    pub(crate) fn accounts_after(
        &self,
        chain: u16,
        start: u128,
        limit: usize,
    ) -> Result<Vec<u128>> {
        let mut keys = BTreeSet::new();
        // Memory before disk, as in `find`.
        let frozen = {
            let tables = self.shared.lock();
            tables
                .active
                .accounts_after((chain, start), limit, &mut keys);
            tables.frozen.clone()
        };
        for table in &frozen {
            table.accounts_after((chain, start), limit, &mut keys);
        }
        let published = self
            .shared
            .published
            .read()
            .unwrap_or_else(PoisonError::into_inner);
        for run in &published.runs {
            let found = merge::accounts_after(&published.engine, run, (chain, start), limit);
            keys.extend(found.map_err(|fault| self.shared.report(fault))?);
        }
        Ok(keys.into_iter().take(limit).collect())
    }

    /// Where branch `index` of `level` is found, at least level 6.
    pub(crate) fn place(&self, level: u32, index: u64) -> Result<BranchPlace> {
        BranchPlace::of(level, index).ok_or_else(|| self.shared.report(NO_ROW))
    }

    /// A branch all of whose leaves are in the index, or the full row that it is in.
    pub(crate) fn find_branch(&self, chain: u16, place: BranchPlace) -> Result<Found> {
        let key = RowKey {
            chain,
            kept: place.kept,
            row: place.row,
        };
        if let Some(row) = self.shared.cached(&key) {
            return Ok(Found::Full(row));
        }
        if let Some(hash) = self.shared.open_branch(chain, place) {
            return Ok(Found::Open(hash));
        }
        self.shared.row(key).map(Found::Full)
    }

    /// A branch of a full row.
    pub(crate) fn branch_of(&self, row: &Pyramid, place: BranchPlace) -> Result<Hash> {
        row.branch(place.above, place.position)
            .ok_or_else(|| self.shared.report(NO_ROW))
    }

    /// Has everything built again, for no reason that the index itself knows.
    pub(crate) fn distrust(&self) {
        self.shared.lock().damaged.get_or_insert(IndexFault::Asked);
        self.shared.changed.notify_all();
    }

    /// Writes what is in memory and waits until it is on disk.
    pub(crate) fn flush(&self) -> Result<()> {
        let mut tables = self.shared.lock();
        self.shared.freeze(&mut tables);
        while !tables.frozen.is_empty() || tables.damaged.is_some() {
            self.shared.stopper.check()?;
            tables = self
                .shared
                .changed
                .wait(tables)
                .unwrap_or_else(PoisonError::into_inner);
        }
        self.shared.stopper.check()
    }

    /// Ends the thread after what it is doing. What is only in memory is lost, and found again in the segments.
    pub(crate) fn end(&self) {
        self.shared.lock().closing = true;
        self.shared.changed.notify_all();
        let thread = self
            .compactor
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        if let Some(Err(_)) = thread.map(JoinHandle::join) {
            tracing::error!("the index thread panicked");
        }
    }
}

impl Drop for Index {
    fn drop(&mut self) {
        self.end();
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Tables> {
        self.tables.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts the active table, unless empty, in the queue.
    fn freeze(&self, tables: &mut Tables) {
        if tables.active.batches() == 0 {
            return;
        }
        let next = Table::new(crate::number::narrow(self.limits.table_entries));
        let mut full = std::mem::replace(&mut tables.active, next);
        for (chain, checkpoint) in &mut full.checkpoints {
            let open = tables.open.get(usize::from(*chain));
            checkpoint.open = open.expect("each chain has its open rows").clone();
        }
        tables.frozen.push_back(Arc::new(full));
        self.changed.notify_all();
    }

    /// Notes that the database is damaged, so that it is built again, and says what to tell the caller.
    fn report(&self, fault: IndexFault) -> StoreError {
        tracing::warn!(%fault, "the index is damaged and will be built again");
        self.lock().damaged.get_or_insert(fault);
        self.changed.notify_all();
        StoreError::IndexRebuilding
    }

    fn cached(&self, key: &RowKey) -> Option<Arc<Pyramid>> {
        self.rows
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get(key)
    }

    fn open_branch(&self, chain: u16, place: BranchPlace) -> Option<Hash> {
        self.lock().open.get(usize::from(chain))?.branch(place)
    }

    /// A full row, from memory or from the database.
    fn row(&self, key: RowKey) -> Result<Arc<Pyramid>> {
        let held = {
            let tables = self.lock();
            let frozen = tables.frozen.iter().find_map(|table| table.rows.get(&key));
            tables.active.rows.get(&key).or(frozen).cloned()
        };
        if let Some(row) = held {
            return Ok(row);
        }
        let read = {
            let published = self
                .published
                .read()
                .unwrap_or_else(PoisonError::into_inner);
            merge::read_row(&published.engine, key)
        };
        let read = read.and_then(|row| row.ok_or(NO_ROW));
        let row = Arc::new(read.map_err(|fault| self.report(fault))?);
        self.rows
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .put(key, row.clone());
        Ok(row)
    }
}

/// Rows read lately: two generations, of which the older is dropped when the younger is full.
struct RowCache {
    young: HashMap<RowKey, Arc<Pyramid>>,
    old: HashMap<RowKey, Arc<Pyramid>>,
    /// Rows of one generation, at least one.
    room: usize,
}

impl RowCache {
    fn new(rows: usize) -> Self {
        Self {
            young: HashMap::new(),
            old: HashMap::new(),
            room: (rows / 2).max(1),
        }
    }

    fn get(&mut self, key: &RowKey) -> Option<Arc<Pyramid>> {
        if let Some(row) = self.young.get(key) {
            return Some(row.clone());
        }
        let row = self.old.remove(key)?;
        self.put(*key, row.clone());
        Some(row)
    }

    fn put(&mut self, key: RowKey, row: Arc<Pyramid>) {
        if self.young.len() >= self.room {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(key, row);
    }
}
