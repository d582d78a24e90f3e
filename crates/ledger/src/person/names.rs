//! Which pseudonyms are one person's, and the one of them that its records are read under.

use super::AccountId;
use alloc::{
    collections::{BTreeMap, BTreeSet},
    vec::Vec,
};

/// Most names: those of all accounts that a lookup reads, under every secret.
pub const NAMES_MAX: usize = 4_096;

/// Other names of accounts: pseudonyms under other secrets of the federation. Who holds no secret takes them on somebody's word.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Names(BTreeMap<AccountId, AccountId>);

impl Names {
    /// Notes that records under `other` are those of `account`. False, and nothing is noted, if that makes no sense: one of them is
    /// already the other name of an account, `other` has other names itself, both are the same, or there are [`NAMES_MAX`] already.
    pub fn insert(&mut self, account: AccountId, other: AccountId) -> bool {
        let is_name = |id: &AccountId| self.0.contains_key(id);
        let has_names = |id: &AccountId| self.0.values().any(|account| account == id);
        let is_full = self.0.len() >= NAMES_MAX;
        if is_full || account == other || is_name(&account) || is_name(&other) || has_names(&other)
        {
            return false;
        }
        self.0.insert(other, account);
        true
    }

    /// The account that records under a pseudonym are read as.
    pub fn account(&self, id: AccountId) -> AccountId {
        self.0.get(&id).copied().unwrap_or(id)
    }

    /// The other names of an account, ascending.
    pub fn others(&self, account: AccountId) -> impl Iterator<Item = AccountId> {
        self.0
            .iter()
            .filter(move |(_, of)| **of == account)
            .map(|(other, _)| *other)
    }

    /// The accounts that have other names.
    pub fn accounts(&self) -> BTreeSet<AccountId> {
        self.0.values().copied().collect()
    }

    /// These accounts with all their other names.
    pub fn with_others(&self, accounts: &BTreeSet<AccountId>) -> BTreeSet<AccountId> {
        let mut all = accounts.clone();
        for account in accounts {
            all.extend(self.others(*account));
        }
        all
    }

    /// Forgets the names of all but these accounts.
    pub fn keep(&mut self, accounts: &BTreeSet<AccountId>) {
        self.0.retain(|_, account| accounts.contains(account));
    }

    /// Forgets all names but these.
    pub fn keep_named(&mut self, named: &BTreeSet<AccountId>) {
        self.0.retain(|other, _| named.contains(other));
    }

    /// Whether nobody has another name.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Each account with other names, and these.
    pub fn groups(&self) -> Vec<Group> {
        let mut groups = Vec::new();
        for account in self.accounts() {
            groups.push(Group {
                account,
                others: self.others(account).collect(),
            });
        }
        groups
    }
}

/// An account and its other names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// What its records are read under.
    pub account: AccountId,
    /// Pseudonyms of the same person, ascending.
    pub others: Vec<AccountId>,
}
