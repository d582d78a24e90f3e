//! The month ledger of a family: every month that a record touches, counted at most once.

use crate::{
    account::{MonthLine, MonthStatus, Standing},
    months::overlap::Bounds,
    records::{
        money::FenSum,
        parts::UnitShares,
        set::{Held, Months, RecordSet, Role, Target, number},
    },
};
use std::{collections::BTreeSet, ops::Range};
use yizhang_ledger::{
    record::{Contribution, Record},
    value::{Division, Fen, Month},
};

/// What a record means for a month that it is about, the strongest first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Meaning {
    Counts,
    Deemed,
    NotFull,
    Refunded,
    Due,
    Later,
    Reversed,
    Aside,
}

/// A record that is about a month.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Mention {
    month: Month,
    meaning: Meaning,
    /// Its position.
    at: usize,
}

/// The lines of a family, by month.
pub(crate) fn month_lines(
    set: &RecordSet<'_>,
    range: &Range<usize>,
    bounds: Bounds<'_>,
) -> Vec<MonthLine> {
    let mut mentions = Vec::with_capacity(range.len());
    for (at, held) in set.within(range) {
        mention(&mut mentions, at, held);
    }
    mentions.sort_unstable();
    mentions
        .chunk_by(|one, other| one.month == other.month)
        .filter_map(|of_month| line(set, of_month, bounds))
        .collect()
}

/// Adds the months that a record is about.
fn mention(mentions: &mut Vec<Mention>, at: usize, held: &Held<'_>) {
    let deemed = months_deemed(held);
    for Months { first, last } in &deemed {
        let months = (first.number()..=last.number()).filter_map(Month::new);
        mentions.extend(months.map(|month| Mention {
            month,
            meaning: Meaning::Deemed,
            at,
        }));
    }
    if !deemed.is_empty() {
        return;
    }
    let (Some(meaning), Some(period)) = (meaning_of(held), held.period) else {
        return;
    };
    for month in period.iter() {
        let meaning = if held.given_back().has(month) {
            Meaning::Refunded
        } else {
            meaning
        };
        mentions.push(Mention { month, meaning, at });
    }
}

/// The months that a record deems paid. Service in the army that its posting alone speaks of counts as what is deemed does: beside what
/// is paid.
fn months_deemed(held: &Held<'_>) -> Vec<Months> {
    match (&held.fact.record, held.standing) {
        (Record::Deemed(fields), Standing::Held) => vec![Months {
            first: fields.first,
            last: fields.last,
        }],
        _ => held.alone.clone(),
    }
}

fn meaning_of(held: &Held<'_>) -> Option<Meaning> {
    if held.is_reversal() {
        return Some(Meaning::Aside);
    }
    let (role, _) = held.money()?;
    let meaning = match (role, held.standing) {
        (Role::Received, Standing::Held) => Meaning::Counts,
        (Role::Received, Standing::NotFull) => Meaning::NotFull,
        (Role::Received, Standing::Refunded) => Meaning::Refunded,
        (Role::Due, Standing::Held) => Meaning::Due,
        (Role::Received, Standing::Later) => Meaning::Later,
        (Role::Received | Role::Due, Standing::Reversed) => Meaning::Reversed,
        _ => Meaning::Aside,
    };
    Some(meaning)
}

/// `mentions` are those of one month, in ascending order.
fn line(set: &RecordSet<'_>, mentions: &[Mention], bounds: Bounds<'_>) -> Option<MonthLine> {
    let Mention {
        month,
        meaning: strongest,
        ..
    } = *mentions.first()?;
    let mut records = mentions.iter().map(|mention| set.at(mention.at));
    let is_of_money = records.any(|held| held.money().is_some());
    if !is_of_money && strongest != Meaning::Deemed {
        // A reversal of interest or of a participation fact touches no month of contribution.
        return None;
    }
    let status = status(strongest, month, bounds);
    let counts = matches!(
        status,
        MonthStatus::Counted | MonthStatus::Employee | MonthStatus::Deemed
    );
    let (mut by, mut others) = (Vec::new(), Vec::new());
    for mention in mentions {
        if counts && mention.meaning == strongest {
            by.push(number(mention.at));
        } else {
            others.push(number(mention.at));
        }
    }
    by.sort_unstable();
    others.sort_unstable();
    let base = if status == MonthStatus::Counted {
        base(set, mentions)
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

fn status(strongest: Meaning, month: Month, bounds: Bounds<'_>) -> MonthStatus {
    let is_paid_or_due = matches!(
        strongest,
        Meaning::Counts | Meaning::Deemed | Meaning::NotFull | Meaning::Due
    );
    if is_paid_or_due {
        // Behind an end nothing is waited for, neither the rest of a part nor the month itself.
        if let Some(ended) = bounds.ends.status(month) {
            return ended;
        }
        if month > bounds.as_of.month {
            return MonthStatus::Future;
        }
    }
    match strongest {
        Meaning::Counts if bounds.cover.line(month).is_some() => MonthStatus::Employee,
        Meaning::Counts => MonthStatus::Counted,
        Meaning::Deemed => MonthStatus::Deemed,
        Meaning::NotFull => MonthStatus::NotFull,
        Meaning::Refunded => MonthStatus::Refunded,
        Meaning::Due => MonthStatus::Arrears,
        Meaning::Later => MonthStatus::Later,
        Meaning::Reversed => MonthStatus::Reversed,
        Meaning::Aside => MonthStatus::Unpaid,
    }
}

/// The base of the one payment that counts, in fen, with the differences for this month that belong to it: of one row, or of two with
/// the unit's share and the worker's. A base is that of one month, however many months a row is for. There is none while it is open which record stays, nor where a row for several months (a
/// resident's year) states none.
fn base(set: &RecordSet<'_>, mentions: &[Mention]) -> Option<i64> {
    let counting = mentions
        .iter()
        .filter(|mention| mention.meaning == Meaning::Counts);
    let counting: Vec<usize> = counting.map(|mention| mention.at).collect();
    let [contribution] = payments(set, &counting)[..] else {
        return None;
    };
    if !has_base(contribution) {
        return None;
    }
    let mut differences = Vec::new();
    for mention in mentions {
        let held = set.at(mention.at);
        if let Some((Role::Adjust, _)) = held.money()
            && held.standing == Standing::Held
            && counting
                .iter()
                .any(|at| belongs_to(set, mention.at, *at, mentions))
        {
            differences.push(mention.at);
        }
    }
    let added = payments(set, &differences).into_iter();
    let added = FenSum::of(added.map(|difference| difference.base.into()));
    Some(FenSum::from(contribution.base).plus(added).shown())
}

/// What was paid by these rows, without a worker's share whose unit's is among them.
fn payments<'s, 'f>(set: &'s RecordSet<'f>, rows: &[usize]) -> Vec<&'s Contribution<'f>> {
    let mut payments = Vec::new();
    for at in rows {
        if let Some((_, contribution)) = set.at(*at).money() {
            payments.push((*at, contribution));
        }
    }
    let shares = UnitShares::of(payments.iter().copied());
    payments.retain(|(_, contribution)| shares.beside(contribution).is_none());
    payments
        .into_iter()
        .map(|(_, contribution)| contribution)
        .collect()
}

/// Whether a difference belongs to a contribution: it names it; or it names none, is for the same scheme, place and payer, and a chain
/// holds both.
fn belongs_to(
    set: &RecordSet<'_>,
    difference: usize,
    contribution: usize,
    mentions: &[Mention],
) -> bool {
    match set.at(difference).target {
        Target::At(named) => named == contribution,
        Target::Elsewhere | Target::Unknown => false,
        Target::None => {
            let (one, other) = (set.at(difference).money(), set.at(contribution).money());
            let (Some((_, one)), Some((_, other))) = (one, other) else {
                return false;
            };
            is_alike(one, other) && are_in_one_chain(set, mentions, contribution, difference)
        }
    }
}

/// Whether a record says a base: that of a single month is what it says, none for several months is none.
pub(crate) fn has_base(contribution: &Contribution<'_>) -> bool {
    contribution.period.months == 1 || contribution.base != Fen::ZERO
}

/// Whether a chain holds both records at two positions, though other chains' copies may act.
fn are_in_one_chain(set: &RecordSet<'_>, mentions: &[Mention], one: usize, other: usize) -> bool {
    !chains(set, mentions, one).is_disjoint(&chains(set, mentions, other))
}

/// The chains that hold a record, or a copy of it that stands aside.
fn chains(set: &RecordSet<'_>, mentions: &[Mention], acting: usize) -> BTreeSet<Division> {
    let mut chains = BTreeSet::new();
    for mention in mentions {
        let held = set.at(mention.at);
        let is_copy = held.standing == Standing::Copy && held.because == Some(acting);
        if mention.at == acting || is_copy {
            chains.insert(held.fact.region);
        }
    }
    chains
}

/// Whether a difference that names no record is for the same scheme, place and payer.
pub(crate) fn is_alike(difference: &Contribution<'_>, contribution: &Contribution<'_>) -> bool {
    let of = |fields: &Contribution<'_>| (fields.place, fields.payer.kind);
    let same_payer = difference.payer.id.is_none() || difference.payer.id == contribution.payer.id;
    difference.scheme == contribution.scheme && of(difference) == of(contribution) && same_payer
}
