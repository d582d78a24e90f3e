//! What this node announces: the newest head of every chain that is durable here, and evidence of forks. Watchers wait for
//! a change and take what changed; a slow one skips heads that newer ones have replaced, so nothing queues up.

use std::collections::BTreeMap;
use tokio::sync::watch;
use yizhang_ledger::head::Origin;
use yizhang_store::Store;

/// Most pairs of contradicting heads that are kept for spreading, and read from one message of a peer; the journal has all.
pub(crate) const EVIDENCE_MAX: usize = 64;

/// Most pairs of one chain that are spread, so that whoever misuses one key crowds out no evidence against another. The first
/// closes the chain.
const SPREAD_PER_CHAIN_MAX: usize = 4;

/// Two signed heads that cannot both be true: what is held here, and what contradicts it.
pub(crate) type Contradiction = [Vec<u8>; 2];

/// The announced heads. `version` grows with every change.
#[derive(Debug, Default)]
pub(crate) struct Announced {
    version: u64,
    heads: BTreeMap<Origin, (u64, Vec<u8>)>,
    evidence: Vec<Accusation>,
    /// Heads of other chains of which somebody has told and that are not held here: each for the chain's own node.
    passed_on: BTreeMap<Origin, Vec<u8>>,
    closed: bool,
}

/// A pair of heads of a chain, and the version of the board with which it came.
#[derive(Debug)]
struct Accusation {
    version: u64,
    origin: Origin,
    heads: Contradiction,
}

/// What a node is told that need not watch this one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Telling {
    /// The newest head of this node's chain, and a head of the listener's chain that is not held here.
    pub(crate) heads: Vec<Vec<u8>>,
    pub(crate) evidence: Vec<Contradiction>,
}

/// What changed since a version.
#[derive(Debug, Default)]
pub(crate) struct Changes {
    pub(crate) version: u64,
    pub(crate) heads: Vec<Vec<u8>>,
    pub(crate) evidence: Vec<Contradiction>,
}

impl Announced {
    fn since(&self, version: u64) -> Changes {
        Changes {
            version: self.version,
            heads: self
                .heads
                .values()
                .filter(|(at, _)| *at > version)
                .map(|(_, head)| head.clone())
                .collect(),
            evidence: self
                .evidence
                .iter()
                .filter(|accusation| accusation.version > version)
                .map(|accusation| accusation.heads.clone())
                .collect(),
        }
    }
}

/// The board on which heads are announced.
#[derive(Clone, Debug)]
pub(crate) struct Board(watch::Sender<Announced>);

impl Board {
    pub(crate) fn new() -> Self {
        Self(watch::Sender::new(Announced::default()))
    }

    /// Announces the heads that the store holds, before anybody watches.
    pub(crate) fn announce_held<'a>(
        &self,
        store: &Store,
        origins: impl Iterator<Item = &'a Origin>,
    ) {
        for origin in origins {
            if let Some(head) = store.head(origin) {
                self.announce(origin, head);
            }
        }
    }

    /// Announces a head that is durable and signed.
    pub(crate) fn announce(&self, origin: &Origin, head: Vec<u8>) {
        self.0.send_modify(|announced| {
            announced.version += 1;
            announced
                .heads
                .insert(origin.clone(), (announced.version, head));
        });
    }

    /// Spreads evidence of a fork.
    pub(crate) fn accuse(&self, origin: Origin, heads: Contradiction) {
        self.0.send_modify(|announced| {
            let mut of_chain = announced
                .evidence
                .iter()
                .filter(|accusation| accusation.origin == origin);
            let known = of_chain.clone().any(|accusation| accusation.heads == heads);
            let is_full = of_chain.nth(SPREAD_PER_CHAIN_MAX - 1).is_some()
                || announced.evidence.len() >= EVIDENCE_MAX;
            if !known && !is_full {
                announced.version += 1;
                announced.evidence.push(Accusation {
                    version: announced.version,
                    origin,
                    heads,
                });
            }
        });
    }

    /// Keeps a head that the node of its chain is to be told of.
    pub(crate) fn pass_on(&self, origin: Origin, head: Vec<u8>) {
        self.0.send_if_modified(|announced| {
            announced.passed_on.insert(origin, head);
            // Watchers are told of nothing: it is for one node alone.
            false
        });
    }

    /// The head that the node of a chain is told of.
    pub(crate) fn passed_on(&self, origin: &Origin) -> Option<Vec<u8>> {
        self.0.borrow().passed_on.get(origin).cloned()
    }

    /// What the node of a chain is told by the node of the chain `own`.
    pub(crate) fn telling(&self, own: &Origin, listener: &Origin) -> Telling {
        let announced = self.0.borrow();
        let own = announced.heads.get(own).map(|(_, head)| head);
        let passed_on = announced.passed_on.get(listener);
        let evidence = announced.evidence.iter();
        Telling {
            heads: own.into_iter().chain(passed_on).cloned().collect(),
            evidence: evidence
                .map(|accusation| accusation.heads.clone())
                .collect(),
        }
    }

    /// The evidence that is spread.
    pub(crate) fn evidence(&self) -> Vec<Contradiction> {
        let announced = self.0.borrow();
        announced
            .evidence
            .iter()
            .map(|accusation| accusation.heads.clone())
            .collect()
    }

    /// Ends every watch, so that the server can stop.
    pub(crate) fn close(&self) {
        self.0.send_modify(|announced| announced.closed = true);
    }

    /// A watcher that has seen nothing yet.
    pub(crate) fn watch(&self) -> Watcher {
        Watcher {
            receiver: self.0.subscribe(),
            seen: None,
        }
    }
}

/// One watcher of the board.
#[derive(Debug)]
pub(crate) struct Watcher {
    receiver: watch::Receiver<Announced>,
    seen: Option<u64>,
}

impl Watcher {
    /// Everything at first, then what changed since the last call, as soon as something has. `None` when the node stops.
    pub(crate) async fn next(&mut self) -> Option<(Changes, bool)> {
        let complete = self.seen.is_none();
        if !complete {
            self.receiver.changed().await.ok()?;
        }
        let announced = self.receiver.borrow_and_update();
        if announced.closed {
            return None;
        }
        let changes = announced.since(self.seen.unwrap_or(0));
        drop(announced);
        self.seen = Some(changes.version);
        Some((changes, complete))
    }
}
