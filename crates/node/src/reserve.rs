//! A file that holds nothing but room: on a full disk it is given up at the start, so that the marker, the lock and the index
//! can be written, and taken again as soon as there is room.

use std::{
    fs::{self, File},
    io,
    path::{Path, PathBuf},
};

/// Of what is kept for the own chain such a part, usually 64 MiB: what an index writes while it is opened, many times over.
const KEPT_PART: u64 = 32;
/// Of a small disk at most such a part.
const DISK_PART: u64 = 16;
/// Of what is left at most such a part, when little is left.
const LEFT_PART: u64 = 2;

/// The reserve of a data directory.
pub(crate) struct Reserve {
    data: PathBuf,
    bytes_max: u64,
}

impl Reserve {
    /// The reserve of a data directory, by the bytes that are kept for the own chain.
    pub(crate) fn of(data: &Path, kept_bytes: u64) -> Self {
        Self {
            data: data.into(),
            bytes_max: kept_bytes / KEPT_PART,
        }
    }

    fn path(&self) -> PathBuf {
        self.data.join("reserve")
    }

    /// Gives the room up for what has to be written now. A directory that has none is none the worse.
    pub(crate) fn give_up(&self) {
        // What is missing or cannot be removed gives nothing.
        let _ = fs::remove_file(self.path());
    }

    /// Takes the room again, as much as is wanted or half of what there is. A disk that has none is none the worse.
    pub(crate) fn take(&self) {
        if self.path().exists() {
            return;
        }
        if let Err(error) = self.allocate() {
            tracing::debug!(%error, "no room is kept for the next start");
            self.give_up();
        }
    }

    fn allocate(&self) -> io::Result<()> {
        let disk = rustix::fs::statvfs(&self.data)?;
        let free = disk.f_bavail.saturating_mul(disk.f_frsize);
        let size = disk.f_blocks.saturating_mul(disk.f_frsize);
        let bytes = self.bytes_max.min(size / DISK_PART).min(free / LEFT_PART);
        if bytes == 0 {
            return Ok(());
        }
        allocate(&File::create(self.path())?, bytes)
    }
}

#[cfg(target_os = "linux")]
fn allocate(file: &File, bytes: u64) -> io::Result<()> {
    use rustix::fs::{FallocateFlags, fallocate};
    Ok(fallocate(file, FallocateFlags::empty(), 0, bytes)?)
}

/// Elsewhere there is no way to take room without writing it.
#[cfg(not(target_os = "linux"))]
fn allocate(_: &File, _: u64) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}
