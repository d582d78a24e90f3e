//! What platforms deposit and owe: months of workers, premiums, the special fund.

use super::{Common, corrections::required_target, injuries::injury};
use crate::{
    cell_value,
    column::Column,
    fault::Fault,
    found::Found,
    row_cells::{Cells, Sign},
    serials::Serials,
    tables,
};
use yizhang_ledger::{
    entry::RecordId,
    record::{
        Earnings, FundDraw, FundMove, FundPrepay, OipPremium, OrderRows, Period, PlatformMonth,
        Trade, TransportMode, Work,
    },
    value::{Code, Day, Fen, Month},
};

/// Most months of a period.
const PERIOD_MONTHS_MAX: u16 = 12;
/// Most days of a month.
const DAYS_MAX: u16 = 31;
/// Minutes of a day.
const DAY_MINUTES: u64 = 1_440;

const TRADES: &[(&str, Trade)] = &[
    ("delivery", Trade::Delivery),
    ("ride-hailing", Trade::RideHailing),
    ("freight", Trade::Freight),
    ("other", Trade::Other),
];
const MODES: &[(&str, TransportMode)] = &[
    ("foot", TransportMode::Foot),
    ("bicycle", TransportMode::Bicycle),
    ("motor-cycle", TransportMode::MotorCycle),
    ("car", TransportMode::Car),
    ("online", TransportMode::Online),
];
const WAYS: &[(&str, FundMove)] = &[("drawn", FundMove::Drawn), ("repaid", FundMove::Repaid)];

pub(crate) fn month<'r>(
    cells: &mut Cells<'r>,
    serials: &Serials<'_>,
    common: Common<'r>,
) -> Option<PlatformMonth<'r>> {
    let platform = platform(cells);
    let place = cells.own_place(Column::Place);
    let month = cells.required(Column::Month, cell_value::month);
    let trade = trade(cells);
    let mode = cells.word(Column::Mode, tables::modes(), MODES);
    let work = work(cells);
    let earnings = earnings(cells);
    let file = file(cells, work.map(|work| work.orders));
    let target = cells.target(serials, common.source, common.account);
    Some(PlatformMonth {
        account: common.account?,
        platform: platform?,
        place: place?,
        month: month?,
        trade: trade?,
        mode: mode?,
        work: work?,
        earnings: earnings?,
        file: file?,
        target: target?,
        source: common.source?,
    })
}

fn work(cells: &mut Cells<'_>) -> Option<Work> {
    let orders = whole(cells, Column::Orders);
    let insured_orders = whole(cells, Column::InsuredOrders);
    let days = cells.required(Column::Days, |text| cell_value::count(text, 0, DAYS_MAX));
    let minutes = whole(cells, Column::Minutes);
    let longest_minutes = whole_or_none(cells, Column::LongestMinutes);
    let night_minutes = whole_or_none(cells, Column::NightMinutes);
    at_most(
        cells,
        (Column::InsuredOrders, insured_orders),
        (Column::Orders, orders),
    );
    let of_days = days.map(|days| u64::from(days) * DAY_MINUTES);
    at_most(cells, (Column::Minutes, minutes), (Column::Days, of_days));
    for part in [
        (Column::LongestMinutes, longest_minutes),
        (Column::NightMinutes, night_minutes),
    ] {
        at_most(cells, part, (Column::Minutes, minutes));
    }
    Some(Work {
        orders: narrow(orders?)?,
        insured_orders: narrow(insured_orders?)?,
        days: u8::try_from(days?).ok()?,
        minutes: narrow(minutes?)?,
        longest_minutes: narrow(longest_minutes?)?,
        night_minutes: narrow(night_minutes?)?,
    })
}

fn earnings(cells: &mut Cells<'_>) -> Option<Earnings> {
    let gross = needed_amount(cells, Column::Gross);
    let incentives = cells.amount(Column::Incentives, Sign::Positive);
    let deductions = cells.amount(Column::Deductions, Sign::Positive);
    let refunds = cells.amount(Column::Refunds, Sign::Positive);
    // What was kept may be more than what was earned.
    let net = needed(cells, Column::Net)
        .then(|| cells.amount(Column::Net, Sign::Any))
        .flatten();
    let earnings = Earnings {
        gross: gross?,
        incentives: incentives?,
        deductions: deductions?,
        refunds: refunds?,
        net: net?,
    };
    let reckoned = earnings.gross.get() + earnings.incentives.get() - earnings.deductions.get()
        + earnings.refunds.get();
    if reckoned != earnings.net.get() {
        // Beyond the largest amount it is one that nothing can be.
        let expected = Fen::new(reckoned.clamp(-Fen::MAX, Fen::MAX)).unwrap_or_default();
        let found = earnings.net;
        cells.fault(Column::Net, Fault::NetMismatch { expected, found });
        return None;
    }
    Some(earnings)
}

fn file(cells: &mut Cells<'_>, orders: Option<u32>) -> Option<OrderRows> {
    let rows = cells.required(Column::Rows, |text| {
        match cell_value::number(text, u32::MAX.into()) {
            Ok(0) => Err(Fault::CountForm {
                least: 1,
                most: u32::MAX.into(),
                found: Found::new(text),
            }),
            read => read,
        }
    });
    at_most(
        cells,
        (Column::Orders, orders.map(u64::from)),
        (Column::Rows, rows),
    );
    let root = cells.required(Column::Root, cell_value::hash);
    Some(OrderRows {
        rows: narrow(rows?)?,
        root: root?,
    })
}

pub(crate) fn premium<'r>(
    cells: &mut Cells<'r>,
    serials: &Serials<'_>,
    common: Common<'r>,
) -> Option<OipPremium<'r>> {
    let platform = platform(cells);
    let place = cells.own_place(Column::Place);
    let month = cells.required(Column::Month, cell_value::month);
    let trade = trade(cells);
    let orders = whole_of(cells, Column::Orders, u64::MAX);
    let insured_orders = whole_of(cells, Column::InsuredOrders, u64::MAX);
    at_most(
        cells,
        (Column::InsuredOrders, insured_orders),
        (Column::Orders, orders),
    );
    let payment = payment(cells);
    let target = cells.target(serials, common.source, None);
    let payment = payment?;
    Some(OipPremium {
        platform: platform?,
        place: place?,
        month: month?,
        trade: trade?,
        orders: orders?,
        insured_orders: insured_orders?,
        due: payment.due,
        paid: payment.paid,
        received: payment.received,
        target: target?,
        source: common.source?,
    })
}

pub(crate) fn prepay<'r>(
    cells: &mut Cells<'r>,
    serials: &Serials<'_>,
    common: Common<'r>,
) -> Option<FundPrepay<'r>> {
    let platform = platform(cells);
    let place = cells.own_place(Column::Place);
    let period = period(cells);
    let revenue = needed_amount(cells, Column::Revenue);
    let rate = cells.required(Column::Rate, cell_value::rate);
    let payment = payment(cells);
    let target = cells.target(serials, common.source, None);
    let payment = payment?;
    Some(FundPrepay {
        platform: platform?,
        place: place?,
        period: period?,
        revenue: revenue?,
        rate: rate?,
        due: payment.due,
        paid: payment.paid,
        received: payment.received,
        target: target?,
        source: common.source?,
    })
}

pub(crate) fn draw<'r>(
    cells: &mut Cells<'r>,
    serials: &Serials<'_>,
    common: Common<'r>,
) -> Option<FundDraw<'r>> {
    let platform = platform(cells);
    let place = cells.own_place(Column::Place);
    let case = injury(cells);
    let way = cells.word(Column::Way, tables::fund_moves(), WAYS);
    let amount = needed_amount(cells, Column::Amount);
    if amount == Some(Fen::ZERO) {
        let kind = cells.kind;
        cells.fault(Column::Amount, Fault::AmountZero { kind });
    }
    let on = cells.past_day(Column::Date);
    let target = target_of_move(cells, serials, common, way);
    Some(FundDraw {
        platform: platform?,
        place: place?,
        case: case?,
        way: way?,
        amount: amount?,
        on: on?,
        target: target?,
        source: common.source?,
    })
}

/// A repayment names the draw, and a draw names nothing.
#[allow(
    clippy::option_option,
    reason = "the outer one says whether the cell is sound, the inner whether it is filled"
)]
fn target_of_move<'r>(
    cells: &mut Cells<'r>,
    serials: &Serials<'_>,
    common: Common<'r>,
    way: Option<FundMove>,
) -> Option<Option<RecordId>> {
    match way? {
        FundMove::Repaid => required_target(cells, serials, common).map(Some),
        FundMove::Drawn => {
            if !cells.is_empty(Column::Target) {
                let (kind, found) = (cells.kind, Found::new(cells.text(Column::Target)?));
                cells.fault(Column::Target, Fault::NotOfKind { kind, found });
            }
            Some(None)
        }
    }
}

pub(super) fn platform<'r>(cells: &mut Cells<'r>) -> Option<Code<'r>> {
    cells.required(Column::Platform, cell_value::platform)
}

pub(super) fn trade(cells: &mut Cells<'_>) -> Option<Trade> {
    cells.word(Column::Trade, tables::trades(), TRADES)
}

/// From the first month to the last, of which there are twelve at most; without a last one the first alone.
pub(super) fn period(cells: &mut Cells<'_>) -> Option<Period> {
    let (first, last) = months(cells)?;
    let found = last.since(first) + 1;
    match u8::try_from(found) {
        Ok(months) if u16::from(months) <= PERIOD_MONTHS_MAX => Some(Period { first, months }),
        _ => {
            let limit = PERIOD_MONTHS_MAX;
            cells.fault(Column::LastMonth, Fault::SpanLong { limit, found });
            None
        }
    }
}

/// The first month and the last; without a last one the first is both.
pub(super) fn months(cells: &mut Cells<'_>) -> Option<(Month, Month)> {
    let first = cells.required(Column::FirstMonth, cell_value::month);
    let last = cells.optional(Column::LastMonth, cell_value::month);
    let first = first?;
    let found = last?.unwrap_or(first);
    if found < first {
        cells.fault(Column::LastMonth, Fault::SpanReversed { first, found });
        return None;
    }
    Some((first, found))
}

/// What a platform owes and pays.
struct Payment {
    due: Fen,
    paid: Fen,
    received: Option<Day>,
}

fn payment(cells: &mut Cells<'_>) -> Option<Payment> {
    let due = needed_amount(cells, Column::Due);
    let paid = cells.amount(Column::Paid, Sign::Positive);
    let received = received(cells, paid);
    Some(Payment {
        due: due?,
        paid: paid?,
        received: received?,
    })
}

/// There is a day of receipt where there is money, and none where there is none.
#[allow(
    clippy::option_option,
    reason = "the outer one says whether the cell is sound, the inner whether it is filled"
)]
fn received(cells: &mut Cells<'_>, paid: Option<Fen>) -> Option<Option<Day>> {
    if paid? > Fen::ZERO {
        return cells.past_day(Column::Received).map(Some);
    }
    let received = cells.optional(Column::Received, cell_value::day)?;
    if let Some(found) = received {
        cells.fault(Column::Received, Fault::ReceivedNothing { found });
    }
    Some(None)
}

/// Notes an empty cell that must be filled.
fn needed(cells: &mut Cells<'_>, column: Column) -> bool {
    let is_there = !cells.is_empty(column);
    if !is_there {
        let kind = cells.kind;
        cells.fault(column, Fault::Missing { kind });
    }
    is_there
}

/// An amount of zero or more, which is said.
pub(super) fn needed_amount(cells: &mut Cells<'_>, column: Column) -> Option<Fen> {
    needed(cells, column)
        .then(|| cells.amount(column, Sign::Positive))
        .flatten()
}

fn whole(cells: &mut Cells<'_>, column: Column) -> Option<u64> {
    whole_of(cells, column, u32::MAX.into())
}

fn whole_of(cells: &mut Cells<'_>, column: Column, most: u64) -> Option<u64> {
    cells.required(column, |text| cell_value::number(text, most))
}

fn whole_or_none(cells: &mut Cells<'_>, column: Column) -> Option<u64> {
    cells.or(column, 0, |text| cell_value::number(text, u32::MAX.into()))
}

/// A number that was read as one of four bytes.
fn narrow(number: u64) -> Option<u32> {
    u32::try_from(number).ok()
}

/// Notes a number above what another column lets it be.
fn at_most(
    cells: &mut Cells<'_>,
    (column, found): (Column, Option<u64>),
    (other, most): (Column, Option<u64>),
) {
    if let (Some(found), Some(most)) = (found, most)
        && found > most
    {
        let other = cells.name(other);
        cells.fault(column, Fault::AboveOther { most, other, found });
    }
}
