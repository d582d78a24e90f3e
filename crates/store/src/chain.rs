//! One chain in memory: what readers see of it, what the writer holds, and how a leaf is found in its files.

use crate::{
    error::{Damage, DamageFault, Result},
    frames::{MARK_BYTES, Marks},
    number::{narrow, wide},
    segments::{ChainFolder, Place},
};
use std::{
    collections::HashMap,
    fs::File,
    io,
    os::unix::fs::FileExt,
    sync::{Arc, Mutex, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard},
};
use yizhang_ledger::{
    chain::ChainState,
    segment::{FRAME_HEADER_BYTES, FrameFault, FrameHeader, FrameKind},
    value::{LeafIndex, TreeSize},
};

/// Segment files of a chain that readers keep open: the youngest GiB, where most reads go.
const OPEN_FILES_MAX: usize = 8;

pub(crate) struct Chain {
    pub(crate) number: u16,
    pub(crate) folder: ChainFolder,
    view: RwLock<View>,
    pub(crate) writer: Mutex<Writer>,
    open: Mutex<HashMap<u32, Arc<File>>>,
}

/// What readers see: durable batches only.
pub(crate) struct View {
    pub(crate) state: ChainState,
    /// The signed head of `state`, once known.
    pub(crate) head: Option<Arc<[u8]>>,
    /// The last batch: its first leaf, and where its frame starts and ends.
    pub(crate) last_first: LeafIndex,
    pub(crate) last: Place,
    pub(crate) last_end: Place,
    pub(crate) files: Vec<LeafIndex>,
    pub(crate) marks: Marks,
    /// Set at open when the files are damaged: the chain is not served.
    pub(crate) damage: Option<Damage>,
}

/// What only the one who appends uses.
#[derive(Default)]
pub(crate) struct Writer {
    pub(crate) file: Option<crate::disk::Handle>,
    /// Where the next frame goes.
    pub(crate) end: Place,
    /// The head of the durable state, where it is not in the file yet.
    pub(crate) pending_head: Option<Arc<[u8]>>,
    /// The newest signed head that is in the files and durable, where a batch without one follows it.
    pub(crate) headed: Option<Headed>,
    /// The size of the head in the file of the folder `seen`.
    pub(crate) seen: TreeSize,
}

/// A signed head and the size that it is of.
#[derive(Clone, Debug)]
pub(crate) struct Headed {
    pub(crate) size: TreeSize,
    pub(crate) note: Arc<[u8]>,
}

impl Headed {
    /// The head of what readers see, if it is signed.
    pub(crate) fn of(view: &View) -> Option<Self> {
        let note = view.head.clone()?;
        let size = view.state.size();
        Some(Self { size, note })
    }
}

/// A batch frame in a file.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Located {
    pub(crate) place: Place,
    pub(crate) header: FrameHeader,
}

impl Located {
    pub(crate) const fn first(&self) -> u64 {
        self.header.position
    }

    /// The leaf after the last of the batch, as the header says it: that is read without its checksum, and a changed bit may make
    /// it claim leaves of other batches. A position that nobody can reach saturates.
    pub(crate) const fn end_leaf(&self) -> u64 {
        self.header
            .position
            .saturating_add(wide(self.header.entries))
    }

    pub(crate) const fn end(&self) -> Place {
        Place {
            file: self.place.file,
            offset: self.place.offset + wide(self.header.frame_bytes()),
        }
    }
}

impl Chain {
    pub(crate) fn new(number: u16, folder: ChainFolder, view: View) -> Self {
        Self {
            number,
            folder,
            view: RwLock::new(view),
            writer: Mutex::new(Writer::default()),
            open: Mutex::new(HashMap::new()),
        }
    }

    pub(crate) fn view(&self) -> RwLockReadGuard<'_, View> {
        self.view.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn view_mut(&self) -> RwLockWriteGuard<'_, View> {
        self.view.write().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn size(&self) -> TreeSize {
        self.view().state.size()
    }

    pub(crate) fn damage_at(&self, place: Place, fault: DamageFault) -> Damage {
        let first = self.view().files.get(narrow(place.file.into())).copied();
        // A chain that has lost its files lacks the one that begins with leaf 0.
        let first = first.unwrap_or_default();
        self.folder.damage(first, place.offset, fault)
    }

    /// The batch frame whose header claims a leaf, which is below the durable size. The headers are read without their checksums:
    /// whoever concludes from one that the chain has or lacks something checks the frame, or what it holds, first.
    pub(crate) fn locate(&self, leaf: LeafIndex) -> Result<Located, Damage> {
        let mark = self.view().marks.before(leaf.0);
        let mark =
            mark.ok_or_else(|| self.damage_at(Place::default(), DamageFault::Record(leaf)))?;
        let mut place = mark.place();
        let mut bytes = self.read(place, FRAME_HEADER_BYTES)?;
        let mut at = 0;
        loop {
            // Nothing is left behind the last frame of what was read: then the chain is shorter than it should be.
            let rest = bytes.get(at..).unwrap_or_default();
            let read = FrameHeader::read(rest)
                .map_err(|fault| self.damage_at(place, DamageFault::Frame(fault)));
            let located = Located {
                place,
                header: read?,
            };
            let is_batch = located.header.kind == FrameKind::Batch;
            if is_batch && (located.first()..located.end_leaf()).contains(&leaf.0) {
                return Ok(located);
            }
            if is_batch && located.first() > leaf.0 {
                return Err(self.damage_at(place, DamageFault::Record(leaf)));
            }
            place = located.end();
            at += located.header.frame_bytes();
            if at + FRAME_HEADER_BYTES > bytes.len() {
                bytes = self.read_up_to(place, narrow(MARK_BYTES))?;
                at = 0;
            }
        }
    }

    /// Reads exactly `length` bytes.
    pub(crate) fn read(&self, place: Place, length: usize) -> Result<Vec<u8>, Damage> {
        let bytes = self.read_up_to(place, length)?;
        let missing = length - bytes.len();
        let fault = DamageFault::Frame(FrameFault::Truncated { missing });
        if missing == 0 {
            Ok(bytes)
        } else {
            Err(self.damage_at(place, fault))
        }
    }

    /// Reads `length` bytes, or as many as there are.
    pub(crate) fn read_up_to(&self, place: Place, length: usize) -> Result<Vec<u8>, Damage> {
        let fault = |error: io::Error| self.damage_at(place, DamageFault::Read(Arc::new(error)));
        let file = self.file(place.file).map_err(fault)?;
        let mut bytes = vec![0; length];
        let mut filled = 0;
        while let Some(target) = bytes.get_mut(filled..).filter(|target| !target.is_empty()) {
            match file.read_at(target, place.offset + wide(filled)) {
                Ok(0) => break,
                Ok(read) => filled += read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(fault(error)),
            }
        }
        bytes.truncate(filled);
        Ok(bytes)
    }

    fn file(&self, number: u32) -> io::Result<Arc<File>> {
        if let Some(file) = self
            .open
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get(&number)
        {
            return Ok(file.clone());
        }
        let first = self.view().files.get(narrow(number.into())).copied();
        let first = first.ok_or_else(|| io::Error::from(io::ErrorKind::NotFound))?;
        let file = Arc::new(File::open(self.folder.file(first))?);
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if open.len() >= OPEN_FILES_MAX {
            open.clear();
        }
        open.insert(number, file.clone());
        Ok(file)
    }
}

impl View {
    /// A chain of which nothing is known yet but its files.
    pub(crate) fn empty(state: ChainState, files: Vec<LeafIndex>) -> Self {
        Self {
            state,
            head: None,
            last_first: LeafIndex(0),
            last: Place::default(),
            last_end: Place::default(),
            files,
            marks: Marks::default(),
            damage: None,
        }
    }
}
