//! One thread a chain that makes batches durable. While the disk is busy, batches queue up, and the next write takes all of
//! them with one sync: group commit without a clock.

use crate::engine::{Engine, Event};
use std::{
    sync::{Arc, mpsc},
    thread::JoinHandle,
};
use yizhang_ledger::{chain::Extension, head::Origin};
use yizhang_replica::Input;
use yizhang_store::Store;

/// Most batches of one write: memory is bounded by the replica, which keeps no more persists in flight than this.
const GROUP_BATCHES_MAX: usize = 32;

/// A batch to make durable, with its head if the chain is mirrored.
pub(crate) struct Job {
    pub(crate) extension: Extension,
    pub(crate) head: Option<Vec<u8>>,
}

/// The writer of one chain.
pub(crate) struct Writer {
    /// Unbounded, so that the engine never waits for the disk; the replica bounds the persists in flight.
    jobs: mpsc::Sender<Job>,
    thread: JoinHandle<()>,
}

impl Writer {
    pub(crate) fn start(
        origin: Origin,
        store: Arc<Store>,
        engine: Engine,
    ) -> std::io::Result<Self> {
        let (jobs, received) = mpsc::channel();
        let name = format!("write {}", origin.region());
        let thread = std::thread::Builder::new()
            .name(name)
            .spawn(move || write_all(&origin, &store, &engine, &received))?;
        Ok(Self { jobs, thread })
    }

    /// Queues a batch. If the writer has stopped, the engine has been told already.
    pub(crate) fn persist(&self, job: Job) {
        let _ = self.jobs.send(job);
    }

    /// Waits until everything that was queued is written.
    pub(crate) fn finish(self) {
        drop(self.jobs);
        let _ = self.thread.join();
    }
}

fn write_all(origin: &Origin, store: &Store, engine: &Engine, jobs: &mpsc::Receiver<Job>) {
    while let Ok(first) = jobs.recv() {
        let mut group = vec![first];
        group.extend(jobs.try_iter().take(GROUP_BATCHES_MAX - 1));
        let parts: Vec<_> = group
            .iter()
            .map(|job| (&job.extension, job.head.as_deref()))
            .collect();
        if let Err(error) = store.persist(origin, &parts) {
            // Never retried, never read back: the store refuses everything from now on.
            tracing::error!(chain = %origin, %error, "a batch could not be made durable; the node stops");
            engine.send_blocking(Event::Input(Input::PersistFailed {
                origin: origin.clone(),
            }));
            return;
        }
        for job in group {
            let size = job.extension.after().size();
            engine.send_blocking(Event::Input(Input::Persisted {
                origin: origin.clone(),
                size,
            }));
        }
    }
}
