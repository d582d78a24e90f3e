//! What the months of a family are looked at against: months of other families that take their place or stand beside them, the ends,
//! and the month of the account.

use crate::{
    account::{MonthLine, MonthStatus, RecordNumber},
    months::ends::Ends,
    records::set::{AsOf, Held, RecordSet, position},
};
use yizhang_ledger::value::{Day, Month};

/// What months are looked at against.
#[derive(Clone, Copy)]
pub(crate) struct Bounds<'c> {
    pub(crate) cover: Cover<'c>,
    /// Cover for which agencies may give these months back; they count until they do.
    pub(crate) beside: Cover<'c>,
    pub(crate) ends: Ends,
    pub(crate) as_of: AsOf,
}

impl Bounds<'_> {
    /// Whether a month counts as an employee month instead.
    pub(crate) fn is_employee(self, month: Month) -> bool {
        month <= self.as_of.month && self.cover.line(month).is_some()
    }

    /// Whether between two days a month counted as an employee month, by money that has gone back since.
    pub(crate) fn was_employee(self, set: &RecordSet<'_>, month: Month, between: Between) -> bool {
        month <= self.as_of.month && self.cover.was_there(set, month, between)
    }

    /// Whether on a day a month counted as an employee month, by money that is still there or has gone back since.
    pub(crate) fn was_employee_on(self, set: &RecordSet<'_>, month: Month, day: Day) -> bool {
        let day_alone = Between {
            first: day,
            last: day,
        };
        self.is_paid_by(set, month, day) || self.was_employee(set, month, day_alone)
    }

    /// Whether a month counts as an employee month by money that had come by a day.
    fn is_paid_by(self, set: &RecordSet<'_>, month: Month, day: Day) -> bool {
        if month > self.as_of.month {
            return false;
        }
        let Some(line) = self.cover.line(month) else {
            return false;
        };
        let was_paid = |number: &RecordNumber| {
            let paid = set.numbered(*number).and_then(Held::day);
            paid.is_some_and(|paid| paid <= day)
        };
        line.by.iter().any(was_paid)
    }

    /// Whether between two days a month stood beside other cover, whose money has gone back since.
    pub(crate) fn was_beside(self, set: &RecordSet<'_>, month: Month, between: Between) -> bool {
        self.beside.was_there(set, month, between)
    }

    /// Whether what was paid for a month is given back without taking those before it: it lies behind an end, or beside
    /// other cover.
    pub(crate) fn is_outside(self, month: Month) -> bool {
        self.ends.status(month).is_some() || self.beside.line(month).is_some()
    }
}

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
        let at = self.months.binary_search_by_key(&month, |line| line.month);
        self.months.get(at.ok()?)
    }

    /// The line of a month that counts there.
    pub(crate) fn line(self, month: Month) -> Option<&'c MonthLine> {
        self.any_line(month)
            .filter(|line| line.status == MonthStatus::Counted)
    }

    /// Whether between two days a month that does not count there was paid in full, with money that has gone back since.
    pub(crate) fn was_there(self, set: &RecordSet<'_>, month: Month, between: Between) -> bool {
        let Some(line) = self.any_line(month) else {
            return false;
        };
        let has_ended = self.ends.status(month).is_some();
        if has_ended || line.status == MonthStatus::Counted {
            return false;
        }
        let mut records = line.by.iter().chain(&line.others);
        records.any(|number| was_paid_between(set, position(*number), month, between))
    }

    /// Months that count there.
    pub(crate) fn months(self) -> impl Iterator<Item = Month> + 'c {
        self.months
            .iter()
            .filter(|line| line.status == MonthStatus::Counted)
            .map(|line| line.month)
    }
}

/// Whether between two days a record had paid a month that a refund took.
fn was_paid_between(set: &RecordSet<'_>, at: usize, month: Month, between: Between) -> bool {
    let held = set.at(at);
    let refunded = held.taken_by(month).and_then(|refund| set.at(refund).day());
    match (held.day(), refunded) {
        (Some(paid), Some(refunded)) => between.meets(paid, refunded),
        _ => false,
    }
}
