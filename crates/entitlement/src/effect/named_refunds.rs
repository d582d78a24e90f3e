//! Refunds that name months of a payment: which of these they take.

use crate::{
    months::overlap::Bounds,
    records::{
        given_back::GivenBack,
        money::{FenSum, Sums, part, rounding},
        refunds::{Refund, all, states_due},
    },
};
use std::collections::{BTreeMap, BTreeSet};
use yizhang_ledger::{
    record::{Contribution, Period},
    value::Month,
};

/// Which refunds are taken by the months that they name.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Taking {
    AllThatNameMonths,
    /// Only those by which all that was paid for the months went back.
    WholeMonths,
}

/// What the refunds of a payment say by the months that they name.
#[derive(Default)]
pub(super) struct NamedRefunds {
    pub(super) given_back: GivenBack,
    /// Months that were named and given back whole.
    pub(super) returned_whole: BTreeSet<Month>,
    /// What went back by name for months that are waited for still.
    pub(super) partly: PartlyReturned,
    /// The refunds that name none, in the order of their days.
    pub(super) unnamed: Vec<Refund>,
}

/// Refunds that gave back a part of the months that they name.
#[derive(Default)]
pub(super) struct PartlyReturned(Vec<PartReturned>);

struct PartReturned {
    /// Of the months those that are waited for still.
    left: BTreeSet<Month>,
    /// Those that were taken nevertheless.
    taken: BTreeSet<Month>,
    /// How many months were named.
    named: usize,
    /// What went back for all of them.
    given_back: Sums,
}

impl PartlyReturned {
    /// What went back for some months.
    pub(super) fn of(&self, months: &BTreeSet<Month>) -> Sums {
        let mut sums = Sums::default();
        for part in &self.0 {
            let some = part.left.intersection(months).count();
            sums.add(part.given_back.share(some, part.named));
        }
        sums
    }

    /// What stays of the money of months that were taken, but for those that other refunds gave back whole.
    fn stays(&self, contribution: &Contribution<'_>, whole: &BTreeSet<Month>) -> FenSum {
        let (mut short, mut given_back) = (BTreeSet::new(), Sums::default());
        for part in &self.0 {
            let taken: BTreeSet<Month> = part.taken.difference(whole).copied().collect();
            let waiting = part.left.difference(whole);
            let months = taken.iter().chain(waiting).count();
            given_back.add(part.given_back.share(taken.len(), months));
            short.extend(taken);
        }
        let paid = part(contribution, short.len());
        paid.both().minus(given_back.both()).or_nothing()
    }
}

/// Refunds of a payment by the months that they name.
#[derive(Default)]
struct ByMonths {
    named: BTreeMap<Period, Vec<Refund>>,
    /// Those that name none.
    others: Vec<Refund>,
}

impl ByMonths {
    /// What gives back more than the months were paid with, by itself or together, names none. Each month may have been rounded by
    /// itself.
    fn of(contribution: &Contribution<'_>, refunds: &[Refund]) -> Self {
        let mut found = Self::as_written(refunds);
        for (months, group) in std::mem::take(&mut found.named) {
            if is_possible(contribution, months, &group) {
                found.named.insert(months, group);
            } else {
                found.others.extend(group);
            }
        }
        if !found.is_possible_together(contribution) {
            let named = std::mem::take(&mut found.named);
            found.others.extend(named.into_values().flatten());
        }
        found
    }

    fn as_written(refunds: &[Refund]) -> Self {
        let mut found = Self::default();
        for refund in refunds {
            match refund.months {
                Some(months) => found.named.entry(months).or_default().push(*refund),
                None => found.others.push(*refund),
            }
        }
        found
    }

    fn is_possible_together(&self, contribution: &Contribution<'_>) -> bool {
        let months: BTreeSet<Month> = self.named.keys().flat_map(|months| months.iter()).collect();
        let sums = self.named.len().checked_add(1);
        let rounded = months
            .len()
            .max(sums.expect("a period has fewer than 2^16 parts"));
        let limit = part(contribution, months.len()).and(rounding(rounded));
        let mut given_back = Sums::default();
        for group in self.named.values() {
            given_back.add(all(group));
        }
        limit.reaches(given_back)
    }
}

impl NamedRefunds {
    /// The refunds of a payment, as far as they are taken by the months that they name.
    pub(super) fn of(
        contribution: &Contribution<'_>,
        bounds: Bounds<'_>,
        refunds: &[Refund],
        taking: Taking,
    ) -> Self {
        let ByMonths { named, others } = ByMonths::of(contribution, refunds);
        let mut found = Self {
            unnamed: others,
            ..Self::default()
        };
        for (months, group) in named {
            if taking == Taking::AllThatNameMonths || is_whole(contribution, months, &group) {
                found.take(contribution, bounds, months, group);
            } else {
                found.unnamed.extend(group);
            }
        }
        found.unnamed.sort_by_key(Refund::order);
        found.given_back.stays = found.partly.stays(contribution, &found.returned_whole);
        found
    }

    /// Writes down the months that refunds for the same months take. What takes no month names none: a surplus, or a part of what
    /// is waited for.
    fn take(
        &mut self,
        contribution: &Contribution<'_>,
        bounds: Bounds<'_>,
        months: Period,
        group: Vec<Refund>,
    ) {
        let count = usize::from(months.months);
        let decisive = decisive(contribution, count, &group);
        let is_whole = is_whole(contribution, months, &group);
        let mut count_now = months
            .iter()
            .filter(|month| !bounds.is_outside(*month) && !bounds.is_employee(*month));
        let takes_any = decisive.is_some() && count_now.next().is_some();
        if !is_whole && !takes_any {
            self.unnamed.extend(group);
            return;
        }
        // What does not count waits until all of it is there.
        let by_whole = match group.last() {
            Some(last) if is_whole => Some(last.at),
            _ => None,
        };
        let (mut left, mut taken) = (BTreeSet::new(), BTreeSet::new());
        for month in months.iter() {
            let by = if bounds.is_outside(month) {
                by_whole
            } else if bounds.is_employee(month) {
                // An employee month stays one.
                None
            } else {
                decisive
            };
            if let Some(refund) = by {
                self.given_back.own.insert(month, refund);
                taken.insert(month);
            } else {
                left.insert(month);
            }
        }
        let given_back = all(&group);
        if is_whole {
            self.returned_whole.extend(months.iter());
        } else {
            self.partly.0.push(PartReturned {
                left,
                taken,
                named: count,
                given_back,
            });
        }
        let is_beside = |month: &Month| !bounds.is_employee(*month);
        let beside = months.iter().filter(is_beside).count();
        self.given_back
            .beside_overlap
            .add(given_back.share(beside, count));
    }
}

/// The refund by which less stayed of some months than was due for them.
fn decisive(contribution: &Contribution<'_>, months: usize, group: &[Refund]) -> Option<usize> {
    let all = usize::from(contribution.period.months);
    let spare = surplus(contribution).share(months, all);
    let mut taken = Sums::default();
    for refund in group {
        taken.add(refund.sums);
        if !spare.reaches(taken) {
            return Some(refund.at);
        }
    }
    None
}

/// Whether refunds give back no more than the months that they name were paid with, but for a fen a month.
fn is_possible(contribution: &Contribution<'_>, months: Period, group: &[Refund]) -> bool {
    let count = usize::from(months.months);
    let paid = part(contribution, count);
    paid.and(rounding(count)).reaches(all(group))
}

/// Whether refunds give back all that the months that they name were paid with, but for a fen a month.
fn is_whole(contribution: &Contribution<'_>, months: Period, group: &[Refund]) -> bool {
    let count = usize::from(months.months);
    let paid = part(contribution, count);
    all(group).and(rounding(count)).reaches(paid)
}

/// What was paid beyond what was due, where that is on record.
fn surplus(contribution: &Contribution<'_>) -> Sums {
    if states_due(contribution) {
        Sums::from(contribution.paid).less(contribution.due.into())
    } else {
        Sums::default()
    }
}
