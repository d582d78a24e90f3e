//! What the old place holds in the closed view, and what of it moves.

use crate::{
    account::Standing,
    records::{
        money::{FenSum, Sums},
        set::{Held, RecordSet, Role, Target},
    },
    transfer::{
        closing::FollowUp,
        documents::{BackPayments, Backpay, Document},
        family_records::FamilyRecords,
        places::{OldPlace, is_within},
        step::Step,
        view::Cut,
    },
};
use std::collections::{BTreeMap, BTreeSet};
use yizhang_ledger::{
    record::{Contribution, Record},
    value::{Division, Month},
};

/// The records of the old place in the closed view.
#[derive(Default)]
pub(crate) struct Holdings {
    /// Contributions, differences, refunds and interest.
    pub(crate) records: Vec<usize>,
    /// Months that count there, those that stay behind included.
    pub(crate) months: BTreeSet<Month>,
    /// Contributions that were full, and differences that had not been given back.
    pub(crate) full: BTreeSet<usize>,
    /// Months paid back at once that may not move, and their records.
    pub(crate) back_paid: BTreeMap<Month, Vec<usize>>,
    /// Whether the interest may belong to other places of its chain as well.
    pub(crate) is_interest_shared: bool,
    /// Interest of its chain that another place of it has taken along, and may in part have been of this one.
    pub(crate) interest_elsewhere: FenSum,
    /// Regions of which no other place has ever had money.
    pub(crate) sole_regions: BTreeSet<Division>,
}

/// The contribution of a record that is in effect at the cut.
pub(crate) fn in_view<'f>(held: &Held<'f>, cut: Cut) -> Option<(Role, &'f Contribution<'f>)> {
    let (role, contribution) = held.money()?;
    let moves_money = matches!(role, Role::Received | Role::Adjust | Role::Refund);
    let in_time = contribution.received.is_some_and(|day| day <= cut.on);
    (moves_money && in_time && has_effect(held)).then_some((role, contribution))
}

pub(crate) fn has_effect(held: &Held<'_>) -> bool {
    matches!(
        held.standing,
        Standing::Held | Standing::NotFull | Standing::Refunded
    )
}

/// Whether what a refund gave back is in effect itself.
fn has_target_in_view(set: &RecordSet<'_>, held: &Held<'_>) -> bool {
    match held.target {
        Target::At(target) => set.get(target).is_some_and(has_effect),
        _ => false,
    }
}

impl Holdings {
    /// What these places hold. Months back-paid on one day that are too many stay behind.
    pub(crate) fn of(
        records: FamilyRecords<'_, '_>,
        old: OldPlace<'_>,
        cut: Cut,
        backpay: Backpay,
    ) -> Self {
        let mut holdings = Self::default();
        let mut back_paid = BackPayments::default();
        for (at, held) in records.all() {
            if !old.holds(records, at, cut.on) {
                continue;
            }
            if is_interest_of(held, cut) {
                holdings.records.push(at);
            }
            let Some((role, contribution)) = in_view(held, cut) else {
                continue;
            };
            // What an agreement cleared is the worker's, and its refunds with it.
            if role == Role::Refund && !has_target_in_view(records.set, held) {
                continue;
            }
            holdings.records.push(at);
            holdings.note_full(records, at, held, cut);
            // What has gone from province to province before went with its document.
            let is_received = held.standing == Standing::Held && role == Role::Received;
            if is_received && !old.moves.has_left_province(records.set, at) {
                back_paid.add(at, contribution);
            }
        }
        holdings.back_paid = back_paid.of(backpay);
        holdings.tell_interest_apart(records, old, cut);
        holdings
    }

    /// Interest is posted by a region for all its places: says whether what is held may be theirs as well, and what they have
    /// taken along may have been of this one.
    fn tell_interest_apart(&mut self, records: FamilyRecords<'_, '_>, old: OldPlace<'_>, cut: Cut) {
        let (mut own, mut with_interest) = (BTreeSet::new(), BTreeSet::new());
        for held in self.records.iter().filter_map(|at| records.set.get(*at)) {
            own.insert(held.fact.region);
            if is_interest_of(held, cut) {
                with_interest.insert(held.fact.region);
            }
        }
        let mut elsewhere = BTreeSet::new();
        let mut taken = FenSum::ZERO;
        let mut is_paid_elsewhere = false;
        for (at, held) in records.all() {
            let is_elsewhere = !old.holds(records, at, cut.on);
            let is_own_region = own.contains(&held.fact.region);
            if let Some((_, contribution)) = held.money() {
                if is_elsewhere {
                    elsewhere.insert(held.fact.region);
                }
                let is_of_other_place = !is_within(records, old.names, contribution.place);
                is_paid_elsewhere |= is_own_region && is_of_other_place;
            }
            if let Record::InterestCredit(fields) = &held.fact.record
                && is_own_region
                && is_elsewhere
                && is_interest_of(held, cut)
            {
                taken = taken.plus(Sums::from(fields.amount).both());
            }
        }
        self.is_interest_shared = !with_interest.is_disjoint(&elsewhere);
        if is_paid_elsewhere {
            self.interest_elsewhere = taken;
        }
        self.sole_regions = own.difference(&elsewhere).copied().collect();
    }

    /// What a supplement takes along: records that came late, without those that stay behind.
    pub(crate) fn of_supplement(
        records: FamilyRecords<'_, '_>,
        follow_up: FollowUp,
        cut: Cut,
    ) -> Self {
        let mut holdings = Self {
            back_paid: follow_up.back_paid,
            ..Self::default()
        };
        for at in follow_up.records {
            holdings.records.push(at);
            if let Some(held) = records.set.get(at) {
                holdings.note_full(records, at, held, cut);
            }
        }
        holdings
    }

    /// Notes a contribution that is full, with its months, or a difference that has not been given back.
    fn note_full(&mut self, records: FamilyRecords<'_, '_>, at: usize, held: &Held<'_>, cut: Cut) {
        let Some((role, contribution)) = held.money() else {
            return;
        };
        if held.standing != Standing::Held {
            return;
        }
        if matches!(role, Role::Received | Role::Adjust) {
            self.full.insert(at);
        }
        if role == Role::Received {
            self.count(records, held, contribution, cut);
        }
    }

    fn count(
        &mut self,
        records: FamilyRecords<'_, '_>,
        held: &Held<'_>,
        contribution: &Contribution<'_>,
        cut: Cut,
    ) {
        let last = cut.on.in_month();
        let counts = |month: &Month| {
            last.is_none_or(|last| *month <= last)
                && records.cover.line(*month).is_none()
                && !held.given_back().has(*month)
        };
        self.months
            .extend(contribution.period.iter().filter(counts));
    }

    /// Lets the back-payments move that the document of a step is for.
    pub(crate) fn release(&mut self, set: &RecordSet<'_>, document: Document) {
        let stays = |at: &usize| {
            let day = set.get(*at).and_then(Held::day);
            !day.is_some_and(|day| document.releases(day))
        };
        for records in self.back_paid.values_mut() {
            records.retain(stays);
        }
        self.back_paid.retain(|_, records| !records.is_empty());
    }

    /// Whether a record stays behind: a contribution of a month that does not move. Interest has a year of its own.
    fn stays(&self, set: &RecordSet<'_>, at: usize) -> bool {
        set.get(at).is_some_and(|held| {
            let of_month = held
                .period
                .is_some_and(|period| self.back_paid.contains_key(&period.first));
            held.money().is_some() && of_month
        })
    }

    /// Records that move: without the months that stay behind, and within the span of the sheet, where it names one.
    pub(crate) fn moving(&self, set: &RecordSet<'_>, sheet: Option<Step<'_>>) -> Vec<usize> {
        self.records
            .iter()
            .copied()
            .filter(|at| self.moves(set, *at, sheet))
            .collect()
    }

    pub(crate) fn moves(&self, set: &RecordSet<'_>, at: usize, sheet: Option<Step<'_>>) -> bool {
        let Some(period) = set.get(at).and_then(|held| held.period) else {
            return false;
        };
        let last = period.iter().last().unwrap_or(period.first);
        let span = sheet.and_then(|sheet| sheet.first.zip(sheet.last));
        span.is_none_or(|(from, until)| from <= last && period.first <= until)
            && !self.stays(set, at)
    }

    /// Contributions that made months count and neither move with the sheet nor stay for want of a document: those outside the
    /// span that it names.
    pub(crate) fn outside(&self, set: &RecordSet<'_>, sheet: Option<Step<'_>>) -> BTreeSet<usize> {
        let is_outside = |at: &usize| {
            set.get(*at).is_some_and(Held::is_received)
                && self.full.contains(at)
                && !self.stays(set, *at)
                && !self.moves(set, *at, sheet)
        };
        self.records.iter().copied().filter(is_outside).collect()
    }
}

pub(crate) fn is_interest_of(held: &Held<'_>, cut: Cut) -> bool {
    let posted =
        matches!(&held.fact.record, Record::InterestCredit(fields) if fields.posted <= cut.on);
    posted && held.standing == Standing::Held
}
