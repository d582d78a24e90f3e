//! Accounts that belong to one worker: links by agencies, and splits that take links back.

use crate::{
    account::{Conflict, IdentityFact, RecordNumber, Standing},
    conflicts::{class::ConflictCode, finders::conflict},
    records::{
        set::{AsOf, RecordSet, number},
        standing,
    },
};
use std::collections::{BTreeMap, BTreeSet};
use yizhang_ledger::{
    Verified,
    entry::{Kind, RecordId},
    fact::Fact,
    person::AccountId,
    record::{Identity, Record},
    value::Day,
};

/// Most account ids of one worker: old and new number, a handful of corrections and foreign documents. More would be a
/// mistake or an attack, and a lookup would read the records of strangers.
pub const LINKED_ACCOUNTS_MAX: usize = 16;

/// Links tie together more accounts than one worker can have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected identity links to tie at most {limit} accounts together, found {found}")]
pub struct TooManyLinked {
    /// [`LINKED_ACCOUNTS_MAX`].
    pub limit: usize,
    /// How many there are.
    pub found: usize,
}

/// The accounts that belong to the worker of `account` by links in force among these facts, `account` included.
///
/// To gather all of a worker's records: read those of `account`, call this, read those of every account that is new, and
/// call again, until none is. Each round adds an account, so there are at most [`LINKED_ACCOUNTS_MAX`] rounds.
///
/// # Errors
/// [`TooManyLinked`].
pub fn linked_accounts(
    account: AccountId,
    facts: &[Verified<Fact<'_>>],
    as_of: Day,
) -> Result<BTreeSet<AccountId>, TooManyLinked> {
    let mut set = RecordSet::of(facts);
    standing::decide(&mut set, AsOf::new(as_of));
    let linked = reached(account, &neighbours(&set));
    if linked.len() > LINKED_ACCOUNTS_MAX {
        return Err(TooManyLinked {
            limit: LINKED_ACCOUNTS_MAX,
            found: linked.len(),
        });
    }
    Ok(linked)
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

/// Every account is entered once, so the walk ends.
fn reached(
    start: AccountId,
    neighbours: &BTreeMap<AccountId, Vec<AccountId>>,
) -> BTreeSet<AccountId> {
    let mut linked = BTreeSet::from([start]);
    let mut open = vec![start];
    while let Some(account) = open.pop() {
        for other in neighbours.get(&account).into_iter().flatten() {
            if linked.insert(*other) {
                open.push(*other);
            }
        }
    }
    linked
}

/// Links in force, with their positions.
fn links<'s>(set: &'s RecordSet<'_>) -> impl Iterator<Item = (usize, &'s Identity<'s>)> {
    let splits = splits(set);
    identities(set, Kind::IDENTITY_LINK).filter(move |(at, link)| {
        let id = set.get(*at).map(|held| held.fact.id);
        id.is_none_or(|id| !splits.contains(&(id, pair(link))))
    })
}

/// Identity records of a kind that have effect.
fn identities<'s>(
    set: &'s RecordSet<'_>,
    wanted: Kind,
) -> impl Iterator<Item = (usize, &'s Identity<'s>)> {
    set.iter()
        .filter_map(move |(at, held)| match &held.fact.record {
            // A copy in another chain says the same; it stays in force if the original is reversed.
            Record::Identity(kind, fields)
                if *kind == wanted && matches!(held.standing, Standing::Held | Standing::Copy) =>
            {
                Some((at, fields))
            }
            _ => None,
        })
}

/// What splits in force take back: the link, and the accounts it must be between. A split may come from another chain
/// than the link, because it is often another agency that finds the mistake.
fn splits(set: &RecordSet<'_>) -> BTreeSet<(RecordId, (AccountId, AccountId))> {
    let named =
        |(_, split): (usize, &Identity<'_>)| split.target.map(|target| (target, pair(split)));
    identities(set, Kind::IDENTITY_SPLIT)
        .filter_map(named)
        .collect()
}

fn pair(fields: &Identity<'_>) -> (AccountId, AccountId) {
    (
        fields.account.min(fields.other),
        fields.account.max(fields.other),
    )
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
            _ => matches!(held.standing, Standing::Held | Standing::Copy),
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
    let linked = reached(*start, &neighbours);
    if first_records.keys().all(|account| linked.contains(account)) {
        return tied;
    }
    let records: Vec<RecordNumber> = first_records.values().map(|at| number(*at)).collect();
    Accounts {
        count,
        unlinked: Some(conflict(ConflictCode::Y05, None, records)),
    }
}
