//! The state of a node.

use super::{place, table};
use rust_i18n::t;
use serde_json::{Value, json};
use yizhang_ledger::{head::Origin, value::Division};
use yizhang_wire::v1::StatusReply;

/// The state as JSON.
pub(crate) fn json(reply: &StatusReply) -> Value {
    let chain = |chain: &yizhang_wire::v1::ChainStatus| {
        json!({
            "origin": chain.origin,
            "size": chain.size,
            "announced": chain.announced,
            "head": String::from_utf8_lossy(&chain.head),
            "quarantined": chain.quarantined,
        })
    };
    json!({
        "own": reply.own_origin,
        "ready": reply.ready,
        "not_ready_reason": reply.not_ready_reason,
        "chains": reply.chains.iter().map(chain).collect::<Vec<_>>(),
        "peers": reply.peers.iter().map(|peer| json!({ "region": peer.region, "connected": peer.connected })).collect::<Vec<_>>(),
    })
}

/// The state as tables.
pub(crate) fn table_of(reply: &StatusReply) {
    if reply.ready {
        println!("{}", t!("status.ready", chain = reply.own_origin));
    } else {
        println!(
            "{}",
            t!(
                "status.not_ready",
                chain = reply.own_origin,
                reason = reply.not_ready_reason
            )
        );
    }
    let mut rows = table([
        t!("status.chain"),
        t!("status.size"),
        t!("status.behind"),
        t!("status.state"),
    ]);
    for chain in &reply.chains {
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
    for peer in &reply.peers {
        let region = Division::parse(&peer.region).map_or_else(|| peer.region.clone(), place::name);
        let key = if peer.connected {
            "status.connected"
        } else {
            "status.not_connected"
        };
        println!("{}", t!(key, region = region));
    }
}
