//! The state of a chain, and the only way from one state to the next.

use crate::{
    Invalid, Verified,
    batch::{
        BATCH_RECORDS_MAX, BATCH_SUBMISSIONS_MAX, Batch, BatchEntry, RecordBlock, Submission,
        SubmissionId, Submissions,
    },
    codec::CodecFault,
    entry::Kind,
    hash::Hash,
    head::{Head, Origin},
    tree::Frontier,
    value::{TreeSize, UnixMillis},
};
use alloc::{
    string::{String, ToString},
    vec::Vec,
};

/// Level of the smallest subtrees that are worth keeping: 64 leaves, about two disk pages to read and some microseconds
/// to hash again. Nodes below are recomputed from the records.
pub const KEPT_LEVEL: u32 = 6;

/// A complete subtree: node number `index` of `level`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Branch {
    /// Level, 0 for leaves.
    pub level: u32,
    /// Number in the level, from the left.
    pub index: u64,
    /// Root of the subtree.
    pub hash: Hash,
}

/// Everything about a chain that its next batch must agree with.
#[derive(Clone, Debug)]
pub struct ChainState {
    origin: Origin,
    batches: u64,
    link: Hash,
    time: UnixMillis,
    roster: u64,
    frontier: Frontier,
}

/// The end of a chain, as far as the next batch names it: all that can be held against a batch by whoever lacks the entries before it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tip {
    /// The chain.
    pub origin: Origin,
    /// Number of leaves.
    pub size: TreeSize,
    /// Number of batches.
    pub batches: u64,
    /// Leaf hash of the last batch entry, zeros if there is none.
    pub link: Hash,
    /// Root of the tree.
    pub root: Hash,
    /// Time of the last batch.
    pub time: UnixMillis,
    /// Version of the roster of the last batch.
    pub roster: u64,
}

/// What a node wants to append, next to the records themselves.
#[derive(Clone, Debug)]
pub struct Submitted {
    /// Number of the submission.
    pub id: SubmissionId,
    /// Who sent it.
    pub submitter: String,
    /// Its records.
    pub block: RecordBlock,
}

/// A batch that follows a state by links and positions, with the state after it; to be confirmed by a head.
#[derive(Clone, Debug)]
pub struct Extension {
    batch: Batch,
    after: ChainState,
    branches: Vec<Branch>,
}

impl ChainState {
    /// The state of a chain without batches.
    pub fn empty(origin: Origin) -> Self {
        Self {
            origin,
            batches: 0,
            link: Hash::ZERO,
            time: UnixMillis(0),
            roster: 0,
            frontier: Frontier::default(),
        }
    }

    /// The chain.
    pub const fn origin(&self) -> &Origin {
        &self.origin
    }

    /// Number of leaves.
    pub const fn size(&self) -> TreeSize {
        self.frontier.size()
    }

    /// Number of batches.
    pub const fn batches(&self) -> u64 {
        self.batches
    }

    /// Leaf hash of the last batch entry, zeros if there is none.
    pub const fn link(&self) -> Hash {
        self.link
    }

    /// Time of the last batch.
    pub const fn time(&self) -> UnixMillis {
        self.time
    }

    /// Version of the roster of the last batch.
    pub const fn roster(&self) -> u64 {
        self.roster
    }

    /// The right edge of the tree.
    pub const fn frontier(&self) -> &Frontier {
        &self.frontier
    }

    /// The head that describes this state.
    pub fn head(&self) -> Head {
        Head {
            origin: self.origin.clone(),
            size: self.size(),
            root: self.frontier.root(),
        }
    }

    /// A state as kept at a checkpoint; believed only as far as whoever kept it.
    pub fn restore(
        origin: Origin,
        batches: u64,
        link: Hash,
        time: UnixMillis,
        roster: u64,
        frontier: Frontier,
    ) -> Self {
        Self {
            origin,
            batches,
            link,
            time,
            roster,
            frontier,
        }
    }

    /// Builds the batch that appends these submissions at `now` (the last batch's time if the clock went back) under a
    /// roster version. Pure: nothing has happened until the batch is durable.
    ///
    /// # Errors
    /// [`Invalid::RecordsOutOfRange`], [`Invalid::BatchTooLarge`], [`Invalid::Payload`] for a submitter that is no code or
    /// too many submissions.
    pub fn prepare(
        &self,
        submitted: &[Submitted],
        now: UnixMillis,
        roster: u64,
    ) -> Result<Extension, Invalid> {
        let records = submitted.iter().fold(0_usize, |sum, submitted| {
            sum.checked_add(submitted.block.len())
                .expect("the blocks lie in memory")
        });
        if !(1..=BATCH_RECORDS_MAX).contains(&records) {
            return Err(Invalid::RecordsOutOfRange {
                limit: BATCH_RECORDS_MAX,
                found: records,
            });
        }
        let at = self.size().next_leaf();
        let refuse = |reason| Invalid::Payload {
            at,
            kind: Kind::BATCH,
            fault: CodecFault::Field(reason),
        };
        if submitted.len() > BATCH_SUBMISSIONS_MAX {
            return Err(refuse("a batch has more than 1024 submissions"));
        }
        if submitted
            .iter()
            .any(|submitted| crate::value::Code::new(&submitted.submitter).is_none())
        {
            return Err(refuse(
                "a submitter is longer than 32 or has other than visible ASCII characters",
            ));
        }
        let submission = |submitted: &Submitted| Submission {
            id: submitted.id,
            submitter: submitted.submitter.clone(),
            records: counted(submitted.block.len()),
        };
        let entry = BatchEntry {
            origin: self.origin.clone(),
            number: self.batches,
            first: at,
            previous: self.link,
            root_before: self.frontier.root(),
            time: now.max(self.time),
            roster: roster.max(self.roster),
            records: counted(records),
            submissions: Submissions(submitted.iter().map(submission).collect()),
        };
        let blocks: Vec<_> = submitted.iter().map(|submitted| &submitted.block).collect();
        Ok(self.extended(Batch::assemble(entry, &blocks)?))
    }

    /// Checks that a batch follows this state: chain, position, number, link *and* root.
    ///
    /// # Errors
    /// [`Invalid::WrongChain`], [`Invalid::WrongPosition`], [`Invalid::WrongNumber`], [`Invalid::LinkMismatch`],
    /// [`Invalid::RootBeforeMismatch`], [`Invalid::TimeWentBack`], [`Invalid::RosterWentBack`].
    pub fn follow(&self, batch: Batch) -> Result<Extension, Invalid> {
        self.check_follows(batch.entry())?;
        Ok(self.extended(batch))
    }

    /// The checks of [`ChainState::follow`], for callers that still need the batch when they fail.
    ///
    /// # Errors
    /// As [`ChainState::follow`].
    pub fn check_follows(&self, entry: &BatchEntry) -> Result<(), Invalid> {
        self.tip().check_follows(entry)
    }

    /// What the next batch must name.
    pub fn tip(&self) -> Tip {
        Tip {
            origin: self.origin.clone(),
            size: self.size(),
            batches: self.batches,
            link: self.link,
            root: self.frontier.root(),
            time: self.time,
            roster: self.roster,
        }
    }

    fn extended(&self, batch: Batch) -> Extension {
        let mut frontier = self.frontier.clone();
        let mut branches = Vec::new();
        frontier.extend(batch.leaves(), |level, first, hashes| {
            if level >= KEPT_LEVEL {
                let numbered = (first..).zip(hashes);
                branches.extend(numbered.map(|(index, hash)| Branch {
                    level,
                    index,
                    hash: *hash,
                }));
            }
        });
        let entry = batch.entry();
        let after = Self {
            origin: self.origin.clone(),
            batches: self
                .batches
                .checked_add(1)
                .expect("a chain has fewer batches than leaves"),
            link: batch.link(),
            time: entry.time,
            roster: entry.roster,
            frontier,
        };
        Extension {
            batch,
            after,
            branches,
        }
    }
}

impl Tip {
    /// Checks that a batch names this end of its chain: chain, position, number, link *and* root.
    ///
    /// # Errors
    /// As [`ChainState::follow`].
    pub fn check_follows(&self, entry: &BatchEntry) -> Result<(), Invalid> {
        let at = entry.first;
        if entry.origin != self.origin {
            return Err(Invalid::WrongChain {
                expected: self.origin.to_string(),
                found: entry.origin.to_string(),
            });
        }
        if at != self.size.next_leaf() {
            return Err(Invalid::WrongPosition {
                expected: self.size,
                found: at,
            });
        }
        if entry.number != self.batches {
            return Err(Invalid::WrongNumber {
                expected: self.batches,
                found: entry.number,
            });
        }
        if entry.previous != self.link {
            return Err(Invalid::LinkMismatch {
                at,
                expected: self.link,
                found: entry.previous,
            });
        }
        if entry.root_before != self.root {
            return Err(Invalid::RootBeforeMismatch {
                at,
                expected: self.root,
                found: entry.root_before,
            });
        }
        if entry.time < self.time {
            return Err(Invalid::TimeWentBack {
                at,
                last: self.time,
                found: entry.time,
            });
        }
        if entry.roster < self.roster {
            return Err(Invalid::RosterWentBack {
                at,
                last: self.roster,
                found: entry.roster,
            });
        }
        Ok(())
    }
}

/// A number of records as a batch entry has it.
fn counted(records: usize) -> u32 {
    u32::try_from(records).expect("the records of a batch were found to be within their limit")
}

impl Extension {
    /// The batch: its bytes are what to make durable.
    pub const fn batch(&self) -> &Batch {
        &self.batch
    }

    /// The state after the batch.
    pub const fn after(&self) -> &ChainState {
        &self.after
    }

    /// Subtrees of level [`KEPT_LEVEL`] and above that the batch completes.
    pub fn branches(&self) -> &[Branch] {
        &self.branches
    }

    /// Believes the batch because a verified head says so.
    ///
    /// # Errors
    /// [`Invalid::WrongChain`], [`Invalid::HeadSize`], [`Invalid::HeadRoot`].
    pub fn confirm(self, head: &Verified<Head>) -> Result<Admitted, Invalid> {
        self.check_confirms(head)?;
        Ok(Admitted {
            batch: Verified::new(self.batch),
            after: self.after,
            branches: self.branches,
        })
    }

    /// The checks of [`Extension::confirm`], for callers that go on with the extension as it is.
    ///
    /// # Errors
    /// As [`Extension::confirm`].
    pub fn check_confirms(&self, head: &Verified<Head>) -> Result<(), Invalid> {
        let found = self.after.head();
        if head.origin != found.origin {
            return Err(Invalid::WrongChain {
                expected: found.origin.to_string(),
                found: head.origin.to_string(),
            });
        }
        if head.size != found.size {
            return Err(Invalid::HeadSize {
                expected: found.size,
                found: head.size,
            });
        }
        if head.root != found.root {
            return Err(Invalid::HeadRoot {
                size: found.size,
                expected: found.root,
                found: head.root,
            });
        }
        Ok(())
    }
}

/// A batch that a signed head confirms, with the state after it.
#[derive(Clone, Debug)]
pub struct Admitted {
    /// The batch.
    pub batch: Verified<Batch>,
    /// The state of the chain after it.
    pub after: ChainState,
    /// Subtrees of level [`KEPT_LEVEL`] and above that it completes.
    pub branches: Vec<Branch>,
}
