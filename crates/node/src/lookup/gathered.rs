//! The records of accounts, taken from every chain and tied to its head: all that agencies with the right to it wrote, and of what
//! strangers wrote no more than anybody's account can bear.

use super::{RECORDS_MAX, is_of};
use crate::{refusal::Refusal, verified_heads::Heads};
use std::collections::{BTreeMap, BTreeSet};
use yizhang_entitlement::{
    Policy,
    jurisdiction::{CLAIMS_MAX, Screen},
};
use yizhang_ledger::{
    Verified,
    entry::Entry,
    fact::Fact,
    head::Origin,
    person::AccountId,
    record::Record,
    value::{Day, Division, LeafIndex},
};
use yizhang_statement::{ChainEvidence, RecordEvidence, prove};
use yizhang_store::Store;

/// Records of one account in one chain that are looked at to find one that shows that the region holds the worker. The first one
/// usually does: what comes before enrolment and first month is a handful of statements.
const HOLDING_SOUGHT_MAX: usize = 1_024;
/// A chain with more records of one account than a long working life leaves in one region is looked through before anything is
/// proved: reading is a tenth of proving.
const SCREENED_FROM: usize = 2_048;

/// What records are gathered from.
#[derive(Clone, Copy)]
pub(super) struct Sources<'s> {
    pub(super) store: &'s Store,
    pub(super) heads: &'s Heads,
    pub(super) policy: &'s Policy,
    pub(super) as_of: Day,
}

/// The records found so far, in the order of each chain.
#[derive(Default)]
pub(super) struct Gathered {
    /// What each account has in each chain.
    parts: BTreeMap<PartOf, Part>,
    records: BTreeMap<Origin, BTreeMap<LeafIndex, RecordEvidence>>,
}

/// The records of an account in a chain.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
struct PartOf {
    account: AccountId,
    origin: Origin,
}

/// How many there are, and which of them may be taken.
struct Part {
    held: usize,
    wanted: Vec<LeafIndex>,
}

impl Gathered {
    /// Adds the records of an account under all its names. All accounts and chains share the room there is: the more there are, the less
    /// of a very large one is taken. What a chain has of one person is one part, under however many names.
    pub(super) fn add(
        &mut self,
        sources: Sources<'_>,
        account: AccountId,
        others: &[AccountId],
    ) -> Result<(), Refusal> {
        let mut of_person = positions(sources, &account)?;
        for other in others {
            for (origin, indexes) in positions(sources, other)? {
                of_person.entry(origin).or_default().extend(indexes);
            }
        }
        for (origin, mut indexes) in of_person {
            indexes.sort_unstable();
            indexes.dedup();
            let part = Part {
                held: indexes.len(),
                wanted: screened(sources, &origin, &indexes)?,
            };
            self.parts.insert(PartOf { account, origin }, part);
        }
        let wanted = self.parts.values().map(|part| part.wanted.len());
        let share = share_of(wanted.collect(), RECORDS_MAX);
        let mut taken: BTreeMap<Origin, BTreeSet<LeafIndex>> = BTreeMap::new();
        for (of, part) in &mut self.parts {
            part.wanted.truncate(share);
            let of_chain = taken.entry(of.origin.clone()).or_default();
            of_chain.extend(&part.wanted);
        }
        for (origin, indexes) in taken {
            self.take(sources, &origin, &indexes)?;
        }
        Ok(())
    }

    /// Holds these records of a chain with their paths: reads those that are new, and lets go of the others.
    fn take(
        &mut self,
        sources: Sources<'_>,
        origin: &Origin,
        indexes: &BTreeSet<LeafIndex>,
    ) -> Result<(), Refusal> {
        let Some(held) = sources.heads.get(origin) else {
            return Ok(());
        };
        let records = self.records.entry(origin.clone()).or_default();
        records.retain(|index, _| indexes.contains(index));
        let mut missing = indexes.iter().copied().collect::<Vec<_>>();
        missing.retain(|index| !records.contains_key(index));
        let proofs = sources.store.proofs(origin, &missing, held.head.size)?;
        for (index, proof) in missing.into_iter().zip(proofs) {
            let record = RecordEvidence {
                index,
                entry: proof.entry,
                path: proof.path,
            };
            records.insert(index, record);
        }
        Ok(())
    }

    /// The records as facts: each is tied to the head here.
    pub(super) fn facts(&self, heads: &Heads) -> Result<Vec<Verified<Fact<'_>>>, Refusal> {
        let mut facts = Vec::new();
        for (origin, records) in &self.records {
            if let Some(held) = heads.get(origin) {
                facts.extend(prove(&held.head, records.values())?);
            }
        }
        Ok(facts)
    }

    /// Leaves out the records that are of none of these accounts, under none of these names. All have been proved.
    pub(super) fn keep(&mut self, accounts: &BTreeSet<AccountId>, names: &BTreeSet<AccountId>) {
        for records in self.records.values_mut() {
            records.retain(|index, record| {
                let entry = Entry::parse(&record.entry, *index).expect("the entry was proved");
                let read = Record::read(&entry).expect("the record was proved");
                is_of(&read, names)
            });
        }
        self.records.retain(|_, records| !records.is_empty());
        self.parts.retain(|of, _| accounts.contains(&of.account));
    }

    /// Every account that the records name.
    pub(super) fn named(&self) -> BTreeSet<AccountId> {
        let mut named = BTreeSet::new();
        for records in self.records.values() {
            for (index, record) in records {
                let entry = Entry::parse(&record.entry, *index).expect("the entry was proved");
                let read = Record::read(&entry).expect("the record was proved");
                named.extend(read.accounts());
            }
        }
        named
    }

    /// How many records were left aside, by chain.
    pub(super) fn left_aside(&self) -> BTreeMap<Origin, u64> {
        let mut by_chain: BTreeMap<Origin, u64> = BTreeMap::new();
        for (of, part) in &self.parts {
            let aside = u64::try_from(part.held - part.wanted.len());
            let aside = aside.expect("a count of positions fits");
            if aside > 0 {
                *by_chain.entry(of.origin.clone()).or_default() += aside;
            }
        }
        by_chain
    }

    /// The records under the heads that they were proved to.
    pub(super) fn by_chain(self, heads: &Heads) -> Vec<ChainEvidence> {
        let mut chains = Vec::with_capacity(self.records.len());
        for (origin, records) in self.records {
            if let Some(held) = heads.get(&origin) {
                chains.push(ChainEvidence {
                    head: held.note.clone(),
                    records: records.into_values().collect(),
                    register: None,
                });
            }
        }
        chains
    }
}

/// Where the records of an account stand, below the heads: one that came after the head was taken belongs to the next lookup.
fn positions(
    sources: Sources<'_>,
    account: &AccountId,
) -> Result<BTreeMap<Origin, Vec<LeafIndex>>, Refusal> {
    let mut positions: BTreeMap<Origin, Vec<LeafIndex>> = BTreeMap::new();
    for (origin, index) in sources.store.positions(account)? {
        let held = sources.heads.get(&origin);
        if held.is_some_and(|held| index.0 < held.head.size.0) {
            positions.entry(origin).or_default().push(index);
        }
    }
    Ok(positions)
}

/// Of the records of an account in one chain, all but claims that are too many.
fn screened(
    sources: Sources<'_>,
    origin: &Origin,
    indexes: &[LeafIndex],
) -> Result<Vec<LeafIndex>, Refusal> {
    let mut taken = indexes.to_vec();
    if taken.len() <= CLAIMS_MAX {
        return Ok(taken);
    }
    let screen = Screen::new(origin.region(), sources.policy, sources.as_of);
    if !shows_holding(sources.store, origin, indexes, &screen)? {
        taken.truncate(CLAIMS_MAX);
        return Ok(taken);
    }
    if taken.len() <= SCREENED_FROM {
        return Ok(taken);
    }
    taken.clear();
    let mut claims = 0;
    for index in indexes {
        let is_claim = read(sources.store, origin, *index, |record| {
            screen.is_claim(record)
        })?;
        claims += usize::from(is_claim);
        if !is_claim || claims <= CLAIMS_MAX {
            taken.push(*index);
        }
    }
    Ok(taken)
}

/// The regions whose chains show that they hold the worker of an account.
pub(super) fn holders(
    sources: Sources<'_>,
    account: &AccountId,
) -> Result<BTreeSet<Division>, Refusal> {
    let mut holders = BTreeSet::new();
    for (origin, indexes) in positions(sources, account)? {
        let screen = Screen::new(origin.region(), sources.policy, sources.as_of);
        if shows_holding(sources.store, &origin, &indexes, &screen)? {
            holders.insert(origin.region());
        }
    }
    Ok(holders)
}

/// Whether the first records of an account in a chain show that its region holds the worker.
fn shows_holding(
    store: &Store,
    origin: &Origin,
    indexes: &[LeafIndex],
    screen: &Screen<'_>,
) -> Result<bool, Refusal> {
    for index in indexes.iter().take(HOLDING_SOUGHT_MAX) {
        if read(store, origin, *index, |record| screen.shows_holding(record))? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Asks something of a record in the store.
fn read(
    store: &Store,
    origin: &Origin,
    index: LeafIndex,
    ask: impl Fn(&Record<'_>) -> bool,
) -> Result<bool, Refusal> {
    let bytes = store.record(origin, index)?;
    let entry = Entry::parse(&bytes, index)?;
    // What cannot be read is found by the proof, which says where.
    Ok(Record::read(&entry).is_ok_and(|record| ask(&record)))
}

/// The largest number of records that every chain may give, if all together may give no more than there is room: so that chains with
/// few are taken whole, whatever another one holds.
fn share_of(mut counts: Vec<usize>, mut room: usize) -> usize {
    counts.sort_unstable();
    let mut chains = counts.len();
    for count in counts {
        let share = room / chains;
        if count > share {
            return share;
        }
        room -= count;
        chains -= 1;
    }
    usize::MAX
}

#[cfg(test)]
mod tests {
    use super::share_of;

    #[test]
    fn chains_with_few_records_are_taken_whole_whatever_another_holds() {
        assert_eq!(share_of(vec![], 10), usize::MAX);
        assert_eq!(share_of(vec![10], 10), usize::MAX);
        assert_eq!(share_of(vec![11], 10), 10);
        assert_eq!(share_of(vec![3, 10_200], 10), 7);
        assert_eq!(share_of(vec![20, 3, 20], 13), 5);
        assert_eq!(share_of(vec![1, 1], 0), 0);
    }
}
