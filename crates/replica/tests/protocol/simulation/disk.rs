//! A disk in memory: what is durable survives a crash, what is under way does or does not.

use super::{
    cosigned::{CosignedFiles, Numbers},
    registers::Registered,
};
use crate::world::beginning;
use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use std::{
    collections::{BTreeMap, VecDeque},
    rc::Rc,
};
use yizhang_ledger::{
    batch::{Batch, SubmissionId},
    beginning::Beginning,
    chain::{ChainState, Extension},
    hash::Hash,
    head::{Head, Origin},
    value::{LeafIndex, TreeSize},
};
use yizhang_replica::{Contradiction, Evidence, Held, ToCosign};

/// A durable batch.
#[derive(Debug)]
pub(super) struct Frame {
    pub(super) before: ChainState,
    pub(super) after: ChainState,
    pub(super) bytes: Vec<u8>,
    /// What of it registers are about.
    pub(super) registered: Registered,
    /// What came as one: who and number, position, records, content.
    pub(super) submissions: Vec<(String, SubmissionId, LeafIndex, u32, Hash)>,
}

/// Something on its way to a chain, in order.
#[derive(Debug)]
enum Write {
    /// A batch and the head that is written with it.
    Batch(Rc<Frame>, Option<Vec<u8>>),
    /// The head that was signed after the batch before.
    Head(TreeSize, Vec<u8>),
}

/// What a write has come to.
#[derive(Debug)]
pub(super) enum Done {
    /// The chain is durable up to this size.
    Batch(TreeSize),
    /// The store has this head.
    Head(Vec<u8>),
}

/// The durable part.
#[derive(Clone, Debug, Default)]
pub(super) struct Files {
    pub(super) chains: BTreeMap<Origin, Vec<Rc<Frame>>>,
    pub(super) heads: BTreeMap<(Origin, TreeSize), Vec<u8>>,
    /// The journal.
    pub(super) journal: Vec<Evidence>,
    /// What the journal has of cosigning.
    pub(super) cosigned: CosignedFiles,
}

#[derive(Debug, Default)]
pub(super) struct Disk {
    pub(super) files: Files,
    /// Writes under way, in order.
    under_way: BTreeMap<Origin, VecDeque<Write>>,
    /// Evidence on its way to the journal, in order.
    unwritten: VecDeque<Evidence>,
    /// Heads that are being cosigned.
    pub(super) cosigning: Vec<ToCosign>,
    /// With which keys.
    pub(super) cosigning_with: Numbers,
    /// Lines of others that are being written.
    pub(super) lines: BTreeMap<Origin, Vec<Vec<u8>>>,
    /// Heads of the own chain that were signed; they become durable with the next own batch.
    signed: BTreeMap<(Origin, TreeSize), Vec<u8>>,
}

impl Files {
    pub(super) fn size(&self, origin: &Origin) -> TreeSize {
        self.chains
            .get(origin)
            .and_then(|frames| frames.last())
            .map_or(TreeSize(0), |frame| frame.after.size())
    }

    pub(super) fn frame_ending(&self, origin: &Origin, size: TreeSize) -> Option<&Rc<Frame>> {
        self.chains
            .get(origin)?
            .iter()
            .find(|frame| frame.after.size() == size)
    }

    pub(super) fn root_at(&self, origin: &Origin, size: TreeSize) -> Option<Hash> {
        self.frame_ending(origin, size)
            .map(|frame| frame.after.head().root)
    }

    /// Sizes and roots of all batch ends.
    pub(super) fn boundaries(&self, origin: &Origin) -> Vec<(TreeSize, Hash)> {
        let frames = self.chains.get(origin).into_iter().flatten();
        frames
            .map(|frame| (frame.after.size(), frame.after.head().root))
            .collect()
    }

    /// The smallest size at which the journal closes a chain.
    fn closed_at(&self, origin: &Origin) -> Option<TreeSize> {
        let evidence = self.journal.iter();
        let against = evidence.filter(|evidence| evidence.origin == *origin);
        against.filter_map(Evidence::closes_at).min()
    }

    /// The pairs of heads in the journal that prove a fork: what a node shows to everybody who watches it.
    pub(super) fn proofs(&self) -> impl Iterator<Item = Contradiction> {
        self.journal.iter().filter_map(Evidence::shown)
    }

    /// What a head that is held here begins with at the size of a smaller one.
    pub(super) fn beginning(&self, smaller: &Head, larger: &Head) -> Option<Beginning> {
        let is_held = self.root_at(&larger.origin, larger.size) == Some(larger.root);
        if !is_held || smaller.size >= larger.size {
            return None;
        }
        let frames = self.chains.get(&larger.origin)?.iter();
        let under = frames.take_while(|frame| frame.before.size() < larger.size);
        let batches: Vec<_> = under
            .map(|frame| Batch::parse(frame.bytes.clone()).expect("a batch on the disk"))
            .collect();
        Some(beginning(&batches, smaller.size))
    }

    fn add(&mut self, origin: &Origin, frame: Rc<Frame>, head: Option<Vec<u8>>) {
        assert_eq!(
            frame.before.size(),
            self.size(origin),
            "batches of a chain are written in order"
        );
        if let Some(head) = head {
            self.heads
                .insert((origin.clone(), frame.after.size()), head);
        }
        self.chains.entry(origin.clone()).or_default().push(frame);
    }
}

impl Disk {
    pub(super) fn of(files: Files) -> Self {
        Self {
            files,
            ..Self::default()
        }
    }

    /// Begins to write.
    pub(super) fn write(&mut self, extension: &Extension, head: Option<Vec<u8>>) {
        let batch = extension.batch();
        let origin = extension.after().origin().clone();
        let writes = self.under_way.entry(origin.clone()).or_default();
        let last = writes.iter().rev().find_map(|write| match write {
            Write::Batch(frame, _) => Some(&frame.after),
            Write::Head(..) => None,
        });
        let last = last.or_else(|| {
            self.files
                .chains
                .get(&origin)?
                .last()
                .map(|frame| &frame.after)
        });
        let before = last.cloned().unwrap_or_else(|| ChainState::empty(origin));
        assert!(
            before.check_follows(batch.entry()).is_ok(),
            "what is persisted extends what is on the disk"
        );
        let submissions = batch
            .submissions()
            .map(|(part, at, content)| (part.submitter.clone(), part.id, at, part.records, content))
            .collect();
        let frame = Frame {
            before,
            after: extension.after().clone(),
            bytes: batch.bytes().to_vec(),
            registered: Registered::read(batch),
            submissions,
        };
        writes.push_back(Write::Batch(Rc::new(frame), head));
    }

    /// Begins to take a head that was signed.
    pub(super) fn note(&mut self, origin: &Origin, size: TreeSize, note: Vec<u8>) {
        let writes = self.under_way.entry(origin.clone()).or_default();
        writes.push_back(Write::Head(size, note));
    }

    /// Whether the oldest write of a chain can fail: a head is only taken into memory.
    pub(super) fn can_fail(&self, origin: &Origin) -> bool {
        let writes = self.under_way.get(origin);
        matches!(
            writes.and_then(VecDeque::front),
            Some(Write::Batch(..)) | None
        )
    }

    /// Ends the oldest write of a chain.
    pub(super) fn finish(&mut self, origin: &Origin) -> Option<Done> {
        Some(match self.under_way.get_mut(origin)?.pop_front()? {
            Write::Batch(frame, head) => {
                let size = frame.after.size();
                self.append(origin, frame, head);
                Done::Batch(size)
            }
            Write::Head(size, note) => {
                self.signed.insert((origin.clone(), size), note.clone());
                Done::Head(note)
            }
        })
    }

    /// A batch is on the disk, and before it the heads that were signed earlier, which were written with it.
    fn append(&mut self, origin: &Origin, frame: Rc<Frame>, head: Option<Vec<u8>>) {
        let earlier: Vec<_> = self
            .signed
            .keys()
            .filter(|(chain, _)| chain == origin)
            .cloned()
            .collect();
        for key in earlier {
            let note = self.signed.remove(&key).unwrap();
            self.files.heads.insert(key, note);
        }
        self.files.add(origin, frame, head);
    }

    /// Gives up the writes of a chain; the first may have reached the disk all the same.
    pub(super) fn fail(&mut self, origin: &Origin, rng: &mut ChaCha8Rng) {
        let first = self
            .under_way
            .remove(origin)
            .and_then(|mut writes| writes.pop_front());
        if let Some(Write::Batch(frame, head)) = first
            && rng.random_ratio(1, 2)
        {
            self.append(origin, frame, head);
        }
    }

    /// What a crash leaves: of each chain's writes under way the first few.
    pub(super) fn crash(&mut self, rng: &mut ChaCha8Rng) {
        for (origin, writes) in std::mem::take(&mut self.under_way) {
            let survive = rng.random_range(0..=writes.len());
            for write in writes.into_iter().take(survive) {
                match write {
                    Write::Batch(frame, head) => self.append(&origin, frame, head),
                    // It was in memory, unless a batch behind it took it along.
                    Write::Head(size, note) => {
                        self.signed.insert((origin.clone(), size), note);
                    }
                }
            }
        }
        self.signed.clear();
        self.lines.clear();
        let cosigning = std::mem::take(&mut self.cosigning);
        let survive = rng.random_range(0..=cosigning.len());
        for to_cosign in cosigning.iter().take(survive) {
            self.files.cosigned.give(to_cosign, self.cosigning_with);
        }
        if !self.unwritten.is_empty() {
            let survive = rng.random_range(0..=self.unwritten.len());
            self.files.journal.extend(self.unwritten.drain(..survive));
            self.unwritten.clear();
        }
    }

    pub(super) fn head(&self, origin: &Origin, size: TreeSize) -> Option<&Vec<u8>> {
        let key = (origin.clone(), size);
        self.files.heads.get(&key).or_else(|| self.signed.get(&key))
    }

    /// Begins to write evidence into the journal.
    pub(super) fn write_evidence(&mut self, evidence: Evidence) {
        self.unwritten.push_back(evidence);
    }

    /// Ends the oldest write of the journal.
    pub(super) fn finish_evidence(&mut self) -> Option<Evidence> {
        let evidence = self.unwritten.pop_front()?;
        self.files.journal.push(evidence.clone());
        Some(evidence)
    }

    /// What a starting replica is told.
    pub(super) fn held(&self) -> Vec<Held> {
        let held = |(origin, frames): (&Origin, &Vec<Rc<Frame>>)| {
            let state = frames.last()?.after.clone();
            let head = self.head(origin, state.size()).cloned();
            Some(Held {
                state,
                head,
                closed_at: self.files.closed_at(origin),
            })
        };
        self.files.chains.iter().filter_map(held).collect()
    }

    /// A submission that is in the own chain already: size after its batch, position, records, content.
    pub(super) fn find(
        &self,
        origin: &Origin,
        submitter: &str,
        id: SubmissionId,
    ) -> Option<(TreeSize, LeafIndex, u32, Hash)> {
        self.files.chains.get(origin)?.iter().find_map(|frame| {
            let mut parts = frame.submissions.iter();
            let (.., at, records, content) =
                parts.find(|(who, number, ..)| who == submitter && *number == id)?;
            Some((frame.after.size(), *at, *records, *content))
        })
    }
}
