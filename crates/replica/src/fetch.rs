//! Which chain is fetched from which peer, and when a fetch is given up.

use crate::{Asked, FetchId, Output, PeerId, Replica, chain::Chain, peer::Peer};
use alloc::{
    collections::{BTreeMap, BTreeSet},
    vec::Vec,
};
use core::ops::Bound;
use yizhang_ledger::{head::Origin, value::UnixMillis};

/// A fetch under way.
#[derive(Debug)]
pub(crate) struct Fetch {
    pub(crate) peer: PeerId,
    pub(crate) origin: Origin,
    /// Batches that may still come before more are allowed.
    pub(crate) credit: usize,
    /// Batches that came.
    pub(crate) delivered: u64,
    started: UnixMillis,
    /// When a batch came, or room for one became free.
    pub(crate) progress: UnixMillis,
}

/// All fetches.
#[derive(Debug, Default)]
pub(crate) struct Fetches {
    pub(crate) active: BTreeMap<FetchId, Fetch>,
    next: u64,
    /// Chains of which some peer was seen to hold more.
    behind: BTreeSet<Origin>,
    /// Chains among them for which a fetch may be possible now.
    pub(crate) look: BTreeSet<Origin>,
    /// The chain served last: the others come first.
    last: Option<Origin>,
}

/// How a fetch ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// The peer ended it.
    ByPeer,
    /// The connection is gone.
    PeerLost,
    /// The peer was silent, or sent what does not extend the chain.
    Failed,
    /// Its time was up; others have their turn.
    TimeUp,
    /// It is not needed any more.
    NotNeeded,
}

/// Whom to ask for a chain.
enum Candidate {
    /// This peer.
    Peer(PeerId),
    /// Somebody, but not now.
    Later,
    /// Nobody holds more.
    Nobody,
}

impl Fetches {
    pub(crate) fn behind(&mut self, origin: Origin) {
        self.look.insert(origin.clone());
        self.behind.insert(origin);
    }

    pub(crate) fn of_peer(&self, peer: PeerId) -> Vec<FetchId> {
        self.active
            .iter()
            .filter(|(_, fetch)| fetch.peer == peer)
            .map(|(id, _)| *id)
            .collect()
    }

    /// Looks at everything that is behind again, because time has passed or room became free.
    fn look_at_all(&mut self) {
        self.look.clone_from(&self.behind);
    }

    /// The next chain to look at, in a circle.
    fn next_chain(&mut self) -> Option<Origin> {
        let after = self.last.as_ref().map_or(Bound::Unbounded, Bound::Excluded);
        let next = self
            .look
            .range::<Origin, _>((after, Bound::Unbounded))
            .next()
            .or_else(|| self.look.first())
            .cloned()?;
        self.look.remove(&next);
        self.last = Some(next.clone());
        Some(next)
    }
}

impl Replica {
    /// Starts what can be started.
    pub(crate) fn start_fetches(&mut self, now: UnixMillis, out: &mut Vec<Output>) {
        while self.fetches.active.len() < self.limits.fetches_max {
            let Some(origin) = self.fetches.next_chain() else {
                return;
            };
            match self.candidate(&origin, now) {
                Candidate::Peer(peer) => self.start_fetch(peer, origin, now, out),
                Candidate::Later => {}
                Candidate::Nobody => {
                    self.fetches.behind.remove(&origin);
                }
            }
        }
    }

    fn start_fetch(
        &mut self,
        peer: PeerId,
        origin: Origin,
        now: UnixMillis,
        out: &mut Vec<Output>,
    ) {
        let Some(chain) = self.chains.get_mut(&origin) else {
            return;
        };
        let Some(source) = self.peers.get_mut(&peer) else {
            return;
        };
        let fetch = FetchId(self.fetches.next);
        let next = self.fetches.next.checked_add(1);
        self.fetches.next = next.expect("no process lives to start 2^64 fetches");
        let credit = self.limits.fetch_window.checked_sub(chain.staged.len());
        let credit = credit.expect("nobody is asked while the window is full");
        let fetches = source.fetches.checked_add(1);
        source.fetches = fetches.expect("fetches of a peer are few");
        chain.fetch = Some(fetch);
        chain.tries.entry(peer).or_default().last = now;
        let asked = Asked {
            peer,
            origin: origin.clone(),
            from: chain.tip.size(),
            batches: credit,
        };
        out.push(Output::Fetch { fetch, asked });
        let started = Fetch {
            peer,
            origin,
            credit,
            delivered: 0,
            started: now,
            progress: now,
        };
        self.fetches.active.insert(fetch, started);
    }

    /// Whom to ask: those who have failed least come first, among them the chain's own node, then who was asked longest
    /// ago.
    fn candidate(&self, origin: &Origin, now: UnixMillis) -> Candidate {
        let Some(chain) = self.chains.get(origin) else {
            return Candidate::Nobody;
        };
        if !chain.is_open() {
            return Candidate::Nobody;
        }
        let held = chain.tip.size();
        let ahead = |peer: &Peer| {
            peer.heads
                .get(origin)
                .is_some_and(|known| known.head.size > held)
        };
        let mut best = None;
        let mut anybody = false;
        for (id, _) in self.peers.iter().filter(|(_, peer)| ahead(peer)) {
            anybody = true;
            if let Some(rank) = self.rank(chain, origin, *id, now)
                && best.is_none_or(|(best, _)| rank < best)
            {
                best = Some((rank, *id));
            }
        }
        match best {
            Some((_, peer)) => Candidate::Peer(peer),
            None if anybody => Candidate::Later,
            None => Candidate::Nobody,
        }
    }

    /// How well a peer suits, smallest first; none if it cannot be asked now.
    fn rank(
        &self,
        chain: &Chain,
        origin: &Origin,
        peer: PeerId,
        now: UnixMillis,
    ) -> Option<(u32, bool, UnixMillis)> {
        // Whoever was never asked has never failed.
        let tries = chain.tries.get(&peer).copied().unwrap_or_default();
        let busy = self
            .peers
            .get(&peer)
            .is_none_or(|peer| peer.fetches >= self.limits.fetches_per_peer_max);
        // Nothing is fetched onto an own batch that is not yet durable: it has to be signed before anything follows it.
        let unsigned = chain
            .staged
            .back()
            .is_some_and(|staged| staged.note.is_none());
        let full =
            chain.fetch.is_some() || chain.staged.len() >= self.limits.fetch_window || unsigned;
        let is_owner = peer.0 == origin.region();
        (!busy && !full && tries.not_before <= now).then_some((
            tries.failures,
            !is_owner,
            tries.last,
        ))
    }

    /// Ends a fetch and remembers how the peer did.
    pub(crate) fn end_fetch(
        &mut self,
        fetch: FetchId,
        end: End,
        now: UnixMillis,
        out: &mut Vec<Output>,
    ) {
        let Some(ended) = self.fetches.active.remove(&fetch) else {
            return;
        };
        if let Some(peer) = self.peers.get_mut(&ended.peer) {
            let others = peer.fetches.checked_sub(1);
            peer.fetches = others.expect("each fetch of a connected peer was counted");
        }
        if end != End::ByPeer {
            out.push(Output::CancelFetch { fetch });
        }
        let Some(chain) = self.chains.get_mut(&ended.origin) else {
            return;
        };
        chain.fetch = None;
        let tries = chain.tries.entry(ended.peer).or_default();
        match end {
            End::NotNeeded => {}
            End::ByPeer if ended.delivered > 0 => tries.failures = 0,
            End::TimeUp if ended.delivered > 0 => tries.failures = tries.failures.max(1),
            // Losing connections is common and no reason to wait longer and longer.
            End::PeerLost => tries.failures = tries.failures.max(1),
            End::ByPeer | End::TimeUp | End::Failed => {
                let wait = self
                    .limits
                    .retry_first_ms
                    .checked_shl(tries.failures.min(16))
                    .expect("16 is below the 64 bits that are shifted");
                // More than 16 failures wait as long as 16.
                tries.failures = tries.failures.saturating_add(1);
                tries.not_before =
                    UnixMillis(now.0.saturating_add(wait.min(self.limits.retry_longest_ms)));
            }
        }
        // The room is for whoever waits longest, which `next_chain` sees to.
        self.fetches.look_at_all();
    }

    /// Ends a fetch that nobody needs any more.
    pub(crate) fn drop_fetch(&mut self, fetch: FetchId, out: &mut Vec<Output>) {
        self.end_fetch(fetch, End::NotNeeded, UnixMillis(0), out);
    }

    /// The disk has taken batches of a fetch: so many more may be read.
    pub(crate) fn read_more(
        &mut self,
        fetch: FetchId,
        batches: usize,
        now: UnixMillis,
        out: &mut Vec<Output>,
    ) {
        if let Some(active) = self.fetches.active.get_mut(&fetch) {
            let credit = active.credit.checked_add(batches);
            active.credit = credit.expect("a credit is no larger than the window");
            active.progress = now;
            out.push(Output::ReadMore { fetch, batches });
        }
    }

    /// Gives up fetches that are silent or have had their time.
    pub(crate) fn check_fetch_times(&mut self, now: UnixMillis, out: &mut Vec<Output>) {
        let mut ends = Vec::new();
        for (id, fetch) in &self.fetches.active {
            // A fetch without credit waits for our disk, not for the peer.
            let silent = fetch.credit > 0
                && now.0.saturating_sub(fetch.progress.0) >= self.limits.fetch_idle_ms;
            if silent {
                ends.push((*id, End::Failed));
            } else if now.0.saturating_sub(fetch.started.0) >= self.limits.fetch_total_ms {
                ends.push((*id, End::TimeUp));
            }
        }
        for (fetch, end) in ends {
            self.end_fetch(fetch, end, now, out);
        }
        self.fetches.look_at_all();
    }
}
