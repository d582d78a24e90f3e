//! The account of a worker: gather from every chain, prove every record to a signed head, fold.
//!
//! A node does not believe its own disk here either: each record is tied to the head by its path, so that a changed byte
//! between disk and answer shows as an error and not as another account.

use crate::{refusal::Refusal, server::Shared};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, PoisonError},
};
use yizhang_entitlement::{Account, fold, linked_accounts};
use yizhang_ledger::{
    Verified,
    fact::Fact,
    head::{Head, Origin},
    person::AccountId,
    roster::Roster,
    value::{Day, LeafIndex},
};
use yizhang_store::{Proof, Store};

/// Most records of one answer: a working life of 45 years with ten records a month, twice.
pub(crate) const RECORDS_MAX: usize = 10_000;

/// The records of one chain, with their proofs against one head.
pub(crate) struct ChainEvidence {
    /// The signed head.
    pub(crate) head: Vec<u8>,
    /// The records, in the order of the chain.
    pub(crate) records: Vec<(LeafIndex, Proof)>,
}

/// An answered lookup.
pub(crate) struct Found {
    /// The account.
    pub(crate) account: Account,
    /// The accounts that were read.
    pub(crate) accounts: Vec<AccountId>,
    /// What the account was folded from.
    pub(crate) chains: Vec<ChainEvidence>,
}

/// A verified head with the note that it came in.
struct HeldHead {
    note: Vec<u8>,
    head: Verified<Head>,
}

type Heads = BTreeMap<Origin, Arc<HeldHead>>;

/// The newest head of each chain, as verified last: a signature is checked when a note is new and not in every lookup.
#[derive(Default)]
pub(crate) struct VerifiedHeads(Mutex<Heads>);

impl VerifiedHeads {
    /// The newest signed head of every chain. A batch that is durable and not signed yet was acknowledged to nobody and
    /// waits for the next lookup.
    fn newest(&self, store: &Store, roster: &Roster) -> Result<Heads, Refusal> {
        let known = self
            .0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        let mut heads = Heads::new();
        for origin in roster.origins() {
            let Some((_, note)) = store.newest_head(origin)? else {
                continue;
            };
            let held = match known.get(origin) {
                Some(held) if held.note == note => Arc::clone(held),
                _ => {
                    let head = Head::open(&note, roster)?;
                    Arc::new(HeldHead { note, head })
                }
            };
            heads.insert(origin.clone(), held);
        }
        // Of two lookups at once the slower may put older heads back: they are compared with the notes every time.
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone_from(&heads);
        Ok(heads)
    }
}

/// Computes the account of a worker as of a day from the heads that are in force now.
///
/// # Errors
/// [`Refusal::TooMany`], [`Refusal::Store`], [`Refusal::Invalid`] if the disk does not hold what was signed.
pub(crate) fn lookup(shared: &Shared, worker: AccountId, as_of: Day) -> Result<Found, Refusal> {
    let store = &shared.store;
    let heads = shared.heads.newest(store, &shared.roster)?;
    let mut accounts = BTreeSet::from([worker]);
    let mut asked = BTreeSet::new();
    let mut evidence: BTreeMap<Origin, BTreeMap<LeafIndex, Proof>> = BTreeMap::new();
    // Each round reads the accounts that the records of the round before are linked to.
    while let Some(account) = accounts.difference(&asked).next().copied() {
        asked.insert(account);
        gather(store, &heads, &account, &mut evidence)?;
        let facts = facts(&heads, &evidence)?;
        accounts.extend(linked_accounts(worker, &facts, as_of)?);
    }
    let account = fold(&facts(&heads, &evidence)?, &shared.policy, as_of);
    let chains = evidence
        .into_iter()
        .filter_map(|(origin, records)| {
            let head = heads.get(&origin)?.note.clone();
            Some(ChainEvidence {
                head,
                records: records.into_iter().collect(),
            })
        })
        .collect();
    Ok(Found {
        account,
        accounts: accounts.into_iter().collect(),
        chains,
    })
}

fn gather(
    store: &Store,
    heads: &Heads,
    account: &AccountId,
    evidence: &mut BTreeMap<Origin, BTreeMap<LeafIndex, Proof>>,
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
        evidence
            .entry(origin)
            .or_default()
            .extend(indexes.into_iter().zip(proofs));
    }
    Ok(())
}

fn facts<'a>(
    heads: &Heads,
    evidence: &'a BTreeMap<Origin, BTreeMap<LeafIndex, Proof>>,
) -> Result<Vec<Verified<Fact<'a>>>, Refusal> {
    let mut facts = Vec::new();
    for (origin, records) in evidence {
        let Some(held) = heads.get(origin) else {
            continue;
        };
        for (index, proof) in records {
            facts.push(Fact::prove(&proof.entry, *index, &proof.path, &held.head)?);
        }
    }
    Ok(facts)
}
