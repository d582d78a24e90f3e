//! `backup`, the manifest of a backup: whose it is, when it was finished, and up to where each chain, the journal and the access log are in
//! it. It is written last and replaced whole, so that a backup which was cut is what it was before. docs/FORMAT.md has the form.

use crate::{
    disk::{Disk, failed},
    error::Result,
};
use std::{
    fs,
    io::{self, ErrorKind},
    path::Path,
    str::FromStr,
    sync::Arc,
};
use yizhang_ledger::{
    chain::ChainState,
    hash::{Hash, derive},
    head::Origin,
    tree::Frontier,
    value::{Day, LeafIndex, TreeSize, UnixMillis},
};

use super::BackupError;

pub(super) const NAME: &str = "backup";
/// Its name while it is being written.
pub(super) const UNFINISHED_NAME: &str = "backup.new";
const VERSION: &str = "yizhang-backup 1";
const CHECKSUM_CONTEXT: &str = "yizhang 2026-11-30 v1 backup manifest";
/// Largest manifest that is read: 256 chains of 4,096 segment files each.
const BYTES_MAX: u64 = 64 * 1024 * 1024;

/// What a backup holds for good.
#[derive(Clone, Debug)]
pub(super) struct Manifest {
    /// The chain that the node writes.
    pub(super) node: Origin,
    /// When the last backup into the directory came to its end; 0 before the first has.
    pub(super) made: UnixMillis,
    pub(super) chains: Vec<ChainKept>,
    pub(super) journal: Option<JournalKept>,
    pub(super) days: Vec<DayKept>,
}

/// A chain up to a signed head.
#[derive(Clone, Debug)]
pub(super) struct ChainKept {
    pub(super) state: ChainState,
    pub(super) segments: Vec<SegmentKept>,
}

/// So many bytes of a segment file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct SegmentKept {
    pub(super) first: LeafIndex,
    pub(super) bytes: u64,
}

/// The journal, one file, which each backup writes under a new number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct JournalKept {
    pub(super) number: u64,
    pub(super) entries: u64,
    pub(super) bytes: u64,
    pub(super) digest: Hash,
}

/// A day of the access log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct DayKept {
    pub(super) day: Day,
    pub(super) entries: u64,
    pub(super) bytes: u64,
    /// Hash of the last entry.
    pub(super) last: Hash,
}

impl Manifest {
    /// That of a directory in which nothing is yet.
    pub(super) const fn begun(node: Origin) -> Self {
        Self {
            node,
            made: UnixMillis(0),
            chains: Vec::new(),
            journal: None,
            days: Vec::new(),
        }
    }

    /// Reads the manifest of a directory; `None` if there is none.
    pub(super) fn read(folder: &Path) -> Result<Option<Self>, BackupError> {
        let path = folder.join(NAME);
        let length = match fs::metadata(&path) {
            Ok(found) => found.len(),
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(failed("read", &path)(error).into()),
        };
        if length > BYTES_MAX {
            return Err(BackupError::Manifest { path });
        }
        let bytes = fs::read(&path).map_err(failed("read", &path))?;
        match parse(&bytes) {
            Some(manifest) => Ok(Some(manifest)),
            None => Err(BackupError::Manifest { path }),
        }
    }

    /// Puts it in the place of the one before. A crash before leaves that one, after it this one.
    pub(super) fn write(&self, disk: &Disk, folder: &Path) -> Result<(), BackupError> {
        let path = folder.join(NAME);
        let text = self.text();
        if u64::try_from(text.len()).is_ok_and(|length| length > BYTES_MAX) {
            let error = io::Error::other("the manifest would be larger than 64 MiB");
            return Err(failed("write", &path)(error).into());
        }
        Ok(disk.replace(&path, text.as_bytes())?)
    }

    pub(super) fn chain(&self, origin: &Origin) -> Option<&ChainKept> {
        let mut chains = self.chains.iter();
        chains.find(|chain| chain.state.origin() == origin)
    }

    /// Puts a chain in the place of what was kept of it before.
    pub(super) fn put(&mut self, kept: ChainKept) {
        let mut chains = self.chains.iter_mut();
        let known = chains.find(|chain| chain.state.origin() == kept.state.origin());
        match known {
            Some(known) => *known = kept,
            None => self.chains.push(kept),
        }
    }

    fn text(&self) -> String {
        let body = self.body();
        let sum = derive(CHECKSUM_CONTEXT, &[body.as_bytes()]);
        format!("{body}checksum {sum}\n")
    }

    fn body(&self) -> String {
        let mut lines = vec![
            VERSION.to_string(),
            format!("node {}", self.node),
            format!("made {}", self.made.0),
        ];
        for ChainKept { state, segments } in &self.chains {
            lines.push(format!(
                "chain {} {} {} {} {} {}",
                state.origin(),
                state.size().0,
                state.batches(),
                state.time().0,
                state.roster(),
                state.link()
            ));
            let peaks = state.frontier().peaks();
            lines.extend(peaks.iter().map(|peak| format!("peak {peak}")));
            let segments = segments.iter();
            lines.extend(segments.map(|kept| format!("segment {} {}", kept.first.0, kept.bytes)));
        }
        if let Some(kept) = &self.journal {
            lines.push(format!(
                "journal {} {} {} {}",
                kept.number, kept.entries, kept.bytes, kept.digest
            ));
        }
        for kept in &self.days {
            lines.push(format!(
                "day {} {} {} {}",
                kept.day.number(),
                kept.entries,
                kept.bytes,
                kept.last
            ));
        }
        lines.join("\n") + "\n"
    }
}

/// Reads a manifest. What is written again in another way than it was read is none.
fn parse(bytes: &[u8]) -> Option<Manifest> {
    let text = std::str::from_utf8(bytes).ok()?;
    let mut lines = text.lines().peekable();
    if lines.next()? != VERSION {
        return None;
    }
    let node = Origin::parse(lines.next()?.strip_prefix("node ")?)?;
    let made = lines.next()?.strip_prefix("made ")?.parse().ok()?;
    let mut manifest = Manifest {
        made: UnixMillis(made),
        ..Manifest::begun(node)
    };
    while let Some(line) = lines.next() {
        let (word, rest) = line.split_once(' ')?;
        let mut fields = Words(rest);
        match word {
            "chain" => {
                let mut peaks = Vec::new();
                while let Some(peak) = lines.peek().and_then(|line| line.strip_prefix("peak ")) {
                    peaks.push(hash(peak)?);
                    lines.next();
                }
                let state = fields.state(&peaks)?;
                let segments = Vec::new();
                manifest.chains.push(ChainKept { state, segments });
            }
            "segment" => {
                let kept = SegmentKept {
                    first: LeafIndex(fields.number()?),
                    bytes: fields.number()?,
                };
                manifest.chains.last_mut()?.segments.push(kept);
            }
            "journal" => {
                manifest.journal = Some(JournalKept {
                    number: fields.number()?,
                    entries: fields.number()?,
                    bytes: fields.number()?,
                    digest: hash(fields.next()?)?,
                });
            }
            "day" => manifest.days.push(DayKept {
                day: Day::new(fields.number()?)?,
                entries: fields.number()?,
                bytes: fields.number()?,
                last: hash(fields.next()?)?,
            }),
            "checksum" => break,
            _ => return None,
        }
    }
    (manifest.text() == text).then_some(manifest)
}

/// The words of a line.
struct Words<'a>(&'a str);

impl<'a> Words<'a> {
    fn next(&mut self) -> Option<&'a str> {
        if self.0.is_empty() {
            return None;
        }
        // The last word has nothing behind it.
        let (word, rest) = self.0.split_once(' ').unwrap_or((self.0, ""));
        self.0 = rest;
        Some(word)
    }

    fn number<T: FromStr>(&mut self) -> Option<T> {
        self.next()?.parse().ok()
    }

    fn state(&mut self, peaks: &[Hash]) -> Option<ChainState> {
        let origin = Origin::parse(self.next()?)?;
        let size = TreeSize(self.number()?);
        let batches = self.number()?;
        let time = UnixMillis(self.number()?);
        let roster = self.number()?;
        let link = hash(self.next()?)?;
        let frontier = Frontier::from_peaks(size, peaks)?;
        Some(ChainState::restore(
            origin, batches, link, time, roster, frontier,
        ))
    }
}

/// 64 hexadecimal digits. That they are in lower case, writing them again shows.
fn hash(text: &str) -> Option<Hash> {
    let mut hash = [0; 32];
    if text.len() != 64 || !text.is_ascii() {
        return None;
    }
    for (at, byte) in hash.iter_mut().enumerate() {
        *byte = u8::from_str_radix(text.get(2 * at..2 * at + 2)?, 16).ok()?;
    }
    Some(Hash(hash))
}

/// What is wrong where the files fall short of the manifest.
pub(super) fn too_short(path: &Path) -> BackupError {
    let source = Arc::new(io::Error::from(ErrorKind::UnexpectedEof));
    BackupError::Store(crate::StoreError::Io {
        action: "read",
        path: path.to_path_buf(),
        source,
    })
}
