//! The records of a worker as a set, and what is said of each.

mod from_facts;

use crate::{
    account::{RecordNumber, Standing},
    policy::family::Family,
    records::given_back::{GivenBack, NOTHING},
};
use std::{collections::BTreeMap, ops::Range};
use yizhang_ledger::{
    Verified,
    entry::Kind,
    fact::Fact,
    record::{Contribution, Period, Record, TransferStep},
    value::{Day, Month},
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

impl Role {
    /// What a contribution of a kind does.
    pub(crate) const fn of(kind: Kind, contribution: &Contribution<'_>) -> Self {
        match (kind, contribution.nature) {
            (Kind::DUE, 20 | 34 | 35) => Self::Announced,
            (Kind::DUE, _) => Self::Due,
            (Kind::REFUND, _) | (_, 20) => Self::Refund,
            (Kind::ADJUST_DELTA, _) | (_, 34 | 35) => Self::Adjust,
            _ => Self::Received,
        }
    }
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
    /// The months that count by a posting whose old place has no chain, ascending. Few records have any.
    pub(crate) alone: Vec<Months>,
}

/// The day on which a month begins.
fn first_day(month: Month) -> Option<Day> {
    let year = u32::from(month.year()).checked_mul(10_000)?;
    let month = u32::from(month.month()).checked_mul(100)?;
    Day::new(year.checked_add(month)?.checked_add(1)?)
}

/// Months from one to another, both included.
#[derive(Clone, Copy)]
pub(crate) struct Months {
    pub(crate) first: Month,
    pub(crate) last: Month,
}

/// A posting that stands alone, with the months that count by it: those that it names, but for what another has brought.
pub(crate) struct PostedAlone<'h, 'f> {
    pub(crate) posting: &'f TransferStep<'f>,
    pub(crate) months: &'h [Months],
}

impl<'f> Held<'f> {
    /// The contribution, if the record is one.
    pub(crate) fn money(&self) -> Option<(Role, &'f Contribution<'f>)> {
        let Record::Contribution(kind, contribution) = &self.fact.record else {
            return None;
        };
        Some((Role::of(*kind, contribution), contribution))
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
            Record::Subsidy(_, fields) => Some(fields.on),
            Record::InjuryReport(fields) => Some(Day::of(fields.reported)),
            Record::InjuryDetermination(fields) => Some(fields.on),
            Record::DisabilityGrade(fields) => Some(fields.on),
            Record::PlatformMonth(fields) => first_day(fields.month),
            Record::OipPremium(fields) => fields.received,
            Record::FundPrepay(fields) => fields.received,
            Record::FundDraw(fields) => Some(fields.on),
            Record::Warning(fields) => Some(fields.on),
            Record::WarningClosed(fields) => Some(fields.on),
            Record::Reversal(_)
            | Record::Participation(..)
            | Record::AccessDigest(_)
            | Record::AccountRegister(_)
            | Record::KeyBound(_)
            | Record::KeyEnded(_)
            | Record::Approval(_)
            | Record::Deposit(_)
            | Record::Unknown(..) => None,
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

    /// The posting that it is, if it stands alone.
    pub(crate) fn posted_alone(&self) -> Option<PostedAlone<'_, 'f>> {
        match &self.fact.record {
            Record::Transfer(_, posting) if !self.alone.is_empty() => Some(PostedAlone {
                posting,
                months: &self.alone,
            }),
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

/// Records of which it is not decided yet which act. Nothing can be asked of them: [`super::standing`] makes a set of them, and
/// nothing else does, so that no step sees a record that a reversal or a copy has put out of force.
pub(crate) struct Undecided<'f>(RecordSet<'f>);

impl<'f> Undecided<'f> {
    pub(crate) fn of(facts: &'f [Verified<Fact<'f>>]) -> Self {
        Self(RecordSet(from_facts::records(facts)))
    }

    /// The records, for deciding which act.
    pub(super) fn into_set(self) -> RecordSet<'f> {
        self.0
    }
}

impl<'f> RecordSet<'f> {
    /// Lets claims belong to no family: they open none, and leave no gap in one. What stands in the family anyway, in a chain that has
    /// the right, stays there. Gives the records new positions.
    pub(crate) fn part_claims(&mut self) {
        let is_parted = |held: &Held<'_>| {
            let same = held.because.map(|at| self.at(at).fact.id);
            held.standing == Standing::Claim && same != Some(held.fact.id)
        };
        let parted: Vec<bool> = self.0.iter().map(is_parted).collect();
        let mut records = std::mem::take(&mut self.0);
        for (held, is_parted) in records.iter_mut().zip(parted) {
            if is_parted {
                (held.family, held.period) = (None, None);
            }
        }
        self.0 = from_facts::in_order(records);
    }

    /// The same records as if nothing had been said of them yet but these standings, nor any of them sent again.
    pub(crate) fn anew(&self, standing: impl Fn(usize, &Held<'f>) -> Standing) -> Undecided<'f> {
        let anew = |(at, held): (usize, &Held<'f>)| Held {
            standing: standing(at, held),
            because: None,
            given_back: None,
            again: Vec::new(),
            ..held.clone()
        };
        Undecided(Self(self.iter().map(anew).collect()))
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

    /// The records of a family that are in force, with their positions.
    pub(crate) fn in_force(
        &self,
        range: &Range<usize>,
    ) -> impl Iterator<Item = (usize, &Held<'f>)> {
        let records = self.within(range);
        records.filter(|(_, held)| held.standing == Standing::Held)
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

    /// Marks a posting as one that stands alone, for these months.
    pub(crate) fn mark_alone(&mut self, position: usize, months: Vec<Months>) {
        self.at_mut(position).alone = months;
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
