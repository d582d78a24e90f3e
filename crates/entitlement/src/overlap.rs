//! Employee and resident months: which months of a yearly payment count as employee months, what is to be refunded for
//! them (人社部发〔2014〕17号 art. 7), and whether refunds left a payment less than full.

use crate::{
    account::{Amount, MonthLine, MonthStatus, Standing, YearLine},
    formulas::refund::overlap_refund,
    instalments::{self, is_completed},
    months::Bounds,
    set::{Held, RecordSet, Role, Target, number},
};
use std::{collections::BTreeMap, ops::Range};
use yizhang_ledger::{
    record::{Contribution, PayerKind},
    value::{Fen, Month},
};

/// What a sum may be short and still be full: GB/T 40217 allows a fen of rounding in every share.
pub(crate) const TOLERANCE_FEN: i128 = 1;

/// The months of the family whose months take the place of this one's, with their records.
#[derive(Clone, Copy)]
pub(crate) struct Cover<'c>(pub(crate) &'c [MonthLine]);

impl<'c> Cover<'c> {
    /// The line of a month that counts there.
    pub(crate) fn line(self, month: Month) -> Option<&'c MonthLine> {
        let at = self.0.binary_search_by_key(&month, |line| line.month).ok()?;
        self.0.get(at).filter(|line| line.status == MonthStatus::Counted)
    }

    /// Months that count there.
    pub(crate) fn months(self) -> impl Iterator<Item = Month> + 'c {
        self.0.iter().filter(|line| line.status == MonthStatus::Counted).map(|line| line.month)
    }
}

/// Sums of fen by share. Wider than an amount, so that no order of summing overflows.
#[derive(Clone, Copy, Default)]
pub(crate) struct Sums {
    pub(crate) unit: i128,
    pub(crate) person: i128,
}

impl Sums {
    pub(crate) fn add(&mut self, unit: i128, person: i128) {
        self.unit = self.unit.saturating_add(unit);
        self.person = self.person.saturating_add(person);
    }

    pub(crate) fn amount(self) -> Amount {
        Amount { unit: narrow(self.unit), person: narrow(self.person) }
    }
}

/// The sum as fen; sums beyond 64 bits (nine thousand records of ten trillion yuan each) stop at the limit.
pub(crate) fn narrow(sum: i128) -> i64 {
    i64::try_from(sum).unwrap_or(if sum < 0 { i64::MIN } else { i64::MAX })
}

/// An amount given back: whatever its sign in the file.
pub(crate) fn given_back(fen: Fen) -> i128 {
    i128::from(fen.get().unsigned_abs())
}

/// The refunds in force of each record, by position, in the order of their days: position and amount.
pub(crate) type Refunds = BTreeMap<usize, Vec<(usize, Sums)>>;

fn refunds(set: &RecordSet<'_>, range: &Range<usize>) -> Refunds {
    let mut refunds = Refunds::new();
    for (at, held) in set.within(range).filter(|(_, held)| held.standing == Standing::Held) {
        if let (Some((Role::Refund, contribution)), Target::At(target)) = (held.money(), held.target) {
            let mut sums = Sums::default();
            sums.add(given_back(contribution.paid.unit), given_back(contribution.paid.person));
            refunds.entry(target).or_default().push((at, sums));
        }
    }
    for of_record in refunds.values_mut() {
        of_record.sort_by_key(|(at, _)| (set.get(*at).and_then(Held::day), *at));
    }
    refunds
}

fn all(refunds: &[(usize, Sums)]) -> Sums {
    refunds.iter().fold(Sums::default(), |mut sum, (_, one)| {
        sum.add(one.unit, one.person);
        sum
    })
}

/// Marks the records of a family that refunds left less than full, with the refund that did: of several the one by which
/// less stayed than was due. A difference that is given back is worth nothing any more. A refund for those months of a
/// record that do not count leaves the others; a part payment is one until all of it is given back.
pub(crate) fn settle_refunds(set: &mut RecordSet<'_>, range: &Range<usize>, bounds: Bounds<'_>) {
    let refunds = refunds(set, range);
    for (at, refunds) in &refunds {
        let moved = |held: &&Held<'_>| matches!(held.standing, Standing::Held | Standing::NotFull);
        let Some(held) = set.get(*at).filter(moved) else { continue };
        let Some((role, contribution)) = held.money() else { continue };
        let is_part = held.standing == Standing::NotFull;
        let allowance = match role {
            Role::Received => Allowance::of(contribution, bounds),
            Role::Adjust => Allowance::default(),
            _ => continue,
        };
        let allowed = allowance.sums;
        let given_back = allowance.has_given_back(all(refunds));
        let mut taken = Sums::default();
        let decisive = refunds.iter().find(|(_, sums)| {
            taken.add(sums.unit, sums.person);
            if is_part { is_nothing_after(contribution, taken) } else { !is_full_after(contribution, taken, allowed) }
        });
        let decisive = decisive.map(|(refund, _)| *refund);
        let Some(held) = set.0.get_mut(*at) else { continue };
        match decisive {
            Some(refund) => (held.standing, held.because) = (Standing::Refunded, Some(refund)),
            None => held.keeps_rest = given_back,
        }
    }
    instalments::settle(set, range, &refunds, bounds);
}

/// What refunds may take of a record for the months that do not count here, without taking those that do.
#[derive(Clone, Copy, Default)]
pub(crate) struct Allowance {
    pub(crate) sums: Sums,
    /// Months whose money goes back for another reason than employee months.
    outside: u32,
}

impl Allowance {
    /// Of a record that keeps no month nothing is allowed: what gives its money back takes it whole.
    pub(crate) fn of(contribution: &Contribution<'_>, bounds: Bounds<'_>) -> Self {
        let (period, months) = (contribution.period, u32::from(contribution.period.months));
        let outside = count(period.iter().filter(|month| bounds.is_outside(*month)));
        let employee = |month: &Month| bounds.is_employee(*month) && !bounds.is_outside(*month);
        let employee = count(period.iter().filter(employee));
        if outside == months {
            return Self::default();
        }
        // art. 7 gives a government nothing back; what was paid behind an end goes back to whoever paid it.
        let employee = if contribution.payer.kind == PayerKind::Government { 0 } else { employee };
        Self { sums: part(contribution, outside.saturating_add(employee)), outside }
    }

    /// Whether refunds have given back all that the months outside were paid with.
    fn has_given_back(self, refunded: Sums) -> bool {
        let reaches = |refunded: i128, allowed: i128| refunded.saturating_add(TOLERANCE_FEN) >= allowed;
        self.outside > 0 && reaches(refunded.unit, self.sums.unit) && reaches(refunded.person, self.sums.person)
    }
}

fn count(months: impl Iterator<Item = Month>) -> u32 {
    u32::try_from(months.count()).unwrap_or(u32::MAX)
}

/// 人社部发〔2014〕17号 art. 7: for overlapping months, what the person and the collective paid is given back, what a
/// government paid is not.
fn refund_due(contribution: &Contribution<'_>, overlap: u32) -> Sums {
    if contribution.payer.kind == PayerKind::Government { Sums::default() } else { part(contribution, overlap) }
}

/// Each share that was paid, times `some` over the months of the period, half up to the fen.
fn part(contribution: &Contribution<'_>, some: u32) -> Sums {
    let months = u32::from(contribution.period.months);
    let part = |paid: Fen| i128::from(overlap_refund(paid, some, months).get());
    Sums { unit: part(contribution.paid.unit), person: part(contribution.paid.person) }
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

/// The lines of contributions for periods of several months, and for single months that count as employee months.
pub(crate) fn year_lines(set: &RecordSet<'_>, range: &Range<usize>, bounds: Bounds<'_>) -> Vec<YearLine> {
    let Bounds { cover, as_of, .. } = bounds;
    let refunds = refunds(set, range);
    let mut lines = Vec::new();
    for (at, held) in set.within(range) {
        let Some((Role::Received, contribution)) = held.money() else { continue };
        let period = contribution.period;
        if period.months < 2 && !bounds.is_employee(period.first) {
            continue;
        }
        let months = u32::from(period.months);
        // An instalment counts with the others of its year.
        let counts = held.standing == Standing::Held || is_completed(set, range, held);
        let employee = if counts { count(period.iter().filter(|month| bounds.is_employee(*month))) } else { 0 };
        let future = count(period.iter().filter(|month| *month > as_of.month));
        let due = refund_due(contribution, employee).amount();
        let given_back = |month: Month| held.keeps_rest && bounds.is_outside(month);
        let keeps = |month: &Month| {
            let ended = bounds.ends.status(*month).is_some();
            *month <= as_of.month && !ended && !given_back(*month) && cover.line(*month).is_none()
        };
        let effective = count(period.iter().filter(keeps));
        lines.push(YearLine {
            first: period.first,
            months,
            employee,
            future,
            effective: if counts { effective } else { 0 },
            refund_due: Some(due).filter(|due| *due != Amount::default()),
            refunded: refunds.get(&at).map(|refunds| all(refunds).amount()),
            record: number(at),
        });
    }
    lines
}
