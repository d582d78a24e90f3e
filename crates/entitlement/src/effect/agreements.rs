//! What agency and person agreed to keep of months that several places hold (人社部发〔2009〕187号 art. 3).

use crate::{
    account::Standing,
    policy::Successors,
    records::{
        places::{NOWHERE, Places, RowMonth, months_of},
        refunds::Refunds,
        set::{Held, RecordSet, Role, Target},
    },
};
use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet},
    ops::Range,
};
use yizhang_ledger::{
    entry::RecordId,
    record::{Agreement, Contribution, Record},
    value::{Division, Month},
};

/// Clears the records that agreements do not keep, and says whether there were any. Of the records whose months all lie within those of
/// an agreement it clears
///
/// * at other places those for each of whose months a record of the place that it keeps counts;
/// * at that place those of another scheme, for each of whose months the scheme that it names is held there as well.
///
/// An agreement about months that the place does not hold clears nothing. Places are what they are called now, a district belongs to
/// its city, and what a transfer had posted by the day of the agreement belongs to its new place.
pub(crate) fn clear(
    set: &mut RecordSet<'_>,
    range: &Range<usize>,
    successors: &Successors<'_>,
    moves: &Places,
) -> bool {
    let mut has_cleared = false;
    for agreed in &agreements(set, range) {
        let keeping = Keeping {
            moves,
            ..Keeping::of(agreed, set, range, successors)
        };
        for at in keeping.not_kept() {
            set.stand(at, Standing::Cleared, Some(agreed.at));
            has_cleared = true;
        }
    }
    has_cleared
}

/// Takes refunds of what was cleared for those of the place to which a transfer had brought it by then: the new place clears
/// after the transfer 先转后清 (人社部发〔2010〕70号 art. 10), in its own chain, and names the records of the old one.
pub(crate) fn adopt_refunds(set: &mut RecordSet<'_>, range: &Range<usize>, moves: &Places) {
    let mut cleared: BTreeMap<RecordId, usize> = BTreeMap::new();
    for (at, held) in set.within(range) {
        if held.standing == Standing::Cleared {
            cleared.insert(held.fact.id, at);
        }
    }
    if cleared.is_empty() {
        return;
    }
    let mut adopted = Vec::new();
    for (at, held) in set.within(range) {
        let Some((Role::Refund, refund)) = held.money() else {
            continue;
        };
        let target = refund.target.and_then(|id| cleared.get(&id));
        if let Some(target) = target
            && held.target == Target::Elsewhere
            && held.standing == Standing::NoTarget
            && is_by_new_place(set, held, *target, moves)
        {
            adopted.push((at, *target));
        }
    }
    for (at, target) in adopted {
        set.aim(at, target);
        set.stand(at, Standing::Held, None);
    }
}

/// Whether a refund stands in the chain of the place to which transfers had taken a record, or a part of it, by its day.
fn is_by_new_place(set: &RecordSet<'_>, refund: &Held<'_>, target: usize, moves: &Places) -> bool {
    let Some(day) = refund.day() else {
        return false;
    };
    months_of(set, target).into_iter().any(|month| {
        let place = moves.moved(RowMonth { at: target, month }, day);
        place.is_some_and(|place| refund.fact.region.covers(place))
    })
}

/// The months of a payment that agreements keep for other records, none of which was refunded. A payment for several months that an
/// agreement is not about in whole is not cleared: but what was refunded of it may have been for these.
pub(super) fn months_not_kept(
    set: &RecordSet<'_>,
    range: &Range<usize>,
    successors: &Successors<'_>,
    refunded: &Refunds,
    payment: usize,
) -> BTreeSet<Month> {
    let mut not_kept = BTreeSet::new();
    let Some((Role::Received, contribution)) = set.at(payment).money() else {
        return not_kept;
    };
    for agreed in &agreements(set, range) {
        let keeping = Keeping {
            refunded,
            ..Keeping::of(agreed, set, range, successors)
        };
        let kept = keeping.months_kept();
        if let Some(held_instead) = keeping.held_instead(&kept, payment, contribution) {
            let months = contribution.period.iter();
            not_kept.extend(months.filter(|month| held_instead.contains(month)));
        }
    }
    not_kept
}

/// An agreement in force.
#[derive(Clone, Copy)]
struct Agreed<'f> {
    at: usize,
    fields: Agreement<'f>,
}

/// The agreements in force, the latest first: what it has cleared an older one finds no more. Two of one day that keep different things
/// say nothing: people have to say which it is.
fn agreements<'f>(set: &RecordSet<'f>, range: &Range<usize>) -> Vec<Agreed<'f>> {
    let mut agreements = Vec::new();
    for (at, held) in set.in_force(range) {
        if let Record::Agreement(fields) = &held.fact.record {
            let fields = *fields;
            agreements.push(Agreed { at, fields });
        }
    }
    agreements.sort_by_key(|agreed| Reverse((agreed.fields.on, agreed.at)));
    let mut agreed = Vec::new();
    for one in &agreements {
        if !agreements
            .iter()
            .any(|other| contradicts(&one.fields, &other.fields))
        {
            agreed.push(*one);
        }
    }
    agreed
}

/// Whether two agreements of one day keep different places or schemes of the same months.
fn contradicts(one: &Agreement<'_>, other: &Agreement<'_>) -> bool {
    let same_months = one.first <= other.last && other.first <= one.last;
    one.on == other.on && same_months && (one.keep, one.scheme) != (other.keep, other.scheme)
}

/// What one agreement keeps of a family.
struct Keeping<'s, 'f> {
    set: &'s RecordSet<'f>,
    range: &'s Range<usize>,
    agreement: &'s Agreement<'f>,
    successors: &'s Successors<'s>,
    moves: &'s Places,
    /// Records of which it is not known yet what refunds leave: they keep no months.
    refunded: &'s Refunds,
}

/// Months for which the place that an agreement keeps holds a record that counts.
#[derive(Default)]
struct MonthsKept {
    of_any_scheme: BTreeSet<Month>,
    of_its_scheme: BTreeSet<Month>,
}

static NONE_REFUNDED: Refunds = Refunds::new();

impl<'s, 'f> Keeping<'s, 'f> {
    /// What an agreement keeps where no transfer has moved anything, and what refunds leave is known of every record.
    fn of(
        agreed: &'s Agreed<'f>,
        set: &'s RecordSet<'f>,
        range: &'s Range<usize>,
        successors: &'s Successors<'s>,
    ) -> Self {
        Self {
            set,
            range,
            agreement: &agreed.fields,
            successors,
            moves: &NOWHERE,
            refunded: &NONE_REFUNDED,
        }
    }

    /// The records that it does not keep.
    fn not_kept(&self) -> Vec<usize> {
        let kept = self.months_kept();
        let mut not_kept = Vec::new();
        for (at, held, contribution) in self.records_within() {
            if let Some(instead) = self.held_instead(&kept, at, contribution)
                && months_standing(held, contribution).all(|month| instead.contains(&month))
            {
                not_kept.push(at);
            }
        }
        not_kept
    }

    /// The months that are kept instead of those of a record; none, where it is one that the agreement keeps.
    fn held_instead<'k>(
        &self,
        kept: &'k MonthsKept,
        at: usize,
        contribution: &Contribution<'_>,
    ) -> Option<&'k BTreeSet<Month>> {
        // A row of which a transfer has brought a part there is cleared as little as one that lies there whole.
        let mut months = contribution.period.iter();
        if !months.any(|month| self.is_at_kept_place(at, month, contribution)) {
            return Some(&kept.of_any_scheme);
        }
        let is_of_its_scheme = contribution.scheme == self.agreement.scheme;
        (!is_of_its_scheme).then_some(&kept.of_its_scheme)
    }

    fn months_kept(&self) -> MonthsKept {
        let mut kept = MonthsKept::default();
        for (at, held, contribution) in self.records_within() {
            if held.standing != Standing::Held || self.refunded.contains_key(&at) {
                continue;
            }
            let here: Vec<Month> = months_standing(held, contribution)
                .filter(|month| self.is_at_kept_place(at, *month, contribution))
                .collect();
            if contribution.scheme == self.agreement.scheme {
                kept.of_its_scheme.extend(&here);
            }
            kept.of_any_scheme.extend(here);
        }
        kept
    }

    /// Whether a month of a record was at the place that the agreement keeps, or on the way there: an agreement on the way is made with the new
    /// place, and for it (domain reference, 3.4).
    fn is_at_kept_place(&self, at: usize, month: Month, contribution: &Contribution<'_>) -> bool {
        let on = self.agreement.on;
        let row = RowMonth { at, month };
        let here = self.moves.moved(row, on).unwrap_or(contribution.place);
        let going = self.moves.was_going_to(row, on);
        self.covers(here) || going.is_some_and(|place| self.covers(place))
    }

    fn covers(&self, place: Division) -> bool {
        let kept = self.successors.now(self.agreement.keep);
        kept.covers(self.successors.now(place))
    }

    /// Contributions in force or refunded whose months all lie within those of the agreement: what it clears may have been
    /// refunded before.
    fn records_within(
        &self,
    ) -> impl Iterator<Item = (usize, &'s Held<'f>, &'f Contribution<'f>)> + use<'s, 'f> {
        let (first, last) = (self.agreement.first, self.agreement.last);
        self.set.within(self.range).filter_map(move |(at, held)| {
            let (Role::Received, contribution) = held.money()? else {
                return None;
            };
            let mut months = contribution.period.iter();
            let is_inside = months.all(|month| month >= first && month <= last);
            let has_stood = matches!(held.standing, Standing::Held | Standing::Refunded);
            (is_inside && has_stood).then_some((at, held, contribution))
        })
    }
}

/// The months of a contribution that refunds have not taken.
fn months_standing<'s>(
    held: &'s Held<'_>,
    contribution: &'s Contribution<'_>,
) -> impl Iterator<Item = Month> + 's {
    let months = contribution.period.iter();
    months.filter(|month| !held.given_back().has(*month))
}
