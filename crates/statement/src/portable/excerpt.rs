//! Excerpts: statements that show the records for some months and schemes, and of all others of the person nothing but that they are there.

use super::form::{PortableFault, SectionName};
use crate::{ChainEvidence, RecordEvidence};
use bincode::{BorrowDecode, Encode};
use std::collections::BTreeSet;
use yizhang_ledger::{
    entry::{Entry, RecordId},
    hash::{Hash, hash_leaf},
    person::AccountId,
    record::Record,
    register::HiddenLeaf,
    value::{Day, LeafIndex, Month, Scheme},
};

/// Most schemes that an excerpt names.
pub const EXCERPT_SCHEMES_MAX: usize = 32;
/// Most accounts that a record is found under.
const ACCOUNTS_OF_RECORD_MAX: usize = 2;

/// What an excerpt covers.
#[derive(Clone, Debug, PartialEq, Eq, Encode, BorrowDecode)]
pub struct Excerpt {
    /// The first month.
    pub first: Month,
    /// The last month.
    pub last: Month,
    /// The schemes, as `hrss:110`, ascending; none stands for all of them.
    pub schemes: Vec<String>,
}

/// A record that an excerpt does not show.
#[derive(Clone, Debug, PartialEq, Eq, Encode, BorrowDecode)]
pub struct HiddenRecord {
    /// Its position in the chain, as the issuer says. The register shows its place among the records of each account.
    pub index: LeafIndex,
    /// Its leaf hash.
    pub leaf: Hash,
    /// The accounts that it is found under, ascending.
    pub accounts: Vec<AccountId>,
}

impl HiddenRecord {
    /// As a register takes it.
    pub(crate) const fn listed(&self) -> HiddenLeaf {
        HiddenLeaf {
            index: self.index,
            leaf: self.leaf,
        }
    }

    pub(super) fn check(&self) -> Result<(), PortableFault> {
        let count = self.accounts.len();
        let is_ascending = self.accounts.is_sorted_by(|one, next| one < next);
        if is_ascending && (1..=ACCOUNTS_OF_RECORD_MAX).contains(&count) {
            return Ok(());
        }
        Err(PortableFault::Content {
            section: SectionName::Hidden,
            reason: "a hidden record has one account or two, ascending",
        })
    }
}

impl Excerpt {
    /// Whether it can be what it says.
    pub fn is_well_formed(&self) -> bool {
        let is_scheme = |text: &String| Scheme::parse(text).is_some();
        self.first <= self.last
            && self.schemes.len() <= EXCERPT_SCHEMES_MAX
            && self.schemes.is_sorted_by(|one, next| one < next)
            && self.schemes.iter().all(is_scheme)
    }

    /// The records that it shows: those for its months and schemes, and those that name one of them as what they are about, and so on.
    pub fn shown(&self, chains: &[ChainEvidence]) -> BTreeSet<RecordId> {
        let mut shown = BTreeSet::new();
        let mut others: Vec<Aimed> = Vec::new();
        for evidence in chains.iter().flat_map(|chain| &chain.records) {
            let id = RecordId(hash_leaf(&evidence.entry));
            let read = read(evidence);
            if read.as_ref().is_some_and(|record| self.covers(record)) {
                shown.insert(id);
            } else if let Some(target) = read.and_then(|record| record.target()) {
                others.push(Aimed { id, target });
            }
        }
        loop {
            let before = shown.len();
            for aimed in &others {
                if shown.contains(&aimed.target) {
                    shown.insert(aimed.id);
                }
            }
            if shown.len() == before {
                return shown;
            }
        }
    }

    /// Whether a record is for its months and schemes.
    fn covers(&self, record: &Record<'_>) -> bool {
        let month = |month: Month| self.is_for(month, month);
        let of = |scheme: &Scheme<'_>| self.is_of(scheme);
        match record {
            Record::Contribution(_, one) => of(&one.scheme) && one.period.iter().any(month),
            Record::InterestCredit(one) => {
                let ends = (Month::of(one.year, 1), Month::of(one.year, 12));
                let (Some(first), Some(last)) = ends else {
                    return false;
                };
                of(&one.scheme) && self.is_for(first, last)
            }
            Record::Participation(_, one) => of(&one.scheme) && month(one.from),
            Record::Transfer(_, one) => {
                let on = one.on.in_month();
                let (first, last) = (one.first.or(on), one.last.or(on));
                let is_for = first
                    .zip(last)
                    .is_some_and(|(first, last)| self.is_for(first, last));
                of(&one.scheme) && is_for
            }
            Record::Benefit(_, one) => {
                of(&one.scheme) && self.is_for(one.from, one.until.unwrap_or(one.from))
            }
            Record::Deemed(one) => of(&one.scheme) && self.is_for(one.first, one.last),
            Record::Agreement(one) => of(&one.scheme) && self.is_for(one.first, one.last),
            Record::Bridge(one) => {
                let is_of = of(&one.scheme) || of(&one.into);
                is_of && one.on.in_month().is_some_and(month)
            }
            Record::Subsidy(_, one) => of(&one.scheme) && one.period.iter().any(month),
            // What platforms say about a month is about no scheme: it is shown with the month.
            Record::PlatformMonth(one) => month(one.month),
            Record::InjuryReport(one) => Day::of(one.occurred).in_month().is_some_and(month),
            Record::InjuryDetermination(one) => {
                of(&one.scheme) && one.on.in_month().is_some_and(month)
            }
            Record::DisabilityGrade(one) => one.on.in_month().is_some_and(month),
            Record::Reversal(_)
            | Record::Identity(..)
            | Record::Death(_)
            | Record::Household(_)
            | Record::RetireClass(_)
            | Record::Birth(_)
            | Record::Dispute(..)
            | Record::AccessDigest(_)
            | Record::AccountRegister(_)
            | Record::KeyBound(_)
            | Record::KeyEnded(_)
            | Record::Approval(_)
            | Record::OipPremium(_)
            | Record::FundPrepay(_)
            | Record::FundDraw(_)
            | Record::Warning(_)
            | Record::WarningClosed(_)
            | Record::Deposit(_)
            | Record::Unknown(..) => false,
        }
    }

    fn is_for(&self, first: Month, last: Month) -> bool {
        first <= self.last && self.first <= last
    }

    fn is_of(&self, scheme: &Scheme<'_>) -> bool {
        self.schemes.is_empty() || self.schemes.contains(&scheme.to_string())
    }
}

/// A record that names another.
struct Aimed {
    id: RecordId,
    target: RecordId,
}

fn read(evidence: &RecordEvidence) -> Option<Record<'_>> {
    let entry = Entry::parse(&evidence.entry, evidence.index).ok()?;
    Record::read(&entry).ok()
}

/// Refuses hidden records that do not fit to the chains.
pub(super) fn check(
    chains: &[super::StatedChain],
    hidden: &[Vec<HiddenRecord>],
) -> Result<(), PortableFault> {
    let wrong = |reason| PortableFault::Content {
        section: SectionName::Hidden,
        reason,
    };
    if hidden.len() != chains.len() {
        return Err(wrong("it has not one list for each chain"));
    }
    let shown: usize = chains.iter().map(|chain| chain.records.len()).sum();
    let more: usize = hidden.iter().map(Vec::len).sum();
    if shown.saturating_add(more) > super::STATED_RECORDS_MAX {
        return Err(wrong(
            "the chains have more than 16,384 records with those that are hidden",
        ));
    }
    for (chain, hidden) in chains.iter().zip(hidden) {
        if chain.register.is_none() && !hidden.is_empty() {
            return Err(wrong("records of a chain without a register are hidden"));
        }
        hidden.iter().try_for_each(HiddenRecord::check)?;
    }
    Ok(())
}
