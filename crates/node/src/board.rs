//! What this node announces: the newest head of every chain that is durable here, and evidence of forks. Watchers wait for
//! a change and take what changed; a slow one skips heads that newer ones have replaced, so nothing queues up.

use std::collections::BTreeMap;
use tokio::sync::watch;
use yizhang_ledger::head::Origin;
use yizhang_replica::Contradiction;
use yizhang_store::Store;

/// Most pairs of contradicting heads that are kept for spreading, and read from one message of a peer; the journal has all.
pub(crate) const EVIDENCE_MAX: usize = 64;

/// Most pairs of one chain that are spread, so that whoever misuses one key crowds out no evidence against another. The first
/// closes the chain.
const SPREAD_PER_CHAIN_MAX: usize = 4;

/// The announced heads. `version` grows with every change.
#[derive(Debug, Default)]
pub(crate) struct Announced {
    version: u64,
    heads: BTreeMap<Origin, (u64, Vec<u8>)>,
    evidence: Vec<Accusation>,
    /// Heads of other chains of which somebody has told and that are not held here: each for the chain's own node.
    passed_on: BTreeMap<Origin, Vec<u8>>,
    /// The newest head of each chain that this node has cosigned since its start, with the version with which it came.
    cosigned: BTreeMap<Origin, (u64, Vec<u8>)>,
    /// The heads of each chain with the newest line of each cosigner, newest first, for whoever begins to watch.
    lines: BTreeMap<Origin, Vec<Vec<u8>>>,
    closed: bool,
}

/// A pair of heads of a chain, and the version of the board with which it came.
#[derive(Debug)]
struct Accusation {
    version: u64,
    origin: Origin,
    contradiction: Contradiction,
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
    /// Heads with lines of cosigners.
    pub(crate) cosigned: Vec<Vec<u8>>,
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
                .map(|accusation| accusation.contradiction.clone())
                .collect(),
            cosigned: self
                .cosigned
                .values()
                .filter(|(at, _)| *at > version)
                .map(|(_, head)| head.clone())
                .collect(),
        }
    }

    /// Takes evidence up. What ties two heads together that stand here already is told anew, with them.
    fn accuse(&mut self, origin: Origin, contradiction: Contradiction) {
        let version = self.version + 1;
        let of_chain = || self.evidence.iter().filter(|known| known.origin == origin);
        let is_full =
            of_chain().count() >= SPREAD_PER_CHAIN_MAX || self.evidence.len() >= EVIDENCE_MAX;
        let known = self.evidence.iter_mut().find(|known| {
            known.origin == origin && known.contradiction.has_heads_of(&contradiction)
        });
        match known {
            Some(known) => {
                if known.contradiction.beginning.is_some() || contradiction.beginning.is_none() {
                    return;
                }
                known.contradiction = contradiction;
                known.version = version;
            }
            None if is_full => return,
            None => self.evidence.push(Accusation {
                version,
                origin,
                contradiction,
            }),
        }
        self.version = version;
    }

    /// What whoever begins to watch is shown of cosignatures: of each chain the newest head that has any, and those with lines by one of
    /// these nodes, so that each of them is told what it has cosigned itself.
    fn lines_for(&self, nodes: &[&Origin]) -> Vec<Vec<u8>> {
        let names: Vec<_> = nodes
            .iter()
            .map(|node| format!("\n\u{2014} {node}/").into_bytes())
            .collect();
        let is_theirs = |head: &[u8]| names.iter().any(|name| contains(head, name));
        let mut shown = Vec::new();
        for heads in self.lines.values() {
            let wanted = heads.iter().enumerate();
            let wanted = wanted.filter(|(at, head)| *at == 0 || is_theirs(head));
            shown.extend(wanted.map(|(_, head)| head.clone()));
        }
        shown
    }
}

fn contains(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
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

    /// Announces a head that this node has cosigned.
    pub(crate) fn announce_cosigned(&self, origin: Origin, head: Vec<u8>) {
        self.0.send_modify(|announced| {
            announced.version += 1;
            announced.cosigned.insert(origin, (announced.version, head));
        });
    }

    /// Shows what is cosigned of a chain to whoever begins to watch. Those who watch already are not told.
    pub(crate) fn show_cosigned(&self, origin: Origin, heads: Vec<Vec<u8>>) {
        self.0.send_if_modified(|announced| {
            announced.lines.insert(origin, heads);
            false
        });
    }

    /// The heads of a chain that have lines of cosigners, newest first.
    pub(crate) fn cosigned(&self, origin: &Origin) -> Vec<Vec<u8>> {
        let announced = self.0.borrow();
        announced.lines.get(origin).cloned().unwrap_or_default()
    }

    /// Spreads evidence of a fork.
    pub(crate) fn accuse(&self, origin: Origin, contradiction: Contradiction) {
        self.0
            .send_modify(|announced| announced.accuse(origin, contradiction));
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
                .map(|accusation| accusation.contradiction.clone())
                .collect(),
        }
    }

    /// The evidence that is spread.
    pub(crate) fn evidence(&self) -> Vec<Contradiction> {
        let announced = self.0.borrow();
        announced
            .evidence
            .iter()
            .map(|accusation| accusation.contradiction.clone())
            .collect()
    }

    /// Ends every watch, so that the server can stop.
    pub(crate) fn close(&self) {
        self.0.send_modify(|announced| announced.closed = true);
    }

    /// A watcher that has seen nothing yet, of the node of the chain `own`, for that of the chain `listener`.
    pub(crate) fn watch(&self, own: Origin, listener: Origin) -> Watcher {
        Watcher {
            receiver: self.0.subscribe(),
            seen: None,
            nodes: [own, listener],
        }
    }
}

/// One watcher of the board.
#[derive(Debug)]
pub(crate) struct Watcher {
    receiver: watch::Receiver<Announced>,
    seen: Option<u64>,
    /// The chains of the node that is watched and of the one that watches.
    nodes: [Origin; 2],
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
        let mut changes = announced.since(self.seen.unwrap_or(0));
        if complete {
            let [own, listener] = &self.nodes;
            changes
                .cosigned
                .extend(announced.lines_for(&[own, listener]));
        }
        drop(announced);
        self.seen = Some(changes.version);
        Some((changes, complete))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use yizhang_ledger::{beginning::Beginning, hash::Hash, value::Division};

    fn origin(code: u32) -> Origin {
        Origin::new("test.yizhang", Division::new(code).unwrap()).unwrap()
    }

    /// A head of a chain with a line by the mirror of a region.
    fn head(size: u32, mirror: u32) -> Vec<u8> {
        format!("test.yizhang/440000\n{size}\n\n\u{2014} test.yizhang/{mirror}/mirror AA==\n")
            .into()
    }

    fn pair(first: u32, second: u32, beginning: Option<Beginning>) -> Contradiction {
        Contradiction {
            heads: [head(first, 110_000), head(second, 110_000)],
            beginning,
        }
    }

    #[tokio::test]
    async fn a_pair_is_told_once_and_again_when_something_ties_it_together() {
        let board = Board::new();
        let mut watcher = board.watch(origin(110_000), origin(520_000));
        watcher.next().await.unwrap();
        let beginning = || {
            Some(Beginning {
                root: Hash([1; 32]),
                path: vec![Hash([2; 32])],
            })
        };
        let accusations = [
            (pair(9, 6, None), true),
            (pair(6, 9, None), false),
            (pair(6, 9, beginning()), true),
            (pair(9, 6, beginning()), false),
            (pair(9, 6, None), false),
        ];
        for (contradiction, is_news) in accusations {
            board.accuse(origin(440_000), contradiction.clone());
            if is_news {
                let (changes, _) = watcher.next().await.unwrap();
                assert_eq!(changes.evidence, [contradiction]);
            }
        }
        assert_eq!(board.evidence(), [pair(6, 9, beginning())]);
        // Of one chain so many.
        for size in 10..20 {
            board.accuse(origin(440_000), pair(size, 6, beginning()));
        }
        assert_eq!(board.evidence().len(), SPREAD_PER_CHAIN_MAX);
    }

    #[tokio::test]
    async fn whoever_begins_to_watch_is_shown_the_newest_lines_and_its_own_and_later_what_is_cosigned()
     {
        let board = Board::new();
        let [own, listener, third] = [110_000, 520_000, 330_000];
        let heads = [
            head(9, third),
            head(8, listener),
            head(7, own),
            head(6, 650_000),
        ];
        board.show_cosigned(origin(440_000), heads.to_vec());
        let mut watcher = board.watch(origin(own), origin(listener));
        let (changes, is_complete) = watcher.next().await.unwrap();
        assert!(is_complete);
        assert_eq!(changes.cosigned, heads[..3]);
        // Lines of others wake nobody; what this node has cosigned does.
        board.show_cosigned(origin(440_000), vec![head(10, third)]);
        board.announce_cosigned(origin(440_000), head(9, own));
        let (changes, is_complete) = watcher.next().await.unwrap();
        assert!(!is_complete);
        assert_eq!(changes.cosigned, [head(9, own)]);
        assert!(changes.heads.is_empty());
    }
}
