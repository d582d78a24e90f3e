//! The bases of single records, where several count for a month.

use crate::{
    account::{RecordNumber, Standing},
    set::{RecordSet, Role, Target},
};
use std::{collections::BTreeMap, ops::Range};
use yizhang_ledger::value::Fen;

/// What differences in force add to the base of each record of a family, by its position.
pub(super) struct Differences(BTreeMap<usize, i64>);

impl Differences {
    pub(super) fn of(set: &RecordSet<'_>, range: &Range<usize>) -> Self {
        let mut sums: BTreeMap<usize, i64> = BTreeMap::new();
        for (_, held) in set
            .within(range)
            .filter(|(_, held)| held.standing == Standing::Held)
        {
            if let (Some((Role::Adjust, fields)), Target::At(target)) = (held.money(), held.target)
            {
                let sum = sums.entry(target).or_default();
                *sum = sum.saturating_add(fields.base.get());
            }
        }
        Self(sums)
    }

    /// The base of a record for one month, with its differences.
    pub(super) fn base(&self, set: &RecordSet<'_>, number: RecordNumber) -> Option<Fen> {
        let at = usize::try_from(number.0).ok()?;
        let (_, fields) = set
            .get(at)?
            .money()
            .filter(|(_, fields)| fields.period.months == 1)?;
        Fen::new(
            fields
                .base
                .get()
                .saturating_add(self.0.get(&at).copied().unwrap_or(0)),
        )
    }
}
