//! The facts as a set: each record once, its target found, in the one order that does not depend on arrival.

use crate::{
    account::{RecordNumber, Standing},
    policy::family::Family,
    records::given_back::{GivenBack, NOTHING},
};
use std::{
    collections::{BTreeMap, BTreeSet},
    ops::Range,
};
use yizhang_ledger::{
    Verified,
    entry::{Kind, RecordId},
    fact::Fact,
    record::{Contribution, Period, Record},
    value::{Day, Division, LeafIndex, Month, Scheme},
};

/// The date of an account.
#[derive(Clone, Copy)]
pub(crate) struct AsOf {
    pub(crate) day: Day,
    /// The last month that has begun.
    pub(crate) month: Month,
}

/// The last month that has a next one.
pub(crate) const LAST_MONTH: Month = match Month::new(u16::MAX - 1) {
    Some(month) => month,
    None => panic!("checked when compiled"),
};

impl AsOf {
    /// A day after the last month that can be expressed has all months behind it.
    pub(crate) fn new(day: Day) -> Self {
        Self {
            day,
            month: day.in_month().unwrap_or(LAST_MONTH),
        }
    }
}

/// What a contribution record does.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    Due,
    Received,
    Adjust,
    Refund,
    /// A difference or refund that is only due: no money has moved.
    Announced,
}

/// What a record's target turned out to be.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Target {
    None,
    /// A record of the same chain, by its position in the set.
    At(usize),
    /// Known, but of another chain.
    Elsewhere,
    Unknown,
}

/// A record of the set.
#[derive(Clone)]
pub(crate) struct Held<'f> {
    pub(crate) fact: &'f Fact<'f>,
    /// Further positions of the same content in the same chain.
    pub(crate) again: Vec<u64>,
    pub(crate) family: Option<Family<'f>>,
    /// Months that it concerns; a reversal or refund has those of its target.
    pub(crate) period: Option<Period>,
    pub(crate) target: Target,
    /// For a reversal, how many reversals lead from here to the record that it is all about, itself included.
    pub(crate) depth: u32,
    pub(crate) standing: Standing,
    /// Position of the record behind the standing.
    pub(crate) because: Option<usize>,
    /// The months that refunds took of it while they left the rest. Few records have any.
    pub(crate) given_back: Option<Box<GivenBack>>,
    /// A benefit that is due only after death: the heirs', not one that the worker draws.
    pub(crate) is_of_heirs: bool,
    /// A posting whose old place has no chain: its months count by it.
    pub(crate) is_alone: bool,
}

impl<'f> Held<'f> {
    /// The contribution, if the record is one.
    pub(crate) fn money(&self) -> Option<(Role, &'f Contribution<'f>)> {
        let Record::Contribution(kind, contribution) = &self.fact.record else {
            return None;
        };
        let role = match (*kind, contribution.nature) {
            (Kind::DUE, 20 | 34 | 35) => Role::Announced,
            (Kind::DUE, _) => Role::Due,
            (Kind::REFUND, _) | (_, 20) => Role::Refund,
            (Kind::ADJUST_DELTA, _) | (_, 34 | 35) => Role::Adjust,
            _ => Role::Received,
        };
        Some((role, contribution))
    }

    /// The day from which it has effect, where it has one.
    pub(crate) fn day(&self) -> Option<Day> {
        match &self.fact.record {
            Record::Contribution(_, fields) => fields.received,
            Record::InterestCredit(fields) => Some(fields.posted),
            Record::Transfer(_, fields) => Some(fields.on),
            Record::Benefit(_, fields) => Some(fields.on),
            Record::Identity(_, fields) => Some(fields.on),
            Record::Deemed(fields) => Some(fields.on),
            Record::Household(fields) => Some(fields.on),
            Record::RetireClass(fields) => Some(fields.on),
            Record::Birth(fields) => Some(fields.on),
            Record::Death(fields) => Some(fields.on),
            Record::Agreement(fields) => Some(fields.on),
            Record::Bridge(fields) => Some(fields.on),
            Record::Dispute(_, fields) => Some(fields.on),
            Record::Reversal(_) | Record::Participation(..) | Record::Unknown(..) => None,
        }
    }

    /// The months that refunds took of it while they left the rest.
    pub(crate) fn given_back(&self) -> &GivenBack {
        self.given_back.as_deref().unwrap_or(&NOTHING)
    }

    /// The position of the refund that took a month of a full payment, or all of it: its own, or that of a part which had made
    /// it full.
    pub(crate) fn taken_by(&self, month: Month) -> Option<usize> {
        let (Role::Received, fields) = self.money()? else {
            return None;
        };
        if !fields.full {
            return None;
        }
        if let Some(refund) = self.given_back().of(month) {
            return Some(refund);
        }
        match self.standing {
            Standing::Refunded | Standing::NotFull => self.because,
            _ => None,
        }
    }

    /// Whether it says that a contribution was received.
    pub(crate) fn is_received(&self) -> bool {
        matches!(self.money(), Some((Role::Received, _)))
    }

    pub(crate) fn is_reversal(&self) -> bool {
        matches!(self.fact.record, Record::Reversal(_))
    }
}

/// The records, each once, in the order of the domain reference, section 6.
///
/// A record is known by its position, and every position that anybody has was given by the set. What is said of a record, beside what
/// it says itself, is said by one of the methods here: nothing else changes it.
pub(crate) struct RecordSet<'f>(Vec<Held<'f>>);

/// Why there is a record at a position.
const GIVEN: &str = "a position that the set itself gave";

impl<'f> RecordSet<'f> {
    pub(crate) fn of(facts: &'f [Verified<Fact<'f>>]) -> Self {
        let mut held = unique(facts);
        find_targets(&mut held);
        adopt_targets(&mut held);
        Self(in_order(held))
    }

    /// The same records as if nothing had been said of them yet but these standings, nor any of them sent again.
    pub(crate) fn anew(&self, standing: impl Fn(usize, &Held<'f>) -> Standing) -> Self {
        let anew = |(at, held): (usize, &Held<'f>)| Held {
            standing: standing(at, held),
            because: None,
            given_back: None,
            again: Vec::new(),
            ..held.clone()
        };
        Self(self.iter().map(anew).collect())
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// The records with their positions.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (usize, &Held<'f>)> + Clone {
        self.0.iter().enumerate()
    }

    /// The record at a position.
    pub(crate) fn at(&self, position: usize) -> &Held<'f> {
        self.0.get(position).expect(GIVEN)
    }

    pub(crate) fn get(&self, position: usize) -> Option<&Held<'f>> {
        self.0.get(position)
    }

    /// The record of a number.
    pub(crate) fn numbered(&self, number: RecordNumber) -> Option<&Held<'f>> {
        self.get(usize::try_from(number.0).ok()?)
    }

    /// The families, in order, with the positions of each.
    pub(crate) fn families(&self) -> Vec<FamilyRange<'f>> {
        let mut families: Vec<FamilyRange<'f>> = Vec::new();
        for (position, held) in self.iter() {
            let Some(family) = held.family else { continue };
            let end = position.checked_add(1).expect(GIVEN);
            match families.last_mut() {
                Some(last) if last.family == family => last.range.end = end,
                _ => families.push(FamilyRange {
                    family,
                    range: position..end,
                }),
            }
        }
        families
    }

    /// The positions of what belongs to no family: the last.
    pub(crate) fn of_no_family(&self) -> Range<usize> {
        let first = self.0.partition_point(|held| held.family.is_some());
        first..self.len()
    }

    /// The records of a family with their positions.
    pub(crate) fn within(&self, range: &Range<usize>) -> impl Iterator<Item = (usize, &Held<'f>)> {
        let records = self.0.get(range.clone());
        (range.start..).zip(records.expect(GIVEN))
    }

    /// Gives a record its standing, and the record behind it.
    pub(crate) fn stand(&mut self, position: usize, standing: Standing, because: Option<usize>) {
        let held = self.at_mut(position);
        (held.standing, held.because) = (standing, because);
    }

    /// Lets a record act on another one than the copy of it that it names.
    pub(crate) fn aim(&mut self, position: usize, target: usize) {
        self.at_mut(position).target = Target::At(target);
    }

    /// Says which months refunds took of a record while they left the rest.
    pub(crate) fn give_back(&mut self, position: usize, given_back: GivenBack) {
        self.at_mut(position).given_back = Some(Box::new(given_back));
    }

    /// Says which months of a record refunds took by taking a part that had made it full, each with the refund.
    pub(crate) fn give_back_of_parts(&mut self, position: usize, months: BTreeMap<Month, usize>) {
        let held = self.at_mut(position);
        held.given_back.get_or_insert_default().of_parts = months;
    }

    /// Marks a benefit as the heirs'.
    pub(crate) fn mark_of_heirs(&mut self, position: usize) {
        self.at_mut(position).is_of_heirs = true;
    }

    /// Marks a posting as one that stands alone.
    pub(crate) fn mark_alone(&mut self, position: usize) {
        self.at_mut(position).is_alone = true;
    }

    fn at_mut(&mut self, position: usize) -> &mut Held<'f> {
        self.0.get_mut(position).expect(GIVEN)
    }
}

/// A family, and where its records stand in the set.
#[derive(Clone)]
pub(crate) struct FamilyRange<'f> {
    pub(crate) family: Family<'f>,
    pub(crate) range: Range<usize>,
}

/// The number of a position.
pub(crate) fn number(position: usize) -> RecordNumber {
    let number = u32::try_from(position);
    RecordNumber(
        number.expect("records take more than a byte each: 2^32 of them fit into no memory"),
    )
}

/// The position of a number.
pub(crate) fn position(number: RecordNumber) -> usize {
    usize::try_from(number.0).expect("a number was a position before")
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
                is_alone: false,
            }),
        }
    }
    held
}

fn family_of<'f>(record: &'f Record<'f>) -> Option<Family<'f>> {
    scheme_of(record).map(Family::of)
}

/// The scheme that a record is about; none for what is about the person.
pub(crate) fn scheme_of<'f>(record: &Record<'f>) -> Option<Scheme<'f>> {
    let scheme = match record {
        Record::Contribution(_, fields) => fields.scheme,
        Record::InterestCredit(fields) => fields.scheme,
        Record::Participation(_, fields) => fields.scheme,
        Record::Transfer(_, fields) => fields.scheme,
        Record::Benefit(_, fields) => fields.scheme,
        Record::Deemed(fields) => fields.scheme,
        Record::Agreement(fields) => fields.scheme,
        Record::Bridge(fields) => fields.scheme,
        Record::Reversal(_)
        | Record::Identity(..)
        | Record::Household(_)
        | Record::RetireClass(_)
        | Record::Birth(_)
        | Record::Death(_)
        | Record::Dispute(..)
        | Record::Unknown(..) => return None,
    };
    Some(scheme)
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
        Record::Reversal(_)
        | Record::Identity(..)
        | Record::Household(_)
        | Record::RetireClass(_)
        | Record::Birth(_)
        | Record::Death(_)
        | Record::Dispute(..)
        | Record::Unknown(..) => None,
    }
}

fn target_id(record: &Record<'_>) -> Option<RecordId> {
    match record {
        Record::Reversal(fields) => Some(fields.target),
        Record::Contribution(_, fields) => fields.target,
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

/// Sorts, and lets targets follow their records.
fn in_order(held: Vec<Held<'_>>) -> Vec<Held<'_>> {
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
    for one in &mut sorted {
        if let Target::At(before) = one.target {
            let place = places
                .get(before)
                .expect("a target was found among the records");
            one.target = Target::At(*place);
        }
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
