//! Contributions for a year: which of their months count as employee months, and what is to be refunded for these (人社部发〔2014〕
//! 17号 art. 7).

use crate::{
    account::{Amount, Standing, YearLine},
    months::overlap::Bounds,
    records::{
        money::{FenSum, Sums, TOLERANCE, part},
        parts::is_completed,
        refunds::{Refund, all, refunds},
        set::{Held, RecordSet, Role, number},
    },
};
use std::ops::Range;
use yizhang_ledger::{
    record::{Contribution, PayerKind},
    value::Month,
};

/// 人社部发〔2014〕17号 art. 7: for overlapping months, what the person and the collective paid is given back, what a
/// government paid is not.
fn refund_due(contribution: &Contribution<'_>, overlap: u32) -> Sums {
    if contribution.payer.kind == PayerKind::Government {
        Sums::default()
    } else {
        let overlap = usize::try_from(overlap).expect("a period has at most 255 months");
        part(contribution, overlap)
    }
}

/// What is still to be given back of a line for its employee months. Refunds that are within a fen of it for each of these months
/// gave all of it back: each month may have been rounded by itself.
pub(crate) fn still_due(line: &YearLine) -> i64 {
    // Nothing is due of a line without employee months.
    let due = line.refund_due.unwrap_or_default();
    let Some(refunded) = line.refunded else {
        return FenSum::from(due.unit).plus(due.person.into()).shown();
    };
    let rounding = TOLERANCE.times(usize::try_from(line.employee).expect("at most 255 months"));
    let left = |due: i64, refunded: i64| {
        let left = FenSum::from(due).minus(refunded.into());
        if left > rounding { left } else { FenSum::ZERO }
    };
    let (unit, person) = (
        left(due.unit, refunded.unit),
        left(due.person, refunded.person),
    );
    unit.plus(person).shown()
}

/// The lines of contributions for periods of several months, and for single months that count as employee months.
pub(crate) fn year_lines(
    set: &RecordSet<'_>,
    range: &Range<usize>,
    bounds: Bounds<'_>,
) -> Vec<YearLine> {
    let refunds = refunds(set, range);
    let mut lines = Vec::new();
    for (at, held) in set.within(range) {
        let Some((Role::Received, contribution)) = held.money() else {
            continue;
        };
        let period = contribution.period;
        if period.months > 1 || bounds.is_employee(period.first) {
            let year = Year {
                at,
                held,
                contribution,
                // An instalment counts with the others of its year.
                counts: held.standing == Standing::Held || is_completed(set, range, held),
                bounds,
            };
            lines.push(year.line(refunds.get(&at).map(Vec::as_slice)));
        }
    }
    lines
}

/// A contribution for several months.
#[derive(Clone, Copy)]
struct Year<'s, 'f> {
    at: usize,
    held: &'s Held<'f>,
    contribution: &'s Contribution<'f>,
    /// Whether it is paid in full.
    counts: bool,
    bounds: Bounds<'s>,
}

impl Year<'_, '_> {
    fn line(self, refunds: Option<&[Refund]>) -> YearLine {
        let (employee, effective) = if self.counts {
            (
                self.months_that(|month| self.bounds.is_employee(month)),
                self.months_that(|month| self.stays(month)),
            )
        } else {
            (0, 0)
        };
        let due = refund_due(self.contribution, employee).amount();
        // What went back for other months is not for these.
        let beside = self.held.given_back().beside_overlap;
        let refunded = refunds.map(|refunds| all(refunds).less(beside).amount());
        YearLine {
            first: self.contribution.period.first,
            months: self.contribution.period.months.into(),
            employee,
            future: self.months_that(|month| month > self.bounds.as_of.month),
            effective,
            refund_due: if_any(due),
            refunded: refunded.and_then(if_any),
            record: number(self.at),
        }
    }

    /// Whether a month has begun, lies before all ends, was not given back, and is no employee month.
    fn stays(self, month: Month) -> bool {
        month <= self.bounds.as_of.month
            && self.bounds.ends.status(month).is_none()
            && !self.held.given_back().has(month)
            && self.bounds.cover.line(month).is_none()
    }

    fn months_that(self, holds: impl Fn(Month) -> bool) -> u32 {
        let months = self.contribution.period.iter();
        let count = months.filter(|month| holds(*month)).count();
        u32::try_from(count).expect("a period has at most 255 months")
    }
}

fn if_any(amount: Amount) -> Option<Amount> {
    (amount != Amount::default()).then_some(amount)
}
