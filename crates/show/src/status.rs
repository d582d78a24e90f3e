//! The state of a node.

use super::{
    copies::{self, ChainCopy},
    place, table,
};
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
    /// Why not, as a code.
    pub not_ready_code: String,
    /// When it said so, by its clock.
    pub at: UnixMillis,
    /// Every chain that it holds.
    pub chains: Vec<ChainCopy>,
    /// How long entries of its own chain have been held by no other connected node, in ms; 0 if there are none.
    pub unshared_ms: u64,
    /// When all segments on its disk had last been gone through for damage; none before the first time since it started.
    pub scrubbed: Option<UnixMillis>,
    /// The other nodes.
    pub peers: Vec<PeerStatus>,
}

/// Another node.
pub struct PeerStatus {
    /// Its region.
    pub region: String,
    /// Whether there is a connection.
    pub connected: bool,
    /// How much of the asked node's own chain it has announced.
    pub holds: u64,
}

/// How long entries may be on one disk alone before that is a finding, in ms.
const UNSHARED_MS_MAX: u64 = 60_000;

impl NodeStatus {
    /// Whether something needs a person.
    pub fn needs_somebody(&self) -> bool {
        let needs = |chain: &ChainCopy| {
            chain.is_quarantined() || !chain.damage.is_empty() || chain.ahead_ms > 0
        };
        !self.ready || self.unshared_ms >= UNSHARED_MS_MAX || self.chains.iter().any(needs)
    }

    /// How much of its own chain at least one other node holds, and how long what is beyond it has been alone; none if there is
    /// no other node.
    fn sharing(&self) -> Option<String> {
        let held = self.peers.iter().map(|peer| peer.holds).max()?;
        let own = self
            .chains
            .iter()
            .find(|chain| chain.origin.as_str() == self.own_origin)?;
        let held = held.min(own.size);
        let line = if self.unshared_ms == 0 {
            t!("status.shared", size = held)
        } else {
            let (alone, seconds) = (own.size - held, self.unshared_ms / 1_000);
            t!(
                "status.unshared",
                size = held,
                alone = alone,
                seconds = seconds
            )
        };
        Some(line.to_string())
    }
}

/// The state as JSON.
pub fn json(status: &NodeStatus) -> Value {
    json!({
        "own": status.own_origin,
        "ready": status.ready,
        "not_ready_reason": status.not_ready_reason,
        "not_ready_code": status.not_ready_code,
        "at_ms": status.at.0,
        "unshared_ms": status.unshared_ms,
        "scrubbed_ms": status.scrubbed.map(|time| time.0),
        "chains": status.chains.iter().map(ChainCopy::json).collect::<Vec<_>>(),
        "peers": status.peers.iter().map(|peer| json!({ "region": peer.region, "connected": peer.connected, "holds": peer.holds })).collect::<Vec<_>>(),
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
                reason = reason(status)
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
    if let Some(line) = status.sharing() {
        println!("{line}");
    }
    match status.scrubbed {
        Some(time) => println!("{}", t!("status.scrubbed", time = copies::moment(time))),
        None => println!("{}", t!("status.not_scrubbed")),
    }
    for chain in status
        .chains
        .iter()
        .filter(|chain| !chain.damage.is_empty())
    {
        let (region, damage) = (place::name(chain.region()), &chain.damage);
        println!("{}", t!("status.damage", region = region, damage = damage));
    }
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

/// Why the node is not ready, in the language in force; in the words of the node where there are none of ours.
fn reason(status: &NodeStatus) -> String {
    let text = &status.not_ready_reason;
    let reason = match status.not_ready_code.as_str() {
        "hearing" => t!("not_ready.hearing", text = text),
        "comparing" => t!("not_ready.comparing", text = text),
        "fetching-back" => t!("not_ready.fetching_back", text = text),
        "signed-elsewhere" => t!("not_ready.signed_elsewhere", text = text),
        "two-histories" => t!("not_ready.two_histories", text = text),
        "disk-failed" => t!("not_ready.disk_failed", text = text),
        "signature-refused" => t!("not_ready.signature_refused", text = text),
        "disk-full" => t!("not_ready.disk_full", text = text),
        "mirror" => t!("not_ready.mirror", text = text),
        _ => text.into(),
    };
    reason.to_string()
}
