//! The first pass over an order file: every row is checked, persons become pseudonyms, and what is without fault goes to be sorted.

use crate::{
    error_file::ErrorFile,
    fault::{Fault, OrdersFault, RowFault},
    index_file::Subject,
    order_file::{Block, OrderFile, Share},
    row::{self, FileRow},
    sort::Sorter,
};
use rayon::prelude::*;
use std::{
    collections::{HashMap, HashSet},
    path::Path,
};
use yizhang_intake::{BLOCK_ROWS_MAX, FileFault, Pseudonyms};
use yizhang_ledger::{
    codec::{self, CodecFault},
    order::OrderRow,
    person::{AccountId, SocialSecurityNumber},
    value::Month,
};

/// Faults that a summary shows.
pub const FAULTS_SHOWN_MAX: usize = 20;
/// Most rows whose order number stands twice that are kept in memory, to be looked at once more.
pub const TWICE_MAX: usize = 1_000_000;
/// Rows that one core takes at a time.
const SHARE_ROWS: usize = 512;
/// Persons that are asked for at once.
const PERSONS_MAX: usize = 2 * BLOCK_ROWS_MAX;

/// The lines of a file: each is one of these.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Lines {
    /// All of them.
    pub all: u64,
    /// The header, and what stands above it.
    pub above: u64,
    /// Nothing stands there.
    pub blank: u64,
    /// Rows without fault.
    pub valid: u64,
    /// Rows with one.
    pub faulty: u64,
}

/// What a file is read with.
pub(crate) struct Reading<'r, 't> {
    pub(crate) file: &'r OrderFile,
    pub(crate) subject: &'r Subject,
    pub(crate) pseudonyms: &'r dyn Pseudonyms,
    pub(crate) errors: Option<&'r mut ErrorFile<'t>>,
    /// Is told how many bytes of the file were read.
    pub(crate) progress: &'r mut dyn FnMut(u64),
}

/// What the first pass leaves.
pub(crate) struct Scanned {
    pub(crate) lines: Lines,
    pub(crate) first_faults: Vec<RowFault>,
    pub(crate) rows: Sorter,
    /// Lines of rows whose order stands on an earlier line. They are among `rows` and are not to be taken.
    pub(crate) twice: HashSet<u64>,
}

/// Reads a file; files without a name in `folder` take what memory does not hold.
pub(crate) fn scan(reading: &mut Reading<'_, '_>, folder: &Path) -> Result<Scanned, OrdersFault> {
    let file = reading.file;
    let mut scanned = Scanned {
        lines: Lines::default(),
        first_faults: Vec::new(),
        rows: Sorter::new(folder),
        twice: HashSet::new(),
    };
    let mut numbers = Sorter::new(folder);
    let mut blocks = file.blocks()?;
    scanned.lines.above = blocks.number();
    let month = Some(reading.subject.month);
    while let Some(block) = blocks.next()? {
        let read = block.read(file.layout(), month);
        let rows = sift(reading, block, read, &mut scanned)?;
        let accounts = accounts_of(&rows, reading.pseudonyms)?;
        let subject = reading.subject;
        let records: Result<Vec<Records>, CodecFault> = rows
            .par_chunks(SHARE_ROWS)
            .map(|rows| records_of(rows, subject, &accounts))
            .collect();
        for record in records?.iter().flat_map(Records::iter) {
            scanned.rows.push(record)?;
        }
        for row in &rows {
            let hash = row.number_hash.to_be_bytes();
            let line = row.line.to_be_bytes();
            numbers.push([hash, line].as_flattened())?;
        }
        (reading.progress)(blocks.bytes());
    }
    scanned.lines.all = blocks.number();
    let suspects = suspects(numbers)?;
    if !suspects.is_empty() {
        tell_twice(reading, &suspects, &mut scanned)?;
    }
    if let Some(errors) = &mut reading.errors {
        errors.finish()?;
    }
    let Lines {
        all,
        above,
        blank,
        valid,
        faulty,
    } = scanned.lines;
    assert_eq!(
        all,
        above + blank + valid + faulty,
        "every line is one of these"
    );
    Ok(scanned)
}

/// Counts lines, reports faulty ones, and gives the rows.
fn sift(
    reading: &mut Reading<'_, '_>,
    block: &Block,
    read: Vec<Share>,
    scanned: &mut Scanned,
) -> Result<Vec<FileRow>, OrdersFault> {
    let mut rows = Vec::with_capacity(block.len());
    for mut share in read {
        scanned.lines.blank += share.blank;
        scanned.lines.valid += share.rows.len() as u64;
        scanned.lines.faulty += share.faulty.len() as u64;
        rows.append(&mut share.rows);
        for (at, faults) in share.faulty {
            report(reading, block.line(at), &faults, scanned)?;
        }
    }
    Ok(rows)
}

fn report(
    reading: &mut Reading<'_, '_>,
    line: &[u8],
    faults: &[RowFault],
    scanned: &mut Scanned,
) -> Result<(), OrdersFault> {
    let room = FAULTS_SHOWN_MAX.saturating_sub(scanned.first_faults.len());
    scanned
        .first_faults
        .extend(faults.iter().take(room).cloned());
    match &mut reading.errors {
        Some(errors) => errors.write(reading.file, line, faults),
        None => Ok(()),
    }
}

type Accounts = HashMap<SocialSecurityNumber, AccountId>;

/// Asks for the accounts of everybody in some rows.
fn accounts_of(rows: &[FileRow], pseudonyms: &dyn Pseudonyms) -> Result<Accounts, OrdersFault> {
    let persons: HashSet<&SocialSecurityNumber> = rows.iter().map(|row| &row.worker).collect();
    let persons: Vec<SocialSecurityNumber> = persons.into_iter().cloned().collect();
    let mut accounts = Accounts::with_capacity(persons.len());
    for some in persons.chunks(PERSONS_MAX) {
        let told = pseudonyms.accounts(some).map_err(FileFault::Pseudonyms)?;
        assert_eq!(told.len(), some.len(), "one account for each number");
        accounts.extend(some.iter().cloned().zip(told));
    }
    Ok(accounts)
}

/// Bytes of the key before the order number.
const KEY_BYTES: usize = 30;

/// Rows as they are sorted, one behind the other.
#[derive(Default)]
struct Records {
    bytes: Vec<u8>,
    ends: Vec<usize>,
}

impl Records {
    fn iter(&self) -> impl Iterator<Item = &[u8]> {
        let mut from = 0;
        self.ends.iter().map(move |end| {
            let record = self.bytes.get(from..*end);
            from = *end;
            record.expect("a record ends where the next one begins")
        })
    }
}

fn records_of(
    rows: &[FileRow],
    subject: &Subject,
    accounts: &Accounts,
) -> Result<Records, CodecFault> {
    let mut records = Records::default();
    for row in rows {
        let account = accounts.get(&row.worker);
        let account = account.expect("everybody in the block was asked for");
        write_record(row, &row.of(subject.code(), *account), &mut records.bytes)?;
        records.ends.push(records.bytes.len());
    }
    Ok(records)
}

/// Appends a row: account, place, trade, mode, accepted, order, each so that bytes compare as values do; then what is kept with it.
fn write_record(
    row: &FileRow,
    fields: &OrderRow<'_>,
    record: &mut Vec<u8>,
) -> Result<(), CodecFault> {
    record.extend_from_slice(&fields.account.0);
    record.extend_from_slice(&fields.place.code().to_be_bytes());
    record.extend_from_slice(&[fields.trade as u8, fields.mode as u8]);
    record.extend_from_slice(&fields.accepted.0.to_be_bytes());
    record.extend_from_slice(fields.order.as_str().as_bytes());
    // No order number has a zero in it: a shorter one comes before those that it begins.
    record.push(0);
    record.extend_from_slice(&row.line.to_be_bytes());
    record.extend_from_slice(&row.number_hash.to_be_bytes());
    // Its rules were checked with its cells, and are checked again when it is read.
    codec::encode(fields, record)
}

/// What stands in a sorted record.
pub(crate) struct SortedRow<'r> {
    /// Equal for rows of the same month of a worker: account, place, trade, mode.
    pub(crate) group: &'r [u8],
    pub(crate) line: u64,
    pub(crate) number_hash: u64,
    pub(crate) row: &'r [u8],
}

impl<'r> SortedRow<'r> {
    pub(crate) fn of(record: &'r [u8]) -> Option<Self> {
        let (key, rest) = record.split_at_checked(KEY_BYTES)?;
        let end = rest.iter().position(|byte| *byte == 0)?;
        let (line, rest) = rest.get(end + 1..)?.split_first_chunk()?;
        let (number_hash, row) = rest.split_first_chunk()?;
        Some(Self {
            group: key.get(..KEY_BYTES - 8)?,
            line: u64::from_be_bytes(*line),
            number_hash: u64::from_be_bytes(*number_hash),
            row,
        })
    }
}

/// The lines whose order number has the hash of another one: nearly always because it stands there twice.
fn suspects(numbers: Sorter) -> Result<HashSet<u64>, OrdersFault> {
    let mut sorted = numbers.sorted()?;
    let mut suspects = HashSet::new();
    let (mut record, mut last) = (Vec::new(), Vec::new());
    while sorted.next(&mut record)? {
        if last.get(..8) == record.get(..8) {
            suspects.extend(
                [&last, &record]
                    .into_iter()
                    .filter_map(|record| line_of(record)),
            );
        }
        if suspects.len() > TWICE_MAX {
            return Err(OrdersFault::TooManyTwice { most: TWICE_MAX });
        }
        std::mem::swap(&mut record, &mut last);
    }
    Ok(suspects)
}

fn line_of(record: &[u8]) -> Option<u64> {
    record.last_chunk().map(|line| u64::from_be_bytes(*line))
}

/// Reads the file once more: what the hashes make likely, the numbers themselves decide.
fn tell_twice(
    reading: &mut Reading<'_, '_>,
    suspects: &HashSet<u64>,
    scanned: &mut Scanned,
) -> Result<(), OrdersFault> {
    let mut firsts: HashMap<String, u64> = HashMap::new();
    let mut blocks = reading.file.blocks()?;
    let mut left = suspects.len();
    while left > 0
        && let Some(block) = blocks.next()?
    {
        for (line, text) in block.lines() {
            if !suspects.contains(&line) {
                continue;
            }
            left -= 1;
            let order = row::order_of(text, reading.file.layout());
            let order = order.expect("the line was read as a row");
            let first = *firsts.entry(order).or_insert(line);
            if first != line {
                scanned.twice.insert(line);
                scanned.lines.valid -= 1;
                scanned.lines.faulty += 1;
                let fault = RowFault {
                    line,
                    column: Some(crate::Column::Order),
                    fault: Fault::OrderTwice { first },
                };
                report(reading, text, &[fault], scanned)?;
            }
        }
    }
    Ok(())
}

/// The month of the first row of a file that has one, where nobody has said it.
///
/// # Errors
/// Of the file; [`OrdersFault::Nothing`] where no row of its first lines is without fault.
pub fn first_month(file: &OrderFile) -> Result<Month, OrdersFault> {
    let mut blocks = file.blocks()?;
    if let Some(block) = blocks.next()? {
        let read = block.read(file.layout(), None);
        let mut rows = read.iter().flat_map(|share| &share.rows);
        if let Some(month) = rows.find_map(FileRow::month) {
            return Ok(month);
        }
    }
    Err(OrdersFault::Nothing)
}
