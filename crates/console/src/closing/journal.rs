//! The journal of the daily closing: a line for each submission, below the console's folder.

use crate::{desk::Fate, shared::Shared};
use serde::{Deserialize, Serialize};
use std::{
    collections::BTreeMap,
    fs::{File, OpenOptions},
    io::{self, BufRead as _, BufReader, Read as _, Seek as _, SeekFrom, Write as _},
    os::unix::fs::OpenOptionsExt as _,
    path::PathBuf,
};
use yizhang_ledger::{batch::RecordBlock, record::Record};

/// The file.
const FILE: &str = "closing.jsonl";
/// Most of it that is read: some hundred thousand submissions.
const BYTES_MAX: u64 = 64 * 1_024 * 1_024;
/// Its owner alone reads it.
const MODE: u32 = 0o600;

/// How a submission has come to where it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum How {
    /// It was sent, and added to the chain.
    #[default]
    Accepted,
    /// It was sent by another clerk, and approved here.
    Approved,
    /// It was sent, and had been in the chain before.
    There,
    /// It was sent, and waits for a second clerk.
    Waits,
    /// It was sent, and a second clerk has refused it.
    Refused,
}

impl How {
    pub(super) const fn of(fate: Fate) -> Self {
        match fate {
            Fate::Accepted => Self::Accepted,
            Fate::There => Self::There,
            Fate::Waits => Self::Waits,
            Fate::Refused => Self::Refused,
        }
    }

    /// Whether it is counted somewhere in a closing.
    pub(super) const fn counts(self) -> bool {
        matches!(self, Self::Accepted | Self::Approved | Self::Waits)
    }
}

/// A submission, as it is noted.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Noted {
    /// The day on which that was said of it, as a number.
    pub(super) day: u32,
    /// The import that it was part of; empty in lines of before, each of which is of a whole import.
    #[serde(default)]
    pub(super) import: String,
    /// Its number; empty in lines of before.
    #[serde(default)]
    pub(super) submission: String,
    #[serde(default)]
    pub(super) how: How,
    pub(super) totals: Vec<Total>,
}

/// What records of one scheme at one place come to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Total {
    /// The kind of record, by its code.
    pub(super) kind: String,
    /// The scheme, as `hrss:110`; empty where a record is about none.
    pub(super) scheme: String,
    /// The place, six digits; empty where a record is about none.
    pub(super) place: String,
    /// How many records.
    pub(super) records: u64,
    /// What is due by them, in fen.
    pub(super) due_fen: i128,
    /// What was paid, in fen.
    pub(super) paid_fen: i128,
}

/// What the records of a submission come to, by kind, scheme and place.
pub(super) fn totals(records: &[u8]) -> Vec<Total> {
    let mut totals: BTreeMap<[String; 3], Total> = BTreeMap::new();
    let read = RecordBlock::parse_with(records.to_vec(), |record| {
        let (place, due, paid) = match record {
            Record::Contribution(_, fields) => {
                let both = |shares: yizhang_ledger::record::Shares| {
                    i128::from(shares.unit.get()) + i128::from(shares.person.get())
                };
                let place = fields.place.to_string();
                (place, both(fields.due), both(fields.paid))
            }
            _ => (String::new(), 0, 0),
        };
        let kind = record.kind().to_string();
        let scheme = record
            .scheme()
            .map(|scheme| scheme.to_string())
            .unwrap_or_default();
        let key = [kind.clone(), scheme.clone(), place.clone()];
        let total = totals.entry(key).or_insert_with(|| Total {
            kind,
            scheme,
            place,
            ..Total::default()
        });
        total.records += 1;
        total.due_fen += due;
        total.paid_fen += paid;
    });
    // The node has taken it: what it cannot have taken comes to nothing.
    if read.is_err() {
        return Vec::new();
    }
    totals.into_values().collect()
}

/// The journal of a console.
pub(super) struct Journal {
    path: PathBuf,
}

impl Journal {
    pub(super) fn of(shared: &Shared) -> Self {
        Self {
            path: shared.folder.join(FILE),
        }
    }

    #[cfg(test)]
    pub(super) fn at(path: PathBuf) -> Self {
        Self { path }
    }

    /// Adds a line, durably.
    ///
    /// # Errors
    /// Of the disk.
    pub(super) fn add(&self, noted: &Noted) -> io::Result<()> {
        let mut line = Vec::new();
        if let Some(folder) = self.path.parent() {
            std::fs::create_dir_all(folder)?;
        }
        let mut file = OpenOptions::new()
            .read(true)
            .append(true)
            .create(true)
            .mode(MODE)
            .open(&self.path)?;
        if is_torn(&mut file)? {
            // The line before was not written to its end: this one does not hang on to it.
            line.push(b'\n');
        }
        serde_json::to_writer(&mut line, noted)?;
        line.push(b'\n');
        // One write: after a power cut a line stands there whole, or is passed over.
        file.write_all(&line)?;
        file.sync_data()
    }

    /// What was noted, in its order. A line that was not written to its end is none.
    ///
    /// # Errors
    /// Of the disk.
    pub(super) fn read(&self) -> io::Result<Vec<Noted>> {
        let file = match File::open(&self.path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(error),
        };
        let mut noted = Vec::new();
        for line in BufReader::new(file.take(BYTES_MAX)).split(b'\n') {
            if let Ok(one) = serde_json::from_slice(&line?) {
                noted.push(one);
            }
        }
        Ok(noted)
    }
}

/// Whether the last line of a file has no end.
fn is_torn(file: &mut File) -> io::Result<bool> {
    if file.metadata()?.len() == 0 {
        return Ok(false);
    }
    file.seek(SeekFrom::End(-1))?;
    let mut last = [0];
    file.read_exact(&mut last)?;
    Ok(last != *b"\n")
}
