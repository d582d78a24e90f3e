//! The newest signed head of each chain that was durable here, beside the segments: `seen/440000.head`, a note. A chain that
//! loses whole files, or a file its end, looks like a shorter chain; with this it looks like what it is.
//!
//! It is a file that is replaced and not an entry of the journal, which would grow by one with every batch. It may be older
//! than the chain, never newer: it is written after the head that it repeats is durable.

use crate::{
    Store,
    chain::{Chain, Headed},
    disk::failed,
    error::Result,
    persist::write_pending_head,
};
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

/// What stands in the file for a chain; `None` if there is none.
fn read(folder: &Path, origin: &Origin) -> Result<Option<Vec<u8>>> {
    let path = path(folder, origin);
    match fs::read(&path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(failed("read", &path)(error)),
    }
}

/// What is noted of a chain.
pub(crate) enum Noted {
    /// No head yet.
    Nothing,
    /// A head of this size, as the file says it; whoever has a roster can check it.
    Head(TreeSize),
    /// The file is there, and what stands in it is no head of the chain.
    Unreadable(PathBuf),
}

/// What is noted of a chain.
pub(crate) fn noted(folder: &Path, origin: &Origin) -> Result<Noted> {
    let Some(bytes) = read(folder, origin)? else {
        return Ok(Noted::Nothing);
    };
    let note = if bytes.len() <= HEAD_BYTES_MAX {
        Note::parse(&bytes).ok()
    } else {
        None
    };
    Ok(match note.and_then(|note| size_in(note.text, origin)) {
        Some(size) => Noted::Head(size),
        None => Noted::Unreadable(path(folder, origin)),
    })
}

/// The size of the newest head that was noted of a chain; 0 if none was, or if what stands there is no head of it: it is
/// written again then. A check says so.
pub(crate) fn size(folder: &Path, origin: &Origin) -> Result<TreeSize> {
    Ok(match noted(folder, origin)? {
        Noted::Head(size) => size,
        Noted::Nothing | Noted::Unreadable(_) => TreeSize(0),
    })
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
        let (newest, is_damaged) = {
            let view = chain.view();
            (Headed::of(&view), view.damage.is_some())
        };
        // While the newest batch waits for its signature, the head before it is noted: under load there is always one such.
        let newest = newest.or_else(|| writer.headed.clone());
        let Some(headed) = newest.filter(|headed| !is_damaged && headed.size > writer.seen) else {
            return Ok(());
        };
        // A crash before this leaves the older head noted. After it the head is in the files for good, also one that a
        // start has found there after a crash; only then may it be noted, or a crash would leave a head of more than
        // there is.
        write_pending_head(&self.disk, chain, &mut writer)?;
        self.disk.sync_folder(&chain.folder.path)?;
        self.disk.create_folder(&self.folder.join(FOLDER))?;
        // A crash before leaves the older head, after it the newer one; both are in the segments.
        self.disk
            .replace(&path(&self.folder, &chain.folder.origin), &headed.note)?;
        writer.seen = headed.size;
        Ok(())
    }

    /// The newest head that was noted of a chain, a note that nobody has checked: the store has no roster. `None` if none
    /// was noted. What the segments hold may fall short of it: then entries have been lost.
    ///
    /// # Errors
    /// [`crate::StoreError::Io`].
    pub fn seen(&self, origin: &Origin) -> Result<Option<Vec<u8>>> {
        read(&self.folder, origin)
    }

    /// Says that what stands in the file for a chain is no signed head of it: the next head replaces it, however large the
    /// file says that the chain was.
    ///
    /// # Errors
    /// [`crate::StoreError::UnknownChain`], [`crate::StoreError::Damaged`], [`crate::StoreError::Stopped`].
    pub fn disbelieve_seen(&self, origin: &Origin) -> Result<()> {
        let chain = self.chain(origin)?;
        self.writer(chain)?.seen = TreeSize(0);
        Ok(())
    }
}
