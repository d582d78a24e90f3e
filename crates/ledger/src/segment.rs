//! Segments: the files in which a chain lies on disk, so that an auditor can read a data directory with this crate alone.
//!
//! A file starts with a header and goes on with frames. A batch frame holds the bytes of a batch, as sent and hashed,
//! and after them the offset of every sixteenth entry, so that one record can be read without the others. A head frame
//! holds the signed head of the batch before it; a node that signs writes it only after the batch is durable, together
//! with the next batch, because signing again gives the same bytes. All integers are little endian.

use crate::{
    batch::BATCH_RECORDS_MAX,
    hash::derive,
    head::Origin,
    number::narrow,
    value::{LeafIndex, TreeSize},
};
use alloc::vec::Vec;

/// Bytes of a file header.
pub const FILE_HEADER_BYTES: usize = 128;
/// Bytes of a frame header.
pub const FRAME_HEADER_BYTES: usize = 40;
/// Entries between two offsets in the table after a batch.
pub const OFFSET_STRIDE: usize = 16;
/// Most entries of a frame: a full batch and its batch entry.
const FRAME_ENTRIES_MAX: usize = BATCH_RECORDS_MAX + 1;
/// Largest body of a frame: the largest batch and its offsets.
pub const FRAME_BODY_BYTES_MAX: usize = 4 * 1_024 * 1_024;

const FILE_MAGIC: [u8; 8] = *b"YZSEG\x00\x01\n";
const FRAME_MAGIC: [u8; 4] = *b"YZFR";
const CHECKSUM_CONTEXT: &str = "yizhang 2026-11-23 v1 segment checksum";
const CHECKSUM_BYTES: usize = 16;
/// Bytes of a file header that its checksum is over.
const FILE_FIELDS_BYTES: usize = FILE_HEADER_BYTES - CHECKSUM_BYTES;
/// Bytes of a frame header that its checksum is over, with the body.
const FRAME_FIELDS_BYTES: usize = FRAME_HEADER_BYTES - CHECKSUM_BYTES;
const ORIGIN_BYTES: usize = 80;

/// What a frame holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FrameKind {
    /// A batch and its offsets.
    Batch,
    /// The signed head after the batch before.
    Head,
}

/// A frame of a segment, as its header describes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FrameHeader {
    /// What it holds.
    pub kind: FrameKind,
    /// Bytes of the body.
    pub body_bytes: usize,
    /// Entries of a batch, the batch entry included; 0 for a head.
    pub entries: usize,
    /// First leaf of a batch; for a head its size.
    pub position: u64,
    checksum: [u8; CHECKSUM_BYTES],
}

/// Why bytes of a file are not what was written: disk or software, not evidence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FrameFault {
    /// The bytes end before the frame does.
    #[error("{missing} bytes are missing at the end")]
    Truncated {
        /// Bytes missing, at least.
        missing: usize,
    },
    /// The header is not one of ours.
    #[error("the bytes are no header")]
    Header,
    /// Header or body have changed.
    #[error("the checksum does not match")]
    Checksum,
    /// The file belongs to another chain or starts at another leaf.
    #[error("the file is of another chain or position")]
    Foreign,
}

/// The header of a segment file.
///
/// Returns `None` if the origin is longer than a header has room for; [`Origin`] keeps it shorter.
pub fn file_header(origin: &Origin, first: LeafIndex) -> Option<[u8; FILE_HEADER_BYTES]> {
    let name = origin.as_str().as_bytes();
    let mut header = [0; FILE_HEADER_BYTES];
    let (magic, rest) = header.split_first_chunk_mut::<8>()?;
    *magic = FILE_MAGIC;
    let (position, rest) = rest.split_first_chunk_mut::<8>()?;
    *position = first.0.to_le_bytes();
    let (origin_field, rest) = rest.split_first_chunk_mut::<ORIGIN_BYTES>()?;
    origin_field.get_mut(..name.len())?.copy_from_slice(name);
    let (_reserved, sum) = rest.split_last_chunk_mut::<CHECKSUM_BYTES>()?;
    *sum = [0; CHECKSUM_BYTES];
    let checksum = checksum(&[header.get(..FILE_FIELDS_BYTES)?]);
    header
        .last_chunk_mut::<CHECKSUM_BYTES>()
        .map(|sum| *sum = checksum)?;
    Some(header)
}

/// Checks the header of a segment file of a chain and returns its first leaf.
///
/// # Errors
/// [`FrameFault`].
pub fn read_file_header(bytes: &[u8], origin: &Origin) -> Result<LeafIndex, FrameFault> {
    let header = bytes.first_chunk::<FILE_HEADER_BYTES>();
    let missing = || FrameFault::Truncated {
        missing: FILE_HEADER_BYTES
            .checked_sub(bytes.len())
            .expect("fewer bytes than a header has"),
    };
    let header = header.ok_or_else(missing)?;
    let first = LeafIndex(u64::from_le_bytes(field(header, 8)));
    if !header.starts_with(&FILE_MAGIC) {
        return Err(FrameFault::Header);
    }
    let (fields, sum) = header.split_at(FILE_FIELDS_BYTES);
    if checksum(&[fields]) != *sum {
        return Err(FrameFault::Checksum);
    }
    if file_header(origin, first).as_ref() == Some(header) {
        Ok(first)
    } else {
        Err(FrameFault::Foreign)
    }
}

/// Appends the frame of a batch: `ends` are the ends of its entries, `first` the position of its batch entry.
pub fn write_batch_frame(batch: &[u8], ends: &[u32], first: LeafIndex, out: &mut Vec<u8>) {
    let offsets: Vec<u8> = offsets(ends).flat_map(u32::to_le_bytes).collect();
    write_frame(
        FrameKind::Batch,
        &[batch, &offsets],
        ends.len(),
        first.0,
        out,
    );
}

/// Appends the frame of a signed head.
pub fn write_head_frame(head: &[u8], size: TreeSize, out: &mut Vec<u8>) {
    write_frame(FrameKind::Head, &[head], 0, size.0, out);
}

/// The starts of entries 16, 32, 48 … of a batch.
fn offsets(ends: &[u32]) -> impl Iterator<Item = u32> {
    ends.iter()
        .skip(OFFSET_STRIDE - 1)
        .step_by(OFFSET_STRIDE)
        .copied()
}

/// How many offsets follow a batch of so many entries: one for each full stride.
pub const fn offsets_len(entries: usize) -> usize {
    entries / OFFSET_STRIDE
}

fn write_frame(kind: FrameKind, body: &[&[u8]], entries: usize, position: u64, out: &mut Vec<u8>) {
    let body_bytes: usize = body.iter().map(|part| part.len()).sum();
    assert!(
        body_bytes <= FRAME_BODY_BYTES_MAX && entries <= FRAME_ENTRIES_MAX,
        "a frame of {body_bytes} bytes and {entries} entries could not be read again"
    );
    let in_limits = "the limits of a frame are far below 2^32";
    let mut fields = Vec::with_capacity(FRAME_FIELDS_BYTES);
    fields.extend_from_slice(&FRAME_MAGIC);
    fields.extend_from_slice(&[kind_byte(kind), 0, 0, 0]);
    fields.extend_from_slice(&u32::try_from(body_bytes).expect(in_limits).to_le_bytes());
    fields.extend_from_slice(&u32::try_from(entries).expect(in_limits).to_le_bytes());
    fields.extend_from_slice(&position.to_le_bytes());
    let parts: Vec<&[u8]> = [fields.as_slice()].iter().chain(body).copied().collect();
    out.extend_from_slice(&fields);
    out.extend_from_slice(&checksum(&parts));
    for part in body {
        out.extend_from_slice(part);
    }
}

impl FrameHeader {
    /// Reads a frame header at the start of `bytes`. The body is not looked at.
    ///
    /// # Errors
    /// [`FrameFault::Truncated`], [`FrameFault::Header`].
    pub fn read(bytes: &[u8]) -> Result<Self, FrameFault> {
        let missing = || FrameFault::Truncated {
            missing: FRAME_HEADER_BYTES
                .checked_sub(bytes.len())
                .expect("fewer bytes than a header has"),
        };
        let header = bytes
            .first_chunk::<FRAME_HEADER_BYTES>()
            .ok_or_else(missing)?;
        let kind = match header.get(4..8) {
            Some([1, 0, 0, 0]) => FrameKind::Batch,
            Some([2, 0, 0, 0]) => FrameKind::Head,
            _ => return Err(FrameFault::Header),
        };
        let body_bytes = narrow(u32::from_le_bytes(field(header, 8)));
        let entries = narrow(u32::from_le_bytes(field(header, 12)));
        let offsets_bytes = offsets_len(entries)
            .checked_mul(4)
            .expect("one offset of 4 bytes in 16 entries: fewer bytes than entries");
        if !header.starts_with(&FRAME_MAGIC)
            || body_bytes > FRAME_BODY_BYTES_MAX
            || offsets_bytes > body_bytes
        {
            return Err(FrameFault::Header);
        }
        if (kind == FrameKind::Head && entries != 0) || entries > FRAME_ENTRIES_MAX {
            return Err(FrameFault::Header);
        }
        Ok(Self {
            kind,
            body_bytes,
            entries,
            position: u64::from_le_bytes(field(header, 16)),
            checksum: field(header, FRAME_FIELDS_BYTES),
        })
    }

    /// Bytes of the whole frame.
    pub const fn frame_bytes(&self) -> usize {
        FRAME_HEADER_BYTES
            .checked_add(self.body_bytes)
            .expect("reading a header bounds the body")
    }

    /// Bytes of the batch (or head) in the body, without the offsets.
    pub const fn content_bytes(&self) -> usize {
        self.body_bytes
            .checked_sub(
                offsets_len(self.entries)
                    .checked_mul(4)
                    .expect("one offset of 4 bytes in 16 entries: fewer bytes than entries"),
            )
            .expect("reading a header compares the offsets with the body")
    }

    /// Checks the body against the checksum in the header; `frame` starts with the header.
    ///
    /// # Errors
    /// [`FrameFault::Truncated`], [`FrameFault::Checksum`].
    pub fn check<'a>(&self, frame: &'a [u8]) -> Result<&'a [u8], FrameFault> {
        let missing = || FrameFault::Truncated {
            missing: self
                .frame_bytes()
                .checked_sub(frame.len())
                .expect("fewer bytes than the frame has"),
        };
        let body = frame
            .get(FRAME_HEADER_BYTES..self.frame_bytes())
            .ok_or_else(missing)?;
        let fields = frame.get(..FRAME_FIELDS_BYTES).ok_or_else(missing)?;
        if checksum(&[fields, body]) == self.checksum {
            body.get(..self.content_bytes()).ok_or(FrameFault::Header)
        } else {
            Err(FrameFault::Checksum)
        }
    }
}

/// The `N` bytes of a field that starts at `at`.
fn field<const N: usize, const HEADER: usize>(header: &[u8; HEADER], at: usize) -> [u8; N] {
    let (_, rest) = header.split_at(at);
    *rest
        .first_chunk()
        .expect("each field lies within its header")
}

const fn kind_byte(kind: FrameKind) -> u8 {
    match kind {
        FrameKind::Batch => 1,
        FrameKind::Head => 2,
    }
}

fn checksum(parts: &[&[u8]]) -> [u8; CHECKSUM_BYTES] {
    let hash = derive(CHECKSUM_CONTEXT, parts);
    let mut sum = [0; CHECKSUM_BYTES];
    for (target, source) in sum.iter_mut().zip(hash.0) {
        *target = source;
    }
    sum
}
