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
    waiting: VecDeque<Arrived>,
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

/// What came to be appended: a submission, alone or with what goes into the same batch before it.
#[derive(Debug)]
pub(crate) struct Arrived {
    submitted: Submitted,
    approval: Option<Submitted>,
}

impl Arrived {
    pub(crate) const fn alone(submitted: Submitted) -> Self {
        Self {
            submitted,
            approval: None,
        }
    }

    pub(crate) const fn approved(submitted: Submitted, approval: Submitted) -> Self {
        Self {
            submitted,
            approval: Some(approval),
        }
    }

    /// In the order of the batch.
    fn parts(&self) -> impl Iterator<Item = &Submitted> {
        self.approval.iter().chain([&self.submitted])
    }

    fn into_parts(self) -> impl Iterator<Item = Submitted> {
        self.approval.into_iter().chain([self.submitted])
    }

    fn submissions(&self) -> usize {
        self.parts().count()
    }

    fn records(&self) -> usize {
        self.sum(|part| part.block.len())
    }

    fn bytes(&self) -> usize {
        self.sum(|part| part.block.bytes().len())
    }

    fn sum(&self, of: impl Fn(&Submitted) -> usize) -> usize {
        let mut sums = self.parts().map(of);
        let sum = sums.try_fold(0_usize, usize::checked_add);
        sum.expect("both lie in memory")
    }
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
        arrived: Arrived,
        searched: TreeSize,
        out: &mut Vec<Output>,
    ) {
        let readiness = self.readiness();
        let answer = match (&mut self.own, readiness) {
            (None, _) => Err(Refused::Mirror),
            (Some(own), Readiness::Ready) => own.queue.add(ticket, arrived, searched, &self.limits),
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
        arrived: Arrived,
        searched: TreeSize,
        limits: &Limits,
    ) -> Result<Option<Receipt>, Refused> {
        for part in arrived.parts() {
            check_form(part)?;
        }
        let submitted = &arrived.submitted;
        let id = submitted.id;
        let content = submitted.block.content_digest();
        let key = key_of(submitted);
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
        self.check_room(&arrived, limits)?;
        let within = "there was found to be room below the limits";
        let records = self.waiting_records.checked_add(arrived.records());
        self.waiting_records = records.expect(within);
        let bytes = self.waiting_bytes.checked_add(arrived.bytes());
        self.waiting_bytes = bytes.expect(within);
        // Nobody waits for the approval: whoever gave it waits for what was approved.
        if let Some(approval) = &arrived.approval {
            self.pending.insert(
                key_of(approval),
                Pending {
                    content: approval.block.content_digest(),
                    tickets: Vec::new(),
                },
            );
        }
        self.waiting.push_back(arrived);
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

    fn check_room(&self, arrived: &Arrived, limits: &Limits) -> Result<(), Refused> {
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
            arrived.records(),
            limits.waiting_records_max,
        )?;
        room(
            "bytes",
            self.waiting_bytes,
            arrived.bytes(),
            limits.waiting_bytes_max,
        )
    }

    /// Takes as many of those that wait as fit into a batch, in order.
    pub(crate) fn take_group(&mut self) -> Vec<Submitted> {
        let mut group = Vec::new();
        let (mut submissions, mut records, mut bytes) = (0_usize, 0_usize, 0_usize);
        let more = |sum: usize, next: usize| {
            let sum = sum.checked_add(next);
            sum.expect("the blocks lie in memory")
        };
        while let Some(next) = self.waiting.front() {
            submissions = more(submissions, next.submissions());
            records = more(records, next.records());
            bytes = more(bytes, next.bytes());
            let is_full = submissions > BATCH_SUBMISSIONS_MAX
                || records > BATCH_RECORDS_MAX
                || bytes > SUBMISSION_BYTES_MAX;
            // The first is always taken: what may be too much about it is an approval, for which the batch entry leaves room.
            if is_full && !group.is_empty() {
                break;
            }
            let next = self.waiting.pop_front();
            let next = next.expect("it was looked at just before");
            let counted = "it was counted when it came";
            let records = self.waiting_records.checked_sub(next.records());
            self.waiting_records = records.expect(counted);
            let bytes = self.waiting_bytes.checked_sub(next.bytes());
            self.waiting_bytes = bytes.expect(counted);
            group.extend(next.into_parts());
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
        let waiting = self.waiting.drain(..).flat_map(Arrived::into_parts);
        let waiting: Vec<_> = waiting.collect();
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
