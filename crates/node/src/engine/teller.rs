//! One task a peer that tells it what it might not see by watching (docs of the message `TellRequest`).

use crate::{
    board::{Board, Telling},
    engine::{Engine, Peer},
};
use std::time::Duration;
use tokio::time::{Instant, sleep};
use yizhang_ledger::head::Origin;

/// How often it is looked whether there is something new to tell: how long a second node with one key goes unnoticed.
const LOOK_INTERVAL: Duration = Duration::from_secs(2);
/// How often the same is told again: a listener that has started meanwhile knows nothing of it.
const REPEAT_INTERVAL: Duration = Duration::from_secs(60);
/// How often it is said that a peer cannot be told.
const SAID_INTERVAL: Duration = Duration::from_secs(60);

/// Whom to tell, and where it stands what.
pub(crate) struct Teller {
    pub(crate) own: Origin,
    pub(crate) listener: Origin,
    pub(crate) board: Board,
}

impl Teller {
    /// Tells the peer until the engine is gone. One that does not listen is told again at the next look.
    pub(crate) async fn keep_telling(self, peer: Peer, engine: Engine) {
        let mut told = Telling::default();
        let mut told_at: Option<Instant> = None;
        let mut said_at: Option<Instant> = None;
        loop {
            tokio::select! {
                () = sleep(LOOK_INTERVAL) => {}
                () = engine.stopped() => return,
            }
            let telling = self.board.telling(&self.own, &self.listener);
            let is_old = told_at.is_none_or(|at| at.elapsed() >= REPEAT_INTERVAL);
            if telling == told && !is_old {
                continue;
            }
            match peer.tell(telling.clone()).await {
                Ok(()) => {
                    told = telling;
                    told_at = Some(Instant::now());
                }
                Err(status) if said_at.is_none_or(|at| at.elapsed() >= SAID_INTERVAL) => {
                    said_at = Some(Instant::now());
                    tracing::warn!(peer = %peer.region, code = ?status.code(), "a peer could not be told of the newest head and the evidence");
                }
                Err(_) => {}
            }
        }
    }
}
