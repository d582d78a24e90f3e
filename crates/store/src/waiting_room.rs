//! The waiting room: submissions that a second clerk has to approve before they enter the chain, and those that one has refused. A file
//! each in `waiting/`, replaced as a whole; docs/FORMAT.md has the bytes.
//!
//! What waits here was acknowledged as waiting and as nothing else. The store owns the files; what has to wait, and who may approve it, is
//! decided by the node.

mod file;

use crate::{
    disk::{Disk, failed},
    error::{Result, StoreError},
    number::wide,
};
use std::{
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
};
use yizhang_ledger::{
    batch::{RecordBlock, SUBMISSION_BYTES_MAX, SubmissionId},
    hash::Hash,
    value::UnixMillis,
};

/// Submissions that wait at a time: some weeks of a province whose checkers are away. Their heads are kept in memory, 300 bytes each.
pub const WAITING_MAX: usize = 4_096;
/// Bytes of their records on the disk: eighty of the largest.
pub const WAITING_BYTES_MAX: u64 = 256 * 1_024 * 1_024;
/// Refused ones that are kept, so that their makers learn of it; the oldest goes first.
pub const REFUSED_MAX: usize = 4_096;
/// Longest reason for a refusal, in bytes: a long sentence.
pub const REASON_BYTES_MAX: usize = 512;
/// After so long what waits is refused by itself: whoever sent it has gone on.
pub const WAITS_MS: u64 = 90 * DAY_MS;
/// After so long a refusal is forgotten, and the same may be sent again.
pub const REFUSED_MS: u64 = 30 * DAY_MS;
const DAY_MS: u64 = 24 * 60 * 60 * 1_000;
/// The reason of what nobody has looked at in time.
pub const EXPIRED: &str = "nobody has decided within 90 days";

/// The folder of the files in a data directory.
const FOLDER: &str = "waiting";
const SUFFIX: &str = "wait";

/// A submission that waits or was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiting {
    /// Its number, which its submitter has chosen.
    pub id: SubmissionId,
    /// Who sent it.
    pub submitter: String,
    /// SHA-256 of the certificate with which it was sent.
    pub maker: Hash,
    /// Its content digest.
    pub content: Hash,
    /// How many records it has.
    pub records: u32,
    /// When it came.
    pub came: UnixMillis,
    /// Who has refused it, if somebody has.
    pub refused: Option<Refused>,
}

/// The word of whoever has refused a submission.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// SHA-256 of their certificate; zeros where it was time that ran out.
    pub checker: Hash,
    /// When.
    pub at: UnixMillis,
    /// Why, at most [`REASON_BYTES_MAX`].
    pub reason: String,
}

/// Why a submission cannot wait here.
#[derive(Debug, thiserror::Error)]
pub enum WaitingFault {
    /// As much waits as may.
    #[error("at most {limit} {what} wait for approval, and as many do")]
    Full {
        /// Of what.
        what: &'static str,
        /// How much may wait.
        limit: u64,
    },
    /// Nothing with this number waits.
    #[error("no submission {id} waits for approval")]
    NotWaiting {
        /// The number.
        id: SubmissionId,
    },
    /// The disk.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The waiting room of a data directory. Whoever holds the directory's lock opens it, once.
pub struct WaitingRoom {
    disk: Disk,
    folder: PathBuf,
    held: BTreeMap<SubmissionId, Held>,
    /// Set when a write has failed: what is on the disk is not known any more.
    is_stopped: bool,
}

struct Held {
    waiting: Waiting,
    /// Bytes of its records on the disk; of what was refused there are none.
    bytes: u64,
}

impl WaitingRoom {
    /// Opens the waiting room of a data directory, and names the files in it that are none of its own: they are left alone.
    ///
    /// # Errors
    /// [`StoreError::Io`].
    pub fn open(data: &Path) -> Result<(Self, Vec<PathBuf>)> {
        let mut room = Self {
            disk: Disk::default(),
            folder: data.join(FOLDER),
            held: BTreeMap::new(),
            is_stopped: false,
        };
        let mut unread = Vec::new();
        let entries = match fs::read_dir(&room.folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok((room, unread)),
            Err(error) => return Err(failed("list", &room.folder)(error)),
        };
        for entry in entries {
            let path = entry.map_err(failed("list", &room.folder))?.path();
            // What a crash has left of a file that was being replaced; nobody was told of it.
            if path.extension().is_some_and(|suffix| suffix == "new") {
                room.disk.remove(&path)?;
                continue;
            }
            match file::read(&read_file(&path)?) {
                Some((waiting, records)) if path == room.path(waiting.id) => {
                    let bytes = wide(records.len());
                    room.held.insert(waiting.id, Held { waiting, bytes });
                }
                _ => unread.push(path),
            }
        }
        Ok((room, unread))
    }

    /// What is known of a submission.
    pub fn find(&self, id: SubmissionId) -> Option<&Waiting> {
        self.held.get(&id).map(|held| &held.waiting)
    }

    /// All that wait or were refused, in the order in which they came.
    pub fn list(&self) -> Vec<&Waiting> {
        let mut list: Vec<_> = self.held.values().map(|held| &held.waiting).collect();
        list.sort_by_key(|waiting| (waiting.came, waiting.id));
        list
    }

    /// Takes a submission in. Durable when it returns.
    ///
    /// # Errors
    /// [`WaitingFault::Full`], [`WaitingFault::Store`].
    pub fn take(
        &mut self,
        waiting: &Waiting,
        block: &RecordBlock,
    ) -> std::result::Result<(), WaitingFault> {
        let waits = self.held.values().filter(|held| is_waiting(held));
        let (count, bytes) = waits.fold((0_usize, 0_u64), |(count, bytes), held| {
            (count + 1, bytes + held.bytes)
        });
        if count >= WAITING_MAX {
            return Err(full("submissions", wide(WAITING_MAX)));
        }
        if bytes + wide(block.bytes().len()) > WAITING_BYTES_MAX {
            return Err(full("bytes", WAITING_BYTES_MAX));
        }
        self.write(waiting, block.bytes())?;
        Ok(())
    }

    /// The records of a submission that waits.
    ///
    /// # Errors
    /// [`WaitingFault::NotWaiting`], also of one that was refused; [`WaitingFault::Store`].
    pub fn block(&self, id: SubmissionId) -> std::result::Result<RecordBlock, WaitingFault> {
        let not_waiting = WaitingFault::NotWaiting { id };
        let Some(held) = self.held.get(&id).filter(|held| is_waiting(held)) else {
            return Err(not_waiting);
        };
        let bytes = read_file(&self.path(id))?;
        let records = file::read(&bytes).map(|(_, records)| records.to_vec());
        let block = records.and_then(|records| RecordBlock::parse(records).ok());
        match block {
            Some(block) if block.content_digest() == held.waiting.content => Ok(block),
            // Another file than was written.
            _ => Err(not_waiting),
        }
    }

    /// Refuses a submission that waits; its records are kept no longer. Durable when it returns.
    ///
    /// # Errors
    /// [`WaitingFault::NotWaiting`], [`WaitingFault::Store`].
    pub fn refuse(
        &mut self,
        id: SubmissionId,
        refused: Refused,
    ) -> std::result::Result<(), WaitingFault> {
        let held = self.held.get(&id).filter(|held| is_waiting(held));
        let held = held.ok_or(WaitingFault::NotWaiting { id })?;
        let waiting = Waiting {
            refused: Some(refused),
            ..held.waiting.clone()
        };
        self.write(&waiting, &[])?;
        Ok(())
    }

    /// Forgets a submission: it stands in the chain now.
    ///
    /// # Errors
    /// [`StoreError::Io`], [`StoreError::Stopped`].
    pub fn remove(&mut self, id: SubmissionId) -> Result<()> {
        self.check()?;
        if self.held.remove(&id).is_some() {
            // A crash before leaves the file; what it holds is found in the chain and removed then.
            let removed = self.disk.remove(&self.path(id));
            self.is_stopped = removed.is_err();
            removed?;
        }
        Ok(())
    }

    /// Refuses what has waited too long, and forgets refusals that are old or too many.
    ///
    /// # Errors
    /// [`StoreError::Io`], [`StoreError::Stopped`].
    pub fn sweep(&mut self, now: UnixMillis) -> std::result::Result<(), WaitingFault> {
        let is_over = |since: UnixMillis, ms: u64| now.0.saturating_sub(since.0) > ms;
        let (mut expired, mut refused) = (Vec::new(), Vec::new());
        for held in self.held.values() {
            match &held.waiting.refused {
                None if is_over(held.waiting.came, WAITS_MS) => expired.push(held.waiting.id),
                None => {}
                Some(word) => refused.push((word.at, held.waiting.id)),
            }
        }
        refused.sort_unstable();
        let too_many = refused.len().saturating_sub(REFUSED_MAX);
        for (place, (at, id)) in refused.into_iter().enumerate() {
            if place < too_many || is_over(at, REFUSED_MS) {
                self.remove(id)?;
            }
        }
        for id in expired {
            let word = Refused {
                checker: Hash::ZERO,
                at: now,
                reason: EXPIRED.to_string(),
            };
            self.refuse(id, word)?;
        }
        Ok(())
    }

    fn write(&mut self, waiting: &Waiting, records: &[u8]) -> Result<()> {
        self.check()?;
        let bytes = file::write(waiting, records);
        let path = self.path(waiting.id);
        // A crash before the name is there leaves what was there before, or nothing; nobody was told.
        let written = self
            .disk
            .create_folder(&self.folder)
            .and_then(|()| self.disk.replace(&path, &bytes));
        self.is_stopped = written.is_err();
        written?;
        let held = Held {
            waiting: waiting.clone(),
            bytes: wide(records.len()),
        };
        self.held.insert(waiting.id, held);
        Ok(())
    }

    fn check(&self) -> Result<()> {
        if self.is_stopped {
            return Err(StoreError::Stopped {
                reason: "a submission that waits for approval could not be written".into(),
            });
        }
        Ok(())
    }

    fn path(&self, id: SubmissionId) -> PathBuf {
        self.folder.join(format!("{id}.{SUFFIX}"))
    }
}

fn is_waiting(held: &Held) -> bool {
    held.waiting.refused.is_none()
}

const fn full(what: &'static str, limit: u64) -> WaitingFault {
    WaitingFault::Full { what, limit }
}

/// A file of the room, or as much of it as none of them has: it is none of them then.
fn read_file(path: &Path) -> Result<Vec<u8>> {
    use io::Read as _;
    let limit = wide(SUBMISSION_BYTES_MAX + file::HEAD_BYTES_MAX + 1);
    let mut bytes = Vec::new();
    let read = fs::File::open(path).and_then(|file| file.take(limit).read_to_end(&mut bytes));
    read.map_err(failed("read", path))?;
    Ok(bytes)
}
