//! The two doors: the audit of a data directory, and of one chain from any other source.

use crate::{
    beside::{self, Remembered},
    error::AuditError,
    finding::{Code, Finding, Place},
    pipeline,
    registers::compare_registers,
    replay::Replay,
    report::{ChainReport, Report, RosterName},
    resume::ResumeFile,
    segments::{self, ChainFiles, Piece, Position, What, widen},
};
use std::{
    fmt::{self, Display},
    ops::ControlFlow,
    path::{Path, PathBuf},
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    thread,
};
use yizhang_ledger::{
    hash::derive,
    head::Origin,
    roster::Roster,
    value::{Division, TreeSize},
};

/// Chains that are replayed side by side. Each holds three windows in memory, at most 25 MiB together, twice that once
/// parsed; more chains at once would not be faster, because examination uses every core for one.
pub const CHAINS_AT_ONCE_MAX: usize = 4;
/// Bytes of a chain between two resume points: about two seconds of work that an interruption costs at most.
pub const MARK_EVERY_BYTES: u64 = 1_024 * 1_024 * 1_024;
const ROSTER_CONTEXT: &str = "yizhang 2026-11-23 v1 audit roster digest";

/// How to audit.
#[derive(Clone, Debug)]
pub struct Options {
    /// Name of this run, for the report: the caller's clock or file number.
    pub run: String,
    /// The resume file, so that an interrupted audit of this directory goes on and a later one only reads what is
    /// new. None: everything is read.
    pub resume: Option<PathBuf>,
    /// Bytes of a chain between two resume points.
    pub mark_every_bytes: u64,
    /// The region whose node has written the directory, if that is known: of its chain it holds all that its key has signed.
    pub own: Option<Division>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            run: "only run".to_owned(),
            resume: None,
            mark_every_bytes: MARK_EVERY_BYTES,
            own: None,
        }
    }
}

/// How far a chain is. Given after every window of some megabytes, from any thread.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Which chain.
    pub region: Division,
    /// Verified up to here.
    pub size: TreeSize,
    /// Records verified, those of earlier runs included.
    pub records: u64,
    /// Bytes of the verified batches, those of earlier runs included.
    pub bytes: u64,
    /// Bytes that this audit or runs before it have read, of all chains.
    pub read_bytes: u64,
    /// Bytes that there are to read, as the files were when it began; 0 for a stream. What cannot be read is passed over.
    pub total_bytes: u64,
}

/// Audits every chain of the roster in a node's data directory.
///
/// The node may be running: what it writes meanwhile is seen or not, and a batch that it is about to sign is an unsigned
/// tail. `progress` may stop the audit by returning `Break`; resume points are kept if wanted.
///
/// # Errors
/// [`AuditError::Read`] when the directory has no readable folder of chains, errors of [`ResumeFile::open`],
/// [`AuditError::Write`] for the resume file, [`AuditError::Interrupted`]. A file that cannot be read is a finding, not an error.
pub fn audit_directory(
    directory: &Path,
    roster: &Roster,
    options: &Options,
    progress: &(dyn Fn(&Progress) -> ControlFlow<()> + Sync),
) -> Result<Report, AuditError> {
    let failed = |source| AuditError::Read {
        path: directory.to_owned(),
        source,
    };
    let source = directory
        .canonicalize()
        .map_err(failed)?
        .to_string_lossy()
        .into_owned();
    let resume = options
        .resume
        .as_ref()
        .map(|path| ResumeFile::open(path, &source, roster))
        .transpose()?;
    let (chains, mut findings) = segments::list(directory, roster)?;
    let journal = beside::journal(directory);
    findings.extend(journal.accusations(roster));
    let total_bytes = chains
        .iter()
        .fold(0_u64, |sum, chain| sum.saturating_add(chain.bytes()));
    let audit = Audit {
        directory: Some(directory),
        journal,
        roster,
        options,
        resume: resume.as_ref(),
        progress,
        read_bytes: AtomicU64::new(0),
        total_bytes,
    };
    let chains = audit.all(chains)?;
    Ok(Report::new(
        source,
        RosterName::of(roster),
        chains,
        findings,
    ))
}

/// Audits one chain from pairs of batch bytes and signed head, in order; an empty head says that there is none yet.
///
/// With `resume`, the batches start at [`ResumeFile::size`] of the chain, otherwise at leaf 0. An error of the source ends the
/// replay and is a finding: what came before it is verified all the same. Registers of accounts are listed in the report, to be compared
/// with a second stream by [`compare_registers`].
///
/// # Errors
/// [`AuditError::Write`] for the resume file, [`AuditError::ResumeDamaged`], [`AuditError::Interrupted`].
pub fn audit_stream<E: Display>(
    origin: &Origin,
    batches: impl Iterator<Item = Result<(Vec<u8>, Vec<u8>), E>>,
    roster: &Roster,
    options: &Options,
    resume: Option<&ResumeFile>,
    progress: &(dyn Fn(&Progress) -> ControlFlow<()> + Sync),
) -> Result<ChainReport, AuditError> {
    let audit = Audit {
        directory: None,
        journal: Remembered::default(),
        roster,
        options,
        resume,
        progress,
        read_bytes: AtomicU64::new(0),
        total_bytes: 0,
    };
    let (replay, _) = audit.replay(origin)?;
    let place = Place::region(origin.region());
    let pieces = batches.flat_map(move |pair| {
        let piece = |what| {
            Some(Piece {
                place: place.clone(),
                next: Position::default(),
                what,
            })
        };
        match pair {
            Ok((batch, head)) if head.is_empty() => [piece(What::Batch(batch)), None],
            Ok((batch, head)) => [piece(What::Batch(batch)), piece(What::Head(head))],
            Err(error) => {
                let text = format!("the source ended with an error: {error}");
                [
                    piece(What::Lost(Finding::fault(Code::SourceFailed, &place, text))),
                    None,
                ]
            }
        }
    });
    audit.one(pieces.flatten(), replay)
}

/// Batches of a stream that are examined one by one after its chain could not be followed: enough to see what sort of damage it is.
const BEYOND_BATCHES_MAX: u64 = 1_024;
/// Bytes of them: a minute at 10 Mbit/s.
const BEYOND_BYTES_MAX: u64 = 64 * 1_024 * 1_024;

/// What the chains of an audit have in common.
struct Audit<'a> {
    /// The data directory; none for a stream.
    directory: Option<&'a Path>,
    /// What the journal in it remembers.
    journal: Remembered,
    roster: &'a Roster,
    options: &'a Options,
    resume: Option<&'a ResumeFile>,
    progress: &'a (dyn Fn(&Progress) -> ControlFlow<()> + Sync),
    /// Bytes read so far, what earlier runs have read counted as read.
    read_bytes: AtomicU64,
    total_bytes: u64,
}

impl Audit<'_> {
    /// Replays chains side by side, each on a thread of its own, and returns their reports in the order given.
    fn all(&self, chains: Vec<ChainFiles>) -> Result<Vec<ChainReport>, AuditError> {
        let threads = CHAINS_AT_ONCE_MAX.min(chains.len());
        let waiting = Mutex::new(chains.into_iter().enumerate());
        let done = Mutex::new(Vec::new());
        let failed = AtomicBool::new(false);
        thread::scope(|scope| {
            for _ in 0..threads {
                scope.spawn(|| {
                    while !failed.load(Ordering::Relaxed) {
                        let next = waiting
                            .lock()
                            .unwrap_or_else(PoisonError::into_inner)
                            .next();
                        let Some((number, chain)) = next else { return };
                        let result = self.directory_chain(chain);
                        failed.fetch_or(result.is_err(), Ordering::Relaxed);
                        done.lock()
                            .unwrap_or_else(PoisonError::into_inner)
                            .push((number, result));
                    }
                });
            }
        });
        let mut done = done.into_inner().unwrap_or_else(PoisonError::into_inner);
        done.sort_by_key(|(number, _)| *number);
        done.into_iter().map(|(_, result)| result).collect()
    }

    fn directory_chain(&self, chain: ChainFiles) -> Result<ChainReport, AuditError> {
        let (mut replay, from) = self.replay(&chain.origin)?;
        if chain.is_empty() && from.is_none() {
            let place = Place::region(chain.origin.region());
            replay.remark(Finding::note(
                Code::NoData,
                &place,
                "the roster names this chain, and nothing of it is here: it was never fetched or written, or all its files are gone",
            ));
        }
        if let Some(directory) = self.directory {
            match beside::seen(directory, &chain.origin) {
                Ok(note) => replay.remember(note, self.roster),
                Err(finding) => replay.remark(*finding),
            }
        }
        let own = self.options.own;
        replay.remember_size(self.journal.size(&chain.origin, self.roster, own));
        // From nowhere is from the start.
        let earlier = chain.bytes_before(from.unwrap_or_default());
        self.read_bytes.fetch_add(earlier, Ordering::Relaxed);
        let (region, again) = (chain.origin.region(), chain.clone());
        let mut report = self.one(chain.read(from), replay)?;
        let reading = self.reading_again(region, &report);
        compare_registers(&mut report, again.batches(), &|| (self.progress)(&reading))?;
        Ok(report)
    }

    /// How far a chain is that is read a second time.
    fn reading_again(&self, region: Division, report: &ChainReport) -> Progress {
        Progress {
            region,
            size: TreeSize(report.size),
            records: report.verified.records,
            bytes: report.verified.bytes,
            read_bytes: self.read_bytes.load(Ordering::Relaxed),
            total_bytes: self.total_bytes,
        }
    }

    fn replay(&self, origin: &Origin) -> Result<(Replay, Option<Position>), AuditError> {
        match self.resume {
            Some(resume) => resume.replay(origin, self.roster),
            None => Ok((Replay::new(origin.clone()), None)),
        }
    }

    fn one(
        &self,
        pieces: impl Iterator<Item = Piece>,
        mut replay: Replay,
    ) -> Result<ChainReport, AuditError> {
        let run = &self.options.run;
        let mut marked_bytes = replay.verified().tally.bytes;
        let mut failure = None;
        let pieces = pieces.inspect(|piece| {
            self.read_bytes
                .fetch_add(widen(piece.bytes()), Ordering::Relaxed);
        });
        let mut beyond = Beyond::of(self.directory);
        let flow = pipeline::run(pieces, &mut replay, self.roster, |replay| {
            if beyond.is_over(replay, self.read_bytes.load(Ordering::Relaxed)) {
                return ControlFlow::Break(());
            }
            let bytes = replay.verified().tally.bytes;
            if bytes.saturating_sub(marked_bytes) >= self.options.mark_every_bytes {
                marked_bytes = bytes;
                failure = self.keep_resume_point(replay, run).err();
            }
            match failure {
                Some(_) => ControlFlow::Break(()),
                None => (self.progress)(&self.progress_of(replay)),
            }
        });
        if let Some(error) = failure {
            return Err(error);
        }
        self.keep_resume_point(&replay, run)?;
        if beyond.is_cut {
            let place = Place::region(replay.verified().state.origin().region());
            let text =
                "the source goes on although the chain cannot be followed: nothing more was read";
            replay.remark(Finding::fault(Code::SourceEndless, &place, text));
            return Ok(replay.finish(run, self.roster));
        }
        match flow {
            ControlFlow::Continue(()) => Ok(replay.finish(run, self.roster)),
            ControlFlow::Break(()) => Err(AuditError::Interrupted),
        }
    }

    fn keep_resume_point(&self, replay: &Replay, run: &str) -> Result<(), AuditError> {
        self.resume.map_or(Ok(()), |resume| resume.set(replay, run))
    }

    fn progress_of(&self, replay: &Replay) -> Progress {
        let verified = replay.verified();
        Progress {
            region: verified.state.origin().region(),
            size: verified.state.size(),
            records: verified.tally.records,
            bytes: verified.tally.bytes,
            read_bytes: self.read_bytes.load(Ordering::Relaxed),
            total_bytes: self.total_bytes,
        }
    }
}

/// How much of a stream is read after the point at which its chain could not be followed. Files have an end; a stream has one only
/// if the node that sends it wants one.
struct Beyond {
    is_stream: bool,
    /// Bytes read of the source when it could first not be followed.
    from_bytes: Option<u64>,
    /// Whether it was cut off.
    is_cut: bool,
}

impl Beyond {
    fn of(directory: Option<&Path>) -> Self {
        Self {
            is_stream: directory.is_none(),
            from_bytes: None,
            is_cut: false,
        }
    }

    /// Whether enough has been read.
    fn is_over(&mut self, replay: &Replay, read_bytes: u64) -> bool {
        if self.is_stream && replay.is_stopped() {
            let from = *self.from_bytes.get_or_insert(read_bytes);
            let bytes = read_bytes.saturating_sub(from);
            self.is_cut = bytes >= BEYOND_BYTES_MAX || replay.beyond() >= BEYOND_BATCHES_MAX;
        }
        self.is_cut
    }
}

impl RosterName {
    /// The name of a roster.
    pub fn of(roster: &Roster) -> Self {
        Self {
            federation: roster.federation.clone(),
            version: roster.version,
            digest: derive(ROSTER_CONTEXT, &[roster.text().as_bytes()]).to_string(),
        }
    }
}

impl fmt::Display for RosterName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} version {} ({:.16})",
            self.federation, self.version, self.digest
        )
    }
}
