//! The few operations through which the truth reaches the disk, in one place so that tests can fail each of them.

use crate::{
    error::{Result, StoreError},
    faults::Faults,
};
use rustix::fs::{Advice, fadvise};
use std::{
    fs::{self, File, OpenOptions},
    io,
    os::unix::fs::FileExt,
    path::{Path, PathBuf},
    sync::Arc,
};

/// The disk, or a failing one in tests.
#[derive(Clone, Debug, Default)]
pub(crate) struct Disk {
    faults: Option<Arc<Faults>>,
}

/// A file open for appending, with the name that errors give it.
#[derive(Debug)]
pub(crate) struct Handle {
    pub(crate) file: File,
    pub(crate) path: PathBuf,
}

impl Handle {
    /// Has the system let go what it holds of the file and takes to be on the disk. That it may not is no failure: it is asked to.
    pub(crate) fn forget_read(&self) {
        let _ = fadvise(&self.file, 0, None, Advice::DontNeed);
    }
}

impl Disk {
    pub(crate) const fn new(faults: Option<Arc<Faults>>) -> Self {
        Self { faults }
    }

    /// Creates a file that is not there yet. Its name is durable only after [`Disk::sync_folder`].
    pub(crate) fn create(&self, path: PathBuf) -> Result<Handle> {
        self.attempt("create", &path, || {
            OpenOptions::new()
                .read(true)
                .write(true)
                .create_new(true)
                .open(&path)
        })
        .map(|file| {
            self.faults.iter().for_each(|faults| faults.created(&path));
            Handle { file, path }
        })
    }

    /// Opens a file for appending.
    pub(crate) fn open(&self, path: PathBuf) -> Result<Handle> {
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .open(&path)
            .map_err(failed("open", &path))?;
        if let Some(faults) = &self.faults {
            faults.opened(&path, file.metadata().map_err(failed("open", &path))?.len());
        }
        Ok(Handle { file, path })
    }

    /// Writes `bytes` at `offset`. Not durable before [`Disk::sync`].
    pub(crate) fn write(&self, handle: &Handle, bytes: &[u8], offset: u64) -> Result<()> {
        let written = self.attempt("write", &handle.path, || {
            handle.file.write_all_at(bytes, offset)
        });
        if written.is_err()
            && self
                .faults
                .as_ref()
                .is_some_and(|faults| faults.is_first_failure())
        {
            // An injected crash in the middle of a write leaves its first half.
            let (half, _) = bytes.split_at(bytes.len() / 2);
            handle
                .file
                .write_all_at(half, offset)
                .map_err(failed("write", &handle.path))?;
        }
        written
    }

    /// Makes the content of a file durable (fdatasync: the size counts as content).
    pub(crate) fn sync(&self, handle: &Handle) -> Result<()> {
        self.attempt("sync", &handle.path, || handle.file.sync_data())?;
        if let Some(faults) = &self.faults {
            let length = handle
                .file
                .metadata()
                .map_err(failed("sync", &handle.path))?
                .len();
            faults.synced(&handle.path, length);
            faults.delay();
        }
        Ok(())
    }

    /// Makes the names in a folder durable.
    pub(crate) fn sync_folder(&self, folder: &Path) -> Result<()> {
        self.attempt("sync", folder, || File::open(folder)?.sync_all())?;
        self.faults
            .iter()
            .for_each(|faults| faults.synced_folder(folder));
        Ok(())
    }

    /// Cuts a file off at `length`, durably.
    pub(crate) fn truncate(&self, handle: &Handle, length: u64) -> Result<()> {
        self.attempt("truncate", &handle.path, || handle.file.set_len(length))?;
        self.sync(handle)
    }

    /// Removes a file, durably.
    pub(crate) fn remove(&self, path: &Path) -> Result<()> {
        self.attempt("remove", path, || fs::remove_file(path))?;
        self.sync_folder(folder_of(path))
    }

    /// Creates a folder and those above it, their names durable.
    pub(crate) fn create_folder(&self, path: &Path) -> Result<()> {
        if path.is_dir() {
            return Ok(());
        }
        self.attempt("create", path, || fs::create_dir_all(path))?;
        self.sync_folder(folder_of(path))
    }

    /// Gives a file that is durable another name, durably. The name may have been another file's, which is gone then.
    pub(crate) fn rename(&self, from: &Path, to: &Path) -> Result<()> {
        self.attempt("rename", from, || fs::rename(from, to))?;
        self.sync_folder(folder_of(to))
    }

    /// Puts a whole small file in place of the one there, if any: after a crash it is the old one or the new one.
    pub(crate) fn replace(&self, path: &Path, bytes: &[u8]) -> Result<()> {
        let next = path.with_extension("new");
        self.attempt("write", &next, || {
            let file = File::create(&next)?;
            file.write_all_at(bytes, 0)?;
            file.sync_all()
        })?;
        self.attempt("replace", path, || fs::rename(&next, path))?;
        self.sync_folder(folder_of(path))
    }

    /// A step that is no operation of this type (sled's), so that tests can crash there as well.
    pub(crate) fn step(&self, action: &'static str, path: &Path) -> Result<()> {
        self.attempt(action, path, || Ok(()))
    }

    fn attempt<T>(
        &self,
        action: &'static str,
        path: &Path,
        operation: impl FnOnce() -> io::Result<T>,
    ) -> Result<T> {
        let allowed = self.faults.as_ref().map_or(Ok(()), |faults| faults.step());
        allowed
            .and_then(|()| operation())
            .map_err(failed(action, path))
    }
}

/// The folder that a name stands in: of a name alone, the one in which the process works.
fn folder_of(path: &Path) -> &Path {
    let parent = path.parent();
    let named = parent.filter(|parent| !parent.as_os_str().is_empty());
    named.unwrap_or(Path::new("."))
}

/// The error of a failed operation.
pub(crate) fn failed(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> StoreError {
    let path = path.to_path_buf();
    move |source| StoreError::Io {
        action,
        path,
        source: Arc::new(source),
    }
}
