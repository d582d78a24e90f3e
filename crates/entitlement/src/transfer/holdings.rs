//! What the old place holds in the closed view, and what of it moves.

use crate::{
    account::Standing,
    records::{
        money::{FenSum, Sums},
        set::{Held, RecordSet, Role, Target},
    },
    transfer::{
        documents::{BackPayments, Backpay, Document},
        family_records::FamilyRecords,
        places::{OldPlace, RowMonth, is_interest, is_within, months_of},
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
    /// Contributions, differences, refunds and interest, each with those of its months that are held there.
    pub(crate) records: BTreeMap<usize, BTreeSet<Month>>,
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

/// What a supplement or correction takes along, and what it may not.
#[derive(Default)]
pub(crate) struct FollowUp {
    /// Each with those of its months that move.
    pub(crate) records: BTreeMap<usize, BTreeSet<Month>>,
    /// Months paid back at once, for which the supplement names no document, and their records.
    pub(crate) back_paid: BTreeMap<Month, Vec<usize>>,
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
            let months = old.months(records, at, cut.on);
            if months.is_empty() {
                continue;
            }
            if is_interest_of(held, cut) {
                holdings.records.insert(at, months);
                continue;
            }
            let Some((role, contribution)) = in_view(held, cut) else {
                continue;
            };
            // What an agreement cleared is the worker's, and its refunds with it.
            if role == Role::Refund && !has_target_in_view(records.set, held) {
                continue;
            }
            holdings.note_full(records, at, &months, cut);
            // What has gone from province to province before went with its document.
            if held.standing == Standing::Held && role == Role::Received {
                let stayed = |month: &&Month| {
                    let row = RowMonth { at, month: **month };
                    !old.moves.has_left_province(records.set, row)
                };
                back_paid.add(at, contribution, months.iter().filter(stayed).copied());
            }
            holdings.records.insert(at, months);
        }
        holdings.back_paid = back_paid.of(backpay);
        holdings.tell_interest_apart(records, old, cut);
        holdings
    }

    /// Interest is posted by a region for all its places: says whether what is held may be theirs as well, and what they have
    /// taken along may have been of this one.
    fn tell_interest_apart(&mut self, records: FamilyRecords<'_, '_>, old: OldPlace<'_>, cut: Cut) {
        let (mut own, mut with_interest) = (BTreeSet::new(), BTreeSet::new());
        for held in self.records.keys().filter_map(|at| records.set.get(*at)) {
            own.insert(held.fact.region);
            if is_interest_of(held, cut) {
                with_interest.insert(held.fact.region);
            }
        }
        let mut elsewhere = BTreeSet::new();
        let mut taken = FenSum::ZERO;
        let mut is_paid_elsewhere = false;
        for (at, held) in records.all() {
            let here = old.months(records, at, cut.on);
            let is_elsewhere = here.len() < months_of(records.set, at).len();
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
        for (at, months) in follow_up.records {
            holdings.note_full(records, at, &months, cut);
            holdings.records.insert(at, months);
        }
        holdings
    }

    /// Notes a contribution that is full, with those of its months that are held, or a difference that has not been given back.
    fn note_full(
        &mut self,
        records: FamilyRecords<'_, '_>,
        at: usize,
        months: &BTreeSet<Month>,
        cut: Cut,
    ) {
        let held = records.set.at(at);
        let Some((role, _)) = held.money() else {
            return;
        };
        if held.standing != Standing::Held {
            return;
        }
        if matches!(role, Role::Received | Role::Adjust) {
            self.full.insert(at);
        }
        if role == Role::Received {
            let last = cut.on.in_month();
            let counts = |month: &&Month| {
                last.is_none_or(|last| **month <= last)
                    && records.cover.line(**month).is_none()
                    && !held.given_back().has(**month)
            };
            self.months.extend(months.iter().filter(counts));
        }
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

    /// The months of a record that move: of interest, which has a year of its own, all as soon as the sheet is about one of them;
    /// else those that need not stay behind and that the sheet, where it names a span, is about.
    pub(crate) fn moving_months(
        &self,
        set: &RecordSet<'_>,
        at: usize,
        sheet: Option<Step<'_>>,
    ) -> BTreeSet<Month> {
        let Some(here) = self.records.get(&at) else {
            return BTreeSet::new();
        };
        let is_about = |month: Month| sheet.is_none_or(|sheet| sheet.is_about(month));
        let mut months = here.clone();
        if !is_interest(set, at) {
            months.retain(|month| is_about(*month) && !self.back_paid.contains_key(month));
        } else if !months.iter().any(|month| is_about(*month)) {
            months.clear();
        }
        months
    }

    /// The months of records that move.
    pub(crate) fn moving(
        &self,
        set: &RecordSet<'_>,
        sheet: Option<Step<'_>>,
    ) -> BTreeSet<RowMonth> {
        let mut moving = BTreeSet::new();
        for at in self.records.keys().copied() {
            let months = self.moving_months(set, at, sheet);
            moving.extend(months.into_iter().map(|month| RowMonth { at, month }));
        }
        moving
    }

    /// The months of full contributions that neither move with the sheet nor stay for want of a document: those outside the span
    /// that it names.
    pub(crate) fn outside(
        &self,
        set: &RecordSet<'_>,
        sheet: Option<Step<'_>>,
    ) -> BTreeSet<RowMonth> {
        let mut outside = BTreeSet::new();
        for (at, here) in &self.records {
            if !set.at(*at).is_received() || !self.full.contains(at) {
                continue;
            }
            let moving = self.moving_months(set, *at, sheet);
            let left = here.difference(&moving).copied();
            let left = left.filter(|month| !self.back_paid.contains_key(month));
            outside.extend(left.map(|month| RowMonth { at: *at, month }));
        }
        outside
    }
}

pub(crate) fn is_interest_of(held: &Held<'_>, cut: Cut) -> bool {
    let posted =
        matches!(&held.fact.record, Record::InterestCredit(fields) if fields.posted <= cut.on);
    posted && held.standing == Standing::Held
}
