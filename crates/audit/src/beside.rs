//! What lies beside the segments and bears on them: heads that the node noted as durable, and evidence in its journal. Read
//! here by the format document, not by the node's own code.

use crate::{
    contradiction::{Contradiction, accusation},
    finding::{Code, Finding, Place},
};
use std::{
    fs::{self, File},
    io::{self, Read},
    path::Path,
};
use yizhang_ledger::{
    beginning::Beginning,
    hash::{Hash, derive},
    head::{HEAD_BYTES_MAX, Head, Origin},
    roster::Roster,
    value::{Division, TreeSize},
};

/// Most bytes of a journal file that are read: 16 MiB, after which a node starts the next, and its last entry.
const JOURNAL_FILE_BYTES_MAX: u64 = 17 * 1_024 * 1_024;
/// Most pieces of evidence that are read: a chain has at most 16 in one run of a node.
const EVIDENCE_MAX: usize = 4_096;
const JOURNAL_MAGIC: &[u8] = b"YZJNL\x00\x01\n";
const JOURNAL_HEADER_BYTES: usize = 32;
const ENTRY_MAGIC: &[u8] = b"YZJR";
const ENTRY_HEADER_BYTES: usize = 28;
/// Bytes of an entry's header that its checksum is over, with the content.
const ENTRY_FIELDS_BYTES: usize = 12;
const CHECKSUM_CONTEXT: &str = "yizhang 2026-11-23 v1 store journal checksum";
/// The kind of an entry that is evidence.
const EVIDENCE_KIND: u8 = 2;
/// The kind of an entry that is an evidence file.
const EVIDENCE_FILE_KIND: u8 = 9;
/// The first line of an evidence file.
const EVIDENCE_FILE_HEADER: &str = "yizhang-evidence/v1";
/// The kind of an entry that says how long a chain was when its files were found to hold less.
const SIZE_LOST_KIND: u8 = 6;
/// Most entries of lost sizes that are read: a chain gets one only when it is found shorter than ever before.
const LOST_MAX: usize = 4_096;

/// The head that a node noted of a chain, as bytes; none if it noted none.
///
/// # Errors
/// A finding if it cannot be read.
pub(crate) fn seen(directory: &Path, origin: &Origin) -> Result<Option<Vec<u8>>, Box<Finding>> {
    let name = format!("seen/{}.head", origin.region());
    let limit = u64::try_from(HEAD_BYTES_MAX).expect("a head is small");
    match read(&directory.join(&name), limit) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Box::new(unreadable(&name, origin.region(), &error))),
    }
}

fn unreadable(name: &str, region: Division, error: &io::Error) -> Finding {
    let place = Place::region(region).in_file(name);
    Finding::fault(
        Code::Unreadable,
        &place,
        format!("the file cannot be read: {error}"),
    )
}

/// What the journal of a node says against chains. What cannot be read of it is passed over, and found.
pub fn accusations(directory: &Path, roster: &Roster) -> Vec<Finding> {
    journal(directory).accusations(roster)
}

/// What the journal of a node has of signed heads beyond what its files hold: entries that were lost, or signed by another process
/// with the same key. `held` are the chains of the directory, as far as they are good; `own` is the region whose node it is, if that
/// is known. Chains that [`accusations`] names are left out.
pub fn losses(
    directory: &Path,
    roster: &Roster,
    own: Option<Division>,
    held: &[(Origin, TreeSize)],
) -> Vec<Finding> {
    let journal = journal(directory);
    let accused = journal.accusations(roster);
    let mut findings = Vec::new();
    for (origin, size) in held {
        let place = Place::region(origin.region());
        let is_accused = accused
            .iter()
            .any(|finding| finding.place.region == place.region);
        let signed = journal.signed_size(origin, roster, own);
        if signed > size.0 && !is_accused {
            findings.push(remembered_more(&place, signed, size.0));
        }
    }
    findings
}

/// That the journal of a node remembers more of a chain than is here.
pub(crate) fn remembered_more(place: &Place, remembered: u64, reached: u64) -> Finding {
    let place = place.in_file("journal").at_leaf(reached);
    let text = "the journal of the node remembers more entries than are here: files of the chain are missing or cut off, or \
                somebody else signs with its key";
    Finding::fault(Code::BehindJournal, &place, text).between(&remembered, &reached)
}

/// What the journal of a node remembers of chains.
#[derive(Default)]
pub(crate) struct Remembered {
    contradictions: Vec<Contradiction>,
    lost: Vec<LostSize>,
    /// What cannot be read of it.
    findings: Vec<Finding>,
}

/// How long a chain was when its files were found to hold less.
struct LostSize {
    origin: Origin,
    size: u64,
}

impl Remembered {
    /// What speaks against chains.
    pub(crate) fn accusations(&self, roster: &Roster) -> Vec<Finding> {
        let mut findings = self.findings.clone();
        for piece in &self.contradictions {
            let finding = accusation(piece, roster);
            findings.extend(finding.filter(|finding| !findings.contains(finding)));
        }
        findings
    }

    /// The largest size of a signed head of a chain in the evidence; 0 if there is none. Heads that the node was shown count for its
    /// own chain alone, of which it holds all that its key has signed, unless that was closed for them: then they are another
    /// history. Of another chain they say only that it was behind, or that whoever showed them did not send what they are of.
    fn signed_size(&self, origin: &Origin, roster: &Roster, own: Option<Division>) -> u64 {
        let is_own = own == Some(origin.region());
        let mut largest = 0;
        // Heads that are tied together anybody can show, and are no word about what was held.
        let untied = self
            .contradictions
            .iter()
            .filter(|piece| piece.beginning.is_none());
        for piece in untied {
            let shown = if is_own && !piece.closes {
                &piece.other
            } else {
                &piece.held
            };
            for note in [&piece.held, shown] {
                if let Ok(head) = Head::open(note, roster)
                    && head.origin == *origin
                {
                    largest = largest.max(head.size.0);
                }
            }
        }
        largest
    }

    /// The largest size that a chain is remembered to have had; 0 if nothing is.
    pub(crate) fn size(&self, origin: &Origin, roster: &Roster, own: Option<Division>) -> u64 {
        let lost = self.lost.iter().filter(|lost| lost.origin == *origin);
        let mut largest = lost.map(|lost| lost.size).max().unwrap_or(0);
        largest = largest.max(self.signed_size(origin, roster, own));
        largest
    }
}

/// Reads the journal of a node. What cannot be read of it is passed over, and found.
pub(crate) fn journal(directory: &Path) -> Remembered {
    let mut remembered = Remembered::default();
    let names = journal_files(&directory.join("journal")).unwrap_or_else(|error| {
        let text = format!("the folder cannot be read: {error}");
        let finding = Finding::fault(Code::Unreadable, &Place::default().in_file("journal"), text);
        remembered.findings.push(finding);
        Vec::new()
    });
    for name in names {
        let label = format!("journal/{name}");
        let place = Place::default().in_file(&label);
        match read(&directory.join(&label), JOURNAL_FILE_BYTES_MAX) {
            Ok(bytes) => {
                if !remembered.read(&bytes) {
                    remembered.findings.push(Finding::note(
                        Code::UnfinishedTail,
                        &place,
                        "the journal cannot be read to its end",
                    ));
                }
            }
            Err(error) => remembered.findings.push(Finding::fault(
                Code::Unreadable,
                &place,
                format!("the file cannot be read: {error}"),
            )),
        }
    }
    remembered
}

/// The names of the files of a journal, in order; none if there is no journal.
fn journal_files(folder: &Path) -> io::Result<Vec<String>> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let mut names = Vec::new();
    for entry in entries {
        // A name that is no text is none of a journal.
        names.extend(entry?.file_name().into_string());
    }
    names.retain(|name| {
        Path::new(name)
            .extension()
            .is_some_and(|kind| kind == "jnl")
    });
    names.sort();
    Ok(names)
}

fn read(path: &Path, limit: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?.take(limit).read_to_end(&mut bytes)?;
    Ok(bytes)
}

impl Remembered {
    /// Takes in a file of a journal. Returns whether all of the file could be read.
    fn read(&mut self, bytes: &[u8]) -> bool {
        let Some(mut rest) = bytes
            .get(JOURNAL_HEADER_BYTES..)
            .filter(|_| bytes.starts_with(JOURNAL_MAGIC))
        else {
            return false;
        };
        while !rest.is_empty() {
            let Some(entry) = entry(rest) else {
                return false;
            };
            if entry.kind == EVIDENCE_KIND && self.contradictions.len() < EVIDENCE_MAX {
                self.contradictions.extend(evidence(entry.content));
            }
            if entry.kind == EVIDENCE_FILE_KIND && self.contradictions.len() < EVIDENCE_MAX {
                self.contradictions.extend(evidence_file(entry.content));
            }
            if entry.kind == SIZE_LOST_KIND && self.lost.len() < LOST_MAX {
                self.lost.extend(size_lost(entry.content));
            }
            rest = rest
                .get(entry.bytes..)
                .expect("the entry was read from these bytes");
        }
        true
    }
}

/// An entry of a journal.
struct Entry<'a> {
    kind: u8,
    content: &'a [u8],
    /// Its bytes, header included.
    bytes: usize,
}

fn entry(rest: &[u8]) -> Option<Entry<'_>> {
    let kind = *rest.strip_prefix(ENTRY_MAGIC)?.first()?;
    let length = rest.get(8..ENTRY_FIELDS_BYTES)?.first_chunk()?;
    let length = usize::try_from(u32::from_le_bytes(*length)).ok()?;
    let bytes = ENTRY_HEADER_BYTES.checked_add(length)?;
    let content = rest.get(ENTRY_HEADER_BYTES..bytes)?;
    let checksum = derive(
        CHECKSUM_CONTEXT,
        &[rest.get(..ENTRY_FIELDS_BYTES)?, content],
    );
    let is_whole = checksum.0.get(..16) == rest.get(ENTRY_FIELDS_BYTES..ENTRY_HEADER_BYTES);
    is_whole.then_some(Entry {
        kind,
        content,
        bytes,
    })
}

/// The content of an entry about a lost size: the size, and the name of the chain.
fn size_lost(content: &[u8]) -> Option<LostSize> {
    let (size, name) = content.split_first_chunk::<8>()?;
    let origin = Origin::parse(str::from_utf8(name).ok()?)?;
    let size = u64::from_le_bytes(*size);
    Some(LostSize { origin, size })
}

/// The content of an entry that is evidence: whether it is held to prove a fork, and two heads.
fn evidence(content: &[u8]) -> Option<Contradiction> {
    let (proves, rest) = content.split_first()?;
    let (length, rest) = rest.split_first_chunk::<4>()?;
    let length = usize::try_from(u32::from_le_bytes(*length)).ok()?;
    let (held, other) = rest.split_at_checked(length)?;
    Some(Contradiction {
        closes: *proves == 1,
        held: held.to_vec(),
        other: other.to_vec(),
        beginning: None,
    })
}

/// The content of an entry that is an evidence file: a root and a path, and two heads, the smaller one first.
fn evidence_file(content: &[u8]) -> Option<Contradiction> {
    let mut rest = content;
    if line(&mut rest)? != EVIDENCE_FILE_HEADER {
        return None;
    }
    let root = Hash::from_hex(line(&mut rest)?.strip_prefix("root ")?)?;
    let mut path = Vec::new();
    let mut next = line(&mut rest)?;
    while let Some(hash) = next.strip_prefix("path ") {
        path.push(Hash::from_hex(hash)?);
        next = line(&mut rest)?;
    }
    let other = head(next, &mut rest)?;
    next = line(&mut rest)?;
    let held = head(next, &mut rest)?;
    rest.is_empty().then_some(Contradiction {
        closes: true,
        held,
        other,
        beginning: Some(Beginning { root, path }),
    })
}

/// The next line of a file.
fn line<'a>(rest: &mut &'a [u8]) -> Option<&'a str> {
    let end = rest.iter().position(|byte| *byte == b'\n')?;
    let (line, behind) = rest.split_at_checked(end)?;
    *rest = behind.get(1..)?;
    str::from_utf8(line).ok()
}

/// The head behind the line that says how long it is.
fn head(announced: &str, rest: &mut &[u8]) -> Option<Vec<u8>> {
    let length = announced.strip_prefix("head ")?.parse().ok()?;
    let (head, behind) = rest.split_at_checked(length)?;
    *rest = behind;
    Some(head.to_vec())
}
