//! The secrets of a federation: the first one, and those that took its place. Each later one turns the pseudonym under the one before
//! it into another, in both directions and for its holders alone, so that no chain has to say which pseudonyms are one person's.

use super::{AccountId, FederationSecret, SocialSecurityNumber};
use crate::hash::{Hash, derive};
use aes::{
    Aes256,
    cipher::{BlockCipherDecrypt, BlockCipherEncrypt, KeyInit},
};
use alloc::{collections::BTreeSet, vec::Vec};
use core::fmt;
use zeroize::Zeroizing;

/// Context from which the key of a later secret is derived.
pub const LATER_CONTEXT: &str = "yizhang 2026-11-29 v1 account id under a later secret";

/// Most secrets of a federation: one is replaced when it is lost, and every lookup asks for a person under each.
pub const SECRETS_MAX: usize = 8;

/// Which of the secrets records are written under.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Writing {
    /// The newest.
    Newest,
    /// The one before: the newest is being handed out, and read already.
    BeforeNewest,
}

/// All secrets of a federation, oldest first.
#[derive(Clone)]
pub struct FederationSecrets {
    first: FederationSecret,
    later: Vec<FederationSecret>,
    writing: Writing,
}

impl FederationSecrets {
    /// A federation whose secret was never replaced.
    pub const fn one(first: FederationSecret) -> Self {
        Self {
            first,
            later: Vec::new(),
            writing: Writing::Newest,
        }
    }

    /// The first secret and those that replaced it, in their order. None if there are more than [`SECRETS_MAX`], if one stands there
    /// twice, or if the newest is not written under and is the only one.
    pub fn new(
        first: FederationSecret,
        later: Vec<FederationSecret>,
        writing: Writing,
    ) -> Option<Self> {
        let secrets = Self {
            first,
            later,
            writing,
        };
        let checks = secrets.checks();
        let different: BTreeSet<&Hash> = checks.iter().collect();
        let is_one_before = writing == Writing::Newest || checks.len() > 1;
        let is_sound = checks.len() <= SECRETS_MAX && different.len() == checks.len();
        (is_sound && is_one_before).then_some(secrets)
    }

    /// How many there are.
    pub const fn count(&self) -> usize {
        // At most eight.
        self.later.len().saturating_add(1)
    }

    /// The one that records are written under, from 0.
    pub const fn written(&self) -> usize {
        match self.writing {
            Writing::Newest => self.later.len(),
            Writing::BeforeNewest => self.later.len().saturating_sub(1),
        }
    }

    /// What tells holders of the same secrets from others, one for each: [`FederationSecret::check`].
    pub fn checks(&self) -> Vec<Hash> {
        let mut checks = Vec::with_capacity(self.count());
        checks.push(self.first.check());
        checks.extend(self.later.iter().map(FederationSecret::check));
        checks
    }

    /// The pseudonyms of the person with this number under each secret, oldest first. Under the first it is
    /// [`FederationSecret::account_id`]; under each later one AES-256, with the key that BLAKE3 derives under [`LATER_CONTEXT`] from the
    /// secret, over the one before, which is one block.
    pub fn account_ids(&self, number: &SocialSecurityNumber) -> Vec<AccountId> {
        self.under_each(self.first.account_id(number))
    }

    /// The pseudonym that records about the person with this number are written under.
    pub fn account_id(&self, number: &SocialSecurityNumber) -> AccountId {
        let ids = self.account_ids(number);
        *ids.get(self.written())
            .expect("there is a pseudonym for each secret")
    }

    /// All that may be further pseudonyms of the person who has this one: under which secret it came about is not told by it. Of those
    /// that are wrong nobody has records, as nobody finds one by chance.
    pub fn others(&self, account: AccountId) -> BTreeSet<AccountId> {
        let mut others = BTreeSet::new();
        for under in 0..self.count() {
            let mut oldest = account;
            for later in self.later.iter().take(under).rev() {
                oldest = before(later, oldest);
            }
            others.extend(self.under_each(oldest));
        }
        others.remove(&account);
        others
    }

    fn under_each(&self, oldest: AccountId) -> Vec<AccountId> {
        let mut ids = Vec::with_capacity(self.count());
        let mut id = oldest;
        ids.push(id);
        for later in &self.later {
            id = after(later, id);
            ids.push(id);
        }
        ids
    }
}

impl fmt::Debug for FederationSecrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "FederationSecrets({}, [redacted])", self.count())
    }
}

fn cipher(secret: &FederationSecret) -> Aes256 {
    let key = Zeroizing::new(derive(LATER_CONTEXT, &[&secret.0]).0);
    Aes256::new((&*key).into())
}

/// The pseudonym that takes the place of another under a later secret.
fn after(later: &FederationSecret, AccountId(id): AccountId) -> AccountId {
    let mut block = id.into();
    cipher(later).encrypt_block(&mut block);
    AccountId(block.into())
}

/// The pseudonym whose place another has taken.
fn before(later: &FederationSecret, AccountId(id): AccountId) -> AccountId {
    let mut block = id.into();
    cipher(later).decrypt_block(&mut block);
    AccountId(block.into())
}
