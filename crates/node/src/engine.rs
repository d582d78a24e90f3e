//! The one thread that drives the replica: events in, deeds out. Everything that may wait (disk, network) is done elsewhere
//! and comes back as an event.

use crate::{
    copies::{ChainCopy, News, newest},
    evidence::KeptEvidence,
    heads::Board,
    peers::{Fetching, Peer},
    refusal::Refusal,
    search::{Answer, Placed},
    server::Shared,
    status::{PeerState, Status},
    writer::{Job, Writer},
};
use ed25519_dalek::SigningKey;
use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
    thread::JoinHandle,
};
use tokio::{
    runtime::Handle,
    sync::{Semaphore, mpsc, oneshot, watch},
};
use yizhang_ledger::{
    chain::Submitted,
    head::{Head, Origin},
    value::{Division, TreeSize, UnixMillis},
};
use yizhang_replica::{
    Evidence, FetchId, Input, Output, PeerId, Readiness, Receipt, Replica, Ticket,
};
use yizhang_store::{JournalKind, Store};

/// How long the newest head of this node's chain waits for a next batch to be written with, in ms. Then it is written alone,
/// so that the files of an idle node end with a signed head.
const HEAD_WAIT_MS: u64 = 500;
/// How long after a batch the newest heads are noted beside the segments, in ms: a few small files every so often, and a
/// loss of the last seconds alone goes unnoticed.
const SEEN_WAIT_MS: u64 = 5_000;
/// Events that may wait for the engine; senders wait beyond it. Enough for every caller and peer of a busy node.
const EVENTS_MAX: usize = 1_024;

/// What the engine is told.
pub(crate) enum Event {
    /// For the replica.
    Input(Input),
    /// Somebody submits; the store was searched up to `searched` for an earlier submission.
    Submit {
        submitted: Submitted,
        searched: TreeSize,
        reply: oneshot::Sender<Answer>,
    },
    /// Somebody asks for the state.
    Status(oneshot::Sender<Status>),
    /// Somebody asks which regions the node waits for before it signs.
    Absent(oneshot::Sender<Vec<Division>>),
    /// End.
    Stop,
}

/// The way to the engine.
#[derive(Clone, Debug)]
pub(crate) struct Engine {
    events: mpsc::Sender<Event>,
    stopped: watch::Receiver<bool>,
}

impl Engine {
    /// Hands an event over, waiting while the engine is busy. After the end it is dropped, and whoever waits for an answer
    /// learns that from the answer's channel.
    pub(crate) async fn send(&self, event: Event) {
        let _ = self.events.send(event).await;
    }

    /// As [`Engine::send`], for threads.
    pub(crate) fn send_blocking(&self, event: Event) {
        let _ = self.events.blocking_send(event);
    }

    /// Returns when the engine has been told to stop.
    pub(crate) async fn stopped(&self) {
        let mut stopped = self.stopped.clone();
        let _ = stopped.wait_for(|stopped| *stopped).await;
    }
}

/// The engine's inbox before its thread runs, so that others can hold the way to it.
pub(crate) struct Inbox {
    events: mpsc::Receiver<Event>,
    stopped: watch::Sender<bool>,
}

/// The way to an engine and its inbox.
pub(crate) fn channel() -> (Engine, Inbox) {
    let (sender, events) = mpsc::channel(EVENTS_MAX);
    let (stop, stopped) = watch::channel(false);
    (
        Engine {
            events: sender,
            stopped,
        },
        Inbox {
            events,
            stopped: stop,
        },
    )
}

/// What the engine's thread needs besides its inbox.
pub(crate) struct Parts {
    pub(crate) replica: Replica,
    pub(crate) shared: Arc<Shared>,
    pub(crate) key: SigningKey,
    pub(crate) peers: Vec<Peer>,
    pub(crate) runtime: Handle,
    pub(crate) ready: watch::Sender<bool>,
    /// Told once why the node cannot go on.
    pub(crate) fail: watch::Sender<Option<String>>,
    pub(crate) clock: fn() -> UnixMillis,
}

struct Running {
    parts: Parts,
    writers: BTreeMap<Origin, Writer>,
    peers: BTreeMap<PeerId, Peer>,
    connected: BTreeMap<PeerId, bool>,
    fetches: BTreeMap<FetchId, Fetching>,
    callers: HashMap<Ticket, oneshot::Sender<Answer>>,
    tickets: u64,
    /// When the newest head was signed, until it is in the files.
    unwritten_head: Option<UnixMillis>,
    /// When a batch became durable or was signed, until the newest heads have been noted.
    unnoted: Option<UnixMillis>,
}

/// Starts the engine's thread.
pub(crate) fn start(inbox: Inbox, mut parts: Parts) -> std::io::Result<JoinHandle<()>> {
    let mut writers = BTreeMap::new();
    for origin in parts.shared.roster.origins() {
        let writer = Writer::start(
            origin.clone(),
            Arc::clone(&parts.shared.store),
            parts.shared.engine.clone(),
        )?;
        writers.insert(origin.clone(), writer);
    }
    let peers = std::mem::take(&mut parts.peers)
        .into_iter()
        .map(|peer| (PeerId(peer.region), peer))
        .collect();
    let running = Running {
        parts,
        writers,
        peers,
        connected: BTreeMap::new(),
        fetches: BTreeMap::new(),
        callers: HashMap::new(),
        tickets: 0,
        unwritten_head: None,
        unnoted: None,
    };
    std::thread::Builder::new()
        .name("engine".into())
        .spawn(move || running.run(inbox))
}

impl Running {
    fn run(mut self, mut inbox: Inbox) {
        self.feed(Input::Tick);
        while let Some(event) = inbox.events.blocking_recv() {
            match event {
                Event::Input(input) => self.feed(input),
                Event::Submit {
                    submitted,
                    searched,
                    reply,
                } => self.submit(submitted, searched, reply),
                Event::Status(reply) => {
                    // Whoever asked may be gone.
                    let _ = reply.send(self.status());
                }
                Event::Absent(reply) => {
                    let absent = self.parts.replica.absent().unwrap_or_default();
                    let _ = reply.send(absent.into_iter().map(|peer| peer.0).collect());
                }
                Event::Stop => break,
            }
        }
        let _ = inbox.stopped.send(true);
        // Nobody can be answered any more; writers may still want to report.
        inbox.events.close();
        let writers = std::mem::take(&mut self.writers);
        let drain = std::thread::spawn(move || while inbox.events.blocking_recv().is_some() {});
        writers.into_values().for_each(Writer::finish);
        let _ = drain.join();
    }

    /// Feeds the replica and does what it wants done. A signature is made on the spot and fed back.
    fn feed(&mut self, input: Input) {
        self.note_connection(&input);
        let is_tick = matches!(input, Input::Tick);
        if matches!(input, Input::Persisted { .. }) {
            self.unnoted.get_or_insert_with(self.parts.clock);
        }
        let mut inputs = vec![input];
        while let Some(input) = inputs.pop() {
            let now = (self.parts.clock)();
            for output in self.parts.replica.handle(input, now) {
                inputs.extend(self.carry_out(output));
            }
        }
        self.write_head_of_idle_chain();
        self.note_seen();
        self.notice_failure();
        if is_tick {
            self.parts.shared.news.put(self.news());
        }
        let ready = self.parts.replica.readiness() == Readiness::Ready;
        self.parts
            .ready
            .send_if_modified(|current| std::mem::replace(current, ready) != ready);
    }

    /// A store that has stopped never goes on: the node ends, and says why.
    fn notice_failure(&self) {
        if let Some(reason) = self.parts.shared.store.stopped() {
            self.parts.fail.send_if_modified(|known| {
                let first = known.is_none();
                known.get_or_insert(reason);
                first
            });
        }
    }

    fn write_head_of_idle_chain(&mut self) {
        let waited = |signed: UnixMillis| (self.parts.clock)().0.saturating_sub(signed.0);
        if self
            .unwritten_head
            .is_none_or(|signed| waited(signed) < HEAD_WAIT_MS)
        {
            return;
        }
        self.unwritten_head = None;
        let shared = Arc::clone(&self.parts.shared);
        self.parts.runtime.spawn_blocking(move || {
            if let Err(error) = shared.store.write_heads() {
                tracing::error!(%error, "the newest head could not be written");
            }
        });
    }

    /// Has the newest heads noted, some time after the first batch that they cover.
    fn note_seen(&mut self) {
        let waited = |since: UnixMillis| (self.parts.clock)().0.saturating_sub(since.0);
        if self
            .unnoted
            .is_none_or(|since| waited(since) < SEEN_WAIT_MS)
        {
            return;
        }
        self.unnoted = None;
        let shared = Arc::clone(&self.parts.shared);
        self.parts.runtime.spawn_blocking(move || {
            if let Err(error) = shared.store.note_seen() {
                tracing::error!(%error, "the newest heads could not be noted");
            }
        });
    }

    fn note_connection(&mut self, input: &Input) {
        match input {
            Input::PeerConnected(peer) => self.connected.insert(*peer, true),
            Input::PeerLost(peer) => self.connected.insert(*peer, false),
            _ => None,
        };
    }

    fn carry_out(&mut self, output: Output) -> Option<Input> {
        match output {
            Output::Fetch {
                fetch,
                peer,
                origin,
                from,
                batches,
            } => self.fetch(fetch, peer, origin, from, batches),
            Output::ReadMore { fetch, batches } => {
                if let Some(fetching) = self.fetches.get(&fetch) {
                    fetching.allow(batches);
                }
            }
            Output::CancelFetch { fetch } => {
                if let Some(fetching) = self.fetches.remove(&fetch) {
                    fetching.cancel();
                }
            }
            Output::Persist { extension, head } => {
                if let Some(writer) = self.writers.get(extension.after().origin()) {
                    writer.persist(Job {
                        extension: *extension,
                        head,
                    });
                }
            }
            Output::LookUpRoot { origin, size } => self.look_up_root(origin, size),
            Output::Sign { head } => return self.sign(&head),
            Output::Receipt(receipt) => self.answer(receipt),
            Output::Refuse { ticket, reason } => {
                if let Some(reply) = self.callers.remove(&ticket) {
                    let _ = reply.send(Err(Refusal::Replica(reason)));
                }
            }
            Output::Announce { origin, head } => self.parts.shared.board.announce(&origin, head),
            Output::Evidence(evidence) => self.keep(&evidence),
            Output::Blame { peer, fault } => {
                tracing::warn!(peer = %peer.0, %fault, "a peer sent nonsense; its connection is dropped");
                self.connected.insert(peer, false);
                if let Some(peer) = self.peers.get(&peer) {
                    peer.blamed.notify_one();
                }
            }
        }
        None
    }

    fn fetch(
        &mut self,
        fetch: FetchId,
        peer: PeerId,
        origin: Origin,
        from: TreeSize,
        batches: usize,
    ) {
        let Some(peer) = self.peers.get(&peer).cloned() else {
            return;
        };
        // Fetches that have ended are let go when the next one begins.
        self.fetches.retain(|_, fetching| !fetching.has_ended());
        let window = Arc::new(Semaphore::new(batches));
        let task = peer.fetch(
            self.parts.shared.engine.clone(),
            fetch,
            origin,
            from,
            Arc::clone(&window),
        );
        self.fetches
            .insert(fetch, Fetching::new(window, self.parts.runtime.spawn(task)));
    }

    fn look_up_root(&self, origin: Origin, size: TreeSize) {
        let shared = Arc::clone(&self.parts.shared);
        self.parts
            .runtime
            .spawn_blocking(move || match shared.store.root_at(&origin, size) {
                Ok(root) => {
                    shared
                        .engine
                        .send_blocking(Event::Input(Input::RootAt { origin, size, root }));
                }
                Err(error) => {
                    tracing::error!(chain = %origin, %error, "a root could not be looked up");
                }
            });
    }

    /// The batch is durable; only now does its head exist.
    fn sign(&mut self, head: &Head) -> Option<Input> {
        let note = head.sign(&self.parts.key).into_bytes();
        if let Err(error) = self.parts.shared.store.note_head(&head.origin, &note) {
            // Nothing can follow: the batch would never be signed. The node ends and signs it after the next start.
            tracing::error!(%error, "a head could not be handed to the store; it is not announced");
            self.parts.fail.send_replace(Some(error.to_string()));
            return None;
        }
        self.unwritten_head = Some((self.parts.clock)());
        // The batch may have waited for its signature, and been looked at in vain meanwhile.
        self.unnoted.get_or_insert_with(self.parts.clock);
        Some(Input::Signed { note })
    }

    fn submit(&mut self, submitted: Submitted, searched: TreeSize, reply: oneshot::Sender<Answer>) {
        self.tickets += 1;
        let ticket = Ticket(self.tickets);
        self.callers.insert(ticket, reply);
        self.feed(Input::Submit {
            ticket,
            submitted,
            searched,
        });
    }

    fn answer(&mut self, receipt: Receipt) {
        let Some(reply) = self.callers.remove(&receipt.ticket) else {
            return;
        };
        self.parts.shared.tally.accepted(receipt.records);
        let placed = Placed {
            first: receipt.first,
            records: receipt.records,
            head: receipt.head,
        };
        let _ = reply.send(Ok(placed));
    }

    fn keep(&self, evidence: &Evidence) {
        tracing::error!(chain = %evidence.origin, conflict = ?evidence.conflict, "evidence against a chain");
        let shared = &self.parts.shared;
        let kept = KeptEvidence::of(evidence);
        if let Err(error) = shared
            .store
            .journal_append(JournalKind::FORK_EVIDENCE, &kept.to_bytes())
        {
            tracing::error!(%error, "evidence could not be written to the journal");
        }
        kept.spread(&shared.board);
        // Nobody is to get an answer from this chain that does not say so.
        shared.news.put(self.news());
    }

    fn news(&self) -> BTreeMap<Origin, News> {
        let now = (self.parts.clock)();
        let own = &self.parts.shared.origin;
        let chains = self.parts.replica.chains();
        chains
            .map(|(origin, status)| (origin.clone(), News::of(&status, own, now)))
            .collect()
    }

    fn status(&self) -> Status {
        let shared = &self.parts.shared;
        let now = (self.parts.clock)();
        let copy = |origin: &Origin| {
            let status = self.parts.replica.chain(origin)?;
            Some(ChainCopy {
                origin: origin.clone(),
                size: status.durable,
                head: status.head.map(<[u8]>::to_vec).unwrap_or_default(),
                newest: newest(&shared.store, origin),
                news: News::of(&status, &shared.origin, now),
            })
        };
        let peer = |peer: &PeerId| PeerState {
            region: peer.0,
            is_connected: self.connected.get(peer).copied().unwrap_or(false),
        };
        Status {
            at: now,
            readiness: self.parts.replica.readiness(),
            chains: shared.roster.origins().filter_map(copy).collect(),
            peers: self.peers.keys().map(peer).collect(),
        }
    }
}

/// Puts the heads that the store holds on the board, before anybody watches.
pub(crate) fn announce_held(store: &Store, board: &Board, origins: impl Iterator<Item = Origin>) {
    for origin in origins {
        if let Some(head) = store.head(&origin) {
            board.announce(&origin, head);
        }
    }
}
