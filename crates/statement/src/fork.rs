//! Evidence of a fork, in a file that convinces a third person who has nothing but the roster: two heads that the key of one chain has
//! signed and that cannot both be true (docs/FORMAT.md, section 14, "Evidence files").

use crate::lines::{LineFault, Lines};
use yizhang_ledger::{
    Invalid,
    beginning::Beginning,
    cosignature::{self, CosignerKey},
    hash::Hash,
    head::{Head, Origin},
    note::Note,
    roster::{KeyKind, Roster},
    tree::ProofFault,
    value::TreeSize,
};

/// First line of an evidence file.
pub const HEADER: &str = "yizhang-evidence/v1";
/// Largest evidence file, in bytes.
pub const FORK_BYTES_MAX: usize = 4 * 1_024;
/// Most hashes of a path: as many as the largest tree calls for.
const PATH_MAX: usize = 64;

/// Two signed heads that contradict each other, and what ties them together where the heads alone do not show it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ForkEvidence {
    /// The smaller head, a note; of two of one size either.
    pub first: Vec<u8>,
    /// The other head.
    pub second: Vec<u8>,
    /// What the tree of the second head begins with at the size of the first; none where both are of one size.
    pub beginning: Option<Beginning>,
}

/// What an evidence file shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fork {
    /// The chain, whose key has signed both.
    pub origin: Origin,
    /// The size at which there are two histories.
    pub size: TreeSize,
    /// The two roots at that size: as the first head has it, and as the second head has it or leads to it.
    pub roots: [Hash; 2],
    /// The size of the second head.
    pub second_size: TreeSize,
    /// Names of the cosigners that have signed both heads.
    pub cosigners: Vec<String>,
}

/// What an evidence file shows, and by which version of the roster.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ForkUnder {
    /// What it shows.
    pub fork: Fork,
    /// The version whose keys count for its heads.
    pub version: u64,
}

/// Why an evidence file shows nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ForkFault {
    /// It is larger than any.
    #[error("an evidence file has at most {FORK_BYTES_MAX} bytes, this one has {found}")]
    TooLarge {
        /// Bytes found.
        found: usize,
    },
    /// It is not of the form.
    #[error("the evidence, {0}")]
    Form(#[from] LineFault),
    /// A head is not signed by a key that the roster allows.
    #[error("head {number} of the evidence: {fault}")]
    Head {
        /// Which of the two, 1 or 2.
        number: u8,
        /// What is wrong.
        fault: Invalid,
    },
    /// The heads are of two chains.
    #[error("the evidence has heads of two chains, {first} and {second}")]
    TwoChains {
        /// Chain of the first.
        first: Origin,
        /// Chain of the second.
        second: Origin,
    },
    /// The first head is larger than the second.
    #[error("expected the smaller head first, found sizes {first} and {second}")]
    Order {
        /// Size of the first.
        first: TreeSize,
        /// Size of the second.
        second: TreeSize,
    },
    /// Heads of two sizes, and nothing that ties them together, or the other way round.
    #[error(
        "two heads of different sizes need the beginning of the larger one beside them, and two of one size have none"
    )]
    Beginning,
    /// The beginning does not lead to the second head.
    #[error("the beginning of the second head: {0}")]
    Path(ProofFault),
    /// Both heads say the same.
    #[error("the two heads of {origin} do not contradict each other")]
    NoContradiction {
        /// The chain.
        origin: Origin,
    },
}

impl ForkEvidence {
    /// The bytes of the file.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut lines = vec![HEADER.to_string()];
        if let Some(beginning) = &self.beginning {
            lines.push(format!("root {}", beginning.root));
            lines.extend(beginning.path.iter().map(|hash| format!("path {hash}")));
        }
        lines.push(String::new());
        let mut bytes = lines.join("\n").into_bytes();
        for head in [&self.first, &self.second] {
            bytes.extend_from_slice(format!("head {}\n", head.len()).as_bytes());
            bytes.extend_from_slice(head);
        }
        bytes
    }

    /// Reads a file; nothing about it is believed yet.
    ///
    /// # Errors
    /// [`ForkFault::TooLarge`], [`ForkFault::Form`].
    pub fn parse(bytes: &[u8]) -> Result<Self, ForkFault> {
        if bytes.len() > FORK_BYTES_MAX {
            return Err(ForkFault::TooLarge { found: bytes.len() });
        }
        let mut lines = Lines::new(bytes);
        if lines.line()? != HEADER {
            return Err(lines.fault("expected yizhang-evidence/v1").into());
        }
        let mut line = lines.line()?;
        let mut beginning = None;
        if let Some(root) = line.strip_prefix("root ") {
            let root = lines.hash(root)?;
            let mut path = Vec::new();
            line = lines.line()?;
            while let Some(hash) = line.strip_prefix("path ") {
                if path.len() == PATH_MAX {
                    return Err(lines.fault("a path has at most 64 hashes").into());
                }
                path.push(lines.hash(hash)?);
                line = lines.line()?;
            }
            beginning = Some(Beginning { root, path });
        }
        let first = lines.head(line)?;
        line = lines.line()?;
        let second = lines.head(line)?;
        lines.end()?;
        let evidence = Self {
            first,
            second,
            beginning,
        };
        if evidence.to_bytes() == bytes {
            Ok(evidence)
        } else {
            let reason = "it is not in canonical form";
            Err(LineFault { line: 1, reason }.into())
        }
    }

    /// What the file shows under a roster: that the key of a chain has signed two histories.
    ///
    /// # Errors
    /// Any [`ForkFault`] but those of the form.
    pub fn verify(&self, roster: &Roster) -> Result<Fork, ForkFault> {
        let first = open(1, &self.first, roster)?;
        let second = open(2, &self.second, roster)?;
        if first.origin != second.origin {
            return Err(ForkFault::TwoChains {
                first: first.origin,
                second: second.origin,
            });
        }
        if first.size > second.size {
            return Err(ForkFault::Order {
                first: first.size,
                second: second.size,
            });
        }
        let other = match (&self.beginning, first.size == second.size) {
            (None, true) => second.root,
            (Some(beginning), false) => {
                beginning
                    .verify(first.size, &second)
                    .map_err(ForkFault::Path)?;
                beginning.root
            }
            _ => return Err(ForkFault::Beginning),
        };
        if other == first.root {
            return Err(ForkFault::NoContradiction {
                origin: first.origin,
            });
        }
        Ok(Fork {
            cosigners: self.cosigners(roster),
            size: first.size,
            roots: [first.root, other],
            second_size: second.size,
            origin: first.origin,
        })
    }

    /// What the file shows under the newest of several rosters, or else, where its chain has gone on anew since, under one from before: the keys
    /// of its heads count only under that one.
    ///
    /// # Errors
    /// What is wrong with it under the newest, if it shows nothing under any.
    pub fn verify_under(
        &self,
        newest: &Roster,
        others: impl IntoIterator<Item = Roster>,
    ) -> Result<ForkUnder, ForkFault> {
        let fault = match self.verify(newest) {
            Ok(fork) => {
                let version = newest.version;
                return Ok(ForkUnder { fork, version });
            }
            Err(fault) => fault,
        };
        for roster in others {
            // Only where a chain has gone on since: a key that was revoked otherwise proves nothing beyond its end.
            if let Ok(fork) = self.verify(&roster)
                && let Some(region) = newest.region(&fork.origin)
                && region.continuations.len() > continuations_in(&roster, &fork.origin)
            {
                let version = roster.version;
                return Ok(ForkUnder { fork, version });
            }
        }
        Err(fault)
    }

    /// The cosigners of the roster that have signed both heads, whatever the time of their keys: a key that has ended has misled, too.
    fn cosigners(&self, roster: &Roster) -> Vec<String> {
        let mut names = Vec::new();
        for region in roster.regions.values() {
            for kind in [KeyKind::Witness, KeyKind::Mirror] {
                for span in region.cosigning_keys(kind) {
                    let both = [&self.first, &self.second];
                    if both.iter().all(|head| has_signed(head, &span.key)) {
                        names.push(span.key.name().to_string());
                    }
                }
            }
        }
        names
    }
}

/// How often a chain has gone on anew by a version of the roster.
fn continuations_in(roster: &Roster, origin: &Origin) -> usize {
    let region = roster.region(origin);
    region.map_or(0, |region| region.continuations.len())
}

fn open(number: u8, note: &[u8], roster: &Roster) -> Result<Head, ForkFault> {
    let head = Head::open(note, roster);
    head.map(yizhang_ledger::Verified::into_inner)
        .map_err(|fault| ForkFault::Head { number, fault })
}

fn has_signed(note: &[u8], cosigner: &CosignerKey) -> bool {
    let Ok(note) = Note::parse(note) else {
        return false;
    };
    let known = core::slice::from_ref(cosigner);
    cosignature::read(&note, known).is_ok_and(|lines| !lines.is_empty())
}
