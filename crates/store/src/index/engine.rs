//! sled, and what has to be done around it so that it can do no harm. The only file that names it.
//!
//! Measured: its `flush` is no fsync, values beyond some KiB go to files that are never synced, it can panic in `open`
//! and later, and it can open empty without an error. So: values are at most 4 KiB, the database file is synced here
//! after each flush, every call runs inside `catch_unwind`, and an `Err` from this file means one thing to the rest of
//! the crate: throw the index away and build it again from the segments.

use super::run::CHUNK_BYTES_MAX;
use crate::error::IndexFault;
use std::{
    fs::{File, TryLockError},
    io,
    panic::{AssertUnwindSafe, catch_unwind},
    path::{Path, PathBuf},
    thread,
    time::Duration,
};

/// The file that holds sled's data, and that it locks while a database is open.
const LOCKED_FILE: &str = "db";
/// How often the lock is looked at while an earlier handle of this process still lets go of it: two seconds in all, and
/// a handle takes some milliseconds.
const LOCK_ATTEMPTS: u32 = 1_000;
/// Time between two of these attempts.
const LOCK_PAUSE: Duration = Duration::from_millis(2);

/// Keys and values in order, in one folder.
pub(crate) struct Engine {
    db: sled::Db,
    folder: PathBuf,
}

/// A key and its value.
pub(crate) type Pair = (Vec<u8>, Vec<u8>);

type Outcome<T> = Result<T, IndexFault>;

impl Engine {
    /// Opens the database in a folder, creating it if there is none.
    pub(crate) fn open(folder: &Path, cache_bytes: u64) -> Outcome<Self> {
        wait_for_lock(&folder.join(LOCKED_FILE))?;
        let config = sled::Config::default()
            .path(folder)
            .cache_capacity(cache_bytes)
            .flush_every_ms(None);
        let db = guarded("open the index", || config.open())?;
        Ok(Self {
            db,
            folder: folder.into(),
        })
    }

    pub(crate) fn get(&self, key: &[u8]) -> Outcome<Option<Vec<u8>>> {
        guarded("read", || {
            self.db
                .get(key)
                .map(|value| value.map(|value| value.to_vec()))
        })
    }

    /// Inserts a value of at most [`CHUNK_BYTES_MAX`]. Not durable before [`Engine::flush`].
    pub(crate) fn insert(&self, key: &[u8], value: &[u8]) -> Outcome<()> {
        debug_assert!(
            value.len() <= CHUNK_BYTES_MAX,
            "values beyond {CHUNK_BYTES_MAX} bytes are not safe in sled"
        );
        guarded("write", || self.db.insert(key, value).map(|_| ()))
    }

    pub(crate) fn remove(&self, key: &[u8]) -> Outcome<()> {
        guarded("remove", || self.db.remove(key).map(|_| ()))
    }

    /// The first key after `key`, if it starts with `prefix`.
    pub(crate) fn after(&self, key: &[u8], prefix: &[u8]) -> Outcome<Option<Pair>> {
        let found = guarded("read", || self.db.get_gt(key))?;
        Ok(found
            .filter(|(key, _)| key.starts_with(prefix))
            .map(|(key, value)| (key.to_vec(), value.to_vec())))
    }

    /// Walks over the keys with a prefix, ascending.
    pub(crate) fn each(
        &self,
        prefix: &[u8],
        mut each: impl FnMut(&[u8], &[u8]) -> Outcome<()>,
    ) -> Outcome<()> {
        guarded("scan", || {
            for pair in self.db.scan_prefix(prefix) {
                let (key, value) = pair?;
                if let Err(fault) = each(&key, &value) {
                    return Ok(Err(fault));
                }
            }
            Ok(Ok(()))
        })?
    }

    /// Walks on from the first key at or above `from`, as long as keys start with `prefix` and `each` returns true.
    pub(crate) fn each_from(
        &self,
        prefix: &[u8],
        from: &[u8],
        mut each: impl FnMut(&[u8], &[u8]) -> Outcome<bool>,
    ) -> Outcome<()> {
        guarded("scan", || {
            for pair in self.db.range(from..) {
                let (key, value) = pair?;
                if !key.starts_with(prefix) {
                    break;
                }
                match each(&key, &value) {
                    Ok(true) => {}
                    Ok(false) => break,
                    Err(fault) => return Ok(Err(fault)),
                }
            }
            Ok(Ok(()))
        })?
    }

    /// Walks back from the last key at or below `from`, as long as keys start with `prefix` and `each` returns true.
    pub(crate) fn each_back(
        &self,
        prefix: &[u8],
        from: &[u8],
        mut each: impl FnMut(&[u8], &[u8]) -> Outcome<bool>,
    ) -> Outcome<()> {
        guarded("scan", || {
            for pair in self.db.range(prefix..=from).rev() {
                let (key, value) = pair?;
                match each(&key, &value) {
                    Ok(true) => {}
                    Ok(false) => break,
                    Err(fault) => return Ok(Err(fault)),
                }
            }
            Ok(Ok(()))
        })?
    }

    /// Makes everything inserted so far durable: sled writes, and we sync.
    pub(crate) fn flush(&self) -> Outcome<()> {
        guarded("flush", || self.db.flush().map(|_| ()))?;
        let sync = |path: &Path| File::open(path).and_then(|file| file.sync_all());
        let synced = sync(&self.folder.join(LOCKED_FILE)).and_then(|()| sync(&self.folder));
        synced.map_err(|error| IndexFault::Engine {
            action: "sync",
            message: error.to_string(),
        })
    }
}

/// Waits until nobody holds the lock that opening takes. sled itself gives up at once, and says why in words only.
fn wait_for_lock(path: &Path) -> Outcome<()> {
    let failed = |message: String| IndexFault::Engine {
        action: "lock",
        message,
    };
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(failed(error.to_string())),
    };
    for _ in 0..LOCK_ATTEMPTS {
        match file.try_lock() {
            // Not left to the end of `file`: a child that is just being started may have it, too.
            Ok(()) => return file.unlock().map_err(|error| failed(error.to_string())),
            Err(TryLockError::WouldBlock) => thread::sleep(LOCK_PAUSE),
            Err(TryLockError::Error(error)) => return Err(failed(error.to_string())),
        }
    }
    Err(failed("another handle has the database open".into()))
}

/// Runs a call into sled and turns panics into errors.
fn guarded<T>(action: &'static str, call: impl FnOnce() -> sled::Result<T>) -> Outcome<T> {
    // After a panic the database is given up, so that no half-changed state is seen.
    match catch_unwind(AssertUnwindSafe(call)) {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(error)) => Err(IndexFault::Engine {
            action,
            message: error.to_string(),
        }),
        Err(panic) => {
            let message = panic.downcast_ref::<String>().cloned();
            let message = message.or_else(|| panic.downcast_ref::<&str>().map(ToString::to_string));
            Err(IndexFault::Engine {
                action,
                message: message.unwrap_or_else(|| "it panicked".into()),
            })
        }
    }
}
