//! Accounts that belong to one worker: links by agencies, and splits that take links back.

use crate::{
    Policy,
    account::{Conflict, IdentityFact, RecordNumber},
    conflicts::{class::ConflictCode, finders::conflict},
    records::{
        jurisdiction::{self, Pair},
        set::{AsOf, RecordSet, Undecided, number},
        standing,
    },
};
use std::collections::{BTreeMap, BTreeSet};
use yizhang_ledger::{
    Verified,
    entry::Kind,
    fact::Fact,
    person::AccountId,
    record::{Identity, Record},
    value::Day,
};

/// Most account ids of one worker: old and new number, a handful of corrections and foreign documents. More would be a
/// mistake or an attack, so that links which tie more together tie none.
pub const LINKED_ACCOUNTS_MAX: usize = 16;

/// Most accounts that need be read to learn which belong to one worker: twice as many as may, as some turn out to be strangers'.
pub const ACCOUNTS_READ_MAX: usize = 32;

/// The accounts of one worker, as far as the records show it that have been read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Linked {
    /// Those that have been read and belong to the worker, the one asked for included: at most [`LINKED_ACCOUNTS_MAX`].
    pub tied: BTreeSet<AccountId>,
    /// Those that may belong to the worker: to tell, their records must be read as well.
    pub next: BTreeSet<AccountId>,
}

/// The accounts that belong to the worker of `account` by links in force among these facts, which are all records of the accounts in
/// `read`.
///
/// A link is in force when every region that holds one of its accounts has stated it. So a stranger's link to somebody else's account is
/// seen to be none only when that account's records are read; then it is not among those that are tied, and its records are to be left
/// out.
///
/// To gather all of a worker's records: read those of `account`, call this, read those of every account in `next`, and
/// call again, until none is, or [`ACCOUNTS_READ_MAX`] have been read; then keep the records of those that are tied.
pub fn linked_accounts(
    account: AccountId,
    read: &BTreeSet<AccountId>,
    facts: &[Verified<Fact<'_>>],
    policy: &Policy,
    as_of: Day,
) -> Linked {
    let as_of = AsOf::new(as_of);
    let successors = policy.successors(as_of.month);
    let set = standing::decide(Undecided::of(facts), as_of, &successors);
    let neighbours = neighbours(&set);
    let tied = reached(account, &neighbours, |other| read.contains(&other));
    if tied.len() > LINKED_ACCOUNTS_MAX {
        return Linked {
            tied: BTreeSet::from([account]),
            next: BTreeSet::new(),
        };
    }
    let named = tied.iter().filter_map(|one| neighbours.get(one)).flatten();
    Linked {
        next: named.copied().filter(|one| !read.contains(one)).collect(),
        tied,
    }
}

/// Of each account those that links in force tie to it.
fn neighbours(set: &RecordSet<'_>) -> BTreeMap<AccountId, Vec<AccountId>> {
    let mut neighbours: BTreeMap<AccountId, Vec<AccountId>> = BTreeMap::new();
    for (_, link) in links(set) {
        neighbours.entry(link.account).or_default().push(link.other);
        neighbours.entry(link.other).or_default().push(link.account);
    }
    neighbours
}

/// The accounts that lead from one to another over those that may be entered. Every account is entered once, so the walk ends.
fn reached(
    start: AccountId,
    neighbours: &BTreeMap<AccountId, Vec<AccountId>>,
    may_enter: impl Fn(AccountId) -> bool,
) -> BTreeSet<AccountId> {
    let mut linked = BTreeSet::from([start]);
    let mut open = vec![start];
    while let Some(account) = open.pop() {
        for other in neighbours.get(&account).into_iter().flatten() {
            if may_enter(*other) && linked.insert(*other) {
                open.push(*other);
            }
        }
    }
    linked
}

/// Links in force, with their positions.
fn links<'s>(set: &'s RecordSet<'_>) -> impl Iterator<Item = (usize, &'s Identity<'s>)> {
    let splits = jurisdiction::splits(set);
    set.iter()
        .filter_map(move |(at, held)| match &held.fact.record {
            Record::Identity(Kind::IDENTITY_LINK, link)
                if jurisdiction::acts(held)
                    && !splits.contains(&(held.fact.id, Pair::of(link))) =>
            {
                Some((at, link))
            }
            _ => None,
        })
}

/// The links and splits for the account.
pub(crate) fn facts(set: &RecordSet<'_>) -> Vec<IdentityFact> {
    let linked: BTreeSet<usize> = links(set).map(|(at, _)| at).collect();
    let mut facts = Vec::new();
    for (at, held) in set.iter() {
        let Record::Identity(kind, fields) = &held.fact.record else {
            continue;
        };
        let in_force = match *kind {
            Kind::IDENTITY_LINK => linked.contains(&at),
            _ => jurisdiction::acts(held),
        };
        facts.push(IdentityFact {
            kind: *kind,
            on: fields.on,
            reason: fields.reason.as_str().to_owned(),
            in_force,
            record: number(at),
        });
    }
    facts
}

/// The accounts that the records are under.
pub(crate) struct Accounts {
    /// How many there are.
    pub(crate) count: u32,
    /// Y05, if links in force do not tie them all together.
    pub(crate) unlinked: Option<Conflict>,
}

/// Counts the accounts that the records are under, and sees whether they are tied together.
pub(crate) fn accounts(set: &RecordSet<'_>) -> Accounts {
    let mut first_records: BTreeMap<AccountId, usize> = BTreeMap::new();
    for (at, held) in set.iter() {
        // An identity record names an account without being one of its business records.
        if !matches!(held.fact.record, Record::Identity(..))
            && let Some(account) = held.fact.record.accounts().next()
        {
            first_records.entry(account).or_insert(at);
        }
    }
    let count = u32::try_from(first_records.len());
    let count = count.expect("an account has fewer than 2^32 records");
    let tied = Accounts {
        count,
        unlinked: None,
    };
    let (Some(start), 2..) = (first_records.keys().next(), count) else {
        return tied;
    };
    let neighbours = neighbours(set);
    let linked = reached(*start, &neighbours, |_| true);
    let are_one = linked.len() <= LINKED_ACCOUNTS_MAX;
    if are_one && first_records.keys().all(|account| linked.contains(account)) {
        return tied;
    }
    let records: Vec<RecordNumber> = first_records.values().map(|at| number(*at)).collect();
    Accounts {
        count,
        unlinked: Some(conflict(ConflictCode::Y05, None, records)),
    }
}
