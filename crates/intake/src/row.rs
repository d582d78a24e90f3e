//! One row understood: the record that it states, as ledger bytes, or everything that is wrong with it.

use crate::{
    column::Column,
    fault::{Fault, RowFault, Severity},
    kinds::{self, Common},
    pseudonyms::Persons,
    raw_row::RawRow,
    row_cells::{Cells, Context},
    serials::{BusinessKey, Noted, Serials},
};
use yizhang_ledger::{
    codec::CodecFault,
    entry::{Kind, RecordId},
    hash::hash_leaf,
    record::{Record, Shares},
};

/// A row of a file.
#[derive(Clone, Debug)]
pub enum Row {
    /// Its record.
    Valid(ParsedRow),
    /// What is wrong with it.
    Faulty(FaultyRow),
}

/// A row that states a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParsedRow {
    /// Line where the row begins, from 1, the header included.
    pub line: u64,
    /// Kind of record.
    pub kind: Kind,
    /// The entry: what is submitted, hashed and stored.
    pub bytes: Vec<u8>,
    /// Money due by the record, both shares, in fen. Two amounts may be more than one can be.
    pub due_fen: i64,
    /// Money paid, credited as interest, moved, granted or drawn by the record, in fen.
    pub paid_fen: i64,
    /// The number of a transfer case as the file has it. The entry holds its hash, so this is for a local book alone.
    pub case_number: Option<String>,
    /// A check of each cell, in the order of [`Intake::read_columns`](crate::Intake::read_columns); empty if none were asked for.
    pub cells: Vec<u8>,
    /// Notes and warnings: the row is taken in spite of them.
    pub notes: Vec<RowFault>,
}

impl ParsedRow {
    /// What names the record in the ledger.
    pub fn id(&self) -> RecordId {
        RecordId(hash_leaf(&self.bytes))
    }

    /// Whether the very same row stood in the file before.
    pub fn is_duplicate(&self) -> bool {
        self.notes
            .iter()
            .any(|note| matches!(note.fault, Fault::Duplicate { .. }))
    }
}

/// A row that states nothing.
#[derive(Clone, Debug)]
pub struct FaultyRow {
    /// Line where the row begins, from 1, the header included.
    pub line: u64,
    /// Everything that is wrong with it, notes and warnings included.
    pub faults: Vec<RowFault>,
    pub(crate) raw: RawRow,
}

/// What a row states, before it is known whether another row contradicts it.
struct Stated {
    kind: Kind,
    bytes: Vec<u8>,
    money: Money,
    case_number: Option<String>,
}

impl Stated {
    fn id(&self) -> RecordId {
        RecordId(hash_leaf(&self.bytes))
    }
}

/// Understands one row.
pub(crate) fn understand(
    row: &RawRow,
    context: &Context<'_>,
    persons: &Persons,
    serials: &mut Serials<'_>,
) -> Row {
    let mut cells = Cells::new(row, context, persons);
    if let Some((column, fault)) = &row.fault {
        cells.fault(*column, fault.clone());
        return faulty(row, cells);
    }
    // Without a kind nobody knows which cells should be filled.
    if cells.read_kind().is_none() {
        return faulty(row, cells);
    }
    let account = cells.worker();
    let source = cells.source();
    let stated = state(&mut cells, serials, Common { account, source });
    cells.forbid_others();
    let stated = if cells.is_faulty() { None } else { stated };
    if let Some(source) = source {
        let key = BusinessKey {
            agency: source.agency.as_str(),
            system: source.system.as_str(),
            serial: source.serial.as_str(),
        };
        let record = || stated.as_ref().map(|stated| (stated.id(), account));
        let noted = Noted {
            key,
            scheme: cells.scheme_if_any(),
            line: row.line,
        };
        if let Some(fault) = serials.note(noted, record) {
            cells.fault(Column::Serial, fault);
        }
    }
    match stated {
        Some(stated) if !cells.is_faulty() => Row::Valid(ParsedRow {
            line: row.line,
            kind: stated.kind,
            bytes: stated.bytes,
            due_fen: stated.money.due_fen,
            paid_fen: stated.money.paid_fen,
            case_number: stated.case_number,
            cells: Vec::new(),
            notes: cells.faults,
        }),
        _ => faulty(row, cells),
    }
}

fn faulty(row: &RawRow, cells: Cells<'_>) -> Row {
    debug_assert!(
        cells
            .faults
            .iter()
            .any(|fault| fault.fault.severity() == Severity::Error),
        "a reason is given"
    );
    Row::Faulty(FaultyRow {
        line: row.line,
        faults: cells.faults,
        raw: row.clone(),
    })
}

fn state<'r>(cells: &mut Cells<'r>, serials: &Serials<'_>, common: Common<'r>) -> Option<Stated> {
    let record = kinds::record(cells, serials, common)?;
    if cells.is_faulty() {
        return None;
    }
    let mut bytes = Vec::with_capacity(192);
    if let Err(fault) = record.write(&mut bytes) {
        let reason = match fault {
            CodecFault::Field(reason) => reason,
            _ => "the record is too large",
        };
        cells.fault(None, Fault::Record { reason });
        return None;
    }
    let money = money(&record);
    let case_number = match record {
        Record::Transfer(..) => cells.text(Column::Case).map(str::to_owned),
        _ => None,
    };
    Some(Stated {
        kind: cells.kind,
        bytes,
        money,
        case_number,
    })
}

/// What a record moves, in fen: sums of two amounts, each of at most `Fen::MAX`.
struct Money {
    due_fen: i64,
    paid_fen: i64,
}

/// What the record moves, for the totals that are compared with the agency's books.
fn money(record: &Record<'_>) -> Money {
    let both = |shares: &Shares| shares.unit.get() + shares.person.get();
    let (due_fen, paid_fen) = match record {
        Record::Contribution(_, fields) => (both(&fields.due), both(&fields.paid)),
        Record::InterestCredit(fields) => (0, both(&fields.amount)),
        Record::Benefit(_, fields) => (0, fields.amount.get()),
        Record::Transfer(_, fields) => {
            let sums = fields.sums;
            (0, sums.personal_account.get() + sums.pool.get())
        }
        Record::PlatformMonth(fields) => (0, fields.earnings.net.get()),
        Record::OipPremium(fields) => (fields.due.get(), fields.paid.get()),
        Record::FundPrepay(fields) => (fields.due.get(), fields.paid.get()),
        Record::FundDraw(fields) => (0, fields.amount.get()),
        Record::Subsidy(_, fields) => (0, fields.amount.get()),
        _ => (0, 0),
    };
    Money { due_fen, paid_fen }
}
