//! Who is reading whole chains: each party has a few places that nobody else takes up, and a slow reader makes room when
//! somebody else waits.

use crate::{
    party::{Class, Party},
    refusal::Refusal,
};
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::{sync::Notify, time::Instant};

/// Chains that are read out at once to one class: each holds a thread and a few batches.
const fn readings_of(class: Class) -> usize {
    match class {
        // An agency audits its own node now and then.
        Class::Own => 4,
        Class::Peer => 64,
        Class::Other => 16,
    }
}

/// Chains that are read out at once to one party.
const fn readings_of_one(class: Class) -> usize {
    match class {
        // An audit reads one chain after another; a second one may look at the same time.
        Class::Own | Class::Other => 2,
        // As many as a node fetches from one peer, and some that are just ending.
        Class::Peer => yizhang_replica::limits::FETCHES_PER_PEER_MAX + 2,
    }
}

/// Of these each peer has as many even when all others read what they may: nobody takes them up.
const PEER_READINGS_KEPT: usize = 2;
/// How long a batch may wait for its reader before it counts as slow: 3 MiB at 5 Mbit/s.
const SLOW_WAIT: Duration = Duration::from_secs(5);
/// How long somebody reads before its rate says something.
const RATE_WINDOW: Duration = Duration::from_secs(10);
/// Below this rate a reader is slow, in bytes a second: a tenth of the slowest line that a node is meant for.
const RATE_MIN: u64 = 64 * 1_024;

/// The readers of a node.
#[derive(Default)]
pub(crate) struct Readers(Mutex<Rows>);

#[derive(Default)]
struct Rows {
    next: u64,
    /// By number, so the oldest first.
    reading: BTreeMap<u64, Row>,
}

struct Row {
    party: Party,
    began: Instant,
    bytes: u64,
    /// Since when a batch waits for the reader.
    waits_since: Option<Instant>,
    makes_room: Arc<Notify>,
}

impl Row {
    fn is_slow(&self, now: Instant) -> bool {
        let waits = self
            .waits_since
            .is_some_and(|since| now - since >= SLOW_WAIT);
        let reads = now - self.began;
        waits || (reads >= RATE_WINDOW && self.bytes < RATE_MIN * reads.as_secs())
    }
}

impl Readers {
    /// A place to read from, if need be that of somebody who is slow.
    ///
    /// # Errors
    /// [`Refusal::Busy`].
    pub(crate) fn begin(self: &Arc<Self>, party: &Party) -> Result<Reading, Refusal> {
        let mut rows = self.lock();
        let now = Instant::now();
        let of_party = rows.count(|row| row.party == *party);
        let of_class = rows.count(|row| row.party.class == party.class);
        let crowd: Option<Crowd> = if of_party >= readings_of_one(party.class) {
            Some(Crowd::Party)
        } else if party.class == Class::Peer && of_party < PEER_READINGS_KEPT {
            None
        } else if of_class >= readings_of(party.class) {
            Some(Crowd::Class)
        } else {
            None
        };
        if let Some(crowd) = crowd {
            let slow = rows.slowest(party, crowd, now).ok_or(Refusal::Busy {
                what: "chains are being read",
            })?;
            if let Some(row) = rows.reading.remove(&slow) {
                row.makes_room.notify_one();
            }
        }
        Ok(rows.begin(self, party, now))
    }

    fn lock(&self) -> MutexGuard<'_, Rows> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Among whom somebody has to make room.
#[derive(Clone, Copy)]
enum Crowd {
    Party,
    Class,
}

impl Rows {
    fn count(&self, is_meant: impl Fn(&Row) -> bool) -> usize {
        self.reading.values().filter(|row| is_meant(row)).count()
    }

    /// The slow reader that has read least in all of its time.
    fn slowest(&self, party: &Party, crowd: Crowd, now: Instant) -> Option<u64> {
        let mut slow: Vec<(&u64, &Row)> = self.reading.iter().collect();
        slow.retain(|(_, row)| match crowd {
            Crowd::Party => row.party == *party,
            Crowd::Class => row.party.class == party.class,
        });
        slow.retain(|(_, row)| row.is_slow(now));
        let slowest = slow.into_iter().min_by_key(|(_, row)| row.bytes);
        slowest.map(|(number, _)| *number)
    }

    fn begin(&mut self, readers: &Arc<Readers>, party: &Party, now: Instant) -> Reading {
        let number = self.next;
        self.next += 1;
        let makes_room = Arc::new(Notify::new());
        let row = Row {
            party: party.clone(),
            began: now,
            bytes: 0,
            waits_since: None,
            makes_room: Arc::clone(&makes_room),
        };
        self.reading.insert(number, row);
        Reading {
            readers: Arc::clone(readers),
            number,
            makes_room,
        }
    }
}

/// Somebody who reads; the place is free again when this is dropped.
pub(crate) struct Reading {
    readers: Arc<Readers>,
    number: u64,
    makes_room: Arc<Notify>,
}

impl Reading {
    /// A batch is ready for the reader.
    pub(crate) fn waits(&self) {
        self.change(|row| row.waits_since = Some(Instant::now()));
    }

    /// The reader has taken a batch of so many bytes.
    pub(crate) fn took(&self, bytes: usize) {
        let bytes = u64::try_from(bytes).expect("an address has at most 64 bits");
        self.change(|row| {
            row.waits_since = None;
            row.bytes += bytes;
        });
    }

    /// Returns when the reader has to make room for another.
    pub(crate) async fn makes_room(&self) {
        self.makes_room.notified().await;
    }

    fn change(&self, change: impl FnOnce(&mut Row)) {
        let mut rows = self.readers.lock();
        if let Some(row) = rows.reading.get_mut(&self.number) {
            change(row);
        }
    }
}

impl Drop for Reading {
    fn drop(&mut self) {
        self.readers.lock().reading.remove(&self.number);
    }
}

#[cfg(test)]
mod tests;
