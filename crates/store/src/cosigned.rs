//! What a node has cosigned, and what it knows of the cosignatures of others, as the journal keeps it. The store verifies nothing.
//!
//! An entry of kind 4 is the public key, 32 bytes, the time in seconds, 8 bytes, little endian, and the note of the head with the
//! signature of its chain alone. It takes the place of the entry before it of the same key and chain. An entry of kind 5 is the cosigned
//! heads of one chain, newest first, each a length of 4 bytes, little endian, and the note with its lines. It takes the place of the one
//! before it of the same chain.

use crate::{
    JOURNAL_ENTRY_BYTES_MAX, JournalEntry, JournalKind, Store, error::Result, number::narrow,
};
use std::collections::BTreeMap;

const KEY_BYTES: usize = 32;
const TIME_BYTES: usize = 8;
const LENGTH_BYTES: usize = 4;

/// A head that this node has cosigned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CosignedEntry {
    /// The public key.
    pub key: [u8; KEY_BYTES],
    /// The time that was signed, in seconds since 1970 UTC.
    pub seconds: u64,
    /// The note with the signature of its chain alone.
    pub note: Vec<u8>,
}

/// What the journal has of cosignatures.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cosigned {
    /// The newest head of each chain that each key of this node has cosigned.
    pub given: Vec<CosignedEntry>,
    /// Heads with lines, of others too, as they were known a while ago.
    pub received: Vec<Vec<u8>>,
}

impl CosignedEntry {
    fn to_entry(&self) -> JournalEntry {
        let time = self.seconds.to_le_bytes();
        JournalEntry {
            kind: JournalKind::COSIGNATURE_GIVEN,
            bytes: [&self.key[..], &time, &self.note].concat(),
        }
    }

    fn read(bytes: &[u8]) -> Option<Self> {
        let (key, rest) = bytes.split_first_chunk::<KEY_BYTES>()?;
        let (time, note) = rest.split_first_chunk::<TIME_BYTES>()?;
        Some(Self {
            key: *key,
            seconds: u64::from_le_bytes(*time),
            note: note.to_vec(),
        })
    }
}

/// The heads of one chain, newest first, as an entry; those that find no room in it are left out.
fn received(notes: &[Vec<u8>]) -> JournalEntry {
    let mut bytes = Vec::new();
    for note in notes {
        let length = u32::try_from(note.len()).expect("a head has at most 64 KiB");
        if bytes.len() + LENGTH_BYTES + note.len() > JOURNAL_ENTRY_BYTES_MAX {
            break;
        }
        bytes.extend_from_slice(&length.to_le_bytes());
        bytes.extend_from_slice(note);
    }
    JournalEntry {
        kind: JournalKind::COSIGNATURE_RECEIVED,
        bytes,
    }
}

/// The first note of an entry of kind 5, and what stands behind it.
fn split_note(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = bytes.split_first_chunk::<LENGTH_BYTES>()?;
    rest.split_at_checked(narrow(u32::from_le_bytes(*length).into()))
}

/// What an entry of kind 4 is about: key and chain.
pub(crate) fn subject_of_given(bytes: &[u8]) -> Option<Vec<u8>> {
    let given = CosignedEntry::read(bytes)?;
    Some([&given.key[..], first_line(&given.note)].concat())
}

/// What an entry of kind 5 is about: a chain.
pub(crate) fn subject_of_received(bytes: &[u8]) -> Option<Vec<u8>> {
    let (note, _) = split_note(bytes)?;
    Some(first_line(note).to_vec())
}

fn first_line(note: &[u8]) -> &[u8] {
    let line = note.split(|byte| *byte == b'\n').next();
    line.expect("even nothing has a first piece")
}

impl Store {
    /// Keeps heads that are about to be cosigned, with one write and one sync. Durable when it returns `Ok`; only then may a line leave.
    ///
    /// # Errors
    /// As [`Store::journal_append`].
    pub fn keep_given(&self, given: &[CosignedEntry]) -> Result<()> {
        let entries: Vec<_> = given.iter().map(CosignedEntry::to_entry).collect();
        self.journal_append_all(&entries)
    }

    /// Keeps what is known of the cosignatures of others: of each chain the heads with their lines, newest first.
    ///
    /// # Errors
    /// As [`Store::journal_append`].
    pub fn keep_received(&self, chains: &[Vec<Vec<u8>>]) -> Result<()> {
        let entries: Vec<_> = chains.iter().map(|notes| received(notes)).collect();
        self.journal_append_all(&entries)
    }

    /// What the journal has of cosignatures.
    ///
    /// # Errors
    /// [`crate::StoreError::Journal`], [`crate::StoreError::Io`], [`crate::StoreError::Stopped`].
    pub fn cosigned(&self) -> Result<Cosigned> {
        let mut given = BTreeMap::new();
        let mut received = BTreeMap::new();
        for entry in self.journal()? {
            let JournalEntry { kind, bytes } = entry?;
            if kind == JournalKind::COSIGNATURE_GIVEN
                && let Some(subject) = subject_of_given(&bytes)
            {
                given.insert(subject, bytes);
            } else if kind == JournalKind::COSIGNATURE_RECEIVED
                && let Some(subject) = subject_of_received(&bytes)
            {
                received.insert(subject, bytes);
            }
        }
        let given = given.values();
        Ok(Cosigned {
            given: given
                .filter_map(|bytes| CosignedEntry::read(bytes))
                .collect(),
            received: received
                .values()
                .flat_map(|bytes| notes_in(bytes))
                .collect(),
        })
    }
}

/// The notes of an entry of kind 5.
fn notes_in(mut bytes: &[u8]) -> Vec<Vec<u8>> {
    let mut notes = Vec::new();
    while let Some((note, rest)) = split_note(bytes) {
        notes.push(note.to_vec());
        bytes = rest;
    }
    notes
}
