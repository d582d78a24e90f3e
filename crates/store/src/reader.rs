//! Batches in order, each with its head: what peers and auditors read.

use crate::{
    Store,
    chain::Located,
    error::{DamageFault, Result, StoreError},
    lookup::read_frame,
    segments::{FrameReader, Place},
};
use std::sync::Arc;
use yizhang_ledger::{head::Origin, segment::FrameKind, value::TreeSize};

/// Reads batches one after the other, with big reads, as of the moment it was made. Appends go on meanwhile.
pub struct BatchReader {
    frames: FrameReader,
    /// Where the frame of the last batch ends, and its head: it may not be in the file yet.
    last: Option<(Place, Arc<[u8]>)>,
}

/// A batch and the signed head of the state after it, as stored.
pub type StoredBatch = (Vec<u8>, Vec<u8>);

impl Store {
    /// Reads a chain from the batch that starts at `from`, up to the last batch that has a head. At the durable size
    /// there is nothing to read, which is no error.
    ///
    /// # Errors
    /// [`StoreError::NoBatchStarts`], [`StoreError::UnknownChain`], [`StoreError::Damaged`], [`StoreError::Stopped`].
    pub fn batches(&self, origin: &Origin, from: TreeSize) -> Result<BatchReader> {
        self.stopper.check()?;
        let chain = self.chain(origin)?;
        let (size, files, last, end) = {
            let view = chain.view();
            let last = view.head.clone().map(|head| (view.last_end, head));
            let end = last.as_ref().map_or(view.last, |(end, _)| *end);
            (view.state.size(), view.files.clone(), last, end)
        };
        let no_batch = || StoreError::NoBatchStarts {
            origin: origin.clone(),
            at: from,
        };
        if from > size {
            return Err(no_batch());
        }
        let start = if from == size {
            end
        } else {
            let located: Located = chain.locate(from.next_leaf())?;
            if located.first() != from.0 {
                read_frame(chain, &located)?;
                return Err(no_batch());
            }
            located.place
        };
        let frames = FrameReader::new(chain.folder.clone(), files, start, Some(end));
        Ok(BatchReader { frames, last })
    }
}

impl Iterator for BatchReader {
    type Item = Result<StoredBatch>;

    fn next(&mut self) -> Option<Self::Item> {
        self.read().transpose()
    }
}

impl BatchReader {
    fn read(&mut self) -> Result<Option<StoredBatch>> {
        let Some(batch) = self.frames.next_frame()? else {
            return Ok(None);
        };
        if let Some((end, head)) = &self.last
            && batch.end == *end
        {
            return Ok(Some((batch.content, head.to_vec())));
        }
        let head = self.frames.next_frame()?;
        let head = head.filter(|head| {
            batch.header.kind == FrameKind::Batch && head.header.kind == FrameKind::Head
        });
        let head = head.ok_or_else(|| self.frames.damage_at(batch.place, DamageFault::Head))?;
        Ok(Some((batch.content, head.content)))
    }
}
