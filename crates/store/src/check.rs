//! Checking a whole data directory without changing it, and building the index again.

use crate::{
    Options, Store,
    disk::failed,
    error::{Damage, DamageFault, IndexFault, MarkerFault, RegisterFileFault, Result, StoreError},
    index::load,
    journal,
    lock::Lock,
    lost::Lost,
    marker,
    number::wide,
    register::check_registers,
    replay::{Halt, Step, replay},
    report::{Opened, Truncated},
    seen::{self, Noted},
    segments::{ChainFolder, FrameReader, Place, has_frame_after},
};
use std::{
    fmt, fs,
    io::{self, Read},
    path::{Path, PathBuf},
};
use yizhang_ledger::{
    batch::Batch,
    chain::ChainState,
    entry::Kind,
    head::Origin,
    record::{AccessDigest, Record},
    segment::{FILE_HEADER_BYTES, FrameFault},
    value::{LeafIndex, TreeSize},
};

mod index;
use index::IndexCheck;

/// Roots of access logs that a check keeps of one chain: those of forty years of days.
pub const ACCESS_DIGESTS_MAX: usize = 16_384;

/// How far a long work has come.
#[derive(Clone, Copy, Debug)]
pub struct Progress<'a> {
    /// The chain that is being read.
    pub origin: &'a Origin,
    /// Leaves of it read so far.
    pub leaves: u64,
    /// Bytes of it read so far, and all its bytes.
    pub bytes: u64,
    /// All its bytes.
    pub bytes_total: u64,
}

/// What a check found.
#[derive(Clone, Debug, Default)]
pub struct CheckReport {
    /// Each chain, as far as it is good.
    pub chains: Vec<ChainChecked>,
    /// Entries of the journal.
    pub journal_entries: u64,
    /// Postings of the index, if it could be read.
    pub index_entries: Option<u64>,
    /// Roots of access logs in the chains, up to [`ACCESS_DIGESTS_MAX`] of each, with the chain.
    pub access_digests: Vec<(Origin, AccessDigest)>,
    /// Everything that is not as it should be.
    pub findings: Vec<Finding>,
}

/// A chain as far as it is good.
#[derive(Clone, Debug)]
pub struct ChainChecked {
    /// The chain.
    pub origin: Origin,
    /// Leaves up to the first fault.
    pub size: TreeSize,
    /// Batches up to there.
    pub batches: u64,
    /// Bytes of the segment files.
    pub bytes: u64,
    /// The size that the journal remembers it had when its files were found to hold less; none if that never was.
    pub lost: Option<TreeSize>,
}

/// Something that is not as it should be.
#[derive(Clone, Debug)]
pub enum Finding {
    /// There is no `format` file: perhaps no data directory.
    NoMarker(PathBuf),
    /// The `format` file.
    Marker(PathBuf, MarkerFault),
    /// A chain is damaged.
    Chain(Damage),
    /// The end of a chain is an unfinished write.
    TornChain(Origin, Truncated),
    /// A chain is shorter than a signed head of it that was durable here: whole files are missing, or the end of one.
    Short {
        /// The chain.
        origin: Origin,
        /// The size of that head.
        seen: TreeSize,
        /// What is here.
        size: TreeSize,
    },
    /// What is noted as the newest head of a chain is no head of it: nobody can tell any more whether the chain is shorter.
    NotedHead {
        /// The chain.
        origin: Origin,
        /// The file.
        path: PathBuf,
    },
    /// A chain is shorter than the journal says that it was when its files were first found to hold less.
    BehindJournal {
        /// The chain.
        origin: Origin,
        /// Its size by the journal.
        lost: TreeSize,
        /// What is here.
        size: TreeSize,
    },
    /// A chain is shorter than the index says that it was: whole files are missing, or the end of one.
    BehindIndex {
        /// The chain.
        origin: Origin,
        /// Its size by the index.
        indexed: TreeSize,
        /// What is here.
        size: TreeSize,
    },
    /// The journal is damaged, or its end is an unfinished write.
    Journal(PathBuf, u64, FrameFault),
    /// The index is missing, damaged, or not that of these segments.
    Index(IndexFault),
    /// The register of a chain is damaged, or not that of its segments.
    Register(PathBuf, RegisterFileFault),
    /// A file that this software did not put there.
    Stray(PathBuf),
}

impl Finding {
    /// Whether durable facts are concerned, rather than something that the next start puts right by itself.
    pub const fn is_damage(&self) -> bool {
        match self {
            Self::NoMarker(_)
            | Self::Marker(..)
            | Self::Chain(_)
            | Self::Short { .. }
            | Self::NotedHead { .. }
            | Self::BehindIndex { .. }
            | Self::BehindJournal { .. }
            | Self::Journal(..) => true,
            Self::TornChain(..) | Self::Index(_) | Self::Register(..) | Self::Stray(_) => false,
        }
    }

    /// What to do about it.
    pub const fn remedy(&self) -> &'static str {
        match self {
            Self::NoMarker(_) => {
                "check the path; if it is right, starting the node writes the file again"
            }
            Self::Marker(_, MarkerFault::Version { .. }) => {
                "use the version that wrote the directory, or a later one"
            }
            Self::Marker(_, MarkerFault::Changed) => {
                "delete the file: starting the node writes it again and builds the index again"
            }
            Self::Chain(_) => {
                "stop the node, move the chain's folder out of the data directory and start again: the chain is fetched \
                 from the peers that mirror it; keep the folder until that is done. Test the disk"
            }
            Self::Short { .. } | Self::BehindIndex { .. } | Self::BehindJournal { .. } => {
                "put the missing files back if you have them. Otherwise start the node while its peers run: it fetches what \
                 is missing from them, and signs nothing of its own chain before that. Do not use --start-alone"
            }
            Self::NotedHead { .. } => {
                "nothing: the node writes it again. Compare the size of the chain with what its peers show of it. Test the disk"
            }
            Self::TornChain(..) => "nothing: the next start cuts it off, nobody was told of it",
            Self::Journal(..) => {
                "if it is the end of the last file, nothing: the next start cuts it off. Otherwise move the file away; \
                 heads and rosters are learned again from the peers. Test the disk"
            }
            Self::Index(_) => {
                "nothing: the next start builds it again, as does `yizhang node rebuild-index`"
            }
            Self::Register(..) => {
                "nothing: it is made again when it is next used, or by `yizhang node rebuild-index`"
            }
            Self::Stray(_) => "move the file away",
        }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoMarker(path) => write!(f, "{} is missing", path.display()),
            Self::Marker(path, fault) => write!(f, "{}: {fault}", path.display()),
            Self::Chain(damage) => {
                let Damage {
                    origin,
                    file,
                    offset,
                    fault,
                } = damage;
                write!(
                    f,
                    "{origin}: {} is damaged at byte {offset}: {fault}",
                    file.display()
                )
            }
            Self::TornChain(origin, torn) => write!(
                f,
                "{origin}: the last {} bytes of {}, from byte {}, are an unfinished write",
                torn.bytes,
                torn.file.display(),
                torn.length
            ),
            Self::Short { origin, seen, size } => write!(
                f,
                "{origin}: {size} entries are here, and a signed head of {seen} was: files of the chain are missing"
            ),
            Self::NotedHead { origin, path } => write!(
                f,
                "{origin}: {} is not a head of the chain; whether the chain has lost anything cannot be told from it",
                path.display()
            ),
            Self::BehindJournal { origin, lost, size } => write!(
                f,
                "{origin}: {size} entries are here, and the journal remembers {lost}: files of the chain are missing"
            ),
            Self::BehindIndex {
                origin,
                indexed,
                size,
            } => write!(
                f,
                "{origin}: {size} entries are here, and the index has {indexed}: files of the chain are missing"
            ),
            Self::Journal(path, offset, fault) => {
                write!(f, "{} at byte {offset}: {fault}", path.display())
            }
            Self::Index(fault) => write!(f, "index: {fault}"),
            Self::Register(path, fault) => write!(f, "{}: {fault}", path.display()),
            Self::Stray(path) => write!(f, "{} does not belong here", path.display()),
        }
    }
}

impl CheckReport {
    /// Whether every durable fact is as it was written.
    pub fn is_sound(&self) -> bool {
        !self.findings.iter().any(Finding::is_damage)
    }
}

/// Verifies a whole data directory: every frame and checksum, every link and root, heads against the states that they
/// stand behind, the journal, and the index against all of that. Changes nothing; a copy of the index is made in the
/// folder for temporary files, because sled cannot open a database without writing to it. Signatures are for the audit:
/// there is no roster here.
///
/// # Errors
/// [`StoreError::InUse`] while a node runs, [`StoreError::Io`] for what cannot be read at all. Everything else is a
/// finding.
pub fn check(folder: &Path, progress: &dyn Fn(Progress<'_>)) -> Result<CheckReport> {
    let _lock = Lock::take_if_there(folder)?;
    let mut report = CheckReport::default();
    let origins = origins(folder, &mut report)?;
    let mut index = match IndexCheck::open(folder) {
        Ok(index) => Some(index),
        Err(fault) => {
            report.findings.push(Finding::Index(fault));
            None
        }
    };
    for (number, origin) in (0_u16..).zip(origins) {
        let chain = ChainFolder::new(folder, origin);
        check_chain(
            folder,
            &chain,
            number,
            index.as_mut(),
            progress,
            &mut report,
        )?;
    }
    if let Some(index) = index {
        report.index_entries = Some(index.entries());
        report
            .findings
            .extend(index.finish().err().map(Finding::Index));
    } else if report.chains.iter().all(|chain| chain.size.0 == 0) {
        // Nothing to index, nothing to miss.
        report
            .findings
            .retain(|finding| !matches!(finding, Finding::Index(IndexFault::Missing)));
    }
    check_journal(&folder.join("journal"), &mut report)?;
    Ok(report)
}

/// The chains by the `format` file, or where it cannot be read, by the headers of the segments.
fn origins(folder: &Path, report: &mut CheckReport) -> Result<Vec<Origin>> {
    match marker::read(folder) {
        Ok(Some(origins)) => return Ok(origins),
        Ok(None) => report
            .findings
            .push(Finding::NoMarker(folder.join(marker::NAME))),
        Err(StoreError::Marker { path, fault }) => {
            report.findings.push(Finding::Marker(path, fault));
        }
        Err(error) => return Err(error),
    }
    let mut origins = Vec::new();
    for path in entries(&folder.join("chains"))? {
        if !path.is_dir() {
            report.findings.push(Finding::Stray(path));
            continue;
        }
        let files = entries(&path)?;
        let mut found = None;
        for file in &files {
            found = found.or(origin_in(file)?);
        }
        if let Some(origin) = found {
            // What else is in its folder is looked at with the chain.
            origins.push(origin);
        } else {
            let strays = files.into_iter().filter(|path| !path.is_file());
            report.findings.extend(strays.map(Finding::Stray));
        }
    }
    Ok(origins)
}

/// What is in a folder; nothing where there is no folder.
fn entries(folder: &Path) -> Result<Vec<PathBuf>> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(failed("list", folder)(error)),
    };
    entries
        .map(|entry| Ok(entry.map_err(failed("list", folder))?.path()))
        .collect()
}

/// The chain that the header of a segment names; none where there is no file, no whole header, or no name in it. Whoever opens
/// what is no file may wait for ever.
fn origin_in(path: &Path) -> Result<Option<Origin>> {
    if !path.is_file() {
        return Ok(None);
    }
    let mut file = fs::File::open(path).map_err(failed("open", path))?;
    let mut header = [0; FILE_HEADER_BYTES];
    match file.read_exact(&mut header) {
        Ok(()) => {}
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
        Err(error) => return Err(failed("read", path)(error)),
    }
    let (_, name) = header.split_at(16);
    let name = name.split(|byte| *byte == 0).next();
    let name = name.map(std::str::from_utf8);
    Ok(name
        .and_then(std::result::Result::ok)
        .and_then(Origin::parse))
}

fn check_chain(
    data: &Path,
    chain: &ChainFolder,
    number: u16,
    mut index: Option<&mut IndexCheck>,
    progress: &dyn Fn(Progress<'_>),
    report: &mut CheckReport,
) -> Result<()> {
    let files = segments(chain, report)?;
    let bytes_total = chain.bytes(&files);
    let origin = &chain.origin;
    let mut bytes = 0;
    let mut state = ChainState::empty(origin.clone());
    let mut reader = FrameReader::new(chain.clone(), files.clone(), Place::default(), None);
    let outcome = replay(&mut reader, state.clone(), false, |step| {
        if let Step::Batch {
            extension,
            place,
            end,
        } = step
        {
            state = extension.after().clone();
            bytes += end.offset - place.offset;
            note_digests(origin, extension.batch(), &mut report.access_digests);
            if let Some(index) = index.as_deref_mut() {
                index.batch(number, &extension, place, end);
            }
            progress(Progress {
                origin,
                leaves: state.size().0,
                bytes,
                bytes_total,
            });
        }
        Ok::<(), StoreError>(())
    });
    let mut is_damaged = false;
    match outcome {
        Ok(_) => {}
        Err(Halt::Caller(error)) => return Err(error),
        Err(Halt::Damage(damage)) => {
            let finding = torn(chain, &files, &damage)?;
            is_damaged = finding.is_none();
            let finding = finding.unwrap_or(Finding::Chain(damage));
            report.findings.push(finding);
        }
    }
    let (size, batches) = (state.size(), state.batches());
    let lost = lost_size(data, origin)?;
    // Where the chain is damaged, what follows has not been read.
    if !is_damaged {
        let known = Known {
            indexed: index.map_or(TreeSize(0), |index| index.size(number)),
            lost: lost.unwrap_or_default(),
        };
        report.findings.extend(missing(data, origin, size, known)?);
        let registers = check_registers(data, chain, &files, size)?;
        let registers = registers.into_iter();
        let findings = registers.map(|(path, fault)| Finding::Register(path, fault));
        report.findings.extend(findings);
    }
    report.chains.push(ChainChecked {
        lost,
        origin: origin.clone(),
        size,
        batches,
        bytes: bytes_total,
    });
    Ok(())
}

/// The segments of a chain; what else lies there is noted.
fn segments(chain: &ChainFolder, report: &mut CheckReport) -> Result<Vec<LeafIndex>> {
    if chain.path.exists() && !chain.path.is_dir() {
        report.findings.push(Finding::Stray(chain.path.clone()));
        return Ok(Vec::new());
    }
    let files = chain.list()?;
    let strays = strays(chain, &files)?;
    report
        .findings
        .extend(strays.into_iter().map(Finding::Stray));
    Ok(files)
}

/// Keeps the roots of access logs in a batch.
fn note_digests(origin: &Origin, batch: &Batch, digests: &mut Vec<(Origin, AccessDigest)>) {
    for (_, entry) in batch.records() {
        if entry.kind != Kind::ACCESS_DIGEST {
            continue;
        }
        // Chains are read one after the other, so that a foreign one takes no place of the own.
        let of_chain = digests
            .iter()
            .rev()
            .take_while(|(known, _)| known == origin);
        if of_chain.count() >= ACCESS_DIGESTS_MAX {
            continue;
        }
        if let Ok(Record::AccessDigest(digest)) = Record::read(&entry) {
            digests.push((origin.clone(), digest));
        }
    }
}

/// The size that a chain once had here, as the journal says; none if its files were never found to hold less. What cannot be
/// read of the journal is a finding of its own.
fn lost_size(data: &Path, origin: &Origin) -> Result<Option<TreeSize>> {
    let mut lost = Lost::default();
    let folder = data.join("journal");
    for number in journal::list(&folder)? {
        let (entries, _, _) = journal::read_file(&journal::path(&folder, number), number)?;
        for (_, entry) in entries {
            lost.add(&entry, origin);
        }
    }
    Ok(lost.size)
}

/// Sizes of a chain that are known beside its files and its noted head.
#[derive(Clone, Copy)]
struct Known {
    /// By the index.
    indexed: TreeSize,
    /// By the journal, from a time when the files were found to hold less.
    lost: TreeSize,
}

/// Whether a chain is shorter than what is known of it beside its files: by a noted head, the index or the journal.
fn missing(data: &Path, origin: &Origin, size: TreeSize, known: Known) -> Result<Vec<Finding>> {
    let Known { indexed, lost } = known;
    let mut findings = Vec::new();
    let seen = match seen::noted(data, origin)? {
        Noted::Nothing => TreeSize(0),
        Noted::Head(size) => size,
        Noted::Unreadable(path) => {
            let origin = origin.clone();
            findings.push(Finding::NotedHead { origin, path });
            TreeSize(0)
        }
    };
    let origin = origin.clone();
    if seen > size {
        findings.push(Finding::Short { origin, seen, size });
    } else if indexed > size {
        findings.push(Finding::BehindIndex {
            origin,
            indexed,
            size,
        });
    } else if lost > size {
        findings.push(Finding::BehindJournal { origin, lost, size });
    }
    Ok(findings)
}

/// Whether damage is the tail that the next start would cut off.
fn torn(chain: &ChainFolder, files: &[LeafIndex], damage: &Damage) -> Result<Option<Finding>> {
    let last = files
        .last()
        .map(|last| chain.file(*last))
        .filter(|last| *last == damage.file);
    let Some(file) = last else { return Ok(None) };
    let frame = matches!(
        damage.fault,
        DamageFault::Frame(
            FrameFault::Truncated { .. } | FrameFault::Header | FrameFault::Checksum
        )
    );
    if !frame || has_frame_after(&file, damage.offset + u64::from(damage.offset > 0))? {
        return Ok(None);
    }
    let length = fs::metadata(&file).map_err(failed("open", &file))?.len();
    let truncated = Truncated {
        file,
        length: damage.offset,
        // A running node may have cut the file meanwhile: then nothing is left behind the place.
        bytes: length.saturating_sub(damage.offset),
    };
    Ok(Some(Finding::TornChain(chain.origin.clone(), truncated)))
}

/// Files in the folder of a chain that are no segments.
fn strays(chain: &ChainFolder, files: &[LeafIndex]) -> Result<Vec<PathBuf>> {
    let known: Vec<PathBuf> = files.iter().map(|first| chain.file(*first)).collect();
    let mut found = entries(&chain.path)?;
    found.retain(|path| !known.contains(path));
    Ok(found)
}

fn check_journal(folder: &Path, report: &mut CheckReport) -> Result<()> {
    for number in journal::list(folder)? {
        let path = journal::path(folder, number);
        let (entries, end, fault) = journal::read_file(&path, number)?;
        report.journal_entries += wide(entries.len());
        report
            .findings
            .extend(fault.map(|fault| Finding::Journal(path, end, fault)));
    }
    Ok(())
}

/// What a rebuild of the index did.
#[derive(Clone, Debug)]
pub struct RebuildReport {
    /// What opening found; its index is [`crate::IndexOpened::Rebuilt`] unless there was nothing to index.
    pub opened: Opened,
    /// Bytes of the new index.
    pub index_bytes: u64,
}

/// Throws the index of a data directory away, and the registers, and builds them again from the segments. Torn tails are cut off, as at any
/// start.
///
/// # Errors
/// As [`Store::open`].
pub fn rebuild_index(folder: &Path, progress: &dyn Fn(Progress<'_>)) -> Result<RebuildReport> {
    if marker::read(folder)?.is_none() {
        // A mistyped path must not become an empty data directory.
        let path = folder.join(marker::NAME);
        let source = std::sync::Arc::new(std::io::Error::from(std::io::ErrorKind::NotFound));
        return Err(StoreError::Io {
            action: "read",
            path,
            source,
        });
    }
    let (store, opened) = Store::open_with(
        folder,
        Options::new(Vec::new()),
        Some(IndexFault::Asked),
        progress,
    )?;
    store.rebuild_registers()?;
    store.close()?;
    Ok(RebuildReport {
        opened,
        index_bytes: load::bytes_under(&folder.join("index"))?,
    })
}
