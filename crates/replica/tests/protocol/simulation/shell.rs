//! The shell of a node: what it can do, in the loop that real nodes run, and losing power before any of it.

use super::{
    disk::Done,
    federation::{Event, Federation},
    network::Message,
};
use crate::world::{division, origin};
use yizhang_ledger::{
    chain::Extension,
    head::{Head, Origin},
    value::{TreeSize, UnixMillis},
};
use yizhang_replica::{
    Asked, Contradiction, Deeds, Evidence, Fault, FetchId, Input, Output, PeerId, Readiness,
    Receipt, Refused, Ticket, ToCosign, carry_out,
};

impl Federation {
    /// Gives an input to a node and carries out what it wants.
    pub(super) fn feed(&mut self, node: usize, input: Input) {
        let now = UnixMillis(self.now);
        let Some(replica) = self.nodes[node].replica.as_mut() else {
            return;
        };
        if let Input::Submit { ticket, .. } = &input {
            self.waiting.insert(*ticket, node);
        }
        let outputs = replica.handle(input, now);
        self.check_bounds(node);
        let mut hands = Hands {
            federation: self,
            node,
        };
        carry_out(outputs, &mut hands);
        self.check_connections(node);
        let ready = self.nodes[node]
            .replica
            .as_ref()
            .is_some_and(|replica| replica.readiness() == Readiness::Ready);
        if ready && self.restoring == Some(node) {
            self.restoring = None;
        }
    }

    fn tell_output(&self, node: usize, output: &Output) {
        let now = self.now;
        match output {
            Output::Persist { extension, .. } => {
                let state = extension.after();
                println!(
                    "{now:>6}   node {node} persists {} up to {}",
                    state.origin(),
                    state.size()
                );
            }
            Output::Announce { .. } | Output::Receipt(_) => {}
            Output::Keep(evidence) => {
                println!("{now:>6}   node {node} reports {:?}", evidence.conflict);
            }
            output => println!("{now:>6}   node {node} {output:?}"),
        }
    }

    /// An input that the node's own shell gives a little later.
    pub(super) fn soon(&mut self, node: usize, input: Input) {
        let life = self.nodes[node].life;
        let at = self.now + self.up_to(5);
        self.at(
            at,
            Event::Input {
                node,
                life,
                input: Box::new(input),
            },
        );
    }

    pub(super) fn disk_done(&mut self, node: usize, origin: &Origin) {
        if self.nodes[node].failed.contains(origin) {
            return;
        }
        let disk = &self.nodes[node].disk;
        if disk.can_fail(origin) && self.chance(self.plan.write_failure, 1_000) {
            self.counts.count("write failures");
            self.nodes[node].disk.fail(origin, &mut self.rng);
            self.nodes[node].failed.push(origin.clone());
            return self.feed(
                node,
                Input::PersistFailed {
                    origin: origin.clone(),
                },
            );
        }
        let origin = origin.clone();
        match self.nodes[node].disk.finish(&origin) {
            Some(Done::Batch(size)) => self.feed(node, Input::Persisted { origin, size }),
            Some(Done::Head(note)) => self.feed(node, Input::Signed { note }),
            None => {}
        }
    }

    pub(super) fn journal_done(&mut self, node: usize) {
        if let Some(evidence) = self.nodes[node].disk.finish_evidence() {
            self.feed(node, Input::Kept(Box::new(evidence)));
        }
    }

    /// Before evidence is written down, what ties its heads together is put beside them, if the node holds the larger.
    fn tie(&mut self, node: usize, evidence: &mut Evidence) {
        let (Some(ours), true) = (&evidence.ours, evidence.is_proof()) else {
            return;
        };
        if evidence.beginning.is_none() {
            let (larger, smaller) = (self.open(ours), self.open(&evidence.theirs));
            let files = &self.nodes[node].disk.files;
            evidence.beginning = files
                .beginning(&smaller, &larger)
                .filter(|beginning| beginning.root != smaller.root);
        }
        if evidence.beginning.is_some() {
            self.counts.count("proofs with a beginning");
        }
    }

    pub(super) fn number_of(&self, peer: PeerId) -> usize {
        (0..self.plan.nodes)
            .find(|node| division(*node) == peer.0)
            .expect("a peer is a node")
    }
}

/// What one node can do.
struct Hands<'a> {
    federation: &'a mut Federation,
    node: usize,
}

impl Hands<'_> {
    /// Has a write of a chain end some time later.
    fn ends_in(&mut self, ms: u64, origin: Origin) {
        let (node, life) = (self.node, self.federation.nodes[self.node].life);
        let at = self.federation.now + ms;
        self.federation
            .at(at, Event::DiskDone { node, life, origin });
    }

    fn has_failed(&self, chain: &Origin) -> bool {
        self.federation.nodes[self.node].failed.contains(chain)
    }
}

impl Deeds for Hands<'_> {
    fn goes_on(&mut self, next: &Output) -> bool {
        let federation = &mut *self.federation;
        if matches!(next, Output::PassOn { .. }) {
            return true;
        }
        if federation.chance(federation.plan.crash, 10_000) {
            federation.crash(self.node);
            return false;
        }
        if federation.tells {
            federation.tell_output(self.node, next);
        }
        true
    }

    fn fetch(&mut self, fetch: FetchId, asked: Asked) {
        self.federation.counts.count("fetches");
        let message = Message::Fetch {
            fetch,
            origin: asked.origin,
            from: asked.from,
            batches: asked.batches,
        };
        self.federation.send_to(self.node, asked.peer, message);
    }

    fn read_more(&mut self, fetch: FetchId, batches: usize) {
        let message = Message::ReadMore { fetch, batches };
        self.federation.send_to_all(self.node, &message);
    }

    fn cancel_fetch(&mut self, fetch: FetchId) {
        self.federation.counts.count("fetches cancelled");
        self.federation
            .send_to_all(self.node, &Message::Cancel { fetch });
    }

    fn persist(&mut self, extension: Box<Extension>, head: Option<Vec<u8>>) {
        let chain = extension.after().origin().clone();
        if chain == origin(self.node) && head.is_some() {
            self.federation.counts.count("own batches fetched back");
        }
        if self.has_failed(&chain) {
            return;
        }
        self.federation.nodes[self.node]
            .disk
            .write(&extension, head);
        let takes = self.federation.up_to(self.federation.plan.disk);
        self.ends_in(takes, chain);
    }

    fn look_up_root(&mut self, origin: Origin, size: TreeSize) {
        self.federation.counts.count("look-ups");
        let files = &self.federation.nodes[self.node].disk.files;
        let root = files.root_at(&origin, size);
        self.federation
            .soon(self.node, Input::RootAt { origin, size, root });
    }

    fn sign(&mut self, head: Head) {
        self.federation.check_sign(self.node, &head);
        if self.has_failed(&head.origin) {
            return;
        }
        let note = self.federation.signed(self.node, &head);
        self.federation.nodes[self.node]
            .disk
            .note(&head.origin, head.size, note);
        let takes = self.federation.up_to(5);
        self.ends_in(takes, head.origin);
    }

    fn cosign(&mut self, heads: Vec<ToCosign>) {
        let heads = self.federation.leave_out(self.node, heads);
        self.federation.check_cosigns(self.node, &heads);
        let (node, life) = (self.node, self.federation.nodes[self.node].life);
        let numbers = self.federation.numbers(node);
        let disk = &mut self.federation.nodes[node].disk;
        assert!(disk.cosigning.is_empty(), "one write at a time");
        disk.cosigning = heads;
        disk.cosigning_with = numbers;
        let at = self.federation.now + self.federation.up_to(self.federation.plan.disk);
        self.federation.at(at, Event::CosignDone { node, life });
    }

    fn announce_cosigned(&mut self, origin: Origin, head: Vec<u8>) {
        self.federation.check_cosigned(self.node, &origin, &head);
        let message = Message::Announce {
            heads: Vec::new(),
            cosigned: vec![head],
            complete: false,
        };
        self.federation.send_to_watchers(self.node, &message);
    }

    fn show_cosigned(&mut self, origin: Origin, heads: Vec<Vec<u8>>) {
        let (node, life) = (self.node, self.federation.nodes[self.node].life);
        let lines = &mut self.federation.nodes[node].disk.lines;
        let is_first = lines.is_empty();
        lines.insert(origin, heads);
        if is_first {
            let at = self.federation.now + self.federation.up_to(self.federation.plan.disk);
            self.federation.at(at, Event::LinesDone { node, life });
        }
    }

    fn answer(&mut self, receipt: Receipt) {
        self.federation.check_answered_once(receipt.ticket);
        self.federation.client_receives(self.node, &receipt);
    }

    fn refuse(&mut self, ticket: Ticket, reason: Refused) {
        self.federation.check_answered_once(ticket);
        self.federation.counts.count(match reason {
            Refused::Busy { .. } => "refused busy",
            Refused::Conflict { .. } => "refused conflict",
            Refused::SearchOutdated { .. } => "refused search outdated",
            Refused::NotReady(_) => "refused not ready",
            _ => "refused otherwise",
        });
        self.federation.client_refused(ticket, &reason);
    }

    fn announce(&mut self, origin: Origin, head: Vec<u8>) {
        self.federation.check_announced(self.node, &origin, &head);
        let message = Message::Announce {
            heads: vec![head],
            cosigned: Vec::new(),
            complete: false,
        };
        self.federation.send_to_watchers(self.node, &message);
    }

    fn keep(&mut self, mut evidence: Box<Evidence>) {
        self.federation.check_evidence(&evidence);
        self.federation.tie(self.node, &mut evidence);
        self.federation.counts.count(if evidence.is_proof() {
            "proofs"
        } else {
            "suspicions"
        });
        let node = self.node;
        let life = self.federation.nodes[node].life;
        self.federation.nodes[node].disk.write_evidence(*evidence);
        let at = self.federation.now + self.federation.up_to(self.federation.plan.disk);
        self.federation.at(at, Event::JournalDone { node, life });
    }

    fn pass_on(&mut self, origin: Origin, head: Vec<u8>) {
        self.federation.counts.count("passed on");
        self.federation.nodes[self.node]
            .passed_on
            .insert(origin, head);
    }

    fn spread(&mut self, _: Origin, contradiction: Contradiction) {
        self.federation.check_spread(self.node, &contradiction);
        self.federation
            .send_to_watchers(self.node, &Message::Shown(contradiction));
    }

    fn blame(&mut self, peer: PeerId, _: Fault) {
        self.federation.counts.count("blames");
        let peer = self.federation.number_of(peer);
        self.federation.drop_connection(self.node, peer);
    }
}
