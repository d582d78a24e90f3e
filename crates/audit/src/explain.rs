//! Invalid evidence and damaged frames as findings: one code for each rule, with what was expected and found.

use crate::finding::{Code, Finding, Place};
use std::fmt::Display;
use yizhang_ledger::{Invalid, entry::Kind, segment::FrameFault};

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
    use Code as C;
    use Invalid as I;
    match fault {
        I::EntryTruncated { at, .. } => Parts::plain(C::EntryTruncated, Some(at.0)),
        I::EntryHeader { at } => Parts::plain(C::EntryHeader, Some(at.0)),
        I::EntryTooLarge { at, limit, found } => {
            Parts::sides(C::EntryTooLarge, Some(at.0), limit, found)
        }
        I::EntryTrailing { at, extra } => Parts::sides(C::EntryTrailing, Some(at.0), &0, extra),
        I::Payload { at, .. } => Parts::plain(C::Payload, Some(at.0)),
        I::NotABatch { found } => Parts::sides(C::NotABatch, None, &Kind::BATCH, found),
        I::BatchAmongRecords { at } => Parts::plain(C::BatchAmongRecords, Some(at.0)),
        I::BatchTooLarge { limit, found } => Parts::sides(C::BatchTooLarge, None, limit, found),
        I::RecordsOutOfRange { limit, found } => {
            Parts::sides(C::RecordsOutOfRange, None, limit, found)
        }
        I::RecordCount {
            at,
            expected,
            found,
        } => Parts::sides(C::RecordCount, Some(at.0), expected, found),
        I::SubmissionCount {
            at,
            expected,
            found,
        } => Parts::sides(C::SubmissionCount, Some(at.0), expected, found),
        I::WrongChain { expected, found } => Parts::sides(C::WrongChain, None, expected, found),
        I::WrongPosition { expected, found } => {
            Parts::sides(C::WrongPosition, Some(expected.0), expected, found)
        }
        I::WrongNumber { expected, found } => Parts::sides(C::WrongNumber, None, expected, found),
        I::LinkMismatch {
            at,
            expected,
            found,
        } => Parts::sides(C::LinkMismatch, Some(at.0), expected, found),
        I::RootBeforeMismatch {
            at,
            expected,
            found,
        } => Parts::sides(C::RootBeforeMismatch, Some(at.0), expected, found),
        I::TimeWentBack { at, last, found } => {
            Parts::sides(C::TimeWentBack, Some(at.0), &last.0, &found.0)
        }
        I::RosterWentBack { at, last, found } => {
            Parts::sides(C::RosterWentBack, Some(at.0), last, found)
        }
        I::HeadSize { expected, found } => Parts::sides(C::HeadSize, None, expected, found),
        I::HeadRoot {
            expected, found, ..
        } => Parts::sides(C::HeadRoot, None, expected, found),
        I::HeadNotContinued {
            expected, found, ..
        } => Parts::sides(C::HeadNotContinued, None, expected, found),
        I::NoteForm { .. } => Parts::plain(C::NoteForm, None),
        I::HeadForm { .. } => Parts::plain(C::HeadForm, None),
        I::UnknownOrigin { .. } => Parts::plain(C::UnknownOrigin, None),
        I::NoTrustedSignature { .. } => Parts::plain(C::NoTrustedSignature, None),
        I::BadSignature { .. } => Parts::plain(C::BadSignature, None),
        I::Proof { at, .. } => Parts::plain(C::Proof, Some(at.0)),
        I::RosterForm { .. } => Parts::plain(C::RosterForm, None),
        I::RosterSignatures { needed, found } => {
            Parts::sides(C::RosterSignatures, None, needed, found)
        }
        I::RosterPrevious { .. } => Parts::plain(C::RosterPrevious, None),
    }
}
