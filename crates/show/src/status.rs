//! The state of a node.

use super::{copies::ChainCopy, place, table};
use rust_i18n::t;
use serde_json::{Value, json};
use yizhang_ledger::value::{Division, UnixMillis};

/// The state of a node, as it tells it.
pub struct NodeStatus {
    /// Origin of its own chain.
    pub own_origin: String,
    /// Whether it takes submissions.
    pub ready: bool,
    /// Why not.
    pub not_ready_reason: String,
    /// When it said so, by its clock.
    pub at: UnixMillis,
    /// Every chain that it holds.
    pub chains: Vec<ChainCopy>,
    /// The other nodes.
    pub peers: Vec<PeerStatus>,
}

/// Another node.
pub struct PeerStatus {
    /// Its region.
    pub region: String,
    /// Whether there is a connection.
    pub connected: bool,
}

/// The state as JSON.
pub fn json(status: &NodeStatus) -> Value {
    json!({
        "own": status.own_origin,
        "ready": status.ready,
        "not_ready_reason": status.not_ready_reason,
        "at_ms": status.at.0,
        "chains": status.chains.iter().map(ChainCopy::json).collect::<Vec<_>>(),
        "peers": status.peers.iter().map(|peer| json!({ "region": peer.region, "connected": peer.connected })).collect::<Vec<_>>(),
    })
}

/// The state as tables.
pub fn table_of(status: &NodeStatus) {
    if status.ready {
        println!("{}", t!("status.ready", chain = status.own_origin));
    } else {
        println!(
            "{}",
            t!(
                "status.not_ready",
                chain = status.own_origin,
                reason = status.not_ready_reason
            )
        );
    }
    let mut rows = table([
        t!("status.chain"),
        t!("status.size"),
        t!("status.newest"),
        t!("status.heard"),
        t!("status.state"),
    ]);
    for chain in &status.chains {
        rows.add_row([
            place::name(chain.region()),
            chain.size.to_string(),
            chain.newest_batch(),
            chain.last_heard(),
            chain.state(),
        ]);
    }
    println!("{rows}");
    for peer in &status.peers {
        let region = Division::parse(&peer.region).map_or_else(|| peer.region.clone(), place::name);
        let key = if peer.connected {
            "status.connected"
        } else {
            "status.not_connected"
        };
        println!("{}", t!(key, region = region));
    }
}
