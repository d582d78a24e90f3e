//! Money that has to go back although every month is settled by rule: contributions for months after a benefit began (C21) or
//! after death (C22), for months of residents that count as employee months (C04), and benefits drawn for months after death (C22).

use crate::{
    account::{Conflict, FamilyAccount, RecordNumber},
    benefits::{exclusive::Span, recovered::unrecovered},
    conflicts::class::{ConflictCode, Severity},
    months::{debts::Debt, years::still_due},
    records::{money::FenSum, set::RecordSet},
};
use std::collections::{BTreeMap, BTreeSet};
use yizhang_ledger::value::Month;

/// A family, and what its contributions have to give back.
pub(crate) struct FamilyDebts<'a> {
    pub(crate) account: &'a FamilyAccount,
    pub(crate) debts: &'a [Debt],
}

/// What has to go back, by the class and the record of the conflict that names it.
pub(crate) struct Owed(BTreeMap<(ConflictCode, RecordNumber), i64>);

impl Owed {
    /// What is owed for months behind ends, for overlaps of residents, and of benefits drawn after death.
    pub(crate) fn of(
        set: &RecordSet<'_>,
        families: &[FamilyDebts<'_>],
        drawn: &[Span<'_>],
        died: Option<Month>,
    ) -> Self {
        let mut owed = BTreeMap::new();
        for family in families {
            for debt in family.debts {
                owed.insert((debt.code, debt.record), debt.sum());
            }
            for line in &family.account.years {
                owed.insert((ConflictCode::C04, line.record), still_due(line));
            }
        }
        if let Some(died) = died {
            for (record, sum) in unrecovered(set, drawn, died) {
                owed.insert((ConflictCode::C22, record), sum.shown());
            }
        }
        Self(owed)
    }

    /// Says of each conflict what has to go back for it. Where nothing has, months that are settled by rule are nobody's work.
    pub(crate) fn say(&self, conflicts: &mut [Conflict]) {
        let mut said = BTreeSet::new();
        for conflict in conflicts {
            let (mut sum, mut is_owed) = (FenSum::ZERO, false);
            for record in &conflict.records {
                let key = (conflict.code, *record);
                let owed = self.0.get(&key).copied().unwrap_or(0);
                is_owed |= owed > 0;
                // What is owed for one record is said once.
                if said.insert(key) {
                    sum = sum.plus(owed.into());
                }
            }
            conflict.to_return = (sum > FenSum::ZERO).then_some(sum.shown());
            if conflict.code == ConflictCode::C04 && !is_owed {
                conflict.severity = Severity::Auto;
            }
        }
    }
}
