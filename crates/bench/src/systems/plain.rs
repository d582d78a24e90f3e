//! The ceiling: one file, each batch behind its length, synced. What no system that keeps batches can pass on this disk.
//!
//! A team would do this for a log that is only ever read from its start. Nothing can be found in it, and nothing says
//! where a torn end begins.

use super::System;
use anyhow::Context;
use std::{fs::File, io::Write, path::Path, thread, time::Duration};
use yizhang_ledger::{chain::Extension, person::AccountId};

/// A file of batches.
pub struct Plain {
    file: File,
    delay: Duration,
}

impl Plain {
    /// Creates the file in an existing folder.
    ///
    /// # Errors
    /// What the disk says.
    pub fn create(folder: &Path) -> anyhow::Result<Self> {
        let file = File::create_new(folder.join("batches"))
            .context("cannot create the file of batches")?;
        File::open(folder)
            .and_then(|folder| folder.sync_all())
            .context("cannot sync the folder")?;
        Ok(Self {
            file,
            delay: Duration::ZERO,
        })
    }
}

impl System for Plain {
    fn name(&self) -> &'static str {
        "plain segment"
    }

    fn append(&mut self, extension: &Extension) -> anyhow::Result<()> {
        let bytes = extension.batch().bytes();
        self.file
            .write_all(&u32::try_from(bytes.len())?.to_le_bytes())?;
        self.file.write_all(bytes)?;
        self.file
            .sync_data()
            .context("cannot sync the file of batches")?;
        thread::sleep(self.delay);
        Ok(())
    }

    fn settle(&mut self) -> anyhow::Result<()> {
        Ok(())
    }

    fn lookup(&mut self, _: &AccountId) -> anyhow::Result<Option<Vec<Vec<u8>>>> {
        Ok(None)
    }

    fn disk_bytes(&mut self) -> anyhow::Result<u64> {
        Ok(self.file.metadata()?.len())
    }

    fn delay_syncs(&mut self, delay: Duration) -> bool {
        self.delay = delay;
        true
    }
}
