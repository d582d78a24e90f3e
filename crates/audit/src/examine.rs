//! What can be checked of a piece by itself, without the chain: checksum, entries, signature. This is nearly all of the
//! work, and it runs on every core.

use crate::{
    explain,
    finding::{Code, Finding, Place},
    segments::{Piece, Position, What},
    tail,
    tally::{Counter, Tally},
};
use std::fmt::Display;
use yizhang_ledger::{
    Invalid, Verified,
    batch::Batch,
    head::Head,
    roster::Roster,
    segment::{FRAME_HEADER_BYTES, FrameFault, FrameHeader, FrameKind, OFFSET_STRIDE},
    value::LeafIndex,
};

/// A piece after examination; the replay decides what it means for the chain.
pub(crate) struct Examined {
    pub(crate) place: Place,
    pub(crate) next: Position,
    /// Faults of the frame, which do not keep its content from being looked at.
    pub(crate) faults: Vec<Finding>,
    pub(crate) seen: Seen,
}

pub(crate) enum Seen {
    SegmentStart(LeafIndex),
    Batch(Result<(Box<Batch>, Tally), Invalid>),
    Head(Result<Verified<Head>, Invalid>, Vec<u8>),
    /// Only a finding.
    Nothing,
    /// A finding, and bytes of the chain are lost.
    Lost,
}

impl Piece {
    pub(crate) fn examine(self, roster: &Roster) -> Examined {
        let Self { place, next, what } = self;
        let mut faults = Vec::new();
        let seen = match what {
            What::SegmentStart(first) => Seen::SegmentStart(first),
            What::Frame {
                header,
                frame,
                last,
            } => examine_frame(header, frame, last, &place, roster, &mut faults),
            What::Batch(bytes) => Seen::Batch(read_batch(bytes)),
            What::Head(bytes) => Seen::Head(Head::open(&bytes, roster), bytes),
            What::Remark(finding) => {
                faults.push(finding);
                Seen::Nothing
            }
            What::Lost(finding) => {
                faults.push(finding);
                Seen::Lost
            }
        };
        Examined {
            place,
            next,
            faults,
            seen,
        }
    }
}

fn read_batch(bytes: Vec<u8>) -> Result<(Box<Batch>, Tally), Invalid> {
    let mut counter = Counter::default();
    let batch = Batch::parse_with(bytes, |record| counter.see(record))?;
    let tally = counter.finish(&batch);
    Ok((Box::new(batch), tally))
}

fn examine_frame(
    header: FrameHeader,
    mut frame: Vec<u8>,
    last: bool,
    place: &Place,
    roster: &Roster,
    faults: &mut Vec<Finding>,
) -> Seen {
    if let Err(fault) = header.check(&frame) {
        if last && fault == FrameFault::Checksum && tail::is_unwritten(&frame) {
            faults.push(Finding::note(
                Code::UnfinishedTail,
                place,
                "the last frame was not written to its end",
            ));
            return Seen::Nothing;
        }
        // The content is looked at all the same: what a signed head confirms is good evidence, whatever became of the
        // bytes around it.
        faults.push(explain::frame(fault, place));
    }
    let content_end = FRAME_HEADER_BYTES.saturating_add(header.content_bytes());
    let offsets = frame.get(content_end..).unwrap_or_default().to_vec();
    frame.truncate(content_end);
    frame.drain(..FRAME_HEADER_BYTES.min(frame.len()));
    match header.kind {
        FrameKind::Batch => {
            let read = read_batch(frame);
            if let Ok((batch, _)) = &read {
                check_batch_fields(header, batch, &offsets, place, faults);
            }
            Seen::Batch(read)
        }
        FrameKind::Head => {
            let head = Head::open(&frame, roster);
            if let Ok(head) = &head
                && head.size.0 != header.position
            {
                faults.push(fields(
                    place,
                    "the position of the frame is not the size of its head",
                    &head.size,
                    header,
                ));
            }
            Seen::Head(head, frame)
        }
    }
}

/// Position, number of entries and offsets of a batch frame say what the batch says: readers go by them.
fn check_batch_fields(
    header: FrameHeader,
    batch: &Batch,
    offsets: &[u8],
    place: &Place,
    faults: &mut Vec<Finding>,
) {
    let first = batch.entry().first;
    if first.0 != header.position {
        faults.push(fields(
            place,
            "the position of the frame is not the first leaf of its batch",
            &first,
            header,
        ));
    }
    if batch.ends().len() != header.entries {
        let text = "the frame counts other entries than its batch has";
        faults.push(
            Finding::fault(Code::FrameFields, place, text)
                .between(&batch.ends().len(), &header.entries),
        );
    }
    let (words, rest) = offsets.as_chunks::<4>();
    let expected = batch
        .ends()
        .iter()
        .skip(OFFSET_STRIDE.saturating_sub(1))
        .step_by(OFFSET_STRIDE)
        .copied();
    if !rest.is_empty()
        || !words
            .iter()
            .map(|word| u32::from_le_bytes(*word))
            .eq(expected)
    {
        faults.push(Finding::fault(
            Code::FrameFields,
            place,
            "the offsets behind the batch are not those of its entries",
        ));
    }
}

fn fields(place: &Place, text: &str, expected: &dyn Display, header: FrameHeader) -> Finding {
    Finding::fault(Code::FrameFields, place, text).between(expected, &header.position)
}
