//! What a platform's commands say: faults, summaries, slips. English of a fault is that of the crate; `src/locales/order_faults.yml` has the
//! Chinese by code.

use crate::show;
use rust_i18n::t;
use yizhang_ledger::{
    order::{MONTH_ROWS_MAX, OrderRow, OrderStatus},
    record::{PlatformMonth, Trade, TransportMode},
    value::{Code, Day, Month, UnixMillis},
};
use yizhang_platform::{Column, Fault, Lines, OrdersFault, RowFault, Summary, Totals};
use yizhang_show::language::{Language, current};

/// A faulty row: its line, its column, what is wrong.
pub(super) fn row(fault: &RowFault) -> String {
    if current() == Language::En {
        return fault.to_string();
    }
    let code = fault.fault.code();
    let text = chinese(&fault.fault);
    let (line, column) = (fault.line, fault.column);
    let words = if let Some(column) = column {
        let column = column.chinese();
        t!(
            "platform.row_fault",
            line = line,
            column = column,
            text = text,
            code = code
        )
    } else {
        t!("platform.line_fault", line = line, text = text, code = code)
    };
    words.to_string()
}

fn chinese(fault: &Fault) -> String {
    let (expected, found) = match fault {
        Fault::Cells { expected, found } => (expected.to_string(), found.to_string()),
        Fault::Worker(fault) => (String::new(), show::fault::number(*fault)),
        Fault::Order { found } => (
            Code::LENGTH_MAX.to_string(),
            show::fault::shown(found).into(),
        ),
        Fault::PlaceForm { found }
        | Fault::Time { found }
        | Fault::Amount { found }
        | Fault::Route { found } => (String::new(), show::fault::shown(found).into()),
        Fault::PlaceUnknown { found } => (String::new(), found.to_string()),
        Fault::Choice { expected, found } => {
            ((*expected).to_owned(), show::fault::shown(found).into())
        }
        Fault::OtherMonth { expected, found } => (expected.to_string(), found.to_string()),
        Fault::LastsLong { most } => (most.to_string(), String::new()),
        Fault::AmountAbove { most } => (most.to_string(), String::new()),
        Fault::OrderTwice { first } => (String::new(), first.to_string()),
        Fault::Quotes | Fault::Encoding | Fault::Json | Fault::Twice => Default::default(),
        Fault::Missing | Fault::EndsBefore => Default::default(),
    };
    let key = format!("order_fault.{}", fault.code());
    t!(&key, expected = expected, found = found).to_string()
}

/// What is wrong with a file as a whole.
pub(super) fn file(fault: &OrdersFault) -> String {
    if current() == Language::En {
        return fault.to_string();
    }
    let names = |columns: &[Column]| {
        let names: Vec<&str> = columns.iter().map(|column| column.chinese()).collect();
        names.join("、")
    };
    match fault {
        OrdersFault::File(fault) => show::fault::file(fault).into(),
        OrdersFault::ColumnsMissing(columns) => {
            t!("platform.columns_missing", columns = names(columns))
        }
        OrdersFault::ColumnTwice(column) => {
            t!("platform.column_twice", column = column.chinese())
        }
        OrdersFault::TooManyTwice { most } => t!("platform.too_many_twice", most = most),
        OrdersFault::MonthTooLong { line } => {
            t!(
                "platform.month_too_long",
                line = line,
                most = MONTH_ROWS_MAX
            )
        }
        OrdersFault::Nothing => t!("platform.nothing"),
        OrdersFault::Damaged { path, .. } => t!("platform.damaged", path = path.display()),
        OrdersFault::Index { .. } | OrdersFault::Record(_) => fault.to_string().into(),
    }
    .to_string()
}

/// What a file comes to, line by line.
pub(super) fn summary(summary: &Summary, month: Month, unread: &[usize]) -> Vec<String> {
    let Lines {
        all,
        above,
        blank,
        valid,
        faulty,
    } = summary.lines;
    let lines = t!(
        "platform.lines",
        all = all,
        above = above,
        blank = blank,
        valid = valid,
        faulty = faulty
    );
    let mut said = vec![lines.to_string()];
    if !unread.is_empty() {
        let positions: Vec<String> = unread.iter().map(ToString::to_string).collect();
        let text = t!("platform.unread", positions = positions.join(", "));
        said.push(text.to_string());
    }
    said.extend(summary.first_faults.iter().map(row));
    if summary.is_built {
        let (workers, months) = (summary.workers, summary.months);
        let text = t!(
            "platform.months",
            month = month,
            workers = workers,
            months = months
        );
        said.push(text.to_string());
        for ((place, trade), totals) in &summary.totals {
            let Totals {
                months,
                orders,
                insured_orders,
                net,
            } = *totals;
            let text = t!(
                "platform.total",
                place = show::place::name(*place),
                trade = trade_name(*trade),
                months = months,
                orders = orders,
                insured = insured_orders,
                share = percent(insured_orders, orders),
                net = show::yuan(i64::try_from(net).unwrap_or(i64::MAX))
            );
            said.push(text.to_string());
        }
    }
    said
}

/// Hundredths of a percent are cut off, so that 100 % is all of them.
fn percent(part: u64, whole: u64) -> String {
    let hundredths = part.saturating_mul(10_000) / whole.max(1);
    format!("{}.{:02} %", hundredths / 100, hundredths % 100)
}

pub(super) fn trade_name(trade: Trade) -> String {
    match trade {
        Trade::Delivery => t!("platform.trade.delivery"),
        Trade::RideHailing => t!("platform.trade.ride_hailing"),
        Trade::Freight => t!("platform.trade.freight"),
        Trade::Other => t!("platform.trade.other"),
    }
    .to_string()
}

fn mode_name(mode: TransportMode) -> String {
    match mode {
        TransportMode::Foot => t!("platform.mode.foot"),
        TransportMode::Bicycle => t!("platform.mode.bicycle"),
        TransportMode::MotorCycle => t!("platform.mode.motorcycle"),
        TransportMode::Car => t!("platform.mode.car"),
        TransportMode::Online => t!("platform.mode.online"),
    }
    .to_string()
}

/// A month of a worker.
pub(super) fn month(month: &PlatformMonth<'_>) -> [String; 2] {
    let (work, earnings) = (month.work, month.earnings);
    let worked = t!(
        "platform.slip_work",
        place = show::place::name(month.place),
        trade = trade_name(month.trade),
        mode = mode_name(month.mode),
        orders = work.orders,
        insured = work.insured_orders,
        days = work.days,
        minutes = work.minutes,
        longest = work.longest_minutes,
        night = work.night_minutes
    );
    let earned = t!(
        "platform.slip_earned",
        gross = earnings.gross,
        incentives = earnings.incentives,
        deductions = earnings.deductions,
        refunds = earnings.refunds,
        net = earnings.net
    );
    [worked.to_string(), earned.to_string()]
}

/// An order on a slip.
pub(super) fn order(row: &OrderRow<'_>) -> String {
    let status = status_name(row.status);
    let net = row.gross.get() + row.incentives.get() - row.deductions.get() + row.refunds.get();
    t!(
        "platform.slip_order",
        order = row.order,
        time = minute(row.accepted),
        status = status,
        gross = row.gross,
        incentives = row.incentives,
        deductions = row.deductions,
        refunds = row.refunds,
        net = show::yuan(net)
    )
    .to_string()
}

/// How an order ended.
pub(crate) fn status_name(status: OrderStatus) -> String {
    match status {
        OrderStatus::Completed => t!("platform.status.completed"),
        OrderStatus::Cancelled => t!("platform.status.cancelled"),
        OrderStatus::Failed => t!("platform.status.failed"),
    }
    .to_string()
}

/// A moment in UTC+8, to the minute.
pub(crate) fn minute(moment: UnixMillis) -> String {
    let minutes = (moment.0 / 60_000).saturating_add(8 * 60);
    let (hour, minute) = (minutes / 60 % 24, minutes % 60);
    format!("{} {hour:02}:{minute:02}", Day::of(moment))
}
