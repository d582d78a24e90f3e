//! Whose a statement is, and how much it covers.

use super::{
    Excerpt,
    form::{PortableFault, SectionName},
};
use bincode::{BorrowDecode, Encode};
use core::fmt;
use yizhang_ledger::{
    hash::Hash,
    person::{AccountId, Names, NumberSalt, SocialSecurityNumber},
    value::Day,
};

/// What is wrong with pseudonyms that cannot be one person's.
pub(super) const NAMES_CONTRADICT: &str = "its pseudonyms contradict each other";
/// Bytes of a salt.
const SALT_BYTES: usize = 16;

/// Whose a statement is, of which day, and how much it covers.
#[derive(Clone, Debug, PartialEq, Eq, Encode, BorrowDecode)]
pub struct Subject {
    /// The worker's account.
    pub owner: AccountId,
    /// The accounts that the records are under, the worker's among them, ascending.
    pub accounts: Vec<AccountId>,
    /// Accounts that somebody linked to these, and that are another person's, ascending.
    pub strangers: Vec<AccountId>,
    /// Pseudonyms under other secrets of the federation, by account, ascending.
    pub names: Vec<NameGroup>,
    /// The day as of which the account is computed.
    pub as_of: Day,
    /// The day on which the issuer made the statement.
    pub issued: Day,
    /// [`NumberSalt::commit`] of the worker's number; none if the issuer was not told the number.
    pub commitment: Option<Hash>,
    /// How much it covers.
    pub cover: Cover,
}

/// Pseudonyms of one person.
#[derive(Clone, Debug, PartialEq, Eq, Encode, BorrowDecode)]
pub struct NameGroup {
    /// The account that records are read as.
    pub account: AccountId,
    /// Its other pseudonyms, ascending.
    pub others: Vec<AccountId>,
}

/// How much of an account a statement covers. A reader refuses what has another number than those here.
#[derive(Clone, Debug, PartialEq, Eq, Encode, BorrowDecode)]
pub enum Cover {
    /// All of it.
    Whole,
    /// The records for some months and schemes.
    Part(Excerpt),
}

/// What opens the commitment of a statement to a number.
#[derive(Clone, PartialEq, Eq)]
pub struct Opening {
    /// What it is hashed with.
    pub salt: NumberSalt,
    /// The number.
    pub number: SocialSecurityNumber,
}

impl fmt::Debug for Opening {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Opening([redacted])")
    }
}

impl Subject {
    /// Refuses lists that are out of order or do not name the owner.
    pub(super) fn check(&self) -> Result<(), PortableFault> {
        let wrong = |reason| PortableFault::Content {
            section: SectionName::Subject,
            reason,
        };
        let is_ascending = |ids: &[AccountId]| ids.is_sorted_by(|one, next| one < next);
        let are_ascending = is_ascending(&self.accounts)
            && is_ascending(&self.strangers)
            && self.names.iter().all(|group| is_ascending(&group.others))
            && self
                .names
                .is_sorted_by(|one, next| one.account < next.account);
        if !are_ascending {
            return Err(wrong(
                "accounts are out of order, or one stands there twice",
            ));
        }
        if !self.accounts.contains(&self.owner) {
            return Err(wrong("its owner is not among the accounts"));
        }
        if let Cover::Part(excerpt) = &self.cover
            && !excerpt.is_well_formed()
        {
            return Err(wrong("months or schemes of the excerpt are out of order"));
        }
        if self.names().is_none() {
            return Err(wrong(NAMES_CONTRADICT));
        }
        Ok(())
    }

    /// The other pseudonyms; none if they contradict each other.
    pub fn names(&self) -> Option<Names> {
        let mut names = Names::default();
        for group in &self.names {
            for other in &group.others {
                if !names.insert(group.account, *other) {
                    return None;
                }
            }
        }
        Some(names)
    }
}

impl Opening {
    /// Whether it opens the commitment of a statement.
    pub fn opens(&self, subject: &Subject) -> bool {
        subject.commitment == Some(self.salt.commit(&self.number))
    }

    /// Salt and number.
    pub(super) fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = self.salt.0.to_vec();
        bytes.extend_from_slice(self.number.reveal().as_bytes());
        bytes
    }

    pub(super) fn read(bytes: &[u8]) -> Result<Self, PortableFault> {
        let wrong = |reason| PortableFault::Content {
            section: SectionName::Opening,
            reason,
        };
        let (salt, number) = bytes
            .split_first_chunk::<SALT_BYTES>()
            .ok_or(wrong("it is shorter than a salt"))?;
        let text = core::str::from_utf8(number).map_err(|_| wrong("its number is no text"))?;
        let number =
            SocialSecurityNumber::parse(text).map_err(|_| wrong("its number is no number"))?;
        if number.reveal() != text {
            return Err(wrong("its number is not written as it is committed to"));
        }
        Ok(Self {
            salt: NumberSalt(*salt),
            number,
        })
    }
}
