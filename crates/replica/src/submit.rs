//! Submissions: which wait, which are under way, and which were acknowledged lately, so that sending one again adds
//! nothing.

use crate::{
    Output, Readiness, Receipt, Refused, Replica, Ticket,
    limits::{Limits, RECEIPTS_BATCHES_MAX, TICKETS_PER_SUBMISSION_MAX},
    wide,
};
use alloc::{
    collections::{BTreeMap, VecDeque},
    string::String,
    sync::Arc,
    vec::Vec,
};
use yizhang_ledger::{
    Invalid,
    batch::{BATCH_RECORDS_MAX, BATCH_SUBMISSIONS_MAX, SUBMISSION_BYTES_MAX, SubmissionId},
    chain::Submitted,
    codec::CodecFault,
    entry::Kind,
    hash::Hash,
    value::{Code, LeafIndex, TreeSize},
};

/// What names a submission: numbers are the submitter's own.
type Key = (String, SubmissionId);

/// Submissions of the own chain.
#[derive(Debug)]
pub(crate) struct Queue {
    /// Those that wait or are under way.
    pending: BTreeMap<Key, Pending>,
    /// Those that wait, in order of arrival.
    waiting: VecDeque<Submitted>,
    waiting_records: usize,
    waiting_bytes: usize,
    /// Those in the batch that is on its way to disk and signature.
    group: Option<Group>,
    /// Those in batches acknowledged lately.
    acknowledged: BTreeMap<Key, Acknowledged>,
    /// These batches, oldest first.
    batches: VecDeque<(Arc<SignedBatch>, Vec<Key>)>,
    /// Whoever searched the store up to here, or further, has missed nothing that is not at hand.
    forgotten_up_to: TreeSize,
}

#[derive(Debug)]
struct Pending {
    content: Hash,
    /// Who waits for it.
    tickets: Vec<Ticket>,
}

#[derive(Debug)]
struct Group {
    /// Size of the chain after the batch.
    size: TreeSize,
    parts: Vec<(Key, Place)>,
}

/// Where the records of a submission stand.
#[derive(Clone, Copy, Debug)]
struct Place {
    first: LeafIndex,
    records: u32,
}

#[derive(Debug)]
struct Acknowledged {
    content: Hash,
    place: Place,
    batch: Arc<SignedBatch>,
}

#[derive(Debug)]
struct SignedBatch {
    /// Size of the chain after the batch.
    size: TreeSize,
    head: Vec<u8>,
}

impl Replica {
    /// Takes a submission into the queue, joins it to the same one that waits already, or refuses it.
    pub(crate) fn submit(
        &mut self,
        ticket: Ticket,
        submitted: Submitted,
        searched: TreeSize,
        out: &mut Vec<Output>,
    ) {
        let readiness = self.readiness();
        let answer = match (&mut self.own, readiness) {
            (None, _) => Err(Refused::Mirror),
            (Some(own), Readiness::Ready) => {
                own.queue.add(ticket, submitted, searched, &self.limits)
            }
            (Some(_), readiness) => Err(Refused::NotReady(readiness)),
        };
        match answer {
            Ok(receipt) => out.extend(receipt.map(Output::Receipt)),
            Err(reason) => out.push(Output::Refuse { ticket, reason }),
        }
    }
}

impl Queue {
    pub(crate) const fn new(forgotten_up_to: TreeSize) -> Self {
        Self {
            pending: BTreeMap::new(),
            waiting: VecDeque::new(),
            waiting_records: 0,
            waiting_bytes: 0,
            group: None,
            acknowledged: BTreeMap::new(),
            batches: VecDeque::new(),
            forgotten_up_to,
        }
    }

    /// How many submissions, records and bytes wait.
    pub(crate) fn waiting(&self) -> (usize, usize, usize) {
        (self.waiting.len(), self.waiting_records, self.waiting_bytes)
    }

    /// A receipt if there is one already; none if the submission waits now.
    fn add(
        &mut self,
        ticket: Ticket,
        submitted: Submitted,
        searched: TreeSize,
        limits: &Limits,
    ) -> Result<Option<Receipt>, Refused> {
        let id = submitted.id;
        let content = submitted.block.content_digest();
        check_form(&submitted)?;
        let key = (submitted.submitter.clone(), id);
        if let Some(pending) = self.pending.get_mut(&key) {
            if pending.content != content {
                return Err(Refused::Conflict { id });
            }
            if pending.tickets.len() >= TICKETS_PER_SUBMISSION_MAX {
                return Err(Refused::TooManyCallers { id });
            }
            pending.tickets.push(ticket);
            return Ok(None);
        }
        if let Some((earlier, receipt)) = self.find_acknowledged(&key, ticket) {
            return if earlier == content {
                Ok(Some(receipt))
            } else {
                Err(Refused::Conflict { id })
            };
        }
        if searched < self.forgotten_up_to {
            return Err(Refused::SearchOutdated { id });
        }
        self.check_room(&submitted, limits)?;
        let within = "there was found to be room below the limits";
        let records = self.waiting_records.checked_add(submitted.block.len());
        self.waiting_records = records.expect(within);
        let bytes = submitted.block.bytes().len();
        self.waiting_bytes = self.waiting_bytes.checked_add(bytes).expect(within);
        self.waiting.push_back(submitted);
        self.pending.insert(
            key,
            Pending {
                content,
                tickets: [ticket].into(),
            },
        );
        Ok(None)
    }

    fn find_acknowledged(&self, key: &Key, ticket: Ticket) -> Option<(Hash, Receipt)> {
        let Acknowledged {
            content,
            place,
            batch,
        } = self.acknowledged.get(key)?;
        Some((*content, place.receipt(ticket, batch)))
    }

    fn check_room(&self, submitted: &Submitted, limits: &Limits) -> Result<(), Refused> {
        let room = |what, waiting: usize, more: usize, limit| {
            let together = waiting
                .checked_add(more)
                .expect("both lie in memory, or count what does");
            if together <= limit {
                Ok(())
            } else {
                Err(Refused::Busy {
                    what,
                    waiting,
                    limit,
                })
            }
        };
        room(
            "submissions",
            self.waiting.len(),
            1,
            limits.waiting_submissions_max,
        )?;
        room(
            "records",
            self.waiting_records,
            submitted.block.len(),
            limits.waiting_records_max,
        )?;
        room(
            "bytes",
            self.waiting_bytes,
            submitted.block.bytes().len(),
            limits.waiting_bytes_max,
        )
    }

    /// Takes as many of those that wait as fit into a batch, in order.
    pub(crate) fn take_group(&mut self) -> Vec<Submitted> {
        let mut group = Vec::new();
        let (mut records, mut bytes) = (0_usize, 0_usize);
        while let Some(next) = self.waiting.front() {
            records = records
                .checked_add(next.block.len())
                .expect("the blocks lie in memory");
            bytes = bytes
                .checked_add(next.block.bytes().len())
                .expect("the blocks lie in memory");
            if group.len() == BATCH_SUBMISSIONS_MAX
                || records > BATCH_RECORDS_MAX
                || bytes > SUBMISSION_BYTES_MAX
            {
                break;
            }
            let next = self.waiting.pop_front();
            let next = next.expect("it was looked at just before");
            let counted = "it was counted when it came";
            let records = self.waiting_records.checked_sub(next.block.len());
            self.waiting_records = records.expect(counted);
            let bytes = next.block.bytes().len();
            self.waiting_bytes = self.waiting_bytes.checked_sub(bytes).expect(counted);
            group.push(next);
        }
        group
    }

    /// The group has become a batch from `before` to `size`.
    pub(crate) fn under_way(&mut self, group: &[Submitted], before: TreeSize, size: TreeSize) {
        // The batch entry comes first.
        let within = "the batch was prepared, so its positions are below 2^63";
        let mut first = before.0.checked_add(1).expect(within);
        let mut parts = Vec::with_capacity(group.len());
        for submitted in group {
            let records = submitted.block.len();
            let place = Place {
                first: LeafIndex(first),
                records: u32::try_from(records).expect("a block has at most 16,384 records"),
            };
            parts.push((key_of(submitted), place));
            first = first.checked_add(wide(records)).expect(within);
        }
        self.group = Some(Group { size, parts });
    }

    /// The batch of this size is durable and signed: everybody who waits for it gets a receipt.
    pub(crate) fn acknowledge(&mut self, size: TreeSize, head: &[u8], out: &mut Vec<Output>) {
        let Some(group) = self.group.take_if(|group| group.size == size) else {
            return;
        };
        let batch = Arc::new(SignedBatch {
            size,
            head: head.to_vec(),
        });
        let mut keys = Vec::with_capacity(group.parts.len());
        for (key, place) in group.parts {
            let pending = self.pending.remove(&key);
            let pending = pending.expect("what is in a batch is pending until it is acknowledged");
            let receipts = pending
                .tickets
                .into_iter()
                .map(|ticket| place.receipt(ticket, &batch));
            out.extend(receipts.map(Output::Receipt));
            keys.push(key.clone());
            self.acknowledged.insert(
                key,
                Acknowledged {
                    content: pending.content,
                    place,
                    batch: Arc::clone(&batch),
                },
            );
        }
        self.batches.push_back((batch, keys));
        if self.batches.len() > RECEIPTS_BATCHES_MAX
            && let Some((oldest, keys)) = self.batches.pop_front()
        {
            for key in keys {
                self.acknowledged.remove(&key);
            }
            self.forget_up_to(oldest.size);
        }
    }

    /// Submissions up to this size are to be found in the store only.
    pub(crate) fn forget_up_to(&mut self, size: TreeSize) {
        self.forgotten_up_to = self.forgotten_up_to.max(size);
    }

    /// Refuses everything that waits, and answers who waits for the group under way: its outcome is open, and it stays
    /// known, so that a resend of it is not appended twice.
    pub(crate) fn refuse_all(&mut self, reason: &Refused, out: &mut Vec<Output>) {
        let waiting: Vec<_> = self.waiting.drain(..).collect();
        (self.waiting_records, self.waiting_bytes) = (0, 0);
        self.refuse_group(&waiting, reason, out);
        for pending in self.pending.values_mut() {
            let tickets = pending.tickets.drain(..);
            out.extend(tickets.map(|ticket| Output::Refuse {
                ticket,
                reason: reason.clone(),
            }));
        }
    }

    /// Refuses these.
    pub(crate) fn refuse_group(
        &mut self,
        group: &[Submitted],
        reason: &Refused,
        out: &mut Vec<Output>,
    ) {
        for submitted in group {
            let pending = self.pending.remove(&key_of(submitted));
            let pending = pending.expect("what waits is pending until it is refused");
            out.extend(pending.tickets.into_iter().map(|ticket| Output::Refuse {
                ticket,
                reason: reason.clone(),
            }));
        }
    }
}

impl Place {
    fn receipt(self, ticket: Ticket, batch: &SignedBatch) -> Receipt {
        Receipt {
            ticket,
            first: self.first,
            records: self.records,
            size: batch.size,
            head: batch.head.clone(),
        }
    }
}

fn key_of(submitted: &Submitted) -> Key {
    (submitted.submitter.clone(), submitted.id)
}

/// What would make any batch with it invalid. Records and bytes are bounded by how a block is parsed.
fn check_form(submitted: &Submitted) -> Result<(), Refused> {
    if Code::new(&submitted.submitter).is_some() {
        return Ok(());
    }
    let fault = CodecFault::Field(
        "a submitter is longer than 32 or has other than visible ASCII characters",
    );
    Err(Refused::Invalid(Invalid::Payload {
        at: LeafIndex(0),
        kind: Kind::BATCH,
        fault,
    }))
}
