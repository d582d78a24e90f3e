//! Whoever brings chains as a file, a bundle, is to the engine a peer like any other: it announces heads, is asked for batches, and is
//! blamed for what no honest node sends. Here the engine's wishes wait for the call that has the file open. One at a time.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::mpsc;
use yizhang_ledger::{head::Origin, value::TreeSize};
use yizhang_replica::{Fault, FetchId};

/// Batches of the file that wait to be parsed: what the window of the fetch does not allow yet waits with the caller.
const CARRIED_AHEAD_MAX: usize = 1;

/// The way from the engine to the import under way, if there is one.
#[derive(Clone, Default)]
pub(crate) struct Carrier(Arc<Mutex<Option<mpsc::UnboundedSender<Wish>>>>);

/// What the engine wants of a carrier. There is at most one fetch at a time, so few wishes wait.
#[derive(Debug)]
pub(crate) enum Wish {
    /// Batches of the chain that was announced.
    Demand(Demanded),
    /// Nothing more: it has brought what no honest node sends.
    Blamed(Fault),
}

/// Batches that the engine has asked for.
#[derive(Debug)]
pub(crate) struct Demanded {
    pub(crate) fetch: FetchId,
    pub(crate) origin: Origin,
    pub(crate) from: TreeSize,
    /// Where they go. Closed when they are wanted no more.
    pub(crate) batches: mpsc::Sender<Carried>,
}

/// A batch and the signed head after it, as they were sent.
#[derive(Debug)]
pub(crate) struct SentBatch {
    pub(crate) batch: Vec<u8>,
    pub(crate) head: Vec<u8>,
}

/// What comes for a demand.
#[derive(Debug)]
pub(crate) enum Carried {
    Batch(SentBatch),
    /// There are no more.
    End,
    /// None starts where the engine asked.
    Missing,
}

/// An import under way; another may begin when it is dropped.
pub(crate) struct Import {
    carrier: Carrier,
    pub(crate) wishes: mpsc::UnboundedReceiver<Wish>,
}

impl Carrier {
    /// Begins an import; none if one is under way.
    pub(crate) fn begin(&self) -> Option<Import> {
        let mut session = self.lock();
        if session.is_some() {
            return None;
        }
        let (sender, wishes) = mpsc::unbounded_channel();
        *session = Some(sender);
        Some(Import {
            carrier: self.clone(),
            wishes,
        })
    }

    /// Asks for batches; they come where it is returned. Nothing comes if no import is under way.
    pub(crate) fn demand(
        &self,
        fetch: FetchId,
        origin: Origin,
        from: TreeSize,
    ) -> mpsc::Receiver<Carried> {
        let (batches, carried) = mpsc::channel(CARRIED_AHEAD_MAX);
        self.wish(Wish::Demand(Demanded {
            fetch,
            origin,
            from,
            batches,
        }));
        carried
    }

    pub(crate) fn blame(&self, fault: Fault) {
        self.wish(Wish::Blamed(fault));
    }

    fn wish(&self, wish: Wish) {
        if let Some(session) = self.lock().as_ref() {
            // The import may be ending.
            let _ = session.send(wish);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Option<mpsc::UnboundedSender<Wish>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Import {
    fn drop(&mut self) {
        *self.carrier.lock() = None;
    }
}
