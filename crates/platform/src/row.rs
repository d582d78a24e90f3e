//! A line to an order whose worker is still known by number, or to all that is wrong with it.

use crate::{
    cell::{self, DAY_MS},
    column::Column,
    fault::{Fault, RowFault},
    layout::{Cells, Layout},
};
use yizhang_ledger::{
    hash::{Hash, derive},
    order::{OrderRow, OrderStatus},
    person::{AccountId, SocialSecurityNumber},
    record::{Trade, TransportMode},
    value::{Code, Day, Division, Fen, Month, UnixMillis},
};

/// Most days that an order lasts. What lasts longer was mistyped; work done online has stages that are orders of their own.
pub const ORDER_DAYS_MAX: u64 = 31;

/// Context of the hash by which orders are looked up in an index.
const NUMBER_CONTEXT: &str = "yizhang 2026-11-30 v1 order in an index";

/// The place of an order number in an index: the same for the same number.
pub(crate) fn number_hash(order: &str) -> u64 {
    u64::from_be_bytes(derive(NUMBER_CONTEXT, &[order.as_bytes()]).first())
}

/// An order of a file.
pub(crate) struct FileRow {
    pub(crate) line: u64,
    pub(crate) worker: SocialSecurityNumber,
    pub(crate) number_hash: u64,
    order: String,
    place: Division,
    trade: Trade,
    mode: TransportMode,
    status: OrderStatus,
    insured: bool,
    accepted: UnixMillis,
    finished: UnixMillis,
    gross: Fen,
    incentives: Fen,
    deductions: Fen,
    refunds: Fen,
    route: Hash,
}

impl FileRow {
    /// The month in which it was accepted, in UTC+8.
    pub(crate) fn month(&self) -> Option<Month> {
        Day::of(self.accepted).in_month()
    }

    /// The row as it is hashed.
    pub(crate) fn of<'a>(&'a self, platform: Code<'a>, account: AccountId) -> OrderRow<'a> {
        OrderRow {
            order: Code::new(&self.order).expect("it was read as one"),
            platform,
            account,
            place: self.place,
            trade: self.trade,
            mode: self.mode,
            status: self.status,
            insured: self.insured,
            accepted: self.accepted,
            finished: self.finished,
            gross: self.gross,
            incentives: self.incentives,
            deductions: self.deductions,
            refunds: self.refunds,
            route: self.route,
        }
    }
}

/// What a line is.
pub(crate) enum Line {
    /// An order.
    Row(FileRow),
    /// A row that is faulty.
    Faulty(Vec<RowFault>),
    /// Nothing stands there.
    Blank,
}

/// Reads a line.
pub(crate) fn read(text: &[u8], line: u64, layout: &Layout, month: Option<Month>) -> Line {
    if text.trim_ascii().is_empty() {
        return Line::Blank;
    }
    let whole = |column, fault| {
        Line::Faulty(vec![RowFault {
            line,
            column,
            fault,
        }])
    };
    let Some(text) = str::from_utf8(text)
        .ok()
        .filter(|text| !text.contains('\u{fffd}'))
    else {
        return whole(None, Fault::Encoding);
    };
    match layout.with_cells(text, |cells| of_cells(cells, line, month)) {
        Ok(read) => read,
        Err((column, fault)) => whole(column, fault),
    }
}

/// The order number that a line names, if it is one.
pub(crate) fn order_of(text: &[u8], layout: &Layout) -> Option<String> {
    let text = str::from_utf8(text).ok()?;
    let order = |cells: &Cells<'_>| {
        let cell = cells.get(Column::Order.position()).copied().flatten();
        cell.map(str::to_owned)
    };
    layout.with_cells(text, order).ok().flatten()
}

/// Cells to values; what is wrong is collected.
struct Reading<'c> {
    cells: &'c Cells<'c>,
    line: u64,
    faults: Vec<RowFault>,
}

impl Reading<'_> {
    fn fault(&mut self, column: Column, fault: Fault) {
        self.faults.push(RowFault {
            line: self.line,
            column: Some(column),
            fault,
        });
    }

    fn take<T>(
        &mut self,
        column: Column,
        read: impl FnOnce(&str) -> Result<T, Fault>,
    ) -> Option<T> {
        let text = self.cells.get(column.position()).copied().flatten();
        match read(text.unwrap_or_default()) {
            Ok(value) => Some(value),
            Err(fault) => {
                self.fault(column, fault);
                None
            }
        }
    }

    /// As [`Reading::take`], where nothing is a fault of its own.
    fn must<T>(
        &mut self,
        column: Column,
        read: impl FnOnce(&str) -> Result<T, Fault>,
    ) -> Option<T> {
        self.take(column, |text| {
            if text.is_empty() {
                Err(Fault::Missing)
            } else {
                read(text)
            }
        })
    }

    fn check_times(&mut self, accepted: UnixMillis, finished: UnixMillis, month: Option<Month>) {
        let found = Day::of(accepted).in_month();
        if let (Some(expected), Some(found)) = (month, found)
            && expected != found
        {
            self.fault(Column::Accepted, Fault::OtherMonth { expected, found });
        }
        let Some(length) = finished.0.checked_sub(accepted.0) else {
            return self.fault(Column::Finished, Fault::EndsBefore);
        };
        if length > ORDER_DAYS_MAX * DAY_MS {
            let most = ORDER_DAYS_MAX;
            self.fault(Column::Finished, Fault::LastsLong { most });
        }
    }
}

fn of_cells(cells: &Cells<'_>, line: u64, month: Option<Month>) -> Line {
    let mut reading = Reading {
        cells,
        line,
        faults: Vec::new(),
    };
    match row_of(&mut reading, month) {
        Some(row) if reading.faults.is_empty() => Line::Row(row),
        _ => Line::Faulty(reading.faults),
    }
}

/// A row without what is wrong with it; none where a value is missing for that.
fn row_of(reading: &mut Reading<'_>, month: Option<Month>) -> Option<FileRow> {
    let order = reading.must(Column::Order, |text| {
        cell::order(text).map(|_| text.to_owned())
    });
    let worker = reading.must(Column::Worker, |text| {
        SocialSecurityNumber::parse(text).map_err(Fault::Worker)
    });
    let place = reading.must(Column::Place, cell::place);
    let trade = reading.must(Column::Trade, cell::trade);
    let mode = reading.must(Column::Mode, cell::mode);
    let status = reading.must(Column::Status, cell::status);
    let insured = reading.must(Column::Insured, cell::insured);
    let accepted = reading.must(Column::Accepted, cell::time);
    let finished = reading.must(Column::Finished, cell::time);
    let gross = reading.must(Column::Gross, cell::amount);
    let incentives = reading.take(Column::Incentives, cell::amount);
    let deductions = reading.take(Column::Deductions, cell::amount);
    let refunds = reading.take(Column::Refunds, cell::amount);
    let route = reading.take(Column::Route, cell::route);
    if let (Some(accepted), Some(finished)) = (accepted, finished) {
        reading.check_times(accepted, finished, month);
    }
    let order = order?;
    Some(FileRow {
        line: reading.line,
        worker: worker?,
        number_hash: number_hash(&order),
        order,
        place: place?,
        trade: trade?,
        mode: mode?,
        status: status?,
        insured: insured?,
        accepted: accepted?,
        finished: finished?,
        gross: gross?,
        incentives: incentives?,
        deductions: deductions?,
        refunds: refunds?,
        route: route?,
    })
}
