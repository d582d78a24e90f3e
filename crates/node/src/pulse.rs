//! The sign of life of a node: whether its one serial thread moves, and how the node is.

use crate::{engine::Engine, status};

/// The pulse of a running node.
#[derive(Clone)]
pub struct Pulse(Engine);

impl Pulse {
    /// The pulse of an engine.
    pub(crate) const fn of(engine: Engine) -> Self {
        Self(engine)
    }

    /// The state of the node in a few words; none if it does not answer for some seconds.
    pub async fn beat(&self) -> Option<String> {
        let status = status::of(&self.0).await?;
        let state = if status.ready {
            "ready"
        } else {
            &status.not_ready_reason
        };
        let connected = status.peers.iter().filter(|peer| peer.connected).count();
        Some(format!(
            "{state}; {connected} of {} peers",
            status.peers.len()
        ))
    }
}
