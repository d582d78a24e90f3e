//! fjall 3: whole batches as values, and a keyspace that says in which batch the records of an account are.
//!
//! A team that wants an embedded store made for writing would take this, the batches separated from their keys as fjall
//! advises for large values, everything else as it comes. It cannot read less than a whole value, so that a record that is
//! not in the cache costs as much as all that came with it; and it compresses and compacts on threads of its own, which
//! appends and lookups share the processor with.

use super::{
    CACHE_BYTES, System,
    positions::{Positions, index_key},
};
use ::fjall::{Database, Keyspace, KeyspaceCreateOptions, KvSeparationOptions, PersistMode};
use anyhow::{Context, bail};
use std::{
    path::Path,
    thread,
    time::{Duration, Instant},
};
use yizhang_ledger::{chain::Extension, person::AccountId};

/// How long compactions may go on after the last batch. Ten million records take seconds.
const SETTLE_MAX: Duration = Duration::from_secs(300);
/// Between looks at whether they have ended.
const SETTLE_PAUSE: Duration = Duration::from_millis(20);

/// A fjall database.
pub struct Fjall {
    database: Database,
    batches: Keyspace,
    index: Keyspace,
    positions: Positions,
}

impl Fjall {
    /// Opens a new database in a folder.
    ///
    /// # Errors
    /// What fjall says.
    pub fn create(folder: &Path) -> anyhow::Result<Self> {
        let database = Database::builder(folder).cache_size(CACHE_BYTES).open()?;
        let separated = KeyspaceCreateOptions::default()
            .with_kv_separation(Some(KvSeparationOptions::default()));
        let batches = database.keyspace("batches", || separated)?;
        let index = database.keyspace("index", KeyspaceCreateOptions::default)?;
        Ok(Self {
            database,
            batches,
            index,
            positions: Positions::default(),
        })
    }
}

impl System for Fjall {
    fn name(&self) -> &'static str {
        "fjall"
    }

    fn append(&mut self, extension: &Extension) -> anyhow::Result<()> {
        let batch = extension.batch();
        let first = self.positions.first(batch)?;
        let mut write = self
            .database
            .batch()
            .durability(Some(PersistMode::SyncData));
        write.insert(&self.batches, first.to_be_bytes(), batch.bytes());
        let mut offset = 0;
        for leaf in self.positions.leaves(batch)? {
            let leaf = leaf?;
            let length = u32::try_from(leaf.bytes.len())?;
            let place = Place {
                first,
                offset,
                length,
            };
            if let Some(account) = leaf.account {
                write.insert(
                    &self.index,
                    index_key(&account, leaf.position),
                    place.to_bytes(),
                );
            }
            offset += length;
        }
        write.commit().context("fjall cannot commit a batch")
    }

    /// Memory goes to disk and compactions end. The calls that do so are those of fjall's own tests; there are no others.
    fn settle(&mut self) -> anyhow::Result<()> {
        self.batches.rotate_memtable_and_wait()?;
        self.index.rotate_memtable_and_wait()?;
        let start = Instant::now();
        while self.database.outstanding_flushes() > 0 || self.database.active_compactions() > 0 {
            if start.elapsed() > SETTLE_MAX {
                bail!("fjall still compacts after {} s", SETTLE_MAX.as_secs());
            }
            thread::sleep(SETTLE_PAUSE);
        }
        Ok(())
    }

    fn lookup(&mut self, account: &AccountId) -> anyhow::Result<Option<Vec<Vec<u8>>>> {
        let mut found = Vec::new();
        let mut read = None;
        for item in self.index.prefix(account.0) {
            let place = Place::from_bytes(&item.value()?)
                .context("a value of the index has a wrong length")?;
            // Records of one batch come one after the other: it is read once for all of them.
            let batch = match read.take() {
                Some((first, batch)) if first == place.first => batch,
                _ => self
                    .batches
                    .get(place.first.to_be_bytes())?
                    .context("the index names a batch that is not there")?,
            };
            found.push(
                place
                    .slice(&batch)
                    .context("the index names bytes beyond a batch")?
                    .to_vec(),
            );
            read = Some((place.first, batch));
        }
        Ok(Some(found))
    }

    /// Both keyspaces. The journal is not counted, which is in its favour: once all is settled it is a file of 64 MiB that
    /// waits to be filled again.
    fn disk_bytes(&mut self) -> anyhow::Result<u64> {
        Ok(self.batches.disk_space() + self.index.disk_space())
    }

    fn delay_syncs(&mut self, _: Duration) -> bool {
        false
    }
}

/// Where an entry is: the key of its batch, and the bytes in it.
#[derive(Clone, Copy)]
struct Place {
    first: u64,
    offset: u32,
    length: u32,
}

impl Place {
    fn to_bytes(self) -> [u8; 16] {
        let mut bytes = [0; 16];
        bytes[..8].copy_from_slice(&self.first.to_be_bytes());
        bytes[8..12].copy_from_slice(&self.offset.to_be_bytes());
        bytes[12..].copy_from_slice(&self.length.to_be_bytes());
        bytes
    }

    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (first, rest) = bytes.split_first_chunk()?;
        let (offset, rest) = rest.split_first_chunk()?;
        let length = rest.try_into().ok()?;
        let [offset, length] = [*offset, length].map(u32::from_be_bytes);
        Some(Self {
            first: u64::from_be_bytes(*first),
            offset,
            length,
        })
    }

    fn slice(self, batch: &[u8]) -> Option<&[u8]> {
        let start = usize::try_from(self.offset).ok()?;
        batch
            .get(start..)?
            .get(..usize::try_from(self.length).ok()?)
    }
}
