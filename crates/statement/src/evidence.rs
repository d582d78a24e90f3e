//! Records with the paths that tie them to a signed head.

use crate::{Refuted, RegisterEvidence};
use yizhang_ledger::{Invalid, Verified, fact::Fact, hash::Hash, head::Head, value::LeafIndex};

/// Records of one chain under one head.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ChainEvidence {
    /// The signed head, a note.
    pub head: Vec<u8>,
    /// The records in the order of the chain, each once.
    pub records: Vec<RecordEvidence>,
    /// What shows that none of them was left out, up to its size.
    pub register: Option<RegisterEvidence>,
}

/// A record and its path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordEvidence {
    /// Its position in the chain.
    pub index: LeafIndex,
    /// The entry.
    pub entry: Vec<u8>,
    /// From the entry's leaf to the root of the head; empty where a register shows its place.
    pub path: Vec<Hash>,
}

/// Believes records because their paths lead to a verified head.
///
/// # Errors
/// The first record that does not verify.
pub fn prove<'a>(
    head: &Verified<Head>,
    records: impl IntoIterator<Item = &'a RecordEvidence>,
) -> Result<Vec<Verified<Fact<'a>>>, Invalid> {
    records
        .into_iter()
        .map(|record| Fact::prove(&record.entry, record.index, &record.path, head))
        .collect()
}

impl ChainEvidence {
    /// Refuses records that are not in the order of the chain: one that stands twice would be counted twice.
    pub(crate) fn ensure_ascending(&self, head: &Head) -> Result<(), Refuted> {
        ensure_ascending(head, &self.records)
    }
}

/// Refuses records that are not in the order of the chain of a head, each once.
pub(crate) fn ensure_ascending(head: &Head, records: &[RecordEvidence]) -> Result<(), Refuted> {
    let mut previous: Option<LeafIndex> = None;
    for record in records {
        if let Some(previous) = previous
            && record.index <= previous
        {
            return Err(Refuted::Order {
                chain: head.origin.clone(),
                previous,
                found: record.index,
            });
        }
        previous = Some(record.index);
    }
    Ok(())
}
