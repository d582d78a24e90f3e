//! Resume points: how far each chain was verified, in a file of the auditor's own, so that the next run goes on from there.
//!
//! A resume point does not weaken an audit. It is bound to one source and one roster; it is taken up only if its tree has the
//! very root and size of a head that the roster's keys have signed; and the report says which run verified which part.
//! Whoever does not trust the file deletes it and audits from the start.

use crate::{
    boundary::{Boundaries, Boundary, HexHash},
    error::AuditError,
    finding::{FINDINGS_MAX, Finding},
    replay::{Replay, VerifiedPart},
    report::{Part, RosterName},
    segments::Position,
    tally::Tally,
};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use std::{
    collections::BTreeMap,
    fs::{self, File},
    io::{self, Read, Write},
    path::{Path, PathBuf},
    sync::{Mutex, MutexGuard, PoisonError},
};
use yizhang_ledger::{
    chain::ChainState,
    hash::{Hash, derive},
    head::{Head, Origin},
    roster::Roster,
    tree::Frontier,
    value::{TreeSize, UnixMillis},
};

/// Name and version of the layout: a line with it and a checksum of all other lines, a line on source and roster, and
/// one line for each chain, all JSON. Older than the name of the type: files that were written stay readable.
pub const RESUME_FORMAT: &str = "yizhang-audit-marks/1";
/// Largest resume file: 256 chains of about 300 KB of boundaries, and the most findings that a chain lists.
pub const RESUME_BYTES_MAX: u64 = 512 * 1_024 * 1_024;
const CHECKSUM_CONTEXT: &str = "yizhang 2026-11-23 v1 audit marks checksum";

/// The resume points of one source under one roster.
#[derive(Debug)]
pub struct ResumeFile {
    path: PathBuf,
    about: About,
    /// The line of each chain, by origin.
    lines: Mutex<BTreeMap<String, String>>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Seal {
    format: String,
    checksum: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct About {
    source: String,
    roster: RosterName,
}

#[derive(Serialize, Deserialize)]
struct ResumePoint {
    origin: String,
    batches: u64,
    size: u64,
    link: HexHash,
    time_ms: u64,
    roster: u64,
    peaks: Vec<HexHash>,
    head: String,
    next: Position,
    tally: Tally,
    boundaries: Boundaries,
    findings: Vec<Finding>,
    findings_omitted: u64,
    parts: Vec<Part>,
}

impl ResumeFile {
    /// Reads the resume points at `path`, or starts new ones where there is no file yet.
    ///
    /// # Errors
    /// [`AuditError::Read`], [`AuditError::ResumeDamaged`], [`AuditError::ResumeForeign`] if they are about another source
    /// or roster.
    pub fn open(path: &Path, source: &str, roster: &Roster) -> Result<Self, AuditError> {
        let about = About {
            source: source.to_owned(),
            roster: RosterName::of(roster),
        };
        let empty = Self {
            path: path.to_owned(),
            about,
            lines: Mutex::default(),
        };
        let Some(text) = read_bounded(path)? else {
            return Ok(empty);
        };
        let lines = empty.parse(&text)?;
        for line in lines.values() {
            empty.restore(line, roster)?;
        }
        Ok(Self {
            lines: Mutex::new(lines),
            ..empty
        })
    }

    /// Up to which size a chain was verified; a stream that goes on from here starts with the batch at this leaf.
    pub fn size(&self, origin: &Origin) -> TreeSize {
        let line = self.lock().get(origin.as_str()).cloned();
        TreeSize(
            line.and_then(|line| serde_json::from_str::<ResumePoint>(&line).ok())
                .map_or(0, |point| point.size),
        )
    }

    /// The replay of a chain, from its resume point if it has one, and where its source goes on.
    pub(crate) fn replay(
        &self,
        origin: &Origin,
        roster: &Roster,
    ) -> Result<(Replay, Option<Position>), AuditError> {
        let line = self.lock().get(origin.as_str()).cloned();
        match line {
            None => Ok((Replay::new(origin.clone()), None)),
            Some(line) => self
                .restore(&line, roster)
                .map(|(replay, next)| (replay, Some(next))),
        }
    }

    /// Sets the resume point of a chain and makes all of them durable. A chain without a verified head has none.
    pub(crate) fn set(&self, replay: &Replay, run: &str) -> Result<(), AuditError> {
        let (verified, findings, parts) = replay.resume_point(run);
        if verified.head.is_empty() {
            return Ok(());
        }
        let point = ResumePoint {
            origin: verified.state.origin().to_string(),
            batches: verified.state.batches(),
            size: verified.state.size().0,
            link: HexHash(verified.state.link()),
            time_ms: verified.state.time().0,
            roster: verified.state.roster(),
            peaks: verified
                .state
                .frontier()
                .peaks()
                .into_iter()
                .map(HexHash)
                .collect(),
            head: verified.head.clone(),
            next: verified.next,
            tally: verified.tally.clone(),
            boundaries: verified.boundaries.clone(),
            findings: findings.to_vec(),
            findings_omitted: verified.omitted,
            parts,
        };
        let line = serde_json::to_string(&point).map_err(|error| self.failed(error.into()))?;
        let mut lines = self.lock();
        lines.insert(point.origin, line);
        self.write(&lines).map_err(|error| self.failed(error))
    }

    /// A crash before the rename leaves the old file, a crash after it the new one.
    fn write(&self, lines: &BTreeMap<String, String>) -> io::Result<()> {
        let mut body = serde_json::to_string(&self.about)?;
        for line in lines.values() {
            body.push('\n');
            body.push_str(line);
        }
        let seal = Seal {
            format: RESUME_FORMAT.to_owned(),
            checksum: checksum(&body).to_string(),
        };
        let unfinished = PathBuf::from(format!("{}.new", self.path.display()));
        let mut file = File::create(&unfinished)?;
        file.write_all(format!("{}\n{body}\n", serde_json::to_string(&seal)?).as_bytes())?;
        file.sync_all()?;
        fs::rename(&unfinished, &self.path)?;
        let folder = self
            .path
            .parent()
            .filter(|folder| !folder.as_os_str().is_empty())
            .unwrap_or(Path::new("."));
        File::open(folder)?.sync_all()
    }

    fn parse(&self, text: &str) -> Result<BTreeMap<String, String>, AuditError> {
        let (seal, body) = text
            .split_once('\n')
            .ok_or_else(|| self.damaged("it has only one line"))?;
        let seal: Seal = self.json(seal)?;
        if seal.format != RESUME_FORMAT {
            return Err(self.damaged(format!(
                "its format is {}, this version reads {RESUME_FORMAT}",
                seal.format
            )));
        }
        let body = body
            .strip_suffix('\n')
            .ok_or_else(|| self.damaged("its last line is cut off"))?;
        if checksum(body).to_string() != seal.checksum {
            return Err(self.damaged("its checksum does not match"));
        }
        let mut lines = body.split('\n');
        let about = lines.next().expect("a text has a first line, empty or not");
        let about: About = self.json(about)?;
        self.check_about(&about)?;
        let mut by_origin = BTreeMap::new();
        for line in lines {
            let point: ResumePoint = self.json(line)?;
            by_origin.insert(point.origin, line.to_owned());
        }
        Ok(by_origin)
    }

    fn check_about(&self, found: &About) -> Result<(), AuditError> {
        let foreign = |what, expected: String, found: String| {
            Err(AuditError::ResumeForeign {
                path: self.path.clone(),
                what,
                expected,
                found,
            })
        };
        if found.roster != self.about.roster {
            return foreign(
                "roster",
                self.about.roster.to_string(),
                found.roster.to_string(),
            );
        }
        if found.source != self.about.source {
            return foreign("source", self.about.source.clone(), found.source.clone());
        }
        Ok(())
    }

    /// Takes a resume point up only as far as a signed head vouches for it.
    fn restore(&self, line: &str, roster: &Roster) -> Result<(Replay, Position), AuditError> {
        let point: ResumePoint = self.json(line)?;
        let origin = Origin::parse(&point.origin).filter(|origin| roster.keys(origin).is_some());
        let origin =
            origin.ok_or_else(|| self.damaged("it names a chain that the roster does not"))?;
        let size = TreeSize(point.size);
        let peaks: Vec<Hash> = point.peaks.iter().map(|peak| peak.0).collect();
        let frontier = Frontier::from_peaks(size, &peaks)
            .ok_or_else(|| self.damaged("its subtrees are incomplete"))?;
        let time = UnixMillis(point.time_ms);
        let state = ChainState::restore(
            origin,
            point.batches,
            point.link.0,
            time,
            point.roster,
            frontier,
        );
        let head = Head::open(point.head.as_bytes(), roster);
        if !head.is_ok_and(|head| *head == state.head()) {
            return Err(self.damaged(format!(
                "no signed head vouches for chain {} at {size}",
                point.origin
            )));
        }
        let counted = point.tally.batches == point.batches
            && point.tally.records.checked_add(point.batches) == Some(point.size)
            && point.boundaries.last() == Some(Boundary::of(&state))
            && point.findings.len() <= 2 * FINDINGS_MAX;
        if !counted {
            return Err(self.damaged(format!(
                "the counts of chain {} do not add up",
                point.origin
            )));
        }
        let verified = VerifiedPart {
            state,
            head: point.head,
            tally: point.tally,
            boundaries: point.boundaries,
            next: point.next,
            findings: point.findings.len(),
            omitted: point.findings_omitted,
        };
        Ok((
            Replay::resume(verified, point.findings, point.parts),
            point.next,
        ))
    }

    fn json<T: DeserializeOwned>(&self, line: &str) -> Result<T, AuditError> {
        serde_json::from_str(line).map_err(|error| self.damaged(error.to_string()))
    }

    fn damaged(&self, reason: impl Into<String>) -> AuditError {
        AuditError::ResumeDamaged {
            path: self.path.clone(),
            reason: reason.into(),
        }
    }

    fn failed(&self, source: io::Error) -> AuditError {
        AuditError::Write {
            path: self.path.clone(),
            source,
        }
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, String>> {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn checksum(body: &str) -> Hash {
    derive(CHECKSUM_CONTEXT, &[body.as_bytes()])
}

fn read_bounded(path: &Path) -> Result<Option<String>, AuditError> {
    let failed = |source| AuditError::Read {
        path: path.to_owned(),
        source,
    };
    let damaged = |reason: &str| AuditError::ResumeDamaged {
        path: path.to_owned(),
        reason: reason.to_owned(),
    };
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(failed(error)),
    };
    if file.metadata().map_err(failed)?.len() > RESUME_BYTES_MAX {
        return Err(damaged("it is larger than 512 MiB"));
    }
    let mut bytes = Vec::new();
    file.take(RESUME_BYTES_MAX)
        .read_to_end(&mut bytes)
        .map_err(failed)?;
    String::from_utf8(bytes)
        .map(Some)
        .map_err(|_| damaged("it is not UTF-8"))
}
