//! The service Replication: whole chains, to nodes. Auditors read them by the service Ledger, from here too.

use crate::{
    board::{Changes, Contradiction},
    engine::Event,
    refusal::{NotYou, Refusal},
    role::Role,
    services::caller::role_of,
    shared::Shared,
};
use std::{
    pin::Pin,
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::{
    runtime::Handle,
    sync::{Semaphore, mpsc},
    time::timeout,
};
use tokio_stream::{Stream, StreamExt, wrappers::ReceiverStream};
use tonic::{Request, Response, Status};
use yizhang_ledger::{
    head::Origin,
    value::{Division, TreeSize},
};
use yizhang_replica::{
    Input, PeerId,
    limits::{TOLD_EVIDENCE_MAX, TOLD_HEADS_MAX},
};
use yizhang_wire::{
    convert,
    v1::{self, replication_server::Replication},
};

/// Batches read ahead of a slow receiver.
const READ_AHEAD_BATCHES: usize = 4;

/// How long a receiver may take for one batch: 3 MiB at 1 Mbit/s. Then the thread is given to somebody else.
const SEND_TIMEOUT: Duration = Duration::from_secs(30);

pub(crate) type Batches = ReceiverStream<Result<v1::SignedBatch, Status>>;

pub(crate) struct ReplicationService(pub(crate) Arc<Shared>);

#[tonic::async_trait]
impl Replication for ReplicationService {
    type WatchStream = Pin<Box<dyn Stream<Item = Result<v1::Heads, Status>> + Send>>;
    type FetchStream = Batches;

    async fn watch(
        &self,
        request: Request<v1::WatchRequest>,
    ) -> Result<Response<Self::WatchStream>, Status> {
        only_nodes(&request, &self.0)?;
        let watcher = self.0.board.watch();
        let (sender, receiver) = mpsc::channel(1);
        tokio::spawn(async move {
            let mut watcher = watcher;
            loop {
                tokio::select! {
                    next = watcher.next() => {
                        let Some((changes, complete)) = next else { return };
                        if sender.send(heads(changes, complete)).await.is_err() {
                            return;
                        }
                    }
                    () = sender.closed() => return,
                }
            }
        });
        Ok(Response::new(Box::pin(
            ReceiverStream::new(receiver).map(Ok),
        )))
    }

    async fn tell(
        &self,
        request: Request<v1::TellRequest>,
    ) -> Result<Response<v1::TellReply>, Status> {
        let region = only_nodes(&request, &self.0)?;
        let is_known = self.0.roster.regions.contains_key(&region);
        if !is_known || !self.0.tellings.admit(region, Instant::now()) {
            let what = "tellings of one region come";
            return Err(Refusal::Busy { what }.into());
        }
        let v1::TellRequest { heads, evidence } = request.into_inner();
        let heads = heads.into_iter().take(TOLD_HEADS_MAX);
        let evidence = evidence.into_iter().take(TOLD_EVIDENCE_MAX);
        let told = Input::Told {
            peer: PeerId(region),
            heads: heads.map(Into::into).collect(),
            evidence: evidence
                .map(|pair| [pair.first.into(), pair.second.into()])
                .collect(),
        };
        self.0.engine.send(Event::Input(told)).await;
        Ok(Response::new(v1::TellReply {}))
    }

    async fn fetch(&self, request: Request<v1::FetchRequest>) -> Result<Response<Batches>, Status> {
        only_nodes(&request, &self.0)?;
        batches(&self.0, &self.0.node_readers, request.get_ref())
    }
}

/// The region of the calling node.
fn only_nodes<T>(request: &Request<T>, shared: &Shared) -> Result<Division, Status> {
    match role_of(request, &shared.roster.federation)? {
        Role::Node(region) => Ok(region),
        Role::Agency(_) | Role::Auditor => Err(NotYou::NotANode.into()),
    }
}

fn heads(changes: Changes, complete: bool) -> v1::Heads {
    v1::Heads {
        heads: changes.heads.into_iter().map(Into::into).collect(),
        complete,
        evidence: changes.evidence.into_iter().map(evidence).collect(),
    }
}

/// Two heads that cannot both be true.
pub(crate) fn evidence([first, second]: Contradiction) -> v1::Evidence {
    v1::Evidence {
        first: first.into(),
        second: second.into(),
    }
}

/// Streams the batches of a chain from a size on, read on a thread that may block.
pub(crate) fn batches(
    shared: &Arc<Shared>,
    readers: &Arc<Semaphore>,
    request: &v1::FetchRequest,
) -> Result<Response<Batches>, Status> {
    let origin = convert::origin(&request.origin).map_err(Refusal::from)?;
    if shared.roster.keys(&origin).is_none() {
        return Err(Refusal::UnknownChain(origin).into());
    }
    let permit = Arc::clone(readers)
        .try_acquire_owned()
        .map_err(|_| Refusal::Busy {
            what: "chains are being read",
        })?;
    let (sender, receiver) = mpsc::channel(READ_AHEAD_BATCHES);
    let (shared, from) = (Arc::clone(shared), TreeSize(request.from));
    tokio::task::spawn_blocking(move || {
        read(&shared, &origin, from, &sender);
        drop(permit);
    });
    Ok(Response::new(ReceiverStream::new(receiver)))
}

fn read(
    shared: &Shared,
    origin: &Origin,
    from: TreeSize,
    sender: &mpsc::Sender<Result<v1::SignedBatch, Status>>,
) {
    let reader = match shared.store.batches(origin, from) {
        Ok(reader) => reader,
        Err(error) => {
            shared.damages.look_at(&error);
            // The receiver may be gone already.
            let _ = sender.blocking_send(Err(Refusal::from(error).into()));
            return;
        }
    };
    for batch in reader {
        let message = batch
            .map(|(batch, head)| v1::SignedBatch {
                batch: batch.into(),
                head: head.into(),
            })
            .map_err(|error| {
                shared.damages.look_at(&error);
                Refusal::from(error).into()
            });
        let failed = message.is_err();
        let sent = Handle::current().block_on(timeout(SEND_TIMEOUT, sender.send(message)));
        if failed || !matches!(sent, Ok(Ok(()))) {
            return;
        }
    }
}
