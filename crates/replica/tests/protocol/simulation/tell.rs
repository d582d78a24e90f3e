//! What nodes tell one another beside watching: every node its newest head, heads of the listener's chain that it cannot place, and
//! all evidence; and a twin of the malicious node, which nobody watches.

use super::federation::{Event, Federation};
use crate::world::{origin, peer};
use rand::RngExt;
use yizhang_ledger::head::Head;
use yizhang_replica::{Contradiction, Input};

/// What one node tells another.
#[derive(Clone, Debug)]
pub(super) struct Telling {
    heads: Vec<Vec<u8>>,
    evidence: Vec<Contradiction>,
}

impl Federation {
    /// A node tells all others, and will again.
    pub(super) fn tell(&mut self, node: usize) {
        let (own, life) = (origin(node), self.nodes[node].life);
        let replica = self.nodes[node].replica.as_ref();
        let status = replica.and_then(|replica| replica.chain(&own));
        let newest = status.and_then(|status| status.head.map(<[u8]>::to_vec));
        let evidence: Vec<_> = self.nodes[node].disk.files.proofs().collect();
        for to in (0..self.nodes.len()).filter(|to| *to != node) {
            let passed_on = self.nodes[node].passed_on.get(&origin(to)).cloned();
            let telling = Telling {
                heads: newest.clone().into_iter().chain(passed_on).collect(),
                evidence: evidence.clone(),
            };
            self.send_telling(node, to, telling);
        }
        let pause = 500 + self.up_to(1_500);
        self.at(self.now + pause, Event::Tell { node, life });
    }

    /// A call of its own, which a link that is cut does not carry.
    fn send_telling(&mut self, from: usize, to: usize, telling: Telling) {
        let is_lost = self.chance(self.plan.loss, 1_000);
        if is_lost || self.cut.contains(&(from, to)) {
            return;
        }
        let delay = self.up_to(self.plan.delay);
        self.at(self.now + delay, Event::Told { from, to, telling });
    }

    pub(super) fn told(&mut self, from: usize, to: usize, telling: Telling) {
        if self.nodes[to].replica.is_none() || !self.knows(to, from) {
            return;
        }
        self.counts.count("tellings");
        let Telling { heads, evidence } = telling;
        let heads = heads.iter().map(|head| self.checked(to, head)).collect();
        let evidence = evidence.into_iter();
        let evidence = evidence.map(|shown| self.checked_pair(to, shown));
        let input = Input::Told {
            peer: peer(from),
            heads,
            evidence: evidence.collect(),
        };
        self.feed(to, input);
    }

    /// The twin tells one of the others a head of its branch.
    pub(super) fn twin_tells(&mut self) {
        let Some(villain) = self.villain.as_ref().filter(|_| self.telling) else {
            return;
        };
        let (node, branch) = (villain.node, &villain.branches[1]);
        if branch.is_empty() {
            return;
        }
        // Mostly the newest, as a program does; it may have been stopped for a while.
        let back = self.rng.random_range(0..branch.len().min(3));
        let telling = Telling {
            heads: vec![branch[branch.len() - 1 - back].note.clone()],
            evidence: Vec::new(),
        };
        let to = self.rng.random_range(0..self.nodes.len());
        self.send_telling(node, to, telling);
    }

    /// In the end whoever has a reason tells it, and everybody has closed the chain of a twin that is found out: one honest node that
    /// is told a head of the twin where it holds another is enough.
    pub(super) fn check_twin(&mut self) {
        let Some(villain) = &self.villain else { return };
        let (node, chain) = (villain.node, origin(villain.node));
        let branch = villain.branches[1].iter();
        let heads: Vec<(Head, Vec<u8>)> = branch
            .map(|signed| (signed.after.head(), signed.note.clone()))
            .collect();
        let listener = 0;
        let contradicts = |head: &Head| {
            let held = self.nodes[listener].disk.files.root_at(&chain, head.size);
            held.is_some_and(|root| root != head.root)
        };
        let Some((_, note)) = heads.into_iter().find(|(head, _)| contradicts(head)) else {
            return;
        };
        let telling = Telling {
            heads: vec![note],
            evidence: Vec::new(),
        };
        self.told(node, listener, telling);
        self.run_until(self.now + 20_000);
        for (number, state) in self.nodes.iter().enumerate() {
            let replica = state.replica.as_ref().expect("all are up in the end");
            let closed_at = replica.chain(&chain).unwrap().closed_at;
            assert!(
                closed_at.is_some(),
                "node {number} has not heard of the twin"
            );
        }
        self.counts.count("twins found out");
    }
}
