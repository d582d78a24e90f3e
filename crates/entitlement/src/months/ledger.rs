//! The month ledger of a family: every month that a record touches, counted at most once.

use crate::{
    account::{MonthLine, MonthStatus, RecordNumber, Standing},
    benefits::awards::Ends,
    months::overlap::{Between, Cover},
    records::{
        money::FenSum,
        set::{AsOf, Held, RecordSet, Role, Target, number},
    },
    transfer::posted_alone,
};
use std::{collections::BTreeSet, ops::Range};
use yizhang_ledger::{
    record::{Contribution, Record},
    value::{Day, Division, Fen, Month},
};

/// What a record means for a month that it touches, the strongest first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Touch {
    Counts,
    Deemed,
    NotFull,
    Refunded,
    Due,
    Later,
    Reversed,
    Aside,
}

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
        let by = self
            .cover
            .line(month)
            .filter(|_| month <= self.as_of.month)
            .map_or(&[][..], |line| &line.by);
        let was_paid = |number: &RecordNumber| {
            set.numbered(*number)
                .and_then(Held::day)
                .is_some_and(|paid| paid <= day)
        };
        by.iter().any(was_paid)
            || self.was_employee(
                set,
                month,
                Between {
                    first: day,
                    last: day,
                },
            )
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

/// The lines of a family, by month.
pub(crate) fn month_lines(
    set: &RecordSet<'_>,
    range: &Range<usize>,
    bounds: Bounds<'_>,
) -> Vec<MonthLine> {
    let mut touches: Vec<(Month, Touch, usize)> = Vec::with_capacity(range.len());
    for (at, held) in set.within(range) {
        if let (Record::Deemed(fields), Standing::Held) = (&held.fact.record, held.standing) {
            let months = (fields.first.number()..=fields.last.number()).filter_map(Month::new);
            touches.extend(months.map(|month| (month, Touch::Deemed, at)));
            continue;
        }
        // Service in the army that its posting alone speaks of counts as what is deemed does: beside what is paid.
        if let Some((_, (first, last))) = posted_alone(held) {
            let months = (first.number()..=last.number()).filter_map(Month::new);
            touches.extend(months.map(|month| (month, Touch::Deemed, at)));
            continue;
        }
        let (Some(touch), Some(period)) = (touch_of(held), held.period) else {
            continue;
        };
        let touch_in = |month| {
            if held.given_back().has(month) {
                Touch::Refunded
            } else {
                touch
            }
        };
        touches.extend(period.iter().map(|month| (month, touch_in(month), at)));
    }
    touches.sort_unstable();
    touches
        .chunk_by(|one, other| one.0 == other.0)
        .filter_map(|month| line(set, month, bounds))
        .collect()
}

fn touch_of(held: &Held<'_>) -> Option<Touch> {
    if held.is_reversal() {
        return Some(Touch::Aside);
    }
    let (role, _) = held.money()?;
    let touch = match (role, held.standing) {
        (Role::Received, Standing::Held) => Touch::Counts,
        (Role::Received, Standing::NotFull) => Touch::NotFull,
        (Role::Received, Standing::Refunded) => Touch::Refunded,
        (Role::Due, Standing::Held) => Touch::Due,
        (Role::Received, Standing::Later) => Touch::Later,
        (Role::Received | Role::Due, Standing::Reversed) => Touch::Reversed,
        _ => Touch::Aside,
    };
    Some(touch)
}

/// `touches` are those of one month, at least one, in ascending order.
fn line(
    set: &RecordSet<'_>,
    touches: &[(Month, Touch, usize)],
    bounds: Bounds<'_>,
) -> Option<MonthLine> {
    let (month, strongest, _) = *touches.first()?;
    let money = touches
        .iter()
        .any(|(_, _, at)| set.get(*at).is_some_and(|held| held.money().is_some()));
    if !money && strongest != Touch::Deemed {
        // A reversal of interest or of a participation fact touches no month of contribution.
        return None;
    }
    // Behind an end nothing is waited for, neither the rest of a part nor the month itself.
    let paid_or_due = matches!(
        strongest,
        Touch::Counts | Touch::Deemed | Touch::NotFull | Touch::Due
    );
    let ended = bounds.ends.status(month).filter(|_| paid_or_due);
    let has_begun = month <= bounds.as_of.month;
    let status = ended
        .unwrap_or_else(|| status(strongest, has_begun, || bounds.cover.line(month).is_some()));
    let counts = matches!(
        status,
        MonthStatus::Counted | MonthStatus::Employee | MonthStatus::Deemed
    );
    let numbers = |wanted: bool| -> Vec<RecordNumber> {
        let chosen = touches
            .iter()
            .filter(|(_, touch, _)| (counts && *touch == strongest) == wanted);
        let mut numbers: Vec<RecordNumber> = chosen.map(|(_, _, at)| number(*at)).collect();
        numbers.sort_unstable();
        numbers
    };
    let (by, others) = (numbers(true), numbers(false));
    let base = if status == MonthStatus::Counted {
        base(set, touches)
    } else {
        None
    };
    Some(MonthLine {
        month,
        status,
        by,
        others,
        base,
    })
}

fn status(strongest: Touch, has_begun: bool, is_covered: impl Fn() -> bool) -> MonthStatus {
    match (strongest, has_begun) {
        (Touch::Counts | Touch::Deemed | Touch::NotFull | Touch::Due, false) => MonthStatus::Future,
        (Touch::Deemed, true) => MonthStatus::Deemed,
        (Touch::Counts, true) if is_covered() => MonthStatus::Employee,
        (Touch::Counts, true) => MonthStatus::Counted,
        (Touch::NotFull, true) => MonthStatus::NotFull,
        (Touch::Refunded, _) => MonthStatus::Refunded,
        (Touch::Due, true) => MonthStatus::Arrears,
        (Touch::Later, _) => MonthStatus::Later,
        (Touch::Reversed, _) => MonthStatus::Reversed,
        (Touch::Aside, _) => MonthStatus::Unpaid,
    }
}

/// The base of the one record that counts, in fen, with the differences for this month that name it, and those of a chain that
/// holds it that name none and are for the same scheme, place and payer. A base is that of one month, however many months a row
/// is for. None while it is open which record stays, or where a row for several months (a resident's year) has no base.
fn base(set: &RecordSet<'_>, touches: &[(Month, Touch, usize)]) -> Option<i64> {
    let mut counting = touches
        .iter()
        .filter(|(_, touch, _)| *touch == Touch::Counts);
    let (Some((_, _, at)), None) = (counting.next(), counting.next()) else {
        return None;
    };
    let record = set.get(*at)?;
    let (_, contribution) = record
        .money()
        .filter(|(_, contribution)| has_base(contribution))?;
    let mut sum = FenSum::from(contribution.base);
    for (_, _, other) in touches {
        let Some(held) = set
            .get(*other)
            .filter(|held| held.standing == Standing::Held)
        else {
            continue;
        };
        let Some((Role::Adjust, difference)) = held.money() else {
            continue;
        };
        let belongs = match held.target {
            Target::At(named) => named == *at,
            Target::None => {
                is_alike(difference, contribution) && are_in_one_chain(set, touches, *at, *other)
            }
            Target::Elsewhere | Target::Unknown => false,
        };
        if belongs {
            sum = sum.plus(difference.base.into());
        }
    }
    Some(sum.shown())
}

/// Whether a record says a base: that of a single month is what it says, none for several months is none.
pub(crate) fn has_base(contribution: &Contribution<'_>) -> bool {
    contribution.period.months == 1 || contribution.base != Fen::ZERO
}

/// Whether a chain holds both records at two positions, though other chains' copies may act.
fn are_in_one_chain(
    set: &RecordSet<'_>,
    touches: &[(Month, Touch, usize)],
    one: usize,
    other: usize,
) -> bool {
    let chains = |acting: usize| -> BTreeSet<Division> {
        let held = touches
            .iter()
            .filter_map(|(_, _, at)| Some((*at, set.get(*at)?)));
        let is_it = |at: usize, held: &Held<'_>| {
            at == acting || held.standing == Standing::Copy && held.because == Some(acting)
        };
        held.filter(|(at, held)| is_it(*at, held))
            .map(|(_, held)| held.fact.region)
            .collect()
    };
    !chains(one).is_disjoint(&chains(other))
}

/// Whether a difference that names no record is for the same scheme, place and payer.
pub(crate) fn is_alike(difference: &Contribution<'_>, contribution: &Contribution<'_>) -> bool {
    let of = |fields: &Contribution<'_>| (fields.place, fields.payer.kind);
    let same_payer = difference.payer.id.is_none() || difference.payer.id == contribution.payer.id;
    difference.scheme == contribution.scheme && of(difference) == of(contribution) && same_payer
}
