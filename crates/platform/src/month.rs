//! What a month of orders comes to. Pure: rows in, sums out.

use crate::{cell::DAY_MS, row::ORDER_DAYS_MAX};
use yizhang_ledger::{
    order::{OrderRow, OrderStatus},
    record::{Earnings, Work},
    value::{Fen, UnixMillis},
};

/// A rest this long ends a stretch of work; a shorter one does not, and is not counted as work (docs/PLATFORMS.md).
pub const REST_MINUTES_MIN: u64 = 20;
/// The night begins, hours of the day in UTC+8.
pub const NIGHT_FROM_HOUR: u64 = 22;
/// And ends.
pub const NIGHT_TO_HOUR: u64 = 6;

const MINUTE_MS: u64 = 60 * 1_000;
const HOUR_MS: u64 = 60 * MINUTE_MS;
/// UTC+8.
const EAST_MS: u64 = 8 * HOUR_MS;
/// Of a day that begins with the night.
const NIGHT_MS: u64 = (24 - NIGHT_FROM_HOUR + NIGHT_TO_HOUR) * HOUR_MS;
const DAY_MINUTES: u64 = 24 * 60;

/// The work of the orders of a month, in ascending order of the times at which they were accepted.
///
/// Minutes are those of the union of all completed orders: two at a time count once. They are whole minutes of the sum, and never more
/// than the days with an order have.
pub fn work_of<'a>(rows: impl IntoIterator<Item = &'a OrderRow<'a>>) -> Work {
    let mut work = Work::default();
    let mut union = Union::default();
    let mut last_day = None;
    for row in rows {
        let day = (row.accepted.0 + EAST_MS) / DAY_MS;
        // They come in ascending order: a day that was left does not come again.
        if last_day != Some(day) {
            last_day = Some(day);
            work.days += 1;
        }
        if row.status == OrderStatus::Completed {
            work.orders += 1;
            work.insured_orders += u32::from(row.insured);
            union.add(row.accepted, row.finished);
        }
    }
    union.end_piece();
    union.end_stretch();
    let most = u64::from(work.days) * DAY_MINUTES;
    let minutes = |millis: u64, most: u64| (millis / MINUTE_MS).min(most);
    let all = minutes(union.all, most);
    let of_the_month = "a month of orders that each last 31 days at most has fewer minutes";
    let narrow = |minutes: u64| u32::try_from(minutes).expect(of_the_month);
    work.minutes = narrow(all);
    work.longest_minutes = narrow(minutes(union.longest, all));
    work.night_minutes = narrow(minutes(union.night, all));
    work
}

const _: () = assert!((ORDER_DAYS_MAX + 31) * DAY_MINUTES < u32::MAX as u64);

/// The union of intervals that come in the order in which they begin.
#[derive(Default)]
struct Union {
    /// The piece that is being made longer.
    piece: Option<(u64, u64)>,
    /// Work of the stretch, without the piece.
    stretch: u64,
    /// The end of the piece before.
    rested_from: Option<u64>,
    all: u64,
    night: u64,
    longest: u64,
}

impl Union {
    fn add(&mut self, from: UnixMillis, to: UnixMillis) {
        match &mut self.piece {
            Some((_, end)) if from.0 <= *end => *end = (*end).max(to.0),
            _ => {
                self.end_piece();
                let rest = self.rested_from.map(|end| from.0 - end);
                if rest.is_some_and(|rest| rest >= REST_MINUTES_MIN * MINUTE_MS) {
                    self.end_stretch();
                }
                self.piece = Some((from.0, to.0));
            }
        }
    }

    fn end_piece(&mut self) {
        if let Some((from, to)) = self.piece.take() {
            self.all += to - from;
            self.stretch += to - from;
            self.night += night_before(to) - night_before(from);
            self.rested_from = Some(to);
        }
    }

    fn end_stretch(&mut self) {
        self.longest = self.longest.max(self.stretch);
        self.stretch = 0;
    }
}

/// Milliseconds of nights before a moment.
const fn night_before(moment: u64) -> u64 {
    // Moved so that a day begins where the night does.
    let moved = moment + EAST_MS + (24 - NIGHT_FROM_HOUR) * HOUR_MS;
    let of_today = moved % DAY_MS;
    let tonight = if of_today < NIGHT_MS {
        of_today
    } else {
        NIGHT_MS
    };
    moved / DAY_MS * NIGHT_MS + tonight
}

/// The sums of all orders of a month, whatever became of them; none where they pass every bound.
pub fn earnings_of<'a>(rows: impl IntoIterator<Item = &'a OrderRow<'a>>) -> Option<Earnings> {
    let [mut gross, mut incentives, mut deductions, mut refunds] = [0_i64; 4];
    for row in rows {
        gross = gross.checked_add(row.gross.get())?;
        incentives = incentives.checked_add(row.incentives.get())?;
        deductions = deductions.checked_add(row.deductions.get())?;
        refunds = refunds.checked_add(row.refunds.get())?;
    }
    let paid = gross.checked_add(incentives)?.checked_add(refunds)?;
    Some(Earnings {
        gross: Fen::new(gross)?,
        incentives: Fen::new(incentives)?,
        deductions: Fen::new(deductions)?,
        refunds: Fen::new(refunds)?,
        net: Fen::new(paid.checked_sub(deductions)?)?,
    })
}
