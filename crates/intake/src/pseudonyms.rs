//! Numbers of persons to pseudonyms: asked for many at a time, of whoever holds the federation secret.

use crate::{
    column::Column, file_fault::FileFault, raw_row::RawRow, row_cells::Context,
    row_reader::RowReader,
};
use std::{collections::BTreeMap, error::Error};
use yizhang_ledger::person::{AccountId, FederationSecret, SocialSecurityNumber};

/// Rows that are read before the persons in them are asked for. One row names two persons at most.
pub const BLOCK_ROWS_MAX: usize = 1_024;
/// Bytes of cells after which a block ends before it has so many rows.
const BLOCK_BYTES_MAX: usize = 4 * 1_024 * 1_024;
/// Columns that name a person.
const PERSONS: [Column; 2] = [Column::Person, Column::OtherPerson];

/// Who knows the pseudonyms of persons: a node, which holds the federation secret, or for a check that sends nothing a secret that is
/// thrown away.
pub trait Pseudonyms: Sync {
    /// The accounts of these persons, one for each and in their order: at most twice [`BLOCK_ROWS_MAX`], all different.
    ///
    /// # Errors
    /// Whatever keeps them from being told, in words for people.
    fn accounts(
        &self,
        numbers: &[SocialSecurityNumber],
    ) -> Result<Vec<AccountId>, Box<dyn Error + Send + Sync>>;
}

impl Pseudonyms for FederationSecret {
    fn accounts(
        &self,
        numbers: &[SocialSecurityNumber],
    ) -> Result<Vec<AccountId>, Box<dyn Error + Send + Sync>> {
        Ok(numbers
            .iter()
            .map(|number| self.account_id(number))
            .collect())
    }
}

/// The persons of a block of rows, with their accounts.
#[derive(Default)]
pub(crate) struct Persons(BTreeMap<SocialSecurityNumber, AccountId>);

impl Persons {
    /// Asks for the accounts of everybody whom these rows name. What is no number is not asked for: its row is faulty.
    pub(crate) fn of(
        rows: &[RawRow],
        context: &Context<'_>,
        pseudonyms: &dyn Pseudonyms,
    ) -> Result<Self, FileFault> {
        let mut persons = BTreeMap::new();
        for row in rows.iter().filter(|row| row.fault.is_none()) {
            for column in PERSONS {
                let number = context.text(row, column).map(SocialSecurityNumber::parse);
                if let Ok(Ok(number)) = number {
                    persons.insert(number, AccountId([0; 16]));
                }
            }
        }
        let numbers: Vec<SocialSecurityNumber> = persons.keys().cloned().collect();
        if numbers.is_empty() {
            return Ok(Self::default());
        }
        let accounts = pseudonyms
            .accounts(&numbers)
            .map_err(FileFault::Pseudonyms)?;
        assert_eq!(accounts.len(), numbers.len(), "one account for each number");
        Ok(Self(numbers.into_iter().zip(accounts).collect()))
    }

    /// The account of somebody whom a row of the block names.
    pub(crate) fn account(&self, number: &SocialSecurityNumber) -> AccountId {
        *self
            .0
            .get(number)
            .expect("every number in these columns was asked for with its block")
    }
}

/// Some rows at a time, as they stand in the file.
#[derive(Default)]
pub(crate) struct Block {
    rows: Vec<RawRow>,
    /// How many of them are of this block; the others are left from one before, for their memory.
    filled: usize,
    /// The next one to hand out.
    next: usize,
    /// Why the file cannot be read beyond the block.
    ended_by: Option<FileFault>,
}

impl Block {
    /// Reads the next rows: none at the end of the file.
    pub(crate) fn read(&mut self, reader: &mut RowReader) {
        self.filled = 0;
        self.next = 0;
        let mut bytes: usize = 0;
        while self.filled < BLOCK_ROWS_MAX && bytes < BLOCK_BYTES_MAX {
            if self.rows.len() == self.filled {
                self.rows.push(RawRow::default());
            }
            let row = self
                .rows
                .get_mut(self.filled)
                .expect("a row was just put there");
            match reader.next(row) {
                Ok(true) => {}
                Ok(false) => return,
                Err(fault) => {
                    self.ended_by = Some(fault);
                    return;
                }
            }
            self.filled += 1;
            bytes += row.bytes();
        }
    }

    /// The rows of the block.
    pub(crate) fn rows(&self) -> &[RawRow] {
        self.rows.get(..self.filled).expect("so many were read")
    }

    /// The next row.
    pub(crate) fn next(&mut self) -> Option<&RawRow> {
        let row = self.rows.get(..self.filled)?.get(self.next)?;
        self.next += 1;
        Some(row)
    }

    /// Whether every row has been handed out.
    pub(crate) const fn is_spent(&self) -> bool {
        self.next >= self.filled
    }

    /// Why the file cannot be read beyond the block.
    pub(crate) const fn take_fault(&mut self) -> Option<FileFault> {
        self.ended_by.take()
    }
}
