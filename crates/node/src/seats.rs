//! Seats for connections that have shown a certificate: some are kept for the own agency, some for peers, and the others
//! share the rest. Whoever has most gives way to whoever has less; a connection that nobody uses ends.

use crate::party::{CLASSES, Class, Party};
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::{sync::oneshot, time::Instant};

/// Connections at a time that have shown a certificate; the node raises its limit of descriptors to what it may have.
pub(crate) const CONNECTIONS_MAX: usize = 512;
/// How long a connection may stand without a call: callers make a new one when they need it.
const IDLE_MAX: Duration = Duration::from_secs(5 * 60);

/// The seats of a class.
const fn seats_of(class: Class) -> usize {
    match class {
        // Every desk of an agency may have one open.
        Class::Own => 128,
        // As many regions as a roster may have.
        Class::Peer => yizhang_ledger::roster::REGIONS_MAX,
        Class::Other => CONNECTIONS_MAX - 128 - yizhang_ledger::roster::REGIONS_MAX,
    }
}

/// The seats of one party.
const fn seats_of_one(class: Class) -> usize {
    match class {
        // The clerks of an agency may share one certificate.
        Class::Own => seats_of(Class::Own),
        // One that watches and fetches, one that takes its seat after a break, and as many for its operator.
        Class::Peer => 4,
        // An audit reads one chain a connection.
        Class::Other => 16,
    }
}

/// Calls that every party may have under way, however many the others of its class have: more than somebody waits for at a time. A
/// class of as many parties as it has seats has 1,024 or 2,048 calls from these.
const CALLS_KEPT: usize = 8;

/// Calls under way at once, streams that nobody speaks in included. What a call receives and answers is bounded elsewhere; one that
/// does nothing costs some KiB, of which 512 streams on each of 512 connections would make gigabytes.
#[derive(Clone, Copy, Debug)]
struct Share {
    /// Of one party.
    party: usize,
    /// Of all parties of the class; beyond it each has [`CALLS_KEPT`] alone.
    class: usize,
}

const fn calls_of(class: Class) -> Share {
    match class {
        // The clerks of an agency may share one certificate, and each waits for an answer.
        Class::Own => Share {
            party: 4_096,
            class: 8_192,
        },
        // One watch, four fetches, a telling; and its operator.
        Class::Peer => Share {
            party: 64,
            class: 64 * 64,
        },
        // As many as one connection carries.
        Class::Other => Share {
            party: 512,
            class: 4 * 512,
        },
    }
}

/// The connections of a node.
#[derive(Default)]
pub(crate) struct Seats(Mutex<Rows>);

#[derive(Default)]
struct Rows {
    next: u64,
    /// By number, so the oldest first.
    taken: BTreeMap<u64, Row>,
    /// Calls under way, those of connections that have had to give way included.
    calls: BTreeMap<Party, usize>,
}

struct Row {
    party: Party,
    /// Calls under way.
    calls: usize,
    /// When the connection was made, or its last call ended.
    idle_since: Instant,
    /// Ends the connection.
    end: oneshot::Sender<()>,
}

/// Everything that the class has is in use by others who need it as much, or all that the party may have by itself.
#[derive(Debug)]
pub(crate) struct Full;

impl Seats {
    /// Takes a seat. Another connection of the same party or class may have to end for it.
    ///
    /// # Errors
    /// [`Full`].
    pub(crate) fn take(self: &Arc<Self>, party: Party) -> Result<Taken, Full> {
        let mut seats = self.lock();
        let of_party = seats.of_party(&party);
        let of_class = seats.of_class(party.class);
        if of_party >= seats_of_one(party.class) {
            let idle = seats.longest_idle(&party).ok_or(Full)?;
            seats.taken.remove(&idle);
        } else if of_class >= seats_of(party.class) {
            let victim = seats.victim(&party, of_party).ok_or(Full)?;
            seats.taken.remove(&victim);
        }
        let (end, ended) = oneshot::channel();
        let number = seats.next;
        seats.next += 1;
        let row = Row {
            party: party.clone(),
            calls: 0,
            idle_since: Instant::now(),
            end,
        };
        seats.taken.insert(number, row);
        let seat = Seat(Arc::new(Kept {
            seats: Arc::clone(self),
            number,
            party,
        }));
        Ok(Taken { seat, ended })
    }

    /// Ends the connections that nobody has used for long. Returns how many.
    pub(crate) fn end_idle(&self, now: Instant) -> usize {
        let mut seats = self.lock();
        let before = seats.taken.len();
        // What is dropped is told that it has ended.
        let is_used = |seat: &Row| seat.calls > 0 || seat.idle_since + IDLE_MAX > now;
        seats.taken.retain(|_, seat| is_used(seat));
        before - seats.taken.len()
    }

    /// How many connections there are.
    pub(crate) fn count(&self) -> usize {
        self.lock().taken.len()
    }

    fn lock(&self) -> MutexGuard<'_, Rows> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Rows {
    fn of_party(&self, party: &Party) -> usize {
        let seats = self.taken.values();
        seats.filter(|seat| seat.party == *party).count()
    }

    fn of_class(&self, class: Class) -> usize {
        let seats = self.taken.values();
        seats.filter(|seat| seat.party.class == class).count()
    }

    fn call(&mut self, party: &Party) -> Result<(), Full> {
        let share = calls_of(party.class);
        let same_class = self
            .calls
            .iter()
            .filter(|(one, _)| one.class == party.class);
        let of_class: usize = same_class.map(|(_, calls)| calls).sum();
        let of_party = self.calls.get(party).copied().unwrap_or_default();
        if of_party >= share.party || (of_class >= share.class && of_party >= CALLS_KEPT) {
            return Err(Full);
        }
        self.calls.insert(party.clone(), of_party + 1);
        Ok(())
    }

    fn call_has_ended(&mut self, party: &Party) {
        if let Some(calls) = self.calls.get_mut(party) {
            *calls -= 1;
            if *calls == 0 {
                self.calls.remove(party);
            }
        }
    }

    /// The connection of a party that nobody has used for longest.
    fn longest_idle(&self, party: &Party) -> Option<u64> {
        let mut idle: Vec<(&u64, &Row)> = self.taken.iter().collect();
        idle.retain(|(_, seat)| seat.party == *party && seat.calls == 0);
        let longest = idle.into_iter().min_by_key(|(_, seat)| seat.idle_since);
        longest.map(|(number, _)| *number)
    }

    /// Which connection of a full class ends for one more of a party that has `held`: of the party that has most, the one that
    /// is idle for longest, or, if all are in use and it has two more, the oldest.
    fn victim(&self, party: &Party, held: usize) -> Option<u64> {
        let seats = self.taken.values().map(|seat| &seat.party);
        let same_class = seats.filter(|other| other.class == party.class);
        let crowd = same_class.max_by_key(|other| self.of_party(other))?;
        if let Some(idle) = self.longest_idle(crowd) {
            return Some(idle);
        }
        if self.of_party(crowd) <= held + 1 {
            return None;
        }
        let mut seats = self.taken.iter();
        let oldest = seats.find(|(_, seat)| seat.party == *crowd);
        oldest.map(|(number, _)| *number)
    }
}

/// A seat that was taken, and the word that the connection has to end.
pub(crate) struct Taken {
    pub(crate) seat: Seat,
    /// Closed or told when the connection is to end.
    pub(crate) ended: oneshot::Receiver<()>,
}

/// The seat of a connection; free again when the connection and its calls are gone.
#[derive(Clone)]
pub(crate) struct Seat(Arc<Kept>);

struct Kept {
    seats: Arc<Seats>,
    number: u64,
    party: Party,
}

impl Drop for Kept {
    fn drop(&mut self) {
        self.seats.lock().taken.remove(&self.number);
    }
}

impl Seat {
    /// Whose connection it is.
    pub(crate) fn party(&self) -> &Party {
        &self.0.party
    }

    /// A call begins; it ends when what is returned is dropped.
    ///
    /// # Errors
    /// [`Full`].
    pub(crate) fn call(&self) -> Result<Calling, Full> {
        let mut seats = self.0.seats.lock();
        seats.call(&self.0.party)?;
        if let Some(seat) = seats.taken.get_mut(&self.0.number) {
            seat.calls += 1;
        }
        Ok(Calling(self.clone()))
    }

    /// Ends the connection.
    pub(crate) fn end(&self) {
        let seat = self.0.seats.lock().taken.remove(&self.0.number);
        if let Some(seat) = seat {
            // It may have ended by itself.
            let _ = seat.end.send(());
        }
    }
}

/// A call under way.
pub(crate) struct Calling(Seat);

impl Calling {
    /// The seat of the connection that carries it.
    pub(crate) fn seat(&self) -> &Seat {
        &self.0
    }
}

impl Drop for Calling {
    fn drop(&mut self) {
        let kept = &self.0.0;
        let mut seats = kept.seats.lock();
        seats.call_has_ended(&kept.party);
        if let Some(seat) = seats.taken.get_mut(&kept.number) {
            seat.calls -= 1;
            seat.idle_since = Instant::now();
        }
    }
}

const _: () = {
    let [own, peer, other] = CLASSES;
    assert!(seats_of(own) + seats_of(peer) + seats_of(other) == CONNECTIONS_MAX);
};

#[cfg(test)]
mod tests;
