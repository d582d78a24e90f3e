//! The row lists of an import: what its receipts need beside them so that the file can be held against them without a network.

use crate::{
    federation::random_bytes,
    pseudonyms::{NodePseudonyms, file_error},
};
use rust_i18n::t;
use std::{
    collections::{BTreeMap, HashMap},
    error::Error,
    sync::{Mutex, PoisonError},
};
use yizhang_intake::{Column, FileFault, Pseudonyms, Submission};
use yizhang_ledger::{
    batch::{RecordBlock, SubmissionId},
    hash::Hash,
    person::{AccountId, FederationSecret, SocialSecurityNumber},
};
use yizhang_statement::{ListedPerson, ListedRow, RowList};

/// Persons after which those asked for before the last so many are forgotten: a submission has two persons in each of 16,384 rows at most, of
/// which those of one block are asked for ahead of it.
const RECENT_MAX: usize = 65_536;

/// The pseudonyms of a node, and which number became which, for the persons that were asked for last.
pub(super) struct Remembered<'n> {
    node: &'n NodePseudonyms,
    salt: [u8; 32],
    marks: FederationSecret,
    recent: Mutex<Recent>,
}

/// Marks by account.
#[derive(Default)]
struct Recent {
    last: HashMap<AccountId, AccountId>,
    before: HashMap<AccountId, AccountId>,
}

impl<'n> Remembered<'n> {
    /// Of a node, under a salt of this import's own.
    pub(super) fn new(node: &'n NodePseudonyms) -> anyhow::Result<Self> {
        let salt = random_bytes()?;
        Ok(Self {
            node,
            salt,
            marks: FederationSecret::new(salt),
            recent: Mutex::default(),
        })
    }

    pub(super) const fn salt(&self) -> &[u8; 32] {
        &self.salt
    }

    /// The mark of somebody in the rows that were read last.
    fn mark(&self, account: AccountId) -> Option<AccountId> {
        let recent = self.recent.lock().unwrap_or_else(PoisonError::into_inner);
        let mark = recent.last.get(&account);
        mark.or_else(|| recent.before.get(&account)).copied()
    }
}

impl Pseudonyms for Remembered<'_> {
    fn accounts(
        &self,
        numbers: &[SocialSecurityNumber],
    ) -> Result<Vec<AccountId>, Box<dyn Error + Send + Sync>> {
        let accounts = self.node.accounts(numbers)?;
        let mut recent = self.recent.lock().unwrap_or_else(PoisonError::into_inner);
        if recent.last.len().saturating_add(numbers.len()) > RECENT_MAX {
            recent.before = std::mem::take(&mut recent.last);
        }
        for (number, account) in numbers.iter().zip(&accounts) {
            recent.last.insert(*account, self.marks.account_id(number));
        }
        Ok(accounts)
    }
}

/// A submission that is ready to be sent.
pub(crate) struct Ready {
    pub(crate) id: SubmissionId,
    pub(crate) block: RecordBlock,
    /// What is kept beside its receipt, where that is kept.
    pub(crate) list: Option<RowList>,
}

impl Ready {
    /// A submission whose receipt is not kept.
    ///
    /// # Errors
    /// One that is none.
    pub(super) fn alone(submission: Submission) -> anyhow::Result<Self> {
        Ok(Self {
            id: submission.id,
            block: RecordBlock::parse(submission.bytes)?,
            list: None,
        })
    }
}

/// Makes submissions ready, on the thread that reads them: the persons in them are remembered no longer than that takes.
pub(super) struct Lister<'r> {
    remembered: &'r Remembered<'r>,
    columns: Vec<String>,
}

impl<'r> Lister<'r> {
    pub(super) fn new(remembered: &'r Remembered<'r>, columns: &[Column]) -> Self {
        let names = columns.iter().map(|column| column.english().to_owned());
        Self {
            remembered,
            columns: names.collect(),
        }
    }

    /// A submission that was read.
    ///
    /// # Errors
    /// Why it was not read, and one that is none.
    pub(super) fn ready(&self, read: Result<Submission, FileFault>) -> anyhow::Result<Ready> {
        let submission = read.map_err(stopped)?;
        let mut marks = BTreeMap::new();
        let block = RecordBlock::parse_with(submission.bytes, |record| {
            for account in record.accounts() {
                // Every account of a row was asked for with its block.
                if let Some(mark) = self.remembered.mark(account) {
                    marks.insert(mark, account);
                }
            }
        })?;
        let rows = submission.lines.iter().zip(block.leaves());
        let rows = rows.map(|(line, leaf): (&u64, &Hash)| ListedRow {
            line: *line,
            leaf: *leaf,
        });
        let persons = marks
            .into_iter()
            .map(|(mark, account)| ListedPerson { mark, account });
        let list = RowList {
            submission: submission.id,
            salt: *self.remembered.salt(),
            columns: self.columns.clone(),
            rows: rows.collect(),
            checks: submission.cells,
            persons: persons.collect(),
        };
        Ok(Ready {
            id: submission.id,
            block,
            list: Some(list),
        })
    }
}

/// Why the file was not read to its end: what a node has not told can be asked for again.
fn stopped(fault: FileFault) -> anyhow::Error {
    let can_be_repeated = matches!(fault, FileFault::Pseudonyms(_));
    let error = file_error(fault);
    if can_be_repeated {
        error.context(t!("import.again"))
    } else {
        error
    }
}
