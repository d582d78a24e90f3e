//! Awards whose months were taken away since (C23; 社会保险经办条例 art. 46), or made worth less.
//!
//! A contribution loses months, or base, by a refund, a reversal, an agreement or a difference. That is a conflict where an award rests
//! on what was lost and did not know of the loss. Where another record makes the month count with the same base, nothing has changed;
//! where the benefit was awarded again since, the later award has taken it into account.

use crate::{
    account::{Conflict, MonthLine, MonthStatus, Standing},
    benefits::{awards::awards, chains::Chains},
    conflicts::{class::ConflictCode, finders::conflict},
    months::{ledger::has_base, overlap::Bounds},
    policy::family::Family,
    records::{
        money::FenSum,
        set::{FamilyRange, Held, RecordSet, Role, Target, number},
    },
};
use std::{
    collections::{BTreeMap, BTreeSet},
    ops::Range,
};
use yizhang_ledger::{
    entry::RecordId,
    record::{Benefit, Contribution, Period},
    value::{Day, Month},
};

/// One conflict of all awards of a family that lost months: each with the record that lost them, and what took them.
pub(crate) fn awards_that_lost(
    set: &RecordSet<'_>,
    of: &FamilyRange<'_>,
    lines: &[MonthLine],
    bounds: Bounds<'_>,
) -> Vec<Conflict> {
    if !of.family.rule().exclusive_benefit {
        return Vec::new();
    }
    let awards = Awards::of(set, of, bounds);
    if awards.in_order.is_empty() {
        return Vec::new();
    }
    let differences = Differences::of(set, &of.range);
    let mut records = Vec::new();
    for (at, held) in set.within(&of.range) {
        if differences.acts_elsewhere(held) {
            continue;
        }
        for mut loss in losses(set, at) {
            loss.months.retain(|month| {
                let base = differences.base(at, held, *month);
                !counts_all_the_same(held, base, *month, lines)
            });
            if let Some(award) = awards.that_lost(&loss) {
                records.extend([number(loss.of), number(loss.because), number(award.at)]);
            }
        }
    }
    if records.is_empty() {
        return Vec::new();
    }
    vec![conflict(ConflictCode::C23, Some(of.family), records)]
}

/// What a contribution lost by one record.
struct Loss {
    of: usize,
    because: usize,
    /// Ascending.
    months: Vec<Month>,
}

/// The awards of a family in force, and the order in which chains learnt of them.
struct Awards<'s, 'f> {
    set: &'s RecordSet<'f>,
    family: Family<'f>,
    bounds: Bounds<'s>,
    /// By their first months.
    in_order: Vec<Award<'s, 'f>>,
    chains: Chains,
}

#[derive(Clone, Copy)]
struct Award<'s, 'f> {
    at: usize,
    benefit: &'s Benefit<'f>,
}

impl<'s, 'f> Awards<'s, 'f> {
    fn of(set: &'s RecordSet<'f>, of: &'s FamilyRange<'f>, bounds: Bounds<'s>) -> Self {
        let mut in_order: Vec<Award<'s, 'f>> = awards(set, &of.range)
            .map(|(at, benefit)| Award { at, benefit })
            .collect();
        in_order.sort_by_key(|award| (award.benefit.from, award.at));
        let chains = if in_order.is_empty() {
            Chains::default()
        } else {
            Chains::of(set)
        };
        Self {
            set,
            family: of.family,
            bounds,
            in_order,
            chains,
        }
    }

    /// The first award that rests on what was lost, and did not know of the loss.
    fn that_lost(&self, loss: &Loss) -> Option<Award<'s, 'f>> {
        let mut knowing = BTreeSet::new();
        for award in &self.in_order {
            if !self.came_before(*award, loss) {
                knowing.insert(award.benefit.from);
            }
        }
        let paid = self.day_paid(loss);
        self.in_order.iter().copied().find(|award| {
            let was_paid = paid.is_none_or(|day| day <= award.benefit.on);
            was_paid
                && self.rests_on_any(*award, &loss.months)
                && !self.is_replaced(*award, &knowing)
                && self.came_before(*award, loss)
        })
    }

    /// Whether an award was made before the record that took the months.
    fn came_before(&self, award: Award<'_, '_>, loss: &Loss) -> bool {
        let (taking, award) = (self.set.at(loss.because), self.set.at(award.at));
        self.chains.is_after(taking, award)
    }

    /// Whether one of the awards that knew of the loss stands in the place of this one: a pension awarded again takes the place of the
    /// one before; a claim of unemployment is one of its own.
    fn is_replaced(&self, award: Award<'_, '_>, knowing: &BTreeSet<Month>) -> bool {
        if self.family.rule().ends_with_benefit {
            !knowing.is_empty()
        } else {
            knowing.contains(&award.benefit.from)
        }
    }

    /// Whether an award rests on one of these months: on those before it that were paid by its day, on none after death, and on none
    /// that counted for employees.
    fn rests_on_any(&self, award: Award<'_, '_>, months: &[Month]) -> bool {
        let benefit = award.benefit;
        months.iter().any(|month| {
            *month < benefit.from
                && self.bounds.ends.status(*month).is_none()
                && !self.bounds.was_employee_on(self.set, *month, benefit.on)
        })
    }

    /// The day on which what was lost had been paid.
    fn day_paid(&self, loss: &Loss) -> Option<Day> {
        let held = self.set.at(loss.of);
        if loss.of != loss.because {
            return held.day();
        }
        // A difference lowers what was paid by the record that it names.
        match held.target {
            Target::At(named) => self.set.at(named).day(),
            Target::None | Target::Elsewhere | Target::Unknown => None,
        }
    }
}

/// What a contribution lost, months or base, each with the record by which it did: a refund, reversal or agreement; a
/// difference that lowers a base does it itself. What is only due has nothing to lose; what is taken back of a refund, or of a lowered
/// base, is no loss.
fn losses(set: &RecordSet<'_>, at: usize) -> Vec<Loss> {
    let held = set.at(at);
    let Some((role, contribution)) = held.money() else {
        return Vec::new();
    };
    let mut by: BTreeMap<usize, Vec<Month>> = BTreeMap::new();
    let given_back = held.given_back();
    if role == Role::Received && contribution.full {
        for (month, refund) in given_back.own.iter().chain(&given_back.of_parts) {
            by.entry(*refund).or_default().push(*month);
        }
    }
    let because = match role {
        Role::Received => payment_taken_by(held, contribution),
        Role::Adjust => difference_taken_by(set, at, contribution),
        Role::Due | Role::Announced | Role::Refund => None,
    };
    if let Some(because) = because {
        let period = held.period.into_iter().flat_map(Period::iter);
        by.entry(because)
            .or_default()
            .extend(period.filter(|month| !given_back.has(*month)));
    }
    let loss = |(because, mut months): (usize, Vec<Month>)| {
        months.sort_unstable();
        Loss {
            of: at,
            because,
            months,
        }
    };
    by.into_iter().map(loss).collect()
}

/// What took all months that a payment still had. A part of a payment has none to lose.
fn payment_taken_by(held: &Held<'_>, payment: &Contribution<'_>) -> Option<usize> {
    if !payment.full {
        return None;
    }
    match held.standing {
        Standing::Refunded | Standing::Reversed | Standing::Cleared => held.because,
        // What is not full for the sake of another record lost its months to a refund.
        Standing::NotFull => held.because,
        _ => None,
    }
}

/// What took the base that a difference had added; or the difference itself, where it lowers one. A difference of a part of a payment
/// changes no base.
fn difference_taken_by(
    set: &RecordSet<'_>,
    at: usize,
    difference: &Contribution<'_>,
) -> Option<usize> {
    let held = set.at(at);
    if let Target::At(named) = held.target
        && let Some((_, payment)) = set.at(named).money()
        && !payment.full
    {
        return None;
    }
    let base = difference.base.get();
    match held.standing {
        Standing::Held if base < 0 => Some(at),
        Standing::Refunded | Standing::Reversed if base > 0 => {
            let because = held.because?;
            // What went with the record that it raised is that one's loss.
            (held.target != Target::At(because)).then_some(because)
        }
        _ => None,
    }
}

/// Whether a month that a record lost counts all the same: with the same base where it has one.
fn counts_all_the_same(
    held: &Held<'_>,
    base: Option<i64>,
    month: Month,
    lines: &[MonthLine],
) -> bool {
    let Some((Role::Received, contribution)) = held.money() else {
        return false;
    };
    let Ok(at) = lines.binary_search_by_key(&month, |line| line.month) else {
        return false;
    };
    let Some(line) = lines.get(at) else {
        return false;
    };
    if line.status != MonthStatus::Counted {
        return false;
    }
    // An agreement that keeps the higher base takes nothing from an award.
    let is_more = held.standing == Standing::Cleared && line.base >= base;
    !has_base(contribution) || line.base == base || is_more
}

/// The differences of a family.
struct Differences {
    /// By the position of a record and a month what those that name it, and stand or fall with it, add to its base of the month.
    bases: BTreeMap<(usize, Month), FenSum>,
    /// Those in force.
    acting: BTreeSet<RecordId>,
}

impl Differences {
    fn of(set: &RecordSet<'_>, range: &Range<usize>) -> Self {
        let (mut bases, mut acting) = (BTreeMap::<_, FenSum>::new(), BTreeSet::new());
        for (_, held) in set.within(range) {
            let Some((Role::Adjust, fields)) = held.money() else {
                continue;
            };
            let is_in_force = held.standing == Standing::Held;
            if is_in_force {
                acting.insert(held.fact.id);
            }
            if let Target::At(target) = held.target
                && (is_in_force || held.because == Some(target))
            {
                for month in fields.period.iter() {
                    let sum = bases.entry((target, month)).or_default();
                    *sum = sum.plus(fields.base.into());
                }
            }
        }
        Self { bases, acting }
    }

    /// The base of a record for a month of its period with the differences of the month, in fen.
    fn base(&self, at: usize, held: &Held<'_>, month: Month) -> Option<i64> {
        let (_, fields) = held.money()?;
        let added = self.bases.get(&(at, month)).copied().unwrap_or_default();
        Some(added.plus(fields.base.into()).shown())
    }

    /// Whether a difference that its chain took back acts by another chain all the same.
    fn acts_elsewhere(&self, held: &Held<'_>) -> bool {
        held.standing == Standing::Reversed && self.acting.contains(&held.fact.id)
    }
}
