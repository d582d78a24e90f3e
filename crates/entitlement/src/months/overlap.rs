//! Employee and resident months: which months of a yearly payment count as employee months, what is to be refunded for
//! them (人社部发〔2014〕17号 art. 7).

use crate::{
    account::{Amount, MonthLine, MonthStatus, Standing, YearLine},
    benefits::awards::Ends,
    months::ledger::Bounds,
    records::{
        money::{Sums, part},
        parts::is_completed,
        refunds::{Refund, all, refunds},
        set::{Held, RecordSet, Role, number},
    },
};
use std::ops::Range;
use yizhang_ledger::{
    record::{Contribution, PayerKind},
    value::{Day, Month},
};

/// The months of the family whose months take the place of this one's, with their records.
#[derive(Clone, Copy, Default)]
pub(crate) struct Cover<'c> {
    pub(crate) months: &'c [MonthLine],
    /// What ended them.
    pub(crate) ends: Ends,
}

/// From one day to another, both included.
#[derive(Clone, Copy)]
pub(crate) struct Between {
    pub(crate) first: Day,
    pub(crate) last: Day,
}

impl Between {
    /// Whether something that lasted from one day to another was there in between.
    pub(crate) fn meets(self, from: Day, until: Day) -> bool {
        until >= self.first && from <= self.last
    }
}

impl<'c> Cover<'c> {
    fn any_line(self, month: Month) -> Option<&'c MonthLine> {
        let at = self
            .months
            .binary_search_by_key(&month, |line| line.month)
            .ok()?;
        self.months.get(at)
    }

    /// The line of a month that counts there.
    pub(crate) fn line(self, month: Month) -> Option<&'c MonthLine> {
        self.any_line(month)
            .filter(|line| line.status == MonthStatus::Counted)
    }

    /// Whether between two days a month that does not count there was paid in full, with money that has gone back since.
    pub(crate) fn was_there(self, set: &RecordSet<'_>, month: Month, between: Between) -> bool {
        let has_ended = self.ends.status(month).is_some();
        let Some(line) = self
            .any_line(month)
            .filter(|line| !has_ended && line.status != MonthStatus::Counted)
        else {
            return false;
        };
        line.by
            .iter()
            .chain(&line.others)
            .filter_map(|number| set.numbered(*number))
            .any(|held| {
                let refund = held.taken_by(month).and_then(|refund| set.get(refund));
                held.day()
                    .zip(refund.and_then(Held::day))
                    .is_some_and(|(from, until)| between.meets(from, until))
            })
    }

    /// Months that count there.
    pub(crate) fn months(self) -> impl Iterator<Item = Month> + 'c {
        self.months
            .iter()
            .filter(|line| line.status == MonthStatus::Counted)
            .map(|line| line.month)
    }
}

fn count(months: impl Iterator<Item = Month>) -> u32 {
    u32::try_from(months.count()).unwrap_or(u32::MAX)
}

/// 人社部发〔2014〕17号 art. 7: for overlapping months, what the person and the collective paid is given back, what a
/// government paid is not.
fn refund_due(contribution: &Contribution<'_>, overlap: usize) -> Sums {
    if contribution.payer.kind == PayerKind::Government {
        Sums::default()
    } else {
        part(contribution, overlap)
    }
}

/// What is still to be given back of a line for its employee months. Refunds that are within a fen of it for each of these months
/// gave all of it back: each month may have been rounded by itself.
pub(crate) fn still_due(line: &YearLine) -> i64 {
    let due = line.refund_due.unwrap_or_default();
    let Some(refunded) = line.refunded else {
        return due.unit.saturating_add(due.person);
    };
    let left = |due: i64, refunded: i64| {
        let left = due.saturating_sub(refunded);
        if left > i64::from(line.employee) {
            left
        } else {
            0
        }
    };
    left(due.unit, refunded.unit).saturating_add(left(due.person, refunded.person))
}

/// The lines of contributions for periods of several months, and for single months that count as employee months.
pub(crate) fn year_lines(
    set: &RecordSet<'_>,
    range: &Range<usize>,
    bounds: Bounds<'_>,
) -> Vec<YearLine> {
    let Bounds { cover, as_of, .. } = bounds;
    let refunds = refunds(set, range);
    let mut lines = Vec::new();
    for (at, held) in set.within(range) {
        let Some((Role::Received, contribution)) = held.money() else {
            continue;
        };
        let period = contribution.period;
        if period.months < 2 && !bounds.is_employee(period.first) {
            continue;
        }
        let months = u32::from(period.months);
        // An instalment counts with the others of its year.
        let counts = held.standing == Standing::Held || is_completed(set, range, held);
        let employee = period
            .iter()
            .filter(|month| counts && bounds.is_employee(*month))
            .count();
        let future = count(period.iter().filter(|month| *month > as_of.month));
        let due = refund_due(contribution, employee).amount();
        let keeps = |month: &Month| {
            let ended = bounds.ends.status(*month).is_some();
            *month <= as_of.month
                && !ended
                && !held.given_back().has(*month)
                && cover.line(*month).is_none()
        };
        // What went back for other months is not for these.
        let refunded =
            |refunds: &Vec<Refund>| all(refunds).less(held.given_back().beside_overlap).amount();
        let effective = count(period.iter().filter(keeps));
        lines.push(YearLine {
            first: period.first,
            months,
            employee: u32::try_from(employee).unwrap_or(u32::MAX),
            future,
            effective: if counts { effective } else { 0 },
            refund_due: Some(due).filter(|due| *due != Amount::default()),
            refunded: refunds
                .get(&at)
                .map(refunded)
                .filter(|refunded| *refunded != Amount::default()),
            record: number(at),
        });
    }
    lines
}
