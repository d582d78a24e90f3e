//! The closed view: all records as they stood at the end of the day on which an account was closed.
//!
//! It is settled by the same functions as the account, from the records that were there: so nothing that came later, money,
//! refunds, reversals, agreements or another family's months, can change what the sheet should have said.

use crate::{
    account::{MonthLine, Standing},
    benefits,
    effect::settled,
    months::{
        ends::Ends,
        ledger::month_lines,
        overlap::{Bounds, Cover},
    },
    policy::{Successors, family::Family},
    records::{
        places::{NOWHERE, Places},
        set::{AsOf, FamilyRange, Held, RecordSet, Role, Target},
        standing,
    },
    transfer::step::Step,
};
use std::collections::BTreeSet;
use yizhang_ledger::{
    record::Contribution,
    value::{Day, Division, LeafIndex},
};

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
                on: freeze.on,
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
    /// The records of a set as they stood at a cut, settled for one family. `moves` says where transfers before this one have taken them.
    pub(crate) fn at(
        set: &RecordSet<'f>,
        of: &FamilyRange<'_>,
        cut: Cut,
        successors: &Successors<'_>,
        moves: &Places,
    ) -> Self {
        let as_of = AsOf::new(cut.on);
        let entered_again = entered_again(set, cut);
        let records = set.anew(|at, held| {
            if held.standing == Standing::Claim {
                Standing::Claim
            } else if is_behind(held, cut) || entered_again.contains(&at) {
                Standing::Later
            } else {
                Standing::Held
            }
        });
        let mut set = standing::decide_again(records, as_of);
        let covering = OtherFamily::settled(&mut set, of.family.covered_by(), successors, as_of);
        let beside = OtherFamily::settled(&mut set, of.family.beside(), successors, as_of);
        let bounds = Bounds {
            cover: covering.cover(),
            beside: beside.cover(),
            ends: ends(&set, of, as_of),
            as_of,
        };
        settled(&mut set, &of.range, bounds, successors, |_| moves);
        Self {
            set,
            cover: covering.months,
        }
    }
}

/// A family whose months bear on those of another.
#[derive(Default)]
struct OtherFamily {
    months: Vec<MonthLine>,
    ends: Ends,
}

impl OtherFamily {
    /// A family of the set, settled as of a day; nothing where there is none.
    fn settled(
        set: &mut RecordSet<'_>,
        family: Option<Family<'_>>,
        successors: &Successors<'_>,
        as_of: AsOf,
    ) -> Self {
        let mut families = set.families().into_iter();
        let Some(of) = families.find(|of| Some(of.family) == family) else {
            return Self::default();
        };
        let bounds = Bounds {
            cover: Cover::default(),
            beside: Cover::default(),
            ends: ends(set, &of, as_of),
            as_of,
        };
        // Where its own transfers have taken its records is not known here.
        settled(set, &of.range, bounds, successors, |_| &NOWHERE);
        Self {
            months: month_lines(set, &of.range, bounds),
            ends: bounds.ends,
        }
    }

    fn cover(&self) -> Cover<'_> {
        Cover {
            months: &self.months,
            ends: self.ends,
        }
    }
}

/// The ends of a family. What a death changes is no matter of a sheet.
fn ends(set: &RecordSet<'_>, of: &FamilyRange<'_>, as_of: AsOf) -> Ends {
    benefits::ends::ends(set, of, None, as_of)
}

/// Contributions that the old place took back behind the closing and entered again: a correction, whatever day of receipt
/// they bear. They are those behind the closing in its chain for a scheme and period of which something was reversed there.
pub(crate) fn entered_again(set: &RecordSet<'_>, cut: Cut) -> BTreeSet<usize> {
    let mut reversed = BTreeSet::new();
    for (_, held) in set.iter() {
        if let Some(contribution) = reversed_behind(set, held, cut) {
            reversed.insert((contribution.scheme, contribution.period));
        }
    }
    let mut again = BTreeSet::new();
    for (at, held) in set.iter() {
        if let Some((Role::Received, fields)) = held.money()
            && cut.is_behind_in_chain(held)
            && held.day().is_some_and(|day| day <= cut.on)
            && reversed.contains(&(fields.scheme, fields.period))
        {
            again.insert(at);
        }
    }
    again
}

/// The contribution from before the closing that a record reverses behind it, in the old place's own chain.
fn reversed_behind<'f>(
    set: &RecordSet<'f>,
    held: &Held<'_>,
    cut: Cut,
) -> Option<&'f Contribution<'f>> {
    let Target::At(target) = held.target else {
        return None;
    };
    let named = set.at(target);
    if !held.is_reversal() || !cut.is_behind_in_chain(held) || cut.is_behind_in_chain(named) {
        return None;
    }
    let (_, contribution) = named.money()?;
    Some(contribution)
}

/// Whether a record stands behind the closing and is without a date.
fn is_behind(held: &Held<'_>, cut: Cut) -> bool {
    held.day().is_none() && cut.is_behind_in_chain(held)
}
