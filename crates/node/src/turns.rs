//! Turns at the threads that may wait for the disk and compute for long. Classes take turns, and within a class the parties:
//! whoever asks for much waits behind himself, and everybody else for a few calls at most.

use crate::{
    party::{CLASSES, Class, Party},
    refusal::Refusal,
};
use std::{
    collections::{BTreeMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    thread::available_parallelism,
    time::Duration,
};
use tokio::{sync::oneshot, time::sleep};

/// Turns for each core: some wait for the disk while others compute.
const TURNS_PER_CORE: usize = 4;
/// Turns of the smallest machine.
const TURNS_MIN: usize = 8;

/// How long a refusal takes: whoever asks again at once would otherwise cost more than those who wait.
const REFUSAL_PAUSE: Duration = Duration::from_millis(200);

/// Calls of one party that may wait for their turn.
const fn waiting_max(class: Class) -> usize {
    match class {
        // The clerks of an agency may share one certificate.
        Class::Own => 1_024,
        Class::Peer => 256,
        Class::Other => 128,
    }
}

/// The turns of a node.
pub(crate) struct Turns {
    /// Turns at a time; of these, half to those who are neither own nor peer, so that one of the former finds one free.
    limit: usize,
    lines: Mutex<Lines>,
}

#[derive(Default)]
struct Lines {
    /// Turns under way, by class.
    taken: BTreeMap<Class, usize>,
    waiting: BTreeMap<Class, Line>,
    /// The class that had its turn last.
    last: Option<Class>,
}

/// Those of one class who wait.
#[derive(Default)]
struct Line {
    /// Whose turn is next, each party once.
    order: VecDeque<Party>,
    calls: BTreeMap<Party, VecDeque<oneshot::Sender<Turn>>>,
}

impl Turns {
    /// As many turns as the machine can make use of.
    pub(crate) fn of_machine() -> Arc<Self> {
        let cores = available_parallelism().map_or(1, usize::from);
        Self::new(TURNS_MIN.max(cores * TURNS_PER_CORE))
    }

    fn new(limit: usize) -> Arc<Self> {
        Arc::new(Self {
            limit,
            lines: Mutex::default(),
        })
    }

    /// Waits for a turn.
    ///
    /// # Errors
    /// [`Refusal::Busy`] if too many calls of the party wait already.
    pub(crate) async fn wait(self: &Arc<Self>, party: &Party) -> Result<Turn, Refusal> {
        let (give, turn) = oneshot::channel();
        let joined = self.lock().join(party, give);
        if let Err(refusal) = joined {
            sleep(REFUSAL_PAUSE).await;
            return Err(refusal);
        }
        self.go_on();
        turn.await.map_err(|_| Refusal::Stopping)
    }

    /// How many turns are under way.
    pub(crate) fn taken(&self) -> usize {
        self.lock().taken.values().sum()
    }

    /// Gives out the turns that are free.
    fn go_on(self: &Arc<Self>) {
        loop {
            let next = self.lock().next(self.limit);
            let Some((class, give)) = next else { return };
            let turn = Turn {
                turns: Arc::clone(self),
                class,
            };
            // Whoever has gone away meanwhile lets the turn go as this is dropped.
            let _ = give.send(turn);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Lines> {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Lines {
    fn join(&mut self, party: &Party, give: oneshot::Sender<Turn>) -> Result<(), Refusal> {
        let line = self.waiting.entry(party.class).or_default();
        let calls = line.calls.entry(party.clone()).or_default();
        if calls.len() >= waiting_max(party.class) {
            calls.retain(|call| !call.is_closed());
        }
        if calls.len() >= waiting_max(party.class) {
            let what = "calls of yours wait";
            return Err(Refusal::Busy { what });
        }
        if calls.is_empty() && !line.order.contains(party) {
            line.order.push_back(party.clone());
        }
        calls.push_back(give);
        Ok(())
    }

    /// The next call to have a turn, counted as having it.
    fn next(&mut self, limit: usize) -> Option<(Class, oneshot::Sender<Turn>)> {
        let taken: usize = self.taken.values().sum();
        if taken >= limit {
            return None;
        }
        for class in classes_after(self.last) {
            let taken = self.taken.entry(class).or_default();
            if class == Class::Other && *taken >= limit / 2 {
                continue;
            }
            let call = self.waiting.get_mut(&class).and_then(Line::next);
            if let Some(call) = call {
                *taken += 1;
                self.last = Some(class);
                return Some((class, call));
            }
        }
        None
    }
}

impl Line {
    /// The next call that is still waited for. The party goes to the end of the line.
    fn next(&mut self) -> Option<oneshot::Sender<Turn>> {
        while let Some(party) = self.order.pop_front() {
            let Some(calls) = self.calls.get_mut(&party) else {
                continue;
            };
            calls.retain(|call| !call.is_closed());
            let next = calls.pop_front();
            if calls.is_empty() {
                self.calls.remove(&party);
            } else {
                self.order.push_back(party);
            }
            if next.is_some() {
                return next;
            }
        }
        None
    }
}

/// The classes in the order of their turns: the one after the last, and so on; the own agency begins.
fn classes_after(last: Option<Class>) -> impl Iterator<Item = Class> {
    let after = last.and_then(|last| CLASSES.iter().position(|class| *class == last));
    let first = after.map_or(0, |after| after + 1);
    CLASSES.into_iter().cycle().skip(first).take(CLASSES.len())
}

/// A turn; the next call has it when this is dropped.
pub(crate) struct Turn {
    turns: Arc<Turns>,
    class: Class,
}

impl Drop for Turn {
    fn drop(&mut self) {
        if let Some(taken) = self.turns.lock().taken.get_mut(&self.class) {
            *taken -= 1;
        }
        self.turns.go_on();
    }
}

#[cfg(test)]
mod tests;
