//! The bases of single records, where several count for a month.

use crate::{
    account::RecordNumber,
    months::ledger::has_base,
    records::{
        money::FenSum,
        set::{RecordSet, Role, Target},
    },
};
use std::{collections::BTreeMap, ops::Range};
use yizhang_ledger::value::{Fen, Month};

/// What differences in force add to the base of each record of a family, by its position and month.
pub(super) struct Differences(BTreeMap<(usize, Month), FenSum>);

impl Differences {
    pub(super) fn of(set: &RecordSet<'_>, range: &Range<usize>) -> Self {
        let mut sums: BTreeMap<(usize, Month), FenSum> = BTreeMap::new();
        for (_, held) in set.in_force(range) {
            if let (Some((Role::Adjust, fields)), Target::At(target)) = (held.money(), held.target)
            {
                for month in fields.period.iter() {
                    let sum = sums.entry((target, month)).or_default();
                    *sum = sum.plus(fields.base.into());
                }
            }
        }
        Self(sums)
    }

    /// The base of a record for a month of its period, with the differences for that month.
    pub(super) fn base(
        &self,
        set: &RecordSet<'_>,
        number: RecordNumber,
        month: Month,
    ) -> Option<Fen> {
        let at = usize::try_from(number.0).ok()?;
        let (_, fields) = set
            .get(at)?
            .money()
            .filter(|(_, fields)| has_base(fields))?;
        let added = self.0.get(&(at, month)).copied();
        let base = FenSum::from(fields.base).plus(added.unwrap_or(FenSum::ZERO));
        base.amount()
    }
}
