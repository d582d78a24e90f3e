//! That a chain was longer once: the index knows it, and is thrown away where the segments hold less. So it is written into the
//! journal first.

use crate::{JournalEntry, JournalKind, Store, error::Result};
use yizhang_ledger::{head::Origin, value::TreeSize};

impl Store {
    /// From where a chain goes on by the roster under which something of it was set aside here last; none if that never was.
    ///
    /// # Errors
    /// As [`Store::lost_size`].
    pub fn goes_on_from(&self, origin: &Origin) -> Result<Option<TreeSize>> {
        let mut from = None;
        for entry in self.journal()? {
            let entry = entry?;
            if entry.kind == JournalKind::CONTINUED
                && let Some(continued) = Continued::read(&entry.bytes, origin)
            {
                from = Some(continued.from);
            }
        }
        Ok(from)
    }

    /// Keeps the size that an index had of a chain, if the segments hold less.
    ///
    /// A crash before: the index is still there. After: the journal has it.
    pub(crate) fn remember_lost(
        &self,
        origin: &Origin,
        had: TreeSize,
        held: TreeSize,
    ) -> Result<()> {
        if had <= held || had <= self.lost_size(origin)? {
            return Ok(());
        }
        let bytes = [&had.0.to_le_bytes()[..], origin.as_str().as_bytes()].concat();
        self.journal_append(JournalKind::SIZE_LOST, &bytes)
    }

    /// The largest size that an index of this directory had of a chain when the segments held less, at any start; 0 if that never
    /// was. Whether that much is here again, the size of the chain says.
    ///
    /// # Errors
    /// [`crate::StoreError::Journal`], [`crate::StoreError::Io`], [`crate::StoreError::Stopped`].
    pub fn lost_size(&self, origin: &Origin) -> Result<TreeSize> {
        let mut lost = Lost::default();
        for entry in self.journal()? {
            lost.add(&entry?, origin);
        }
        Ok(lost.size.unwrap_or_default())
    }
}

/// What the entries of a journal say of how long a chain was.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Lost {
    /// The largest size that it had when its files were found to hold less; none if that never was.
    pub(crate) size: Option<TreeSize>,
}

impl Lost {
    /// Takes the next entry in.
    pub(crate) fn add(&mut self, entry: &JournalEntry, origin: &Origin) {
        match entry.kind {
            JournalKind::SIZE_LOST => self.size = self.size.max(size_of(&entry.bytes, origin)),
            // What was behind it is none of the chain any more, and missed by nobody.
            JournalKind::CONTINUED => {
                if let Some(continued) = Continued::read(&entry.bytes, origin) {
                    self.size = self.size.min(Some(continued.kept));
                }
            }
            _ => {}
        }
    }
}

/// What the journal has of something that was set aside.
struct Continued {
    kept: TreeSize,
    from: TreeSize,
}

impl Continued {
    /// Of an entry, if it is about this chain.
    fn read(bytes: &[u8], origin: &Origin) -> Option<Self> {
        let (kept, rest) = bytes.split_first_chunk::<8>()?;
        let from = size_of(rest, origin)?;
        let kept = TreeSize(u64::from_le_bytes(*kept));
        Some(Self { kept, from })
    }
}

/// The size in an entry, if it is about this chain.
fn size_of(bytes: &[u8], origin: &Origin) -> Option<TreeSize> {
    let (size, name) = bytes.split_first_chunk::<8>()?;
    (name == origin.as_str().as_bytes()).then(|| TreeSize(u64::from_le_bytes(*size)))
}
