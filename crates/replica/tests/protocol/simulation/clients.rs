//! Clients: they submit to their region's node, resend, send the same twice at once, and reuse numbers by mistake.

use super::{
    federation::{Event, Federation},
    registers::about,
};
use crate::world::{origin, submission};
use rand::RngExt;
use std::collections::BTreeMap;
use yizhang_ledger::{
    chain::Submitted,
    value::{LeafIndex, TreeSize},
};
use yizhang_replica::{Input, Receipt, Refused, Ticket};

/// A submission that a client wants to see acknowledged.
#[derive(Clone, Debug)]
pub(super) struct Job {
    pub(super) submitted: Submitted,
    /// Position and batch of its receipt.
    pub(super) receipt: Option<(LeafIndex, u32, TreeSize)>,
}

pub(super) struct Client {
    node: usize,
    pub(super) jobs: Vec<Job>,
    /// Jobs begun.
    begun: usize,
    /// What tickets are about; those about content that must be refused are marked.
    tickets: BTreeMap<Ticket, (usize, bool)>,
}

impl Client {
    pub(super) fn new(node: usize, submissions: usize) -> Self {
        let job = |number: usize| Job {
            submitted: about(
                "client",
                number as u64,
                1 + number % 4,
                (node * 1_000 + number) as u64,
            ),
            receipt: None,
        };
        Self {
            node,
            jobs: (0..submissions).map(job).collect(),
            begun: 0,
            tickets: BTreeMap::new(),
        }
    }

    pub(super) fn is_done(&self) -> bool {
        self.jobs.iter().all(|job| job.receipt.is_some())
    }
}

impl Federation {
    pub(super) fn client_acts(&mut self, number: usize) {
        let calm = self.calm;
        let client = &mut self.clients[number];
        let dice = self.rng.random_range(0..10);
        if client.begun < client.jobs.len() && (dice < 4 || calm) {
            let first = client.begun;
            client.begun = client.jobs.len().min(first + self.plan.burst);
            for job in first..client.begun {
                self.send_job(number, job, false);
                if dice == 0 {
                    self.send_job(number, job, false);
                }
            }
        } else if client.begun > 0 {
            let job = self.rng.random_range(0..client.begun);
            let acknowledged = client.jobs[job].receipt.is_some();
            // Other content under a used number is sent only once the number is surely used.
            self.send_job(number, job, acknowledged && dice == 9);
            let open = (0..self.clients[number].begun)
                .find(|job| self.clients[number].jobs[*job].receipt.is_none());
            if let Some(open) = open {
                self.send_job(number, open, false);
            }
        }
        if !(calm && self.clients[number].is_done()) {
            let pause = self.up_to(600);
            self.at(self.now + pause, Event::Client { client: number });
        }
    }

    /// What the shell does with a submission: look for an earlier one in the store, and ask the replica if there is none.
    fn send_job(&mut self, number: usize, job: usize, other_content: bool) {
        let ticket = Ticket(self.next_ticket);
        self.next_ticket += 1;
        let node = self.clients[number].node;
        let Some(replica) = self.nodes[node].replica.as_ref() else {
            return;
        };
        let own = origin(node);
        let status = replica.chain(&own).unwrap();
        let signed_up_to = if status.head.is_some() {
            status.durable
        } else {
            TreeSize(status.durable.0.saturating_sub(1))
        };
        let searched = status.durable;
        let mut submitted = self.clients[number].jobs[job].submitted.clone();
        if other_content {
            submitted = Submitted {
                id: submitted.id,
                ..submission("client", 0, 2, 999_999)
            };
        }
        let content = submitted.block.content_digest();
        self.clients[number]
            .tickets
            .insert(ticket, (job, other_content));
        match self.nodes[node]
            .disk
            .find(&own, &submitted.submitter, submitted.id)
        {
            Some((.., earlier)) if earlier != content => {
                assert!(other_content, "a conflict out of nothing");
                self.counts.count("conflicts found in the store");
            }
            Some((size, first, records, _)) if size <= signed_up_to => {
                if let Some(head) = self.nodes[node].disk.head(&own, size).cloned() {
                    self.client_receives(
                        node,
                        &Receipt {
                            ticket,
                            first,
                            records,
                            size,
                            head,
                        },
                    );
                }
            }
            // Durable and not yet signed: the caller has to ask again.
            Some(_) => {}
            None => {
                let pause = self.up_to(40);
                let life = self.nodes[node].life;
                let input = Input::Submit {
                    ticket,
                    submitted,
                    searched,
                };
                self.at(
                    self.now + pause,
                    Event::Input {
                        node,
                        life,
                        input: Box::new(input),
                    },
                );
            }
        }
    }

    pub(super) fn client_receives(&mut self, node: usize, receipt: &Receipt) {
        self.check_receipt(node, receipt);
        let client = &mut self.clients[node];
        let Some((job, other_content)) = client.tickets.remove(&receipt.ticket) else {
            return;
        };
        assert!(!other_content, "a number was acknowledged for two contents");
        let job = &mut client.jobs[job];
        let place = (receipt.first, receipt.records, receipt.size);
        match job.receipt {
            None => {
                assert_eq!(receipt.records as usize, job.submitted.block.len());
                job.receipt = Some(place);
                self.counts.count("receipts");
            }
            Some(earlier) => {
                assert_eq!(earlier, place, "a resend got another receipt");
                self.counts.count("receipts repeated");
            }
        }
    }

    pub(super) fn client_refused(&mut self, ticket: Ticket, reason: &Refused) {
        for client in &mut self.clients {
            if let Some((_, other_content)) = client.tickets.remove(&ticket) {
                let conflict = matches!(reason, Refused::Conflict { .. });
                assert!(!conflict || other_content, "a conflict out of nothing");
            }
        }
    }
}
