//! Records of one chain, with what ties them to its head: their paths, or a register that shows them all at once.

use super::registers::ShownRegister;
use crate::{refusal::Refusal, verified_heads::HeldHead};
use std::collections::BTreeSet;
use yizhang_ledger::{
    Verified,
    entry::Entry,
    fact::Fact,
    person::AccountId,
    record::Record,
    value::{LeafIndex, TreeSize},
};
use yizhang_statement::{
    ChainEvidence, RecordEvidence, Refuted, RegisterEvidence, prove, prove_complete,
};
use yizhang_store::Store;

/// The records of one chain that were found so far, ascending.
#[derive(Default)]
pub(super) struct ChainRecords {
    records: Vec<RecordEvidence>,
    register: Option<RegisterEvidence>,
}

impl ChainRecords {
    /// Holds these records and no others: reads those that are new, with their paths where no register shows them.
    pub(super) fn take(
        &mut self,
        store: &Store,
        held: &HeldHead,
        indexes: &BTreeSet<LeafIndex>,
        shown: Option<ShownRegister>,
    ) -> Result<(), Refusal> {
        let bare_below = shown.as_ref().map_or(TreeSize(0), |shown| shown.bare_below);
        self.register = shown.map(|shown| shown.evidence);
        self.records.retain(|record| {
            let is_tied = record.index.0 < bare_below.0 || !record.path.is_empty();
            indexes.contains(&record.index) && is_tied
        });
        let known: BTreeSet<LeafIndex> = self.records.iter().map(|record| record.index).collect();
        let missing: Vec<LeafIndex> = indexes.difference(&known).copied().collect();
        let bare = missing.partition_point(|index| index.0 < bare_below.0);
        let (bare, others) = missing.split_at(bare);
        let origin = &held.head.origin;
        for (index, entry) in bare.iter().zip(store.records(origin, bare)?) {
            self.records.push(RecordEvidence {
                index: *index,
                entry,
                path: Vec::new(),
            });
        }
        let proofs = store.proofs(origin, others, held.head.size)?;
        for (index, proof) in others.iter().zip(proofs) {
            self.records.push(RecordEvidence {
                index: *index,
                entry: proof.entry,
                path: proof.path,
            });
        }
        self.records.sort_unstable_by_key(|record| record.index);
        Ok(())
    }

    /// The records as facts: each is tied to the head here.
    pub(super) fn facts(&self, held: &HeldHead) -> Result<Vec<Verified<Fact<'_>>>, Refuted> {
        let Some(register) = &self.register else {
            return Ok(prove(&held.head, &self.records)?);
        };
        let accounts = register.accounts.iter().map(|shown| shown.account);
        let complete = prove_complete(&held.head, &accounts.collect(), register, &self.records)?;
        Ok(complete.facts)
    }

    /// The positions of the records that name one of these accounts.
    pub(super) fn of(&self, accounts: &BTreeSet<AccountId>) -> BTreeSet<LeafIndex> {
        let own = self.records.iter();
        let own = own.filter(|record| names(record).iter().any(|name| accounts.contains(name)));
        own.map(|record| record.index).collect()
    }

    /// Every account that the records name.
    pub(super) fn named(&self) -> BTreeSet<AccountId> {
        let mut named = BTreeSet::new();
        for record in &self.records {
            named.extend(names(record));
        }
        named
    }

    /// Whether there is neither a record nor a register.
    pub(super) const fn is_empty(&self) -> bool {
        self.records.is_empty() && self.register.is_none()
    }

    /// Whether a register shows these accounts, and no others.
    pub(super) fn is_shown_for(&self, accounts: &BTreeSet<AccountId>) -> bool {
        let shown = self.register.iter().flat_map(|register| &register.accounts);
        shown.map(|one| one.account).eq(accounts.iter().copied())
    }

    /// As it is handed over.
    pub(super) fn evidence(self, held: &HeldHead) -> ChainEvidence {
        ChainEvidence {
            head: held.note.clone(),
            records: self.records,
            register: self.register,
        }
    }
}

/// Whom a record names. One that cannot be read names nobody: it is proved before or after, which says where it stands.
fn names(record: &RecordEvidence) -> Vec<AccountId> {
    let Ok(entry) = Entry::parse(&record.entry, record.index) else {
        return Vec::new();
    };
    Record::read(&entry).map_or_else(|_| Vec::new(), |read| read.accounts().collect())
}
