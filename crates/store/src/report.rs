//! What opening a store found, for people.

use crate::error::{Damage, IndexFault};
use std::{fmt, path::PathBuf};
use yizhang_ledger::{head::Origin, value::TreeSize};

/// What opening a store found.
#[derive(Clone, Debug)]
pub struct Opened {
    /// Each chain.
    pub chains: Vec<ChainOpened>,
    /// The index.
    pub index: IndexOpened,
    /// A torn tail cut off the journal.
    pub journal: Option<Truncated>,
}

/// What opening found of a chain.
#[derive(Clone, Debug)]
pub struct ChainOpened {
    /// The chain.
    pub origin: Origin,
    /// Its durable size.
    pub size: TreeSize,
    /// Number of batches.
    pub batches: u64,
    /// Bytes of its segment files.
    pub bytes: u64,
    /// Leaves read again because the index did not have them yet.
    pub replayed: u64,
    /// A torn tail that was cut off: what was being written when the machine stopped, acknowledged to nobody.
    pub truncated: Option<Truncated>,
    /// The size that the index or the noted head had seen, if larger than what the segments hold now: batches have been
    /// lost.
    pub had: Option<TreeSize>,
    /// Why the chain is not served.
    pub damage: Option<Damage>,
}

/// Bytes cut off a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Truncated {
    /// The file; removed if nothing of it was left.
    pub file: PathBuf,
    /// Its length now.
    pub length: u64,
    /// Bytes cut off.
    pub bytes: u64,
}

/// Where the index came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum IndexOpened {
    /// There was nothing to index yet.
    New,
    /// It was there and agreed with the segments.
    Used,
    /// It was built again, for this reason.
    Rebuilt(IndexFault),
}

impl Opened {
    /// Whether there is nothing to tell people about: no chain damaged or shorter than before, nothing cut off, the
    /// index in order.
    pub fn is_fine(&self) -> bool {
        let fine = |chain: &ChainOpened| {
            chain.damage.is_none() && chain.truncated.is_none() && chain.had.is_none()
        };
        self.journal.is_none()
            && self.chains.iter().all(fine)
            && !matches!(self.index, IndexOpened::Rebuilt(_))
    }
}

impl fmt::Display for Opened {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for chain in &self.chains {
            writeln!(
                f,
                "{}: {} leaves in {} batches, {} bytes, {} leaves replayed",
                chain.origin, chain.size, chain.batches, chain.bytes, chain.replayed
            )?;
            if let Some(truncated) = &chain.truncated {
                writeln!(f, "  {truncated}")?;
            }
            if let Some(size) = chain.had {
                writeln!(
                    f,
                    "  batches are missing: the chain had {size} leaves. Fetch them from a peer before signing"
                )?;
            }
            if let Some(damage) = &chain.damage {
                writeln!(f, "  not served: {damage}")?;
            }
        }
        if let Some(truncated) = &self.journal {
            writeln!(f, "journal: {truncated}")?;
        }
        match &self.index {
            IndexOpened::New => writeln!(f, "index: new"),
            IndexOpened::Used => writeln!(f, "index: in order"),
            IndexOpened::Rebuilt(fault) => writeln!(f, "index: built again, because {fault}"),
        }
    }
}

impl fmt::Display for Truncated {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            file,
            length,
            bytes,
        } = self;
        write!(
            f,
            "{bytes} bytes of an unfinished write cut off {} (now {length} bytes)",
            file.display()
        )
    }
}
