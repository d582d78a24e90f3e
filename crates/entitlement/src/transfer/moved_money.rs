//! What the records of the old place come to: months and money that move.

use crate::{
    account::{SumsBasis, TransferAmounts},
    formulas::count::count_months,
    records::{
        money::{FenSum, Sums, given_back, without_sign},
        set::{Held, Role},
    },
    transfer::{
        family_records::FamilyRecords,
        holdings::Holdings,
        rules::{PersonalMoney, SchemeTransfer},
        step::Step,
    },
};
use yizhang_ledger::{
    record::{Contribution, Record, Shares},
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
        for at in &self.records {
            let Some(held) = records.set.get(*at) else {
                continue;
            };
            if self.moves(records.set, *at, sheet) {
                money.add(held, rule);
                let months = self.months_with_base(*at, held, rule, moves);
                if let Some((_, contribution)) = held.money() {
                    let base = FenSum::from(contribution.base);
                    money.bases = money.bases.plus(base.times(months));
                }
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

    /// The months of a record that move and count and that have its base. Only what made a month count has one, and its
    /// differences: money paid in part has no base yet.
    fn months_with_base(
        &self,
        at: usize,
        held: &Held<'_>,
        rule: &SchemeTransfer,
        moves: impl Fn(Month) -> bool,
    ) -> usize {
        let (Some(pool), Some((_, contribution))) = (rule.pool, held.money()) else {
            return 0;
        };
        if !self.full.contains(&at) {
            return 0;
        }
        let counts =
            |month: &Month| *month >= pool.from && self.months.contains(month) && moves(*month);
        contribution.period.iter().filter(counts).count()
    }
}

impl Money {
    /// Adds a contribution, a difference, a refund or interest, as far as the personal account moves.
    fn add(&mut self, held: &Held<'_>, rule: &SchemeTransfer) {
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
        let credited = own_share(signed(role, contribution.credited));
        self.credited = self.credited.plus(credited);
        self.paid = self.paid.plus(signed(role, contribution.paid).both());
        if with_subsidies {
            self.credited = self.credited.plus(subsidies(role, contribution));
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
