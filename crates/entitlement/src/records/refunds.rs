//! Refunds: whether they left a payment less than full, and of a payment for several months which months they took.
//!
//! A refund that is made for some months of a payment leaves the others. It says for which ones by its own period, where that is
//! shorter than the payment's. Refunds that name none are taken together: for the months that do not count now, else, if they give
//! back exactly their part, for those that did not count by an award that was stopped since the payment came, or by cover that was
//! refunded since. What was reversed never was, and explains nothing.

use crate::{
    account::Standing,
    benefits::awards::{Withdrawn, withdrawn},
    months::{
        ledger::Bounds,
        overlap::{Between, part},
    },
    records::{
        instalments,
        money::{FenSum, Sums, TOLERANCE, given_back},
        set::{Held, RecordSet, Role, Target},
    },
};
use std::{
    collections::{BTreeMap, BTreeSet},
    ops::Range,
};
use yizhang_ledger::{
    record::{Contribution, PayerKind, Period},
    value::{Day, Fen, Month},
};

/// A refund in force.
#[derive(Clone, Copy)]
pub(crate) struct Refund {
    /// Its position.
    pub(crate) at: usize,
    pub(crate) sums: Sums,
    on: Day,
    /// The months that it is for, where it names fewer than were paid for.
    months: Option<Period>,
}

/// The refunds in force of each record, by position, in the order of their days.
pub(crate) type Refunds = BTreeMap<usize, Vec<Refund>>;

/// Of a record for several months those that refunds took while the others stay, each with the position of the refund.
#[derive(Clone, Default)]
pub(crate) struct GivenBack {
    /// Those whose money went back.
    pub(crate) own: BTreeMap<Month, usize>,
    /// Those for which a part went back that had made this record full.
    pub(crate) of_parts: BTreeMap<Month, usize>,
    /// What went back for months that are no employee months.
    pub(crate) beside_overlap: Sums,
}

/// What refunds took of a record that has none.
pub(crate) static NOTHING: GivenBack = GivenBack {
    own: BTreeMap::new(),
    of_parts: BTreeMap::new(),
    beside_overlap: Sums {
        unit: FenSum::ZERO,
        person: FenSum::ZERO,
    },
};

impl GivenBack {
    /// The position of the refund that took a month.
    pub(crate) fn of(&self, month: Month) -> Option<usize> {
        self.own
            .get(&month)
            .or_else(|| self.of_parts.get(&month))
            .copied()
    }

    /// Whether refunds took a month.
    pub(crate) fn has(&self, month: Month) -> bool {
        self.of(month).is_some()
    }
}

/// The refunds of a family's records.
pub(crate) fn refunds(set: &RecordSet<'_>, range: &Range<usize>) -> Refunds {
    let mut refunds = Refunds::new();
    for (at, held) in set
        .within(range)
        .filter(|(_, held)| held.standing == Standing::Held)
    {
        // Money that has moved has a day.
        let (money, on) = (held.money(), held.day());
        if let (Some((Role::Refund, contribution)), Target::At(target), Some(on)) =
            (money, held.target, on)
        {
            let sums = given_back(contribution.paid);
            let whole = set
                .get(target)
                .and_then(Held::money)
                .map(|(_, paid)| paid.period);
            let months = whole.and_then(|whole| shorter(contribution.period, whole));
            refunds.entry(target).or_default().push(Refund {
                at,
                sums,
                on,
                months,
            });
        }
    }
    for of_record in refunds.values_mut() {
        of_record.sort_by_key(|refund| (refund.on, refund.at));
    }
    refunds
}

/// A period that lies within another one and is not all of it.
fn shorter(period: Period, whole: Period) -> Option<Period> {
    let within = period
        .iter()
        .all(|month| whole.iter().any(|other| other == month));
    (within && period.months < whole.months).then_some(period)
}

/// What refunds gave back together.
pub(crate) fn all(refunds: &[Refund]) -> Sums {
    refunds
        .iter()
        .fold(Sums::default(), |sum, refund| sum.and(refund.sums))
}

/// What refunds gave back together of what had been credited to the personal account.
pub(crate) fn credited_back(set: &RecordSet<'_>, refunds: &[Refund]) -> Sums {
    let mut sum = Sums::default();
    for refund in refunds {
        if let Some((_, fields)) = set.get(refund.at).and_then(Held::money) {
            sum.add(given_back(fields.credited));
        }
    }
    sum
}

/// Marks the records of a family that refunds left less than full, with the refund that did: of several the one by which
/// less stayed than was due. A difference that is given back is worth nothing any more. Refunds for some months of a record
/// leave the others; a part payment is one until all of it is given back.
pub(crate) fn take_effect(set: &mut RecordSet<'_>, range: &Range<usize>, bounds: Bounds<'_>) {
    let refunds = refunds(set, range);
    if refunds.is_empty() {
        return;
    }
    let withdrawn = withdrawn(set, range);
    let mut readings = BTreeMap::new();
    for (at, refunds) in &refunds {
        let moved = |held: &&Held<'_>| matches!(held.standing, Standing::Held | Standing::NotFull);
        let Some(held) = set.get(*at).filter(moved) else {
            continue;
        };
        let Some((role, contribution)) = held.money() else {
            continue;
        };
        let is_part = held.standing == Standing::NotFull;
        let mut reading = match role {
            Role::Received => Scope {
                set,
                bounds,
                withdrawn: &withdrawn,
                contribution,
            }
            .read(refunds),
            Role::Adjust => Reading {
                unnamed: refunds.clone(),
                ..Reading::default()
            },
            _ => continue,
        };
        let mut taken = Sums::default();
        let decisive = if is_part { refunds } else { &reading.unnamed }
            .iter()
            .find(|refund| {
                taken.add(refund.sums);
                if is_part {
                    is_nothing_after(contribution, taken)
                } else {
                    !is_full_after(contribution, taken, reading.allowed)
                }
            });
        // Where refunds took every month, one after the other, the last of them took what was left.
        let has_all = reading.given_back.own.len() == usize::from(contribution.period.months);
        let last = reading.given_back.own.values().copied().filter(|_| has_all);
        let last = last.max_by_key(|at| (set.get(*at).and_then(Held::day), *at));
        let decisive = decisive.map(|refund| refund.at);
        if decisive.is_none() {
            set.give_back(*at, reading.given_back.clone());
        }
        if let Some(refund) = decisive.or(last) {
            set.stand(*at, Standing::Refunded, Some(refund));
            reading.unnamed.clone_from(refunds);
            // What is left of the other parts has to do without it.
            reading.allowed = reading.waited_for;
        }
        readings.insert(*at, reading);
    }
    instalments::mark_short(set, range, &readings, bounds);
}

/// What the refunds of a record mean.
#[derive(Default)]
pub(crate) struct Reading {
    /// Those that name no months.
    pub(crate) unnamed: Vec<Refund>,
    /// What these may take without taking the months that stay.
    pub(crate) allowed: Sums,
    /// Of that, what is for months that do not count now.
    waited_for: Sums,
    given_back: GivenBack,
}

/// What decides for which months the refunds of a contribution were made.
struct Scope<'c, 'f> {
    set: &'c RecordSet<'f>,
    bounds: Bounds<'c>,
    withdrawn: &'c BTreeSet<Withdrawn>,
    contribution: &'c Contribution<'f>,
}

impl Scope<'_, '_> {
    /// As their names say; where that takes the whole payment, without the names of those that gave back only a part of their
    /// months.
    fn read(&self, refunds: &[Refund]) -> Reading {
        let is_full = |reading: &Reading| {
            is_full_after(self.contribution, all(&reading.unnamed), reading.allowed)
        };
        let reading = self.read_rest(self.take_named(refunds, false));
        if is_full(&reading) {
            return reading;
        }
        let of_whole_months = self.read_rest(self.take_named(refunds, true));
        if is_full(&of_whole_months) {
            of_whole_months
        } else {
            reading
        }
    }

    /// Reads the refunds that name no months.
    fn read_rest(&self, named: Named) -> Reading {
        let (contribution, bounds) = (self.contribution, self.bounds);
        let Named {
            mut given_back,
            settled,
            partly,
            unnamed,
        } = named;
        let total = all(&unnamed);
        // What has been given back by name is not waited for.
        let open = self.among(|month| !given_back.has(month) && !settled.contains(&month));
        let outside = self.among(|month| bounds.is_outside(month) && open.contains(&month));
        let overlap =
            self.among(|month| self.goes_back_as_employee(month) && open.contains(&month));
        let gone: BTreeSet<Month> = outside.union(&overlap).copied().collect();
        let due = part(contribution, gone.len()).less(partly.of(&gone));
        let rounding = if gone.is_empty() {
            Sums::default()
        } else {
            rounding(unnamed.len())
        };
        let waited_for = due.and(rounding);
        let (mut taken, mut allowed) = (BTreeSet::new(), waited_for);
        if !is_full_after(contribution, total, waited_for)
            && let Some(months) = self.withdrawn_months(&open, (&gone, &partly), &unnamed)
        {
            let stays = |month: &Month| bounds.is_employee(*month) && !bounds.is_outside(*month);
            (taken, allowed) = (
                months.into_iter().filter(|month| !stays(month)).collect(),
                total,
            );
        } else if !outside.is_empty() && total.and(rounding).reaches(due) {
            taken = outside;
        }
        given_back.take(contribution, &taken, &unnamed, bounds);
        Reading {
            unnamed,
            allowed,
            waited_for,
            given_back,
        }
    }

    /// The months of the period of which something holds.
    fn among(&self, holds: impl Fn(Month) -> bool) -> BTreeSet<Month> {
        self.contribution
            .period
            .iter()
            .filter(|month| holds(*month))
            .collect()
    }

    /// art. 7 gives a government nothing back; what was paid behind an end goes back to whoever paid it.
    fn goes_back_as_employee(&self, month: Month) -> bool {
        self.contribution.payer.kind != PayerKind::Government && self.bounds.is_employee(month)
    }

    /// The refunds that name months, by these, and the others. What gives back more than the months were paid with, by itself or
    /// together, names none. Each month may have been rounded by itself.
    fn by_months(&self, refunds: &[Refund]) -> (BTreeMap<Period, Vec<Refund>>, Vec<Refund>) {
        let (groups, mut others) = by_period(refunds);
        let is_possible =
            |(months, group): &(Period, Vec<Refund>)| fits(self.contribution, *months, group);
        let (mut named, beyond): (BTreeMap<_, _>, BTreeMap<_, _>) =
            groups.into_iter().partition(is_possible);
        others.extend(beyond.into_values().flatten());
        let months: BTreeSet<Month> = named.keys().flat_map(|months| months.iter()).collect();
        let rounded = months.len().max(named.len().saturating_add(1));
        let limit = part(self.contribution, months.len()).and(rounding(rounded));
        let back = named
            .values()
            .map(|group| all(group))
            .fold(Sums::default(), Sums::and);
        if !limit.reaches(back) {
            others.extend(std::mem::take(&mut named).into_values().flatten());
        }
        (named, others)
    }

    /// Takes refunds by the months that they name; or only those by which all that was paid for the months went back.
    fn take_named(&self, refunds: &[Refund], only_whole: bool) -> Named {
        let (groups, unnamed) = self.by_months(refunds);
        let mut named = Named {
            unnamed,
            ..Named::default()
        };
        for (months, group) in groups {
            if only_whole && !is_whole(self.contribution, months, &group) {
                named.unnamed.extend(group);
            } else {
                self.take_group(months, group, &mut named);
            }
        }
        named.unnamed.sort_by_key(|refund| (refund.on, refund.at));
        named
    }

    /// Writes down the months that refunds for the same months take. What takes no month names none: a surplus, or a part of what
    /// is waited for.
    fn take_group(&self, months: Period, group: Vec<Refund>, named: &mut Named) {
        let (contribution, bounds) = (self.contribution, self.bounds);
        let count = usize::from(months.months);
        let mut taken = Sums::default();
        let decisive = group.iter().find(|refund| {
            taken.add(refund.sums);
            !is_part_full_after(contribution, count, taken)
        });
        let (decisive, last) = (
            decisive.map(|refund| refund.at),
            group.last().map(|refund| refund.at),
        );
        let is_whole = is_whole(contribution, months, &group);
        let takes = |month: Month| !bounds.is_outside(month) && !bounds.is_employee(month);
        if !(is_whole || decisive.is_some() && months.iter().any(takes)) {
            named.unnamed.extend(group);
            return;
        }
        named.settled.extend(months.iter().filter(|_| is_whole));
        let mut left = BTreeSet::new();
        for month in months.iter() {
            // What does not count waits until all of it is there; an employee month stays one.
            let by = if bounds.is_outside(month) {
                last.filter(|_| is_whole)
            } else {
                decisive.filter(|_| !bounds.is_employee(month))
            };
            match by {
                Some(by) => drop(named.given_back.own.insert(month, by)),
                None => drop(left.insert(month)),
            }
        }
        if !is_whole {
            named.partly.0.push((left, count, all(&group)));
        }
        let beside = months
            .iter()
            .filter(|month| !bounds.is_employee(*month))
            .count();
        named
            .given_back
            .beside_overlap
            .add(all(&group).share(beside, count));
    }

    /// Of the months that no refund has given back by name those that did not count by an award that was stopped, or cover that
    /// was refunded, with those that do not count now, where refunds gave back exactly their part. Award or cover was there
    /// between the payment and the last of the refunds.
    fn withdrawn_months(
        &self,
        open: &BTreeSet<Month>,
        (now, partly): (&BTreeSet<Month>, &Partly),
        refunds: &[Refund],
    ) -> Option<BTreeSet<Month>> {
        let (contribution, bounds) = (self.contribution, self.bounds);
        let (total, rounding) = (all(refunds), rounding(refunds.len()));
        let is_exact = |months: &BTreeSet<Month>| {
            let due = part(contribution, months.len()).less(partly.of(months));
            !months.is_empty()
                && total.and(rounding).reaches(due)
                && due.and(rounding).reaches(total)
        };
        if is_rounding(total) {
            return None;
        }
        let held = Between {
            first: contribution.received?,
            last: refunds.last()?.on,
        };
        let of_worker = contribution.payer.kind != PayerKind::Government;
        let was_covered = |month| {
            of_worker && bounds.was_employee(self.set, month, held)
                || bounds.was_beside(self.set, month, held)
        };
        let covered =
            self.among(|month| now.contains(&month) || open.contains(&month) && was_covered(month));
        if is_exact(&covered) {
            return Some(covered);
        }
        let last_month = contribution.period.iter().last()?;
        let was_there = |award: &&Withdrawn| {
            award.from <= last_month && held.meets(award.awarded, award.stopped)
        };
        // An end before the period takes all of it; of the others there are twelve.
        let ends: BTreeSet<Month> = self
            .withdrawn
            .iter()
            .filter(was_there)
            .map(|award| award.from.max(contribution.period.first))
            .collect();
        let readings = ends.into_iter().flat_map(|from| {
            let alone = self.among(|month| month >= from && open.contains(&month));
            let with = |others: &BTreeSet<Month>| alone.union(others).copied().collect();
            let (joined, and_covered) = (with(now), with(&covered));
            [alone, joined, and_covered]
        });
        readings.into_iter().find(is_exact)
    }
}

/// What refunds say by the months that they name.
#[derive(Default)]
struct Named {
    given_back: GivenBack,
    /// Months that were named and given back whole.
    settled: BTreeSet<Month>,
    /// What went back by name for months that are waited for still.
    partly: Partly,
    /// The refunds that name none.
    unnamed: Vec<Refund>,
}

/// Of refunds that gave back a part of their months: those that are left, the number of all, and what went back for all.
#[derive(Default)]
struct Partly(Vec<(BTreeSet<Month>, usize, Sums)>);

impl Partly {
    /// What went back for some months.
    fn of(&self, months: &BTreeSet<Month>) -> Sums {
        let mut sums = Sums::default();
        for (left, all, given_back) in &self.0 {
            sums.add(given_back.share(left.intersection(months).count(), *all));
        }
        sums
    }
}

impl GivenBack {
    /// Writes down months that refunds without names took.
    fn take(
        &mut self,
        contribution: &Contribution<'_>,
        months: &BTreeSet<Month>,
        unnamed: &[Refund],
        bounds: Bounds<'_>,
    ) {
        let Some(last) = unnamed.last() else { return };
        self.own
            .extend(months.iter().map(|month| (*month, last.at)));
        let beside = part(
            contribution,
            months
                .iter()
                .filter(|month| !bounds.is_employee(**month))
                .count(),
        );
        self.beside_overlap.add(beside);
    }
}

/// The refunds that name months, by these, and those that name none.
fn by_period(refunds: &[Refund]) -> (BTreeMap<Period, Vec<Refund>>, Vec<Refund>) {
    let mut groups: BTreeMap<Period, Vec<Refund>> = BTreeMap::new();
    let mut others = Vec::new();
    for refund in refunds {
        match refund.months {
            Some(months) => groups.entry(months).or_default().push(*refund),
            None => others.push(*refund),
        }
    }
    (groups, others)
}

/// Whether refunds give back no more than the months that they name were paid with, but for a fen a month.
fn fits(contribution: &Contribution<'_>, months: Period, group: &[Refund]) -> bool {
    let count = usize::from(months.months);
    part(contribution, count)
        .and(rounding(count))
        .reaches(all(group))
}

/// Whether refunds give back all that the months that they name were paid with, but for a fen a month.
fn is_whole(contribution: &Contribution<'_>, months: Period, group: &[Refund]) -> bool {
    let count = usize::from(months.months);
    all(group)
        .and(rounding(count))
        .reaches(part(contribution, count))
}

/// Whether for some months of a period what stays paid after refunds reaches what was due for them.
fn is_part_full_after(contribution: &Contribution<'_>, months: usize, refunded: Sums) -> bool {
    let all = usize::from(contribution.period.months);
    surplus(contribution).share(months, all).reaches(refunded)
}

/// What was paid beyond what was due, where that is on record.
fn surplus(contribution: &Contribution<'_>) -> Sums {
    let (due, paid) = (contribution.due, contribution.paid);
    if due.unit == Fen::ZERO && due.person == Fen::ZERO {
        return Sums::default();
    }
    Sums::from(paid).less(due.into())
}

/// What several sums may be off together, beyond what one may: each is rounded.
fn rounding(sums: usize) -> Sums {
    let fen = TOLERANCE.times(sums.saturating_sub(1));
    Sums {
        unit: fen,
        person: fen,
    }
}

/// Whether a sum is so small that it takes no month.
fn is_rounding(sums: Sums) -> bool {
    sums.unit <= TOLERANCE && sums.person <= TOLERANCE
}

/// Whether what stays paid after refunds still reaches what was due. Where no due amount is recorded, all that was paid
/// was due.
fn is_full_after(contribution: &Contribution<'_>, refunded: Sums, allowed: Sums) -> bool {
    let (due, paid) = (Sums::from(contribution.due), Sums::from(contribution.paid));
    let nothing_due = contribution.due.unit == Fen::ZERO && contribution.due.person == Fen::ZERO;
    let required = if nothing_due { paid } else { due.at_most(paid) };
    let stays =
        |paid: FenSum, refunded: FenSum, allowed: FenSum| paid.minus(refunded).plus(allowed);
    stays(paid.unit, refunded.unit, allowed.unit).reaches(required.unit)
        && stays(paid.person, refunded.person, allowed.person).reaches(required.person)
}

/// Whether refunds have left nothing of what was paid.
pub(crate) fn is_nothing_after(contribution: &Contribution<'_>, refunded: Sums) -> bool {
    refunded.reaches(contribution.paid.into())
}
