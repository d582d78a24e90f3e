//! sled 0.34 holding everything: a value a record, and a second tree that finds the records of an account.
//!
//! A team would start here, as it is one dependency and two trees. It cannot make the two trees follow each other without
//! a transaction that keeps the whole batch in memory, so a crash may leave part of the last batch behind; and its
//! `flush` is no fsync, so that the file is synced here as well.

use super::{
    CACHE_BYTES, System,
    positions::{Positions, index_key},
};
use ::sled::{Config, Db, Tree};
use anyhow::Context;
use std::{
    fs::File,
    path::{Path, PathBuf},
    thread,
    time::Duration,
};
use yizhang_ledger::{chain::Extension, person::AccountId};

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
        let database = Config::new()
            .path(folder)
            .cache_capacity(CACHE_BYTES)
            .flush_every_ms(None)
            .open()?;
        let (entries, index) = (database.open_tree("entries")?, database.open_tree("index")?);
        let file =
            File::open(folder.join("db")).context("sled has no file of the name that is synced")?;
        let (positions, delay) = (Positions::default(), Duration::ZERO);
        Ok(Self {
            database,
            entries,
            index,
            file,
            folder: folder.into(),
            positions,
            delay,
        })
    }

    fn sync(&self) -> anyhow::Result<()> {
        self.database.flush().context("sled cannot flush")?;
        self.file
            .sync_data()
            .context("the file of sled cannot be synced")?;
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
            self.entries
                .insert(leaf.position.to_be_bytes(), leaf.bytes)?;
            keys.extend(
                leaf.account
                    .map(|account| index_key(&account, leaf.position)),
            );
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
            let position = key
                .get(account.0.len()..)
                .context("a key of the index is too short")?;
            found.push(
                self.entries
                    .get(position)?
                    .context("the index names an entry that is not there")?
                    .to_vec(),
            );
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
