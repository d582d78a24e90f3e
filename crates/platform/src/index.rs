//! The index of a month: finds the row of an order, the rows and the record of a month, the months of a worker.

use crate::{
    fault::OrdersFault,
    index_file::{FileKind, IndexFile, Subject},
    row::number_hash,
};
use std::{ops::Range, path::Path};
use yizhang_ledger::{
    entry::Entry,
    hash::{Hash, derive},
    order::{self, OrderRow, OrderSalt},
    person::AccountId,
    record::{PlatformMonth, Record},
    tree,
    value::LeafIndex,
};

/// Bytes of an order in the index: hash of the number, place of the row, month.
pub(crate) const ORDER_BYTES: usize = 20;
/// Bytes of a month.
const MONTH_BYTES: usize = 40;
/// Bytes before a row: its length and its salt.
const ROW_HEAD_BYTES: usize = 18;
/// Context of [`Index::digest`].
const DIGEST_CONTEXT: &str = "yizhang 2026-11-30 v1 index of orders";

/// Where a month stands.
#[derive(Clone, Copy)]
pub(crate) struct MonthPlace {
    pub(crate) rows_from: u64,
    pub(crate) rows_bytes: u64,
    pub(crate) rows: u64,
    pub(crate) entry_from: u64,
    pub(crate) entry_bytes: u64,
}

impl MonthPlace {
    pub(crate) fn to_bytes(self) -> [u8; MONTH_BYTES] {
        let numbers = [
            self.rows_from,
            self.rows_bytes,
            self.rows,
            self.entry_from,
            self.entry_bytes,
        ];
        let mut bytes = [0; MONTH_BYTES];
        let text = numbers.into_iter().flat_map(u64::to_le_bytes);
        for (to, from) in bytes.iter_mut().zip(text) {
            *to = from;
        }
        bytes
    }

    fn of(bytes: &[u8]) -> Option<Self> {
        let (numbers, []) = bytes.as_chunks::<8>() else {
            return None;
        };
        let [rows_from, rows_bytes, rows, entry_from, entry_bytes] = numbers else {
            return None;
        };
        Some(Self {
            rows_from: u64::from_le_bytes(*rows_from),
            rows_bytes: u64::from_le_bytes(*rows_bytes),
            rows: u64::from_le_bytes(*rows),
            entry_from: u64::from_le_bytes(*entry_from),
            entry_bytes: u64::from_le_bytes(*entry_bytes),
        })
    }
}

/// A row as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptRow {
    /// Its salt.
    pub salt: OrderSalt,
    /// Its bytes, for [`OrderRow::read`].
    pub bytes: Vec<u8>,
}

/// A row with what ties it to the record of its month.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundOrder {
    /// Salt and bytes.
    pub row: KeptRow,
    /// Its place in the month, from 0.
    pub index: u64,
    /// From its leaf to the root of the month.
    pub path: Vec<Hash>,
    /// The month, by its place in the index.
    pub month: u64,
}

/// An index that was built.
pub struct Index {
    pub(crate) subject: Subject,
    rows: IndexFile,
    orders: IndexFile,
    months: IndexFile,
    entries: IndexFile,
}

impl Index {
    /// Opens the index in a folder.
    ///
    /// # Errors
    /// [`OrdersFault::Index`], [`OrdersFault::Damaged`].
    pub fn open(folder: &Path, subject: &Subject) -> Result<Self, OrdersFault> {
        let file = |kind| IndexFile::open(folder, kind, subject);
        Ok(Self {
            subject: subject.clone(),
            rows: file(FileKind::Rows)?,
            orders: file(FileKind::Orders)?,
            months: file(FileKind::Months)?,
            entries: file(FileKind::Entries)?,
        })
    }

    /// Reads all of it, and compares the checksums.
    ///
    /// # Errors
    /// [`OrdersFault::Damaged`], [`OrdersFault::Index`].
    pub fn verify(&self) -> Result<(), OrdersFault> {
        for file in [&self.rows, &self.orders, &self.months, &self.entries] {
            file.verify()?;
        }
        Ok(())
    }

    /// Equal for equal content: over the checksums of its files.
    ///
    /// # Errors
    /// [`OrdersFault::Index`].
    pub fn digest(&self) -> Result<Hash, OrdersFault> {
        let mut sums = Vec::new();
        for file in [&self.rows, &self.orders, &self.months, &self.entries] {
            sums.extend_from_slice(&file.stated_sum()?.0);
        }
        Ok(derive(DIGEST_CONTEXT, &[&sums]))
    }

    /// How many months it has.
    pub const fn months(&self) -> u64 {
        self.months.length() / MONTH_BYTES as u64
    }

    fn place(&self, month: u64) -> Result<MonthPlace, OrdersFault> {
        let bytes = self.months.read(month * MONTH_BYTES as u64, MONTH_BYTES)?;
        let place = MonthPlace::of(&bytes);
        place.ok_or_else(|| self.months.damaged("a month has no place"))
    }

    /// The entry of the record of a month.
    ///
    /// # Errors
    /// [`OrdersFault::Index`], [`OrdersFault::Damaged`].
    pub fn entry(&self, month: u64) -> Result<Vec<u8>, OrdersFault> {
        let place = self.place(month)?;
        let length = self.length(place.entry_bytes)?;
        self.entries.read(place.entry_from, length)
    }

    /// More than a month may have is more than was written.
    fn length(&self, bytes: u64) -> Result<usize, OrdersFault> {
        const BYTES_MAX: u64 = order::MONTH_ROWS_MAX as u64 * 65_536;
        let length = usize::try_from(bytes).ok();
        length
            .filter(|_| bytes <= BYTES_MAX)
            .ok_or_else(|| self.months.damaged("a month is longer than any"))
    }

    /// The rows of a month, in their order.
    ///
    /// # Errors
    /// [`OrdersFault::Index`], [`OrdersFault::Damaged`].
    pub fn rows(&self, month: u64) -> Result<Vec<KeptRow>, OrdersFault> {
        let place = self.place(month)?;
        let bytes = self
            .rows
            .read(place.rows_from, self.length(place.rows_bytes)?)?;
        let mut rest = bytes.as_slice();
        let mut rows = Vec::new();
        while !rest.is_empty() {
            let (row, behind) =
                split_row(rest).ok_or_else(|| self.rows.damaged("a row is cut off"))?;
            rows.push(row);
            rest = behind;
        }
        Ok(rows)
    }

    /// The row of an order; none if the month has no such order.
    ///
    /// # Errors
    /// [`OrdersFault::Index`], [`OrdersFault::Damaged`].
    pub fn find(&self, order: &str) -> Result<Option<FoundOrder>, OrdersFault> {
        let hash = number_hash(order);
        let count = self.orders.length() / ORDER_BYTES as u64;
        let mut at = first_where(count, |at| Ok(self.order_at(at)?.0 >= hash))?;
        while at < count {
            let (found, month) = self.order_at(at)?;
            if found != hash {
                break;
            }
            if let Some(found) = self.find_in(month, order)? {
                return Ok(Some(found));
            }
            at += 1;
        }
        Ok(None)
    }

    /// Hash of the number and month of an order of the index.
    fn order_at(&self, at: u64) -> Result<(u64, u64), OrdersFault> {
        let bytes = self.orders.read(at * ORDER_BYTES as u64, ORDER_BYTES)?;
        let numbers = bytes.first_chunk().zip(bytes.last_chunk());
        let (hash, month) = numbers.ok_or_else(|| self.orders.damaged("an order is cut off"))?;
        Ok((u64::from_be_bytes(*hash), u32::from_be_bytes(*month).into()))
    }

    fn find_in(&self, month: u64, order: &str) -> Result<Option<FoundOrder>, OrdersFault> {
        let rows = self.rows(month)?;
        let is_it =
            |row: &KeptRow| OrderRow::read(&row.bytes).is_ok_and(|row| row.order.as_str() == order);
        let Some(at) = rows.iter().position(is_it) else {
            return Ok(None);
        };
        let leaf = |row: &KeptRow| order::leaf(&row.salt, &row.bytes);
        let leaves: Vec<Hash> = rows.iter().map(leaf).collect();
        let path = tree::inclusion_path(&leaves, at).unwrap_or_default();
        let row = rows.into_iter().nth(at);
        Ok(row.map(|row| FoundOrder {
            row,
            index: at as u64,
            path,
            month,
        }))
    }

    /// The months of a worker.
    ///
    /// # Errors
    /// [`OrdersFault::Index`], [`OrdersFault::Damaged`].
    pub fn months_of(&self, account: AccountId) -> Result<Range<u64>, OrdersFault> {
        let from = first_where(self.months(), |at| Ok(self.account_of(at)? >= account))?;
        let to = first_where(self.months(), |at| Ok(self.account_of(at)? > account))?;
        Ok(from..to)
    }

    fn account_of(&self, month: u64) -> Result<AccountId, OrdersFault> {
        let entry = self.entry(month)?;
        let record = month_of(&entry);
        let record = record.ok_or_else(|| self.entries.damaged("a record is none of a month"))?;
        Ok(record.account)
    }
}

/// The record of a month in its entry.
pub fn month_of(entry: &[u8]) -> Option<PlatformMonth<'_>> {
    let entry = Entry::parse(entry, LeafIndex(0)).ok()?;
    match Record::read(&entry).ok()? {
        Record::PlatformMonth(month) => Some(month),
        _ => None,
    }
}

fn split_row(bytes: &[u8]) -> Option<(KeptRow, &[u8])> {
    let (head, rest) = bytes.split_at_checked(ROW_HEAD_BYTES)?;
    let (length, salt) = head.split_first_chunk()?;
    let (row, rest) = rest.split_at_checked(u16::from_le_bytes(*length).into())?;
    let row = KeptRow {
        salt: OrderSalt(salt.try_into().ok()?),
        bytes: row.to_vec(),
    };
    Some((row, rest))
}

/// The first place below `count` from which on something holds; `count` if nowhere.
fn first_where(
    count: u64,
    holds: impl Fn(u64) -> Result<bool, OrdersFault>,
) -> Result<u64, OrdersFault> {
    let (mut low, mut high) = (0, count);
    while low < high {
        let middle = low + (high - low) / 2;
        if holds(middle)? {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    Ok(low)
}
