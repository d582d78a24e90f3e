//! Setting aside what a chain has behind a size: where two histories were signed, the roster may say from where the chain goes on, and what
//! this directory holds of the other history is none of the chain any more. It is kept, out of the way, in `set-aside/<region>-<number>/`, for
//! whoever has to find out what stood in it.
//!
//! What is to be done is written down first, `set-aside/<region>.cut`, and done before anything else is read: a crash anywhere leaves
//! the chain as it was, or the next start finishes the work.

use crate::{
    JournalEntry, JournalKind, Options,
    disk::{Disk, Handle, failed},
    error::{Result, StoreError},
    faults::Faults,
    journal::Journal,
    lock::Lock,
    number::{narrow, wide},
    register, seen,
    segments::{ChainFolder, FrameReader, Place},
};
use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::Arc,
};
use yizhang_ledger::{
    head::Origin,
    segment::{FILE_HEADER_BYTES, FrameKind},
    value::{LeafIndex, TreeSize},
};

const FOLDER: &str = "set-aside";
const HEADER: &str = "yizhang-cut 1";
/// Bytes that are copied at once.
const COPY_BYTES: usize = 1024 * 1024;

/// What is set aside of a chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SetAside {
    /// The chain.
    pub origin: Origin,
    /// What stays of it, in entries; a batch ends there.
    pub kept: TreeSize,
    /// From where the chain goes on, by the roster: at `kept` or later.
    pub goes_on_from: TreeSize,
}

/// Takes everything of a chain behind a size, at which a batch must end, out of a data directory that nobody has open. The index and the
/// registers go, too: they are made again. Returns where it lies now.
///
/// # Errors
/// [`StoreError::InUse`]; [`StoreError::NoBatchStarts`] if no batch ends at this size; [`StoreError::Damaged`] if the chain cannot be read up to
/// there; [`StoreError::Io`].
pub fn set_aside(folder: &Path, what: &SetAside, faults: Option<Arc<Faults>>) -> Result<PathBuf> {
    let origin = &what.origin;
    let disk = Disk::new(faults);
    let _lock = Lock::take(folder)?;
    let chain = ChainFolder::new(folder, origin.clone());
    // Before anything is written: a size at which no batch ends is refused.
    cut_of(&chain, what.kept)?;
    let to = free_folder(folder, origin)?;
    disk.create_folder(&folder.join(FOLDER))?;
    disk.create_folder(&to.path(folder, origin))?;
    let what = what.clone();
    let intent = Intent { what, to };
    // A crash before leaves an empty folder and the chain as it was; after it the next start does the rest.
    let origin = &intent.what.origin;
    disk.replace(&intent_path(folder, origin), intent.text().as_bytes())?;
    intent.carry_out(&disk, folder)?;
    Ok(intent.to.path(folder, origin))
}

/// Finishes what a crash has left of [`set_aside`], in a directory that is locked.
pub(crate) fn finish(disk: &Disk, folder: &Path) -> Result<()> {
    let entries = match fs::read_dir(folder.join(FOLDER)) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(failed("list", &folder.join(FOLDER))(error)),
    };
    for entry in entries {
        let path = entry.map_err(failed("list", folder))?.path();
        if path.extension().is_some_and(|kind| kind == "cut") {
            let text = fs::read_to_string(&path).map_err(failed("read", &path))?;
            let intent = Intent::read(&text).ok_or_else(|| {
                let why = "it does not say which chain is cut where";
                failed("read", &path)(io::Error::new(io::ErrorKind::InvalidData, why))
            })?;
            intent.carry_out(disk, folder)?;
        }
    }
    Ok(())
}

/// The number of a folder that takes what is set aside.
#[derive(Clone, Copy)]
struct FolderNumber(u32);

impl FolderNumber {
    fn path(self, data: &Path, origin: &Origin) -> PathBuf {
        let name = format!("{}-{}", origin.region(), self.0);
        data.join(FOLDER).join(name)
    }
}

fn free_folder(data: &Path, origin: &Origin) -> Result<FolderNumber> {
    let mut numbers = (1..=u32::MAX).map(FolderNumber);
    let is_free = |number: &FolderNumber| {
        let path = number.path(data, origin);
        // One that a crash has left empty is taken again.
        fs::read_dir(path).map_or(true, |mut entries| entries.next().is_none())
    };
    let free = numbers.find(is_free);
    free.ok_or_else(|| {
        let full = io::Error::from(io::ErrorKind::AlreadyExists);
        failed("create", &data.join(FOLDER))(full)
    })
}

fn intent_path(data: &Path, origin: &Origin) -> PathBuf {
    data.join(FOLDER).join(format!("{}.cut", origin.region()))
}

/// What is to be set aside.
struct Intent {
    what: SetAside,
    to: FolderNumber,
}

impl Intent {
    fn text(&self) -> String {
        let SetAside {
            origin,
            kept,
            goes_on_from,
        } = &self.what;
        let to = self.to.0;
        format!("{HEADER}\nchain {origin}\nkept {kept}\nfrom {goes_on_from}\nto {to}\n")
    }

    fn read(text: &str) -> Option<Self> {
        let mut lines = text.lines();
        if lines.next() != Some(HEADER) {
            return None;
        }
        let origin = Origin::parse(lines.next()?.strip_prefix("chain ")?)?;
        let kept = lines.next()?.strip_prefix("kept ")?.parse().ok()?;
        let from = lines.next()?.strip_prefix("from ")?.parse().ok()?;
        let to = lines.next()?.strip_prefix("to ")?.parse().ok()?;
        let what = SetAside {
            origin,
            kept: TreeSize(kept),
            goes_on_from: TreeSize(from),
        };
        let to = FolderNumber(to);
        Some(Self { what, to })
    }

    /// Does it, or what is left of it: each step finds done what an earlier attempt has done.
    fn carry_out(&self, disk: &Disk, data: &Path) -> Result<()> {
        let chain = ChainFolder::new(data, self.what.origin.clone());
        remove_folder(disk, &data.join("index"))?;
        remove_folder(disk, &register::folder_of(data, &self.what.origin))?;
        let seen = seen::path(data, &self.what.origin);
        if seen.exists() {
            disk.remove(&seen)?;
        }
        if let Some(cut) = cut_of(&chain, self.what.kept)? {
            self.move_away(disk, data, &chain, &cut)?;
        }
        self.remember(disk, data)?;
        disk.remove(&intent_path(data, &self.what.origin))
    }

    /// Moves the files behind the cut away, the last one first, so that a crash leaves no gap; then copies the one in which the cut is, and
    /// only then cuts it.
    fn move_away(&self, disk: &Disk, data: &Path, chain: &ChainFolder, cut: &Cut) -> Result<()> {
        let to = self.to.path(data, &self.what.origin);
        for first in cut.whole.iter().rev() {
            let from = chain.file(*first);
            // Names are made durable where they come before where they go.
            disk.rename(&from, &to.join(file_name(&from)))?;
            disk.sync_folder(&chain.path)?;
        }
        if let Some(part) = cut.part {
            let from = chain.file(part.first);
            copy(disk, &from, &to.join(file_name(&from)))?;
            let file = disk.open(from)?;
            disk.truncate(&file, part.length)?;
        }
        Ok(())
    }

    /// Writes into the journal that the chain goes on from there: what it had before says nothing of what is missing.
    fn remember(&self, disk: &Disk, data: &Path) -> Result<()> {
        let slack = Options::new(Vec::new()).journal_slack_bytes;
        let (mut journal, _) = Journal::open(disk.clone(), data.join("journal"), slack)?;
        let SetAside {
            origin,
            kept,
            goes_on_from,
        } = &self.what;
        let sizes = [kept.0.to_le_bytes(), goes_on_from.0.to_le_bytes()].concat();
        let bytes = [&sizes[..], origin.as_str().as_bytes()].concat();
        journal.append(&[JournalEntry {
            kind: JournalKind::CONTINUED,
            bytes,
        }])
    }
}

/// Where the files of a chain are cut.
struct Cut {
    /// The file that is cut within.
    part: Option<Part>,
    /// The files that go whole, by their first leaves.
    whole: Vec<LeafIndex>,
}

#[derive(Clone, Copy)]
struct Part {
    first: LeafIndex,
    /// What stays of it, in bytes.
    length: u64,
}

/// Where a chain is cut so that it ends at a size; none if it does not go beyond.
fn cut_of(chain: &ChainFolder, size: TreeSize) -> Result<Option<Cut>> {
    let files = chain.list()?;
    if size == TreeSize(0) {
        let (part, whole) = (None, files);
        return Ok((!whole.is_empty()).then_some(Cut { part, whole }));
    }
    let mut reader = FrameReader::new(chain.clone(), files.clone(), Place::default(), None);
    let mut end = 0;
    while let Some(frame) = reader.next_frame()? {
        if frame.header.kind != FrameKind::Batch {
            continue;
        }
        if end == size.0 {
            return Ok(Some(cut_before(frame.place, &files)));
        }
        if end > size.0 {
            break;
        }
        end = frame
            .header
            .position
            .saturating_add(wide(frame.header.entries));
    }
    if end == size.0 {
        return Ok(None);
    }
    let (origin, at) = (chain.origin.clone(), size);
    Err(StoreError::NoBatchStarts { origin, at })
}

/// The cut before a frame.
fn cut_before(place: Place, files: &[LeafIndex]) -> Cut {
    let (_, behind) = files.split_at(narrow(place.file.into()));
    let (first, later) = behind
        .split_first()
        .expect("a frame was read from one of the files");
    // A file that has nothing before the cut but its header goes whole.
    if place.offset <= wide(FILE_HEADER_BYTES) {
        return Cut {
            part: None,
            whole: behind.to_vec(),
        };
    }
    Cut {
        part: Some(Part {
            first: *first,
            length: place.offset,
        }),
        whole: later.to_vec(),
    }
}

fn file_name(path: &Path) -> &std::ffi::OsStr {
    path.file_name()
        .expect("a segment file has the name that it was listed under")
}

/// Copies a file, durably; what an earlier attempt has left of the copy is written over.
fn copy(disk: &Disk, from: &Path, to: &Path) -> Result<()> {
    let source = disk.open(from.to_path_buf())?;
    let target: Handle = if to.exists() {
        disk.open(to.to_path_buf())?
    } else {
        disk.create(to.to_path_buf())?
    };
    let mut bytes = vec![0; COPY_BYTES];
    let mut at = 0;
    loop {
        let read = std::os::unix::fs::FileExt::read_at(&source.file, &mut bytes, at);
        let read = read.map_err(failed("read", from))?;
        let (read_bytes, _) = bytes.split_at(read);
        if read_bytes.is_empty() {
            break;
        }
        disk.write(&target, read_bytes, at)?;
        at += wide(read);
    }
    disk.sync(&target)?;
    to.parent()
        .map_or(Ok(()), |folder| disk.sync_folder(folder))
}

/// Removes a folder with all that is in it, if it is there. A crash in the middle leaves a part of it, which is derived.
fn remove_folder(disk: &Disk, path: &Path) -> Result<()> {
    if !path.exists() {
        return Ok(());
    }
    disk.step("remove", path)?;
    fs::remove_dir_all(path).map_err(failed("remove", path))?;
    path.parent()
        .map_or(Ok(()), |folder| disk.sync_folder(folder))
}
