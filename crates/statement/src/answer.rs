//! The answer of a node: an account, and the records that it was computed from.

use crate::{ChainEvidence, Refuted, Through, believed::Owner};
use std::collections::BTreeSet;
use yizhang_entitlement::{Account, Policy};
use yizhang_ledger::{
    hash::Hash,
    head::{Head, Origin},
    person::{AccountId, Names},
    roster::Roster,
    value::{Day, Division},
};

/// Whose account was asked for, as far as the asker knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Whose {
    /// That of a number, whose pseudonyms nobody but the node has told.
    Unknown,
    /// That of this pseudonym.
    Account(AccountId),
    /// That of a number, which has these pseudonyms, as somebody else has told.
    Pseudonyms(BTreeSet<AccountId>),
}

/// What was asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// Whose account.
    pub whose: Whose,
    /// The day as of which.
    pub as_of: Day,
}

/// An account as a node gave it, consistent in itself. [`Answer::verify`] shows whether it is true.
#[derive(Clone)]
pub struct Answer {
    /// The account.
    pub account: Account,
    /// Its JSON, as the node sent it.
    pub json: Vec<u8>,
    /// Its digest.
    pub digest: Hash,
    /// The accounts that its records are under: the owner's first, then those linked to it, ascending.
    pub accounts: Vec<AccountId>,
    /// Accounts that somebody linked to these, and that the node left out as another person's.
    pub strangers: Vec<AccountId>,
    /// Whose account it says it is.
    owner: AccountId,
    /// Pseudonyms of other secrets that the accounts have records under, on the word of the node.
    names: Names,
    /// Pseudonyms of the owner that were known where it was asked.
    known: BTreeSet<AccountId>,
    /// Whether it is known where it was asked whose pseudonyms these are.
    pub identity: Identity,
}

/// The accounts that a node says it has read.
#[derive(Clone, Debug, Default)]
pub struct Accounts {
    /// The worker's.
    pub own: Vec<AccountId>,
    /// Those that somebody linked to them, and that are another person's.
    pub strangers: Vec<AccountId>,
    /// Pseudonyms of other secrets that they have records under.
    pub names: Names,
}

/// What a check has established.
#[derive(Clone, Debug)]
pub struct Checked {
    /// Records that verified, each counted once.
    pub records: usize,
    /// The heads that they are under, as verified.
    pub heads: Vec<Head>,
    /// Whether the account is that of the number asked for.
    pub identity: Identity,
    /// Of each chain of the roster, up to where nothing was left out.
    pub completeness: Vec<Completeness>,
}

/// Up to where it is shown that nothing of an account was left out of what a chain has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Completeness {
    /// The chain.
    pub chain: Origin,
    /// Up to where; none if it is not shown at all.
    pub through: Option<Through>,
    /// The regions whose nodes have computed the register themselves, and have signed that they did, ascending.
    pub mirrors: Vec<Division>,
}

/// Whether the account is known to be that of the number asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Identity {
    /// The pseudonym was given, or told by somebody else than the node that was asked, and with it every other one of the same person.
    Checked,
    /// The node that was asked alone has told that the account is that of the number, or that some pseudonyms are one person's.
    Trusted,
}

impl Answer {
    /// Reads what a node stated: the JSON of the account, its digest, and the accounts that it read.
    ///
    /// # Errors
    /// [`Refuted`] if it is no account, has another digest, is of another day, or is not the account asked for.
    pub fn read(
        json: Vec<u8>,
        digest: Hash,
        accounts: Accounts,
        question: &Question,
    ) -> Result<Self, Refuted> {
        let computed = Account::digest_of(&json);
        if computed != digest {
            return Err(Refuted::Digest {
                computed,
                stated: digest,
            });
        }
        let account = Account::from_json(&json)?;
        if account.as_of != question.as_of {
            return Err(Refuted::Day {
                asked: question.as_of,
                found: account.as_of,
            });
        }
        let Accounts {
            own: mut accounts,
            strangers,
            names,
        } = accounts;
        let owner = account.account.ok_or(Refuted::OtherAccount)?;
        let identity = identity(&question.whose, owner, &names).ok_or(Refuted::OtherAccount)?;
        let is_read =
            |account: &AccountId| accounts.contains(account) || strangers.contains(account);
        if !accounts.contains(&owner) || !names.accounts().iter().all(is_read) {
            return Err(Refuted::OtherAccount);
        }
        accounts.sort_by_key(|account| (*account != owner, *account));
        accounts.dedup();
        Ok(Self {
            account,
            json,
            digest,
            accounts,
            strangers,
            owner,
            names,
            known: question.whose.known(),
            identity,
        })
    }

    /// Ties every record to a signed head, folds the records again, and compares with what the node answered.
    ///
    /// It shows that every line of the account is signed by the agency it names, and, chain by chain, up to where the node left out
    /// no record. Where that is not shown, only a second node or an audit can show it: compare digests.
    ///
    /// # Errors
    /// [`Refuted`], by the first thing that does not hold.
    pub fn verify(
        &self,
        chains: &[ChainEvidence],
        roster: &Roster,
        policy: &Policy,
    ) -> Result<Checked, Refuted> {
        let found = self.account.rules.name;
        if found != policy.name() {
            return Err(Refuted::OtherRules {
                own: policy.name(),
                found,
            });
        }
        let owner = Owner {
            account: self.owner,
            accounts: self.accounts.iter().copied().collect(),
            strangers: self.strangers.iter().copied().collect(),
            names: self.names.clone(),
            known: self.known.clone(),
            hidden: None,
        };
        let again = owner.believe(chains, roster, policy, self.account.as_of)?;
        if again.sealed.json != self.json {
            return Err(Refuted::OtherFold {
                folded: again.sealed.digest,
                stated: self.digest,
            });
        }
        Ok(Checked {
            records: again.records,
            heads: again.heads,
            identity: self.identity,
            completeness: again.completeness,
        })
    }
}

impl Whose {
    /// The pseudonyms of the owner that are known.
    fn known(&self) -> BTreeSet<AccountId> {
        match self {
            Self::Unknown => BTreeSet::new(),
            Self::Account(account) => BTreeSet::from([*account]),
            Self::Pseudonyms(known) => known.clone(),
        }
    }
}

/// How sure it is that an account and its names are those that were asked for; none if they are not.
fn identity(whose: &Whose, owner: AccountId, names: &Names) -> Option<Identity> {
    let known = match whose {
        Whose::Unknown => return Some(Identity::Trusted),
        Whose::Account(account) => BTreeSet::from([*account]),
        Whose::Pseudonyms(known) => known.clone(),
    };
    if !known.contains(&owner) {
        return None;
    }
    let others: Vec<AccountId> = names.others(owner).collect();
    let all_known = others.iter().all(|other| known.contains(other));
    if let Whose::Pseudonyms(known) = whose {
        // Nothing but the word of the node shows that a further pseudonym is this person's, unless all of them are known. Where a
        // person has one pseudonym alone, the secret was never replaced, and nobody has another name.
        let has_one = known.len() == 1;
        if !all_known || (has_one && !names.is_empty()) {
            return None;
        }
    }
    let is_checked = all_known && names.accounts().iter().all(|account| *account == owner);
    Some(if is_checked {
        Identity::Checked
    } else {
        Identity::Trusted
    })
}
