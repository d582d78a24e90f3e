//! The way to the engine: what it can be told and asked, and what it answers.

use crate::{refusal::Refusal, status::Status};
use std::time::Duration;
use tokio::{
    runtime::Handle,
    sync::{OwnedSemaphorePermit, mpsc, oneshot, watch},
    time::timeout,
};
use yizhang_ledger::{
    chain::Submitted,
    value::{Division, LeafIndex, TreeSize},
};
use yizhang_replica::Input;

/// Events of the node itself that may wait for the engine: submissions, what the disk has done, questions. Senders wait beyond
/// it. Enough for every caller of a busy node. Of these submissions alone bring memory with them: [`SUBMITTED_KIB_MAX`](crate::waiting::SUBMITTED_KIB_MAX).
const EVENTS_MAX: usize = 1_024;
/// Events from peers that may wait. They bring memory with them: of each peer one message at a time, see [`Engine::hear`], and of
/// fetches what their windows allow. `waiting` says how much that is.
const HEARD_MAX: usize = 64;
/// Events of the node itself that are taken before one of a peer has its turn.
const OWN_IN_A_ROW_MAX: usize = 64;

/// How long the engine may take to tell the state: many times what it needs when it is busy.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(5);

/// What the engine is told.
pub(crate) enum Event {
    /// For the replica.
    Input(Input),
    /// For the replica, from a peer, who says more when this has been heard.
    Heard {
        input: Input,
        heard: oneshot::Sender<()>,
    },
    /// Somebody submits; the store was searched up to `searched` for an earlier submission.
    Submit {
        submitted: Submitted,
        /// What goes into the same batch before it, if a second clerk has approved it.
        approval: Option<Submitted>,
        searched: TreeSize,
        reply: oneshot::Sender<Answer>,
        /// Its part of what may wait, given back when it waits no more.
        room: OwnedSemaphorePermit,
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
    peers: mpsc::Sender<Event>,
    stopped: watch::Receiver<bool>,
}

impl Engine {
    /// Hands an event over, waiting while the engine is busy. After the end it is dropped, and whoever waits for an answer
    /// learns that from the answer's channel.
    pub(crate) async fn send(&self, event: Event) {
        let _ = self.events.send(event).await;
    }

    /// Hands over what a peer says, and returns when the engine has dealt with it: so much as one message of a peer is held at
    /// a time. What the node itself has to do goes first.
    pub(crate) async fn hear(&self, input: Input) {
        let (heard, dealt_with) = oneshot::channel();
        let _ = self.peers.send(Event::Heard { input, heard }).await;
        // An engine that has stopped hears nothing more.
        let _ = dealt_with.await;
    }

    /// Hands over what a fetch has brought, in its order among what the same peer says; its window says how much that may be.
    pub(crate) async fn bring(&self, input: Input) {
        let _ = self.peers.send(Event::Input(input)).await;
    }

    /// As [`Engine::send`], for threads.
    pub(crate) fn send_blocking(&self, event: Event) {
        let _ = self.events.blocking_send(event);
    }

    /// The state of the node; none if the engine does not answer, which is a state, too.
    pub(crate) async fn status(&self) -> Option<Status> {
        let ask = async {
            let (sender, receiver) = oneshot::channel();
            self.send(Event::Status(sender)).await;
            receiver.await.ok()
        };
        timeout(ANSWER_TIMEOUT, ask).await.ok().flatten()
    }

    /// Returns when the engine has been told to stop.
    pub(crate) async fn stopped(&self) {
        let mut stopped = self.stopped.clone();
        let _ = stopped.wait_for(|stopped| *stopped).await;
    }
}

/// The engine's inbox before its thread runs, so that others can hold the way to it.
pub(crate) struct Inbox {
    pub(super) events: mpsc::Receiver<Event>,
    peers: mpsc::Receiver<Event>,
    own_in_a_row: usize,
    pub(super) stopped: watch::Sender<bool>,
}

impl Inbox {
    /// The next event; one of the node itself, unless there were many of those.
    pub(crate) fn next(&mut self, runtime: &Handle) -> Option<Event> {
        if self.own_in_a_row < OWN_IN_A_ROW_MAX
            && let Ok(event) = self.events.try_recv()
        {
            self.own_in_a_row += 1;
            return Some(event);
        }
        self.own_in_a_row = 0;
        if let Ok(event) = self.peers.try_recv() {
            return Some(event);
        }
        runtime.block_on(async {
            tokio::select! {
                biased;
                event = self.events.recv() => event,
                Some(event) = self.peers.recv() => Some(event),
            }
        })
    }

    /// Takes nothing more in, and lets go of what still waits, so that nobody waits for it.
    pub(super) fn close(mut self) {
        self.events.close();
        self.peers.close();
        while self.peers.blocking_recv().is_some() {}
        while self.events.blocking_recv().is_some() {}
    }
}

/// The way to an engine and its inbox.
pub(crate) fn channel() -> (Engine, Inbox) {
    let (sender, events) = mpsc::channel(EVENTS_MAX);
    let (hear, peers) = mpsc::channel(HEARD_MAX);
    let (stop, stopped) = watch::channel(false);
    (
        Engine {
            events: sender,
            peers: hear,
            stopped,
        },
        Inbox {
            events,
            peers,
            own_in_a_row: 0,
            stopped: stop,
        },
    )
}

/// What became of a submission.
pub(crate) type Answer = Result<Placed, Refusal>;

/// Where a submission stands in the own chain, and the signed head that says so: what a receipt is made of.
#[derive(Clone, Debug)]
pub(crate) struct Placed {
    /// Position of its first record.
    pub(crate) first: LeafIndex,
    /// How many records it has.
    pub(crate) records: u32,
    /// A signed head of a size that reaches its last record, a note.
    pub(crate) head: Vec<u8>,
}
