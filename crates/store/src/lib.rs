//! The disk of a node: every chain of the federation, its own and those it mirrors.
//!
//! *Segments are the truth*: append-only files of checksummed frames, in the layout of [`yizhang_ledger::segment`], one
//! folder a chain. A batch is durable when [`Store::persist`] returns, and nothing else makes it so. The *journal* holds
//! small durable facts that are no batch. The *index* (from accounts and submissions to leaves, and branches of the trees) lives in
//! sled and is derived: delete it and it is built again.
//!
//! ```text
//! LOCK       one process at a time
//! format     version and list of chains
//! chains/440000/00000000000000000000.seg
//! journal/00000000000000000000.jnl
//! seen/440000.head   the newest head that was durable, so that a chain which loses files is noticed
//! index/00000001/   a sled database; the only content that can be deleted
//! index/clean       names the database that was closed properly
//! registers/440000/00000000000001000000.reg   the accounts of a chain up to a size; can be deleted
//! set-aside/440000-1/   what a chain had behind the size from which the roster says that it goes on
//! access/20261130.log   who read what on that day, for what, and what the answer was
//! waiting/….wait        a submission that waits for a second clerk, or was refused by one
//! ```
//!
//! It is *not* the place for signatures (there is no roster here: the caller verifies heads), clocks or sockets. After a
//! failed write or sync it stops for good; opening again runs the same code after a clean stop, a crash and a power cut.
//!
//! ```
//! use yizhang_ledger::{batch::RecordBlock, chain::Submitted, entry::Kind, head::Origin, record::Record};
//! use yizhang_ledger::{batch::SubmissionId, value::UnixMillis};
//! use yizhang_store::{Options, Store};
//!
//! let folder = tempfile::tempdir().unwrap();
//! let origin = Origin::parse("demo.yizhang/440000").unwrap();
//! let (store, opened) = Store::open(folder.path(), Options::new(vec![origin.clone()])).unwrap();
//! assert!(opened.is_fine());
//! let mut bytes = Vec::new();
//! Record::unread(Kind(60_000), b"a kind of a later version").write(&mut bytes).unwrap();
//! let block = RecordBlock::parse(bytes).unwrap();
//! let submitted = Submitted { id: SubmissionId([7; 16]), submitter: "agency".into(), block };
//! let state = store.state(&origin).unwrap();
//! let extension = state.prepare(&[submitted], UnixMillis(1_700_000_000_000), 1).unwrap();
//! store.persist(&origin, &[(&extension, None)]).unwrap();
//! assert_eq!(store.state(&origin).unwrap().size().0, 2);
//! store.close().unwrap();
//! ```
#![cfg_attr(not(test), warn(clippy::unwrap_used))]

mod access;
mod backup;
mod chain;
mod check;
mod cosigned;
mod disk;
mod error;
mod faults;
mod frames;
mod index;
mod journal;
mod lock;
mod lookup;
mod lost;
mod marker;
mod number;
mod open;
mod persist;
mod proof;
mod reader;
mod records;
mod recover;
mod register;
mod replay;
mod report;
mod scrub;
mod seen;
mod segments;
mod set_aside;
mod stopper;
mod waiting_room;

pub use access::{
    AccessChecked, AccessEntry, AccessFault, AccessFinding, AccessFound, AccessIndex, AccessLog,
    AccessQuery, DaySummary, ENTRY_BYTES_MAX, FoundDay, FoundEntry, READS_AHEAD, Subject,
    YEARS_KEPT, check_access, closed_days, read_day,
};
pub use backup::{
    BackupError, BackupFinding, BackupReport, Described, RestoreReport, Taken, Watch, back_up,
    describe, restore,
};
pub use check::{
    ACCESS_DIGESTS_MAX, ChainChecked, CheckReport, Finding, Progress, RebuildReport, check,
    rebuild_index,
};
pub use cosigned::{Cosigned, CosignedEntry};
pub use error::{
    Damage, DamageFault, Family, IndexFault, MarkerFault, RegisterFileFault, StoreError,
};
#[doc(hidden)]
pub use faults::Faults;
pub use journal::{JOURNAL_ENTRY_BYTES_MAX, JournalEntry, JournalKind, JournalReader};
pub use lookup::StoredSubmission;
pub use proof::Proof;
pub use reader::{BatchReader, StoredBatch};
pub use register::{RegisterCheck, RegisterChecked};
pub use report::{ChainOpened, IndexOpened, Opened, Truncated};
pub use scrub::{Broken, Mended, Scrub, Scrubbed};
pub use set_aside::{SetAside, set_aside};
pub use waiting_room::{
    EXPIRED, REASON_BYTES_MAX, REFUSED_MAX, REFUSED_MS, Refused, WAITING_BYTES_MAX, WAITING_MAX,
    WAITS_MS, Waiting, WaitingFault, WaitingRoom,
};

use chain::Chain;
use disk::Disk;
use error::Result;
use index::Index;
use journal::Journal;
use lock::Lock;
use std::{
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
};
use stopper::Stopper;
use yizhang_ledger::head::Origin;

/// What a store is opened with.
#[derive(Clone, Debug)]
pub struct Options {
    /// The chains to hold. Those that the directory holds already are opened in any case.
    pub origins: Vec<Origin>,
    /// Memory for sled's cache, in bytes. Measured: it takes about four times as much.
    pub index_cache_bytes: u64,
    /// Postings that are held in memory before they are written as a run: 32 bytes each, three times over at most.
    pub table_entries: u64,
    /// Rows of 128 branches that are kept in memory for proofs, 8 KiB each.
    pub cached_rows: usize,
    /// Records that are held in memory while a register of accounts is made, 56 bytes each.
    pub register_records: usize,
    /// Size in bytes after which a segment file is followed by a new one; at most [`SEGMENT_BYTES_MAX`].
    pub segment_bytes: u64,
    /// Bytes of journal entries that count no more after which the journal is written anew; at least as many as count.
    pub journal_slack_bytes: u64,
    /// Faults for tests.
    #[doc(hidden)]
    pub faults: Option<Arc<Faults>>,
}

/// Largest [`Options::segment_bytes`]: places within a file have 32 bits, and a group goes beyond by what it holds.
pub const SEGMENT_BYTES_MAX: u64 = 1024 * 1024 * 1024;

impl Options {
    /// The usual limits: about 250 MB of memory in all at tens of millions of records.
    pub const fn new(origins: Vec<Origin>) -> Self {
        Self {
            origins,
            index_cache_bytes: 32 * 1024 * 1024,
            table_entries: 500_000,
            cached_rows: 2_048,
            // With the records of a batch, two accounts each, within what a list that grows by doubling has room for.
            register_records: 2 * 1024 * 1024 - 64 * 1024,
            segment_bytes: 128 * 1024 * 1024,
            journal_slack_bytes: 1024 * 1024,
            faults: None,
        }
    }
}

/// The disk of a node. Shared behind an `Arc` by as many threads as there are.
///
/// Reads see what is durable, at once, and never wait for a disk that writes; each chain has one writer at a time. After
/// a failed write every call that can fails with [`StoreError::Stopped`].
pub struct Store {
    disk: Disk,
    stopper: Stopper,
    folder: PathBuf,
    options: Options,
    chains: Arc<[Chain]>,
    index: Index,
    journal: Mutex<Journal>,
    /// Held while a register is made: two at a time would take twice the memory.
    registers: Mutex<()>,
    _lock: Arc<Lock>,
}

impl Store {
    /// The chains that the store holds, damaged ones included, in the order in which they came.
    pub fn origins(&self) -> impl Iterator<Item = &Origin> {
        self.chains.iter().map(|chain| &chain.folder.origin)
    }

    /// Why a chain is not served; `None` if it is, or if the store has no such chain.
    pub fn damage(&self, origin: &Origin) -> Option<Damage> {
        self.chains
            .iter()
            .find(|chain| chain.folder.origin == *origin)?
            .view()
            .damage
            .clone()
    }

    /// Bytes that the files of a chain and its registers have; 0 if the store has no such chain.
    pub fn bytes(&self, origin: &Origin) -> u64 {
        let mut chains = self.chains.iter();
        let chain = chains.find(|chain| chain.folder.origin == *origin);
        let files = |chain: &Chain| chain.folder.bytes(&chain.view().files);
        chain
            .map_or(0, files)
            .saturating_add(self.register_bytes(origin))
    }

    /// Why the store stopped, if it did: a failed write, or [`Store::close`].
    pub fn stopped(&self) -> Option<String> {
        self.stopper.check().err().map(|error| error.to_string())
    }

    /// Adds a fact to the journal. Durable when it returns `Ok`; one `fdatasync` each. Entries keep their order.
    ///
    /// # Errors
    /// [`StoreError::JournalEntryTooLarge`]; [`StoreError::Io`], after which the store has stopped;
    /// [`StoreError::Stopped`].
    pub fn journal_append(&self, kind: JournalKind, bytes: &[u8]) -> Result<()> {
        let bytes = bytes.to_vec();
        self.journal_append_all(&[JournalEntry { kind, bytes }])
    }

    /// As [`Store::journal_append`], for many facts with one write and one `fdatasync`. A crash before it returns leaves the first few
    /// of them, or all, or none.
    ///
    /// # Errors
    /// As [`Store::journal_append`]; if one is too large, none is added.
    pub fn journal_append_all(&self, entries: &[JournalEntry]) -> Result<()> {
        self.stopper.check()?;
        for entry in entries {
            if entry.bytes.len() > JOURNAL_ENTRY_BYTES_MAX {
                return Err(StoreError::JournalEntryTooLarge {
                    limit: JOURNAL_ENTRY_BYTES_MAX,
                    found: entry.bytes.len(),
                });
            }
        }
        let mut journal = self.journal.lock().unwrap_or_else(PoisonError::into_inner);
        self.stopper.watch(journal.append(entries))
    }

    /// Reads the journal, oldest entry first, as of now.
    ///
    /// # Errors
    /// [`StoreError::Stopped`]; the items say [`StoreError::Journal`] or [`StoreError::Io`].
    pub fn journal(&self) -> Result<JournalReader> {
        self.stopper.check()?;
        Ok(self
            .journal
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .snapshot())
    }

    /// Has the index built again from the segments, in the background, because somebody saw a wrong answer. Appends and
    /// lookups go on meanwhile. The store does the same by itself when a read of the index fails.
    pub fn distrust_index(&self) {
        self.index.distrust();
    }

    /// Writes and syncs noted heads that wait for a next batch, so that who reads the files of an idle node, an
    /// auditor above all, finds the last batch signed.
    ///
    /// # Errors
    /// [`StoreError::Io`], after which the store has stopped; [`StoreError::Stopped`].
    pub fn write_heads(&self) -> Result<()> {
        self.stopper.check()?;
        let sound = self
            .chains
            .iter()
            .filter(|chain| chain.view().damage.is_none());
        for chain in sound {
            self.stopper.watch(self.write_head_of(chain))?;
        }
        Ok(())
    }

    /// Writes what waits in memory: noted heads, and the index, so that the next start has nothing to replay. Batches
    /// need no flush.
    ///
    /// # Errors
    /// [`StoreError::Io`], after which the store has stopped; [`StoreError::Stopped`].
    pub fn flush(&self) -> Result<()> {
        self.write_heads()?;
        self.note_seen()?;
        self.index.flush()
    }

    /// Flushes and ends; later calls say [`StoreError::Stopped`]. A store that is dropped instead loses nothing but
    /// time: the next start replays more.
    ///
    /// # Errors
    /// As [`Store::flush`].
    pub fn close(&self) -> Result<()> {
        self.flush()?;
        self.index.end();
        self.stopper.stop("it was closed");
        let folder = self.folder.join("index");
        // Everything is durable already. Without this mark the next start only reads the index whole.
        index::load::numbers(&folder)?
            .last()
            .map_or(Ok(()), |number| {
                index::load::mark_clean(&self.disk, &folder, *number)
            })
    }

    fn chain(&self, origin: &Origin) -> Result<&Chain> {
        let chain = self
            .chains
            .iter()
            .find(|chain| chain.folder.origin == *origin);
        let chain = chain.ok_or_else(|| StoreError::UnknownChain {
            origin: origin.clone(),
        })?;
        let damage = chain.view().damage.clone();
        damage.map_or(Ok(chain), |damage| Err(damage.into()))
    }
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Store")
            .field("folder", &self.folder)
            .field("chains", &self.chains.len())
            .finish_non_exhaustive()
    }
}
