//! What the engine tells of itself to whoever asks.

use super::Running;
use crate::{
    copies::{ChainCopy, News, newest},
    status::{PeerState, Status},
};
use std::collections::BTreeMap;
use yizhang_ledger::head::Origin;
use yizhang_replica::PeerId;

impl Running {
    pub(super) fn news(&self) -> BTreeMap<Origin, News> {
        let now = self.now();
        let own = &self.origin;
        let chains = self.replica.chains();
        chains
            .map(|(origin, status)| (origin.clone(), News::of(&status, own, now)))
            .collect()
    }

    pub(super) fn status(&self) -> Status {
        let now = self.now();
        let copy = |origin: &Origin| {
            let status = self.replica.chain(origin)?;
            Some(ChainCopy {
                origin: origin.clone(),
                size: status.durable,
                head: status.head.map(<[u8]>::to_vec),
                newest: newest(&self.hands.store, origin),
                news: News::of(&status, &self.origin, now),
                left_aside: 0,
            })
        };
        let peer = |peer: &PeerId| PeerState {
            region: peer.0,
            is_connected: self.hands.connected.get(peer).copied().unwrap_or(false),
            holds: self.replica.announced_size(*peer, &self.origin),
        };
        let unshared = self.unshared.as_ref();
        let chains = self.replica.chains();
        Status {
            at: now,
            readiness: self.replica.readiness(),
            chains: self.origins.iter().filter_map(copy).collect(),
            peers: self.hands.peers.keys().map(peer).collect(),
            unshared_ms: unshared
                .map_or(0, |unshared| now.0.saturating_sub(unshared.since.0).max(1)),
            cosigned: chains
                .map(|(origin, chain)| (origin.clone(), chain.cosigned.clone()))
                .collect(),
            lines: self.replica.lines_counted(),
            cosigning_waits: self.replica.cosigning_wait(),
        }
    }
}
