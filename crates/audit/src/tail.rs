//! The end of the last file: bytes that a crash left unfinished, told from bytes that were changed later.
//!
//! A frame whose length was changed looks like one that was cut off. So before an auditor calls a tail unfinished, it
//! looks whether a whole frame is hidden in it.

use yizhang_ledger::segment::{FRAME_HEADER_BYTES, FrameHeader};

/// What a frame starts with (docs/FORMAT.md).
const FRAME_MAGIC: &[u8] = b"YZFR";
/// Where the length of the body stands in a frame header.
const BODY_BYTES_AT: core::ops::Range<usize> = 8..12;
/// Most places that are tried, so that hostile bytes cost no more than some hundred megabytes of hashing.
const PLACES_MAX: usize = 64;
/// Zeros at the end of a frame that say that its last disk sector was never written.
const SECTOR_BYTES: usize = 512;

/// Whether `rest`, which starts with a frame header that promises more than is there, holds a whole frame: the first
/// one under its true length, or a later one. Also if there are too many places to try: such bytes are no crash.
pub(crate) fn is_whole_frame_inside(rest: &[u8]) -> bool {
    let later = rest.windows(FRAME_MAGIC.len()).enumerate().skip(1);
    let starts: Vec<usize> = later
        .filter(|(_, window)| *window == FRAME_MAGIC)
        .map(|(at, _)| at)
        .take(PLACES_MAX)
        .collect();
    if starts.len() == PLACES_MAX {
        return true;
    }
    starts
        .iter()
        .any(|start| is_frame(rest.get(*start..).unwrap_or_default()))
        || starts
            .iter()
            .copied()
            .chain([rest.len()])
            .any(|end| is_frame_of_length(rest, end))
}

/// Whether a frame whose checksum fails at the very end of a chain was merely not written to its end.
pub(crate) fn is_unwritten(frame: &[u8]) -> bool {
    let end = frame
        .len()
        .checked_sub(SECTOR_BYTES)
        .and_then(|start| frame.get(start..));
    end.is_some_and(is_zero)
}

pub(crate) fn is_zero(bytes: &[u8]) -> bool {
    bytes.iter().all(|byte| *byte == 0)
}

fn is_frame(bytes: &[u8]) -> bool {
    FrameHeader::read(bytes).is_ok_and(|header| header.check(bytes).is_ok())
}

fn is_frame_of_length(rest: &[u8], end: usize) -> bool {
    let Some(body) = end
        .checked_sub(FRAME_HEADER_BYTES)
        .and_then(|body| u32::try_from(body).ok())
    else {
        return false;
    };
    let Some(mut frame) = rest.get(..end).map(<[u8]>::to_vec) else {
        return false;
    };
    if let Some(field) = frame.get_mut(BODY_BYTES_AT) {
        field.copy_from_slice(&body.to_le_bytes());
    }
    is_frame(&frame)
}
