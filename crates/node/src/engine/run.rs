//! The one thread that drives the replica: events in, deeds out, in the loop of `yizhang_replica::carry_out`, which the
//! simulated federations of that crate's tests run too. Everything that may wait (disk, network) is done elsewhere and comes
//! back as an event.

mod later;
mod state;
mod unshared;

use super::{
    cosigner::{Cosigner, CosigningKeys, Tools},
    evidence::Journal,
    handle::{Answer, Engine, Event, Inbox},
    hands::Hands,
    peers::Peer,
    writer::Writer,
};
use crate::{
    board::Board, carrier::Carrier, chain_keys::ChainKeys, config::Failure, copies::LatestNews,
    damages::Damages, heads::Heads, room::Room, tally::Tally, wrong_registers::WrongRegisters,
};
use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
    thread::JoinHandle,
};
use tokio::{
    runtime::Handle,
    sync::{oneshot, watch},
};
use unshared::Unshared;
use yizhang_ledger::{head::Origin, value::UnixMillis};
use yizhang_replica::{Input, Output, PeerId, Readiness, Replica, Ticket, carry_out};
use yizhang_store::Store;

/// What the engine's thread needs besides its inbox.
pub(crate) struct Parts {
    pub(crate) replica: Replica,
    /// The own chain.
    pub(crate) origin: Origin,
    /// The chains of the roster.
    pub(crate) origins: Vec<Origin>,
    pub(crate) store: Arc<Store>,
    pub(crate) board: Board,
    pub(crate) news: Arc<LatestNews>,
    pub(crate) tally: Arc<Tally>,
    pub(crate) damages: Arc<Damages>,
    pub(crate) wrong_registers: Arc<WrongRegisters>,
    pub(crate) room: Arc<Room>,
    /// The way to this engine, for those who work for it.
    pub(crate) engine: Engine,
    pub(crate) keys: ChainKeys,
    pub(crate) cosigning_keys: CosigningKeys,
    /// Checks what this node has cosigned as it checks what others send.
    pub(crate) heads: Arc<Heads>,
    pub(crate) peers: Vec<Peer>,
    /// Whoever brings chains as a file.
    pub(crate) carrier: Carrier,
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
    origin: Origin,
    origins: Vec<Origin>,
    news: Arc<LatestNews>,
    clock: fn() -> UnixMillis,
    tickets: u64,
    ready: watch::Sender<bool>,
    fail: watch::Sender<Option<Failure>>,
    /// When the newest head was signed, until it is in the files.
    unwritten_head: Option<UnixMillis>,
    /// The newest size of the own chain that no other node is known to hold, and since when.
    unshared: Option<Unshared>,
    /// When a batch became durable or was signed, until the newest heads have been noted.
    unnoted: Option<UnixMillis>,
}

/// Starts the engine's thread, and those that write for it.
pub(crate) fn start(inbox: Inbox, parts: Parts) -> std::io::Result<JoinHandle<()>> {
    let mut writers = BTreeMap::new();
    for origin in &parts.origins {
        let writer = Writer::start(
            origin.clone(),
            Arc::clone(&parts.store),
            parts.engine.clone(),
            parts.fail.clone(),
        )?;
        writers.insert(origin.clone(), writer);
    }
    let journal = Journal::start(
        Arc::clone(&parts.store),
        parts.engine.clone(),
        Arc::clone(&parts.heads),
    )?;
    let cosigner = Cosigner::start(Tools {
        store: Arc::clone(&parts.store),
        engine: parts.engine.clone(),
        keys: parts.cosigning_keys,
        heads: Arc::clone(&parts.heads),
        runtime: parts.runtime.clone(),
        room: Arc::clone(&parts.room),
        wrong_registers: parts.wrong_registers,
    })?;
    let peers = parts.peers.into_iter();
    let running = Running {
        replica: parts.replica,
        hands: Hands {
            store: parts.store,
            engine: parts.engine,
            board: parts.board,
            tally: parts.tally,
            damages: parts.damages,
            keys: parts.keys,
            runtime: parts.runtime,
            writers,
            journal,
            cosigner,
            peers: peers.map(|peer| (PeerId(peer.region), peer)).collect(),
            connected: BTreeMap::new(),
            fetches: BTreeMap::new(),
            callers: HashMap::new(),
            looks: BTreeMap::new(),
            carrier: parts.carrier,
            heads: parts.heads,
            room: parts.room,
        },
        origin: parts.origin,
        origins: parts.origins,
        news: parts.news,
        clock: parts.clock,
        tickets: 0,
        ready: parts.ready,
        fail: parts.fail,
        unshared: None,
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
        while let Some(event) = inbox.next(&self.hands.runtime) {
            match event {
                Event::Input(input) => self.feed(input),
                Event::Heard { input, heard } => {
                    self.feed(input);
                    // Whoever brought it may have been told to stop meanwhile.
                    let _ = heard.send(());
                }
                Event::Submit {
                    submitted,
                    approval,
                    searched,
                    reply,
                    room,
                } => {
                    drop(room);
                    let ticket = self.ticket(reply);
                    self.feed(match approval {
                        Some(approval) => Input::SubmitApproved {
                            ticket,
                            submitted,
                            approval,
                            searched,
                        },
                        None => Input::Submit {
                            ticket,
                            submitted,
                            searched,
                        },
                    });
                }
                Event::Status(reply) => {
                    // Whoever asked may be gone.
                    let _ = reply.send(self.status());
                }
                Event::Absent(reply) => {
                    // A node that has recovered waits for nobody.
                    let absent = self.replica.absent().unwrap_or_default();
                    let _ = reply.send(absent.into_iter().map(|peer| peer.0).collect());
                }
                Event::Stop => break,
            }
        }
        let _ = inbox.stopped.send(true);
        // Nobody can be answered any more; writers may still want to report.
        let drain = std::thread::spawn(move || inbox.close());
        self.hands.writers.into_values().for_each(Writer::finish);
        self.hands.journal.finish();
        self.hands.cosigner.finish();
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
            self.news.put(self.news());
        }
        carry_out(outputs, &mut self.hands);
        self.look_who_holds();
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
                self.unnoted.get_or_insert_with(self.clock);
            }
            Input::Signed { .. } => {
                self.unwritten_head = Some(self.now());
                // The batch may have waited for its signature, and been looked at in vain meanwhile.
                self.unnoted.get_or_insert_with(self.clock);
            }
            _ => {}
        }
    }

    fn now(&self) -> UnixMillis {
        (self.clock)()
    }

    /// A store that has stopped never goes on: the node ends, and says why.
    fn notice_failure(&self) {
        if let Some(reason) = self.hands.store.stopped() {
            Failure::Store { reason }.tell(&self.fail);
        }
    }

    /// A ticket for whoever waits for an answer.
    fn ticket(&mut self, reply: oneshot::Sender<Answer>) -> Ticket {
        self.tickets += 1;
        let ticket = Ticket(self.tickets);
        self.hands.callers.insert(ticket, reply);
        ticket
    }
}
