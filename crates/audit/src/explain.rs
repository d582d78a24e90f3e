//! Invalid evidence and damaged frames as findings: one code for each rule, with what was expected and found.

use crate::finding::{Code, Finding, Place};
use std::fmt::Display;
use yizhang_ledger::{Invalid, segment::FrameFault};

/// Code, position, expected and found of a fault.
struct Parts {
    code: Code,
    leaf: Option<u64>,
    sides: Option<(String, String)>,
}

impl Parts {
    const fn plain(code: Code, leaf: Option<u64>) -> Self {
        Self {
            code,
            leaf,
            sides: None,
        }
    }

    fn sides(code: Code, leaf: Option<u64>, expected: &dyn Display, found: &dyn Display) -> Self {
        Self {
            code,
            leaf,
            sides: Some((expected.to_string(), found.to_string())),
        }
    }
}

/// A rule of the format that the evidence at `place` breaks.
pub(crate) fn invalid(fault: &Invalid, place: &Place) -> Finding {
    let parts = parts(fault);
    let place = parts
        .leaf
        .map_or_else(|| place.clone(), |leaf| place.at_leaf(leaf));
    let finding = Finding::fault(parts.code, &place, fault.to_string());
    match parts.sides {
        Some((expected, found)) => finding.between(&expected, &found),
        None => finding,
    }
}

/// A frame that is not what was written.
pub(crate) fn frame(fault: FrameFault, place: &Place) -> Finding {
    let code = match fault {
        FrameFault::Truncated { .. } => Code::FrameTruncated,
        FrameFault::Header => Code::FrameHeader,
        FrameFault::Checksum => Code::FrameChecksum,
        FrameFault::Foreign => Code::SegmentForeign,
    };
    Finding::fault(code, place, format!("frame: {fault}"))
}

/// A file header that is not what was written.
pub(crate) fn segment_header(fault: FrameFault, place: &Place) -> Finding {
    let code = if fault == FrameFault::Foreign {
        Code::SegmentForeign
    } else {
        Code::SegmentHeader
    };
    Finding::fault(code, place, format!("file header: {fault}"))
}

fn parts(fault: &Invalid) -> Parts {
    use Invalid as I;
    match fault {
        I::EntryTruncated { at, .. } => Parts::plain(Code::EntryTruncated, Some(at.0)),
        I::EntryHeader { at } => Parts::plain(Code::EntryHeader, Some(at.0)),
        I::EntryTooLarge { at, limit, found } => {
            Parts::sides(Code::EntryTooLarge, Some(at.0), limit, found)
        }
        I::EntryTrailing { at, extra } => Parts::sides(Code::EntryTrailing, Some(at.0), &0, extra),
        I::Payload { at, .. } => Parts::plain(Code::Payload, Some(at.0)),
        I::NotABatch { found } => Parts::sides(
            Code::NotABatch,
            None,
            &yizhang_ledger::entry::Kind::BATCH,
            found,
        ),
        I::BatchAmongRecords { at } => Parts::plain(Code::BatchAmongRecords, Some(at.0)),
        I::BatchTooLarge { limit, found } => Parts::sides(Code::BatchTooLarge, None, limit, found),
        I::RecordsOutOfRange { limit, found } => {
            Parts::sides(Code::RecordsOutOfRange, None, limit, found)
        }
        I::RecordCount {
            at,
            expected,
            found,
        } => Parts::sides(Code::RecordCount, Some(at.0), expected, found),
        I::SubmissionCount {
            at,
            expected,
            found,
        } => Parts::sides(Code::SubmissionCount, Some(at.0), expected, found),
        I::WrongChain { expected, found } => Parts::sides(Code::WrongChain, None, expected, found),
        I::WrongPosition { expected, found } => {
            Parts::sides(Code::WrongPosition, Some(expected.0), expected, found)
        }
        I::WrongNumber { expected, found } => {
            Parts::sides(Code::WrongNumber, None, expected, found)
        }
        I::LinkMismatch {
            at,
            expected,
            found,
        } => Parts::sides(Code::LinkMismatch, Some(at.0), expected, found),
        I::RootBeforeMismatch {
            at,
            expected,
            found,
        } => Parts::sides(Code::RootBeforeMismatch, Some(at.0), expected, found),
        I::TimeWentBack { at, last, found } => {
            Parts::sides(Code::TimeWentBack, Some(at.0), &last.0, &found.0)
        }
        I::RosterWentBack { at, last, found } => {
            Parts::sides(Code::RosterWentBack, Some(at.0), last, found)
        }
        I::HeadSize { expected, found } => Parts::sides(Code::HeadSize, None, expected, found),
        I::HeadRoot {
            expected, found, ..
        } => Parts::sides(Code::HeadRoot, None, expected, found),
        I::NoteForm { .. } => Parts::plain(Code::NoteForm, None),
        I::HeadForm { .. } => Parts::plain(Code::HeadForm, None),
        I::UnknownOrigin { .. } => Parts::plain(Code::UnknownOrigin, None),
        I::NoTrustedSignature { .. } => Parts::plain(Code::NoTrustedSignature, None),
        I::BadSignature { .. } => Parts::plain(Code::BadSignature, None),
        I::Proof { at, .. } => Parts::plain(Code::Proof, Some(at.0)),
        I::RosterForm { .. } => Parts::plain(Code::RosterForm, None),
        I::RosterSignatures { needed, found } => {
            Parts::sides(Code::RosterSignatures, None, needed, found)
        }
        I::RosterPrevious { expected, found } => {
            Parts::sides(Code::RosterPrevious, None, expected, found)
        }
    }
}
