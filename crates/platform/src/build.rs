//! Sorted rows to months, and both to an index.

use crate::{
    error_file::ErrorFile,
    fault::{OrdersFault, RowFault},
    index_file::{FileKind, IndexWriter, Subject},
    month,
    order_file::OrderFile,
    scan::{Lines, Reading, Scanned, SortedRow, scan},
    sort::{Sorted, Sorter},
};
use rayon::prelude::*;
use std::{
    collections::{BTreeMap, HashSet},
    fmt::Write as _,
    ops::Range,
    path::Path,
};
use yizhang_intake::{FaultyRows, Pseudonyms};
use yizhang_ledger::{
    hash::{Hash, derive},
    order::{self, MONTH_ROWS_MAX, OrderRow, OrderSalt, OrderSecret},
    person::AccountId,
    record::{OrderRows, PlatformMonth, Record, Source, Trade, Work},
    value::{Code, Division},
};

/// Rows whose months are made at once, on all cores.
const BATCH_ROWS: usize = 65_536;
/// Context of the serials of months.
const SERIAL_CONTEXT: &str = "yizhang 2026-11-30 v1 serial of a platform month";
/// The business system that the records of a platform name.
pub const SYSTEM: &str = "orders";

/// What months are made with.
pub struct Terms<'t> {
    /// Whose orders, of which month.
    pub subject: &'t Subject,
    /// What the salts are made from.
    pub secret: &'t OrderSecret,
    /// Who knows the workers.
    pub pseudonyms: &'t dyn Pseudonyms,
    /// What becomes of a file with faulty rows.
    pub faulty: FaultyRows,
}

/// What a place and a trade come to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// Months of workers.
    pub months: u64,
    /// Orders completed.
    pub orders: u64,
    /// Of them insured.
    pub insured_orders: u64,
    /// Paid out, in fen.
    pub net: i128,
}

/// What a file comes to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Its lines.
    pub lines: Lines,
    /// Its first faults.
    pub first_faults: Vec<RowFault>,
    /// Workers.
    pub workers: u64,
    /// Months of workers at a place, in one trade with one mode of transport.
    pub months: u64,
    /// By place and trade.
    pub totals: BTreeMap<(Division, Trade), Totals>,
    /// Whether there is an index: not for a file with faulty rows that were not to be left out.
    pub is_built: bool,
}

/// Reads a file and makes the index of its months in `folder`, which is there, empty and private.
///
/// # Errors
/// What keeps months from being made; faulty rows are in the summary instead.
pub fn build(
    file: &OrderFile,
    terms: &Terms<'_>,
    folder: &Path,
    errors: Option<&mut ErrorFile<'_>>,
    progress: &mut dyn FnMut(u64),
) -> Result<Summary, OrdersFault> {
    let mut reading = Reading {
        file,
        subject: terms.subject,
        pseudonyms: terms.pseudonyms,
        errors,
        progress,
    };
    let Scanned {
        lines,
        first_faults,
        rows,
        twice,
    } = scan(&mut reading, folder)?;
    let mut summary = Summary {
        lines,
        first_faults,
        ..Summary::default()
    };
    let is_refused = lines.faulty > 0 && terms.faulty == FaultyRows::Refuse;
    if is_refused || lines.valid == 0 {
        return Ok(summary);
    }
    let mut building = Building::new(terms, folder, &mut summary)?;
    building.take_all(rows.sorted()?, &twice)?;
    building.finish()?;
    summary.is_built = true;
    Ok(summary)
}

/// Rows whose months are to be made.
#[derive(Default)]
struct Batch {
    bytes: Vec<u8>,
    rows: Vec<BatchRow>,
    /// The rows of each month.
    groups: Vec<Range<usize>>,
}

struct BatchRow {
    number_hash: u64,
    range: Range<usize>,
}

/// A month that was made.
struct Made {
    entry: Vec<u8>,
    salts: Vec<OrderSalt>,
    account: AccountId,
    key: (Division, Trade),
    work: Work,
    net: i64,
}

struct Building<'b> {
    terms: &'b Terms<'b>,
    folder: &'b Path,
    summary: &'b mut Summary,
    rows: IndexWriter,
    months: IndexWriter,
    entries: IndexWriter,
    orders: Sorter,
    last_account: Option<AccountId>,
}

impl<'b> Building<'b> {
    fn new(
        terms: &'b Terms<'b>,
        folder: &'b Path,
        summary: &'b mut Summary,
    ) -> Result<Self, OrdersFault> {
        let file = |kind| IndexWriter::create(folder, kind, terms.subject);
        Ok(Self {
            terms,
            folder,
            summary,
            rows: file(FileKind::Rows)?,
            months: file(FileKind::Months)?,
            entries: file(FileKind::Entries)?,
            orders: Sorter::new(folder),
            last_account: None,
        })
    }

    fn take_all(&mut self, mut sorted: Sorted, twice: &HashSet<u64>) -> Result<(), OrdersFault> {
        let (mut record, mut group) = (Vec::new(), Vec::new());
        let mut batch = Batch::default();
        while sorted.next(&mut record)? {
            let row = SortedRow::of(&record).expect("what was sorted is what was written");
            if twice.contains(&row.line) {
                continue;
            }
            if row.group != group {
                if batch.rows.len() >= BATCH_ROWS {
                    self.make(&batch)?;
                    batch = Batch::default();
                }
                row.group.clone_into(&mut group);
                batch.groups.push(batch.rows.len()..batch.rows.len());
            }
            let from = batch.bytes.len();
            batch.bytes.extend_from_slice(row.row);
            batch.rows.push(BatchRow {
                number_hash: row.number_hash,
                range: from..batch.bytes.len(),
            });
            let end = batch.rows.len();
            let open = batch
                .groups
                .last_mut()
                .expect("a row begins a month if none is open");
            open.end = end;
            if open.len() > MONTH_ROWS_MAX as usize {
                return Err(OrdersFault::MonthTooLong { line: row.line });
            }
        }
        self.make(&batch)
    }

    /// Makes the months of a batch and writes them down, in their order.
    fn make(&mut self, batch: &Batch) -> Result<(), OrdersFault> {
        let terms = self.terms;
        let made: Result<Vec<Made>, OrdersFault> = batch
            .groups
            .par_iter()
            .map(|group| batch.month(group, terms))
            .collect();
        for (group, made) in batch.groups.iter().zip(made?) {
            self.put(batch, group, &made)?;
        }
        Ok(())
    }

    fn put(&mut self, batch: &Batch, group: &Range<usize>, made: &Made) -> Result<(), OrdersFault> {
        let month = u32::try_from(self.summary.months).expect("a file has fewer months");
        let first = self.rows.length();
        for (row, salt) in batch.rows_of(group).iter().zip(&made.salts) {
            let bytes = batch.bytes_of(row);
            let place = self.rows.length().to_be_bytes();
            let length = u16::try_from(bytes.len()).expect("a row is shorter");
            self.rows.write(&length.to_le_bytes())?;
            self.rows.write(&salt.0)?;
            self.rows.write(bytes)?;
            let mut order = [0; crate::index::ORDER_BYTES];
            let text = row.number_hash.to_be_bytes().into_iter().chain(place);
            for (to, from) in order.iter_mut().zip(text.chain(month.to_be_bytes())) {
                *to = from;
            }
            self.orders.push(&order)?;
        }
        let place = crate::index::MonthPlace {
            rows_from: first,
            rows_bytes: self.rows.length() - first,
            rows: group.len() as u64,
            entry_from: self.entries.length(),
            entry_bytes: made.entry.len() as u64,
        };
        self.months.write(&place.to_bytes())?;
        self.entries.write(&made.entry)?;
        self.count(made);
        Ok(())
    }

    fn count(&mut self, made: &Made) {
        let summary = &mut *self.summary;
        summary.months += 1;
        if self.last_account != Some(made.account) {
            self.last_account = Some(made.account);
            summary.workers += 1;
        }
        let totals = summary.totals.entry(made.key).or_default();
        totals.months += 1;
        totals.orders += u64::from(made.work.orders);
        totals.insured_orders += u64::from(made.work.insured_orders);
        totals.net += i128::from(made.net);
    }

    /// Sorts the orders by number, and makes everything durable.
    fn finish(self) -> Result<(), OrdersFault> {
        let mut orders = IndexWriter::create(self.folder, FileKind::Orders, self.terms.subject)?;
        let mut sorted = self.orders.sorted()?;
        let mut record = Vec::new();
        while sorted.next(&mut record)? {
            orders.write(&record)?;
        }
        for file in [self.rows, self.months, self.entries, orders] {
            file.finish()?;
        }
        Ok(())
    }
}

impl Batch {
    fn rows_of(&self, group: &Range<usize>) -> &[BatchRow] {
        self.rows.get(group.clone()).expect("a group of this batch")
    }

    fn bytes_of(&self, row: &BatchRow) -> &[u8] {
        self.bytes
            .get(row.range.clone())
            .expect("a row of this batch")
    }

    fn month(&self, group: &Range<usize>, terms: &Terms<'_>) -> Result<Made, OrdersFault> {
        let platform = terms.subject.code();
        let places = self.rows_of(group);
        let mut rows = Vec::with_capacity(places.len());
        let mut salts = Vec::with_capacity(places.len());
        let mut leaves = Vec::with_capacity(places.len());
        for place in places {
            let bytes = self.bytes_of(place);
            let row = OrderRow::read(bytes)?;
            let salt = terms.secret.salt(platform, row.order);
            leaves.push(order::leaf(&salt, bytes));
            salts.push(salt);
            rows.push(row);
        }
        let first = rows.first().expect("a month has a row");
        let earnings = month::earnings_of(&rows);
        let earnings = earnings.expect("44,640 orders of at most a million yuan in each sum");
        let work = month::work_of(&rows);
        let serial = serial(terms.subject, first);
        let record = PlatformMonth {
            account: first.account,
            platform,
            place: first.place,
            month: terms.subject.month,
            trade: first.trade,
            mode: first.mode,
            work,
            earnings,
            file: OrderRows {
                rows: u32::try_from(rows.len()).expect("a month has fewer rows"),
                root: order::root(&leaves),
            },
            target: None,
            source: Source {
                agency: platform,
                system: Code::new(SYSTEM).expect("it is short"),
                serial: Code::new(&serial).expect("it has 31 visible characters"),
            },
        };
        let mut entry = Vec::with_capacity(256);
        Record::PlatformMonth(record).write(&mut entry)?;
        Ok(Made {
            entry,
            salts,
            account: first.account,
            key: (first.place, first.trade),
            work,
            net: earnings.net.get(),
        })
    }
}

/// The serial of a month: the same for the same worker, place, month, trade and mode, so that it is never deposited twice.
fn serial(subject: &Subject, row: &OrderRow<'_>) -> String {
    let month = subject.month.number().to_le_bytes();
    let place = row.place.code().to_le_bytes();
    let kinds = [row.trade as u8, row.mode as u8];
    let platform = subject.platform.as_bytes();
    let parts: [&[u8]; 5] = [&row.account.0, &place, &month, &kinds, platform];
    let Hash(hash) = derive(SERIAL_CONTEXT, &parts);
    let mut serial = format!("{:04}{:02}-", subject.month.year(), subject.month.month());
    for byte in hash.iter().take(12) {
        write!(serial, "{byte:02x}").expect("a string takes whatever is written to it");
    }
    serial
}
