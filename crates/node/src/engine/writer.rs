//! One thread a chain that makes batches durable. While the disk is busy, batches queue up, and the next write takes all of
//! them with one sync: group commit without a clock.

use super::handle::{Engine, Event};
use crate::config::Failure;
use std::{
    sync::{Arc, mpsc},
    thread::JoinHandle,
};
use tokio::sync::watch;
use yizhang_ledger::{chain::Extension, head::Origin};
use yizhang_replica::Input;
use yizhang_store::Store;

/// Most batches of one write: memory is bounded by the replica, which keeps no more persists in flight than this.
const GROUP_BATCHES_MAX: usize = 32;

/// What a writer is to do, in order.
enum Job {
    /// Make a batch durable.
    Batch(Unwritten),
    /// Have the store take the head that was signed after the last batch.
    Head(Vec<u8>),
}

/// A batch to make durable, with its head if the chain is mirrored.
struct Unwritten {
    extension: Box<Extension>,
    head: Option<Vec<u8>>,
}

/// The writer of one chain.
pub(crate) struct Writer {
    /// Unbounded, so that the engine never waits for the disk; the replica bounds the persists in flight, and asks for one
    /// signature at a time.
    jobs: mpsc::Sender<Job>,
    thread: JoinHandle<()>,
}

impl Writer {
    /// Starts the thread. What it has done it reports to the engine; if the store takes no head, the node fails.
    pub(crate) fn start(
        origin: Origin,
        store: Arc<Store>,
        engine: Engine,
        fail: watch::Sender<Option<Failure>>,
    ) -> std::io::Result<Self> {
        let (jobs, received) = mpsc::channel();
        let name = format!("write {}", origin.region());
        let writing = Writing {
            origin,
            store,
            engine,
            fail,
            jobs: received,
        };
        let thread = std::thread::Builder::new()
            .name(name)
            .spawn(move || writing.run())?;
        Ok(Self { jobs, thread })
    }

    /// Queues a batch. If the writer has stopped, the engine has been told already.
    pub(crate) fn persist(&self, extension: Box<Extension>, head: Option<Vec<u8>>) {
        let _ = self.jobs.send(Job::Batch(Unwritten { extension, head }));
    }

    /// Queues a head that was signed, behind the batch that it covers and before all that follow.
    pub(crate) fn note(&self, head: Vec<u8>) {
        let _ = self.jobs.send(Job::Head(head));
    }

    /// Waits until everything that was queued is written.
    pub(crate) fn finish(self) {
        drop(self.jobs);
        let _ = self.thread.join();
    }
}

/// The thread's side.
struct Writing {
    origin: Origin,
    store: Arc<Store>,
    engine: Engine,
    fail: watch::Sender<Option<Failure>>,
    jobs: mpsc::Receiver<Job>,
}

/// The store takes nothing more.
struct Failed;

impl Writing {
    fn run(self) {
        let mut waiting = None;
        while let Some(job) = waiting.take().or_else(|| self.jobs.recv().ok()) {
            let done = match job {
                Job::Batch(batch) => {
                    let mut group = vec![batch];
                    waiting = self.join(&mut group);
                    self.persist(group)
                }
                Job::Head(note) => self.note(note),
            };
            if done.is_err() {
                return;
            }
        }
    }

    /// Takes the batches that wait behind the first of a group. Returns what waits behind them and is no batch.
    fn join(&self, group: &mut Vec<Unwritten>) -> Option<Job> {
        while group.len() < GROUP_BATCHES_MAX {
            match self.jobs.try_recv() {
                Ok(Job::Batch(batch)) => group.push(batch),
                Ok(head @ Job::Head(_)) => return Some(head),
                Err(_) => return None,
            }
        }
        None
    }

    fn persist(&self, group: Vec<Unwritten>) -> Result<(), Failed> {
        let parts: Vec<_> = group
            .iter()
            .map(|batch| (&*batch.extension, batch.head.as_deref()))
            .collect();
        let origin = &self.origin;
        if let Err(error) = self.store.persist(origin, &parts) {
            // Never retried, never read back: the store refuses everything from now on.
            tracing::error!(chain = %origin, %error, "a batch could not be made durable; the node stops");
            self.report(Input::PersistFailed {
                origin: origin.clone(),
            });
            return Err(Failed);
        }
        for batch in group {
            self.report(Input::Persisted {
                origin: origin.clone(),
                size: batch.extension.after().size(),
            });
        }
        Ok(())
    }

    /// Hands a head to the store, and only then back to the replica, which announces it.
    ///
    /// A crash before this, or after it and before the next batch: the batch is durable without a head, and the node signs it
    /// again, with the same bytes. A crash after the next batch: the head was written with it.
    fn note(&self, note: Vec<u8>) -> Result<(), Failed> {
        if let Err(error) = self.store.note_head(&self.origin, &note) {
            // Nothing can follow: the batch would never be signed. The node ends and signs it after the next start.
            tracing::error!(%error, "a head could not be handed to the store; it is not announced");
            let reason = error.to_string();
            Failure::Store { reason }.tell(&self.fail);
            return Err(Failed);
        }
        self.report(Input::Signed { note });
        Ok(())
    }

    fn report(&self, input: Input) {
        self.engine.send_blocking(Event::Input(input));
    }
}
