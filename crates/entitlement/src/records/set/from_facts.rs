//! From facts to records: each once, its target found, in the one order that does not depend on arrival.

use super::{Held, Role, Target};
use crate::{account::Standing, policy::family::Family};
use std::collections::BTreeSet;
use yizhang_ledger::{
    Verified,
    entry::{Kind, RecordId},
    fact::Fact,
    record::{Period, Record},
    value::{Day, Division, LeafIndex, Month},
};

/// The records of facts, in the order of the domain reference, section 6.
pub(super) fn records<'f>(facts: &'f [Verified<Fact<'f>>]) -> Vec<Held<'f>> {
    let mut held = unique(facts);
    find_targets(&mut held);
    adopt_targets(&mut held);
    in_order(held)
}

/// Each record once, by region and content.
fn unique<'f>(facts: &'f [Verified<Fact<'f>>]) -> Vec<Held<'f>> {
    let mut sorted: Vec<&Fact<'f>> = facts.iter().map(|fact| &**fact).collect();
    sorted.sort_unstable_by_key(|fact| (fact.region, fact.id, fact.index));
    let mut held: Vec<Held<'f>> = Vec::with_capacity(sorted.len());
    for fact in sorted {
        match held.last_mut() {
            Some(last) if last.fact.region == fact.region && last.fact.id == fact.id => {
                let latest = last.again.last().copied().unwrap_or(last.fact.index.0);
                if latest != fact.index.0 {
                    last.again.push(fact.index.0);
                }
            }
            _ => held.push(Held {
                fact,
                again: Vec::new(),
                family: family_of(&fact.record),
                period: period_of(&fact.record),
                target: Target::None,
                depth: 0,
                standing: Standing::Held,
                because: None,
                given_back: None,
                is_of_heirs: false,
                alone: Vec::new(),
            }),
        }
    }
    held
}

/// What is evidence beside the months belongs to no family, though it names a scheme: it opens none.
fn family_of<'f>(record: &Record<'f>) -> Option<Family<'f>> {
    match record {
        Record::Subsidy(..) | Record::InjuryDetermination(_) => None,
        _ => record.scheme().map(Family::of),
    }
}

fn period_of(record: &Record<'_>) -> Option<Period> {
    let month = |first: Month| Period { first, months: 1 };
    match record {
        Record::Contribution(_, fields) => Some(fields.period),
        Record::InterestCredit(fields) => {
            Month::of(fields.year, 1).map(|first| Period { first, months: 12 })
        }
        Record::Participation(_, fields) => Some(month(fields.from)),
        Record::Transfer(_, fields) => fields.first.or(fields.on.in_month()).map(month),
        Record::Benefit(_, fields) => Some(month(fields.from)),
        Record::Deemed(fields) => Some(month(fields.first)),
        Record::Agreement(fields) => Some(month(fields.first)),
        Record::Bridge(fields) => fields.on.in_month().map(month),
        Record::Subsidy(_, fields) => Some(fields.period),
        Record::PlatformMonth(fields) => Some(month(fields.month)),
        Record::OipPremium(fields) => Some(month(fields.month)),
        Record::FundPrepay(fields) => Some(fields.period),
        Record::InjuryReport(fields) => Day::of(fields.occurred).in_month().map(month),
        Record::InjuryDetermination(fields) => fields.on.in_month().map(month),
        Record::DisabilityGrade(fields) => fields.on.in_month().map(month),
        Record::Reversal(_)
        | Record::Identity(..)
        | Record::Household(_)
        | Record::RetireClass(_)
        | Record::Birth(_)
        | Record::Death(_)
        | Record::Dispute(..)
        | Record::AccessDigest(_)
        | Record::AccountRegister(_)
        | Record::KeyBound(_)
        | Record::KeyEnded(_)
        | Record::Approval(_)
        | Record::FundDraw(_)
        | Record::Warning(_)
        | Record::WarningClosed(_)
        | Record::Deposit(_)
        | Record::Unknown(..) => None,
    }
}

fn target_id(record: &Record<'_>) -> Option<RecordId> {
    match record {
        Record::Reversal(fields) => Some(fields.target),
        Record::Contribution(_, fields) => fields.target,
        Record::PlatformMonth(fields) => fields.target,
        Record::Subsidy(_, fields) => fields.target,
        _ => None,
    }
}

/// `held` is sorted by region and id.
fn find_targets(held: &mut [Held<'_>]) {
    if held.iter().all(|one| target_id(&one.fact.record).is_none()) {
        return;
    }
    let mut ids: Vec<RecordId> = held.iter().map(|held| held.fact.id).collect();
    ids.sort_unstable();
    let targets: Vec<Target> = held
        .iter()
        .map(|one| {
            let Some(id) = target_id(&one.fact.record) else {
                return Target::None;
            };
            let region = one.fact.region;
            match held
                .binary_search_by_key(&(region, id), |other| (other.fact.region, other.fact.id))
            {
                Ok(position) => Target::At(position),
                Err(_) if ids.binary_search(&id).is_ok() => Target::Elsewhere,
                Err(_) => Target::Unknown,
            }
        })
        .collect();
    for (one, target) in held.iter_mut().zip(targets) {
        one.target = target;
    }
}

/// Reversals and refunds belong to the family and months of what they act on.
fn adopt_targets(held: &mut [Held<'_>]) {
    for (position, root) in roots(held).into_iter().enumerate() {
        let source = if root.depth > 0 {
            Some(root.at)
        } else {
            refunded(held, position)
        };
        let source = source.and_then(|source| held.get(source));
        let adopted = source.map(|source| (source.family, source.period));
        let one = held.get_mut(position).expect("each record has one root");
        one.depth = root.depth;
        if let Some((Some(family), period)) = adopted {
            one.family = Some(family);
            one.period = period;
        }
    }
}

/// The record that a refund is of.
fn refunded(held: &[Held<'_>], position: usize) -> Option<usize> {
    let one = held.get(position)?;
    match (one.money(), one.target) {
        (Some((Role::Refund, _)), Target::At(target)) => Some(target),
        _ => None,
    }
}

/// The record that another one is all about.
#[derive(Clone, Copy)]
struct Root {
    at: usize,
    /// How many reversals lie on the way there, the one that it is of included.
    depth: u32,
}

/// The root of each record: itself for all but reversals.
fn roots(held: &[Held<'_>]) -> Vec<Root> {
    let mut roots: Vec<Option<Root>> = vec![None; held.len()];
    for start in 0..held.len() {
        let (trail, mut root) = walk(held, &roots, start);
        for passed in trail.into_iter().rev() {
            let deeper = root.depth.checked_add(1);
            root.depth = deeper.expect("an account has fewer than 2^32 records");
            *roots.get_mut(passed).expect("a target is a position") = Some(root);
        }
    }
    let itself = |at| Root { at, depth: 0 };
    let known = roots.into_iter().enumerate();
    known.map(|(at, root)| root.unwrap_or(itself(at))).collect()
}

/// The reversals on the way from a record to one whose root is known, or that is its own; and that root.
fn walk(held: &[Held<'_>], roots: &[Option<Root>], start: usize) -> (Vec<usize>, Root) {
    let mut trail = Vec::new();
    let mut at = start;
    loop {
        if let Some(Some(known)) = roots.get(at) {
            return (trail, *known);
        }
        let one = held.get(at).expect("a target is a position");
        // A hash is made before the record that names it, so there are no rings; were there one, the walk would end.
        match one.target {
            Target::At(next) if one.is_reversal() && trail.len() <= held.len() => {
                trail.push(at);
                at = next;
            }
            _ => return (trail, Root { at, depth: 0 }),
        }
    }
}

/// Sorts, and lets what names records follow them.
pub(super) fn in_order(held: Vec<Held<'_>>) -> Vec<Held<'_>> {
    let keys = keys(&held);
    let mut order: Vec<usize> = (0..held.len()).collect();
    order.sort_unstable_by_key(|at| keys.get(*at));
    // The order is one of all positions, so that each record has one place in it, and each target, which is a position, too.
    let mut places = vec![0_usize; held.len()];
    for (place, before) in order.iter().enumerate() {
        *places
            .get_mut(*before)
            .expect("a position of the records, of which there are as many places") = place;
    }
    let mut slots: Vec<Option<Held<'_>>> = held.into_iter().map(Some).collect();
    let mut sorted: Vec<Held<'_>> = Vec::with_capacity(slots.len());
    for before in order {
        let slot = slots
            .get_mut(before)
            .expect("a position of the records, of which there are as many slots");
        sorted.push(slot.take().expect("each position stands in the order once"));
    }
    let place_of = |before: usize| {
        let place = places.get(before);
        *place.expect("what a record names was found among the records")
    };
    for one in &mut sorted {
        if let Target::At(before) = one.target {
            one.target = Target::At(place_of(before));
        }
        one.because = one.because.map(place_of);
    }
    sorted
}

/// Family (by its place among those of the set, records without one last), period, rank, province, region, position,
/// content. No two records share all of it.
type SortKey = (
    usize,
    Option<(Month, u8)>,
    (u8, Kind),
    Division,
    Division,
    LeafIndex,
    RecordId,
);

fn keys(held: &[Held<'_>]) -> Vec<SortKey> {
    // Comparing numbers rather than names makes the sort several times faster.
    let families: BTreeSet<Family<'_>> = held.iter().filter_map(|one| one.family).collect();
    let families: Vec<Family<'_>> = families.into_iter().collect();
    let key = |one: &Held<'_>| {
        let family = match one.family {
            Some(family) => {
                let place = families.binary_search(&family);
                place.expect("the families are those of these records")
            }
            None => families.len(),
        };
        let period = one.period.map(|period| (period.first, period.months));
        (
            family,
            period,
            rank(one),
            province(one),
            one.fact.region,
            one.fact.index,
            one.fact.id,
        )
    };
    held.iter().map(key).collect()
}

/// Effective rank, the highest first: reversals and refunds, corrections, differences, receipts, dues, the rest by kind.
fn rank(held: &Held<'_>) -> (u8, Kind) {
    let kind = held.fact.record.kind();
    let rank = match (kind, held.money()) {
        (Kind::REVERSAL, _) | (_, Some((Role::Refund, _))) => 0,
        (Kind::CORRECTION, _) => 1,
        (_, Some((Role::Adjust, _))) => 2,
        (_, Some((Role::Received, _))) => 3,
        (_, Some((Role::Due | Role::Announced, _))) => 4,
        _ => 5,
    };
    (rank, kind)
}

fn province(held: &Held<'_>) -> Division {
    held.money()
        .map_or(held.fact.region, |(_, contribution)| contribution.place)
        .province()
}
