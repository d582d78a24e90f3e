//! sled 0.34 holding everything: a value a record, and a second tree that finds the records of an account.
//!
//! A team would start here, as it is one dependency and two trees. It cannot make the two trees follow each other without
//! a transaction that keeps the whole batch in memory, so a crash may leave part of the last batch behind; and its
//! `flush` is no fsync, so that the file is synced here as well.

use super::System;
use ::sled::{Config, Db, Tree};
use anyhow::{Context, ensure};
use std::{
    collections::BTreeMap,
    fs::File,
    path::{Path, PathBuf},
    thread,
    time::Duration,
};
use yizhang_ledger::{
    batch::{Batch, slices},
    chain::Extension,
    entry::Entry,
    hash::Hash,
    head::Origin,
    person::AccountId,
    record::Record,
    value::LeafIndex,
};

/// Cache of each system that has one of its own.
pub(super) const CACHE_BYTES: u64 = 256 * 1024 * 1024;

/// Bits of a position below the number of its chain.
const CHAIN_SHIFT: u32 = 48;

/// A sled database.
pub struct Sled {
    database: Db,
    entries: Tree,
    index: Tree,
    file: File,
    folder: PathBuf,
    positions: Positions,
    delay: Duration,
}

impl Sled {
    /// Opens a new database in a folder.
    ///
    /// # Errors
    /// What sled or the disk says.
    pub fn create(folder: &Path) -> anyhow::Result<Self> {
        let database = Config::new().path(folder).cache_capacity(CACHE_BYTES).flush_every_ms(None).open()?;
        let (entries, index) = (database.open_tree("entries")?, database.open_tree("index")?);
        let file = File::open(folder.join("db")).context("sled has no file of the name that is synced")?;
        let (positions, delay) = (Positions::default(), Duration::ZERO);
        Ok(Self { database, entries, index, file, folder: folder.into(), positions, delay })
    }

    fn sync(&self) -> anyhow::Result<()> {
        self.database.flush().context("sled cannot flush")?;
        self.file.sync_data().context("the file of sled cannot be synced")?;
        thread::sleep(self.delay);
        Ok(())
    }
}

impl System for Sled {
    fn name(&self) -> &'static str {
        "sled"
    }

    /// Plain inserts in the order of the keys, which was measured to be faster than batches.
    fn append(&mut self, extension: &Extension) -> anyhow::Result<()> {
        let mut keys = Vec::new();
        for leaf in self.positions.leaves(extension.batch())? {
            let leaf = leaf?;
            self.entries.insert(leaf.position.to_be_bytes(), leaf.bytes)?;
            keys.extend(leaf.accounts().map(|account| index_key(&account, leaf.position)));
        }
        keys.sort_unstable();
        for key in keys {
            self.index.insert(key, &[])?;
        }
        self.sync()
    }

    fn settle(&mut self) -> anyhow::Result<()> {
        self.sync()
    }

    fn lookup(&mut self, account: &AccountId) -> anyhow::Result<Option<Vec<Vec<u8>>>> {
        let mut found = Vec::new();
        for item in self.index.scan_prefix(account.0) {
            let (key, _) = item?;
            let position = key.get(account.0.len()..).context("a key of the index is too short")?;
            found.push(self.entries.get(position)?.context("the index names an entry that is not there")?.to_vec());
        }
        Ok(Some(found))
    }

    fn disk_bytes(&mut self) -> anyhow::Result<u64> {
        crate::machine::bytes_under(&self.folder)
    }

    fn delay_syncs(&mut self, delay: Duration) -> bool {
        self.delay = delay;
        true
    }
}

/// The chains of a system, numbered as they come, so that a leaf of any of them has a position of eight bytes: the chain
/// in the upper two, its own index in the others.
#[derive(Default)]
pub(super) struct Positions(BTreeMap<Origin, u16>);

/// A leaf of a batch that is appended.
pub(super) struct Leaf<'a> {
    /// Among the leaves of all chains.
    pub(super) position: u64,
    /// Its canonical bytes.
    pub(super) bytes: &'a [u8],
    /// Its hash.
    pub(super) hash: Hash,
    accounts: [Option<AccountId>; 2],
}

impl Leaf<'_> {
    /// The accounts that it is about; the first leaf of a batch is about none.
    pub(super) fn accounts(&self) -> impl Iterator<Item = AccountId> + use<> {
        self.accounts.into_iter().flatten()
    }
}

impl Positions {
    /// The position of the first leaf of a batch; the others follow without gaps.
    pub(super) fn first(&mut self, batch: &Batch) -> anyhow::Result<u64> {
        let size = batch.size_after();
        ensure!(size.0 <= 1 << CHAIN_SHIFT, "expected a chain of up to 2^{CHAIN_SHIFT} leaves, found {size}");
        let next = self.0.len();
        let chain = match self.0.get(&batch.entry().origin) {
            Some(chain) => *chain,
            None => u16::try_from(next).context("expected up to 65536 chains")?,
        };
        if usize::from(chain) == next {
            self.0.insert(batch.entry().origin.clone(), chain);
        }
        Ok(u64::from(chain) << CHAIN_SHIFT | batch.entry().first.0)
    }

    /// Every leaf of a batch, the batch entry first.
    pub(super) fn leaves<'a>(
        &mut self,
        batch: &'a Batch,
    ) -> anyhow::Result<impl Iterator<Item = anyhow::Result<Leaf<'a>>> + use<'a>> {
        let positions = (self.first(batch)?..).zip((batch.entry().first.0..).map(LeafIndex));
        let entries = slices(batch.bytes(), batch.ends()).zip(batch.leaves());
        Ok(positions.zip(entries).map(|((position, index), (bytes, hash))| {
            let record = Record::read(&Entry::parse(bytes, index)?)?;
            let mut accounts = record.accounts();
            let accounts = [accounts.next(), accounts.next()];
            Ok(Leaf { position, bytes, hash: *hash, accounts })
        }))
    }
}

/// Under which a leaf is found: the account, then the position.
pub(super) fn index_key(account: &AccountId, position: u64) -> [u8; 24] {
    let mut key = [0; 24];
    key[..16].copy_from_slice(&account.0);
    key[16..].copy_from_slice(&position.to_be_bytes());
    key
}
