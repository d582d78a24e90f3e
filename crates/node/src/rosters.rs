//! The versions of the roster while a node runs: it works under one, and begins anew when a newer one has come.

use crate::shelf::{Shelf, ShelfError};
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use tokio::sync::watch;
use yizhang_ledger::{roster::Roster, value::Division};

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
    /// The version that each peer has told last.
    peers: Mutex<BTreeMap<Division, u64>>,
}

impl Rosters {
    /// Of a node that works under the newest version of a shelf.
    pub(crate) fn new(shelf: Shelf) -> Self {
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

    /// A peer says under which version it works.
    pub(crate) fn told(&self, region: Division, version: u64) {
        let mut peers = self.peers.lock().unwrap_or_else(PoisonError::into_inner);
        peers.insert(region, version);
    }

    /// The version that a peer has told last; `None` of one that has told none.
    pub(crate) fn of(&self, region: Division) -> Option<u64> {
        let peers = self.peers.lock().unwrap_or_else(PoisonError::into_inner);
        peers.get(&region).copied()
    }

    fn lock(&self) -> MutexGuard<'_, Shelf> {
        self.shelf.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
