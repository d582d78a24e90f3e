//! Batches of a fetch on their way to the engine: read as far as its window allows, parsed side by side, handed over in their order.
//! Wherever they come from, this is the only way in.

use super::handle::Engine;
use crate::{carrier::Carried, heads::Heads, room::Room};
use std::sync::Arc;
use tokio::{
    sync::{Semaphore, mpsc},
    task::{JoinHandle, spawn_blocking},
};
use tonic::{Status, Streaming};
use yizhang_ledger::{batch::Batch, head::Origin};
use yizhang_replica::{FetchId, Input};
use yizhang_wire::{
    deadline::{self, BATCH_SILENCE_MAX},
    v1::SignedBatch,
};

/// Batches of one fetch that are parsed at once: as many as two cores keep busy, and no more memory than that.
const PARSED_AHEAD_MAX: usize = 4;

/// Where the batches of a fetch come from.
pub(super) enum Batches {
    /// From the node of another region.
    OfPeer(Streaming<SignedBatch>),
    /// Out of a file that somebody has brought.
    OfCarrier(mpsc::Receiver<Carried>),
}

/// What batches pass on their way.
pub(super) struct Incoming<'a> {
    pub(super) engine: &'a Engine,
    /// Where there is none left for a chain, nothing of it is taken.
    pub(super) room: &'a Room,
    pub(super) heads: &'a Arc<Heads>,
}

impl Batches {
    async fn next(&mut self) -> Result<Option<SignedBatch>, Status> {
        match self {
            Self::OfPeer(stream) => deadline::next(stream, BATCH_SILENCE_MAX).await,
            Self::OfCarrier(carried) => match carried.recv().await {
                Some(Carried::Batch(batch)) => Ok(Some(batch)),
                Some(Carried::Missing) => Err(Status::not_found("no batch starts there")),
                Some(Carried::End) | None => Ok(None),
            },
        }
    }
}

impl Incoming<'_> {
    /// Brings batches until there are no more.
    pub(super) async fn bring(
        &self,
        fetch: FetchId,
        origin: &Origin,
        mut batches: Batches,
        window: &Semaphore,
    ) -> Result<(), Status> {
        let (ahead, mut parsing) = mpsc::channel::<JoinHandle<Input>>(PARSED_AHEAD_MAX);
        let read = async move {
            loop {
                let permit = window
                    .acquire()
                    .await
                    .map_err(|_| Status::cancelled("the fetch was cancelled"))?;
                permit.forget();
                if !self.room.takes(origin) {
                    return Ok(());
                }
                let Some(message) = batches.next().await? else {
                    return Ok(());
                };
                let heads = Arc::clone(self.heads);
                let parsing = spawn_blocking(move || read(fetch, message, &heads));
                if ahead.send(parsing).await.is_err() {
                    return Ok(());
                }
            }
        };
        // Each batch is handed over as soon as it is parsed, however slowly the next one comes.
        let hand_over = async {
            while let Some(front) = parsing.recv().await {
                let read = front.await.map_err(|_| super::peers::stopping())?;
                self.engine.bring(read).await;
            }
            Ok(())
        };
        tokio::try_join!(read, hand_over).map(|((), ())| ())
    }
}

/// Reads a batch that a fetch has brought, and checks the head after it.
fn read(fetch: FetchId, message: SignedBatch, heads: &Heads) -> Input {
    match Batch::parse(message.batch.into()) {
        Ok(batch) => Input::Fetched {
            fetch,
            batch: Box::new(batch),
            head: heads.check(&message.head),
        },
        Err(fault) => Input::FetchedInvalid { fetch, fault },
    }
}
