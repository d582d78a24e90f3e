//! The account of a worker: gather from every chain, prove every record to a signed head, fold.
//!
//! A node does not believe its own disk here either: each record is tied to the head by its path, so that a changed byte
//! between disk and answer shows as an error and not as another account.

use crate::{
    copies::{ChainCopy, newest},
    refusal::Refusal,
    shared::Shared,
    verified_heads::Heads,
};
use std::collections::{BTreeMap, BTreeSet};
use yizhang_entitlement::{Account, fold, linked_accounts};
use yizhang_ledger::{
    Verified,
    fact::Fact,
    head::Origin,
    person::AccountId,
    value::{Day, LeafIndex, TreeSize},
};
use yizhang_statement::{ChainEvidence, RecordEvidence, prove};
use yizhang_store::Store;

/// Most records of one answer: a working life of 45 years with ten records a month, twice.
pub(crate) const RECORDS_MAX: usize = 10_000;

/// An answered lookup.
pub(crate) struct Found {
    /// The account, with the id of the worker asked for in it.
    pub(crate) account: Account,
    /// The accounts that were read.
    pub(crate) accounts: Vec<AccountId>,
    /// What the account was folded from.
    pub(crate) chains: Vec<ChainEvidence>,
    /// The heads that it was computed from, those of chains without a record of the worker too.
    heads: Heads,
}

/// The records found so far, in the order of each chain.
type Evidence = BTreeMap<Origin, BTreeMap<LeafIndex, RecordEvidence>>;

/// Computes the account of a worker as of a day from the heads that are in force now.
///
/// # Errors
/// [`Refusal::TooMany`], [`Refusal::Store`], [`Refusal::Invalid`] if the disk does not hold what was signed.
pub(crate) fn lookup(shared: &Shared, worker: AccountId, as_of: Day) -> Result<Found, Refusal> {
    let store = &shared.store;
    let heads = shared.heads.newest(store, &shared.roster)?;
    let mut accounts = BTreeSet::from([worker]);
    let mut read = BTreeSet::new();
    let mut evidence = Evidence::new();
    // Each round reads the accounts that the records of the rounds before are linked to; mostly there is one round, and
    // every record is proved once.
    let account = loop {
        for account in accounts.difference(&read) {
            gather(store, &heads, account, &mut evidence)?;
        }
        read.clone_from(&accounts);
        let facts = facts(&heads, &evidence)?;
        accounts.extend(linked_accounts(worker, &facts, as_of)?);
        if accounts == read {
            break fold(&facts, &shared.policy, as_of).with_account_id(worker);
        }
    };
    Ok(Found {
        account,
        accounts: accounts.into_iter().collect(),
        chains: by_chain(&heads, evidence),
        heads,
    })
}

impl Found {
    /// What the account was computed from: of each chain of the roster what this node holds, and how new it is.
    pub(crate) fn copies(&self, shared: &Shared) -> Vec<ChainCopy> {
        let copy = |origin: &Origin| {
            let held = self.heads.get(origin);
            ChainCopy {
                origin: origin.clone(),
                size: held.map_or(TreeSize(0), |held| held.head.size),
                head: held.map(|held| held.note.clone()),
                newest: newest(&shared.store, origin),
                news: shared.news.of(origin),
            }
        };
        shared.roster.origins().map(copy).collect()
    }
}

/// The records under the heads that they were proved to.
fn by_chain(heads: &Heads, evidence: Evidence) -> Vec<ChainEvidence> {
    let mut chains = Vec::with_capacity(evidence.len());
    for (origin, records) in evidence {
        if let Some(held) = heads.get(&origin) {
            chains.push(ChainEvidence {
                head: held.note.clone(),
                records: records.into_values().collect(),
            });
        }
    }
    chains
}

fn gather(
    store: &Store,
    heads: &Heads,
    account: &AccountId,
    evidence: &mut Evidence,
) -> Result<(), Refusal> {
    let mut wanted: BTreeMap<Origin, Vec<LeafIndex>> = BTreeMap::new();
    let positions = store.positions(account)?;
    // Before a single record is read: proofs are what takes memory.
    let found = evidence.values().map(BTreeMap::len).sum::<usize>() + positions.len();
    if found > RECORDS_MAX {
        return Err(Refusal::TooMany {
            what: "records of one account",
            limit: RECORDS_MAX,
            found,
        });
    }
    for (origin, index) in positions {
        // A record that came after the head was taken belongs to the next lookup.
        if heads
            .get(&origin)
            .is_some_and(|held| index.0 < held.head.size.0)
        {
            wanted.entry(origin).or_default().push(index);
        }
    }
    for (origin, indexes) in wanted {
        let Some(held) = heads.get(&origin) else {
            continue;
        };
        let proofs = store.proofs(&origin, &indexes, held.head.size)?;
        let records = evidence.entry(origin).or_default();
        for (index, proof) in indexes.into_iter().zip(proofs) {
            let record = RecordEvidence {
                index,
                entry: proof.entry,
                path: proof.path,
            };
            records.insert(index, record);
        }
    }
    Ok(())
}

fn facts<'a>(heads: &Heads, evidence: &'a Evidence) -> Result<Vec<Verified<Fact<'a>>>, Refusal> {
    let mut facts = Vec::new();
    for (origin, records) in evidence {
        if let Some(held) = heads.get(origin) {
            facts.extend(prove(&held.head, records.values())?);
        }
    }
    Ok(facts)
}
