//! Where the alternatives keep a leaf: one number for all chains, and the key under which an account finds it.

use anyhow::{Context, ensure};
use std::collections::BTreeMap;
use yizhang_ledger::{
    batch::{Batch, slices},
    entry::{Entry, Kind},
    hash::Hash,
    head::Origin,
    person::AccountId,
    value::LeafIndex,
};

/// Bits of a position below the number of its chain.
const CHAIN_SHIFT: u32 = 48;

/// The chains of a system, numbered as they come, so that a leaf of any of them has a position of eight bytes: the chain
/// in the upper two, its own index in the others.
#[derive(Default)]
pub(super) struct Positions(BTreeMap<Origin, u16>);

/// A leaf of a batch that is appended.
pub(super) struct Leaf<'a> {
    /// Among the leaves of all chains.
    pub(super) position: u64,
    /// Its canonical bytes.
    pub(super) bytes: &'a [u8],
    /// Its hash.
    pub(super) hash: Hash,
    /// The account that it is about; the first leaf of a batch is about none.
    pub(super) account: Option<AccountId>,
}

impl Positions {
    /// The position of the first leaf of a batch; the others follow without gaps.
    pub(super) fn first(&mut self, batch: &Batch) -> anyhow::Result<u64> {
        let size = batch.size_after();
        ensure!(
            size.0 <= 1 << CHAIN_SHIFT,
            "expected a chain of up to 2^{CHAIN_SHIFT} leaves, found {size}"
        );
        let next = self.0.len();
        let chain = match self.0.get(&batch.entry().origin) {
            Some(chain) => *chain,
            None => u16::try_from(next).context("expected up to 65536 chains")?,
        };
        if usize::from(chain) == next {
            self.0.insert(batch.entry().origin.clone(), chain);
        }
        Ok(u64::from(chain) << CHAIN_SHIFT | batch.entry().first.0)
    }

    /// Every leaf of a batch, the batch entry first.
    pub(super) fn leaves<'a>(
        &mut self,
        batch: &'a Batch,
    ) -> anyhow::Result<impl Iterator<Item = anyhow::Result<Leaf<'a>>> + use<'a>> {
        let positions = (self.first(batch)?..).zip((batch.entry().first.0..).map(LeafIndex));
        let entries = slices(batch.bytes(), batch.ends()).zip(batch.leaves());
        Ok(positions
            .zip(entries)
            .map(|((position, index), (bytes, hash))| {
                Ok(Leaf {
                    position,
                    bytes,
                    hash: *hash,
                    account: account_of(&Entry::parse(bytes, index)?),
                })
            }))
    }
}

/// The account of a record of the workload, which it starts with: the batch has been checked, so that nobody needs to read
/// the rest once more.
fn account_of(entry: &Entry<'_>) -> Option<AccountId> {
    let of_person = entry.kind != Kind::BATCH;
    entry
        .payload
        .first_chunk()
        .filter(|_| of_person)
        .map(|account| AccountId(*account))
}

/// Under which a leaf is found: the account, then the position.
pub(super) fn index_key(account: &AccountId, position: u64) -> [u8; 24] {
    let mut key = [0; 24];
    key[..16].copy_from_slice(&account.0);
    key[16..].copy_from_slice(&position.to_be_bytes());
    key
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{chains::Chains, systems::ours::invented_keys, workload::Workload};
    use yizhang_ledger::record::Record;

    #[test]
    fn a_leaf_is_of_the_account_that_its_record_is_about() {
        let folder = tempfile::TempDir::new().unwrap();
        let blocks = Workload::new(20_000)
            .unwrap()
            .save(&folder.path().join("blocks"), 5_000, |_| {})
            .unwrap();
        let mut chains = Chains::empty(&invented_keys(2).unwrap());
        let mut leaves = 0;
        for block in blocks.read().unwrap() {
            let extension = chains.prepare(block.unwrap()).unwrap();
            for leaf in Positions::default().leaves(extension.batch()).unwrap() {
                let leaf = leaf.unwrap();
                let entry = Entry::parse(leaf.bytes, LeafIndex(leaf.position)).unwrap();
                let accounts: Vec<_> = Record::read(&entry).unwrap().accounts().collect();
                assert_eq!(accounts, Vec::from_iter(leaf.account));
                leaves += 1;
            }
        }
        assert_eq!(leaves, 20_000 + 4);
    }
}
