//! Batches of a fetch on their way to the engine: read as far as its window allows, parsed side by side, handed over in their order.
//! Wherever they come from, this is the only way in.

use super::handle::Engine;
use crate::{
    carrier::{Carried, SentBatch},
    heads::Heads,
    room::Room,
};
use std::sync::Arc;
use tokio::{
    sync::{Semaphore, mpsc},
    task::{JoinHandle, spawn_blocking},
};
use yizhang_ledger::{batch::Batch, head::Origin};
use yizhang_replica::{FetchId, Input};

/// Batches of one fetch that are parsed at once: as many as two cores keep busy, and no more memory than that.
const PARSED_AHEAD_MAX: usize = 4;

/// Where the batches of a fetch come from: the node of another region, or a file that somebody has brought.
pub(super) trait Source: Send {
    /// The next batch; none if there is no further one.
    fn next(&mut self) -> impl Future<Output = Result<Option<SentBatch>, Early>> + Send;
}

/// Why batches end early.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Early {
    /// Whoever was asked says that none starts where the fetch does.
    Refused,
    /// The connection is lost, or the fetch was cancelled.
    Lost,
}

/// What batches pass on their way.
pub(super) struct Incoming<'a> {
    pub(super) engine: &'a Engine,
    /// Where there is none left for a chain, nothing of it is taken.
    pub(super) room: &'a Room,
    pub(super) heads: &'a Arc<Heads>,
}

impl Source for mpsc::Receiver<Carried> {
    async fn next(&mut self) -> Result<Option<SentBatch>, Early> {
        match self.recv().await {
            Some(Carried::Batch(batch)) => Ok(Some(batch)),
            Some(Carried::Missing) => Err(Early::Refused),
            Some(Carried::End) | None => Ok(None),
        }
    }
}

impl Incoming<'_> {
    /// Brings the batches of a fetch until there are no more, and says how it ended.
    pub(super) async fn bring(
        &self,
        fetch: FetchId,
        origin: &Origin,
        mut source: impl Source,
        window: &Semaphore,
    ) -> Result<(), Early> {
        let (ahead, mut parsing) = mpsc::channel::<JoinHandle<Input>>(PARSED_AHEAD_MAX);
        let read = async move {
            loop {
                let permit = window.acquire().await.map_err(|_| Early::Lost)?;
                permit.forget();
                if !self.room.takes(origin) {
                    return Ok(());
                }
                let Some(sent) = source.next().await? else {
                    return Ok(());
                };
                let heads = Arc::clone(self.heads);
                let parsing = spawn_blocking(move || read(fetch, sent, &heads));
                if ahead.send(parsing).await.is_err() {
                    return Ok(());
                }
            }
        };
        // Each batch is handed over as soon as it is parsed, however slowly the next one comes.
        let hand_over = async {
            while let Some(front) = parsing.recv().await {
                // A task that reads ends early only when the node does.
                let read = front.await.map_err(|_| Early::Lost)?;
                self.engine.bring(read).await;
            }
            Ok(())
        };
        tokio::try_join!(read, hand_over).map(|((), ())| ())
    }
}

/// How the engine is told that a fetch has ended.
pub(super) const fn end_of(fetch: FetchId, fetched: Result<(), Early>) -> Input {
    match fetched {
        // Whoever was asked knows the chain, for it has announced it.
        Err(Early::Refused) => Input::FetchRefused { fetch },
        Ok(()) | Err(Early::Lost) => Input::FetchEnded { fetch },
    }
}

/// Reads a batch that a fetch has brought, and checks the head after it.
fn read(fetch: FetchId, sent: SentBatch, heads: &Heads) -> Input {
    match Batch::parse(sent.batch) {
        Ok(batch) => Input::Fetched {
            fetch,
            batch: Box::new(batch),
            head: heads.check(&sent.head),
        },
        Err(fault) => Input::FetchedInvalid { fetch, fault },
    }
}
