//! Where batches lie in the files: a mark for every stretch of some KiB, so that memory stays small however small the
//! batches are; between two marks the headers are read.

use crate::{number::Fields, segments::Place};

/// Bytes of a file between two marks, at least: 16 bytes of memory for each, 50 MB for 100 GB of segments.
pub(crate) const MARK_BYTES: u64 = 32 * 1024;
/// Bytes of a mark on disk.
pub(crate) const MARK_ENCODED_BYTES: usize = 16;

/// The place of one batch frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Mark {
    /// First leaf of the batch.
    pub(crate) first: u64,
    pub(crate) file: u32,
    /// Files stay far below 4 GiB.
    pub(crate) offset: u32,
}

impl Mark {
    pub(crate) const fn place(&self) -> Place {
        Place {
            file: self.file,
            offset: self.offset as u64,
        }
    }

    pub(crate) fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.first.to_le_bytes());
        out.extend_from_slice(&self.file.to_le_bytes());
        out.extend_from_slice(&self.offset.to_le_bytes());
    }

    pub(crate) fn read(bytes: &[u8]) -> Option<Self> {
        let mut fields = Fields(bytes);
        Some(Self {
            first: fields.u64()?,
            file: fields.u32()?,
            offset: fields.u32()?,
        })
    }
}

/// The marks of a chain, ascending.
#[derive(Clone, Debug, Default)]
pub(crate) struct Marks(pub(crate) Vec<Mark>);

impl Marks {
    /// The mark to add for a batch frame at `place`, if it is far enough from the last.
    pub(crate) fn next(&self, first: u64, place: Place) -> Option<Mark> {
        let near = |last: &Mark| {
            last.file == place.file && place.offset < u64::from(last.offset) + MARK_BYTES
        };
        // A file is begun anew long before: a mark beyond 32 bits would only make reading slower.
        let offset = u32::try_from(place.offset).ok()?;
        (!self.0.last().is_some_and(near)).then_some(Mark {
            first,
            file: place.file,
            offset,
        })
    }

    /// The last mark at or before a leaf. The batch with the leaf starts less than [`MARK_BYTES`] after it.
    pub(crate) fn before(&self, leaf: u64) -> Option<Mark> {
        let after = self.0.partition_point(|mark| mark.first <= leaf);
        self.0.get(after.checked_sub(1)?).copied()
    }

    pub(crate) fn len(&self) -> u64 {
        crate::number::wide(self.0.len())
    }
}
