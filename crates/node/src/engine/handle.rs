//! The way to the engine: what it can be told and asked, and what it answers.

use crate::{refusal::Refusal, status::Status};
use std::time::Duration;
use tokio::{
    sync::{mpsc, oneshot, watch},
    time::timeout,
};
use yizhang_ledger::{
    chain::Submitted,
    value::{Division, LeafIndex, TreeSize},
};
use yizhang_replica::Input;

/// Events that may wait for the engine; senders wait beyond it. Enough for every caller and peer of a busy node.
const EVENTS_MAX: usize = 1_024;

/// How long the engine may take to tell the state: many times what it needs when it is busy.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(5);

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
    pub(super) stopped: watch::Sender<bool>,
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
