//! The service Replication: whole chains, to nodes. Auditors read them by the service Ledger, from here too.

use crate::{
    board::Changes,
    heads::Said,
    party::Party,
    readers::Reading,
    refusal::Refusal,
    role::Role,
    services::{caller::party_of, gate::holder_of},
    shared::Shared,
    tellings::Untimely,
    waiting::ANNOUNCEMENT_BYTES_MAX,
};
use bytes::Bytes;
use std::{
    pin::Pin,
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::{runtime::Handle, sync::mpsc, time::timeout};
use tokio_stream::{Stream, StreamExt, wrappers::ReceiverStream};
use tonic::{Request, Response, Status};
use yizhang_ledger::{
    beginning::Beginning,
    hash::Hash,
    head::Origin,
    value::{Division, TreeSize, UnixMillis},
};
use yizhang_replica::{
    Contradiction, Input, PeerId,
    limits::{ANNOUNCED_HEADS_MAX, TOLD_EVIDENCE_MAX, TOLD_HEADS_MAX},
};
use yizhang_wire::{
    convert,
    v1::{self, replication_server::Replication},
};

/// Bytes of heads with lines in one message: half of what a message of a watch may have.
const COSIGNED_BYTES_MAX: usize = ANNOUNCEMENT_BYTES_MAX / 2;

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
        let region = region_of(&request)?;
        let own = self.0.origin.clone();
        let listener = self.0.roster.regions.get(&region);
        let listener = listener.map_or_else(|| own.clone(), |region| region.origin.clone());
        let watcher = self.0.board.watch(own, listener);
        let version = self.0.roster.version;
        let mut roster_hash = Bytes::copy_from_slice(&self.0.roster.hash().0);
        let (sender, receiver) = mpsc::channel(1);
        tokio::spawn(async move {
            let mut watcher = watcher;
            let mut roster = version;
            loop {
                tokio::select! {
                    next = watcher.next() => {
                        let Some((changes, complete)) = next else { return };
                        for message in messages(changes, complete) {
                            // Said once: a node under another version is a node that was started anew.
                            let message = v1::Heads {
                                roster: std::mem::take(&mut roster),
                                roster_hash: std::mem::take(&mut roster_hash),
                                ..message
                            };
                            if sender.send(message).await.is_err() {
                                return;
                            }
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
        let region = region_of(&request)?;
        let now = Instant::now();
        let admitted = self.0.tellings.admit(region, now);
        let telling = admitted.map_err(|untimely| {
            if untimely == Untimely::Flood {
                self.0.floods.notice(region, now);
            }
            let what = "tellings of one region come";
            Refusal::Busy { what }
        })?;
        let v1::TellRequest {
            heads,
            evidence,
            clock_ms,
            secret_checks,
            secret_written,
        } = request.into_inner();
        if clock_ms > 0 {
            let own = (self.0.clock)();
            self.0.clocks.told(region, UnixMillis(clock_ms), own, now);
        }
        let secrets = &self.0.peer_secrets;
        secrets.told(region, &secret_checks, secret_written);
        let heads = heads.into_iter().take(TOLD_HEADS_MAX);
        let evidence = evidence.into_iter().take(TOLD_EVIDENCE_MAX);
        let said = Said {
            heads: heads.map(Into::into).collect(),
            evidence: evidence.map(contradiction).collect(),
        };
        let shared = Arc::clone(&self.0);
        // It waits for the engine also when the caller is gone, and until then the region says nothing more.
        let listening = tokio::spawn(async move {
            if let Some(Said { heads, evidence }) = shared.heads_of_others.check_all(said).await {
                let told = Input::Told {
                    peer: PeerId(region),
                    heads,
                    evidence,
                };
                shared.engine.hear(told).await;
            }
            drop(telling);
        });
        listening.await.map_err(|_| Refusal::Stopping)?;
        Ok(Response::new(v1::TellReply {}))
    }

    async fn fetch(&self, request: Request<v1::FetchRequest>) -> Result<Response<Batches>, Status> {
        let party = party_of(&request)?;
        Ok(Response::new(batches(&self.0, party, request.get_ref())?))
    }
}

/// The region of the calling node. The gate lets nodes of the roster alone through.
fn region_of<T>(request: &Request<T>) -> Result<Division, Status> {
    match holder_of(request)?.role {
        Role::Node(region) => Ok(region),
        Role::Agency(_) | Role::Portal(_) | Role::Platform(_) | Role::Auditor => {
            Err(Refusal::Broken("a call came past the gate").into())
        }
    }
}

/// What is told of changes, in messages of which none is too large: heads with many lines go first, in some of their own, so that
/// whoever has heard all heads has heard all lines.
fn messages(changes: Changes, complete: bool) -> Vec<v1::Heads> {
    let mut messages = Vec::new();
    let mut next = v1::Heads::default();
    let mut bytes = 0;
    for head in changes.cosigned {
        if bytes + head.len() > COSIGNED_BYTES_MAX || next.cosigned.len() == ANNOUNCED_HEADS_MAX {
            messages.push(std::mem::take(&mut next));
            bytes = 0;
        }
        bytes += head.len();
        next.cosigned.push(head.into());
    }
    next.heads = changes.heads.into_iter().map(Into::into).collect();
    next.evidence = changes.evidence.into_iter().map(evidence).collect();
    next.complete = complete;
    messages.push(next);
    messages
}

/// Two heads that cannot both be true.
pub(crate) fn evidence(shown: Contradiction) -> v1::Evidence {
    let [first, second] = shown.heads;
    v1::Evidence {
        first: first.into(),
        second: second.into(),
        beginning: shown.beginning.map(|beginning| v1::Beginning {
            root: beginning.root.0.to_vec().into(),
            path: convert::path_bytes(&beginning.path).into(),
        }),
    }
}

/// Two heads that somebody says cannot both be true. What stands beside them in no form becomes a path of no hash, which ties nothing
/// together and is counted as such.
pub(crate) fn contradiction(shown: v1::Evidence) -> Contradiction {
    let unread = || Beginning {
        root: Hash::ZERO,
        path: Vec::new(),
    };
    let beginning = shown.beginning.as_ref();
    Contradiction {
        heads: [shown.first.into(), shown.second.into()],
        beginning: beginning
            .map(|beginning| convert::beginning(beginning).unwrap_or_else(|_| unread())),
    }
}

/// Streams the batches of a chain from a size on, read on a thread that may block.
pub(crate) fn batches(
    shared: &Arc<Shared>,
    party: &Party,
    request: &v1::FetchRequest,
) -> Result<Batches, Refusal> {
    let origin = convert::origin(&request.origin)?;
    if shared.roster.keys(&origin).is_none() {
        return Err(Refusal::UnknownChain(origin));
    }
    let reading = shared.readers.begin(party)?;
    let (sender, receiver) = mpsc::channel(READ_AHEAD_BATCHES);
    let (shared, from) = (Arc::clone(shared), TreeSize(request.from));
    tokio::task::spawn_blocking(move || {
        read(&shared, &origin, from, &Receiver { sender, reading });
    });
    Ok(ReceiverStream::new(receiver))
}

/// Whoever reads a chain.
struct Receiver {
    sender: mpsc::Sender<Result<v1::SignedBatch, Status>>,
    reading: Reading,
}

/// Why a receiver gets nothing more.
struct Gone;

impl Receiver {
    /// Hands a batch over, unless the receiver is gone, too slow, or has to make room for another.
    async fn take(&self, message: Result<v1::SignedBatch, Status>) -> Result<(), Gone> {
        let bytes = match &message {
            Ok(batch) => batch.batch.len() + batch.head.len(),
            Err(_) => 0,
        };
        self.reading.waits();
        let sent = tokio::select! {
            sent = timeout(SEND_TIMEOUT, self.sender.send(message)) => sent.map_err(|_| Gone)?,
            () = self.reading.makes_room() => return Err(Gone),
        };
        sent.map_err(|_| Gone)?;
        self.reading.took(bytes);
        Ok(())
    }
}

fn read(shared: &Shared, origin: &Origin, from: TreeSize, receiver: &Receiver) {
    let reader = match shared.store.batches(origin, from) {
        Ok(reader) => reader,
        Err(error) => {
            shared.damages.look_at(&error);
            // The receiver may be gone already.
            let _ = receiver
                .sender
                .blocking_send(Err(Refusal::from(error).into()));
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
        let taken = Handle::current().block_on(receiver.take(message));
        if failed || taken.is_err() {
            return;
        }
    }
}
