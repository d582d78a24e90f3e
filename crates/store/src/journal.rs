//! The journal: small durable facts that are no batch. Append-only files in `journal/`, framed like segments.
//!
//! A file starts with 32 bytes: `YZJNL`, 0, 1, newline; its number (8 bytes); a checksum (16 bytes). An entry is
//! `YZJR`, its kind, three zeros, its length (4 bytes), a checksum (16 bytes) over all that and the bytes, and the
//! bytes. Integers are little endian.
//!
//! Of some kinds an entry takes the place of the one before it about the same. When as much has lost its place as still counts, what
//! counts is written into a new file and the old ones go: so the journal stays as small as what it says.

use crate::{
    cosigned,
    disk::{Disk, Handle, failed},
    error::{Result, StoreError},
    number::{Fields, narrow, wide},
};
use std::{
    collections::BTreeMap,
    fs,
    io::{self, Read as _},
    path::{Path, PathBuf},
};
use yizhang_ledger::{hash::derive, segment::FrameFault};

/// Largest entry: a roster of a whole federation (256 KiB), and room.
pub const JOURNAL_ENTRY_BYTES_MAX: usize = 512 * 1024;

/// Bytes after which a new file is started: small enough to read at once.
const FILE_BYTES: u64 = 16 * 1024 * 1024;
const FILE_MAGIC: [u8; 8] = *b"YZJNL\x00\x01\n";
const FILE_HEADER_BYTES: usize = 32;
const ENTRY_MAGIC: [u8; 4] = *b"YZJR";
const ENTRY_HEADER_BYTES: usize = 28;
/// Bytes of an entry's header that its checksum is over, with the bytes behind it.
const ENTRY_FIELDS_BYTES: usize = 12;
const CHECKSUM_CONTEXT: &str = "yizhang 2026-11-23 v1 store journal checksum";

/// What an entry is about. Kinds that a version does not know are kept like any other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct JournalKind(pub u8);

impl JournalKind {
    /// The largest head seen of a chain, as a signed note.
    pub const HEAD_SEEN: Self = Self(1);
    /// Two heads that cannot both be.
    pub const FORK_EVIDENCE: Self = Self(2);
    /// A version of the roster, as a signed note.
    pub const ROSTER: Self = Self(3);
    /// A cosignature that this node gave.
    pub const COSIGNATURE_GIVEN: Self = Self(4);
    /// A size that the index had of a chain of which the segments held less.
    pub const SIZE_LOST: Self = Self(6);
    /// Heads of a chain with the newest line of each cosigner.
    pub const COSIGNATURE_RECEIVED: Self = Self(5);
    /// A size from which the roster says that a chain goes on: what was behind it here was set aside.
    pub const CONTINUED: Self = Self(8);
    /// Two heads that cannot both be, and what ties them together: an evidence file.
    pub const FORK_FILE: Self = Self(9);
    /// The first entry of a file that has everything that counts of the files before it, which may be gone.
    pub const ANEW: Self = Self(7);
}

/// An entry of the journal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JournalEntry {
    /// What it is about.
    pub kind: JournalKind,
    /// What it says.
    pub bytes: Vec<u8>,
}

/// The journal open for appending.
pub(crate) struct Journal {
    disk: Disk,
    folder: PathBuf,
    files: Vec<u64>,
    file: Option<Handle>,
    end: u64,
    /// What counts of it, and how much does not.
    tally: Tally,
    /// Bytes that count no more after which it is written anew.
    slack_bytes: u64,
}

/// What was cut off the end of the journal when it was opened.
pub(crate) type Torn = Option<(PathBuf, u64, u64)>;

impl Journal {
    /// Opens the journal and cuts a torn tail off.
    pub(crate) fn open(disk: Disk, folder: PathBuf, slack_bytes: u64) -> Result<(Self, Torn)> {
        let mut journal = Self {
            disk,
            files: list(&folder)?,
            folder,
            file: None,
            end: 0,
            tally: Tally::default(),
            slack_bytes,
        };
        journal.remove_superseded()?;
        let mut torn = None;
        if let Some(last) = journal.files.last().copied() {
            let path = path(&journal.folder, last);
            let (_, end, fault) = read_file(&path, last)?;
            let length = fs::metadata(&path).map_err(failed("open", &path))?.len();
            if let Some(fault) = fault {
                if !is_torn(&path, end)? {
                    return Err(StoreError::Journal {
                        path,
                        offset: end,
                        fault,
                    });
                }
                torn = Some((path.clone(), end, length - end));
            }
            journal.reopen(last, end, torn.is_some())?;
        }
        for number in &journal.files {
            for entry in journal.read(*number)? {
                journal.tally.add(entry.kind, &entry.bytes);
            }
        }
        Ok((journal, torn))
    }

    /// Opens the last file for appending at `end`; a file without even a header goes.
    fn reopen(&mut self, number: u64, end: u64, torn: bool) -> Result<()> {
        let path = path(&self.folder, number);
        if end == 0 {
            self.disk.remove(&path)?;
            self.files.pop();
            // The file before it is full, so the next entry starts a new one.
            self.end = FILE_BYTES;
            return Ok(());
        }
        let handle = self.disk.open(path)?;
        // What a killed process left whole may be in the system's memory alone; whoever reads it acts on it.
        if torn {
            self.disk.truncate(&handle, end)?;
        } else {
            self.disk.sync(&handle)?;
        }
        self.disk.sync_folder(&self.folder)?;
        (self.file, self.end) = (Some(handle), end);
        Ok(())
    }

    /// Appends entries, with one write and one sync. Durable when it returns `Ok`.
    pub(crate) fn append(&mut self, entries: &[JournalEntry]) -> Result<()> {
        let mut out = Vec::new();
        let starts_file = self.file.is_none() || self.end >= FILE_BYTES;
        if starts_file {
            self.start_file(&mut out)?;
        }
        for entry in entries {
            write_entry(entry, &mut out);
            self.tally.add(entry.kind, &entry.bytes);
        }
        let file = self
            .file
            .as_ref()
            .expect("one was started where there was none");
        // A crash before the sync leaves any part of the entries; one is cut off at the next start, or, if whole, kept.
        self.disk.write(file, &out, self.end)?;
        self.disk.sync(file)?;
        if starts_file {
            self.disk.sync_folder(&self.folder)?;
        }
        self.end += wide(out.len());
        if self.tally.superseded >= self.slack_bytes.max(self.tally.counts) {
            self.write_anew()?;
        }
        Ok(())
    }

    /// Writes a file that has all that counts, and lets the others go.
    ///
    /// A crash before the file has its name leaves the others, and a file that is none of the journal. One after it: the file says
    /// that those before it count no more, and the next start lets them go.
    fn write_anew(&mut self) -> Result<()> {
        let entries: Vec<_> = self.snapshot().collect::<Result<_>>()?;
        let number = self.files.last().map_or(0, |last| last + 1);
        let (out, tally) = anew(number, &entries);
        let path = path(&self.folder, number);
        self.disk.replace(&path, &out)?;
        self.file = Some(self.disk.open(path)?);
        self.end = wide(out.len());
        self.tally = tally;
        self.files.push(number);
        self.remove_superseded()
    }

    /// Removes the files before the last one that was written anew.
    fn remove_superseded(&mut self) -> Result<()> {
        let mut first = None;
        for number in &self.files {
            let path = path(&self.folder, *number);
            if is_anew(&path, *number)? {
                first = Some(*number);
            }
        }
        let Some(first) = first else { return Ok(()) };
        while let Some(number) = self.files.first().copied().filter(|number| *number < first) {
            self.disk.remove(&path(&self.folder, number))?;
            self.files.remove(0);
        }
        Ok(())
    }

    fn start_file(&mut self, out: &mut Vec<u8>) -> Result<()> {
        let number = self.files.last().map_or(0, |last| last + 1);
        self.disk.create_folder(&self.folder)?;
        self.file = Some(self.disk.create(path(&self.folder, number))?);
        self.files.push(number);
        self.end = 0;
        out.extend_from_slice(&file_header(number));
        Ok(())
    }

    /// Everything in it, for reading. It is read at once, because the files may go when the journal is written anew; that also
    /// keeps it small.
    pub(crate) fn snapshot(&self) -> JournalReader {
        let mut entries = Vec::new();
        for number in &self.files {
            match self.read(*number) {
                Ok(read) => entries.extend(read.into_iter().map(Ok)),
                Err(error) => {
                    entries.push(Err(error));
                    break;
                }
            }
        }
        JournalReader {
            entries: entries.into_iter(),
        }
    }

    /// The durable entries of a file.
    fn read(&self, number: u64) -> Result<Vec<JournalEntry>> {
        let path = path(&self.folder, number);
        let (entries, end, fault) = read_file(&path, number)?;
        let durable = (self.files.last() == Some(&number)).then_some(self.end);
        if let Some(fault) = fault.filter(|_| durable.is_none_or(|durable| end < durable)) {
            return Err(StoreError::Journal {
                path,
                offset: end,
                fault,
            });
        }
        let entries = entries.into_iter();
        let durable = entries.filter(|(at, _)| durable.is_none_or(|durable| *at < durable));
        Ok(durable.map(|(_, entry)| entry).collect())
    }
}

/// The journal from its beginning, as of when the reader was made.
pub struct JournalReader {
    entries: std::vec::IntoIter<Result<JournalEntry>>,
}

impl Iterator for JournalReader {
    type Item = Result<JournalEntry>;

    fn next(&mut self) -> Option<Self::Item> {
        self.entries.next()
    }
}

/// A file with this number that has all that counts of these entries, and how much that is.
fn anew(number: u64, entries: &[JournalEntry]) -> (Vec<u8>, Tally) {
    let mut out = file_header(number).to_vec();
    let mark = JournalEntry {
        kind: JournalKind::ANEW,
        bytes: Vec::new(),
    };
    let mut tally = Tally::default();
    for entry in [&mark].into_iter().chain(newest_of_all(entries)) {
        write_entry(entry, &mut out);
        tally.add(entry.kind, &entry.bytes);
    }
    (out, tally)
}

/// A file of a journal with this number that has all that counts of these entries, and of which those before it count no more.
pub(crate) fn whole_file(number: u64, entries: &[JournalEntry]) -> Vec<u8> {
    let (out, _) = anew(number, entries);
    out
}

/// Whether what is wrong with the last file of a journal is an unfinished write: no whole entry stands behind it.
pub(crate) fn is_torn(path: &Path, end: u64) -> Result<bool> {
    let bytes = fs::read(path).map_err(failed("read", path))?;
    // Nothing stands behind the end of the file.
    let behind = bytes.get(narrow(end) + 1..).unwrap_or_default();
    Ok(!has_entry_after(behind))
}

/// The numbers of the files of a journal, ascending.
pub(crate) fn list(folder: &Path) -> Result<Vec<u64>> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(failed("list", folder)(error)),
    };
    let mut numbers: Vec<u64> = Vec::new();
    for entry in entries {
        // A file that is passed over would be facts that are forgotten.
        let name = entry.map_err(failed("list", folder))?.file_name();
        let number = name.to_str().and_then(|name| name.strip_suffix(".jnl"));
        // Other files are none of the journal.
        numbers.extend(number.and_then(|number| number.parse::<u64>().ok()));
    }
    numbers.sort_unstable();
    Ok(numbers)
}

pub(crate) fn path(folder: &Path, number: u64) -> PathBuf {
    folder.join(format!("{number:020}.jnl"))
}

/// The entries of a file with where each starts, where reading ended, and why if not at the end of the file.
type FileContent = (Vec<(u64, JournalEntry)>, u64, Option<FrameFault>);

pub(crate) fn read_file(path: &Path, number: u64) -> Result<FileContent> {
    let bytes = fs::read(path).map_err(failed("read", path))?;
    let header = file_header(number);
    if !bytes.starts_with(&header) {
        let fault = match FILE_HEADER_BYTES.checked_sub(bytes.len()) {
            Some(missing) if missing > 0 => FrameFault::Truncated { missing },
            _ => FrameFault::Header,
        };
        return Ok((Vec::new(), 0, Some(fault)));
    }
    let mut entries = Vec::new();
    let mut at = FILE_HEADER_BYTES;
    while let Some(rest) = bytes.get(at..).filter(|rest| !rest.is_empty()) {
        match read_entry(rest) {
            Ok((entry, length)) => {
                entries.push((wide(at), entry));
                at += length;
            }
            Err(fault) => return Ok((entries, wide(at), Some(fault))),
        }
    }
    Ok((entries, wide(at), None))
}

fn has_entry_after(bytes: &[u8]) -> bool {
    (0..bytes.len()).any(|at| {
        bytes
            .get(at..)
            .is_some_and(|rest| rest.starts_with(&ENTRY_MAGIC) && read_entry(rest).is_ok())
    })
}

fn file_header(number: u64) -> [u8; FILE_HEADER_BYTES] {
    let mut header = [0; FILE_HEADER_BYTES];
    let fields = [FILE_MAGIC, number.to_le_bytes()].concat();
    let sum = derive(CHECKSUM_CONTEXT, &[&fields]);
    let bytes = fields.into_iter().chain(sum.0);
    header
        .iter_mut()
        .zip(bytes)
        .for_each(|(target, byte)| *target = byte);
    header
}

/// Whether a file begins with the entry that says that those before it count no more.
fn is_anew(path: &Path, number: u64) -> Result<bool> {
    const BYTES: usize = FILE_HEADER_BYTES + ENTRY_HEADER_BYTES;
    let mut bytes = Vec::new();
    let file = fs::File::open(path).map_err(failed("open", path))?;
    file.take(wide(BYTES))
        .read_to_end(&mut bytes)
        .map_err(failed("read", path))?;
    let Some(first) = bytes.strip_prefix(&file_header(number)[..]) else {
        return Ok(false);
    };
    Ok(read_entry(first).is_ok_and(|(entry, _)| entry.kind == JournalKind::ANEW))
}

/// What an entry is about, if a later one about the same takes its place.
fn subject(kind: JournalKind, bytes: &[u8]) -> Option<Vec<u8>> {
    let subject = match kind {
        JournalKind::COSIGNATURE_GIVEN => cosigned::subject_of_given(bytes)?,
        JournalKind::COSIGNATURE_RECEIVED => cosigned::subject_of_received(bytes)?,
        // The mark of a file counts in none but that one.
        JournalKind::ANEW => Vec::new(),
        _ => return None,
    };
    Some([&[kind.0][..], &subject].concat())
}

/// The entries that count, in their order.
fn newest_of_all(entries: &[JournalEntry]) -> impl Iterator<Item = &JournalEntry> {
    let mut last: BTreeMap<Vec<u8>, usize> = BTreeMap::new();
    for (at, entry) in entries.iter().enumerate() {
        if let Some(subject) = subject(entry.kind, &entry.bytes) {
            last.insert(subject, at);
        }
    }
    let counts = move |(at, entry): &(usize, &JournalEntry)| {
        let subject = subject(entry.kind, &entry.bytes);
        let is_last = |subject| last.get(&subject) == Some(at);
        entry.kind != JournalKind::ANEW && subject.is_none_or(is_last)
    };
    let entries = entries.iter().enumerate().filter(counts);
    entries.map(|(_, entry)| entry)
}

/// How many bytes of a journal count.
#[derive(Debug, Default)]
struct Tally {
    counts: u64,
    superseded: u64,
    /// Bytes of the newest entry about each subject.
    newest: BTreeMap<Vec<u8>, u64>,
}

impl Tally {
    fn add(&mut self, kind: JournalKind, bytes: &[u8]) {
        let length = wide(ENTRY_HEADER_BYTES + bytes.len());
        self.counts += length;
        let before = subject(kind, bytes).and_then(|subject| self.newest.insert(subject, length));
        if let Some(before) = before {
            self.counts -= before;
            self.superseded += before;
        }
    }
}

fn write_entry(entry: &JournalEntry, out: &mut Vec<u8>) {
    let JournalEntry { kind, bytes } = entry;
    let start = out.len();
    out.extend_from_slice(&ENTRY_MAGIC);
    out.extend_from_slice(&[kind.0, 0, 0, 0]);
    let length = u32::try_from(bytes.len()).expect("an entry is at most 512 KiB");
    out.extend_from_slice(&length.to_le_bytes());
    let (_, fields) = out.split_at(start);
    let sum = derive(CHECKSUM_CONTEXT, &[fields, bytes]);
    out.extend(sum.0.iter().take(16));
    out.extend_from_slice(bytes);
}

fn read_entry(bytes: &[u8]) -> Result<(JournalEntry, usize), FrameFault> {
    let missing = |wanted: usize| FrameFault::Truncated {
        missing: wanted
            .checked_sub(bytes.len())
            .expect("fewer bytes than the entry has"),
    };
    let mut fields = Fields(
        bytes
            .get(..ENTRY_HEADER_BYTES)
            .ok_or_else(|| missing(ENTRY_HEADER_BYTES))?,
    );
    let (magic, kind, length, sum) = (
        fields.array(),
        fields.array(),
        fields.u32(),
        fields.array::<16>(),
    );
    let (Some(ENTRY_MAGIC), Some([kind, 0, 0, 0])) = (magic, kind) else {
        return Err(FrameFault::Header);
    };
    let length = length.expect("the header has room for its length");
    let length = narrow(length.into());
    if length > JOURNAL_ENTRY_BYTES_MAX {
        return Err(FrameFault::Header);
    }
    let end = ENTRY_HEADER_BYTES + length;
    let body = bytes
        .get(ENTRY_HEADER_BYTES..end)
        .ok_or_else(|| missing(end))?;
    let (fields, _) = bytes.split_at(ENTRY_FIELDS_BYTES);
    let expected = derive(CHECKSUM_CONTEXT, &[fields, body]);
    if sum.is_none_or(|sum| !expected.0.starts_with(&sum)) {
        return Err(FrameFault::Checksum);
    }
    Ok((
        JournalEntry {
            kind: JournalKind(kind),
            bytes: body.to_vec(),
        },
        end,
    ))
}
