//! What refunds take: whether they left a payment less than full, and of a payment for several months which months they took.
//!
//! A refund that is made for some months of a payment leaves the others. It says for which ones by its own period, where that is
//! shorter than the payment's ([`super::named_refunds`]). Refunds that name none are taken together: for the months that do not count
//! now, else, if they give back exactly their part, for those that did not count by an award that was stopped since the payment came,
//! or by cover that was refunded since. What was reversed never was, and explains nothing.

use crate::{
    account::Standing,
    benefits::awards::{Withdrawn, withdrawn},
    effect::named_refunds::{NamedRefunds, PartlyReturned, Taking},
    months::overlap::{Between, Bounds},
    records::{
        given_back::GivenBack,
        money::{Sums, TOLERANCE, part, rounding},
        refunds::{Refund, all, is_nothing_after, refunds, states_due},
        set::{Held, RecordSet, Role},
    },
};
use std::{
    collections::{BTreeMap, BTreeSet},
    ops::Range,
};
use yizhang_ledger::{
    record::{Contribution, PayerKind},
    value::Month,
};

/// Marks the records of a family that refunds left less than full, with the refund that did: of several the one by which
/// less stayed than was due. A difference that is given back is worth nothing any more. Refunds for some months of a record
/// leave the others; a part payment is one until all of it is given back.
///
/// Returns what refunds mean, by the position of the record.
pub(super) fn take_effect(
    set: &mut RecordSet<'_>,
    range: &Range<usize>,
    bounds: Bounds<'_>,
) -> Readings {
    let mut readings = Readings::new();
    let refunds = refunds(set, range);
    if refunds.is_empty() {
        return readings;
    }
    let withdrawn = withdrawn(set, range);
    for (at, refunds) in &refunds {
        if let Some(mut reading) = read(set, *at, refunds, bounds, &withdrawn) {
            mark(set, *at, refunds, &mut reading);
            readings.insert(*at, reading);
        }
    }
    readings
}

/// By the position of a record what its refunds mean.
pub(super) type Readings = BTreeMap<usize, Reading>;

/// What the refunds of a record mean.
#[derive(Default)]
pub(super) struct Reading {
    /// Those that name no months.
    pub(super) unnamed: Vec<Refund>,
    /// What these may take without taking the months that stay.
    pub(super) allowed: Sums,
    /// Of that, what is for months that do not count now.
    waited_for: Sums,
    given_back: GivenBack,
}

fn read(
    set: &RecordSet<'_>,
    at: usize,
    refunds: &[Refund],
    bounds: Bounds<'_>,
    withdrawn: &BTreeSet<Withdrawn>,
) -> Option<Reading> {
    let held = set.at(at);
    if !matches!(held.standing, Standing::Held | Standing::NotFull) {
        return None;
    }
    let (role, contribution) = held.money()?;
    match role {
        Role::Received => {
            let payment = RefundedPayment {
                set,
                bounds,
                withdrawn,
                contribution,
            };
            Some(payment.read(refunds))
        }
        Role::Adjust => Some(Reading {
            unnamed: refunds.to_vec(),
            ..Reading::default()
        }),
        Role::Due | Role::Announced | Role::Refund => None,
    }
}

/// Says of a record what its refunds took, by their reading.
fn mark(set: &mut RecordSet<'_>, at: usize, refunds: &[Refund], reading: &mut Reading) {
    let decisive = decisive(set.at(at), refunds, reading);
    if decisive.is_none() {
        set.give_back(at, reading.given_back.clone());
    }
    let by = decisive.or_else(|| last_of_all_months(set, at, reading));
    if let Some(refund) = by {
        set.stand(at, Standing::Refunded, Some(refund));
        reading.unnamed = refunds.to_vec();
        // What is left of the other parts has to do without it.
        reading.allowed = reading.waited_for;
    }
}

/// The refund by which less stayed of a record than was due; of a part payment, by which nothing did.
fn decisive(held: &Held<'_>, refunds: &[Refund], reading: &Reading) -> Option<usize> {
    let (_, contribution) = held.money()?;
    let is_part = held.standing == Standing::NotFull;
    let refunds = if is_part { refunds } else { &reading.unnamed };
    let mut taken = Sums::default();
    for refund in refunds {
        taken.add(refund.sums);
        let is_decisive = if is_part {
            is_nothing_after(contribution, taken)
        } else {
            !is_full_after(contribution, taken, reading.allowed)
        };
        if is_decisive {
            return Some(refund.at);
        }
    }
    None
}

/// Where refunds took every month, one after the other, the last of them: it took what was left.
fn last_of_all_months(set: &RecordSet<'_>, at: usize, reading: &Reading) -> Option<usize> {
    let (_, contribution) = set.at(at).money()?;
    let months = &reading.given_back.own;
    if months.len() != usize::from(contribution.period.months) {
        return None;
    }
    let refunds = months.values().copied();
    refunds.max_by_key(|refund| (set.at(*refund).day(), *refund))
}

/// A payment with what decides for which of its months refunds were made.
struct RefundedPayment<'c, 'f> {
    set: &'c RecordSet<'f>,
    bounds: Bounds<'c>,
    withdrawn: &'c BTreeSet<Withdrawn>,
    contribution: &'c Contribution<'f>,
}

/// Refunds of a payment that name no months, and what is known of its months beside them.
struct Unnamed<'r> {
    refunds: &'r [Refund],
    /// Months that no refund has given back by name.
    open: &'r BTreeSet<Month>,
    /// Of these, those that do not count now.
    waiting: &'r BTreeSet<Month>,
    partly: &'r PartlyReturned,
}

impl RefundedPayment<'_, '_> {
    /// As their names say; where that takes the whole payment, without the names of those that gave back only a part of their
    /// months.
    fn read(&self, refunds: &[Refund]) -> Reading {
        let by_name = self.read_with(self.named(refunds, Taking::AllThatNameMonths));
        if self.is_full(&by_name) {
            return by_name;
        }
        let by_whole_months = self.read_with(self.named(refunds, Taking::WholeMonths));
        if self.is_full(&by_whole_months) {
            by_whole_months
        } else {
            by_name
        }
    }

    fn named(&self, refunds: &[Refund], taking: Taking) -> NamedRefunds {
        NamedRefunds::of(self.contribution, self.bounds, refunds, taking)
    }

    fn is_full(&self, reading: &Reading) -> bool {
        is_full_after(self.contribution, all(&reading.unnamed), reading.allowed)
    }

    /// Reads the refunds that name no months, beside those that do.
    fn read_with(&self, named: NamedRefunds) -> Reading {
        let NamedRefunds {
            mut given_back,
            returned_whole,
            partly,
            unnamed,
        } = named;
        // What has been given back by name is not waited for.
        let open =
            self.months_that(|month| !given_back.has(month) && !returned_whole.contains(&month));
        let outside = self.months_that(|month| open.contains(&month) && self.is_outside(month));
        let waiting = self.months_that(|month| {
            open.contains(&month) && (self.is_outside(month) || self.goes_back_as_employee(month))
        });
        let due = part(self.contribution, waiting.len()).less(partly.of(&waiting));
        let rounding = if waiting.is_empty() {
            Sums::default()
        } else {
            rounding(unnamed.len())
        };
        let waited_for = due.and(rounding);
        let total = all(&unnamed);
        let mut reading = Reading {
            unnamed: Vec::new(),
            allowed: waited_for,
            waited_for,
            given_back: GivenBack::default(),
        };
        let mut taken = BTreeSet::new();
        let these = Unnamed {
            refunds: &unnamed,
            open: &open,
            waiting: &waiting,
            partly: &partly,
        };
        if !is_full_after(self.contribution, total, waited_for)
            && let Some(months) = self.months_withdrawn(&these)
        {
            taken = months;
            taken.retain(|month| !self.counts_for_employees_alone(*month));
            reading.allowed = total;
        } else if !outside.is_empty() && total.and(rounding).reaches(due) {
            taken = outside;
        }
        self.take_unnamed(&mut given_back, &taken, &unnamed);
        reading.given_back = given_back;
        reading.unnamed = unnamed;
        reading
    }

    /// Writes down months that refunds without names took: the last of them did.
    fn take_unnamed(
        &self,
        given_back: &mut GivenBack,
        months: &BTreeSet<Month>,
        unnamed: &[Refund],
    ) {
        let Some(last) = unnamed.last() else { return };
        given_back
            .own
            .extend(months.iter().map(|month| (*month, last.at)));
        let is_beside = |month: &&Month| !self.bounds.is_employee(**month);
        let beside = months.iter().filter(is_beside).count();
        given_back
            .beside_overlap
            .add(part(self.contribution, beside));
    }

    /// The months of the period of which something holds.
    fn months_that(&self, holds: impl Fn(Month) -> bool) -> BTreeSet<Month> {
        let months = self.contribution.period.iter();
        months.filter(|month| holds(*month)).collect()
    }

    fn is_outside(&self, month: Month) -> bool {
        self.bounds.is_outside(month)
    }

    fn counts_for_employees_alone(&self, month: Month) -> bool {
        self.bounds.is_employee(month) && !self.bounds.is_outside(month)
    }

    /// art. 7 gives a government nothing back; what was paid behind an end goes back to whoever paid it.
    fn goes_back_as_employee(&self, month: Month) -> bool {
        self.is_of_worker() && self.bounds.is_employee(month)
    }

    fn is_of_worker(&self) -> bool {
        self.contribution.payer.kind != PayerKind::Government
    }

    /// Of the months that no refund has given back by name those that did not count by an award that was stopped, or cover that
    /// was refunded, with those that do not count now, where refunds gave back exactly their part. Award or cover was there
    /// between the payment and the last of the refunds.
    fn months_withdrawn(&self, these: &Unnamed<'_>) -> Option<BTreeSet<Month>> {
        if is_rounding(all(these.refunds)) {
            return None;
        }
        let between = Between {
            first: self.contribution.received?,
            last: these.refunds.last()?.on,
        };
        let covered = self.months_that(|month| {
            let was_covered = these.open.contains(&month) && self.was_covered(month, between);
            these.waiting.contains(&month) || was_covered
        });
        if self.gives_back_exactly(these, &covered) {
            return Some(covered);
        }
        for from in self.ends_withdrawn(between) {
            let behind = self.months_that(|month| month >= from && these.open.contains(&month));
            let with_waiting = &behind | these.waiting;
            let with_covered = &behind | &covered;
            for months in [behind, with_waiting, with_covered] {
                if self.gives_back_exactly(these, &months) {
                    return Some(months);
                }
            }
        }
        None
    }

    /// Whether between two days a month was covered, or stood beside other cover, by money that has gone back since.
    fn was_covered(&self, month: Month, between: Between) -> bool {
        let was_employee =
            self.is_of_worker() && self.bounds.was_employee(self.set, month, between);
        was_employee || self.bounds.was_beside(self.set, month, between)
    }

    /// The first months behind awards that were there between two days and were stopped: an end before the period takes all of it; of
    /// the others there are twelve.
    fn ends_withdrawn(&self, between: Between) -> BTreeSet<Month> {
        let period = self.contribution.period;
        let mut ends = BTreeSet::new();
        for award in self.withdrawn {
            let is_before_last = period.iter().last().is_some_and(|last| award.from <= last);
            if is_before_last && between.meets(award.awarded, award.stopped) {
                ends.insert(award.from.max(period.first));
            }
        }
        ends
    }

    /// Whether refunds gave back exactly the part of some months, but for rounding.
    fn gives_back_exactly(&self, these: &Unnamed<'_>, months: &BTreeSet<Month>) -> bool {
        let (total, rounding) = (all(these.refunds), rounding(these.refunds.len()));
        let due = part(self.contribution, months.len()).less(these.partly.of(months));
        !months.is_empty() && total.and(rounding).reaches(due) && due.and(rounding).reaches(total)
    }
}

/// Whether a sum is so small that it takes no month.
fn is_rounding(sums: Sums) -> bool {
    sums.unit <= TOLERANCE && sums.person <= TOLERANCE
}

/// Whether what stays paid after refunds still reaches what was due. Where no due amount is recorded, all that was paid
/// was due.
fn is_full_after(contribution: &Contribution<'_>, refunded: Sums, allowed: Sums) -> bool {
    let paid = Sums::from(contribution.paid);
    let required = if states_due(contribution) {
        Sums::from(contribution.due).at_most(paid)
    } else {
        paid
    };
    paid.and(refunded.negated()).and(allowed).reaches(required)
}
