//! Refunds: whether they left a payment less than full, and of a payment for several months which months they took.
//!
//! A refund that is made for some months of a payment leaves the others. It says for which ones by its own period, where that is
//! shorter than the payment's; where it is not, it is taken to be made for the months that do not count now, or, if it gives back
//! exactly their part, for those that did not count by an award that was stopped since, or by cover that was refunded since. What
//! was reversed never was, and explains nothing.

use crate::{
    account::Standing,
    ends::withdrawn,
    instalments,
    months::Bounds,
    overlap::{Sums, TOLERANCE_FEN, given_back, part},
    set::{Held, RecordSet, Role, Target},
};
use std::{
    collections::{BTreeMap, BTreeSet},
    ops::Range,
};
use yizhang_ledger::{
    record::{Contribution, PayerKind, Period},
    value::{Fen, Month},
};

/// A refund in force.
#[derive(Clone, Copy)]
pub(crate) struct Refund {
    /// Its position.
    pub(crate) at: usize,
    pub(crate) sums: Sums,
    /// The months that it is for, where it names fewer than were paid for.
    months: Option<Period>,
}

/// The refunds in force of each record, by position, in the order of their days.
pub(crate) type Refunds = BTreeMap<usize, Vec<Refund>>;

/// Of a record for several months those whose money refunds gave back, while the others stay.
#[derive(Clone, Default)]
pub(crate) struct GivenBack {
    pub(crate) months: BTreeSet<Month>,
    /// Position of the last of the refunds.
    pub(crate) by: Option<usize>,
}

/// The refunds of a family's records.
pub(crate) fn refunds(set: &RecordSet<'_>, range: &Range<usize>) -> Refunds {
    let mut refunds = Refunds::new();
    for (at, held) in set.within(range).filter(|(_, held)| held.standing == Standing::Held) {
        if let (Some((Role::Refund, contribution)), Target::At(target)) = (held.money(), held.target) {
            let mut sums = Sums::default();
            sums.add(given_back(contribution.paid.unit), given_back(contribution.paid.person));
            let whole = set.get(target).and_then(Held::money).map(|(_, paid)| paid.period);
            let months = whole.and_then(|whole| shorter(contribution.period, whole));
            refunds.entry(target).or_default().push(Refund { at, sums, months });
        }
    }
    for of_record in refunds.values_mut() {
        of_record.sort_by_key(|refund| (set.get(refund.at).and_then(Held::day), refund.at));
    }
    refunds
}

/// A period that lies within another one and is not all of it.
fn shorter(period: Period, whole: Period) -> Option<Period> {
    let within = period.iter().all(|month| whole.iter().any(|other| other == month));
    (within && period.months < whole.months).then_some(period)
}

/// What refunds gave back together.
pub(crate) fn all(refunds: &[Refund]) -> Sums {
    refunds.iter().fold(Sums::default(), |mut sum, refund| {
        sum.add(refund.sums.unit, refund.sums.person);
        sum
    })
}

/// Marks the records of a family that refunds left less than full, with the refund that did: of several the one by which
/// less stayed than was due. A difference that is given back is worth nothing any more. Refunds for some months of a record
/// leave the others; a part payment is one until all of it is given back.
pub(crate) fn settle(set: &mut RecordSet<'_>, range: &Range<usize>, bounds: Bounds<'_>) {
    let refunds = refunds(set, range);
    if refunds.is_empty() {
        return;
    }
    let scope = Scope::of(set, range, bounds);
    for (at, refunds) in &refunds {
        let moved = |held: &&Held<'_>| matches!(held.standing, Standing::Held | Standing::NotFull);
        let Some(held) = set.get(*at).filter(moved) else { continue };
        let Some((role, contribution)) = held.money() else { continue };
        let is_part = held.standing == Standing::NotFull;
        let reading = match role {
            Role::Received => scope.reading(contribution, refunds),
            Role::Adjust => Reading::default(),
            _ => continue,
        };
        let mut taken = Sums::default();
        let decisive = refunds.iter().find(|refund| {
            taken.add(refund.sums.unit, refund.sums.person);
            if is_part {
                is_nothing_after(contribution, taken)
            } else {
                !is_full_after(contribution, taken, reading.allowed)
            }
        });
        let decisive = decisive.map(|refund| refund.at);
        let Some(held) = set.0.get_mut(*at) else { continue };
        match decisive {
            Some(refund) => (held.standing, held.because) = (Standing::Refunded, Some(refund)),
            None if reading.months.is_empty() => {}
            None => held.given_back = GivenBack { months: reading.months, by: refunds.last().map(|refund| refund.at) },
        }
    }
    instalments::settle(set, range, &refunds, &scope);
}

/// What decides for which months refunds were made.
pub(crate) struct Scope<'c> {
    bounds: Bounds<'c>,
    /// The first months that did not count by awards that were stopped from then on, ascending.
    withdrawn: Vec<Month>,
}

/// What refunds may take of a record without taking the months that stay, and the months that they took.
#[derive(Default)]
pub(crate) struct Reading {
    pub(crate) allowed: Sums,
    months: BTreeSet<Month>,
}

impl<'c> Scope<'c> {
    fn of(set: &RecordSet<'_>, range: &Range<usize>, bounds: Bounds<'c>) -> Self {
        Self { bounds, withdrawn: withdrawn(set, range) }
    }

    /// Whether a month would not count, had nothing been given back.
    pub(crate) fn is_outside(&self, month: Month) -> bool {
        self.bounds.is_outside(month)
    }

    /// Of a record that keeps no month nothing is allowed: what gives its money back takes it whole.
    pub(crate) fn reading(&self, contribution: &Contribution<'_>, refunds: &[Refund]) -> Reading {
        let bounds = self.bounds;
        let period: Vec<Month> = contribution.period.iter().collect();
        let among = |wanted: &dyn Fn(Month) -> bool| -> BTreeSet<Month> {
            period.iter().copied().filter(|month| wanted(*month)).collect()
        };
        // art. 7 gives a government nothing back; what was paid behind an end goes back to whoever paid it.
        let of_worker = contribution.payer.kind != PayerKind::Government;
        let outside = among(&|month| bounds.is_outside(month));
        let employee = among(&|month| bounds.is_employee(month));
        let mut named = Named::of(contribution, refunds);
        if named.months.is_empty()
            && let Some(months) = self.withdrawn_months(contribution, all(refunds))
        {
            named = Named { whole: months.clone(), months };
        }
        let gone: BTreeSet<Month> = outside.union(&named.months).copied().collect();
        if gone.len() == period.len() {
            return Reading::default();
        }
        let overlapping = employee.difference(&gone).count();
        let allowed = part(contribution, gone.len().saturating_add(if of_worker { overlapping } else { 0 }));
        let returned: BTreeSet<Month> = outside.union(&named.whole).copied().collect();
        let has_returned = reaches(all(refunds), part(contribution, returned.len()));
        let is_given_back = |month: Month| match (outside.contains(&month), named.months.contains(&month)) {
            (true, _) => has_returned || named.whole.contains(&month),
            (false, is_named) => is_named && !employee.contains(&month),
        };
        Reading { allowed, months: among(&is_given_back) }
    }

    /// The months that did not count by an award or cover that was withdrawn since, where refunds gave back exactly their part, and
    /// not that of months which do not count now.
    fn withdrawn_months(&self, contribution: &Contribution<'_>, refunded: Sums) -> Option<BTreeSet<Month>> {
        let bounds = self.bounds;
        let of_worker = contribution.payer.kind != PayerKind::Government;
        let months = |wanted: &dyn Fn(Month) -> bool| -> BTreeSet<Month> {
            contribution.period.iter().filter(|month| wanted(*month)).collect()
        };
        let is_exact = |months: &BTreeSet<Month>| {
            let due = part(contribution, months.len());
            !months.is_empty() && reaches(refunded, due) && reaches(due, refunded)
        };
        let is_employee = |month| of_worker && bounds.is_employee(month);
        let is_outside = |month| bounds.is_outside(month);
        let is_now = |month| is_employee(month) || is_outside(month);
        let now = [months(&is_employee), months(&is_outside), months(&is_now)];
        if now.iter().any(is_exact) || is_rounding(refunded) {
            return None;
        }
        let was_covered = |month| of_worker && bounds.was_employee(month) || bounds.was_beside(month);
        let ends = || self.withdrawn.iter().map(|end| move |month: Month| month >= *end);
        let covered = months(&|month| is_now(month) || was_covered(month));
        let ended = ends().map(|has_ended| months(&|month| is_now(month) || has_ended(month)));
        let both = ends().map(|has_ended| months(&|month| is_now(month) || was_covered(month) || has_ended(month)));
        let alone = ends().map(|has_ended| months(&has_ended));
        [months(&was_covered), covered].into_iter().chain(alone).chain(ended).chain(both).find(is_exact)
    }
}

/// The months that refunds name.
#[derive(Default)]
struct Named {
    months: BTreeSet<Month>,
    /// Those of them whose part was given back whole.
    whole: BTreeSet<Month>,
}

impl Named {
    fn of(contribution: &Contribution<'_>, refunds: &[Refund]) -> Self {
        let mut sums: BTreeMap<Period, Sums> = BTreeMap::new();
        for refund in refunds {
            if let Some(months) = refund.months {
                sums.entry(months).or_default().add(refund.sums.unit, refund.sums.person);
            }
        }
        let mut named = Self::default();
        for (months, refunded) in sums {
            let due = part(contribution, usize::from(months.months));
            // What gives back more than the months were paid with is for others too.
            if is_rounding(refunded) || !reaches(due, refunded) {
                continue;
            }
            named.months.extend(months.iter());
            if reaches(refunded, due) {
                named.whole.extend(months.iter());
            }
        }
        named
    }
}

/// Whether a sum is so small that it takes no month.
const fn is_rounding(sums: Sums) -> bool {
    sums.unit <= TOLERANCE_FEN && sums.person <= TOLERANCE_FEN
}

/// Whether a sum reaches another one in both shares, but for rounding.
fn reaches(sum: Sums, other: Sums) -> bool {
    let reaches = |sum: i128, other: i128| sum.saturating_add(TOLERANCE_FEN) >= other;
    reaches(sum.unit, other.unit) && reaches(sum.person, other.person)
}

/// Whether what stays paid after refunds still reaches what was due. Where no due amount is recorded, all that was paid
/// was due.
fn is_full_after(contribution: &Contribution<'_>, refunded: Sums, allowed: Sums) -> bool {
    let nothing_due = contribution.due.unit == Fen::ZERO && contribution.due.person == Fen::ZERO;
    let reaches = |due: Fen, paid: Fen, refunded: i128, allowed: i128| {
        let required = if nothing_due { paid } else { due.min(paid) };
        let stays = i128::from(paid.get()).saturating_sub(refunded);
        stays.saturating_add(allowed).saturating_add(TOLERANCE_FEN) >= i128::from(required.get())
    };
    let (due, paid) = (contribution.due, contribution.paid);
    reaches(due.unit, paid.unit, refunded.unit, allowed.unit)
        && reaches(due.person, paid.person, refunded.person, allowed.person)
}

/// Whether refunds have left nothing of what was paid.
fn is_nothing_after(contribution: &Contribution<'_>, refunded: Sums) -> bool {
    let gone = |paid: Fen, refunded: i128| refunded.saturating_add(TOLERANCE_FEN) >= i128::from(paid.get());
    gone(contribution.paid.unit, refunded.unit) && gone(contribution.paid.person, refunded.person)
}
