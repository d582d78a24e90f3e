//! The shell of a node: carries outputs out, one by one, and may lose power before any of them.

use super::{
    federation::{Event, Federation},
    network::Message,
};
use crate::world::{division, key, origin};
use yizhang_ledger::{head::Origin, value::UnixMillis};
use yizhang_replica::{Conflict, Evidence, Input, Output, PeerId, Refused};

impl Federation {
    /// Gives an input to a node and carries out what it wants.
    pub(super) fn feed(&mut self, node: usize, input: Input) {
        let now = UnixMillis(self.now);
        let Some(replica) = self.nodes[node].replica.as_mut() else {
            return;
        };
        let outputs = replica.handle(input, now);
        self.check_bounds(node);
        for output in outputs {
            if self.chance(self.plan.crash, 10_000) {
                return self.crash(node);
            }
            if self.tells {
                self.tell_output(node, &output);
            }
            self.carry_out(node, output);
        }
        let ready = self.nodes[node]
            .replica
            .as_ref()
            .is_some_and(|replica| replica.readiness() == yizhang_replica::Readiness::Ready);
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
            Output::Evidence(evidence) => {
                println!("{now:>6}   node {node} reports {:?}", evidence.conflict);
            }
            output => println!("{now:>6}   node {node} {output:?}"),
        }
    }

    fn carry_out(&mut self, node: usize, output: Output) {
        match output {
            Output::Fetch {
                fetch,
                peer,
                origin,
                from,
                batches,
            } => {
                self.counts.count("fetches");
                self.send_to(
                    node,
                    peer,
                    Message::Fetch {
                        fetch,
                        origin,
                        from,
                        batches,
                    },
                );
            }
            Output::ReadMore { fetch, batches } => {
                self.send_to_all(node, &Message::ReadMore { fetch, batches });
            }
            Output::CancelFetch { fetch } => {
                self.counts.count("fetches cancelled");
                self.send_to_all(node, &Message::Cancel { fetch });
            }
            Output::Persist { extension, head } => {
                if *extension.after().origin() == origin(node) && head.is_some() {
                    self.counts.count("own batches fetched back");
                }
                let chain = extension.after().origin().clone();
                if self.nodes[node].failed.contains(&chain) {
                    return;
                }
                self.nodes[node].disk.write(&extension, head);
                let done = self.now + self.rng_disk();
                let life = self.nodes[node].life;
                self.at(
                    done,
                    Event::DiskDone {
                        node,
                        life,
                        origin: chain,
                    },
                );
            }
            Output::LookUpRoot { origin, size } => {
                self.counts.count("look-ups");
                let root = self.nodes[node].disk.files.root_at(&origin, size);
                self.soon(node, Input::RootAt { origin, size, root });
            }
            Output::Sign { head } => {
                self.check_sign(node, &head);
                let signed = head.sign(&key(node)).into_bytes();
                self.nodes[node]
                    .disk
                    .keep_signed(&head.origin, head.size, &signed);
                self.soon(node, Input::Signed { note: signed });
            }
            Output::Receipt(receipt) => self.client_receives(node, &receipt),
            Output::Refuse { ticket, reason } => {
                self.counts.count(match reason {
                    Refused::Busy { .. } => "refused busy",
                    Refused::Conflict { .. } => "refused conflict",
                    Refused::SearchOutdated { .. } => "refused searched too early",
                    Refused::NotReady(_) => "refused not ready",
                    _ => "refused otherwise",
                });
                self.client_refused(ticket, &reason);
            }
            Output::Announce { origin, head } => {
                self.check_announced(node, &origin, &head);
                self.send_to_watchers(
                    node,
                    &Message::Announce {
                        heads: vec![head],
                        complete: false,
                    },
                );
            }
            Output::Evidence(evidence) => self.evidence(node, *evidence),
            Output::Blame { peer, .. } => {
                self.counts.count("blames");
                self.drop_connection(node, self.number_of(peer));
            }
        }
    }

    /// An input that the node's own shell gives a little later.
    pub(super) fn soon(&mut self, node: usize, input: Input) {
        let life = self.nodes[node].life;
        let at = self.now + self.up_to(5);
        self.at(at, Event::Input { node, life, input });
    }

    fn rng_disk(&mut self) -> u64 {
        self.up_to(self.plan.disk)
    }

    pub(super) fn disk_done(&mut self, node: usize, origin: &Origin) {
        if self.nodes[node].failed.contains(origin) {
            return;
        }
        if self.chance(self.plan.write_failure, 1_000) {
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
        if let Some(size) = self.nodes[node].disk.finish(origin) {
            self.feed(
                node,
                Input::Persisted {
                    origin: origin.clone(),
                    size,
                },
            );
        }
    }

    fn evidence(&mut self, node: usize, evidence: Evidence) {
        self.check_evidence(&evidence);
        self.counts.count(if evidence.is_proof() {
            "proofs"
        } else {
            "suspicions"
        });
        let (Conflict::Fork { size, .. } | Conflict::InvalidBatch { size, .. }) = evidence.conflict
        else {
            return;
        };
        self.nodes[node].disk.close(&evidence.origin, size);
        if let Some(ours) = evidence.ours {
            self.send_to_watchers(
                node,
                &Message::Shown {
                    heads: [ours, evidence.theirs],
                },
            );
        }
    }

    pub(super) fn number_of(&self, peer: PeerId) -> usize {
        (0..self.plan.nodes)
            .find(|node| division(*node) == peer.0)
            .expect("a peer is a node")
    }
}
