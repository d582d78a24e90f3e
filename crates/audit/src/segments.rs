//! The chains of a data directory, read frame by frame: which files there are, and what lies in them.
//!
//! Nothing here is believed; what cannot be read as a frame becomes a finding.

use crate::{
    error::AuditError,
    explain,
    finding::{Code, Finding, Place},
    tail,
};
use serde::{Deserialize, Serialize};
use std::{
    collections::VecDeque,
    fs::{self, File},
    io::{BufReader, Read, Seek, SeekFrom},
    path::{Path, PathBuf},
};
use yizhang_ledger::{
    head::Origin,
    roster::Roster,
    segment::{
        FILE_HEADER_BYTES, FRAME_HEADER_BYTES, FrameFault, FrameHeader, FrameKind, read_file_header,
    },
    value::{Division, LeafIndex},
};

/// Bytes read from a file at a time: below this, cold disks lose half of their speed.
const READ_BYTES: usize = 1_024 * 1_024;
/// Folder of the chains in a data directory.
const CHAINS: &str = "chains";
const SEGMENT_SUFFIX: &str = ".seg";
/// Digits of a first leaf in a file name.
const NAME_DIGITS: usize = 20;

/// Where in the source a reader goes on: a segment by the first leaf of its name, and a byte in it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Position {
    pub(crate) segment: u64,
    pub(crate) offset: u64,
}

/// One thing read from a source, in the order of the source.
pub(crate) struct Piece {
    pub(crate) place: Place,
    /// Where the next piece starts.
    pub(crate) next: Position,
    pub(crate) what: What,
}

impl Piece {
    /// Bytes that were read for it.
    pub(crate) fn bytes(&self) -> usize {
        match &self.what {
            What::SegmentStart(_) => FILE_HEADER_BYTES,
            What::Frame { frame, .. } => frame.len(),
            What::Batch(bytes) | What::Head(bytes) => bytes.len(),
            What::Remark(_) | What::Lost(_) => 0,
        }
    }
}

pub(crate) enum What {
    /// A segment starts, by its name.
    SegmentStart(LeafIndex),
    /// A whole frame, header included, not yet checked. `last` if nothing follows it in the source.
    Frame {
        header: FrameHeader,
        frame: Vec<u8>,
        last: bool,
    },
    /// A batch from a stream.
    Batch(Vec<u8>),
    /// A head from a stream.
    Head(Vec<u8>),
    /// Bytes that cannot be used, but nothing of the chain is known to be lost.
    Remark(Finding),
    /// Bytes of the chain are lost.
    Lost(Finding),
}

/// The files of one chain.
#[derive(Clone)]
pub(crate) struct ChainFiles {
    pub(crate) origin: Origin,
    /// By first leaf, ascending.
    pub(crate) segments: Vec<SegmentFile>,
}

#[derive(Clone)]
pub(crate) struct SegmentFile {
    first: u64,
    path: PathBuf,
    /// Name below the data directory.
    name: String,
    bytes: u64,
}

/// Finds the files of every chain of the roster, and reports what else lies there.
///
/// # Errors
/// [`AuditError::Read`] when the folder of the chains cannot be listed.
pub(crate) fn list(
    directory: &Path,
    roster: &Roster,
) -> Result<(Vec<ChainFiles>, Vec<Finding>), AuditError> {
    let root = directory.join(CHAINS);
    let mut findings = Vec::new();
    for (name, _) in entries(&root)? {
        let place = Place::default().in_file(&format!("{CHAINS}/{name}"));
        match Division::parse(&name).filter(|division| division.to_string() == name) {
            Some(region) if roster.regions.contains_key(&region) => {}
            Some(_) => findings.push(Finding::fault(
                Code::UnknownChain,
                &place,
                "the roster names no such chain",
            )),
            None => findings.push(Finding::note(
                Code::UnexpectedFile,
                &place,
                "not a chain; it was not looked at",
            )),
        }
    }
    let mut chains = Vec::new();
    for origin in roster.origins() {
        let folder = root.join(origin.region().to_string());
        let segments = if folder.is_dir() {
            segments(&folder, origin.region(), &mut findings)?
        } else {
            Vec::new()
        };
        chains.push(ChainFiles {
            origin: origin.clone(),
            segments,
        });
    }
    Ok((chains, findings))
}

fn segments(
    folder: &Path,
    region: Division,
    findings: &mut Vec<Finding>,
) -> Result<Vec<SegmentFile>, AuditError> {
    let mut found = Vec::new();
    for (name, path) in entries(folder)? {
        let label = format!("{CHAINS}/{region}/{name}");
        let place = Place::region(region).in_file(&label);
        let Some(stem) = name.strip_suffix(SEGMENT_SUFFIX) else {
            findings.push(Finding::note(
                Code::UnexpectedFile,
                &place,
                "not a segment; it was not looked at",
            ));
            continue;
        };
        let digits = stem.len() == NAME_DIGITS && stem.bytes().all(|byte| byte.is_ascii_digit());
        let metadata = fs::metadata(&path).ok().filter(fs::Metadata::is_file);
        match (stem.parse().ok().filter(|_| digits), metadata) {
            (Some(first), Some(metadata)) => {
                found.push(SegmentFile {
                    first,
                    path,
                    name: label,
                    bytes: metadata.len(),
                });
            }
            _ => findings.push(Finding::fault(
                Code::UnexpectedFile,
                &place,
                "a segment is a file named by 20 digits; this one was not read",
            )),
        }
    }
    found.sort_by_key(|segment| segment.first);
    Ok(found)
}

/// Names and paths in a folder, sorted by name. Names that are not UTF-8 are shown as well as they can be.
fn entries(folder: &Path) -> Result<Vec<(String, PathBuf)>, AuditError> {
    let failed = |source| AuditError::Read {
        path: folder.to_owned(),
        source,
    };
    let mut names = Vec::new();
    for entry in fs::read_dir(folder).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        names.push((
            entry.file_name().to_string_lossy().into_owned(),
            entry.path(),
        ));
    }
    names.sort();
    Ok(names)
}

impl ChainFiles {
    /// The batches of the chain, from its first file, as far as they can be read.
    pub(crate) fn batches(self) -> impl Iterator<Item = Result<Vec<u8>, String>> {
        self.read(None).filter_map(|piece| match piece.what {
            What::Frame {
                header, mut frame, ..
            } if header.kind == FrameKind::Batch => {
                frame.truncate(FRAME_HEADER_BYTES.saturating_add(header.content_bytes()));
                frame.drain(..FRAME_HEADER_BYTES.min(frame.len()));
                Some(Ok(frame))
            }
            What::Lost(finding) => Some(Err(finding.text)),
            _ => None,
        })
    }

    pub(crate) const fn is_empty(&self) -> bool {
        self.segments.is_empty()
    }

    /// Bytes of all files, as they were listed.
    pub(crate) fn bytes(&self) -> u64 {
        self.segments
            .iter()
            .fold(0, |sum, segment| sum.saturating_add(segment.bytes))
    }

    /// Bytes before a position.
    pub(crate) fn bytes_before(&self, position: Position) -> u64 {
        let earlier = self
            .segments
            .iter()
            .filter(|segment| segment.first < position.segment);
        earlier.fold(position.offset, |sum, segment| {
            sum.saturating_add(segment.bytes)
        })
    }

    /// Reads the chain from the start, or from where an earlier run has verified it to.
    pub(crate) fn read(self, from: Option<Position>) -> SegmentReader {
        let ChainFiles { origin, segments } = self;
        let mut reader = SegmentReader {
            origin,
            waiting: segments.into(),
            open: None,
            resume: from,
            ready: VecDeque::new(),
        };
        if let Some(from) = from {
            reader
                .waiting
                .retain(|segment| segment.first >= from.segment);
            if reader
                .waiting
                .front()
                .is_none_or(|segment| segment.first != from.segment || segment.bytes < from.offset)
            {
                let place = Place::region(reader.origin.region());
                let text = "an earlier run has read more of this chain than is here now";
                reader.ready.push_back(Piece {
                    place: place.clone(),
                    next: from,
                    what: What::Lost(Finding::fault(Code::SourceShrunk, &place, text)),
                });
                reader.resume = None;
            }
        }
        reader
    }
}

/// The pieces of a chain from its files.
pub(crate) struct SegmentReader {
    origin: Origin,
    waiting: VecDeque<SegmentFile>,
    open: Option<OpenSegment>,
    /// Where to start in the first file.
    resume: Option<Position>,
    /// Pieces about the file that was opened last: at most its header and its start.
    ready: VecDeque<Piece>,
}

struct OpenSegment {
    reader: BufReader<File>,
    place: Place,
    first: u64,
    offset: u64,
    length: u64,
    /// Whether no segment follows.
    last: bool,
}

impl Iterator for SegmentReader {
    type Item = Piece;

    fn next(&mut self) -> Option<Piece> {
        loop {
            if let Some(piece) = self.ready.pop_front() {
                return Some(piece);
            }
            if let Some(piece) = self.open.as_mut().and_then(OpenSegment::next_frame) {
                return Some(piece);
            }
            let segment = self.waiting.pop_front()?;
            let place = Place::region(self.origin.region()).in_file(&segment.name);
            self.open = self.open_segment(&segment, &place).unwrap_or_else(|what| {
                self.announce(&segment, &place, *what);
                None
            });
        }
    }
}

impl SegmentReader {
    fn announce(&mut self, segment: &SegmentFile, place: &Place, what: What) {
        let next = Position {
            segment: segment.first,
            offset: 0,
        };
        self.ready.push_back(Piece {
            place: place.clone(),
            next,
            what,
        });
    }

    fn open_segment(
        &mut self,
        segment: &SegmentFile,
        place: &Place,
    ) -> Result<Option<OpenSegment>, Box<What>> {
        let unreadable = |error: std::io::Error| {
            Box::new(What::Lost(Finding::fault(
                Code::Unreadable,
                place,
                format!("the file cannot be read: {error}"),
            )))
        };
        let header_end = widen(FILE_HEADER_BYTES);
        let from = self.resume.take().map_or(0, |resume| resume.offset);
        let last = self.waiting.is_empty();
        let mut file = File::open(&segment.path).map_err(unreadable)?;
        let length = file.metadata().map_err(unreadable)?.len();
        if length < header_end {
            let text = "the file ends inside its header";
            return Err(Box::new(if last {
                What::Remark(Finding::note(Code::UnfinishedTail, place, text))
            } else {
                What::Lost(Finding::fault(Code::SegmentHeader, place, text))
            }));
        }
        let mut header = [0; FILE_HEADER_BYTES];
        file.read_exact(&mut header).map_err(unreadable)?;
        match read_file_header(&header, &self.origin) {
            Ok(first) if first.0 == segment.first => {}
            Ok(first) => {
                let text = "the name of the file and its header give different first leaves";
                let finding =
                    Finding::fault(Code::SegmentName, place, text).between(&segment.first, &first);
                return Err(Box::new(What::Lost(finding)));
            }
            Err(FrameFault::Foreign) => {
                return Err(Box::new(What::Lost(explain::segment_header(
                    FrameFault::Foreign,
                    place,
                ))));
            }
            // The header is only a label: the batches themselves say what they are.
            Err(fault) => self.announce(
                segment,
                place,
                What::Remark(explain::segment_header(fault, place)),
            ),
        }
        // A segment that is gone on in the middle has announced its start in an earlier run.
        if from <= header_end {
            self.announce(
                segment,
                &place.at_offset(0),
                What::SegmentStart(LeafIndex(segment.first)),
            );
        }
        let offset = from.max(header_end);
        file.seek(SeekFrom::Start(offset)).map_err(unreadable)?;
        let reader = BufReader::with_capacity(READ_BYTES, file);
        Ok(Some(OpenSegment {
            reader,
            place: place.clone(),
            first: segment.first,
            offset,
            length,
            last,
        }))
    }
}

impl OpenSegment {
    const fn position(&self) -> Position {
        Position {
            segment: self.first,
            offset: self.offset,
        }
    }

    /// The next frame, or why there is none; `None` at the end of the file.
    fn next_frame(&mut self) -> Option<Piece> {
        let place = self.place.at_offset(self.offset);
        let remaining = self.length.saturating_sub(self.offset);
        if remaining == 0 {
            return None;
        }
        let what = self.read_frame(remaining, &place).unwrap_or_else(|error| {
            self.offset = self.length;
            What::Lost(Finding::fault(
                Code::Unreadable,
                &place,
                format!("the file cannot be read: {error}"),
            ))
        });
        Some(Piece {
            place,
            next: self.position(),
            what,
        })
    }

    fn read_frame(&mut self, remaining: u64, place: &Place) -> std::io::Result<What> {
        let header_bytes = usize::try_from(remaining)
            .unwrap_or(usize::MAX)
            .min(FRAME_HEADER_BYTES);
        let mut frame = self.take(header_bytes)?;
        let header = match FrameHeader::read(&frame) {
            Ok(header) if widen(header.frame_bytes()) <= remaining => header,
            // The file ends inside the header, or so its length would have it; what remains is less than one frame.
            Ok(_) | Err(FrameFault::Truncated { .. }) => {
                frame.extend(self.take_rest()?);
                return Ok(self.cut_off(&frame, place));
            }
            Err(fault) => return self.unreadable_rest(&frame, fault, place),
        };
        frame.reserve_exact(header.body_bytes);
        let body = (&mut self.reader)
            .take(widen(header.body_bytes))
            .read_to_end(&mut frame)?;
        if body < header.body_bytes {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        self.offset = self.offset.saturating_add(widen(header.body_bytes));
        Ok(What::Frame {
            header,
            frame,
            last: self.last && self.offset == self.length,
        })
    }

    fn cut_off(&self, rest: &[u8], place: &Place) -> What {
        if self.last && !tail::is_whole_frame_inside(rest) {
            let text = format!(
                "the last frame is not whole: {} bytes of it are there",
                rest.len()
            );
            What::Remark(Finding::note(Code::UnfinishedTail, place, text))
        } else if self.last {
            let text = "a frame claims to be longer than it is";
            What::Lost(Finding::fault(Code::FrameTruncated, place, text))
        } else {
            What::Lost(Finding::fault(
                Code::FrameTruncated,
                place,
                "the file ends inside a frame, and more files follow",
            ))
        }
    }

    /// No frame starts here: zeros at the very end are space that was set aside or never written; anything else is lost.
    fn unreadable_rest(
        &mut self,
        header: &[u8],
        fault: FrameFault,
        place: &Place,
    ) -> std::io::Result<What> {
        let mut zeros = tail::is_zero(header);
        let mut skipped = widen(header.len());
        while zeros && self.offset < self.length {
            let bytes = self.take(self.rest().min(READ_BYTES))?;
            zeros = tail::is_zero(&bytes);
            skipped = skipped.saturating_add(widen(bytes.len()));
        }
        skipped = skipped.saturating_add(self.length.saturating_sub(self.offset));
        self.offset = self.length;
        if zeros && self.last {
            let text = format!("the file ends with {skipped} zeros");
            return Ok(What::Remark(Finding::note(
                Code::UnfinishedTail,
                place,
                text,
            )));
        }
        let mut finding = explain::frame(fault, place);
        finding.text = format!(
            "{}; the {skipped} bytes from here to the end of the file cannot be read",
            finding.text
        );
        Ok(What::Lost(finding))
    }

    /// Bytes left in the file.
    fn rest(&self) -> usize {
        usize::try_from(self.length.saturating_sub(self.offset)).unwrap_or(usize::MAX)
    }

    fn take_rest(&mut self) -> std::io::Result<Vec<u8>> {
        self.take(self.rest())
    }

    /// Reads exactly `count` bytes, which the caller has bounded.
    fn take(&mut self, count: usize) -> std::io::Result<Vec<u8>> {
        let mut bytes = vec![0; count];
        self.reader.read_exact(&mut bytes)?;
        self.offset = self.offset.saturating_add(widen(count));
        Ok(bytes)
    }
}

/// A count of bytes in memory as one of bytes on disk.
pub(crate) fn widen(count: usize) -> u64 {
    u64::try_from(count).expect("an address has at most 64 bits")
}
