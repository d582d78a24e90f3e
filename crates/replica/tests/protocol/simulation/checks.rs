//! What must hold at every step, and what must hold in the end.

use super::{
    cosigned::Cosigned,
    federation::{Federation, Node},
};
use crate::world::{origin, peer};
use std::collections::{BTreeMap, BTreeSet};
use yizhang_ledger::{
    hash::Hash,
    head::{Head, Origin},
    value::TreeSize,
};
use yizhang_replica::{Conflict, Contradiction, Evidence, Receipt, Ticket};

/// What honest nodes have signed and claimed; no node sees it.
#[derive(Debug, Default)]
pub(super) struct Truth {
    signed: BTreeMap<Origin, BTreeMap<TreeSize, Hash>>,
    /// Heads in receipts.
    receipts: Vec<Vec<u8>>,
    /// What they have cosigned.
    pub(super) cosigned: Cosigned,
    /// Heads that were made or verified here already: to verify is what costs time.
    opened: BTreeMap<Vec<u8>, Head>,
    /// Whether a node came back with a batch that it had not signed.
    pub(super) unsigned_tail: BTreeMap<usize, bool>,
}

impl Truth {
    /// A node has signed a head.
    pub(super) fn made(&mut self, note: &[u8], head: &Head) {
        self.opened.insert(note.to_vec(), head.clone());
    }

    pub(super) fn largest_signed(&self, origin: &Origin) -> TreeSize {
        let sizes = self
            .signed
            .get(origin)
            .and_then(|sizes| sizes.last_key_value());
        sizes.map_or(TreeSize(0), |(size, _)| *size)
    }
}

impl Federation {
    fn is_honest(&self, origin: &Origin) -> bool {
        self.honest_origins().any(|honest| honest == *origin)
    }

    pub(super) fn honest_origins(&self) -> impl Iterator<Item = Origin> + use<> {
        (0..self.nodes.len()).map(origin)
    }

    pub(super) fn holds(&self, node: usize, head: &Head) -> bool {
        self.nodes[node].disk.files.root_at(&head.origin, head.size) == Some(head.root)
    }

    pub(super) fn check_sign(&mut self, node: usize, head: &Head) {
        assert_eq!(head.origin, origin(node));
        assert!(
            self.holds(node, head),
            "node {node} signs size {} before it is durable",
            head.size
        );
        if self.truth.unsigned_tail.insert(node, false) == Some(true) {
            self.counts.count("own tails signed after a restart");
        }
        let signed = self.truth.signed.entry(head.origin.clone()).or_default();
        let earlier = signed.insert(head.size, head.root);
        assert!(
            earlier.is_none_or(|root| root == head.root),
            "node {node} signs two roots at size {}",
            head.size
        );
    }

    pub(super) fn open(&mut self, signed: &[u8]) -> Head {
        if let Some(known) = self.truth.opened.get(signed) {
            return known.clone();
        }
        let head = Head::open(signed, self.newest());
        let head = head.expect("an honest node sends valid heads").into_inner();
        self.truth.opened.insert(signed.to_vec(), head.clone());
        head
    }

    pub(super) fn check_announced(&mut self, node: usize, chain: &Origin, announced: &[u8]) {
        let head = self.open(announced);
        assert_eq!(head.origin, *chain, "a head goes out under its own chain");
        assert!(
            self.holds(node, &head),
            "node {node} announces {} of {} before it is durable",
            head.size,
            head.origin
        );
    }

    pub(super) fn check_receipt(&mut self, node: usize, receipt: &Receipt) {
        let head = self.open(&receipt.head);
        assert_eq!((&head.origin, head.size), (&origin(node), receipt.size));
        assert!(
            self.holds(node, &head),
            "node {node} acknowledges before it is durable"
        );
        self.truth.receipts.push(receipt.head.clone());
    }

    pub(super) fn check_evidence(&self, evidence: &Evidence) {
        if self.is_honest(&evidence.origin) {
            let harmless = matches!(
                evidence.conflict,
                Conflict::NotExtended { .. } | Conflict::NotContinued { .. }
            );
            assert!(harmless, "evidence against an honest chain: {evidence:?}");
        }
    }

    /// What is shown of a fork outlives whoever shows it.
    pub(super) fn check_spread(&self, node: usize, shown: &Contradiction) {
        let mut durable = self.nodes[node].disk.files.proofs();
        assert!(
            durable.any(|proof| proof == *shown),
            "node {node} spreads evidence before it is durable"
        );
    }

    /// Whoever submits gets one answer.
    pub(super) fn check_answered_once(&mut self, ticket: Ticket) {
        let asked = self.waiting.remove(&ticket);
        assert!(asked.is_some(), "{ticket:?} is answered and does not wait");
    }

    /// The connections of a node are to the peers that its replica believes to be connected.
    pub(super) fn check_connections(&self, node: usize) {
        let Some(replica) = self.nodes[node].replica.as_ref() else {
            return;
        };
        let connections = self.connections.values();
        let open = connections.filter(|connection| connection.watcher == node);
        let sources: BTreeSet<_> = open.map(|connection| peer(connection.source)).collect();
        let known: BTreeSet<_> = replica.peers().collect();
        assert_eq!(known, sources, "node {node}: peers known and connected");
    }

    pub(super) fn check_bounds(&self, node: usize) {
        let Some(replica) = self.nodes[node].replica.as_ref() else {
            return;
        };
        let (load, limits) = (replica.load(), &self.plan.limits);
        assert!(load.waiting_submissions <= limits.waiting_submissions_max);
        assert!(load.fetches <= limits.fetches_max);
        assert!(load.staged_batches <= limits.fetch_window * self.plan.nodes + 1);
        for origin in self.honest_origins() {
            // It may have joined since.
            let closed = replica.chain(&origin).and_then(|chain| chain.closed_at);
            assert!(
                closed.is_none(),
                "node {node} has closed the honest chain {origin}"
            );
        }
    }

    /// Whether all honest nodes hold all honest chains up to the longest.
    pub(super) fn has_converged(&self) -> bool {
        self.honest_origins().all(|origin| {
            let longest = self
                .nodes
                .iter()
                .map(|node| node.disk.files.size(&origin))
                .max();
            let durable = |node: &Node| {
                node.replica
                    .as_ref()
                    .and_then(|replica| replica.chain(&origin))
                    .map(|status| status.durable)
            };
            self.nodes.iter().all(|node| durable(node) == longest)
        })
    }

    /// When everybody has had time.
    pub(super) fn check_end(&mut self) {
        for (node, state) in self.nodes.iter().enumerate() {
            let readiness = state
                .replica
                .as_ref()
                .map(yizhang_replica::Replica::readiness);
            assert_eq!(
                readiness,
                Some(yizhang_replica::Readiness::Ready),
                "node {node} in the end"
            );
        }
        for (node, state) in self.nodes.iter().enumerate() {
            let own = origin(node);
            let ends = state.disk.files.boundaries(&own);
            let missing: Vec<_> = ends
                .iter()
                .filter(|(size, _)| state.disk.head(&own, *size).is_none())
                .collect();
            assert!(
                missing.is_empty(),
                "node {node} has no heads for {missing:?} of its own chain"
            );
        }
        assert!(
            self.waiting.is_empty(),
            "these were given no answer: {:?}",
            self.waiting
        );
        assert!(
            self.clients.iter().all(super::clients::Client::is_done),
            "a submission was never acknowledged"
        );
        for origin in self.honest_origins() {
            let first = self.nodes[0].disk.files.boundaries(&origin);
            for (node, state) in self.nodes.iter().enumerate() {
                assert_eq!(
                    state.disk.files.boundaries(&origin),
                    first,
                    "node {node} holds another {origin}"
                );
            }
            // Every head ever signed is a prefix of one and the same chain, so all are consistent with each other.
            let ends: BTreeMap<_, _> = first.into_iter().collect();
            for (size, root) in self.truth.signed.get(&origin).into_iter().flatten() {
                assert_eq!(
                    ends.get(size),
                    Some(root),
                    "{origin} was signed at {size} and is not there"
                );
            }
        }
        for note in &self.truth.receipts {
            let head = Head::open(note, self.newest()).unwrap();
            assert!(
                self.nodes
                    .iter()
                    .enumerate()
                    .all(|(node, _)| self.holds(node, &head)),
                "a receipt is void"
            );
        }
        self.check_submissions();
        self.check_cosignatures();
        self.check_registers();
        self.check_villain();
        self.check_proofs_are_known_to_all();
    }

    /// Every submission stands where its receipt says, once.
    fn check_submissions(&self) {
        for (node, client) in self.clients.iter().enumerate() {
            let own = origin(node);
            let frames = &self.nodes[node].disk.files.chains[&own];
            let mut found = BTreeMap::new();
            for part in frames.iter().flat_map(|frame| &frame.submissions) {
                let (submitter, id, first, records, content) = part.clone();
                let earlier = found.insert((submitter, id), (first, records, content));
                assert!(
                    earlier.is_none(),
                    "a submission stands in the chain of node {node} twice"
                );
            }
            for job in &client.jobs {
                let (first, records, _) = job.receipt.unwrap();
                let place = found[&(job.submitted.submitter.clone(), job.submitted.id)];
                assert_eq!(
                    place,
                    (first, records, job.submitted.block.content_digest())
                );
            }
        }
    }

    /// What two heads prove alone or by what ties them together, and one node has in its journal, has closed the chain everywhere.
    fn check_proofs_are_known_to_all(&mut self) {
        let proofs = self.nodes.iter().flat_map(|node| node.disk.files.proofs());
        for shown in proofs.collect::<Vec<_>>() {
            let [larger, one] = shown.heads.each_ref().map(|note| self.open(note));
            if let Some(beginning) = shown.beginning {
                assert!(beginning.verify(one.size, &larger).is_ok());
                self.counts.count("proofs of two sizes known to all");
            } else if one.size != larger.size {
                continue;
            }
            self.counts.count("proofs known to all");
            for (node, state) in self.nodes.iter().enumerate() {
                let replica = state.replica.as_ref().expect("all are up in the end");
                let closed_at = replica.chain(&one.origin).unwrap().closed_at;
                assert!(
                    closed_at.is_some_and(|at| at <= one.size),
                    "node {node} has not heard of the fork of {} at {}",
                    one.origin,
                    one.size
                );
            }
        }
    }

    /// Where honest nodes hold different branches of the malicious node's chain, somebody has noticed.
    fn check_villain(&mut self) {
        let Some(villain) = &self.villain else { return };
        let forked = origin(villain.node);
        let held: Vec<BTreeSet<_>> = self
            .nodes
            .iter()
            .map(|node| node.disk.files.boundaries(&forked).into_iter().collect())
            .collect();
        let differ = held.iter().any(|one| {
            held.iter()
                .any(|other| !one.is_subset(other) && !other.is_subset(one))
        });
        let closed = self
            .nodes
            .iter()
            .filter_map(|node| node.replica.as_ref()?.chain(&forked)?.closed_at);
        if closed.count() > 0 {
            self.counts.count("closings");
        } else {
            assert!(!differ, "a fork of {forked} went unnoticed");
        }
    }
}
