//! A backup of a data directory, made while its node runs, and a data directory made from a backup.
//!
//! Whoever makes a backup only reads what the node writes, and takes no lock of it. That is enough, because of what the node does with
//! its files:
//!
//! * *Segments* only grow. A batch is copied when its signed head stands behind it, and each batch is checked against the chain that was
//!   copied before it, whatever the files are called: a place that is not whole, because the node is writing it, is read again.
//! * *The journal* is replaced by a new file when it is compacted, and the old files go after the new one has its name. Files that
//!   vanish while they are read, or a list that is another afterwards, are read again.
//! * *The access log* only grows; each entry follows from the one before.
//!
//! Chains come first, then the journal and the access log: both may know more than the chains, never less. What is derived (the index,
//! registers) and what repeats what the segments say (`seen`) is left out. So are keys and secrets: they are not in a data directory.
//!
//! The manifest comes last. A backup that was cut is what it was before; the next one takes up what the cut one has written.

mod chain;
mod copy;
mod manifest;
mod restore;

pub use restore::{RestoreReport, restore};

use crate::{
    access::{back_up_day, days, remove_old},
    check::Progress,
    disk::{Disk, failed},
    error::{Damage, StoreError},
    journal::{self, JournalEntry},
    lock::{self, Lock},
    marker,
    number::wide,
    segments::ChainFolder,
};
use chain::Ends;
use manifest::{DayKept, JournalKept, Manifest};
use std::{fs, io::ErrorKind, path::Path, path::PathBuf, thread::sleep, time::Duration};
use yizhang_ledger::{
    Invalid,
    hash::{Hash, derive},
    head::Origin,
    value::{TreeSize, UnixMillis},
};

const JOURNAL_CONTEXT: &str = "yizhang 2026-11-30 v1 backup journal";
/// How often the journal is read again that was compacted meanwhile. Once in some hundred thousand heads it is.
const JOURNAL_READS: u32 = 20;
/// What is left free on a disk that is written to: the journal, the access log, and whoever else writes there.
const SPARE_BYTES: u64 = 64 * 1024 * 1024;
const BETWEEN_READS: Duration = Duration::from_millis(50);

/// What is asked of whoever has a backup made or restored.
pub struct Watch<'a> {
    /// Told how far a chain has come.
    pub progress: &'a dyn Fn(Progress<'_>),
    /// Whether a note is a head that a key of the roster has signed: the store has no roster. Asked for the newest head of each chain,
    /// which covers all before it.
    pub signed: &'a dyn Fn(&[u8]) -> Result<(), Invalid>,
}

/// Why there is no backup, or nothing is restored.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// The disk, or what stands on it.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The directory holds something that is no backup.
    #[error("{} is not empty and holds no backup", path.display())]
    NotEmpty {
        /// The directory.
        path: PathBuf,
    },
    /// There is no manifest.
    #[error("{} holds no backup: the file `backup` is missing", path.display())]
    NoBackup {
        /// The directory.
        path: PathBuf,
    },
    /// The manifest has changed.
    #[error("{} is not what was written: the checksum or the form is wrong", path.display())]
    Manifest {
        /// The file.
        path: PathBuf,
    },
    /// The first backup into the directory never came to its end.
    #[error("{} holds a backup that never came to its end: run the backup again", path.display())]
    Unfinished {
        /// The directory.
        path: PathBuf,
    },
    /// The backup is another node's.
    #[error("the backup is one of {found}, and this is the node of {expected}")]
    OtherNode {
        /// Whose it was to be.
        expected: Origin,
        /// Whose it is.
        found: Origin,
    },
    /// What is to be written does not fit on the disk.
    #[error("{needed} bytes are to be written under {}, and its disk has {free} left", path.display())]
    NoRoom {
        /// Where.
        path: PathBuf,
        /// Bytes to be written, and what is left free beside them.
        needed: u64,
        /// Bytes that are free.
        free: u64,
    },
    /// There is no data directory.
    #[error("{} is no data directory: it has no file `format`", path.display())]
    NoData {
        /// The directory.
        path: PathBuf,
    },
    /// A file of the backup is not the one that the manifest names.
    #[error("{} is not the file that the manifest names", path.display())]
    OtherFile {
        /// The file.
        path: PathBuf,
    },
    /// A chain of the backup does not come to the state that the manifest names.
    #[error(
        "{origin}: the files of the backup lead to {found} entries, the manifest names {expected}"
    )]
    OtherState {
        /// The chain.
        origin: Origin,
        /// Entries by the manifest.
        expected: TreeSize,
        /// Entries found.
        found: TreeSize,
    },
    /// No key of the roster has signed the newest head of a chain.
    #[error("{origin}: the head of size {size} does not count: {fault}")]
    Unsigned {
        /// The chain.
        origin: Origin,
        /// Its size.
        size: TreeSize,
        /// Why not.
        #[source]
        fault: Invalid,
    },
}

/// Something of a node that is not in its backup as it should be.
#[derive(Debug)]
pub enum BackupFinding {
    /// A chain is damaged on the node's disk; it is backed up to there.
    Source(Damage),
    /// The node holds less of a chain than the backup: nothing was taken.
    Shorter {
        /// The chain.
        origin: Origin,
        /// What is in the backup.
        kept: TreeSize,
        /// What the node holds.
        held: TreeSize,
    },
    /// No batch of the node starts where the backup ends: they hold two histories.
    OtherHistory {
        /// The chain.
        origin: Origin,
        /// What is in the backup.
        kept: TreeSize,
    },
    /// No key of the roster has signed the newest head.
    Unsigned {
        /// The chain.
        origin: Origin,
        /// Its size.
        size: TreeSize,
        /// Why it does not count.
        fault: Invalid,
    },
    /// A day of the access log cannot be copied; the others are.
    Access(StoreError),
}

/// What was taken of a chain.
#[derive(Clone, Debug)]
pub struct Taken {
    /// The chain.
    pub origin: Origin,
    /// Entries in the backup before.
    pub before: TreeSize,
    /// Entries in it now.
    pub size: TreeSize,
    /// Bytes of its files in the backup.
    pub bytes: u64,
}

/// What a backup did.
#[derive(Debug)]
pub struct BackupReport {
    /// Each chain.
    pub chains: Vec<Taken>,
    /// Entries of the journal that count.
    pub journal_entries: u64,
    /// Days of the access log.
    pub days: usize,
    /// What is missing in it, and why.
    pub findings: Vec<BackupFinding>,
}

/// What a backup is, by its manifest.
#[derive(Clone, Debug)]
pub struct Described {
    /// The chain of the node.
    pub node: Origin,
    /// When it was finished.
    pub made: UnixMillis,
}

/// Says whose backup a directory holds.
///
/// # Errors
/// [`BackupError::NoBackup`], [`BackupError::Manifest`], [`BackupError::Unfinished`], [`BackupError::Store`].
pub fn describe(folder: &Path) -> Result<Described, BackupError> {
    let manifest = finished(folder)?;
    Ok(Described {
        node: manifest.node,
        made: manifest.made,
    })
}

/// Brings a backup of a data directory up to what the directory holds now; a new or empty folder gets a new one. The node may run.
///
/// # Errors
/// Any [`BackupError`] about the folder of the backup: what it held before, it holds.
pub fn back_up(
    data: &Path,
    node: &Origin,
    to: &Path,
    now: UnixMillis,
    watch: &Watch<'_>,
) -> Result<BackupReport, BackupError> {
    let Some(origins) = marker::read(data)? else {
        let path = data.to_path_buf();
        return Err(BackupError::NoData { path });
    };
    let disk = Disk::default();
    let (mut manifest, _lock) = begin(&disk, node, to)?;
    let mut report = BackupReport {
        chains: Vec::new(),
        journal_entries: 0,
        days: 0,
        findings: Vec::new(),
    };
    for origin in origins {
        let ends = Ends {
            disk: &disk,
            source: ChainFolder::new(data, origin.clone()),
            target: ChainFolder::new(to, origin.clone()),
        };
        let known = manifest.chain(&origin).cloned();
        let (kept, taken) = chain::back_up(&ends, known.as_ref(), watch, &mut report.findings)?;
        manifest.put(kept);
        report.chains.push(taken);
    }
    let journal = back_up_journal(&disk, data, to, manifest.journal.as_ref())?;
    report.journal_entries = journal.entries;
    manifest.journal = Some(journal);
    manifest.days = back_up_days(&disk, data, to, &manifest, &mut report.findings)?;
    report.days = manifest.days.len();
    manifest.made = now;
    // A crash before leaves the backup as it was, with files that go further; after it this is what it holds.
    manifest.write(&disk, to)?;
    remove_earlier(&disk, to, journal.number)?;
    Ok(report)
}

/// Takes the folder of a backup: that of this node, or a new one.
fn begin(disk: &Disk, node: &Origin, to: &Path) -> Result<(Manifest, Lock), BackupError> {
    disk.create_folder(to)?;
    if Manifest::read(to)?.is_none() && !is_new(to)? {
        let path = to.to_path_buf();
        return Err(BackupError::NotEmpty { path });
    }
    let lock = Lock::take(to)?;
    // Another backup may have come to its end before the lock was free.
    let manifest = match Manifest::read(to)? {
        Some(manifest) if manifest.node == *node => manifest,
        Some(manifest) => {
            return Err(BackupError::OtherNode {
                expected: node.clone(),
                found: manifest.node,
            });
        }
        None => {
            let begun = Manifest::begun(node.clone());
            begun.write(disk, to)?;
            begun
        }
    };
    Ok((manifest, lock))
}

/// Refuses what would fill a disk: the node may be on it.
fn see_to_room(path: &Path, needed: u64) -> Result<(), BackupError> {
    // What is not there yet will stand in the first folder above it that is.
    let there = path.ancestors().find(|folder| folder.is_dir());
    let there = there.unwrap_or(Path::new("."));
    let found =
        rustix::fs::statvfs(there).map_err(|error| failed("look at", there)(error.into()))?;
    let free = found.f_bavail.saturating_mul(found.f_frsize);
    let wanted = needed.saturating_add(SPARE_BYTES);
    if needed == 0 || wanted <= free {
        return Ok(());
    }
    Err(BackupError::NoRoom {
        path: path.to_path_buf(),
        needed: wanted,
        free,
    })
}

/// Whether nothing is in a folder but what a backup leaves that was cut before its first manifest.
fn is_new(folder: &Path) -> Result<bool, BackupError> {
    for entry in fs::read_dir(folder).map_err(failed("list", folder))? {
        let name = entry.map_err(failed("list", folder))?.file_name();
        if name != lock::NAME && name != manifest::UNFINISHED_NAME {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Whether nothing is in a folder, or there is none.
fn is_empty(folder: &Path) -> Result<bool, BackupError> {
    match fs::read_dir(folder) {
        Ok(mut entries) => Ok(entries.next().is_none()),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(true),
        Err(error) => Err(failed("list", folder)(error).into()),
    }
}

/// The manifest of a backup that came to its end once.
fn finished(folder: &Path) -> Result<Manifest, BackupError> {
    let path = folder.to_path_buf();
    match Manifest::read(folder)? {
        None => Err(BackupError::NoBackup { path }),
        Some(manifest) if manifest.made.0 == 0 => Err(BackupError::Unfinished { path }),
        Some(manifest) => Ok(manifest),
    }
}

/// A file of the journal in a backup.
fn journal_path(folder: &Path, number: u64) -> PathBuf {
    journal::path(&folder.join("journal"), number)
}

fn journal_digest(bytes: &[u8]) -> Hash {
    derive(JOURNAL_CONTEXT, &[bytes])
}

/// Writes what counts of the journal into a file of its own; the one of the backup before stays until the manifest names this one.
fn back_up_journal(
    disk: &Disk,
    data: &Path,
    to: &Path,
    before: Option<&JournalKept>,
) -> Result<JournalKept, BackupError> {
    let entries = read_journal(&data.join("journal"))?;
    let number = before.map_or(0, |before| before.number + 1);
    let bytes = journal::whole_file(number, &entries);
    disk.create_folder(&to.join("journal"))?;
    let path = journal_path(to, number);
    disk.replace(&path, &bytes)?;
    let (counting, _, _) = journal::read_file(&path, number)?;
    Ok(JournalKept {
        number,
        // The first says that nothing stands before it.
        entries: wide(counting.len().saturating_sub(1)),
        bytes: wide(bytes.len()),
        digest: journal_digest(&bytes),
    })
}

/// Removes the files of the journal before the one that the manifest names.
fn remove_earlier(disk: &Disk, to: &Path, number: u64) -> Result<(), BackupError> {
    for earlier in journal::list(&to.join("journal"))? {
        if earlier < number {
            disk.remove(&journal_path(to, earlier))?;
        }
    }
    Ok(())
}

/// The journal as it was at one moment. When it was compacted meanwhile, it is read again.
fn read_journal(folder: &Path) -> Result<Vec<JournalEntry>, BackupError> {
    let mut reads = 0;
    loop {
        reads += 1;
        let files = journal::list(folder)?;
        let read = read_files(folder, &files);
        let is_same = journal::list(folder)? == files;
        match read {
            Ok(entries) if is_same => return Ok(entries),
            Err(error) if is_same || reads >= JOURNAL_READS => return Err(error.into()),
            Ok(_) if reads >= JOURNAL_READS => {
                let path = folder.to_path_buf();
                return Err(StoreError::InUse { path }.into());
            }
            Ok(_) | Err(_) => sleep(BETWEEN_READS),
        }
    }
}

fn read_files(folder: &Path, files: &[u64]) -> Result<Vec<JournalEntry>, StoreError> {
    let mut entries = Vec::new();
    for number in files {
        let path = journal::path(folder, *number);
        let (read, end, fault) = journal::read_file(&path, *number)?;
        if let Some(fault) = fault {
            let is_last = files.last() == Some(number);
            // Of the last file the end may be being written.
            if !is_last || !journal::is_torn(&path, end)? {
                return Err(StoreError::Journal {
                    path,
                    offset: end,
                    fault,
                });
            }
        }
        entries.extend(read.into_iter().map(|(_, entry)| entry));
    }
    Ok(entries)
}

/// Copies the days of the access log that have grown, and lets those go that no node keeps any more.
fn back_up_days(
    disk: &Disk,
    data: &Path,
    to: &Path,
    manifest: &Manifest,
    findings: &mut Vec<BackupFinding>,
) -> Result<Vec<DayKept>, BackupError> {
    let mut kept = manifest.days.clone();
    for day in days(data)? {
        let known = kept.iter().position(|kept| kept.day == day);
        let bytes = known.and_then(|at| kept.get(at)).map(|kept| kept.bytes);
        let copied = match back_up_day(disk, data, to, day, bytes.unwrap_or(0)) {
            Ok(copied) => copied,
            // A node removes old files.
            Err(StoreError::Io { source, .. }) if source.kind() == ErrorKind::NotFound => continue,
            Err(error @ StoreError::Access { .. }) => {
                findings.push(BackupFinding::Access(error));
                continue;
            }
            Err(error) => return Err(error.into()),
        };
        let day = DayKept {
            day,
            entries: copied.summary.entries,
            bytes: copied.bytes,
            last: copied.summary.last,
        };
        match known.and_then(|at| kept.get_mut(at)) {
            Some(kept) => *kept = day,
            None => kept.push(day),
        }
    }
    remove_old(disk, to)?;
    let there = days(to)?;
    kept.retain(|kept| there.contains(&kept.day));
    kept.sort_unstable_by_key(|kept| kept.day);
    Ok(kept)
}
