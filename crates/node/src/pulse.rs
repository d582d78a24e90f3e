//! The sign of life of a node: whether its one serial thread moves, and how the node is.

use crate::engine::Engine;

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
        let status = self.0.status().await?;
        let connected = status.peers.iter().filter(|peer| peer.is_connected);
        Some(format!(
            "{}; {} of {} peers",
            status.readiness,
            connected.count(),
            status.peers.len()
        ))
    }
}
