//! Appending: prepare the bytes, persist them, accept them in memory. In that order, and nothing in between.

use crate::{
    Store,
    chain::{Chain, Headed, Writer},
    disk::{Disk, Handle},
    error::{Result, StoreError},
    index::{ChainCheckpoint, Insertion, rows::OpenRows},
    number::wide,
    replay::is_head_of,
    segments::Place,
};
use std::sync::{Arc, MutexGuard};
use yizhang_ledger::{
    chain::{ChainState, Extension},
    head::Origin,
    segment::{FILE_HEADER_BYTES, file_header, write_batch_frame, write_head_frame},
    value::LeafIndex,
};

/// Bytes that are gathered before they are written: a few batches, so that a long group takes little memory.
const GATHER_BYTES: usize = 4 * 1024 * 1024;

impl Store {
    /// Appends batches to a chain. When it returns `Ok` they are durable: one `fdatasync` for the whole group.
    ///
    /// Each extension follows the one before it, the first the durable state. `head` is the signed note of the state
    /// after that extension; in the chain that this node signs it is `None`, for nothing is signed before it is
    /// durable. A batch whose head is not known ends its group, and [`Store::note_head`] comes before the next.
    /// Signatures are not checked: the store has no roster.
    ///
    /// Groups of one chain are taken one after the other, groups of different chains side by side. Readers see a batch
    /// only when it is durable. A crash before `Ok` leaves any first part of the group.
    ///
    /// # Errors
    /// [`StoreError::DoesNotFollow`], [`StoreError::HeadMismatch`], [`StoreError::HeadMissing`],
    /// [`StoreError::UnknownChain`], [`StoreError::Damaged`]: nothing has happened. [`StoreError::Io`]: the store has
    /// stopped, and every later call says [`StoreError::Stopped`].
    pub fn persist(&self, origin: &Origin, group: &[(&Extension, Option<&[u8]>)]) -> Result<()> {
        self.stopper.check()?;
        let chain = self.chain(origin)?;
        let mut writer = self.writer(chain)?;
        check_group(chain, group)?;
        if group.is_empty() {
            return Ok(());
        }
        let written = self
            .stopper
            .watch(self.write_group(chain, &mut writer, group))?;
        writer.pending_head = None;
        chain.view_mut().files.extend(written.created);
        for ((extension, head), (place, end)) in group.iter().zip(written.places) {
            // Written with this group at the latest.
            if let Some(headed) = Headed::of(&chain.view()) {
                writer.headed = Some(headed);
            }
            self.stopper
                .watch(self.accept(chain, extension, (place, end)))?;
            chain.view_mut().head = head.map(Arc::from);
        }
        Ok(())
    }

    /// Takes the head that was signed after [`Store::persist`], in the chain that this node signs.
    ///
    /// It is seen by readers at once and written together with the next batch, or by [`Store::flush`] and
    /// [`Store::close`]. It needs no sync of its own: signing the same state again gives the same bytes.
    ///
    /// # Errors
    /// [`StoreError::HeadMismatch`] unless it is the head of the durable state, [`StoreError::UnknownChain`],
    /// [`StoreError::Damaged`], [`StoreError::Stopped`].
    pub fn note_head(&self, origin: &Origin, note: &[u8]) -> Result<()> {
        self.stopper.check()?;
        let chain = self.chain(origin)?;
        let mut writer = self.writer(chain)?;
        let mut view = chain.view_mut();
        if view.state.batches() == 0 || !is_head_of(note, &view.state) {
            return Err(StoreError::HeadMismatch {
                origin: origin.clone(),
                size: view.state.size(),
            });
        }
        if view.head.is_none() {
            let note: Arc<[u8]> = note.into();
            writer.pending_head = Some(note.clone());
            view.head = Some(note);
        }
        Ok(())
    }

    pub(crate) fn writer<'a>(&self, chain: &'a Chain) -> Result<MutexGuard<'a, Writer>> {
        chain.writer.lock().map_err(|_| {
            self.stopper.stop("a thread panicked while it appended");
            StoreError::Stopped {
                reason: "a thread panicked while it appended".into(),
            }
        })
    }

    /// Prepares and persists: when this returns, all of the group is on disk.
    fn write_group(
        &self,
        chain: &Chain,
        writer: &mut Writer,
        group: &[(&Extension, Option<&[u8]>)],
    ) -> Result<Written> {
        let mut tape = Tape::new(&self.disk, chain, writer)?;
        for (extension, head) in group {
            if tape.end.offset >= self.options.segment_bytes || !tape.has_file() {
                // Before this, all frames are in the old file; after it they are durable there, and the new file may
                // be missing, empty, or without a name after a power cut: nobody was told of what it will hold.
                tape.roll(extension.batch().entry().first)?;
            }
            tape.batch(extension)?;
            if let Some(head) = head {
                tape.head(head, extension.after());
            }
        }
        tape.finish()
    }

    /// Makes a durable batch visible: in the index first, so that whoever sees the new state finds its records.
    pub(crate) fn accept(
        &self,
        chain: &Chain,
        extension: &Extension,
        (place, end): (Place, Place),
    ) -> Result<()> {
        let first = extension.batch().entry().first;
        let (mark, count) = {
            let view = chain.view();
            let mark = view.marks.next(first.0, place);
            (mark, view.marks.len() + u64::from(mark.is_some()))
        };
        let state = extension.after().clone();
        let checkpoint = ChainCheckpoint {
            state: state.clone(),
            last: place,
            end,
            marks: count,
            open: OpenRows::default(),
        };
        self.index.insert(Insertion {
            chain: chain.number,
            extension,
            checkpoint,
            mark,
        })?;
        let mut view = chain.view_mut();
        view.state = state;
        view.head = None;
        (view.last_first, view.last, view.last_end) = (first, place, end);
        view.marks.0.extend(mark);
        Ok(())
    }

    /// Writes the head of a chain that waits for its next batch.
    pub(crate) fn write_head_of(&self, chain: &Chain) -> Result<()> {
        let mut writer = self.writer(chain)?;
        if writer.pending_head.is_some() {
            write_pending_head(&self.disk, chain, &mut writer)?;
        }
        Ok(())
    }
}

/// Writes the head that waits, if one does, and syncs the file that it is in. The chain has a file.
pub(crate) fn write_pending_head(disk: &Disk, chain: &Chain, writer: &mut Writer) -> Result<()> {
    Tape::new(disk, chain, writer)?.finish()?;
    writer.pending_head = None;
    Ok(())
}

/// Refuses a group before anything of it is written.
fn check_group(chain: &Chain, group: &[(&Extension, Option<&[u8]>)]) -> Result<()> {
    let origin = || chain.folder.origin.clone();
    let view = chain.view();
    let (mut state, mut headed) = (
        &view.state,
        view.head.is_some() || view.state.batches() == 0,
    );
    for (extension, head) in group {
        if !headed {
            return Err(StoreError::HeadMissing {
                origin: origin(),
                size: state.size(),
            });
        }
        let followed = state.check_follows(extension.batch().entry());
        followed.map_err(|fault| StoreError::DoesNotFollow {
            origin: origin(),
            fault,
        })?;
        state = extension.after();
        headed = head.is_some();
        if head.is_some_and(|head| !is_head_of(head, state)) {
            return Err(StoreError::HeadMismatch {
                origin: origin(),
                size: state.size(),
            });
        }
    }
    Ok(())
}

/// What a group became on disk.
struct Written {
    /// Start and end of each batch frame.
    places: Vec<(Place, Place)>,
    /// First leaves of the files that were created.
    created: Vec<LeafIndex>,
}

/// Frames on their way to the end of a chain's files.
struct Tape<'a> {
    disk: &'a Disk,
    chain: &'a Chain,
    writer: &'a mut Writer,
    buffer: Vec<u8>,
    /// Where the next frame goes; the buffer ends here.
    end: Place,
    written: Written,
}

impl<'a> Tape<'a> {
    /// Starts at the end of the last file, with the head that waits there.
    fn new(disk: &'a Disk, chain: &'a Chain, writer: &'a mut Writer) -> Result<Self> {
        let (last, state) = {
            let view = chain.view();
            (view.files.last().copied(), view.state.clone())
        };
        if let (None, Some(first)) = (&writer.file, last) {
            writer.file = Some(disk.open(chain.folder.file(first))?);
        }
        let pending = writer.pending_head.clone();
        let written = Written {
            places: Vec::new(),
            created: Vec::new(),
        };
        let end = writer.end;
        let mut tape = Self {
            disk,
            chain,
            writer,
            buffer: Vec::new(),
            end,
            written,
        };
        if let Some(head) = pending {
            tape.head(&head, &state);
        }
        Ok(tape)
    }

    const fn has_file(&self) -> bool {
        self.writer.file.is_some()
    }

    fn file(&self) -> Result<&Handle> {
        let file = self.writer.file.as_ref();
        file.ok_or_else(|| self.impossible("frames are written only after a file was opened"))
    }

    fn impossible(&self, belief: &'static str) -> StoreError {
        StoreError::Impossible {
            origin: self.chain.folder.origin.clone(),
            belief,
        }
    }

    fn batch(&mut self, extension: &Extension) -> Result<()> {
        let batch = extension.batch();
        let (place, held) = (self.end, self.buffer.len());
        write_batch_frame(
            batch.bytes(),
            batch.ends(),
            batch.entry().first,
            &mut self.buffer,
        );
        self.end.offset += wide(self.buffer.len() - held);
        self.written.places.push((place, self.end));
        if self.buffer.len() >= GATHER_BYTES {
            self.spill()
        } else {
            Ok(())
        }
    }

    fn head(&mut self, note: &[u8], state: &ChainState) {
        let held = self.buffer.len();
        write_head_frame(note, state.size(), &mut self.buffer);
        self.end.offset += wide(self.buffer.len() - held);
    }

    /// Ends the file and starts the next, whose first leaf is `first`.
    fn roll(&mut self, first: LeafIndex) -> Result<()> {
        let folder = &self.chain.folder;
        if self.has_file() {
            self.spill()?;
            self.disk.sync(self.file()?)?;
        } else {
            self.disk.create_folder(&folder.path)?;
        }
        let known = self.chain.view().files.len() + self.written.created.len();
        let header = file_header(&folder.origin, first)
            .ok_or_else(|| self.impossible("the name of a chain fits into a file header"))?;
        let file = u32::try_from(known)
            .map_err(|_| self.impossible("a chain has fewer than 2^32 files"))?;
        self.writer.file = Some(self.disk.create(folder.file(first))?);
        self.written.created.push(first);
        self.buffer.extend_from_slice(&header);
        self.end = Place {
            file,
            offset: wide(FILE_HEADER_BYTES),
        };
        Ok(())
    }

    fn spill(&mut self) -> Result<()> {
        if !self.buffer.is_empty() {
            let offset = self.end.offset.checked_sub(wide(self.buffer.len()));
            let offset = offset
                .ok_or_else(|| self.impossible("what waits ends where the next frame goes"))?;
            self.disk.write(self.file()?, &self.buffer, offset)?;
            self.buffer.clear();
        }
        Ok(())
    }

    fn finish(mut self) -> Result<Written> {
        // A crash before the sync leaves any part of the group, none of it acknowledged; what is whole is accepted at
        // the next start, the rest is cut off. After it the group is there for good.
        self.spill()?;
        self.disk.sync(self.file()?)?;
        if !self.written.created.is_empty() {
            // Before this a power cut may take the name of the new file away, and with it everything in it.
            self.disk.sync_folder(&self.chain.folder.path)?;
        }
        self.writer.end = self.end;
        Ok(self.written)
    }
}
