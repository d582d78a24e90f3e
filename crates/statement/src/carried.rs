//! What a bundle shows of a chain, or of a part of one, batch by batch: nothing of it is held but the state behind the last one.

use crate::{Promise, ReceiptFault, promises};
use yizhang_ledger::{
    Invalid, Verified,
    batch::Batch,
    chain::{ChainState, Tip},
    hash::Hash,
    head::{Head, Origin},
    note::Note,
    roster::{KeyKind, RootFingerprint, Roster, TrustFault},
    value::{TreeSize, UnixMillis},
};

/// A part of a chain that is carried.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CarriedPart {
    /// The chain.
    pub origin: Origin,
    /// Leaves before the first batch.
    pub from: TreeSize,
    /// Leaves behind the last.
    pub to: TreeSize,
}

/// What is shown of it.
#[derive(Clone, Debug)]
pub struct CarriedChain {
    /// Which.
    pub part: CarriedPart,
    /// Its batches.
    pub batches: u64,
    /// The records in them.
    pub records: u64,
    /// Time of the last batch, by the clock of the chain's node.
    pub through: UnixMillis,
    /// The state behind the last batch; none where what stands before the part is not at hand, so that no root can be computed.
    pub state: Option<ChainState>,
    /// Heads in front that others have cosigned, smallest first.
    pub cosigned: Vec<CarriedHead>,
}

/// A head that others have cosigned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CarriedHead {
    /// Its size.
    pub size: TreeSize,
    /// Who has signed that he holds every entry up to it.
    pub mirrors: Vec<Promise>,
    /// Who has signed that he has seen it.
    pub witnesses: Vec<Promise>,
}

/// Why a part of a chain shows nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CarriedFault {
    /// A batch or a head is wrong, or does not follow.
    #[error(transparent)]
    Invalid(#[from] Invalid),
    /// A cosignature is wrong.
    #[error(transparent)]
    Cosigned(ReceiptFault),
    /// The part has no entry.
    #[error("the part ends at {to} entries, before it has begun")]
    Empty {
        /// Where it ends.
        to: TreeSize,
    },
    /// In front stands no head of the last entry.
    #[error("no head of the last entry, {to}, stands in front of the chain")]
    NoNewest {
        /// Where the part ends.
        to: TreeSize,
    },
    /// A head in front is of a size at which no batch ends.
    #[error("no batch ends at {size} entries, of which a head stands in front")]
    Between {
        /// Its size.
        size: TreeSize,
    },
    /// The batches end elsewhere than they should.
    #[error("expected batches up to {to} entries, found them up to {found}")]
    End {
        /// Where they should end.
        to: TreeSize,
        /// Where they end.
        found: TreeSize,
    },
    /// The last head may be of a history that the chain has given up.
    #[error(
        "the chain has shown two histories, and whether the head of {size} entries is of the one that counts is not shown"
    )]
    InDoubt {
        /// Its size.
        size: TreeSize,
    },
}

/// The newest version of the roster that follows from trusted root keys, of those that a file brings and those that its reader holds.
///
/// # Errors
/// [`TrustFault`], also where a version of one is not that of the other.
pub fn newest_roster(
    brought: &[Vec<u8>],
    known: &[Vec<u8>],
    trusted: RootFingerprint,
) -> Result<Roster, TrustFault> {
    let (versions, others) = match Roster::open_versions(brought, trusted) {
        Ok(versions) => (versions, known),
        // Who was founded later has no version that the reader began with.
        Err(TrustFault::OtherRoots { .. } | TrustFault::Versions { found: 0 })
            if !known.is_empty() =>
        {
            (Roster::open_versions(known, trusted)?, brought)
        }
        Err(fault) => return Err(fault),
    };
    newest_of(versions, others)
}

/// The newest of versions that follow each other, and of others that must be those or follow them.
pub(crate) fn newest_of(
    mut versions: Vec<Roster>,
    others: &[Vec<u8>],
) -> Result<Roster, TrustFault> {
    for (number, note) in (1..).zip(others) {
        let in_version = |fault| TrustFault::Version { number, fault };
        let version = Roster::version_of(note).map_err(in_version)?;
        if let Some(same) = versions.iter().find(|one| one.version == version) {
            ensure_same(same, note).map_err(in_version)?;
        }
        let last = versions.last().ok_or(TrustFault::Versions { found: 0 })?;
        if version > last.version {
            let next = last.open_next(note).map_err(in_version)?;
            versions.push(next);
        }
    }
    versions.pop().ok_or(TrustFault::Versions { found: 0 })
}

/// Refuses another text under the number of a version.
fn ensure_same(version: &Roster, note: &[u8]) -> Result<(), Invalid> {
    let (expected, found) = (
        version.hash(),
        Roster::parse(Note::parse(note)?.text)?.hash(),
    );
    if expected == found {
        Ok(())
    } else {
        Err(Invalid::RosterPrevious { expected, found })
    }
}

/// A part of a chain that is gone through.
pub struct CarriedReader<'r> {
    roster: &'r Roster,
    part: CarriedPart,
    size: TreeSize,
    fronts: Vec<Front>,
    behind: Behind,
    batches: u64,
    records: u64,
    through: UnixMillis,
}

/// A head in front that was opened.
struct Front {
    head: Verified<Head>,
    shown: CarriedHead,
    is_met: bool,
}

/// What the next batch is held against.
enum Behind {
    /// Everything before it.
    State(ChainState),
    /// The batch before it and its head, where all else is not at hand; nothing before the first.
    Tip(Option<Tip>),
}

impl<'r> CarriedReader<'r> {
    /// Begins with a part. `before` is what was gone through of the chain before, if anything: it counts if the part begins there.
    ///
    /// # Errors
    /// [`CarriedFault::Empty`], [`Invalid::UnknownOrigin`].
    pub fn begin(
        roster: &'r Roster,
        part: CarriedPart,
        before: Option<ChainState>,
    ) -> Result<Self, CarriedFault> {
        if part.from >= part.to {
            return Err(CarriedFault::Empty { to: part.to });
        }
        if roster.region(&part.origin).is_none() {
            let origin = part.origin.to_string();
            return Err(Invalid::UnknownOrigin { origin }.into());
        }
        let before = before.filter(|state| state.size() == part.from);
        let behind = match before {
            _ if part.from == TreeSize(0) => Behind::State(ChainState::empty(part.origin.clone())),
            Some(state) => Behind::State(state),
            None => Behind::Tip(None),
        };
        Ok(Self {
            roster,
            size: part.from,
            part,
            fronts: Vec::new(),
            behind,
            batches: 0,
            records: 0,
            through: UnixMillis(0),
        })
    }

    /// Leaves up to the last batch that was taken.
    pub const fn size(&self) -> TreeSize {
        self.size
    }

    /// The root of the tree up to there; none before the first batch of a part whose beginning is not at hand.
    pub fn root(&self) -> Option<Hash> {
        match &self.behind {
            Behind::State(state) => Some(state.head().root),
            Behind::Tip(tip) => tip.as_ref().map(|tip| tip.root),
        }
    }

    /// Takes a head that stands in front. Returns its size.
    ///
    /// # Errors
    /// [`CarriedFault::Invalid`], [`CarriedFault::Cosigned`].
    pub fn front(&mut self, note: &[u8]) -> Result<TreeSize, CarriedFault> {
        let head = Head::open(note, self.roster)?;
        self.ensure_own(&head)?;
        let lines =
            |kind| promises(note, self.roster, &head.origin, kind).map_err(CarriedFault::Cosigned);
        let shown = CarriedHead {
            size: head.size,
            mirrors: lines(KeyKind::Mirror)?,
            witnesses: lines(KeyKind::Witness)?,
        };
        let size = shown.size;
        self.fronts.push(Front {
            head,
            shown,
            is_met: false,
        });
        Ok(size)
    }

    /// Takes the next batch and the head behind it.
    ///
    /// # Errors
    /// [`CarriedFault::Invalid`].
    pub fn batch(&mut self, batch: Vec<u8>, head: &[u8]) -> Result<(), CarriedFault> {
        let batch = Batch::parse(batch)?;
        let head = Head::open(head, self.roster)?;
        self.ensure_own(&head)?;
        self.ensure_ends_there(batch.size_after())?;
        self.records = self.records.saturating_add(batch.entry().records.into());
        self.through = batch.entry().time;
        let link = batch.link();
        match &mut self.behind {
            Behind::State(state) => {
                let extension = state.follow(batch)?;
                extension.check_confirms(&head)?;
                *state = extension.after().clone();
            }
            Behind::Tip(tip) => {
                follow_tip(tip.as_ref(), &self.part, &batch)?;
                if head.size != batch.size_after() {
                    let (expected, found) = (batch.size_after(), head.size);
                    return Err(Invalid::HeadSize { expected, found }.into());
                }
                let entry = batch.entry();
                *tip = Some(Tip {
                    origin: entry.origin.clone(),
                    size: head.size,
                    batches: entry.number.saturating_add(1),
                    link,
                    root: head.root,
                    time: entry.time,
                    roster: entry.roster,
                });
            }
        }
        self.size = head.size;
        self.batches = self.batches.saturating_add(1);
        self.meet(&head)
    }

    /// What was shown, at the end of the part.
    ///
    /// # Errors
    /// [`CarriedFault`].
    pub fn end(self) -> Result<CarriedChain, CarriedFault> {
        let (to, found) = (self.part.to, self.size);
        if found != to {
            return Err(CarriedFault::End { to, found });
        }
        let mut fronts = self.fronts;
        let newest = fronts.iter().find(|front| front.head.size == to);
        let newest = newest.ok_or(CarriedFault::NoNewest { to })?;
        if self.roster.is_in_doubt(&newest.head) {
            return Err(CarriedFault::InDoubt { size: to });
        }
        let is_inside = |front: &&Front| front.head.size > self.part.from;
        let mut inside = fronts.iter().filter(is_inside);
        if let Some(front) = inside.find(|front| !front.is_met) {
            let size = front.head.size;
            return Err(CarriedFault::Between { size });
        }
        fronts.sort_by_key(|front| front.head.size);
        let is_cosigned =
            |shown: &CarriedHead| !shown.mirrors.is_empty() || !shown.witnesses.is_empty();
        let cosigned = fronts
            .into_iter()
            .filter(|front| front.is_met && !self.roster.is_in_doubt(&front.head))
            .map(|front| front.shown)
            .filter(is_cosigned);
        Ok(CarriedChain {
            cosigned: cosigned.collect(),
            part: self.part,
            batches: self.batches,
            records: self.records,
            through: self.through,
            state: match self.behind {
                Behind::State(state) => Some(state),
                Behind::Tip(_) => None,
            },
        })
    }

    fn ensure_own(&self, head: &Head) -> Result<(), Invalid> {
        if head.origin == self.part.origin {
            return Ok(());
        }
        Err(Invalid::WrongChain {
            expected: self.part.origin.to_string(),
            found: head.origin.to_string(),
        })
    }

    /// No batch reaches beyond where the roster says that the chain goes on, without ending there.
    fn ensure_ends_there(&self, after: TreeSize) -> Result<(), CarriedFault> {
        let region = self.roster.region(&self.part.origin);
        let mut continuations = region.iter().flat_map(|region| &region.continuations);
        let is_passed = |size: TreeSize| self.size < size && size < after;
        match continuations.find(|one| is_passed(one.from.size)) {
            Some(passed) => Err(CarriedFault::Between {
                size: passed.from.size,
            }),
            None => Ok(()),
        }
    }

    /// Holds the heads in front of this size against the one that is right.
    fn meet(&mut self, head: &Head) -> Result<(), CarriedFault> {
        for front in &mut self.fronts {
            if front.head.size != head.size {
                continue;
            }
            if front.head.root != head.root {
                return Err(CarriedFault::Invalid(Invalid::HeadRoot {
                    size: head.size,
                    expected: head.root,
                    found: front.head.root,
                }));
            }
            front.is_met = true;
        }
        Ok(())
    }
}

/// Checks what can be checked of a batch without the entries before it: of the first, chain and position alone.
fn follow_tip(tip: Option<&Tip>, part: &CarriedPart, batch: &Batch) -> Result<(), Invalid> {
    let entry = batch.entry();
    let first = Tip {
        origin: part.origin.clone(),
        size: part.from,
        batches: entry.number,
        link: entry.previous,
        root: entry.root_before,
        time: entry.time,
        roster: entry.roster,
    };
    tip.unwrap_or(&first).check_follows(entry)
}
