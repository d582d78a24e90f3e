//! The list of rows beside a receipt: which record each row of the file became, and which account each person in it is, so that the file
//! can be held against the receipt years later, without a network (docs/FORMAT.md, section 14, "Row lists").

use crate::{ReceiptFault, ReceiptFile};
use core::fmt;
use yizhang_ledger::{
    batch::{BATCH_RECORDS_MAX, SubmissionId},
    hash::{Hash, derive},
    person::AccountId,
    value::TreeSize,
};

/// First bytes of a row list.
pub const ROW_LIST_MAGIC: [u8; 8] = *b"YZROW\0\x01\n";
/// Context of the checksum at its end.
pub const ROW_LIST_CONTEXT: &str = "yizhang 2026-11-30 v1 row list checksum";
/// Most columns that it has checks of: more than there are.
pub const ROW_LIST_COLUMNS_MAX: usize = 128;
/// Most persons that it names: two a row.
pub const ROW_LIST_PERSONS_MAX: usize = 2 * BATCH_RECORDS_MAX;
/// Characters of a column's name, at most.
const NAME_BYTES_MAX: usize = 32;
const CHECKSUM_BYTES: usize = 16;
/// Its beginning, before the names of columns.
const START_BYTES: usize = 8 + 16 + 32 + 3 * 4;
/// Line and leaf of a row, without its checks.
const ROW_BYTES: usize = 8 + 32;
const PERSON_BYTES: usize = 16 + 16;
/// Largest row list.
pub const ROW_LIST_BYTES_MAX: usize = START_BYTES
    + ROW_LIST_COLUMNS_MAX * (1 + NAME_BYTES_MAX)
    + BATCH_RECORDS_MAX * (ROW_BYTES + ROW_LIST_COLUMNS_MAX)
    + ROW_LIST_PERSONS_MAX * PERSON_BYTES
    + CHECKSUM_BYTES;

/// What ties the rows of a file to the records of a receipt. Nobody has signed it: the receipt shows whether its leaves are right.
#[derive(Clone, PartialEq, Eq)]
pub struct RowList {
    /// The submission that the receipt is for.
    pub submission: SubmissionId,
    /// What the numbers of the persons and the checks of cells are salted with.
    pub salt: [u8; 32],
    /// English names of the columns that were read.
    pub columns: Vec<String>,
    /// The rows, in the order of the records.
    pub rows: Vec<ListedRow>,
    /// Their checks, for each row one byte a column.
    pub checks: Vec<u8>,
    /// The persons in them, ascending by mark.
    pub persons: Vec<ListedPerson>,
}

/// A row that became a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ListedRow {
    /// Line where it began at the import.
    pub line: u64,
    /// The leaf hash of its record.
    pub leaf: Hash,
}

/// A person whom the rows name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ListedPerson {
    /// What the number becomes with the salt in place of a federation secret.
    pub mark: AccountId,
    /// The pseudonym that the node told at the import.
    pub account: AccountId,
}

/// Why a row list is none, or not of a receipt.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RowListFault {
    /// It is larger than any.
    #[error("a row list has at most {ROW_LIST_BYTES_MAX} bytes, this one has {found}")]
    TooLarge {
        /// Bytes found.
        found: usize,
    },
    /// It is not of the form.
    #[error("the row list: {reason}")]
    Form {
        /// What is wrong.
        reason: &'static str,
    },
    /// It was damaged, or changed by hand.
    #[error("the row list is damaged: its checksum is another")]
    Damaged,
    /// It is of another submission than the receipt.
    #[error("the row list is of submission {found}, the receipt of {expected}")]
    OtherSubmission {
        /// That of the receipt.
        expected: SubmissionId,
        /// That of the list.
        found: SubmissionId,
    },
    /// Its leaves are not those that the receipt is for.
    #[error("the row list: {0}")]
    Leaves(#[from] ReceiptFault),
}

impl fmt::Debug for RowList {
    /// Marks and accounts name persons.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (rows, persons) = (self.rows.len(), self.persons.len());
        write!(
            f,
            "RowList({}, {rows} rows, {persons} persons)",
            self.submission
        )
    }
}

impl RowList {
    /// The bytes of the file.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = ROW_LIST_MAGIC.to_vec();
        bytes.extend(self.submission.0);
        bytes.extend(self.salt);
        for count in [self.columns.len(), self.rows.len(), self.persons.len()] {
            bytes.extend(u32::try_from(count).unwrap_or(u32::MAX).to_le_bytes());
        }
        for name in &self.columns {
            bytes.push(u8::try_from(name.len()).unwrap_or(u8::MAX));
            bytes.extend(name.as_bytes());
        }
        for (at, row) in self.rows.iter().enumerate() {
            bytes.extend(row.line.to_le_bytes());
            bytes.extend(row.leaf.0);
            bytes.extend(self.checks_of(at));
        }
        for person in &self.persons {
            bytes.extend(person.mark.0);
            bytes.extend(person.account.0);
        }
        bytes.extend(checksum(&bytes));
        bytes
    }

    /// Reads a file; nothing about it is believed yet.
    ///
    /// # Errors
    /// [`RowListFault::TooLarge`], [`RowListFault::Form`], [`RowListFault::Damaged`].
    pub fn parse(bytes: &[u8]) -> Result<Self, RowListFault> {
        if bytes.len() > ROW_LIST_BYTES_MAX {
            return Err(RowListFault::TooLarge { found: bytes.len() });
        }
        let (content, end) = bytes.split_last_chunk::<CHECKSUM_BYTES>().ok_or(CUT_OFF)?;
        let mut reader = Reader { rest: content };
        if reader.array()? != ROW_LIST_MAGIC {
            return Err(form("it does not begin as one of version 1"));
        }
        if checksum(content) != *end {
            return Err(RowListFault::Damaged);
        }
        let submission = SubmissionId(reader.array()?);
        let salt = reader.array()?;
        let columns = reader.count(ROW_LIST_COLUMNS_MAX)?;
        let rows = reader.count(BATCH_RECORDS_MAX)?;
        let persons = reader.count(ROW_LIST_PERSONS_MAX)?;
        let mut list = Self {
            submission,
            salt,
            columns: Vec::new(),
            rows: Vec::new(),
            checks: Vec::new(),
            persons: Vec::new(),
        };
        for _ in 0..columns {
            list.columns.push(reader.name()?);
        }
        for _ in 0..rows {
            let line = u64::from_le_bytes(reader.array()?);
            let leaf = Hash(reader.array()?);
            list.rows.push(ListedRow { line, leaf });
            list.checks.extend(reader.take(columns)?);
        }
        for _ in 0..persons {
            let mark = AccountId(reader.array()?);
            let account = AccountId(reader.array()?);
            list.persons.push(ListedPerson { mark, account });
        }
        if !reader.rest.is_empty() {
            return Err(form("something stands behind the last person"));
        }
        if !list.persons.is_sorted_by(|one, next| one.mark < next.mark) {
            return Err(form("its persons do not ascend"));
        }
        Ok(list)
    }

    /// Whether its rows are the records of a receipt, which must have been verified: then every leaf in it stands in the chain.
    ///
    /// # Errors
    /// [`RowListFault::OtherSubmission`], [`RowListFault::Leaves`].
    pub fn check(&self, receipt: &ReceiptFile, size: TreeSize) -> Result<(), RowListFault> {
        if self.submission != receipt.submission {
            return Err(RowListFault::OtherSubmission {
                expected: receipt.submission,
                found: self.submission,
            });
        }
        let leaves: Vec<Hash> = self.rows.iter().map(|row| row.leaf).collect();
        Ok(receipt.is_for(&leaves, size)?)
    }

    /// The checks of a row's cells, in the order of the columns.
    pub fn checks_of(&self, row: usize) -> &[u8] {
        let width = self.columns.len();
        let start = row.saturating_mul(width);
        self.checks
            .get(start..start.saturating_add(width))
            .unwrap_or_default()
    }
}

const CUT_OFF: RowListFault = form("it is cut off");

const fn form(reason: &'static str) -> RowListFault {
    RowListFault::Form { reason }
}

fn checksum(content: &[u8]) -> [u8; CHECKSUM_BYTES] {
    derive(ROW_LIST_CONTEXT, &[content]).first()
}

struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    fn take(&mut self, count: usize) -> Result<&'a [u8], RowListFault> {
        let (taken, rest) = self.rest.split_at_checked(count).ok_or(CUT_OFF)?;
        self.rest = rest;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], RowListFault> {
        let (taken, rest) = self.rest.split_first_chunk().ok_or(CUT_OFF)?;
        self.rest = rest;
        Ok(*taken)
    }

    fn count(&mut self, most: usize) -> Result<usize, RowListFault> {
        let count = usize::try_from(u32::from_le_bytes(self.array()?)).unwrap_or(usize::MAX);
        if count > most {
            return Err(form(
                "it has more columns, rows or persons than one may have",
            ));
        }
        Ok(count)
    }

    fn name(&mut self) -> Result<String, RowListFault> {
        let [length] = self.array()?;
        let name = self.take(usize::from(length))?;
        if name.is_empty() || name.len() > NAME_BYTES_MAX || !name.is_ascii() {
            return Err(form("the name of a column is not 1 to 32 ASCII characters"));
        }
        core::str::from_utf8(name)
            .map(str::to_owned)
            .map_err(|_| form("the name of a column is not ASCII"))
    }
}
