//! What the records of the old place come to: months and money that move.

use crate::{
    account::{SumsBasis, TransferAmounts},
    formulas::count::count_months,
    policy::transfer_terms::{PersonalMoney, SchemeTransfer},
    records::{
        money::{FenSum, Sums, given_back, without_sign},
        parts::UnitShares,
        set::{Held, RecordSet, Role, Target},
    },
    transfer::{family_records::FamilyRecords, holdings::Holdings, step::Step},
};
use std::collections::BTreeSet;
use yizhang_ledger::{
    record::{Contribution, Period, Record, Shares},
    value::{Fen, Month},
};

/// What moves, and the interest among it.
pub(crate) struct Computed {
    pub(crate) amounts: TransferAmounts,
    pub(crate) interest: FenSum,
}

#[derive(Default)]
struct Money {
    credited: FenSum,
    paid: FenSum,
    interest: FenSum,
    /// Those that the pool's share is computed from.
    bases: FenSum,
}

impl Holdings {
    /// Months and money that move, within the span of the sheet, where it names one.
    pub(crate) fn computed(
        &self,
        records: FamilyRecords<'_, '_>,
        rule: &SchemeTransfer,
        basis: SumsBasis,
        sheet: Option<Step<'_>>,
    ) -> Computed {
        let moves = |month: Month| {
            !self.back_paid.contains_key(&month) && sheet.is_none_or(|sheet| sheet.is_about(month))
        };
        let months = count_months(self.months.iter().filter(|month| moves(**month)));
        let mut money = Money::default();
        let shares = self.unit_shares(records.set);
        for at in self.records.keys().copied() {
            let moving = self.moving_months(records.set, at, sheet);
            if moving.is_empty() {
                continue;
            }
            let held = records.set.at(at);
            let part = Part {
                of: months_of_money(records.set, held),
                moving: &moving,
            };
            money.add(held, rule, &part);
            // A base that two rows say, with the unit's share and the worker's, is one.
            if let Some((_, contribution)) = held.money()
                && shares.beside(contribution).is_none()
            {
                let months = self.months_with_base(at, rule, &moving);
                let base = FenSum::from(contribution.base);
                money.bases = money.bases.plus(base.times(months));
            }
        }
        let pool = match basis {
            SumsBasis::General => rule
                .pool
                .map_or(FenSum::ZERO, |pool| money.bases.at_rate(pool.rate)),
            SumsBasis::Temporary => money.paid.minus(money.credited),
            SumsBasis::MonthsOnly => {
                return Computed {
                    amounts: TransferAmounts {
                        months,
                        ..TransferAmounts::default()
                    },
                    interest: FenSum::ZERO,
                };
            }
        };
        Computed {
            amounts: TransferAmounts {
                months,
                personal_account: money.credited.plus(money.interest).shown(),
                pool: pool.shown(),
            },
            interest: money.interest,
        }
    }

    fn unit_shares<'f>(&self, set: &RecordSet<'f>) -> UnitShares<'f> {
        let full = self.full.iter();
        UnitShares::of(full.filter_map(|at| Some((*at, set.at(*at).money()?.1))))
    }

    /// The months of a record that move and count and that have its base. Only what made a month count has one, and its
    /// differences: money paid in part has no base yet.
    fn months_with_base(
        &self,
        at: usize,
        rule: &SchemeTransfer,
        moving: &BTreeSet<Month>,
    ) -> usize {
        let Some(pool) = rule.pool.filter(|_| self.full.contains(&at)) else {
            return 0;
        };
        let counts = |month: &&Month| **month >= pool.from && self.months.contains(month);
        moving.iter().filter(counts).count()
    }
}

/// The months whose money a record is: those of its period, of a refund those that it took while the others stay.
pub(crate) fn months_of_money(set: &RecordSet<'_>, held: &Held<'_>) -> BTreeSet<Month> {
    if let (Some((Role::Refund, _)), Target::At(target)) = (held.money(), held.target) {
        let taken = &set.at(target).given_back().own;
        if !taken.is_empty() {
            return taken.keys().copied().collect();
        }
    }
    held.period.into_iter().flat_map(Period::iter).collect()
}

/// Of the months whose money a record is, those that move.
struct Part<'m> {
    of: BTreeSet<Month>,
    moving: &'m BTreeSet<Month>,
}

impl Part<'_> {
    /// Their part of an amount. The first so many months have their share of it, half up to the fen, and each month what it adds to
    /// those before it: so the parts of what moves and of what stays always come to the amount.
    fn share(&self, amount: FenSum) -> FenSum {
        if self.of.is_subset(self.moving) {
            return amount;
        }
        let all = self.of.len();
        let (mut moving, mut before) = (FenSum::ZERO, FenSum::ZERO);
        for (months, month) in (1..).zip(&self.of) {
            let up_to = amount.share(months, all);
            if self.moving.contains(month) {
                moving = moving.plus(up_to.minus(before));
            }
            before = up_to;
        }
        moving
    }

    fn shares(&self, sums: Sums) -> Sums {
        Sums {
            unit: self.share(sums.unit),
            person: self.share(sums.person),
        }
    }
}

impl Money {
    /// Adds a contribution, a difference, a refund or interest, as far as the personal account moves.
    /// Of a row for several months, of which a sheet may name some, their part.
    fn add(&mut self, held: &Held<'_>, rule: &SchemeTransfer, part: &Part<'_>) {
        let PersonalMoney::Whole {
            whole_from,
            with_subsidies,
        } = rule.personal
        else {
            return;
        };
        let is_whole = held
            .period
            .is_none_or(|period| whole_from.is_none_or(|from| period.first >= from));
        let own_share = |sums: Sums| if is_whole { sums.both() } else { sums.person };
        if let Record::InterestCredit(fields) = &held.fact.record {
            self.interest = self.interest.plus(own_share(fields.amount.into()));
            return;
        }
        let Some((role, contribution)) = held.money() else {
            return;
        };
        let credited = own_share(part.shares(signed(role, contribution.credited)));
        self.credited = self.credited.plus(credited);
        let paid = part.shares(signed(role, contribution.paid));
        self.paid = self.paid.plus(paid.both());
        if with_subsidies {
            let given = part.share(subsidies(role, contribution));
            self.credited = self.credited.plus(given);
        }
    }
}

/// Amounts that came, or that a refund gave back.
fn signed(role: Role, shares: Shares) -> Sums {
    if role == Role::Refund {
        given_back(shares).negated()
    } else {
        shares.into()
    }
}

/// Government money beside a contribution.
fn subsidies(role: Role, contribution: &Contribution<'_>) -> FenSum {
    let given = contribution.subsidies;
    let each = [given.central, given.province, given.city, given.county];
    FenSum::of(each.into_iter().map(|subsidy: Fen| {
        if role == Role::Refund {
            without_sign(subsidy).negated()
        } else {
            subsidy.into()
        }
    }))
}
