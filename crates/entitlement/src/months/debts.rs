//! What contributions still have to give back for months that lie behind an end: after a benefit began (C21), after death (C22).

use crate::{
    account::{FamilyAccount, MonthStatus, RecordNumber, Standing},
    conflicts::class::ConflictCode,
    records::{
        money::{Sums, part_of},
        refunds::{Refund, all, credited_back, refunds},
        set::{Held, RecordSet, Role, position},
    },
};
use std::{collections::BTreeMap, ops::Range};
use yizhang_ledger::record::Contribution;

/// What a contribution still has to give back for months that lie behind an end.
pub(crate) struct Debt {
    /// C21 or C22.
    pub(crate) code: ConflictCode,
    pub(crate) record: RecordNumber,
    money: Money,
}

/// Money that was paid, and what of it was credited to the personal account.
#[derive(Clone, Copy)]
struct Money {
    paid: Sums,
    credited: Sums,
}

impl Money {
    fn at_most(self, other: Self) -> Self {
        Self {
            paid: self.paid.at_most(other.paid),
            credited: self.credited.at_most(other.credited),
        }
    }

    fn less(self, other: Self) -> Self {
        Self {
            paid: self.paid.less(other.paid),
            credited: self.credited.less(other.credited),
        }
    }
}

/// Of each contribution the number of its months behind each end that have not been given back.
type MonthsBehind = BTreeMap<RecordNumber, BTreeMap<ConflictCode, usize>>;

/// What has to go back of the contributions of a family, by record. The part of a month is that of C04.
pub(crate) fn debts(
    set: &RecordSet<'_>,
    range: &Range<usize>,
    account: &FamilyAccount,
) -> Vec<Debt> {
    let (behind, refunds) = (months_behind(set, account), refunds(set, range));
    let mut debts = Vec::new();
    for (record, months) in behind {
        let held = set.at(position(record));
        let (_, contribution) = held.money().expect("money came by it");
        let of_record = PaidBehind {
            months: months.values().sum(),
            employee: employee_months(account, record),
            refunds: refunds_of(&refunds, record),
        };
        let mut left = left(set, held, contribution, of_record);
        for (code, count) in months {
            let period = contribution.period;
            let part = Money {
                paid: part_of(contribution.paid, count, period),
                credited: part_of(contribution.credited, count, period),
            };
            let debt = Debt {
                code,
                record,
                money: left.at_most(part),
            };
            left = left.less(debt.money);
            debts.push(debt);
        }
    }
    debts
}

fn months_behind(set: &RecordSet<'_>, account: &FamilyAccount) -> MonthsBehind {
    let mut found = MonthsBehind::new();
    for line in &account.months {
        let code = match line.status {
            MonthStatus::AfterBenefit => ConflictCode::C21,
            MonthStatus::AfterDeath => ConflictCode::C22,
            _ => continue,
        };
        for number in &line.others {
            let Some(held) = set.numbered(*number) else {
                continue;
            };
            if is_paid(held) && !held.given_back().has(line.month) {
                let months = found.entry(*number).or_default();
                let count = months.entry(code).or_default();
                *count = count.checked_add(1).expect("there are 2^16 months");
            }
        }
    }
    found
}

/// Whether money came by it, and has not gone back whole.
fn is_paid(held: &Held<'_>) -> bool {
    let came = matches!(held.money(), Some((Role::Received | Role::Adjust, _)));
    came && matches!(held.standing, Standing::Held | Standing::NotFull)
}

fn refunds_of(refunds: &BTreeMap<usize, Vec<Refund>>, record: RecordNumber) -> &[Refund] {
    refunds.get(&position(record)).map_or(&[], Vec::as_slice)
}

/// What a contribution has behind ends.
#[derive(Clone, Copy)]
struct PaidBehind<'r> {
    /// Months that have not been given back.
    months: usize,
    /// Months that count for employees, whose part goes back first (C04).
    employee: usize,
    refunds: &'r [Refund],
}

fn employee_months(account: &FamilyAccount, record: RecordNumber) -> usize {
    let line = account.years.iter().find(|line| line.record == record);
    line.map_or(0, |line| {
        usize::try_from(line.employee).expect("a period has at most 255 months")
    })
}

/// What is left to go back of what was paid for the months behind ends, and of what was credited for them: what refunds gave back
/// by name, and what they gave back beyond the part of employee months, comes off.
fn left(
    set: &RecordSet<'_>,
    held: &Held<'_>,
    contribution: &Contribution<'_>,
    behind: PaidBehind<'_>,
) -> Money {
    let given_back = held.given_back();
    let count = behind.months.checked_add(given_back.own.len());
    let count = count.expect("months of one period, each counted twice at most");
    let paid_for = |months| part_of(contribution.paid, months, contribution.period);
    let credited_for = |months| part_of(contribution.credited, months, contribution.period);
    let paid_back = all(behind.refunds)
        .less(paid_for(behind.employee))
        .at_least(given_back.beside_overlap);
    let all_credited = credited_back(set, behind.refunds);
    let by_name = credited_for(given_back.own.len()).at_most(all_credited);
    let credited_back = all_credited
        .less(credited_for(behind.employee))
        .at_least(by_name);
    Money {
        paid: paid_for(count).less(paid_back),
        credited: credited_for(count).less(credited_back),
    }
}

impl Debt {
    /// Both shares of what was paid.
    pub(crate) fn sum(&self) -> i64 {
        self.money.paid.both().shown()
    }

    /// What of them was credited to the personal account.
    pub(crate) fn credited_sum(&self) -> i64 {
        self.money.credited.both().shown()
    }
}
