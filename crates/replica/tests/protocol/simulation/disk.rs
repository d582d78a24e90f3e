//! A disk in memory: what is durable survives a crash, what is under way does or does not.

use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use std::{
    collections::{BTreeMap, VecDeque},
    rc::Rc,
};
use yizhang_ledger::{
    batch::SubmissionId,
    chain::{ChainState, Extension},
    hash::Hash,
    head::Origin,
    value::{LeafIndex, TreeSize},
};
use yizhang_replica::Held;

/// A durable batch.
#[derive(Debug)]
pub(super) struct Frame {
    pub(super) before: ChainState,
    pub(super) after: ChainState,
    pub(super) bytes: Vec<u8>,
    /// What came as one: who and number, position, records, content.
    pub(super) submissions: Vec<(String, SubmissionId, LeafIndex, u32, Hash)>,
}

/// A batch and the head that is written with it.
type Write = (Rc<Frame>, Option<Vec<u8>>);

/// The durable part.
#[derive(Clone, Debug, Default)]
pub(super) struct Files {
    pub(super) chains: BTreeMap<Origin, Vec<Rc<Frame>>>,
    pub(super) heads: BTreeMap<(Origin, TreeSize), Vec<u8>>,
    closed: BTreeMap<Origin, TreeSize>,
}

#[derive(Debug, Default)]
pub(super) struct Disk {
    pub(super) files: Files,
    /// Writes under way, in order.
    under_way: BTreeMap<Origin, VecDeque<Write>>,
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
        let last = writes.back().map(|(frame, _)| &frame.after);
        let last = last.or_else(|| {
            self.files
                .chains
                .get(&origin)?
                .last()
                .map(|frame| &frame.after)
        });
        let before = last.cloned().unwrap_or_else(|| ChainState::empty(origin));
        assert!(
            before.precedes(batch.entry()).is_ok(),
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
            submissions,
        };
        writes.push_back((Rc::new(frame), head));
    }

    /// Ends the oldest write of a chain and returns the size.
    pub(super) fn finish(&mut self, origin: &Origin) -> Option<TreeSize> {
        let (frame, head) = self.under_way.get_mut(origin)?.pop_front()?;
        let size = frame.after.size();
        self.settle(origin, frame, head);
        Some(size)
    }

    /// A batch is on the disk, and before it the heads that were signed earlier, which were written with it.
    fn settle(&mut self, origin: &Origin, frame: Rc<Frame>, head: Option<Vec<u8>>) {
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
        if let Some((frame, head)) = first
            && rng.random_ratio(1, 2)
        {
            self.settle(origin, frame, head);
        }
    }

    /// What a crash leaves: of each chain's writes under way the first few.
    pub(super) fn crash(&mut self, rng: &mut ChaCha8Rng) {
        for (origin, writes) in std::mem::take(&mut self.under_way) {
            let survive = rng.random_range(0..=writes.len());
            for (frame, head) in writes.into_iter().take(survive) {
                self.settle(&origin, frame, head);
            }
        }
        self.signed.clear();
    }

    pub(super) fn keep_signed(&mut self, origin: &Origin, size: TreeSize, note: &[u8]) {
        self.signed.insert((origin.clone(), size), note.to_vec());
    }

    pub(super) fn head(&self, origin: &Origin, size: TreeSize) -> Option<&Vec<u8>> {
        let key = (origin.clone(), size);
        self.files.heads.get(&key).or_else(|| self.signed.get(&key))
    }

    /// Writes into the journal that a chain is closed.
    pub(super) fn close(&mut self, origin: &Origin, size: TreeSize) {
        let closed = self.files.closed.entry(origin.clone()).or_insert(size);
        *closed = size.min(*closed);
    }

    /// What a starting replica is told.
    pub(super) fn held(&self) -> Vec<Held> {
        let held = |(origin, frames): (&Origin, &Vec<Rc<Frame>>)| {
            let state = frames.last()?.after.clone();
            let head = self.head(origin, state.size()).cloned();
            Some(Held {
                state,
                head,
                closed_at: self.files.closed.get(origin).copied(),
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
