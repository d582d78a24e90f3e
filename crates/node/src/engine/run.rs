//! The one thread that drives the replica: events in, deeds out, in the loop of `yizhang_replica::carry_out`, which the
//! simulated federations of that crate's tests run too. Everything that may wait (disk, network) is done elsewhere and comes
//! back as an event.

use crate::{
    board::Board,
    copies::{ChainCopy, News, newest},
    engine::evidence::Journal,
    engine::peers::{Fetching, Peer},
    engine::writer::Writer,
    search::{Answer, Placed},
    server::{Failure, Shared},
    services::Refusal,
    status::{PeerState, Status},
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
    chain::{Extension, Submitted},
    head::{Head, Origin},
    value::{Division, TreeSize, UnixMillis},
};
use yizhang_replica::{
    Asked, Deeds, Evidence, Fault, FetchId, Input, Output, PeerId, Readiness, Receipt, Refused,
    Replica, Ticket, carry_out,
};
use yizhang_store::Store;

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
    pub(crate) fail: watch::Sender<Option<Failure>>,
    pub(crate) clock: fn() -> UnixMillis,
}

/// The replica, and what its shell needs to know between two inputs.
struct Running {
    replica: Replica,
    hands: Hands,
    tickets: u64,
    ready: watch::Sender<bool>,
    fail: watch::Sender<Option<Failure>>,
    /// When the newest head was signed, until it is in the files.
    unwritten_head: Option<UnixMillis>,
    /// When a batch became durable or was signed, until the newest heads have been noted.
    unnoted: Option<UnixMillis>,
}

/// What the node can do. None of it waits.
struct Hands {
    shared: Arc<Shared>,
    key: SigningKey,
    runtime: Handle,
    clock: fn() -> UnixMillis,
    writers: BTreeMap<Origin, Writer>,
    journal: Journal,
    peers: BTreeMap<PeerId, Peer>,
    connected: BTreeMap<PeerId, bool>,
    fetches: BTreeMap<FetchId, Fetching>,
    callers: HashMap<Ticket, oneshot::Sender<Answer>>,
}

/// Starts the engine's thread, and those that write for it.
pub(crate) fn start(inbox: Inbox, parts: Parts) -> std::io::Result<JoinHandle<()>> {
    let shared = parts.shared;
    let mut writers = BTreeMap::new();
    for origin in shared.roster.origins() {
        let writer = Writer::start(
            origin.clone(),
            Arc::clone(&shared.store),
            shared.engine.clone(),
            parts.fail.clone(),
        )?;
        writers.insert(origin.clone(), writer);
    }
    let journal = Journal::start(Arc::clone(&shared.store), shared.engine.clone())?;
    let peers = parts.peers.into_iter();
    let running = Running {
        replica: parts.replica,
        hands: Hands {
            shared,
            key: parts.key,
            runtime: parts.runtime,
            clock: parts.clock,
            writers,
            journal,
            peers: peers.map(|peer| (PeerId(peer.region), peer)).collect(),
            connected: BTreeMap::new(),
            fetches: BTreeMap::new(),
            callers: HashMap::new(),
        },
        tickets: 0,
        ready: parts.ready,
        fail: parts.fail,
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
                    let absent = self.replica.absent().unwrap_or_default();
                    let _ = reply.send(absent.into_iter().map(|peer| peer.0).collect());
                }
                Event::Stop => break,
            }
        }
        let _ = inbox.stopped.send(true);
        // Nobody can be answered any more; writers may still want to report.
        inbox.events.close();
        let drain = std::thread::spawn(move || while inbox.events.blocking_recv().is_some() {});
        self.hands.writers.into_values().for_each(Writer::finish);
        self.hands.journal.finish();
        let _ = drain.join();
    }

    /// Feeds the replica and begins what it wants done.
    fn feed(&mut self, input: Input) {
        self.take_note(&input);
        let is_tick = matches!(input, Input::Tick);
        let outputs = self.replica.handle(input, self.now());
        // A chain that is closed is closed from now on: nobody is to get an answer from it that does not say so, also while
        // the journal is being written.
        let closes = outputs
            .iter()
            .any(|output| matches!(output, Output::Keep(_)));
        if closes || is_tick {
            self.hands.shared.news.put(self.news());
        }
        carry_out(outputs, &mut self.hands);
        self.write_head_of_idle_chain();
        self.note_seen();
        self.notice_failure();
        let ready = self.replica.readiness() == Readiness::Ready;
        self.ready
            .send_if_modified(|current| std::mem::replace(current, ready) != ready);
    }

    /// What an input means to the shell itself.
    fn take_note(&mut self, input: &Input) {
        match input {
            Input::PeerConnected(peer) => {
                self.hands.connected.insert(*peer, true);
            }
            Input::PeerLost(peer) => {
                self.hands.connected.insert(*peer, false);
            }
            Input::Persisted { .. } => {
                self.unnoted.get_or_insert_with(self.hands.clock);
            }
            Input::Signed { .. } => {
                self.unwritten_head = Some(self.now());
                // The batch may have waited for its signature, and been looked at in vain meanwhile.
                self.unnoted.get_or_insert_with(self.hands.clock);
            }
            _ => {}
        }
    }

    fn now(&self) -> UnixMillis {
        (self.hands.clock)()
    }

    /// Whether so many ms have passed since then; not if there is no then.
    fn has_waited(&self, since: Option<UnixMillis>, ms: u64) -> bool {
        since.is_some_and(|since| self.now().0.saturating_sub(since.0) >= ms)
    }

    /// A store that has stopped never goes on: the node ends, and says why.
    fn notice_failure(&self) {
        if let Some(reason) = self.hands.shared.store.stopped() {
            Failure::Store { reason }.tell(&self.fail);
        }
    }

    fn write_head_of_idle_chain(&mut self) {
        if !self.has_waited(self.unwritten_head, HEAD_WAIT_MS) {
            return;
        }
        self.unwritten_head = None;
        let store = Arc::clone(&self.hands.shared.store);
        self.hands.runtime.spawn_blocking(move || {
            if let Err(error) = store.write_heads() {
                tracing::error!(%error, "the newest head could not be written");
            }
        });
    }

    /// Has the newest heads noted, some time after the first batch that they cover.
    fn note_seen(&mut self) {
        if !self.has_waited(self.unnoted, SEEN_WAIT_MS) {
            return;
        }
        self.unnoted = None;
        let store = Arc::clone(&self.hands.shared.store);
        self.hands.runtime.spawn_blocking(move || {
            if let Err(error) = store.note_seen() {
                tracing::error!(%error, "the newest heads could not be noted");
            }
        });
    }

    fn submit(&mut self, submitted: Submitted, searched: TreeSize, reply: oneshot::Sender<Answer>) {
        self.tickets += 1;
        let ticket = Ticket(self.tickets);
        self.hands.callers.insert(ticket, reply);
        self.feed(Input::Submit {
            ticket,
            submitted,
            searched,
        });
    }

    fn news(&self) -> BTreeMap<Origin, News> {
        let now = self.now();
        let own = &self.hands.shared.origin;
        let chains = self.replica.chains();
        chains
            .map(|(origin, status)| (origin.clone(), News::of(&status, own, now)))
            .collect()
    }

    fn status(&self) -> Status {
        let shared = &self.hands.shared;
        let now = self.now();
        let copy = |origin: &Origin| {
            let status = self.replica.chain(origin)?;
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
            is_connected: self.hands.connected.get(peer).copied().unwrap_or(false),
        };
        Status {
            at: now,
            readiness: self.replica.readiness(),
            chains: shared.roster.origins().filter_map(copy).collect(),
            peers: self.hands.peers.keys().map(peer).collect(),
        }
    }
}

impl Deeds for Hands {
    fn fetch(&mut self, fetch: FetchId, asked: Asked) {
        let Some(peer) = self.peers.get(&asked.peer).cloned() else {
            return;
        };
        // Fetches that have ended are let go when the next one begins.
        self.fetches.retain(|_, fetching| !fetching.has_ended());
        let window = Arc::new(Semaphore::new(asked.batches));
        let task = peer.fetch(
            self.shared.engine.clone(),
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
            writer.persist(*extension, head);
        }
    }

    fn look_up_root(&mut self, origin: Origin, size: TreeSize) {
        let (store, engine) = (Arc::clone(&self.shared.store), self.shared.engine.clone());
        self.runtime
            .spawn_blocking(move || match store.root_at(&origin, size) {
                Ok(root) => {
                    engine.send_blocking(Event::Input(Input::RootAt { origin, size, root }));
                }
                Err(error) => {
                    tracing::error!(chain = %origin, %error, "a root could not be looked up");
                }
            });
    }

    /// The batch is durable; only now does its head exist.
    fn sign(&mut self, head: Head) {
        let note = head.sign(&self.key).into_bytes();
        if let Some(writer) = self.writers.get(&head.origin) {
            writer.note(note);
        }
    }

    fn answer(&mut self, receipt: Receipt) {
        let Some(reply) = self.callers.remove(&receipt.ticket) else {
            return;
        };
        self.shared.tally.accepted(receipt.records);
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
        self.shared.board.announce(&origin, head);
    }

    fn keep(&mut self, evidence: Box<Evidence>) {
        tracing::error!(chain = %evidence.origin, conflict = ?evidence.conflict, "evidence against a chain");
        self.journal.keep(evidence);
    }

    fn spread(&mut self, heads: [Vec<u8>; 2]) {
        self.shared.board.accuse(heads);
    }

    fn blame(&mut self, peer: PeerId, fault: Fault) {
        tracing::warn!(peer = %peer.0, %fault, "a peer sent nonsense; its connection is dropped");
        self.connected.insert(peer, false);
        if let Some(peer) = self.peers.get(&peer) {
            peer.blamed.notify_one();
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
