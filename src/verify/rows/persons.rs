//! The persons of a file as its row lists know them: no node is asked.

use std::{collections::HashMap, error::Error};
use yizhang_intake::Pseudonyms;
use yizhang_ledger::person::{AccountId, FederationSecret, SocialSecurityNumber};
use yizhang_statement::RowList;

/// The persons of all row lists, by import: the salt is one import's own.
pub(super) struct KnownPersons {
    imports: Vec<Import>,
    /// The one whose pseudonyms go first: a secret may have been replaced between two imports.
    preferred: usize,
}

struct Import {
    salt: [u8; 32],
    marks: FederationSecret,
    accounts: HashMap<AccountId, AccountId>,
}

impl KnownPersons {
    pub(super) fn of<'l>(lists: impl Iterator<Item = &'l RowList>) -> Self {
        let mut imports: Vec<Import> = Vec::new();
        for list in lists {
            let known = imports.iter().position(|import| import.salt == list.salt);
            let at = known.unwrap_or(imports.len());
            if known.is_none() {
                imports.push(Import {
                    salt: list.salt,
                    marks: FederationSecret::new(list.salt),
                    accounts: HashMap::new(),
                });
            }
            let persons = list.persons.iter();
            imports[at]
                .accounts
                .extend(persons.map(|person| (person.mark, person.account)));
        }
        Self {
            imports,
            preferred: 0,
        }
    }

    /// Takes the pseudonyms of one import before those of all others.
    pub(super) fn prefer(&mut self, salt: &[u8; 32]) {
        let at = self.imports.iter().position(|import| import.salt == *salt);
        self.preferred = at.unwrap_or(0);
    }

    /// Nobody whom no list names has an account here: the mark stands for one that is in no chain.
    fn account(&self, number: &SocialSecurityNumber) -> AccountId {
        let preferred = &self.imports[self.preferred];
        let mark = preferred.marks.account_id(number);
        if let Some(account) = preferred.accounts.get(&mark) {
            return *account;
        }
        let others = self.imports.iter();
        let mut known = others.filter_map(|import| {
            let mark = import.marks.account_id(number);
            import.accounts.get(&mark)
        });
        known.next().copied().unwrap_or(mark)
    }
}

impl Pseudonyms for KnownPersons {
    fn accounts(
        &self,
        numbers: &[SocialSecurityNumber],
    ) -> Result<Vec<AccountId>, Box<dyn Error + Send + Sync>> {
        Ok(numbers.iter().map(|number| self.account(number)).collect())
    }
}
