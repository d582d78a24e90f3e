//! What a node does when its replica wants something done.

use super::{
    cosigner::Cosigner,
    evidence::Journal,
    handle::{Answer, Engine, Event, Placed},
    incoming::{Incoming, end_of},
    peers::{Fetching, Peer},
    writer::Writer,
};
use crate::{
    board::Board, carrier::Carrier, chain_keys::ChainKeys, damages::Damages, heads::Heads,
    refusal::Refusal, room::Room, tally::Tally,
};
use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, Weak},
    time::{Duration, Instant},
};
use tokio::{
    runtime::Handle,
    sync::{Semaphore, oneshot},
    task::{JoinHandle, spawn_blocking},
    time::sleep,
};
use yizhang_ledger::{
    chain::Extension,
    head::{Head, Origin},
    value::TreeSize,
};
use yizhang_replica::{
    Asked, Contradiction, Deeds, Evidence, Fault, FetchId, Input, PeerId, Receipt, Refused, Ticket,
    ToCosign,
};
use yizhang_store::{Store, StoreError};

/// How long a head that was told of may be on its way.
const HELD_WITHIN: Duration = Duration::from_secs(60);
/// Wait before a root is looked up again that the disk did not give: by then the place may have been mended from a peer.
const LOOK_UP_AGAIN: Duration = Duration::from_secs(10);

/// What the node can do. None of it waits.
pub(super) struct Hands {
    pub(super) store: Arc<Store>,
    pub(super) engine: Engine,
    pub(super) board: Board,
    pub(super) tally: Arc<Tally>,
    pub(super) damages: Arc<Damages>,
    pub(super) keys: ChainKeys,
    pub(super) runtime: Handle,
    pub(super) writers: BTreeMap<Origin, Writer>,
    pub(super) journal: Journal,
    pub(super) cosigner: Cosigner,
    pub(super) peers: BTreeMap<PeerId, Peer>,
    pub(super) connected: BTreeMap<PeerId, bool>,
    pub(super) fetches: BTreeMap<FetchId, Fetching>,
    pub(super) callers: HashMap<Ticket, oneshot::Sender<Answer>>,
    /// The tasks that look whether a head that was told of has come: at most one of each chain.
    pub(super) looks: BTreeMap<Origin, JoinHandle<()>>,
    /// Whoever brings chains as a file, and what is needed to take them.
    pub(super) carrier: Carrier,
    pub(super) heads: Arc<Heads>,
    pub(super) room: Arc<Room>,
}

impl Hands {
    /// As from a peer, out of a file that somebody has brought.
    fn fetch_from_carrier(&mut self, fetch: FetchId, asked: Asked) {
        let window = Arc::new(Semaphore::new(asked.batches));
        let allowed = Arc::clone(&window);
        let (engine, heads, room) = (
            self.engine.clone(),
            Arc::clone(&self.heads),
            Arc::clone(&self.room),
        );
        let carried = self.carrier.demand(fetch, asked.origin.clone(), asked.from);
        let task = self.runtime.spawn(async move {
            let way = Incoming {
                engine: &engine,
                room: &room,
                heads: &heads,
            };
            let brought = way.bring(fetch, &asked.origin, carried, &allowed).await;
            engine.bring(end_of(fetch, brought)).await;
        });
        self.fetches.insert(fetch, Fetching::new(window, task));
    }

    /// Looks after [`HELD_WITHIN`] whether a head that was told of is held by then, and warns if not; then at the newest one that
    /// was told of meanwhile.
    fn look_later(&mut self, origin: &Origin, head: &[u8]) {
        let is_looking = self
            .looks
            .get(origin)
            .is_some_and(|look| !look.is_finished());
        let Some(mut size) = size_of(head).filter(|_| !is_looking) else {
            return;
        };
        // The store is closed when the node ends, whatever waits here.
        let (store, chain) = (Arc::downgrade(&self.store), origin.clone());
        let board = self.board.clone();
        let look = self.runtime.spawn(async move {
            loop {
                sleep(HELD_WITHIN).await;
                let Some(held) = store.upgrade().and_then(|store| store.size(&chain)) else {
                    return;
                };
                if held < size {
                    tracing::warn!(chain = %chain.region(), size = size.0, "a head of a chain was told of a minute ago and is not held here; its node is told");
                }
                let newest = board.passed_on(&chain).and_then(|head| size_of(&head));
                match newest.filter(|newest| *newest > size) {
                    Some(newest) => size = newest,
                    None => return,
                }
            }
        });
        self.looks.insert(origin.clone(), look);
    }
}

/// The size in the second line of a signed head that was read already.
fn size_of(head: &[u8]) -> Option<TreeSize> {
    let line = head.split(|byte| *byte == b'\n').nth(1)?;
    let size = str::from_utf8(line).ok()?.parse();
    size.ok().map(TreeSize)
}

impl Deeds for Hands {
    fn fetch(&mut self, fetch: FetchId, asked: Asked) {
        // Fetches that have ended are let go when the next one begins.
        self.fetches.retain(|_, fetching| !fetching.has_ended());
        if asked.peer == PeerId::CARRIER {
            return self.fetch_from_carrier(fetch, asked);
        }
        let Some(peer) = self.peers.get(&asked.peer).cloned() else {
            return;
        };
        let window = Arc::new(Semaphore::new(asked.batches));
        let task = peer.fetch(
            self.engine.clone(),
            fetch,
            asked.origin,
            asked.from,
            Arc::clone(&window),
        );
        let fetching = Fetching::new(window, self.runtime.spawn(task));
        self.fetches.insert(fetch, fetching);
    }

    fn read_more(&mut self, fetch: FetchId, batches: usize) {
        if let Some(fetching) = self.fetches.get(&fetch) {
            fetching.allow(batches);
        }
    }

    fn cancel_fetch(&mut self, fetch: FetchId) {
        if let Some(fetching) = self.fetches.remove(&fetch) {
            fetching.cancel();
        }
    }

    fn persist(&mut self, extension: Box<Extension>, head: Option<Vec<u8>>) {
        if let Some(writer) = self.writers.get(extension.after().origin()) {
            writer.persist(extension, head);
        }
    }

    fn look_up_root(&mut self, origin: Origin, size: TreeSize) {
        let engine = self.engine.clone();
        let damages = Arc::clone(&self.damages);
        // The store is closed when the node ends, whatever waits here.
        let store = Arc::downgrade(&self.store);
        self.runtime.spawn(async move {
            loop {
                let (store, chain) = (Weak::clone(&store), origin.clone());
                let look = move || store.upgrade().map(|store| store.root_at(&chain, size));
                // A thread that panicked has said so.
                let Ok(Some(root)) = spawn_blocking(look).await else {
                    return;
                };
                match root {
                    Ok(root) => {
                        let root = Input::RootAt { origin, size, root };
                        return engine.send(Event::Input(root)).await;
                    }
                    // The question stays open until the place is mended: nothing is concluded from what a disk has changed.
                    Err(error @ StoreError::Damaged(_)) => damages.look_at(&error),
                    Err(error) => {
                        tracing::error!(chain = %origin, %error, "a root could not be looked up");
                        return;
                    }
                }
                sleep(LOOK_UP_AGAIN).await;
            }
        });
    }

    /// The batch is durable; only now does its head exist.
    fn sign(&mut self, head: Head) {
        let note = head.sign(self.keys.at(head.size)).into_bytes();
        if let Some(writer) = self.writers.get(&head.origin) {
            writer.note(note);
        }
    }

    fn cosign(&mut self, heads: Vec<ToCosign>) {
        self.cosigner.cosign(heads);
    }

    fn announce_cosigned(&mut self, origin: Origin, head: Vec<u8>) {
        self.board.announce_cosigned(origin, head);
    }

    fn show_cosigned(&mut self, origin: Origin, heads: Vec<Vec<u8>>) {
        self.cosigner.keep(origin.clone(), heads.clone());
        self.board.show_cosigned(origin, heads);
    }

    fn answer(&mut self, receipt: Receipt) {
        let Some(reply) = self.callers.remove(&receipt.ticket) else {
            return;
        };
        self.tally.accepted(receipt.records);
        let placed = Placed {
            first: receipt.first,
            records: receipt.records,
            head: receipt.head,
        };
        let _ = reply.send(Ok(placed));
    }

    fn refuse(&mut self, ticket: Ticket, reason: Refused) {
        if let Some(reply) = self.callers.remove(&ticket) {
            let _ = reply.send(Err(Refusal::Replica(reason)));
        }
    }

    fn announce(&mut self, origin: Origin, head: Vec<u8>) {
        self.board.announce(&origin, head);
    }

    fn keep(&mut self, evidence: Box<Evidence>) {
        tracing::error!(chain = %evidence.origin, conflict = ?evidence.conflict, "evidence against a chain");
        self.journal.keep(evidence);
    }

    fn spread(&mut self, origin: Origin, contradiction: Contradiction) {
        self.board.accuse(origin, contradiction);
    }

    fn pass_on(&mut self, origin: Origin, head: Vec<u8>) {
        tracing::debug!(chain = %origin.region(), "a head of a chain was told of that is not held here; its node is told");
        self.look_later(&origin, &head);
        self.board.pass_on(origin, head);
    }

    fn blame(&mut self, peer: PeerId, fault: Fault) {
        tracing::warn!(peer = %peer.0, %fault, "a peer sent nonsense; its connection is dropped");
        if peer == PeerId::CARRIER {
            return self.carrier.blame(fault);
        }
        self.connected.insert(peer, false);
        if let Some(peer) = self.peers.get(&peer) {
            if matches!(fault, Fault::Flood) {
                peer.floods.notice(peer.region, Instant::now());
            }
            peer.blamed.notify_one();
        }
    }
}
