//! The chains that are written: what an agency's node does to records before they reach the disk.

use anyhow::Context;
use ed25519_dalek::SigningKey;
use std::collections::BTreeMap;
use yizhang_ledger::{
    batch::{RecordBlock, SubmissionId},
    chain::{ChainState, Extension, Submitted},
    head::Origin,
    value::UnixMillis,
};

/// The time that batches bear: a benchmark gives the same bytes in every run.
const TIME: UnixMillis = UnixMillis(1_790_000_000_000);
const SUBMITTER: &str = "agency.benchmark";

/// Chains in turn.
pub struct Chains {
    states: Vec<ChainState>,
    next: usize,
}

impl Chains {
    /// Empty chains, which take batches in turn.
    pub fn empty(keys: &BTreeMap<Origin, SigningKey>) -> Self {
        Self {
            states: keys.keys().cloned().map(ChainState::empty).collect(),
            next: 0,
        }
    }

    /// Everything between the bytes of a submission and a batch that can be written: records are checked, hashed and put
    /// into the tree of the chain whose turn it is.
    ///
    /// # Errors
    /// When a record is not canonical.
    pub fn prepare(&mut self, block: Vec<u8>) -> anyhow::Result<Extension> {
        let number = self.next % self.states.len();
        let state = self.states.get_mut(number).context("there is a chain")?;
        let mut id = [0; 16];
        id[..8].copy_from_slice(&self.next.to_le_bytes());
        self.next += 1;
        let submitted = Submitted {
            id: SubmissionId(id),
            submitter: SUBMITTER.into(),
            block: RecordBlock::parse(block)?,
        };
        let extension = state.prepare(&[submitted], TIME, 1)?;
        *state = extension.after().clone();
        Ok(extension)
    }
}
