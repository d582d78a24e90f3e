//! A chain being copied: batches and heads from files, checked, into other files, in whole pairs of a batch and its signed head.

use super::manifest::SegmentKept;
use crate::{
    disk::{Disk, Handle},
    error::{Damage, Result, StoreError},
    number::wide,
    replay::{Halt, Step, replay},
    segments::{ChainFolder, FrameReader, Place},
};
use std::{io, sync::Arc};
use yizhang_ledger::{
    chain::{ChainState, Extension},
    segment::{FILE_HEADER_BYTES, file_header, write_batch_frame, write_head_frame},
    value::LeafIndex,
};

/// Bytes after which a segment file of a copy is followed by a new one, as in a data directory.
const SEGMENT_BYTES: u64 = 128 * 1024 * 1024;
/// Bytes that are gathered before they are written: the largest batch and some heads.
const GATHER_BYTES: usize = 4 * 1024 * 1024;

/// How far a chain was followed.
pub(super) struct Followed {
    /// The state after the last batch whose head is there.
    pub(super) state: ChainState,
    /// That head; none if nothing was followed.
    pub(super) head: Option<Vec<u8>>,
    /// Where its frame ends.
    pub(super) end: Place,
    /// Why not further; none at the end of the files.
    pub(super) stopped: Option<Damage>,
}

/// Follows a chain from a state, whose next batch stands where the reader does, and shows each batch that has its head behind it.
///
/// A batch without one is not shown: nobody has signed it yet, as far as can be seen here. Of a chain that this node signs, a head in
/// the files says that the batch before it is durable; of others, that the batch is what its chain has signed.
pub(super) fn follow(
    mut reader: FrameReader,
    state: &ChainState,
    each: &mut dyn FnMut(&Extension, &[u8]) -> Result<()>,
) -> Result<Followed> {
    let mut followed = Followed {
        state: state.clone(),
        head: None,
        end: reader.place(),
        stopped: None,
    };
    let mut waiting = None;
    let is_headed = state.batches() > 0;
    let outcome = replay(&mut reader, state.clone(), is_headed, |step| {
        match step {
            Step::Batch { extension, .. } => waiting = Some(extension),
            Step::Head { note, end } => {
                if let Some(extension) = waiting.take() {
                    each(&extension, &note)?;
                    followed.state = extension.after().clone();
                    (followed.head, followed.end) = (Some(note), end);
                }
            }
        }
        Ok::<(), StoreError>(())
    });
    match outcome {
        Ok(_) => {}
        Err(Halt::Caller(error)) => return Err(error),
        Err(Halt::Damage(damage)) => followed.stopped = Some(damage),
    }
    Ok(followed)
}

/// Files of a chain that are being written. They hold whole pairs of a batch and its head, at every crash but in the last file, where a
/// tail may be torn.
pub(super) struct Copy<'d> {
    disk: &'d Disk,
    folder: ChainFolder,
    segments: Vec<SegmentKept>,
    file: Option<Handle>,
    /// What is not written yet; it ends where the last of the segments does.
    buffer: Vec<u8>,
}

impl<'d> Copy<'d> {
    /// Goes on behind what these segments hold. What the last file has beyond is cut off.
    pub(super) fn go_on(
        disk: &'d Disk,
        folder: ChainFolder,
        segments: Vec<SegmentKept>,
    ) -> Result<Self> {
        let mut file = None;
        if let Some(last) = segments.last() {
            let handle = disk.open(folder.file(last.first))?;
            disk.truncate(&handle, last.bytes)?;
            file = Some(handle);
        }
        Ok(Self {
            disk,
            folder,
            segments,
            file,
            buffer: Vec::new(),
        })
    }

    /// Adds a batch and its head.
    pub(super) fn append(&mut self, extension: &Extension, head: &[u8]) -> Result<()> {
        let batch = extension.batch();
        let first = batch.entry().first;
        let is_full = self.segments.last();
        if is_full.is_none_or(|last| last.bytes >= SEGMENT_BYTES) {
            self.roll(first)?;
        }
        let held = self.buffer.len();
        write_batch_frame(batch.bytes(), batch.ends(), first, &mut self.buffer);
        write_head_frame(head, extension.after().size(), &mut self.buffer);
        let added = wide(self.buffer.len() - held);
        if let Some(last) = self.segments.last_mut() {
            last.bytes += added;
        }
        if self.buffer.len() >= GATHER_BYTES {
            self.spill()?;
        }
        Ok(())
    }

    /// Makes all of it durable, and says which files it has.
    pub(super) fn finish(mut self) -> Result<Vec<SegmentKept>> {
        self.spill()?;
        if let Some(file) = &self.file {
            self.disk.sync(file)?;
            self.disk.sync_folder(&self.folder.path)?;
        }
        Ok(self.segments)
    }

    /// Ends the file and begins the next.
    fn roll(&mut self, first: LeafIndex) -> Result<()> {
        self.spill()?;
        match &self.file {
            // After this the next file may be there without this one's last bytes being lost.
            Some(file) => self.disk.sync(file)?,
            None => self.disk.create_folder(&self.folder.path)?,
        }
        let path = self.folder.file(first);
        let header = file_header(&self.folder.origin, first).ok_or_else(|| StoreError::Io {
            action: "begin",
            path: path.clone(),
            source: Arc::new(io::Error::other("the name of the chain is too long")),
        })?;
        self.file = Some(self.disk.create(path)?);
        self.disk.sync_folder(&self.folder.path)?;
        self.buffer.extend_from_slice(&header);
        let bytes = wide(FILE_HEADER_BYTES);
        self.segments.push(SegmentKept { first, bytes });
        Ok(())
    }

    fn spill(&mut self) -> Result<()> {
        let (Some(file), Some(last)) = (&self.file, self.segments.last()) else {
            return Ok(());
        };
        let held = wide(self.buffer.len());
        let offset = last.bytes.checked_sub(held);
        let offset = offset.expect("what waits ends where the last segment does");
        self.disk.write(file, &self.buffer, offset)?;
        self.buffer.clear();
        Ok(())
    }
}
