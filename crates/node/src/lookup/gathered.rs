//! The records of accounts, taken from every chain and tied to its head: all that agencies with the right to it wrote, and of what
//! strangers wrote no more than anybody's account can bear.

use super::{Failed, RECORDS_MAX, chain_records::ChainRecords, registers::UsableRegisters};
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
use yizhang_statement::{ChainEvidence, Refuted};
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
pub(super) struct Gathered<'s> {
    /// The registers that may show records; none if each is to have its path.
    registers: Option<&'s UsableRegisters>,
    /// What each account has in each chain.
    parts: BTreeMap<PartOf, Part>,
    chains: BTreeMap<Origin, ChainRecords>,
    /// The accounts with all pseudonyms under which there may be records of them.
    pseudonyms: BTreeSet<AccountId>,
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

impl<'s> Gathered<'s> {
    /// Nothing yet, to be tied to the heads by registers where these can.
    pub(super) const fn by(registers: Option<&'s UsableRegisters>) -> Self {
        Self {
            registers,
            parts: BTreeMap::new(),
            chains: BTreeMap::new(),
            pseudonyms: BTreeSet::new(),
        }
    }

    /// Adds the records of an account under all its names. All accounts and chains share the room there is: the more there are, the less
    /// of a very large one is taken. What a chain has of one person is one part, under however many names.
    pub(super) fn add(
        &mut self,
        sources: Sources<'_>,
        account: AccountId,
        others: &[AccountId],
    ) -> Result<(), Refusal> {
        self.pseudonyms.insert(account);
        self.pseudonyms.extend(others);
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

    /// Holds these records of a chain, tied to its head.
    fn take(
        &mut self,
        sources: Sources<'_>,
        origin: &Origin,
        indexes: &BTreeSet<LeafIndex>,
    ) -> Result<(), Refusal> {
        let Some(held) = sources.heads.get(origin) else {
            return Ok(());
        };
        // What is left aside is missing: a register would show that it is.
        let is_whole = !self.left_aside().contains_key(origin);
        let shown = match self.registers {
            Some(registers) if is_whole => {
                registers.shown(sources.store, held, &self.pseudonyms)?
            }
            _ => None,
        };
        let chain = self.chains.entry(origin.clone()).or_default();
        chain.take(sources.store, held, indexes, shown)
    }

    /// The records as facts: each is tied to the head here.
    pub(super) fn facts(&self, heads: &Heads) -> Result<Vec<Verified<Fact<'_>>>, Refuted> {
        let mut facts = Vec::new();
        for (origin, chain) in &self.chains {
            if let Some(held) = heads.get(origin) {
                facts.extend(chain.facts(held)?);
            }
        }
        Ok(facts)
    }

    /// Leaves out the records that are of none of these accounts, under none of these pseudonyms.
    pub(super) fn keep(
        &mut self,
        sources: Sources<'_>,
        accounts: &BTreeSet<AccountId>,
        pseudonyms: &BTreeSet<AccountId>,
    ) -> Result<(), Refusal> {
        if self.pseudonyms == *pseudonyms {
            return Ok(());
        }
        self.parts.retain(|of, _| accounts.contains(&of.account));
        self.pseudonyms.clone_from(pseudonyms);
        let chains: Vec<Origin> = self.chains.keys().cloned().collect();
        for origin in chains {
            self.take_again(sources, &origin)?;
        }
        self.chains.retain(|_, chain| !chain.is_empty());
        Ok(())
    }

    /// Has every chain show that nothing is left out of it, under these pseudonyms too, also chains without a record.
    pub(super) fn show_all(
        &mut self,
        sources: Sources<'_>,
        pseudonyms: BTreeSet<AccountId>,
    ) -> Result<(), Failed> {
        self.pseudonyms.extend(pseudonyms);
        for (origin, held) in sources.heads {
            let chain = self.chains.entry(origin.clone()).or_default();
            if chain.is_shown_for(&self.pseudonyms) {
                continue;
            }
            self.take_again(sources, origin)?;
            // An account that is in the register, and of which nothing was found, is noticed here.
            if let Some(chain) = self.chains.get(origin) {
                chain.facts(held).map_err(Failed::Refuted)?;
            }
        }
        self.chains.retain(|_, chain| !chain.is_empty());
        Ok(())
    }

    /// Holds what it has of a chain under the pseudonyms that it has now.
    fn take_again(&mut self, sources: Sources<'_>, origin: &Origin) -> Result<(), Refusal> {
        let own = self.chains.get(origin);
        let own = own.map_or_else(BTreeSet::new, |chain| chain.of(&self.pseudonyms));
        self.take(sources, origin, &own)
    }

    /// Every account that the records name.
    pub(super) fn named(&self) -> BTreeSet<AccountId> {
        self.chains.values().flat_map(ChainRecords::named).collect()
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
        let mut chains = Vec::with_capacity(self.chains.len());
        for (origin, chain) in self.chains {
            if let Some(held) = heads.get(&origin) {
                chains.push(chain.evidence(held));
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
