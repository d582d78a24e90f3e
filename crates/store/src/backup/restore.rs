//! A data directory made from a backup. It is made beside its place, and gets its name when all of it is there and right.

use super::{
    BackupError, Taken, Watch,
    copy::{Copy, follow},
    finished, is_empty, journal_digest, journal_path,
    manifest::{ChainKept, DayKept, JournalKept, Manifest, too_short},
    see_to_room,
};
use crate::{
    access,
    check::Progress,
    disk::{Disk, failed},
    journal,
    lock::Lock,
    marker,
    number::wide,
    segments::{ChainFolder, FrameReader, Place},
};
use std::{fs, path::Path, path::PathBuf};
use yizhang_ledger::{
    head::Origin,
    value::{LeafIndex, TreeSize, UnixMillis},
};

/// What a restored directory holds.
#[derive(Debug)]
pub struct RestoreReport {
    /// When the backup was finished.
    pub made: UnixMillis,
    /// Each chain.
    pub chains: Vec<Taken>,
    /// Entries of the journal.
    pub journal_entries: u64,
    /// Days of the access log.
    pub days: usize,
}

/// Makes a data directory from a backup, which is read and verified whole. The directory must be missing or empty.
///
/// A crash leaves it so, with a folder `<name>.restoring` beside it, which the next restoring removes.
///
/// # Errors
/// Any [`BackupError`]; nothing is restored then.
pub fn restore(
    from: &Path,
    node: &Origin,
    data: &Path,
    watch: &Watch<'_>,
) -> Result<RestoreReport, BackupError> {
    let manifest = finished(from)?;
    if manifest.node != *node {
        return Err(BackupError::OtherNode {
            expected: node.clone(),
            found: manifest.node,
        });
    }
    if !is_empty(data)? {
        let path = data.to_path_buf();
        return Err(BackupError::NotEmpty { path });
    }
    let chains = manifest.chains.iter();
    let segments = chains.flat_map(|chain| chain.segments.iter());
    see_to_room(data, segments.map(|segment| segment.bytes).sum())?;
    let disk = Disk::default();
    let place = Building::begin(&disk, data)?;
    let report = fill(&disk, from, &place.0, &manifest, watch)?;
    // A crash before leaves nothing in the place, after it everything.
    match fs::remove_dir(data) {
        Ok(()) => {}
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
        Err(error) => return Err(failed("remove", data)(error).into()),
    }
    disk.rename(&place.0, data)?;
    Ok(report)
}

/// The folder beside a data directory in which that is made.
struct Building(PathBuf);

impl Building {
    /// Makes it anew; what an earlier restoring left goes.
    fn begin(disk: &Disk, data: &Path) -> Result<Self, BackupError> {
        // A name of its own: nobody else has a reason to use it.
        let mut name = data.file_name().unwrap_or_default().to_os_string();
        name.push(".restoring");
        let place = data.with_file_name(name);
        if place.exists() {
            fs::remove_dir_all(&place).map_err(failed("remove", &place))?;
        }
        disk.create_folder(&place)?;
        Ok(Self(place))
    }
}

impl Drop for Building {
    /// What is not whole is of no use to anybody.
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn fill(
    disk: &Disk,
    from: &Path,
    to: &Path,
    manifest: &Manifest,
    watch: &Watch<'_>,
) -> Result<RestoreReport, BackupError> {
    // Nobody is to add to the backup meanwhile; one on a disk that cannot be written is nobody's.
    let _lock = Lock::take_if_there(from).or_else(read_only)?;
    let mut chains = Vec::new();
    for kept in &manifest.chains {
        chains.push(restore_chain(disk, from, to, kept, watch)?);
    }
    let journal = match &manifest.journal {
        Some(kept) => restore_journal(disk, from, to, kept)?,
        None => 0,
    };
    for kept in &manifest.days {
        restore_day(disk, from, to, kept)?;
    }
    let origins: Vec<Origin> = chains
        .iter()
        .map(|taken: &Taken| taken.origin.clone())
        .collect();
    // Written last of all, though nobody looks here before the folder has its name.
    marker::settle(disk, to, &origins)?;
    disk.sync_folder(to)?;
    Ok(RestoreReport {
        made: manifest.made,
        chains,
        journal_entries: journal,
        days: manifest.days.len(),
    })
}

/// A backup that cannot be written to needs no lock.
fn read_only(error: crate::StoreError) -> Result<Option<Lock>, crate::StoreError> {
    match &error {
        crate::StoreError::Io { source, .. }
            if matches!(
                source.kind(),
                std::io::ErrorKind::PermissionDenied | std::io::ErrorKind::ReadOnlyFilesystem
            ) =>
        {
            Ok(None)
        }
        _ => Err(error),
    }
}

fn restore_chain(
    disk: &Disk,
    from: &Path,
    to: &Path,
    kept: &ChainKept,
    watch: &Watch<'_>,
) -> Result<Taken, BackupError> {
    let origin = kept.state.origin();
    let source = ChainFolder::new(from, origin.clone());
    let files: Vec<LeafIndex> = kept.segments.iter().map(|segment| segment.first).collect();
    let end = end_of(&source, kept)?;
    let bytes_total = kept.segments.iter().map(|segment| segment.bytes).sum();
    let mut bytes = 0;
    let mut copy = Copy::go_on(disk, ChainFolder::new(to, origin.clone()), Vec::new())?;
    let reader = FrameReader::new(source, files, Place::default(), Some(end));
    let empty = yizhang_ledger::chain::ChainState::empty(origin.clone());
    let followed = follow(reader, &empty, &mut |extension, head| {
        copy.append(extension, head)?;
        bytes += wide(extension.batch().bytes().len());
        (watch.progress)(Progress {
            origin,
            leaves: extension.after().size().0,
            bytes,
            bytes_total,
        });
        Ok(())
    })?;
    if let Some(damage) = followed.stopped {
        return Err(crate::StoreError::Damaged(damage).into());
    }
    let (found, expected) = (&followed.state, &kept.state);
    if found.head() != expected.head() || found.link() != expected.link() {
        return Err(BackupError::OtherState {
            origin: origin.clone(),
            expected: expected.size(),
            found: found.size(),
        });
    }
    if let Some(head) = &followed.head {
        let size = found.size();
        (watch.signed)(head).map_err(|fault| BackupError::Unsigned {
            origin: origin.clone(),
            size,
            fault,
        })?;
    }
    let segments = copy.finish()?;
    Ok(Taken {
        origin: origin.clone(),
        before: TreeSize(0),
        size: found.size(),
        bytes: segments.iter().map(|segment| segment.bytes).sum(),
    })
}

/// Where a chain of the backup ends by the manifest; its files may go further, if a later backup was cut.
fn end_of(source: &ChainFolder, kept: &ChainKept) -> Result<Place, BackupError> {
    for segment in &kept.segments {
        let path = source.file(segment.first);
        let found = fs::metadata(&path).map_err(failed("read", &path))?;
        if found.len() < segment.bytes {
            return Err(too_short(&path));
        }
    }
    let Some(last) = kept.segments.last() else {
        return Ok(Place::default());
    };
    let file =
        u32::try_from(kept.segments.len() - 1).expect("a manifest of 64 MiB has fewer lines");
    Ok(Place {
        file,
        offset: last.bytes,
    })
}

fn restore_journal(
    disk: &Disk,
    from: &Path,
    to: &Path,
    kept: &JournalKept,
) -> Result<u64, BackupError> {
    let path = journal_path(from, kept.number);
    let bytes = fs::read(&path).map_err(failed("read", &path))?;
    let (_, end, fault) = journal::read_file(&path, kept.number)?;
    if let Some(fault) = fault {
        return Err(crate::StoreError::Journal {
            path,
            offset: end,
            fault,
        }
        .into());
    }
    if journal_digest(&bytes) != kept.digest {
        return Err(BackupError::OtherFile { path });
    }
    disk.create_folder(&to.join("journal"))?;
    disk.replace(&journal_path(to, kept.number), &bytes)?;
    Ok(kept.entries)
}

fn restore_day(disk: &Disk, from: &Path, to: &Path, kept: &DayKept) -> Result<(), BackupError> {
    let found = access::restore_day(disk, from, to, kept.day, kept.bytes)?;
    if found.summary.last != kept.last || found.bytes != kept.bytes {
        let name = format!("{}.log", kept.day.number());
        let path = from.join("access").join(name);
        return Err(BackupError::OtherFile { path });
    }
    Ok(())
}
