//! Evidence as this node keeps it: in the journal, so that a quarantine outlives a restart, and on the board, so that others
//! learn of it.
//!
//! A journal entry is a byte (1 if the heads prove a fork, 0 if they only should not exist), the length of our head (4 bytes,
//! little endian), our head, their head.

use crate::{heads::Board, server::Shared};
use std::collections::BTreeMap;
use yizhang_ledger::{
    head::{Head, Origin},
    value::TreeSize,
};
use yizhang_replica::Evidence;
use yizhang_store::{JournalKind, StoreError};

/// Two heads of one chain that cannot both be true.
pub(crate) struct KeptEvidence {
    proof: bool,
    ours: Vec<u8>,
    theirs: Vec<u8>,
}

impl KeptEvidence {
    pub(crate) fn of(evidence: &Evidence) -> Self {
        let ours = evidence.ours.clone().unwrap_or_default();
        Self {
            proof: evidence.is_proof(),
            ours,
            theirs: evidence.theirs.clone(),
        }
    }

    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        // A head has at most 8 KiB.
        let length = u32::try_from(self.ours.len()).unwrap_or(u32::MAX);
        let mut bytes = vec![u8::from(self.proof)];
        bytes.extend_from_slice(&length.to_le_bytes());
        bytes.extend_from_slice(&self.ours);
        bytes.extend_from_slice(&self.theirs);
        bytes
    }

    fn read(bytes: &[u8]) -> Option<Self> {
        let (proof, rest) = bytes.split_first()?;
        let (length, rest) = rest.split_first_chunk::<4>()?;
        let (ours, theirs) =
            rest.split_at_checked(usize::try_from(u32::from_le_bytes(*length)).ok()?)?;
        Some(Self {
            proof: *proof == 1,
            ours: ours.to_vec(),
            theirs: theirs.to_vec(),
        })
    }

    /// Shows it to everybody who watches this node, if two heads at hand prove it.
    pub(crate) fn spread(self, board: &Board) {
        if self.proof && !self.ours.is_empty() {
            board.accuse(self.ours, self.theirs);
        }
    }
}

/// Reads the journal: the smallest size at which evidence closes a chain. The evidence goes on the board again.
pub(crate) fn closed_chains(shared: &Shared) -> Result<BTreeMap<Origin, TreeSize>, StoreError> {
    let mut closed: BTreeMap<Origin, TreeSize> = BTreeMap::new();
    for entry in shared.store.journal()? {
        let entry = entry?;
        let is_evidence = entry.kind == JournalKind::FORK_EVIDENCE;
        let Some(kept) = is_evidence
            .then(|| KeptEvidence::read(&entry.bytes))
            .flatten()
        else {
            continue;
        };
        if kept.proof
            && let Ok(head) = Head::open(&kept.theirs, &shared.roster)
        {
            let at = closed.entry(head.origin.clone()).or_insert(head.size);
            *at = head.size.min(*at);
        }
        kept.spread(&shared.board);
    }
    Ok(closed)
}
