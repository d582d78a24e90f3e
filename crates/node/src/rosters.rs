//! The versions of the roster while a node runs: it works under one, and begins anew when a newer one has come.

use crate::shelf::{Shelf, ShelfError, SignedTwice};
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use tokio::sync::watch;
use yizhang_ledger::{hash::Hash, roster::Roster, value::Division};

/// Most versions of one answer, and of one publication: 2 MiB of notes at most.
pub(crate) const VERSIONS_AT_ONCE: usize = 8;

/// Tells whoever runs a node that there is a newer version than the one that it works under.
pub struct Versions {
    rosters: Arc<Rosters>,
    in_force: u64,
}

impl Versions {
    /// Of a node that works under a version.
    pub(crate) const fn new(rosters: Arc<Rosters>, in_force: u64) -> Self {
        Self { rosters, in_force }
    }

    /// Returns when there is a newer one, and durable: the node should be stopped, and started anew under it.
    pub async fn newer(&self) -> u64 {
        self.rosters.above(self.in_force).await;
        self.rosters.newest()
    }
}

/// The versions that a running node has.
pub(crate) struct Rosters {
    shelf: Mutex<Shelf>,
    note_in_force: Vec<u8>,
    /// The newest version that is kept.
    newest: watch::Sender<u64>,
    /// What each peer has told last.
    peers: Mutex<BTreeMap<Division, Told>>,
}

/// The version under which a peer works.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Told {
    /// Its number.
    pub(crate) version: u64,
    /// Whether another one of that number is held here.
    pub(crate) is_other: bool,
}

impl Rosters {
    /// Of a node that works under the newest version of a shelf.
    pub(crate) fn new(shelf: Shelf) -> Self {
        shelf.signed_twice().for_each(|twice| say(&twice));
        let newest = watch::Sender::new(shelf.newest().version);
        Self {
            note_in_force: shelf.newest_note().to_vec(),
            shelf: Mutex::new(shelf),
            newest,
            peers: Mutex::default(),
        }
    }

    /// The newest version that is kept here.
    pub(crate) fn newest(&self) -> u64 {
        *self.newest.borrow()
    }

    /// Returns when a version is kept that is above one.
    pub(crate) async fn above(&self, version: u64) {
        let mut newest = self.newest.subscribe();
        // The sender lives as long as this.
        let _ = newest.wait_for(|newest| *newest > version).await;
    }

    /// The note of the version that the node works under.
    pub(crate) fn note_in_force(&self) -> &[u8] {
        &self.note_in_force
    }

    /// The notes of the versions above one, oldest first, at most [`VERSIONS_AT_ONCE`].
    pub(crate) fn after(&self, version: u64) -> Vec<Vec<u8>> {
        let shelf = self.lock();
        let later = shelf.after(version).take(VERSIONS_AT_ONCE);
        later.map(<[u8]>::to_vec).collect()
    }

    /// The notes of all versions up to one, oldest first: they lead from the root keys that were trusted first to it.
    pub(crate) fn up_to(&self, version: u64) -> Vec<Vec<u8>> {
        let shelf = self.lock();
        let all = shelf.after(0).take_while(|note| {
            let number = Shelf::number_of(note);
            number.expect("a version that is kept was read before") <= version
        });
        all.map(<[u8]>::to_vec).collect()
    }

    /// Takes versions, oldest first, and returns the newest that is kept then.
    ///
    /// # Errors
    /// As [`Shelf::take`]; what came before the first that is not taken is kept.
    pub(crate) fn take(&self, notes: &[Vec<u8>]) -> Result<u64, ShelfError> {
        let mut shelf = self.lock();
        let mut fault = Ok(());
        for note in notes {
            if let Err(error) = shelf.take(note) {
                fault = Err(error);
                break;
            }
        }
        let newest = shelf.newest().version;
        self.newest.send_if_modified(|known| {
            let is_newer = *known < newest;
            *known = newest;
            is_newer
        });
        fault.map(|()| newest)
    }

    /// What the newest of these versions would be, without keeping any.
    ///
    /// # Errors
    /// As [`Rosters::take`].
    pub(crate) fn would_be(&self, notes: &[Vec<u8>]) -> Result<Option<Roster>, ShelfError> {
        let mut newest = self.lock().newest().clone();
        let mut next = None;
        for note in notes {
            if Shelf::number_of(note)? > newest.version {
                newest = newest.open_next(note)?;
                next = Some(newest.clone());
            }
        }
        Ok(next)
    }

    /// A peer says under which version it works, and what its hash is; none if it is of an earlier program and does not say it.
    pub(crate) fn told(&self, region: Division, version: u64, hash: Option<Hash>) -> Told {
        let held = self.lock().hash_of(version);
        let is_other = held.is_some() && hash.is_some() && held != hash;
        let told = Told { version, is_other };
        let mut peers = self.peers.lock().unwrap_or_else(PoisonError::into_inner);
        peers.insert(region, told);
        told
    }

    /// What a peer has told last; `None` of one that has told nothing.
    pub(crate) fn of(&self, region: Division) -> Option<Told> {
        let peers = self.peers.lock().unwrap_or_else(PoisonError::into_inner);
        peers.get(&region).copied()
    }

    /// The number of the first version that is kept here.
    pub(crate) fn first(&self) -> u64 {
        self.lock().first()
    }

    /// Keeps the first of these notes that contradicts a version here, as evidence against the holders of the root keys. The node goes
    /// on under the version that it has. Returns whether one does.
    ///
    /// # Errors
    /// [`ShelfError::Io`].
    pub(crate) fn keep_other(&self, notes: &[Vec<u8>]) -> Result<bool, ShelfError> {
        let mut shelf = self.lock();
        let Some(note) = notes
            .iter()
            .find(|note| shelf.contradiction(note).is_some())
        else {
            return Ok(false);
        };
        if let Some(twice) = shelf.keep_other(note)? {
            say(&twice);
        }
        Ok(true)
    }

    /// The versions of which the root keys have signed two.
    pub(crate) fn signed_twice(&self) -> Vec<SignedTwice> {
        self.lock().signed_twice().collect()
    }

    /// The two notes of each of these, the one that is held here first.
    pub(crate) fn notes_signed_twice(&self) -> Vec<(u64, [Vec<u8>; 2])> {
        let shelf = self.lock();
        let notes = shelf.notes_signed_twice();
        notes
            .map(|(version, notes)| (version, notes.map(<[u8]>::to_vec)))
            .collect()
    }

    fn lock(&self) -> MutexGuard<'_, Shelf> {
        self.shelf.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn say(
    SignedTwice {
        version,
        held,
        other,
    }: &SignedTwice,
) {
    tracing::error!(version, %held, %other, "the federation's root keys have signed two versions of the roster with one number; the other note is kept");
}
