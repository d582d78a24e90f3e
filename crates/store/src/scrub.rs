//! Going through the segments of a chain to look for damage, and putting right what is damaged in place.
//!
//! A disk that changes a bit says nothing. Whoever needs the batch finds it by its checksum; a scrub finds it before.

use crate::{
    Store,
    chain::Chain,
    error::{Damage, Result},
    number::wide,
    segments::{FrameReader, Place},
};
use yizhang_ledger::{
    batch::Batch,
    head::Origin,
    segment::{FRAME_HEADER_BYTES, FrameHeader, FrameKind, write_batch_frame, write_head_frame},
    value::{LeafIndex, TreeSize},
};

/// A walk through the frames of a chain, as of the moment at which it was begun.
pub struct Scrub {
    reader: FrameReader,
    /// Where the next batch starts.
    next: u64,
    /// Where the last batch starts.
    last: u64,
    /// What stands at the next place.
    kind: FrameKind,
}

/// What a step of a scrub found.
#[derive(Debug)]
pub enum Scrubbed {
    /// A frame of so many bytes, as it was written.
    Sound(usize),
    /// A frame that is not as it was written.
    Broken(Broken),
    /// Nothing more is there.
    End,
}

/// A frame that is not as it was written.
#[derive(Clone, Debug)]
pub struct Broken {
    /// Where, and what is wrong with it.
    pub damage: Damage,
    /// The size at which its batch starts: whoever holds the chain has it from there.
    pub batch: TreeSize,
    /// Of a head the size that it is of, as the batch before it says.
    head_of: TreeSize,
    place: Place,
    kind: FrameKind,
}

/// What became of a frame that was to be mended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mended {
    /// It was changed on the disk, and is whole again.
    Written,
    /// It is as it was written: the disk failed to read it, and reads it now. Nothing was written.
    Whole,
    /// It is as it was found: this batch is not what stood there, or the disk does not say what does.
    Not,
}

impl Store {
    /// Begins to go through a chain.
    ///
    /// # Errors
    /// [`crate::StoreError::UnknownChain`], [`crate::StoreError::Damaged`], [`crate::StoreError::Stopped`].
    pub fn scrub(&self, origin: &Origin) -> Result<Scrub> {
        self.stopper.check()?;
        let chain = self.chain(origin)?;
        let view = chain.view();
        let end = Some(view.last_end);
        let files = view.files.clone();
        Ok(Scrub {
            reader: FrameReader::new(chain.folder.clone(), files, Place::default(), end),
            next: 0,
            last: 0,
            kind: FrameKind::Batch,
        })
    }

    /// Writes a frame again that is broken, from its batch and head as somebody else holds them. What was written here once was
    /// verified then, and the frame still names it: by its checksum, where the body has changed, or by its body, where the header
    /// has. Anything else is not written, nor what is whole.
    ///
    /// A crash before the sync leaves the frame broken or whole, and nothing else changed.
    ///
    /// # Errors
    /// [`crate::StoreError::Io`], after which the store has stopped; as [`Store::scrub`].
    pub fn mend(
        &self,
        origin: &Origin,
        broken: &Broken,
        batch: &Batch,
        head: &[u8],
    ) -> Result<Mended> {
        self.stopper.check()?;
        let chain = self.chain(origin)?;
        // The header of a head is not named by its note, so that its size is not taken from somebody's batch alone.
        let is_of_size = broken.kind == FrameKind::Batch || size_after(batch) == broken.head_of;
        if batch.entry().first.0 != broken.batch.0 || !is_of_size {
            return Ok(Mended::Not);
        }
        let whole = frame(broken.kind, batch, head);
        let Ok(found) = chain.read(broken.place, whole.len()) else {
            return Ok(Mended::Not);
        };
        if found == whole {
            return Ok(Mended::Whole);
        }
        if !is_the_same(&found, &whole) {
            return Ok(Mended::Not);
        }
        self.stopper
            .watch(self.write_again(chain, broken, &whole))?;
        Ok(Mended::Written)
    }

    fn write_again(&self, chain: &Chain, broken: &Broken, whole: &[u8]) -> Result<()> {
        // Nobody appends meanwhile.
        let _writer = self.writer(chain)?;
        let file = self.disk.open(broken.damage.file.clone())?;
        self.disk.write(&file, whole, broken.place.offset)?;
        self.disk.sync(&file)
    }
}

/// The frame of a batch, or that of the head after it.
fn frame(kind: FrameKind, batch: &Batch, head: &[u8]) -> Vec<u8> {
    let mut whole = Vec::new();
    let first = batch.entry().first;
    match kind {
        FrameKind::Batch => write_batch_frame(batch.bytes(), batch.ends(), first, &mut whole),
        FrameKind::Head => write_head_frame(head, size_after(batch), &mut whole),
    }
    whole
}

/// The size of the chain after a batch.
fn size_after(batch: &Batch) -> TreeSize {
    let size = batch.entry().first.0.checked_add(wide(batch.ends().len()));
    TreeSize(size.expect("a batch is read only if all its positions are below the largest size"))
}

/// Whether what is found is this frame with a change in its header or in its body, and not in both.
fn is_the_same(found: &[u8], whole: &[u8]) -> bool {
    let header = |frame: &[u8]| frame.get(..FRAME_HEADER_BYTES).map(<[u8]>::to_vec);
    let body = |frame: &[u8]| frame.get(FRAME_HEADER_BYTES..).map(<[u8]>::to_vec);
    found.len() == whole.len() && (header(found) == header(whole) || body(found) == body(whole))
}

impl Scrub {
    /// Looks at the next frame. After a broken one it stays there until [`Scrub::pass`] or a repair.
    pub fn step(&mut self) -> Scrubbed {
        match self.reader.next_frame() {
            Ok(None) => Scrubbed::End,
            Ok(Some(frame)) => {
                self.pass_header(&frame.header);
                Scrubbed::Sound(frame.header.frame_bytes())
            }
            Err(damage) => {
                let batch = match self.kind {
                    FrameKind::Batch => self.next,
                    FrameKind::Head => self.last,
                };
                Scrubbed::Broken(Broken {
                    damage,
                    batch: TreeSize(batch),
                    head_of: TreeSize(self.next),
                    place: self.reader.place(),
                    kind: self.kind,
                })
            }
        }
    }

    /// Goes on behind a frame that stays broken. False where its length cannot be told: then the chain cannot be followed further.
    ///
    /// # Errors
    /// As [`Store::scrub`].
    pub fn pass(&mut self, store: &Store, origin: &Origin, broken: &Broken) -> Result<bool> {
        let chain = store.chain(origin)?;
        let read = chain.read(broken.place, FRAME_HEADER_BYTES);
        // What cannot be read has no length, either; that it cannot is known, it is why this is called.
        let Some(header) = read.ok().and_then(|bytes| FrameHeader::read(&bytes).ok()) else {
            return Ok(false);
        };
        if header.kind != self.kind
            || (header.kind == FrameKind::Batch && header.position != self.next)
        {
            return Ok(false);
        }
        let offset = broken.place.offset + wide(header.frame_bytes());
        self.pass_header(&header);
        self.start_again(
            chain,
            Place {
                offset,
                ..broken.place
            },
        );
        Ok(true)
    }

    /// Reads a frame again that was mended.
    ///
    /// # Errors
    /// As [`Store::scrub`].
    pub fn again(&mut self, store: &Store, origin: &Origin, broken: &Broken) -> Result<()> {
        self.start_again(store.chain(origin)?, broken.place);
        Ok(())
    }

    fn start_again(&mut self, chain: &Chain, place: Place) {
        let (files, end) = {
            let view = chain.view();
            (view.files.clone(), view.last_end)
        };
        self.reader = FrameReader::new(chain.folder.clone(), files, place, Some(end));
    }

    fn pass_header(&mut self, header: &FrameHeader) {
        match header.kind {
            FrameKind::Batch => {
                self.last = header.position;
                // A position that nobody can reach is followed by no frame that fits.
                self.next = header.position.saturating_add(wide(header.entries));
                self.kind = FrameKind::Head;
            }
            FrameKind::Head => self.kind = FrameKind::Batch,
        }
    }

    /// How far the walk has come.
    pub const fn reached(&self) -> LeafIndex {
        LeafIndex(self.next)
    }
}
