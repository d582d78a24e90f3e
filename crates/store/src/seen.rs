//! The newest signed head of each chain that was durable here, beside the segments: `seen/440000.head`, a note. A chain that
//! loses whole files, or a file its end, looks like a shorter chain; with this it looks like what it is.
//!
//! It is a file that is replaced and not an entry of the journal, which would grow by one with every batch. It may be older
//! than the chain, never newer: it is written after the head that it repeats is durable.

use crate::{Store, chain::Chain, disk::failed, error::Result};
use std::{
    fs, io,
    path::{Path, PathBuf},
};
use yizhang_ledger::{
    head::{HEAD_BYTES_MAX, Origin},
    note::Note,
    value::TreeSize,
};

/// Folder of the heads in a data directory.
pub(crate) const FOLDER: &str = "seen";

/// The file for a chain.
pub(crate) fn path(folder: &Path, origin: &Origin) -> PathBuf {
    folder
        .join(FOLDER)
        .join(format!("{}.head", origin.region()))
}

/// The size of the newest head that was noted of a chain; 0 if none was, or if what stands there is no head of it: it is
/// written again then, and whoever has a roster can check what it says.
pub(crate) fn size(folder: &Path, origin: &Origin) -> Result<TreeSize> {
    let path = path(folder, origin);
    let bytes = match fs::read(&path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(TreeSize(0)),
        Err(error) => return Err(failed("read", &path)(error)),
    };
    let read = Note::parse(&bytes)
        .ok()
        .filter(|_| bytes.len() <= HEAD_BYTES_MAX);
    let size = read.and_then(|note| size_in(note.text, origin));
    Ok(size.unwrap_or(TreeSize(0)))
}

/// The size that the text of a head states, if it is of this chain.
fn size_in(text: &str, origin: &Origin) -> Option<TreeSize> {
    let mut lines = text.lines();
    let is_of_chain = lines.next() == Some(origin.as_str());
    let size = lines.next()?.parse().ok()?;
    is_of_chain.then_some(TreeSize(size))
}

impl Store {
    /// Notes the newest signed head of every chain that has grown since the last time, for whoever looks later whether
    /// anything of a chain is missing. One small file a chain, replaced.
    ///
    /// # Errors
    /// [`crate::StoreError::Io`], after which the store has stopped; [`crate::StoreError::Stopped`].
    pub fn note_seen(&self) -> Result<()> {
        self.stopper.check()?;
        for chain in self.chains.iter() {
            self.stopper.watch(self.note_seen_of(chain))?;
        }
        Ok(())
    }

    fn note_seen_of(&self, chain: &Chain) -> Result<()> {
        let mut writer = self.writer(chain)?;
        let (size, head) = {
            let view = chain.view();
            (view.state.size(), view.head.clone())
        };
        // What is not in the files yet is not noted: a crash would leave a head of more than there is.
        let is_written = writer.pending_head.is_none();
        let Some(head) = head.filter(|_| is_written && size > writer.seen) else {
            return Ok(());
        };
        self.disk.create_folder(&self.folder.join(FOLDER))?;
        // A crash before leaves the older head, after it the newer one; both are in the segments.
        self.disk
            .replace(&path(&self.folder, &chain.folder.origin), &head)?;
        writer.seen = size;
        Ok(())
    }

    /// The size of the largest signed head that is known to have been durable here, which what the segments hold may fall
    /// short of: then entries have been lost. 0 if none was noted.
    ///
    /// # Errors
    /// [`crate::StoreError::Io`].
    pub fn seen(&self, origin: &Origin) -> Result<TreeSize> {
        size(&self.folder, origin)
    }
}
