//! The state of the node, asked of its engine within a limit: an engine that does not answer is a state, too.

use crate::{
    copies::ChainCopy,
    engine::{Engine, Event},
};
use std::time::Duration;
use tokio::{sync::oneshot, time::timeout};
use yizhang_ledger::value::{Division, UnixMillis};
use yizhang_replica::Readiness;

/// How long the engine may take: many times what it needs when it is busy.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(5);

/// The state of a node as its engine knows it.
#[derive(Clone, Debug)]
pub(crate) struct Status {
    /// When that was.
    pub(crate) at: UnixMillis,
    /// Whether submissions are accepted, and if not, why.
    pub(crate) readiness: Readiness,
    /// The chains of the roster.
    pub(crate) chains: Vec<ChainCopy>,
    /// The other nodes of the roster.
    pub(crate) peers: Vec<PeerState>,
}

/// A peer as the engine knows it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PeerState {
    /// Its region.
    pub(crate) region: Division,
    /// Whether it is watched.
    pub(crate) is_connected: bool,
}

impl Status {
    /// Whether submissions are accepted.
    pub(crate) fn is_ready(&self) -> bool {
        self.readiness == Readiness::Ready
    }
}

/// The state; none if the engine does not answer.
pub(crate) async fn of(engine: &Engine) -> Option<Status> {
    let ask = async {
        let (sender, receiver) = oneshot::channel();
        engine.send(Event::Status(sender)).await;
        receiver.await.ok()
    };
    timeout(ANSWER_TIMEOUT, ask).await.ok().flatten()
}
