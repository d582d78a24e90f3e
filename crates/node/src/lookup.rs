//! The account of a worker: gather from every chain, prove every record to a signed head, fold.
//!
//! A node does not believe its own disk here either: each record is tied to the head by its path, or all of an account by the register of
//! accounts of its chain, so that a changed byte between disk and answer shows as an error and not as another account.

mod chain_records;
mod confirmed;
mod gathered;
mod registers;

use crate::{
    copies::{ChainCopy, newest},
    refusal::Refusal,
    shared::Shared,
    verified_heads::Heads,
};
pub(crate) use confirmed::Confirmations;
use confirmed::Cosigners;
use gathered::{Gathered, Sources};
pub(crate) use registers::UsableRegisters;
use std::collections::{BTreeMap, BTreeSet};
use yizhang_entitlement::{
    Account, fold,
    identity::{ACCOUNTS_READ_MAX, Linked},
    linked_accounts,
};
use yizhang_ledger::{
    Verified,
    fact::{Fact, under_names},
    head::Origin,
    person::{AccountId, Names},
    record::Record,
    value::{Day, Division, TreeSize},
};
use yizhang_statement::{ChainEvidence, Refuted};

/// Most records of one answer: a working life of 45 years with ten records a month, twice.
const RECORDS_MAX: usize = 10_000;

/// An answered lookup.
pub(crate) struct Found {
    /// The account, with the id of the worker asked for in it.
    pub(crate) account: Account,
    /// The accounts that were read and are the worker's.
    pub(crate) accounts: BTreeSet<AccountId>,
    /// Accounts that somebody linked to them, and that are another person's.
    pub(crate) strangers: BTreeSet<AccountId>,
    /// Pseudonyms of other secrets that the worker's accounts have records under.
    pub(crate) names: Names,
    /// The worker's accounts with all pseudonyms that were read for them.
    pub(crate) read: BTreeSet<AccountId>,
    /// What the account was folded from.
    pub(crate) chains: Vec<ChainEvidence>,
    /// Records that were left aside, by chain.
    left_aside: BTreeMap<Origin, u64>,
    /// The heads that it was computed from, those of chains without a record of the worker too.
    heads: Heads,
}

/// What the records of a lookup come to.
struct Looked {
    account: Account,
    accounts: BTreeSet<AccountId>,
    strangers: BTreeSet<AccountId>,
}

/// What a caller is to be shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shown {
    /// The account alone.
    Account,
    /// Each record with its path.
    Paths,
    /// Every chain with its register, where one shows that nothing is left out.
    Registers,
}

/// Why nothing comes of a lookup.
enum Failed {
    Refusal(Refusal),
    /// The records are not tied to their heads.
    Refuted(Refuted),
}

impl From<Refusal> for Failed {
    fn from(refusal: Refusal) -> Self {
        Self::Refusal(refusal)
    }
}

/// Computes the account of a worker as of a day from the heads that are in force now.
///
/// # Errors
/// [`Refusal::Store`], [`Refusal::Invalid`] if the disk does not hold what was signed.
pub(crate) fn lookup(
    shared: &Shared,
    worker: AccountId,
    as_of: Day,
    shown: Shown,
) -> Result<Found, Refusal> {
    let refuted = match look_up(shared, worker, as_of, shown) {
        Ok(found) => return Ok(found),
        Err(Failed::Refusal(refusal)) => return Err(refusal),
        Err(Failed::Refuted(refuted)) => refuted,
    };
    if shown != Shown::Paths {
        // A record that is damaged on the disk, or missing in the index: by its path the one is found, and the other is not used for more
        // than it shows.
        tracing::error!(%refuted, "records of an account are not those that the register of its chain has: they are read again, each by its path");
    }
    match look_up(shared, worker, as_of, Shown::Paths) {
        Ok(found) => Ok(found),
        Err(Failed::Refusal(refusal)) => Err(refusal),
        Err(Failed::Refuted(Refuted::Invalid(invalid))) => Err(invalid.into()),
        Err(Failed::Refuted(_)) => Err(Refusal::Broken("records do not lead to their head")),
    }
}

fn look_up(shared: &Shared, worker: AccountId, as_of: Day, shown: Shown) -> Result<Found, Failed> {
    let heads = shared.heads.newest(&shared.store, &shared.roster)?;
    let sources = Sources {
        store: &shared.store,
        heads: &heads,
        policy: &shared.policy,
        as_of,
    };
    let registers = (shown != Shown::Paths).then_some(&shared.registers);
    let mut gathered = Gathered::by(registers);
    let mut names = Names::default();
    add(shared, sources, worker, &mut gathered, &mut names)?;
    let mut read = BTreeSet::from([worker]);
    // Each round reads the accounts that the records of the rounds before are linked to; mostly there is none, and every record is
    // proved once.
    let looked = loop {
        let mut facts = under_names(gathered.facts(&heads).map_err(Failed::Refuted)?, &names);
        let linked = linked_accounts(worker, &read, &facts, &shared.policy, as_of);
        let room = ACCOUNTS_READ_MAX.saturating_sub(read.len());
        let next: Vec<AccountId> = linked.next.iter().copied().take(room).collect();
        if next.is_empty() {
            let own = if linked.next.is_empty() && linked.tied == read {
                linked
            } else {
                // As whoever checks the answer sees it, from its records alone: without strangers' records some more may fall away.
                own_alone(linked.tied, &mut facts, |accounts, facts| {
                    linked_accounts(worker, accounts, facts, &shared.policy, as_of)
                })
            };
            let account = fold(&facts, &shared.policy, as_of).with_account_id(worker);
            break Looked {
                account,
                accounts: own.tied,
                strangers: own.next,
            };
        }
        drop(facts);
        for account in next {
            add(shared, sources, account, &mut gathered, &mut names)?;
            read.insert(account);
        }
    };
    names.keep(&(&looked.accounts | &looked.strangers));
    let read = names.with_others(&looked.accounts);
    gathered.keep(sources, &looked.accounts, &read)?;
    if shown == Shown::Registers {
        let unused = unused_pseudonyms(shared, worker)?;
        gathered.show_all(sources, unused)?;
    }
    // Of strangers only the names that stand in the records that are handed over.
    if !names.is_empty() {
        names.keep_named(&gathered.named());
    }
    let left_aside = gathered.left_aside();
    let mut chains = gathered.by_chain(&heads);
    if shown == Shown::Registers {
        confirm(shared, &heads, &mut chains)?;
    }
    Ok(Found {
        account: looked.account,
        accounts: looked.accounts,
        strangers: looked.strangers,
        names,
        read,
        left_aside,
        chains,
        heads,
    })
}

/// The regions whose chains show at this node that they [hold](yizhang_entitlement::jurisdiction::Right::Holding) a worker. What has been
/// reversed is not looked at: this is for a warning, and the account says what is so.
pub(crate) fn holders(shared: &Shared, worker: AccountId) -> Result<BTreeSet<Division>, Refusal> {
    let heads = shared.heads.newest(&shared.store, &shared.roster)?;
    let sources = Sources {
        store: &shared.store,
        heads: &heads,
        policy: &shared.policy,
        as_of: Day::of((shared.clock)()),
    };
    let mut holders = gathered::holders(sources, &worker)?;
    for other in shared.secrets.others(worker) {
        holders.extend(gathered::holders(sources, &other)?);
    }
    Ok(holders)
}

/// Adds the records of an account, under every pseudonym of the same person that has any.
fn add(
    shared: &Shared,
    sources: Sources<'_>,
    account: AccountId,
    gathered: &mut Gathered,
    names: &mut Names,
) -> Result<(), Refusal> {
    let mut others = Vec::new();
    for other in shared.secrets.others(account) {
        let has_records = !shared.store.positions(&other)?.is_empty();
        if has_records && names.insert(account, other) {
            others.push(other);
        }
    }
    gathered.add(sources, account, &others)
}

/// Puts to each register who has computed it again.
fn confirm(shared: &Shared, heads: &Heads, chains: &mut [ChainEvidence]) -> Result<(), Refusal> {
    let cosigners = Cosigners {
        store: &shared.store,
        board: &shared.board,
        roster: &shared.roster,
    };
    shared.confirmations.add(cosigners, heads, chains)
}

/// What may be further pseudonyms of a person, and no record is under.
fn unused_pseudonyms(shared: &Shared, worker: AccountId) -> Result<BTreeSet<AccountId>, Refusal> {
    let mut unused = BTreeSet::new();
    for other in shared.secrets.others(worker) {
        if shared.store.positions(&other)?.is_empty() {
            unused.insert(other);
        }
    }
    Ok(unused)
}

/// Leaves the records of the worker's accounts alone, until these tie the same accounts together as are left. Each turn leaves fewer.
fn own_alone(
    mut accounts: BTreeSet<AccountId>,
    facts: &mut Vec<Verified<Fact<'_>>>,
    linked: impl Fn(&BTreeSet<AccountId>, &[Verified<Fact<'_>>]) -> Linked,
) -> Linked {
    loop {
        facts.retain(|fact| is_of(&fact.record, &accounts));
        let again = linked(&accounts, facts);
        if again.tied == accounts {
            return again;
        }
        accounts = again.tied;
    }
}

/// Whether a record is about one of these accounts.
fn is_of(record: &Record<'_>, accounts: &BTreeSet<AccountId>) -> bool {
    record.accounts().any(|account| accounts.contains(&account))
}

impl Found {
    /// The heads that it was computed from.
    pub(crate) const fn heads(&self) -> &Heads {
        &self.heads
    }

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
                left_aside: self.left_aside.get(origin).copied().unwrap_or(0),
            }
        };
        shared.roster.origins().map(copy).collect()
    }
}
