//! Faults for tests: fails the n-th operation on disk and every one after it, and remembers what a power cut would lose.

use std::{
    collections::BTreeMap,
    fs::{self, OpenOptions},
    io,
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
    time::Duration,
};

/// Counts the operations of a store on its disk and fails from one of them on, as a crash would; or makes its syncs slow,
/// as another disk would.
#[derive(Debug)]
pub struct Faults {
    inner: Mutex<Inner>,
}

#[derive(Debug)]
struct Inner {
    done: u64,
    fail_at: u64,
    /// Bytes of each file that a sync has covered; files without a synced name are lost whole.
    synced: BTreeMap<PathBuf, u64>,
    named: BTreeMap<PathBuf, bool>,
    sync_delay: Duration,
}

impl Faults {
    /// Fails operation number `step`, counted from 1, and every one after it; `u64::MAX` never fails.
    pub fn at(step: u64) -> Self {
        let (synced, named) = (BTreeMap::new(), BTreeMap::new());
        Self {
            inner: Mutex::new(Inner {
                done: 0,
                fail_at: step,
                synced,
                named,
                sync_delay: Duration::ZERO,
            }),
        }
    }

    /// Adds this to every sync of a file from now on.
    pub fn delay_syncs(&self, delay: Duration) {
        self.lock().sync_delay = delay;
    }

    /// Waits as long as a sync is delayed.
    pub(crate) fn delay(&self) {
        let delay = self.lock().sync_delay;
        if !delay.is_zero() {
            std::thread::sleep(delay);
        }
    }

    /// How many operations were asked for.
    pub fn steps(&self) -> u64 {
        self.lock().done
    }

    /// Whether an operation has failed.
    pub fn tripped(&self) -> bool {
        let inner = self.lock();
        inner.done >= inner.fail_at
    }

    /// Fails operation number `step` and every one after it, whatever was said before.
    pub fn fail_at(&self, step: u64) {
        self.lock().fail_at = step;
    }

    /// Fails every operation from now on.
    pub fn trip(&self) {
        let mut inner = self.lock();
        inner.fail_at = inner.done;
    }

    /// Fails nothing any more, as for a process that is started again after one that was killed. What no sync has covered is
    /// still in the memory of the system alone.
    pub fn end(&self) {
        self.lock().fail_at = u64::MAX;
    }

    /// Does to the files what a power cut may do: takes away what no sync has covered, except the first `kept_of_256`
    /// 256ths of it. Files whose folder was not synced since their creation vanish. Call it after the store is gone.
    ///
    /// # Errors
    /// What the system says about the files.
    pub fn lose_unsynced(&self, kept_of_256: u64) -> io::Result<()> {
        let inner = self.lock();
        for (path, named) in inner.named.iter().filter(|(path, _)| path.exists()) {
            if !named && kept_of_256 == 0 {
                fs::remove_file(path)?;
                continue;
            }
            let file = OpenOptions::new().write(true).open(path)?;
            // Of what was never synced nothing is sure; of a file that was cut since, all that is left.
            let synced = inner.synced.get(path).copied().unwrap_or(0);
            let unsynced = file.metadata()?.len().saturating_sub(synced);
            file.set_len(synced + unsynced * kept_of_256 / 256)?;
        }
        Ok(())
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts one operation. `Err` if it is not to take place.
    pub(crate) fn step(&self) -> io::Result<()> {
        let mut inner = self.lock();
        inner.done += 1;
        if inner.done >= inner.fail_at {
            Err(io::Error::other("injected fault"))
        } else {
            Ok(())
        }
    }

    /// Whether the operation that just failed was the first: it may have been done in part.
    pub(crate) fn is_first_failure(&self) -> bool {
        let inner = self.lock();
        inner.done == inner.fail_at
    }

    pub(crate) fn created(&self, path: &Path) {
        let mut inner = self.lock();
        inner.synced.insert(path.into(), 0);
        inner.named.insert(path.into(), false);
    }

    /// A file that was there before.
    pub(crate) fn opened(&self, path: &Path, length: u64) {
        let mut inner = self.lock();
        inner.synced.entry(path.into()).or_insert(length);
        inner.named.entry(path.into()).or_insert(true);
    }

    pub(crate) fn synced(&self, path: &Path, length: u64) {
        self.lock().synced.insert(path.into(), length);
    }

    pub(crate) fn synced_folder(&self, folder: &Path) {
        for (path, named) in &mut self.lock().named {
            *named |= path.parent() == Some(folder);
        }
    }
}
