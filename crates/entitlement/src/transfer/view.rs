//! The closed view: all records as they stood at the end of the day on which an account was closed.
//!
//! It is settled by the same functions as the account, from the records that were there: so nothing that came later, money,
//! refunds, reversals, agreements or another family's months, can change what the sheet should have said.

use crate::{
    account::{MonthLine, Standing},
    benefits::awards::Ends,
    months::{
        ledger::{Bounds, month_lines},
        overlap::Cover,
    },
    policy::{Successors, family::Family},
    records::{
        agreements, refunds,
        set::{AsOf, Held, RecordSet, Role, Target},
        standing,
    },
    transfer::{places::Places, step::Step},
};
use std::{collections::BTreeSet, ops::Range};
use yizhang_ledger::value::{Day, Division, LeafIndex};

/// Where the view is cut: the end of a day, and for records without a date a position in the chain of the old place.
#[derive(Clone, Copy)]
pub(crate) struct Cut {
    pub(crate) on: Day,
    pub(crate) chain: Option<(Division, LeafIndex)>,
}

impl Cut {
    /// At the closing of the account, or while it is open, at the as-of day.
    pub(crate) fn of(freeze: Option<Step<'_>>, as_of: Day) -> Self {
        freeze.map_or(
            Self {
                on: as_of,
                chain: None,
            },
            |freeze| Self {
                on: freeze.on(),
                chain: Some((freeze.region, freeze.index)),
            },
        )
    }

    /// Whether a record stands behind the closing in the old place's own chain.
    pub(crate) fn is_behind_in_chain(self, held: &Held<'_>) -> bool {
        self.chain
            .is_some_and(|(region, index)| held.fact.region == region && held.fact.index > index)
    }
}

/// The records of a worker at a cut; positions are those of the set that it was made from.
pub(crate) struct View<'f> {
    pub(crate) set: RecordSet<'f>,
    /// Months of the family whose months take the place of this one's.
    pub(crate) cover: Vec<MonthLine>,
}

impl<'f> View<'f> {
    /// The records of a set as they stood at a cut, settled for one family, whose earlier transfers are these.
    pub(crate) fn at(
        set: &RecordSet<'f>,
        (family, range): (Family<'_>, &Range<usize>),
        cut: Cut,
        (successors, places): (&Successors<'_>, &Places),
    ) -> Self {
        let as_of = AsOf::new(cut.on);
        let entered_again = entered_again(set, cut);
        let untouched = |(at, held)| untouched(held, cut, entered_again.contains(&at));
        let mut set = RecordSet(set.0.iter().enumerate().map(untouched).collect());
        standing::settle(&mut set, as_of);
        let mut of_other = |other: Option<Family<'_>>| {
            let Some((other, range)) = set
                .families()
                .into_iter()
                .find(|(one, _)| Some(*one) == other)
            else {
                return (Vec::new(), Ends::default());
            };
            let bounds = bounds(
                &set,
                (other, &range),
                (Cover::default(), Cover::default()),
                as_of,
            );
            settle(&mut set, &range, bounds, (successors, &Places::default()));
            (month_lines(&set, &range, bounds), bounds.ends)
        };
        let (cover, cover_ends) = of_other(family.covered_by());
        let (beside, beside_ends) = of_other(family.beside());
        let covers = (
            Cover {
                months: &cover,
                ends: cover_ends,
            },
            Cover {
                months: &beside,
                ends: beside_ends,
            },
        );
        let bounds = bounds(&set, (family, range), covers, as_of);
        settle(&mut set, range, bounds, (successors, places));
        Self { set, cover }
    }
}

/// What a death changes is no matter of a sheet.
fn bounds<'c>(
    set: &RecordSet<'_>,
    (family, range): (Family<'_>, &Range<usize>),
    (cover, beside): (Cover<'c>, Cover<'c>),
    as_of: AsOf,
) -> Bounds<'c> {
    Bounds {
        cover,
        beside,
        ends: Ends::of(set, family, range, None),
        as_of,
    }
}

fn settle(
    set: &mut RecordSet<'_>,
    range: &Range<usize>,
    bounds: Bounds<'_>,
    named: (&Successors<'_>, &Places),
) {
    refunds::settle(set, range, bounds);
    // As in the account: by the places where money was paid, then by those to which transfers have taken it.
    agreements::settle(set, range, (named.0, &Places::default()));
    agreements::settle(set, range, named);
}

/// Contributions that the old place took back behind the closing and entered again: a correction, whatever day of receipt
/// they bear. They are those behind the closing in its chain for a scheme and period of which something was reversed there.
pub(crate) fn entered_again(set: &RecordSet<'_>, cut: Cut) -> BTreeSet<usize> {
    let reversed = |held: &Held<'_>| match held.target {
        Target::At(target) if held.is_reversal() && cut.is_behind_in_chain(held) => {
            let (_, contribution) = set
                .get(target)
                .filter(|target| !cut.is_behind_in_chain(target))?
                .money()?;
            Some((contribution.scheme, contribution.period))
        }
        _ => None,
    };
    let reversed: BTreeSet<_> = set.0.iter().filter_map(reversed).collect();
    let again = |(_, held): &(usize, &Held<'_>)| {
        let is_early = held.day().is_some_and(|day| day <= cut.on);
        let of_month = |(scheme, period)| reversed.contains(&(scheme, period));
        let money = held.money().filter(|(role, _)| *role == Role::Received);
        is_early
            && cut.is_behind_in_chain(held)
            && money.is_some_and(|(_, fields)| of_month((fields.scheme, fields.period)))
    };
    if reversed.is_empty() {
        return BTreeSet::new();
    }
    set.0
        .iter()
        .enumerate()
        .filter(again)
        .map(|(at, _)| at)
        .collect()
}

/// A record as it was found, and out of effect if it stands behind the closing and is without a date, or entered again.
fn untouched<'f>(held: &Held<'f>, cut: Cut, is_entered_again: bool) -> Held<'f> {
    let is_behind = is_entered_again || (held.day().is_none() && cut.is_behind_in_chain(held));
    let standing = if is_behind {
        Standing::Later
    } else {
        Standing::Held
    };
    Held {
        standing,
        because: None,
        given_back: None,
        again: Vec::new(),
        ..held.clone()
    }
}
