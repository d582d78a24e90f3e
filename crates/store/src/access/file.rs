//! A file of the access log: a header, entries without gaps, and zeros up to the end of the room that was taken ahead.

use super::{
    entry::{AccessEntry, ENTRY_BYTES_MAX, chained},
    folder, path,
};
use crate::{
    disk::failed,
    error::{Result, StoreError},
    number::{Fields, narrow, wide},
};
use std::{
    fs::{self, File},
    io::{BufReader, ErrorKind, Read, Seek as _, SeekFrom},
    os::unix::fs::FileExt as _,
    path::{Path, PathBuf},
};
use yizhang_ledger::{
    hash::{Hash, derive},
    value::Day,
};

const FILE_MAGIC: [u8; 8] = *b"YZACC\x00\x01\n";
pub(super) const HEADER_BYTES: usize = 64;
/// Bytes of the header that its checksum is over.
const HEADER_FIELDS_BYTES: usize = 48;
const HEADER_CONTEXT: &str = "yizhang 2026-11-29 v1 access log header";
const ENTRY_MAGIC: [u8; 4] = *b"YZAE";
const ENTRY_HEADER_BYTES: usize = 8;
const HASH_BYTES: usize = 32;
/// The largest entry with its framing.
pub(super) const FRAME_BYTES_MAX: usize = ENTRY_HEADER_BYTES + ENTRY_BYTES_MAX + HASH_BYTES;
/// Bytes looked at together where zeros are expected.
const ZEROS_BYTES: usize = 64 * 1_024;

/// What is wrong with a file of the access log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AccessFault {
    /// No header of this form.
    #[error("the header is not that of an access log")]
    Header,
    /// The header is that of another day than the file's name.
    #[error("the header is that of another day")]
    OtherDay,
    /// The file does not go on where the one before it ends: entries, or a whole file, are missing or changed.
    #[error("it does not follow the last entry of the day before: entries are missing")]
    Previous,
    /// Bytes that are no entry, or an entry whose hash does not follow from the one before: something was changed.
    #[error("an entry was changed, or entries are missing before it")]
    Changed,
    /// What follows the last entry is an unfinished write, of which nobody was told; or the last entry was changed.
    #[error("the last {bytes} bytes are an unfinished write, or a last entry that was changed")]
    Torn {
        /// Bytes behind the last entry.
        bytes: u64,
    },
}

/// A day of the log, as its file has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DaySummary {
    /// The day.
    pub day: Day,
    /// Entries up to the first fault.
    pub entries: u64,
    /// Hash before the first entry.
    pub before: Hash,
    /// Hash of the last entry.
    pub last: Hash,
}

/// A file that was read to its end, or to a fault.
#[derive(Clone, Debug)]
pub(super) struct Scan {
    pub(super) summary: DaySummary,
    /// Offset behind the last entry that follows.
    pub(super) end: u64,
    /// Where something is wrong, and what.
    pub(super) fault: Option<(u64, AccessFault)>,
}

pub(super) fn header(day: Day, before: &Hash) -> Vec<u8> {
    let mut out = Vec::with_capacity(HEADER_BYTES);
    out.extend(FILE_MAGIC);
    out.extend(day.number().to_le_bytes());
    out.extend([0; 4]);
    out.extend(before.0);
    let checksum = derive(HEADER_CONTEXT, &[&out]);
    out.extend(checksum.0.iter().take(HEADER_BYTES - HEADER_FIELDS_BYTES));
    out
}

/// Appends an entry that follows `before`; returns its hash.
pub(super) fn write_entry(before: &Hash, entry: &AccessEntry, out: &mut Vec<u8>) -> Hash {
    let content = entry.content();
    let length = u16::try_from(content.len()).expect("nine bounded fields take less than 2 KiB");
    let hash = chained(before, &content);
    out.extend(ENTRY_MAGIC);
    out.extend(length.to_le_bytes());
    out.extend([0; 2]);
    out.extend(content);
    out.extend(hash.0);
    hash
}

/// An entry, and where it stands in its file.
pub(super) struct PlacedEntry {
    pub(super) offset: u64,
    pub(super) entry: AccessEntry,
}

/// Reads a file from its first byte, and shows every entry that follows.
///
/// # Errors
/// [`StoreError::Io`]; what is wrong with the content is in the scan.
pub(super) fn scan(path: &Path, day: Day, each: &mut dyn FnMut(AccessEntry)) -> Result<Scan> {
    scan_placed(path, day, &mut |placed| each(placed.entry))
}

/// As [`scan`], with the places of the entries.
///
/// # Errors
/// As [`scan`].
pub(super) fn scan_placed(
    path: &Path,
    day: Day,
    each: &mut dyn FnMut(PlacedEntry),
) -> Result<Scan> {
    let file = File::open(path).map_err(failed("open", path))?;
    let mut reader = BufReader::new(file);
    let none = DaySummary {
        day,
        entries: 0,
        before: Hash([0; 32]),
        last: Hash([0; 32]),
    };
    let mut scan = Scan {
        summary: none,
        end: 0,
        fault: None,
    };
    let mut bytes = [0; HEADER_BYTES];
    let found = read_up_to(&mut reader, &mut bytes).map_err(failed("read", path))?;
    match read_header(filled(&bytes, found)) {
        Some((stated, before)) if stated == day => {
            (scan.summary.before, scan.summary.last) = (before, before);
        }
        Some(_) => {
            scan.fault = Some((0, AccessFault::OtherDay));
            return Ok(scan);
        }
        None => {
            scan.fault = Some((0, AccessFault::Header));
            return Ok(scan);
        }
    }
    scan.end = wide(HEADER_BYTES);
    go_on(&mut reader, path, &mut scan, each)?;
    Ok(scan)
}

/// Goes on with a scan of a file that has grown since.
///
/// # Errors
/// As [`scan`].
pub(super) fn scan_behind(
    path: &Path,
    scan: &mut Scan,
    each: &mut dyn FnMut(PlacedEntry),
) -> Result<()> {
    let mut file = File::open(path).map_err(failed("open", path))?;
    file.seek(SeekFrom::Start(scan.end))
        .map_err(failed("read", path))?;
    scan.fault = None;
    go_on(&mut BufReader::new(file), path, scan, each)
}

/// Reads entries from the end of a scan on.
fn go_on(
    reader: &mut impl Read,
    path: &Path,
    scan: &mut Scan,
    each: &mut dyn FnMut(PlacedEntry),
) -> Result<()> {
    loop {
        match next(reader, &scan.summary.last).map_err(failed("read", path))? {
            Next::Entry { entry, hash, bytes } => {
                let offset = scan.end;
                scan.end += wide(bytes);
                scan.summary.entries += 1;
                scan.summary.last = hash;
                each(PlacedEntry {
                    offset,
                    entry: *entry,
                });
            }
            Next::End => return Ok(()),
            Next::Fault => {
                scan.fault = Some((scan.end, fault_at(path, scan.end, &scan.summary.last)?));
                return Ok(());
            }
        }
    }
}

/// The entry at a place of a file; none if what stands there does not follow from what stands before it.
///
/// # Errors
/// That the file cannot be read.
pub(super) fn read_entry(file: &File, offset: u64) -> std::io::Result<Option<AccessEntry>> {
    let mut bytes = vec![0; FRAME_BYTES_MAX];
    let before = if offset == wide(HEADER_BYTES) {
        let mut header = [0; HEADER_BYTES];
        file.read_exact_at(&mut header, 0)?;
        read_header(&header).map(|(_, before)| before)
    } else {
        let mut before = [0; HASH_BYTES];
        file.read_exact_at(&mut before, offset.saturating_sub(wide(HASH_BYTES)))?;
        Some(Hash(before))
    };
    let found = file.read_at(&mut bytes, offset)?;
    let frame = frame(filled(&bytes, found));
    Ok(before.zip(frame).and_then(|(before, frame)| {
        follows(&before, frame.content, frame.hash).map(|(entry, _)| entry)
    }))
}

/// What stands at a place of a file.
enum Next {
    Entry {
        entry: Box<AccessEntry>,
        hash: Hash,
        bytes: usize,
    },
    /// Nothing but zeros.
    End,
    Fault,
}

fn next(reader: &mut impl Read, before: &Hash) -> std::io::Result<Next> {
    let mut header = [0; ENTRY_HEADER_BYTES];
    let found = read_up_to(reader, &mut header)?;
    if header == [0; ENTRY_HEADER_BYTES] {
        return Ok(if is_zeros(reader)? {
            Next::End
        } else {
            Next::Fault
        });
    }
    let Some(length) = length(&header).filter(|_| found == header.len()) else {
        return Ok(Next::Fault);
    };
    let mut rest = vec![0; length + HASH_BYTES];
    if read_up_to(reader, &mut rest)? < rest.len() {
        return Ok(Next::Fault);
    }
    let (content, hash) = rest.split_at(length);
    Ok(match follows(before, content, hash) {
        Some((entry, hash)) => Next::Entry {
            entry: Box::new(entry),
            hash,
            bytes: ENTRY_HEADER_BYTES + rest.len(),
        },
        None => Next::Fault,
    })
}

/// The length of an entry's content by its header.
fn length(header: &[u8]) -> Option<usize> {
    let mut fields = Fields(header);
    let magic: [u8; 4] = fields.array()?;
    let length = usize::from(fields.u16()?);
    let zeros: [u8; 2] = fields.array()?;
    let is_header = magic == ENTRY_MAGIC && zeros == [0; 2] && length <= ENTRY_BYTES_MAX;
    is_header.then_some(length)
}

/// The entry of a content whose hash follows from the one before.
fn follows(before: &Hash, content: &[u8], hash: &[u8]) -> Option<(AccessEntry, Hash)> {
    let computed = chained(before, content);
    if computed.0 != hash {
        return None;
    }
    Some((AccessEntry::read(content)?, computed))
}

/// Whether what does not follow is the end of the file or something that was changed: behind an unfinished write stands no
/// whole entry.
fn fault_at(path: &Path, at: u64, before: &Hash) -> Result<AccessFault> {
    let bytes = fs::read(path).map_err(failed("read", path))?;
    // Where the file is shorter now than it was a moment ago, nothing follows.
    let rest = bytes.get(narrow(at)..).unwrap_or_default();
    let used = rest
        .iter()
        .rposition(|byte| *byte != 0)
        .map_or(0, |last| last + 1);
    // The hash of a last entry may end in zeros.
    let searched = (used + HASH_BYTES).min(rest.len());
    let rest = filled(rest, searched);
    if has_entry(rest) || is_followed(rest, before) {
        return Ok(AccessFault::Changed);
    }
    Ok(AccessFault::Torn { bytes: wide(used) })
}

/// An entry as it stands in bytes, believed or not.
struct Frame<'a> {
    content: &'a [u8],
    hash: &'a [u8],
    bytes: usize,
}

/// What stands at the start of these bytes, if it has the form of an entry.
fn frame(bytes: &[u8]) -> Option<Frame<'_>> {
    let length = length(bytes.get(..ENTRY_HEADER_BYTES)?)?;
    let content = bytes.get(ENTRY_HEADER_BYTES..ENTRY_HEADER_BYTES + length)?;
    let hash_at = ENTRY_HEADER_BYTES + length;
    let bytes = bytes.get(..hash_at + HASH_BYTES)?;
    Some(Frame {
        content,
        hash: bytes.get(hash_at..)?,
        bytes: bytes.len(),
    })
}

/// Whether a whole entry stands somewhere in these bytes whose hash follows from the 32 bytes before it.
fn has_entry(bytes: &[u8]) -> bool {
    let entry_at = |at: usize| -> Option<()> {
        let before = Hash(*bytes.get(..at)?.last_chunk::<HASH_BYTES>()?);
        let frame = frame(bytes.get(at..)?)?;
        follows(&before, frame.content, frame.hash).map(|_| ())
    };
    let starts = bytes.windows(ENTRY_MAGIC.len()).enumerate();
    starts
        .filter(|(_, window)| *window == ENTRY_MAGIC)
        .any(|(at, _)| entry_at(at).is_some())
}

/// Whether an entry follows from the content of the first one here, whose own hash was changed.
fn is_followed(bytes: &[u8], before: &Hash) -> bool {
    let next = |first: &Frame<'_>| {
        let computed = chained(before, first.content);
        let next = frame(bytes.get(first.bytes..)?)?;
        follows(&computed, next.content, next.hash)
    };
    frame(bytes).as_ref().and_then(next).is_some()
}

fn read_header(bytes: &[u8]) -> Option<(Day, Hash)> {
    let mut fields = Fields(bytes);
    let magic: [u8; 8] = fields.array()?;
    let day = Day::new(fields.u32()?)?;
    let zeros: [u8; 4] = fields.array()?;
    let before = Hash(fields.array()?);
    let is_header = magic == FILE_MAGIC && zeros == [0; 4] && bytes == header(day, &before);
    is_header.then_some((day, before))
}

/// Reads until the buffer is full or the file ends.
fn read_up_to(reader: &mut impl Read, buffer: &mut [u8]) -> std::io::Result<usize> {
    let mut found = 0;
    while let Some(rest) = buffer.get_mut(found..).filter(|rest| !rest.is_empty()) {
        match reader.read(rest) {
            Ok(0) => break,
            Ok(read) => found += read,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(found)
}

/// The first `found` bytes of a buffer, which were read into it.
fn filled(buffer: &[u8], found: usize) -> &[u8] {
    buffer
        .get(..found)
        .expect("no more is read into a buffer than it has room for")
}

fn is_zeros(reader: &mut impl Read) -> std::io::Result<bool> {
    let mut buffer = vec![0; ZEROS_BYTES];
    loop {
        let found = read_up_to(reader, &mut buffer)?;
        let read = filled(&buffer, found);
        if read.iter().any(|byte| *byte != 0) {
            return Ok(false);
        }
        if found < buffer.len() {
            return Ok(true);
        }
    }
}

/// The days that have a file, oldest first, and files that are none of a day.
pub(super) fn list(data: &Path) -> Result<(Vec<Day>, Vec<PathBuf>)> {
    let folder = folder(data);
    let entries = match fs::read_dir(&folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok((Vec::new(), Vec::new())),
        Err(error) => return Err(failed("read", &folder)(error)),
    };
    let (mut days, mut strays) = (Vec::new(), Vec::new());
    for entry in entries {
        let entry = entry.map_err(failed("read", &folder))?;
        let (file, name) = (entry.path(), entry.file_name());
        let name = name.to_string_lossy();
        let day = name.strip_suffix(".log").filter(|name| name.len() == 8);
        match day.and_then(Day::parse) {
            Some(day) => days.push(day),
            None => strays.push(file),
        }
    }
    days.sort_unstable();
    Ok((days, strays))
}

/// The days before `today` that have a file, oldest first.
///
/// # Errors
/// [`StoreError::Io`].
pub fn closed_days(data: &Path, today: Day) -> Result<Vec<Day>> {
    let (mut days, _) = list(data)?;
    days.retain(|day| *day < today);
    Ok(days)
}

/// Reads the entries of a day in their order, up to the first fault, also while a node runs. No file is a day without one.
///
/// # Errors
/// [`StoreError::Io`]; [`StoreError::Access`] where something is wrong, behind the entries that are right.
pub fn read_day(
    data: &Path,
    day: Day,
    each: &mut dyn FnMut(AccessEntry),
) -> Result<Option<DaySummary>> {
    let path = path(data, day);
    if !path.exists() {
        return Ok(None);
    }
    let scan = scan(&path, day, each)?;
    match scan.fault {
        // A running node may be writing it.
        None | Some((_, AccessFault::Torn { .. })) => Ok(Some(scan.summary)),
        Some((offset, fault)) => Err(StoreError::Access {
            path,
            offset,
            fault,
        }),
    }
}
