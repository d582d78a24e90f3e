//! What the chains show of one worker: every record tied to a signed head, completeness chain by chain, and the account that the records give.

use crate::{
    ChainEvidence, Completeness, HiddenRecord, Refuted, RegisterEvidence,
    evidence::prove,
    register::{confirmed, prove_part},
};
use std::collections::BTreeSet;
use yizhang_entitlement::{Account, Policy, Sealed, fold, linked_accounts};
use yizhang_ledger::{
    Verified,
    fact::{Fact, under_names},
    head::Head,
    person::{AccountId, Names},
    roster::Roster,
    value::{Day, Division},
};

/// Whose records they are said to be.
#[derive(Clone)]
pub(crate) struct Owner {
    /// Whose account it is.
    pub(crate) account: AccountId,
    /// The accounts that the records are under.
    pub(crate) accounts: BTreeSet<AccountId>,
    /// Accounts that somebody linked to these, and that are another person's.
    pub(crate) strangers: BTreeSet<AccountId>,
    /// Pseudonyms of other secrets that the accounts have records under, on somebody's word.
    pub(crate) names: Names,
    /// Pseudonyms of the owner that whoever checks knows himself.
    pub(crate) known: BTreeSet<AccountId>,
    /// Of an excerpt, what is hidden of each chain.
    pub(crate) hidden: Option<Vec<Vec<HiddenRecord>>>,
}

/// What the records show.
pub(crate) struct Believed {
    /// The account that they give.
    pub(crate) account: Account,
    /// Its JSON and digest.
    pub(crate) sealed: Sealed,
    /// Records, each counted once.
    pub(crate) records: usize,
    /// The heads that they are under.
    pub(crate) heads: Vec<Head>,
    /// Of each chain of the roster, up to where nothing was left out.
    pub(crate) completeness: Vec<Completeness>,
}

impl Owner {
    /// Ties every record to a signed head and folds them as of a day.
    ///
    /// # Errors
    /// [`Refuted`], by the first thing that does not hold.
    pub(crate) fn believe(
        &self,
        chains: &[ChainEvidence],
        roster: &Roster,
        policy: &Policy,
        as_of: Day,
    ) -> Result<Believed, Refuted> {
        let heads = open_heads(chains, roster)?;
        let mut completeness = nothing_shown(roster);
        let pseudonyms = self.names.with_others(&self.accounts);
        let mut facts = Vec::new();
        for (at, (chain, head)) in chains.iter().zip(&heads).enumerate() {
            let hidden = self.hidden.as_ref().and_then(|hidden| hidden.get(at));
            let hidden = hidden.map_or(&[][..], Vec::as_slice);
            let Some(register) = &chain.register else {
                facts.extend(prove(head, &chain.records)?);
                continue;
            };
            let complete = prove_part(head, &pseudonyms, register, &chain.records, hidden)?;
            let mirrors = confirmed(head, &chain.head, register, roster)?;
            facts.extend(complete.facts);
            let of_chain = |one: &&mut Completeness| one.chain == head.origin;
            if let Some(one) = completeness.iter_mut().find(of_chain)
                && self.is_of_all_known(register)
            {
                one.through = Some(complete.through);
                one.mirrors = mirrors;
            }
        }
        let facts = under_names(facts, &self.names);
        self.ensure_own(&facts, policy, as_of)?;
        let account = fold(&facts, policy, as_of).with_account_id(self.account);
        // The same record sent twice to a chain is one record.
        let distinct: BTreeSet<_> = facts.iter().map(|fact| (fact.region, fact.id)).collect();
        Ok(Believed {
            sealed: account.sealed(),
            account,
            records: distinct.len(),
            heads: heads.into_iter().map(Verified::into_inner).collect(),
            completeness,
        })
    }

    /// Whether a register is shown for every pseudonym of the owner that is known here: under one that the node does not know there
    /// could be more.
    fn is_of_all_known(&self, register: &RegisterEvidence) -> bool {
        let is_shown =
            |known: &AccountId| register.accounts.iter().any(|one| one.account == *known);
        self.known.iter().all(is_shown)
    }

    /// Refuses records of others, accounts that the records do not tie to the owner, and linked accounts of which nothing is said.
    fn ensure_own(
        &self,
        facts: &[Verified<Fact<'_>>],
        policy: &Policy,
        as_of: Day,
    ) -> Result<(), Refuted> {
        self.ensure_linked(facts, policy, as_of)?;
        for fact in facts {
            let is_own = fact
                .record
                .accounts()
                .any(|account| self.accounts.contains(&account));
            if !is_own {
                return Err(Refuted::ForeignRecord {
                    chain: fact.region,
                    at: fact.index,
                });
            }
        }
        Ok(())
    }

    /// Refuses accounts that the records do not tie to the owner, and linked ones of which nothing is said. Of an excerpt the links may be hidden.
    fn ensure_linked(
        &self,
        facts: &[Verified<Fact<'_>>],
        policy: &Policy,
        as_of: Day,
    ) -> Result<(), Refuted> {
        if self.hidden.is_some() {
            return Ok(());
        }
        let linked = linked_accounts(self.account, &self.accounts, facts, policy, as_of);
        let unsaid = linked
            .next
            .iter()
            .filter(|account| !self.strangers.contains(account));
        let unsaid = unsaid.count();
        if linked.tied != self.accounts || unsaid > 0 {
            return Err(Refuted::OtherAccounts {
                // Both lie in memory: they do not come near the end of the numbers.
                linked: linked.tied.len().saturating_add(unsaid),
                found: self.accounts.len(),
            });
        }
        Ok(())
    }
}

/// The chains of a roster, of which nothing is shown yet.
fn nothing_shown(roster: &Roster) -> Vec<Completeness> {
    let chains = roster.origins().map(|chain| Completeness {
        chain: chain.clone(),
        through: None,
        mirrors: Vec::<Division>::new(),
    });
    chains.collect()
}

/// The heads of the evidence, verified, in its order.
fn open_heads(chains: &[ChainEvidence], roster: &Roster) -> Result<Vec<Verified<Head>>, Refuted> {
    let mut heads: Vec<Verified<Head>> = Vec::with_capacity(chains.len());
    for chain in chains {
        let head = Head::open(&chain.head, roster)?;
        if roster.is_in_doubt(&head) {
            return Err(Refuted::HeadInDoubt {
                chain: head.origin.region(),
                size: head.size,
            });
        }
        if heads.iter().any(|known| known.origin == head.origin) {
            return Err(Refuted::TwoHeads {
                chain: head.origin.clone(),
            });
        }
        chain.ensure_ascending(&head)?;
        heads.push(head);
    }
    Ok(heads)
}
