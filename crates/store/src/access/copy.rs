//! Days of the access log copied and verified, also while the node writes: a file only grows, and each entry follows from the one before.

use super::{
    entry::AccessEntry,
    file::{AccessFault, DaySummary, list, scan},
    folder,
    log::{is_old, keep_private},
    path,
};
use crate::{
    disk::{Disk, failed},
    error::{Result, StoreError},
};
use std::{
    fs::{self, File},
    io::{self, BufRead as _, BufReader, Read as _},
    path::Path,
    thread::sleep,
    time::Duration,
};
use yizhang_ledger::value::Day;

/// How often a file is read again that does not look whole, and how long between: an entry is written in far less.
const LOOKS: u32 = 5;
const BETWEEN_LOOKS: Duration = Duration::from_millis(50);

/// A day as far as it was copied or found.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CopiedDay {
    pub(crate) summary: DaySummary,
    /// Offset behind the last entry.
    pub(crate) bytes: u64,
}

/// The days that have a file, oldest first.
pub(crate) fn days(data: &Path) -> Result<Vec<Day>> {
    let (days, _) = list(data)?;
    Ok(days)
}

/// Copies a day up to its last entry into a backup, of which `known` bytes have been copied before: they must still stand there.
///
/// A crash leaves the copy that was there before, or the new one.
///
/// # Errors
/// [`StoreError::Access`] for a file that was changed, [`StoreError::Io`].
pub(crate) fn back_up_day(
    disk: &Disk,
    source: &Path,
    target: &Path,
    day: Day,
    known: u64,
) -> Result<CopiedDay> {
    let from = path(source, day);
    let found = read_growing(&from, day)?;
    let to = path(target, day);
    if known > 0 {
        if found.bytes < known || !begins_alike(&from, &to, known)? {
            return Err(StoreError::Access {
                path: from,
                offset: found.bytes.min(known),
                fault: AccessFault::Changed,
            });
        }
        if found.bytes == known {
            return Ok(found);
        }
    }
    copy(disk, &from, target, day, found.bytes)?;
    Ok(found)
}

/// Copies the first `bytes` of a day out of a backup, and reads the copy.
///
/// # Errors
/// [`StoreError::Access`] if they are no whole entries that follow from one another, [`StoreError::Io`].
pub(crate) fn restore_day(
    disk: &Disk,
    source: &Path,
    target: &Path,
    day: Day,
    bytes: u64,
) -> Result<CopiedDay> {
    let from = path(source, day);
    copy(disk, &from, target, day, bytes)?;
    let found = read(&path(target, day), day);
    found.map_err(|error| match error {
        // The place is the same in both, and the one that is wrong is that of the backup.
        StoreError::Access { offset, fault, .. } => StoreError::Access {
            path: from,
            offset,
            fault,
        },
        error => error,
    })
}

fn copy(disk: &Disk, from: &Path, target: &Path, day: Day, bytes: u64) -> Result<()> {
    disk.create_folder(&folder(target))?;
    keep_private(&folder(target))?;
    let to = path(target, day);
    let next = to.with_extension("new");
    let source = File::open(from).map_err(failed("open", from))?;
    let mut file = File::create(&next).map_err(failed("create", &next))?;
    io::copy(&mut source.take(bytes), &mut file)
        .and_then(|_| file.sync_all())
        .map_err(failed("write", &next))?;
    disk.rename(&next, &to)
}

/// Whether two files have the same first bytes.
fn begins_alike(one: &Path, other: &Path, bytes: u64) -> Result<bool> {
    let open = |path: &Path| File::open(path).map_err(failed("open", path));
    let mut left = BufReader::new(open(one)?.take(bytes));
    let mut right = BufReader::new(open(other)?.take(bytes));
    loop {
        let wanted = left.fill_buf().map_err(failed("read", one))?;
        let mut found = vec![0; wanted.len()];
        if wanted.is_empty() {
            return Ok(true);
        }
        if right.read_exact(&mut found).is_err() || found != wanted {
            return Ok(false);
        }
        let read = wanted.len();
        left.consume(read);
    }
}

/// Removes the days that are kept no more.
pub(crate) fn remove_old(disk: &Disk, data: &Path) -> Result<()> {
    let days = days(data)?;
    let Some(newest) = days.last().copied() else {
        return Ok(());
    };
    for day in days.into_iter().filter(|day| is_old(*day, newest)) {
        disk.remove(&path(data, day))?;
    }
    Ok(())
}

/// Reads a file to which a node may be adding: what is not whole is looked at again.
fn read_growing(path: &Path, day: Day) -> Result<CopiedDay> {
    let mut looks = 0;
    loop {
        looks += 1;
        match read(path, day) {
            Err(StoreError::Access { .. }) if looks < LOOKS => sleep(BETWEEN_LOOKS),
            read => return read,
        }
    }
}

fn read(path: &Path, day: Day) -> Result<CopiedDay> {
    fs::metadata(path).map_err(failed("read", path))?;
    let ignore = &mut |_: AccessEntry| {};
    let scan = scan(path, day, ignore)?;
    match scan.fault {
        None | Some((_, AccessFault::Torn { .. })) => Ok(CopiedDay {
            summary: scan.summary,
            bytes: scan.end,
        }),
        Some((offset, fault)) => Err(StoreError::Access {
            path: path.to_path_buf(),
            offset,
            fault,
        }),
    }
}
