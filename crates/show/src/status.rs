//! The state of a node.

use super::{place, table};
use rust_i18n::t;
use serde_json::{Value, json};
use yizhang_ledger::{head::Origin, value::Division};

/// The state of a node, as it tells it.
pub struct NodeStatus {
    /// Origin of its own chain.
    pub own_origin: String,
    /// Whether it takes submissions.
    pub ready: bool,
    /// Why not.
    pub not_ready_reason: String,
    /// Every chain that it holds.
    pub chains: Vec<ChainStatus>,
    /// The other nodes.
    pub peers: Vec<PeerStatus>,
}

/// A chain as a node holds it.
pub struct ChainStatus {
    /// Origin of the chain.
    pub origin: String,
    /// Entries held.
    pub size: u64,
    /// Entries that its own node has announced.
    pub announced: u64,
    /// The newest signed head; empty if there is none.
    pub head: Vec<u8>,
    /// Whether its key signed two histories.
    pub quarantined: bool,
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
    let chain = |chain: &ChainStatus| {
        json!({
            "origin": chain.origin,
            "size": chain.size,
            "announced": chain.announced,
            "head": String::from_utf8_lossy(&chain.head),
            "quarantined": chain.quarantined,
        })
    };
    json!({
        "own": status.own_origin,
        "ready": status.ready,
        "not_ready_reason": status.not_ready_reason,
        "chains": status.chains.iter().map(chain).collect::<Vec<_>>(),
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
        t!("status.behind"),
        t!("status.state"),
    ]);
    for chain in &status.chains {
        let region = Origin::parse(&chain.origin).map_or_else(
            || chain.origin.clone(),
            |origin| place::name(origin.region()),
        );
        let state = match (chain.quarantined, chain.size, chain.head.is_empty()) {
            (true, ..) => t!("status.quarantined"),
            (false, 1.., true) => t!("status.unsigned"),
            (false, ..) => t!("status.fine"),
        };
        let behind = chain.announced.saturating_sub(chain.size);
        rows.add_row([
            region,
            chain.size.to_string(),
            behind.to_string(),
            state.to_string(),
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
