//! What figures are computed from.

use crate::{
    account::{FamilyAccount, Person},
    benefits::exclusive::Overlap,
    months::{debts::Debt, ends::Ends},
    person::bridges::Bridges,
    policy::family::Family,
    records::set::{AsOf, RecordSet},
};
use std::ops::Range;

/// A folded family, as figures are computed from it.
#[derive(Clone, Copy)]
pub(crate) struct Folded<'a> {
    pub(crate) family: Family<'a>,
    pub(crate) account: &'a FamilyAccount,
    pub(crate) range: &'a Range<usize>,
    pub(crate) ends: Ends,
    /// Claims of unemployment benefit awarded at several places for the same months.
    pub(crate) claims: &'a [Overlap],
    /// What its contributions have to give back for months behind ends.
    pub(crate) debts: &'a [Debt],
}

impl Folded<'_> {
    /// Whether its benefit has begun by then: an award for a month to come changes nothing before, and what is paid without an
    /// award on record has begun as well.
    pub(crate) fn is_drawn(self, as_of: AsOf) -> bool {
        let is_awarded = self
            .ends
            .benefit
            .is_some_and(|(first, _)| first <= as_of.month);
        is_awarded || self.account.drawing.is_some()
    }
}

/// All that figures are computed from.
#[derive(Clone, Copy)]
pub(crate) struct Inputs<'a, 'f> {
    pub(crate) set: &'a RecordSet<'f>,
    pub(crate) families: &'a [Folded<'a>],
    pub(crate) person: &'a Person,
    pub(crate) bridges: &'a Bridges<'f>,
    pub(crate) as_of: AsOf,
}

impl<'a> Inputs<'a, '_> {
    pub(super) fn family(self, family: Family<'_>) -> Option<Folded<'a>> {
        let mut families = self.families.iter();
        families.find(|folded| folded.family == family).copied()
    }
}
