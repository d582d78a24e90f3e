//! The state machine itself: its parts, and which part answers which input.

use crate::{
    CheckedHead, Evidence, Input, Limits, Output, PeerId,
    chain::{Chain, Held},
    cosign::Cosigning,
    fetch::{End, Fetches},
    own::Own,
    peer::Peer,
    submit::Arrived,
};
use alloc::{collections::BTreeMap, vec::Vec};
use yizhang_ledger::{
    head::Origin,
    roster::Roster,
    value::{TreeSize, UnixMillis},
};

/// What a replica is told once.
#[derive(Clone, Debug, Default)]
pub struct Config {
    /// The chain that this node writes; none for a mirror. If the roster does not name it, the node is a mirror.
    pub own: Option<Origin>,
    /// The largest size of that chain that is known to have been signed, from before the disk lost anything: nothing is
    /// signed again until so much is here. 0 if nothing is known.
    pub signed: TreeSize,
    /// What this node has cosigned, as its journal has it, and lines of others that it has kept: heads with their lines.
    pub cosigned: Vec<CheckedHead>,
    /// Limits.
    pub limits: Limits,
}

/// The protocol of one node. See the crate's documentation for what it promises.
///
/// Dropping it and making a new one from what the store holds is what a crash does, and always safe.
#[derive(Debug)]
pub struct Replica {
    pub(crate) roster: Roster,
    pub(crate) limits: Limits,
    /// All chains of the roster, the own one included.
    pub(crate) chains: BTreeMap<Origin, Chain>,
    /// Connected peers.
    pub(crate) peers: BTreeMap<PeerId, Peer>,
    pub(crate) fetches: Fetches,
    pub(crate) own: Option<Own>,
    pub(crate) cosigning: Cosigning,
}

impl Replica {
    /// A replica that starts, with what the store holds. Chains that the roster does not name are left alone, those that
    /// the store does not hold start empty.
    pub fn new(roster: Roster, config: Config, durable: Vec<Held>, now: UnixMillis) -> Self {
        let empty = |origin: &Origin| (origin.clone(), Chain::empty(origin.clone()));
        let mut chains: BTreeMap<_, _> = roster.origins().map(empty).collect();
        for held in durable {
            if let Some(chain) = chains.get_mut(held.state.origin()) {
                *chain = Chain::new(held);
            }
        }
        let own = config.own.and_then(|origin| {
            let chain = chains.get(&origin)?;
            Some(Own::new(origin, chain, config.signed, now))
        });
        let mut replica = Self {
            roster,
            limits: config.limits,
            chains,
            peers: BTreeMap::new(),
            fetches: Fetches::default(),
            own,
            cosigning: Cosigning::default(),
        };
        replica.remember_cosigned(config.cosigned);
        replica.look_at_readiness(now);
        replica
    }

    /// Takes one input and returns what is to be done, in order.
    ///
    /// `now` never decides what is true or signed, only when to stop waiting; a clock that jumps costs patience or time.
    pub fn handle(&mut self, input: Input, now: UnixMillis) -> Vec<Output> {
        let mut out = Vec::new();
        match input {
            Input::PeerConnected(peer) => self.peer_connected(peer, now, &mut out),
            Input::PeerLost(peer) => self.peer_lost(peer, now, &mut out),
            Input::Announced {
                peer,
                heads,
                complete,
            } => self.announced(peer, heads, complete, now, &mut out),
            Input::Shown {
                peer,
                contradiction,
            } => self.shown(peer, *contradiction, now, &mut out),
            Input::CosignaturesShown { peer, heads } => {
                self.cosignatures_shown(peer, heads, now, &mut out);
            }
            Input::Cosigned(heads) => self.cosigned(heads, &mut out),
            Input::Told {
                peer,
                heads,
                evidence,
            } => self.told(peer, heads, evidence, &mut out),
            Input::Fetched { fetch, batch, head } => {
                self.fetched(fetch, *batch, head, now, &mut out);
            }
            Input::FetchedInvalid { fetch, fault } => {
                self.fetched_invalid(fetch, fault, now, &mut out);
            }
            Input::FetchRefused { fetch } => self.fetch_refused(fetch, now, &mut out),
            Input::FetchEnded { fetch } => self.end_fetch(fetch, End::ByPeer, now, &mut out),
            Input::Persisted { origin, size } => self.persisted(&origin, size, now, &mut out),
            Input::PersistFailed { origin } => self.persist_failed(&origin, &mut out),
            Input::RootAt { origin, size, root } => self.root_at(&origin, size, root, &mut out),
            Input::Submit {
                ticket,
                submitted,
                searched,
            } => {
                let arrived = Arrived::alone(submitted);
                self.submit(ticket, arrived, searched, &mut out);
            }
            Input::SubmitApproved {
                ticket,
                submitted,
                approval,
                searched,
            } => {
                let arrived = Arrived::approved(submitted, approval);
                self.submit(ticket, arrived, searched, &mut out);
            }
            Input::Kept(evidence) => spread(*evidence, &mut out),
            Input::Signed { note } => self.signed(note, &mut out),
            Input::Lost(peers) => self.peers_are_lost(&peers),
            Input::Tick => {
                self.check_fetch_times(now, &mut out);
                self.show_cosigned(&mut out);
            }
        }
        self.start_fetches(now, &mut out);
        self.advance_own(now, &mut out);
        self.advance_cosigning(now, &mut out);
        out
    }

    /// The disk has taken batches of a chain.
    ///
    /// A crash before this input: the batch is there or not; whichever it is, nobody has heard of it. A crash after it:
    /// the batch is there, and the head (followed chains) or the signature to be asked for again (own chain) with it.
    fn persisted(
        &mut self,
        origin: &Origin,
        size: TreeSize,
        now: UnixMillis,
        out: &mut Vec<Output>,
    ) {
        let Some(chain) = self.chains.get_mut(origin) else {
            return;
        };
        let mut own = self.own.as_mut().filter(|own| own.origin == *origin);
        let mut batches = 0_usize;
        while let Some(boundary) = chain.take_durable(size) {
            batches = batches.checked_add(1).expect("staged batches are few");
            // What was fetched back is to be found in the store only.
            if let Some(own) = own.as_mut().filter(|_| boundary.note.is_some()) {
                own.queue.forget_up_to(boundary.size);
            }
        }
        if batches == 0 {
            return;
        }
        if let Some(head) = chain.durable.note.clone() {
            let origin = origin.clone();
            out.push(Output::Announce { origin, head });
        }
        if let Some(fetch) = chain.fetch {
            self.read_more(fetch, batches, now, out);
        }
        self.fetches.look.insert(origin.clone());
        self.cosigning.due.insert(origin.clone());
        self.compare_again(origin, out);
    }

    fn persist_failed(&mut self, origin: &Origin, out: &mut Vec<Output>) {
        let Some(chain) = self.chains.get_mut(origin) else {
            return;
        };
        chain.failed = true;
        if let Some(fetch) = chain.fetch {
            self.drop_fetch(fetch, out);
        }
    }
}

/// Evidence is in the journal: whoever watches is shown it, if two heads at hand prove it.
///
/// A crash before this input: nobody has heard of it from here. Either the journal has it, and the node shows it when it has
/// started again, or it does not, and whoever showed the contradicting head does so again. A crash after it: the same as with
/// everything that is in the journal.
fn spread(evidence: Evidence, out: &mut Vec<Output>) {
    if let Some(contradiction) = evidence.shown() {
        out.push(Output::Spread {
            origin: evidence.origin,
            contradiction,
        });
    }
}
