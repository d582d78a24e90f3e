//! `LOCK`: one process has a data directory open, and within it one handle.

use crate::{
    disk::failed,
    error::{Result, StoreError},
};
use std::{
    fs::{File, OpenOptions, TryLockError},
    path::Path,
};

pub(crate) const NAME: &str = "LOCK";

/// Holds the directory until dropped. The system frees it when the process dies, however it dies.
#[derive(Debug)]
pub(crate) struct Lock {
    file: File,
}

impl Drop for Lock {
    /// Closing the file would do, were it not that a child which this process is just starting has it too, until it runs
    /// its own program.
    fn drop(&mut self) {
        // What cannot be freed here is freed when the file is closed.
        let _ = self.file.unlock();
    }
}

impl Lock {
    /// Takes the directory, creating the lock file if it is missing.
    pub(crate) fn take(folder: &Path) -> Result<Self> {
        let path = folder.join(NAME);
        let file = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path);
        Self::of(file.map_err(failed("open", &path))?, folder)
    }

    /// As [`Lock::take`], but writes nothing: without a lock file there is nothing to take.
    pub(crate) fn take_if_there(folder: &Path) -> Result<Option<Self>> {
        let path = folder.join(NAME);
        match OpenOptions::new().write(true).open(&path) {
            Ok(file) => Self::of(file, folder).map(Some),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(failed("open", &path)(error)),
        }
    }

    fn of(file: File, folder: &Path) -> Result<Self> {
        match file.try_lock() {
            Ok(()) => Ok(Self { file }),
            Err(TryLockError::WouldBlock) => Err(StoreError::InUse {
                path: folder.into(),
            }),
            Err(TryLockError::Error(error)) => Err(failed("lock", &folder.join(NAME))(error)),
        }
    }
}
