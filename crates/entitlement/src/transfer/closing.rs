//! What came to the old place after its closing (C10, C15), and what of it a supplement or correction takes along.

use crate::{
    records::set::{Held, Role, Target},
    transfer::{
        documents::{BackPayments, Backpay, Document},
        family_records::FamilyRecords,
        holdings::{FollowUp, Holdings, has_effect, in_view, is_interest_of},
        places::{OldPlace, is_interest},
        step::Step,
        view::{Cut, entered_again},
    },
};
use std::collections::{BTreeMap, BTreeSet};
use yizhang_ledger::{
    entry::Kind,
    record::Record,
    value::{Day, Division, Month},
};

/// What a supplement or correction takes along: of what came to the old place after the closing, for months up to it and
/// within the span that the step names, the contributions with what acts on them, or the corrections of what was moved.
/// Months back-paid on one day that are too many need a document here as at a closing.
pub(crate) fn follow_up(
    records: FamilyRecords<'_, '_>,
    old: OldPlace<'_>,
    step: Step<'_>,
    closing: &Closing,
    backpay: Backpay,
) -> FollowUp {
    let wanted = match step.kind {
        Kind::SUPPLEMENT => AfterClosing::Late,
        _ => AfterClosing::Correction,
    };
    let follows = |(at, held): &(usize, &Held<'_>)| {
        let came = old.moves.came(records, *at, old.names).day();
        let in_time = came.is_some_and(|day| day <= step.on);
        in_time && closing.after(*at, held, came) == Some(wanted)
    };
    let (mut moving, mut back_paid) = (BTreeMap::new(), BackPayments::default());
    let document = Document::of(step, backpay);
    for (at, held) in records.all().filter(follows) {
        let mut months = old.months(records, at, step.on);
        if !is_interest(records.set, at) {
            months.retain(|month| step.is_about(*month) && closing.has_closed(*month));
        } else if !months.first().is_some_and(|month| step.is_about(*month)) {
            months.clear();
        }
        let is_released = held.day().is_some_and(|day| document.releases(day));
        if let Some((Role::Received, contribution)) = held.money()
            && !is_released
        {
            back_paid.add(at, contribution, months.iter().copied());
        }
        moving.insert(at, months);
    }
    let back_paid = back_paid.of(backpay);
    for months in moving.values_mut() {
        months.retain(|month| !back_paid.contains_key(month));
    }
    moving.retain(|_, months| !months.is_empty());
    FollowUp {
        records: moving,
        back_paid,
    }
}

/// What a record of the old place is that came behind its closing.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum AfterClosing {
    /// Money received late, and what acts on it (C15).
    Late,
    /// A correction of what was in the closed view (C10).
    Correction,
}

/// A closing, and the records that were in effect then.
pub(crate) struct Closing {
    cut: Cut,
    in_effect: BTreeSet<usize>,
    /// Taken back and entered again after the closing.
    entered_again: BTreeSet<usize>,
    /// Regions whose interest can only be that of the old place.
    sole_regions: BTreeSet<Division>,
}

impl Closing {
    /// What was in effect in the view of a closing.
    pub(crate) fn of(view: FamilyRecords<'_, '_>, holdings: &Holdings, cut: Cut) -> Self {
        let interest = |held: &Held<'_>| is_interest_of(held, cut);
        let in_effect = view
            .all()
            .filter(|(_, held)| interest(held) || in_view(held, cut).is_some());
        let in_effect = in_effect.map(|(at, _)| at).collect();
        let sole_regions = holdings.sole_regions.clone();
        Self {
            cut,
            in_effect,
            entered_again: entered_again(view.set, cut),
            sole_regions,
        }
    }

    /// Whether it closed a month: those up to its own.
    pub(crate) fn has_closed(&self, month: Month) -> bool {
        self.cut.on.in_month().is_none_or(|closed| month <= closed)
    }

    /// What a record is that came to the old place after the closing, on which day if it has one: for records with effect,
    /// for months up to the closing.
    pub(crate) fn after(
        &self,
        at: usize,
        held: &Held<'_>,
        came: Option<Day>,
    ) -> Option<AfterClosing> {
        let month = held.period?.first;
        let is_old = self.has_closed(month);
        let is_later = came.is_some_and(|day| day > self.cut.on);
        if !is_old || !has_effect(held) {
            return None;
        }
        if let Record::InterestCredit(_) = held.fact.record {
            // That of the year of the closing the new place posts.
            let is_of_past = self
                .cut
                .on
                .in_month()
                .is_some_and(|closed| closed.since(month) >= 12);
            let is_its_own =
                is_later && is_of_past && self.sole_regions.contains(&held.fact.region);
            return Some(AfterClosing::Late).filter(|_| is_its_own);
        }
        // What came later is the supplement's matter, and so is what acts on it.
        let of_view = match held.target {
            Target::At(target) => self.in_effect.contains(&target),
            Target::None => true,
            Target::Elsewhere | Target::Unknown => false,
        };
        match held.money() {
            Some((Role::Received, _)) if is_later => Some(AfterClosing::Late),
            Some((Role::Received, _)) if self.entered_again.contains(&at) => {
                Some(AfterClosing::Correction)
            }
            Some((Role::Adjust | Role::Refund, _)) if is_later => Some(if of_view {
                AfterClosing::Correction
            } else {
                AfterClosing::Late
            }),
            None if held.is_reversal() && self.cut.is_behind_in_chain(held) && of_view => {
                Some(AfterClosing::Correction)
            }
            _ => None,
        }
    }
}
