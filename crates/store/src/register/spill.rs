//! Records of an epoch in ascending order of accounts, in bounded memory: a table that is sorted, and sorted runs of earlier tables in
//! files that have no name and are gone with the process.

use crate::{
    disk::failed,
    error::{Result, StoreError},
    number::wide,
};
use std::{
    cmp::Reverse,
    collections::{BinaryHeap, binary_heap::PeekMut},
    fs::File,
    io::{BufReader, Read, Seek, SeekFrom, Write},
    path::{Path, PathBuf},
    sync::Arc,
};
use yizhang_ledger::{
    hash::{Hash, derive},
    person::AccountId,
};

/// Records that a run is written and checked by at a time.
const CHUNK_RECORDS: usize = 1_024;
const RECORD_BYTES: usize = 16 + 32;
const CHECKSUM_BYTES: usize = 16;
const CHECKSUM_CONTEXT: &str = "yizhang 2026-11-29 v1 store register run";

/// The account of a record and its leaf hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Posted {
    pub(super) account: AccountId,
    pub(super) leaf: Hash,
}

/// Records in the order in which they came, and the order in which they stand by account: 56 bytes a record.
#[derive(Default)]
pub(super) struct Table {
    keys: Vec<Key>,
    leaves: Vec<Hash>,
}

/// Sorts by account, then by what came first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    high: u64,
    low: u64,
    number: u32,
}

impl Table {
    pub(super) fn len(&self) -> usize {
        self.keys.len()
    }

    /// Takes a record; a table is emptied long before it has 2^32.
    pub(super) fn push(&mut self, account: AccountId, leaf: Hash) {
        let (high, low) = account.0.split_at(8);
        let half = |half: &[u8]| {
            half.first_chunk()
                .map_or(0, |half| u64::from_be_bytes(*half))
        };
        self.keys.push(Key {
            high: half(high),
            low: half(low),
            number: u32::try_from(self.leaves.len())
                .expect("a table is written away when it has some million records"),
        });
        self.leaves.push(leaf);
    }

    pub(super) fn sort(&mut self) {
        self.keys.sort_unstable();
    }

    pub(super) fn clear(&mut self) {
        self.keys.clear();
        self.leaves.clear();
    }

    /// The records as they were sorted.
    pub(super) fn sorted(&self) -> impl Iterator<Item = Posted> {
        self.keys.iter().filter_map(|key| {
            let account = u128::from(key.high) << 64 | u128::from(key.low);
            let leaf = self.leaves.get(usize::try_from(key.number).ok()?)?;
            Some(Posted {
                account: AccountId(account.to_be_bytes()),
                leaf: *leaf,
            })
        })
    }
}

/// A sorted table in a file without a name.
pub(super) struct Run {
    file: File,
    records: u64,
    folder: Arc<PathBuf>,
}

impl Run {
    /// Writes a sorted table.
    pub(super) fn write(folder: &Path, table: &Table) -> Result<Self> {
        let failed = |error| failed("write a run of a register in", folder)(error);
        let mut file = tempfile::tempfile_in(folder).map_err(failed)?;
        let mut records = table.sorted();
        let mut bytes = Vec::with_capacity(CHUNK_RECORDS * RECORD_BYTES + CHECKSUM_BYTES);
        loop {
            bytes.clear();
            for record in records.by_ref().take(CHUNK_RECORDS) {
                bytes.extend_from_slice(&record.account.0);
                bytes.extend_from_slice(&record.leaf.0);
            }
            if bytes.is_empty() {
                break;
            }
            let checksum: [u8; CHECKSUM_BYTES] = derive(CHECKSUM_CONTEXT, &[&bytes]).first();
            bytes.extend_from_slice(&checksum);
            file.write_all(&bytes).map_err(failed)?;
        }
        Ok(Self {
            file,
            records: wide(table.len()),
            folder: Arc::new(folder.to_path_buf()),
        })
    }

    fn read(mut self) -> Result<RunReader> {
        let folder = self.folder.clone();
        self.file
            .seek(SeekFrom::Start(0))
            .map_err(|error| failed("read a run of a register in", &folder)(error))?;
        Ok(RunReader {
            file: BufReader::with_capacity(256 * 1024, self.file),
            left: self.records,
            chunk: Vec::new(),
            next: 0,
            folder,
        })
    }
}

/// Reads a run in order.
struct RunReader {
    file: BufReader<File>,
    left: u64,
    chunk: Vec<Posted>,
    next: usize,
    folder: Arc<PathBuf>,
}

impl RunReader {
    fn next(&mut self) -> Result<Option<Posted>> {
        if self.next == self.chunk.len() {
            self.load()?;
        }
        let record = self.chunk.get(self.next).copied();
        self.next += usize::from(record.is_some());
        Ok(record)
    }

    fn load(&mut self) -> Result<()> {
        self.chunk.clear();
        self.next = 0;
        let count =
            usize::try_from(self.left).map_or(CHUNK_RECORDS, |left| left.min(CHUNK_RECORDS));
        if count == 0 {
            return Ok(());
        }
        let mut bytes = vec![0; count * RECORD_BYTES + CHECKSUM_BYTES];
        let failed = |error| failed("read a run of a register in", &self.folder)(error);
        self.file.read_exact(&mut bytes).map_err(failed)?;
        let (content, sum) = bytes.split_at(count * RECORD_BYTES);
        let checksum: [u8; CHECKSUM_BYTES] = derive(CHECKSUM_CONTEXT, &[content]).first();
        if checksum != *sum {
            return Err(failed(std::io::Error::other("it is not what was written")));
        }
        let (records, _) = content.as_chunks::<RECORD_BYTES>();
        for record in records {
            let (account, leaf) = record.split_at(16);
            if let (Some(account), Some(leaf)) = (account.first_chunk(), leaf.first_chunk()) {
                self.chunk.push(Posted {
                    account: AccountId(*account),
                    leaf: Hash(*leaf),
                });
            }
        }
        self.left -= wide(count);
        Ok(())
    }
}

/// The records of runs, oldest first, and of a table behind them, ascending by account; of one account, in the order of the chain.
pub(super) struct Merged<T> {
    runs: Vec<RunReader>,
    table: T,
    heap: BinaryHeap<Reverse<Head>>,
}

/// The next record of a source. Sources are numbered by age, so that equal accounts come in the order of the chain.
#[derive(Clone, Copy)]
struct Head {
    account: u128,
    source: usize,
    leaf: Hash,
}

impl Head {
    const fn order(&self) -> (u128, usize) {
        (self.account, self.source)
    }

    const fn of(posted: Posted, source: usize) -> Self {
        Self {
            account: u128::from_be_bytes(posted.account.0),
            source,
            leaf: posted.leaf,
        }
    }
}

impl PartialEq for Head {
    fn eq(&self, other: &Self) -> bool {
        self.order() == other.order()
    }
}

impl Eq for Head {}

impl PartialOrd for Head {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Head {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.order().cmp(&other.order())
    }
}

/// Merges runs and a sorted table that came after them.
pub(super) fn merged(
    runs: Vec<Run>,
    table: &Table,
) -> Result<Merged<impl Iterator<Item = Posted>>> {
    let runs = runs
        .into_iter()
        .map(Run::read)
        .collect::<Result<Vec<_>>>()?;
    let mut merged = Merged {
        runs,
        table: table.sorted(),
        heap: BinaryHeap::new(),
    };
    for source in 0..=merged.runs.len() {
        if let Some(posted) = merged.read(source)? {
            merged.heap.push(Reverse(Head::of(posted, source)));
        }
    }
    Ok(merged)
}

impl<T: Iterator<Item = Posted>> Merged<T> {
    fn read(&mut self, source: usize) -> Result<Option<Posted>, StoreError> {
        match self.runs.get_mut(source) {
            Some(run) => run.next(),
            None => Ok(self.table.next()),
        }
    }

    /// The next record.
    pub(super) fn next(&mut self) -> Result<Option<Posted>> {
        let Some(Reverse(head)) = self.heap.peek().copied() else {
            return Ok(None);
        };
        let following = self.read(head.source)?;
        if let Some(mut top) = self.heap.peek_mut() {
            match following {
                Some(posted) => *top = Reverse(Head::of(posted, head.source)),
                None => drop(PeekMut::pop(top)),
            }
        }
        Ok(Some(Posted {
            account: AccountId(head.account.to_be_bytes()),
            leaf: head.leaf,
        }))
    }
}
