//! Money of a family's personal account: what was credited, refunded and posted as interest, and what agreements cleared.

use crate::{
    account::{Amount, ClearedLine, Credited, Interest, InterestPosting, Standing},
    months::holders::months_between,
    policy::family::Family,
    records::{
        money::{FenSum, Sums, given_back, without_sign},
        set::{Held, Months, PostedAlone, RecordSet, Role, Target, number},
    },
};
use std::{collections::BTreeMap, ops::Range};
use yizhang_ledger::{
    record::{Record, TransferStep},
    value::{Day, Division, Month},
};

/// The records that agreements cleared, with the differences that were paid on them.
pub(crate) fn cleared(set: &RecordSet<'_>, range: &Range<usize>) -> Vec<ClearedLine> {
    let (mut refunds, mut differences) = (
        BTreeMap::<usize, Sums>::new(),
        BTreeMap::<usize, Sums>::new(),
    );
    for (_, held) in set.within(range) {
        let (Some((role, contribution)), Target::At(target)) = (held.money(), held.target) else {
            continue;
        };
        if held.standing != Standing::Held {
            continue;
        }
        let credited = contribution.credited;
        match role {
            Role::Refund => refunds.entry(target).or_default().add(given_back(credited)),
            Role::Adjust => differences.entry(target).or_default().add(credited.into()),
            Role::Received | Role::Due | Role::Announced => {}
        }
    }
    let mut lines = Vec::new();
    for (at, held) in set.within(range) {
        let (Some((_, contribution)), Standing::Cleared) = (held.money(), held.standing) else {
            continue;
        };
        let agreement = held.because.expect("an agreement clears what is cleared");
        let mut due = differences.remove(&at).unwrap_or_default();
        due.add(contribution.credited.into());
        lines.push(ClearedLine {
            first: contribution.period.first,
            place: contribution.place,
            due: due.amount(),
            refunded: refunds.remove(&at).unwrap_or_default().amount(),
            record: number(at),
            agreement: number(agreement),
        });
    }
    lines
}

/// What a record moves on the personal account.
pub(crate) struct Movement {
    /// The position of the record.
    at: usize,
    /// The place that it concerns.
    pub(crate) place: Division,
    pub(crate) sums: Sums,
}

/// What every money record in force moves on the personal account. Records paid in part or refunded in part moved money all the same.
pub(crate) fn movements(
    set: &RecordSet<'_>,
    range: &Range<usize>,
) -> impl Iterator<Item = Movement> {
    set.within(range)
        .filter_map(|(at, held)| movement(set, at, held))
}

/// The part of a posting's personal account that belongs to the months that count by it.
fn brought(posting: &TransferStep<'_>, months: &[Months]) -> FenSum {
    let mut count = 0_u32;
    for run in months {
        let sum = count.checked_add(months_between(run.first, run.last));
        count = sum.expect("months of one posting, each once");
    }
    let count = usize::try_from(count).expect("there are 2^16 months");
    let account = FenSum::from(posting.sums.personal_account);
    account.share(count, posting.sums.actual_months.into())
}

fn movement(set: &RecordSet<'_>, at: usize, held: &Held<'_>) -> Option<Movement> {
    if let Some(PostedAlone { posting, months }) = held.posted_alone() {
        let sums = Sums {
            unit: FenSum::ZERO,
            person: brought(posting, months),
        };
        let place = posting.target_side.place;
        return Some(Movement { at, place, sums });
    }
    let (role, contribution) = held.money()?;
    if !has_moved(held) {
        return None;
    }
    let (credited, place) = (contribution.credited, contribution.place);
    match role {
        Role::Received | Role::Adjust => Some(Movement {
            at,
            place,
            sums: credited.into(),
        }),
        Role::Refund => Some(Movement {
            at,
            place: place_refunded(set, held).unwrap_or(place),
            sums: given_back(credited).negated(),
        }),
        Role::Due | Role::Announced => None,
    }
}

/// Whether money has moved by a record.
const fn has_moved(held: &Held<'_>) -> bool {
    matches!(
        held.standing,
        Standing::Held | Standing::NotFull | Standing::Refunded | Standing::Cleared
    )
}

/// The place of the record that a refund is of.
fn place_refunded(set: &RecordSet<'_>, refund: &Held<'_>) -> Option<Division> {
    let Target::At(target) = refund.target else {
        return None;
    };
    let (_, paid) = set.at(target).money()?;
    Some(paid.place)
}

/// What governments added to the personal account of a resident by a record (国发〔2014〕8号): a refund of an overlap takes none of it.
fn subsidy(held: &Held<'_>) -> Option<FenSum> {
    let (role, contribution) = held.money()?;
    let is_of_account = held.family == Some(Family::RESIDENT_PENSION);
    if !is_of_account || !has_moved(held) {
        return None;
    }
    let given = contribution.subsidies;
    let given = [given.central, given.province, given.city, given.county];
    match role {
        Role::Received | Role::Adjust => Some(FenSum::of(given.into_iter().map(FenSum::from))),
        Role::Refund => Some(FenSum::of(given.into_iter().map(without_sign)).negated()),
        Role::Due | Role::Announced => None,
    }
}

fn subsidies(set: &RecordSet<'_>, range: &Range<usize>) -> impl Iterator<Item = (usize, FenSum)> {
    set.within(range)
        .filter_map(|(at, held)| Some((at, subsidy(held)?)))
}

/// What was credited to the personal account, less what was refunded from it, by province and the month in which the money
/// came.
pub(crate) fn credits(
    set: &RecordSet<'_>,
    range: &Range<usize>,
) -> BTreeMap<Division, BTreeMap<Month, FenSum>> {
    let mut provinces: BTreeMap<Division, BTreeMap<Month, FenSum>> = BTreeMap::new();
    let mut add = |at: usize, place: Division, moved: FenSum| {
        if let Some(month) = month_moved(set.at(at)) {
            let months = provinces.entry(place.province()).or_default();
            let sum = months.entry(month).or_default();
            *sum = sum.plus(moved);
        }
    };
    for movement in movements(set, range) {
        add(movement.at, movement.place, movement.sums.both());
    }
    for (at, given) in subsidies(set, range) {
        if let Some((_, contribution)) = set.at(at).money() {
            add(at, contribution.place, given);
        }
    }
    provinces
}

/// The month in which the money of a record came; the first that it is for, where that is unknown.
fn month_moved(held: &Held<'_>) -> Option<Month> {
    if let Some(month) = held.day().and_then(Day::in_month) {
        return Some(month);
    }
    let (_, contribution) = held.money()?;
    Some(contribution.period.first)
}

/// The personal account at the end of a day: what had been credited, refunded and posted as interest by then.
pub(crate) fn balance_on(set: &RecordSet<'_>, range: &Range<usize>, day: Day) -> i64 {
    let is_by_then = |at: usize| set.at(at).day().is_some_and(|moved| moved <= day);
    let mut sum = FenSum::ZERO;
    for movement in movements(set, range) {
        if is_by_then(movement.at) {
            sum = sum.plus(movement.sums.both());
        }
    }
    for (at, given) in subsidies(set, range) {
        if is_by_then(at) {
            sum = sum.plus(given);
        }
    }
    for (at, held) in set.in_force(range) {
        if let Record::InterestCredit(fields) = &held.fact.record
            && is_by_then(at)
        {
            sum = sum.plus(Sums::from(fields.amount).both());
        }
    }
    sum.shown()
}

/// The principal of the personal account.
pub(crate) fn credited(set: &RecordSet<'_>, range: &Range<usize>) -> Credited {
    let (mut all, mut refunded) = (Sums::default(), FenSum::ZERO);
    for movement in movements(set, range) {
        all.add(movement.sums);
    }
    for (_, held) in set.in_force(range) {
        if let Some((Role::Refund, contribution)) = held.money() {
            refunded = refunded.plus(given_back(contribution.credited).both());
        }
    }
    let subsidies = FenSum::of(subsidies(set, range).map(|(_, given)| given));
    Credited {
        total: all.both().plus(subsidies).shown(),
        shares: all.amount(),
        subsidies: subsidies.shown(),
        refunded: refunded.shown(),
    }
}

/// Interest posted by agencies.
pub(crate) fn interest(set: &RecordSet<'_>, range: &Range<usize>) -> Interest {
    let mut total = FenSum::ZERO;
    let mut postings = Vec::new();
    for (at, held) in set.in_force(range) {
        let Record::InterestCredit(fields) = &held.fact.record else {
            continue;
        };
        let amount = Amount::from(fields.amount);
        total = total.plus(Sums::from(fields.amount).both());
        postings.push(InterestPosting {
            year: fields.year,
            rate: fields.rate.get(),
            amount,
            record: number(at),
        });
    }
    Interest {
        total: total.shown(),
        postings,
    }
}
