//! The access log open for appending: one writer, one file at a time.

use super::{
    entry::AccessEntry,
    file::{AccessFault, FRAME_BYTES_MAX, HEADER_BYTES, header, list, scan, write_entry},
    folder, path,
};
use crate::{
    disk::{Disk, Handle, failed},
    error::{Result, StoreError},
    number::wide,
};
use std::{
    path::{Path, PathBuf},
    time::{Duration, Instant},
};
use yizhang_ledger::{hash::Hash, value::Day};

/// Reads for which there is always room, so that a full disk does not end reading at once: some hours of busy counters, in which
/// the operator makes room. Counted at their largest; four times as many of the usual size.
pub const READS_AHEAD: usize = 4_096;
/// Years for which files are kept; the daily roots in the chain stay.
pub const YEARS_KEPT: u32 = 3;
/// Files that are removed at the end of a day: more than one, so that a node that was away catches up; a handful, so that a wrong
/// clock costs no more.
const REMOVED_MAX: usize = 4;
/// A day more years than this after the newest is doubted: a wrong clock is more likely than a node without a read for so long.
const UNDOUBTED_YEARS: u32 = 1;
/// How long the clock must go on saying so until it is believed.
const DOUBTED_FOR: Duration = Duration::from_secs(24 * 60 * 60);

/// Room that is taken together: twice what there always is, so that it is taken seldom.
const ROOM_BYTES: u64 = 2 * (READS_AHEAD * FRAME_BYTES_MAX) as u64;

/// The access log of a data directory. Whoever holds the directory's lock opens it, once.
pub struct AccessLog {
    disk: Disk,
    data: PathBuf,
    /// Hash of the last entry of all.
    last: Hash,
    open: Option<OpenDay>,
    /// The newest day that has begun here.
    newest: Option<Day>,
    /// Since when the clock says a day that is too far ahead to be believed.
    doubted_since: Option<Instant>,
    /// Set when a write or a sync has failed: what is on the disk is not known any more.
    is_stopped: bool,
}

/// The file that is appended to.
struct OpenDay {
    day: Day,
    handle: Handle,
    /// Where the next entry goes.
    end: u64,
    /// Up to where there is room.
    room: u64,
}

impl AccessLog {
    /// Opens the log of a data directory, verifies the last file, cuts an unfinished write off, and shows the entries of that
    /// file.
    ///
    /// # Errors
    /// [`StoreError::Access`] if the last file was changed; [`StoreError::Io`].
    pub fn open(data: &Path, each: &mut dyn FnMut(AccessEntry)) -> Result<Self> {
        let disk = Disk::default();
        disk.create_folder(&folder(data))?;
        keep_private(&folder(data))?;
        let mut log = Self {
            disk,
            data: data.to_path_buf(),
            last: Hash([0; 32]),
            open: None,
            newest: None,
            doubted_since: None,
            is_stopped: false,
        };
        let (days, _) = list(data)?;
        let Some(day) = days.last().copied() else {
            return Ok(log);
        };
        let path = path(data, day);
        let scan = scan(&path, day, each)?;
        match scan.fault {
            // A crash while the file was begun; nobody was told of anything in it.
            Some((0, AccessFault::Header)) if scan.end == 0 && is_begun(&path)? => {
                log.disk.remove(&path)?;
                return Self::open(data, each);
            }
            None | Some((_, AccessFault::Torn { .. })) => {}
            Some((offset, fault)) => {
                return Err(StoreError::Access {
                    path,
                    offset,
                    fault,
                });
            }
        }
        let handle = log.disk.open(path)?;
        log.disk.truncate(&handle, scan.end)?;
        (log.last, log.newest) = (scan.summary.last, Some(day));
        log.open = Some(OpenDay {
            day,
            handle,
            end: scan.end,
            room: scan.end,
        });
        Ok(log)
    }

    /// Appends entries of today. Durable when it returns `Ok`, by one sync. A clock that has gone back changes no day that has
    /// ended: the newest file goes on. So it does while a clock is far ahead.
    ///
    /// # Errors
    /// [`StoreError::Io`]. Where there is no room nothing is written, and a later call may succeed; after a failed write or
    /// sync every later call fails with [`StoreError::Stopped`].
    pub fn append(&mut self, entries: &[AccessEntry], today: Day) -> Result<()> {
        self.check()?;
        let today = self.close_before(today)?;
        let mut bytes = Vec::new();
        let mut last = self.last;
        for entry in entries {
            last = write_entry(&last, entry, &mut bytes);
        }
        self.begin(today)?;
        let open = self.open.as_mut().expect("the day was begun above");
        take_room(open, wide(bytes.len()))?;
        // A crash before the sync leaves any part of the entries; nobody was told, and the next opening cuts it off or keeps it.
        let written = self
            .disk
            .write(&open.handle, &bytes, open.end)
            .and_then(|()| self.disk.sync(&open.handle));
        self.is_stopped = written.is_err();
        written?;
        open.end += wide(bytes.len());
        self.last = last;
        Ok(())
    }

    /// Closes the file of an earlier day: gives the room behind its last entry back, and removes the oldest of the files that are
    /// older than [`YEARS_KEPT`] before that day. Does nothing while the day lasts. Returns the day that is believed to be today;
    /// no file of an earlier one is open.
    ///
    /// # Errors
    /// As [`AccessLog::append`].
    pub fn close_before(&mut self, today: Day) -> Result<Day> {
        self.check()?;
        let today = self.believed(today);
        let Some(open) = self.open.take_if(|open| open.day < today) else {
            return Ok(today);
        };
        // A clock that goes back from here on finds the day ended.
        self.newest = Some(today);
        let closed = self.disk.truncate(&open.handle, open.end);
        self.is_stopped = closed.is_err();
        closed?;
        let (days, _) = list(&self.data)?;
        // The age is counted from the day that has ended, which has entries, and not from what the clock says now.
        let old = days.iter().filter(|day| is_old(**day, open.day));
        for day in old.take(REMOVED_MAX) {
            self.disk.remove(&path(&self.data, *day))?;
        }
        Ok(today)
    }

    /// The day that entries belong to when the clock says `today`: never before the newest, and the newest itself until a clock
    /// that is far ahead of it has been so for [`DOUBTED_FOR`].
    fn believed(&mut self, today: Day) -> Day {
        let Some(newest) = self.newest else {
            return today;
        };
        if today.number() <= newest.number() + UNDOUBTED_YEARS * 10_000 {
            self.doubted_since = None;
            return newest.max(today);
        }
        let since = *self.doubted_since.get_or_insert_with(|| {
            tracing::error!(%newest, %today, "the clock is more than a year ahead of the newest day of the access log; that day goes on");
            Instant::now()
        });
        if since.elapsed() < DOUBTED_FOR {
            newest
        } else {
            today
        }
    }

    /// Begins the file of a day, if it is not begun.
    fn begin(&mut self, day: Day) -> Result<()> {
        if self.open.is_some() {
            return Ok(());
        }
        let path = path(&self.data, day);
        let handle = self.disk.create(path.clone())?;
        let mut open = OpenDay {
            day,
            handle,
            end: 0,
            room: 0,
        };
        let begun = take_room(&mut open, wide(HEADER_BYTES))
            .and_then(|()| self.disk.write(&open.handle, &header(day, &self.last), 0))
            .and_then(|()| self.disk.sync(&open.handle))
            .and_then(|()| self.disk.sync_folder(&folder(&self.data)));
        if let Err(error) = begun {
            // Without it the next call begins again. If it cannot be removed either, the next opening does.
            self.is_stopped = self.disk.remove(&path).is_err();
            return Err(error);
        }
        open.end = wide(HEADER_BYTES);
        self.newest = Some(day);
        self.open = Some(open);
        Ok(())
    }

    fn check(&self) -> Result<()> {
        if self.is_stopped {
            return Err(StoreError::Stopped {
                reason: "the access log could not be written".into(),
            });
        }
        Ok(())
    }
}

/// Lets nobody but the user of the node into the folder: its files name workers and clerks.
pub(super) fn keep_private(folder: &Path) -> Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    const OWNER_ONLY: u32 = 0o700;
    let permissions = std::fs::Permissions::from_mode(OWNER_ONLY);
    std::fs::set_permissions(folder, permissions).map_err(failed("restrict", folder))
}

/// Whether the file of a day is not kept any more.
pub(super) fn is_old(day: Day, today: Day) -> bool {
    day.number() + YEARS_KEPT * 10_000 < today.number()
}

/// Whether a file is what a crash leaves of one that was being begun: no header, and nothing behind it.
fn is_begun(path: &Path) -> Result<bool> {
    let bytes = std::fs::read(path).map_err(failed("read", path))?;
    // A file that is shorter than its header has nothing behind it.
    let behind = bytes.get(HEADER_BYTES..).unwrap_or_default();
    Ok(behind.iter().all(|byte| *byte == 0))
}

/// Sees to it that `bytes` can be written, and takes room ahead where less than half of it is left. A full disk is no fault
/// while there is room.
fn take_room(open: &mut OpenDay, bytes: u64) -> Result<()> {
    let needed = open.end + bytes;
    if needed + ROOM_BYTES / 2 <= open.room {
        return Ok(());
    }
    let wanted = needed + ROOM_BYTES;
    match allocate(&open.handle, wanted) {
        Ok(()) => {
            open.room = wanted;
            Ok(())
        }
        Err(_) if needed <= open.room => Ok(()),
        Err(error) => Err(error),
    }
}

/// Takes room on the disk up to `length`. Where the file system cannot, writes take it as they come.
fn allocate(handle: &Handle, length: u64) -> Result<()> {
    use rustix::{
        fs::{FallocateFlags, fallocate},
        io::Errno,
    };
    match fallocate(&handle.file, FallocateFlags::empty(), 0, length) {
        Ok(()) | Err(Errno::OPNOTSUPP | Errno::NOSYS) => Ok(()),
        Err(error) => Err(failed("allocate", &handle.path)(error.into())),
    }
}
