//! Chains as a node says that it holds them.

use yizhang_ledger::{head::Origin, value::UnixMillis};
use yizhang_show::{copies::ChainCopy, printable};
use yizhang_wire::v1::ChainStatus;

/// Reads what a node says. A chain that is named as none can be is passed over.
pub fn copies(chains: Vec<ChainStatus>) -> Vec<ChainCopy> {
    let time = |ms: u64| (ms > 0).then_some(UnixMillis(ms));
    let copy = |chain: ChainStatus| {
        let from = chain.quarantined_from;
        Some(ChainCopy {
            origin: Origin::parse(&chain.origin)?,
            size: chain.size,
            announced: chain.announced,
            head: chain.head.to_vec(),
            newest: time(chain.newest_ms),
            heard: time(chain.heard_ms),
            live: chain.live,
            quarantined_from: chain.quarantined.then_some(from),
            left_aside: chain.left_aside,
            damage: printable(&chain.damage),
            ahead_ms: chain.ahead_ms,
            wrong_register: (chain.wrong_register > 0).then_some(chain.wrong_register),
        })
    };
    chains.into_iter().filter_map(copy).collect()
}
