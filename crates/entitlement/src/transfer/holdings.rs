//! What the old place holds in the closed view, and what of it moves.

use crate::{
    account::{Standing, SumsBasis, TransferAmounts},
    records::{
        money::narrow,
        set::{Held, RecordSet, Role, Target},
    },
    transfer::{
        closing::Following,
        documents::{Backpay, Document},
        family_records::Field,
        places::{Places, is_within},
        rules::{PersonalMoney, SchemeTransfer},
        step::Step,
        view::Cut,
    },
};
use std::collections::{BTreeMap, BTreeSet};
use yizhang_ledger::{
    entry::Kind,
    record::{AccountType, Contribution, Record},
    value::{Day, Division, Fen, Month},
};

/// The records of the old place in the closed view.
#[derive(Default)]
pub(crate) struct Holdings {
    /// Contributions, differences, refunds and interest.
    pub(crate) records: Vec<usize>,
    /// Months that count there, those that stay behind included.
    pub(crate) months: BTreeSet<Month>,
    /// Contributions that were full, and differences that had not been given back.
    full: BTreeSet<usize>,
    /// Months paid back at once that may not move, and their records.
    pub(crate) back_paid: BTreeMap<Month, Vec<usize>>,
    /// Whether the interest may belong to other places of its chain as well.
    pub(crate) is_interest_shared: bool,
    /// Interest of its chain that another place of it has taken along, and may in part have been of this one.
    pub(crate) interest_elsewhere: i64,
    /// Regions of which no other place has ever had money.
    pub(crate) sole_regions: BTreeSet<Division>,
}

/// The contribution of a record that is in effect at the cut.
pub(crate) fn in_view<'f>(held: &Held<'f>, cut: Cut) -> Option<(Role, &'f Contribution<'f>)> {
    let (role, contribution) = held.money()?;
    let moves_money = matches!(role, Role::Received | Role::Adjust | Role::Refund);
    let in_time = contribution.received.is_some_and(|day| day <= cut.on);
    (moves_money && in_time && has_effect(held)).then_some((role, contribution))
}

pub(crate) fn has_effect(held: &Held<'_>) -> bool {
    matches!(
        held.standing,
        Standing::Held | Standing::NotFull | Standing::Refunded
    )
}

/// Whether what a refund gave back is in effect itself.
fn has_target_in_view(set: &RecordSet<'_>, held: &Held<'_>) -> bool {
    match held.target {
        Target::At(target) => set.get(target).is_some_and(has_effect),
        _ => false,
    }
}

impl Holdings {
    /// What these places hold. Months back-paid on one day that are too many stay behind.
    pub(crate) fn of(
        field: Field<'_, '_>,
        places: &Places,
        sources: &[Division],
        cut: Cut,
        backpay: Backpay,
    ) -> Self {
        let mut holdings = Self::default();
        let mut regions = BTreeSet::new();
        let mut back_paid = BackPayments::default();
        for (at, held) in field.set.within(field.range) {
            if !places.is_at(field, at, sources, cut.on) {
                continue;
            }
            if is_interest_of(held, cut) {
                regions.insert(held.fact.region);
                holdings.records.push(at);
            }
            let Some((role, contribution)) = in_view(held, cut) else {
                continue;
            };
            // What an agreement cleared is the worker's, and its refunds with it.
            if role == Role::Refund && !has_target_in_view(field.set, held) {
                continue;
            }
            holdings.records.push(at);
            if held.standing == Standing::Held && matches!(role, Role::Received | Role::Adjust) {
                holdings.full.insert(at);
            }
            if held.standing == Standing::Held && role == Role::Received {
                holdings.count(field, held, contribution, cut);
                // What has gone from province to province before went with its document.
                if !places.has_left_province(field.set, at) {
                    back_paid.add(at, contribution);
                }
            }
        }
        holdings.back_paid = back_paid.of(backpay);
        let elsewhere = |(at, held): (usize, &Held<'_>)| {
            let is_elsewhere = held.money().is_some() && !places.is_at(field, at, sources, cut.on);
            is_elsewhere.then_some(held.fact.region)
        };
        let elsewhere: BTreeSet<Division> = field
            .set
            .within(field.range)
            .filter_map(elsewhere)
            .collect();
        holdings.is_interest_shared = regions.iter().any(|region| elsewhere.contains(region));
        let own = holdings
            .records
            .iter()
            .filter_map(|at| field.set.get(*at))
            .map(|held| held.fact.region);
        let own: BTreeSet<Division> = own.collect();
        let taken =
            field
                .set
                .within(field.range)
                .filter_map(|(at, held)| match &held.fact.record {
                    Record::InterestCredit(fields)
                        if own.contains(&held.fact.region) && is_interest_of(held, cut) =>
                    {
                        let sum = i128::from(fields.amount.unit.get())
                            .saturating_add(fields.amount.person.get().into());
                        (!places.is_at(field, at, sources, cut.on)).then_some(sum)
                    }
                    _ => None,
                });
        let paid_elsewhere = field.set.within(field.range).any(|(_, held)| {
            let is_own = own.contains(&held.fact.region);
            is_own
                && held
                    .money()
                    .is_some_and(|(_, fields)| !is_within(field, sources, fields.place))
        });
        holdings.interest_elsewhere = if paid_elsewhere {
            narrow(taken.fold(0, i128::saturating_add))
        } else {
            0
        };
        holdings.sole_regions = own.difference(&elsewhere).copied().collect();
        holdings
    }

    /// What a supplement takes along: records that came late, without those that stay behind.
    pub(crate) fn late(field: Field<'_, '_>, following: Following, cut: Cut) -> Self {
        let mut holdings = Self {
            back_paid: following.back_paid,
            ..Self::default()
        };
        for at in following.records {
            holdings.records.push(at);
            let Some(held) = field.set.get(at) else {
                continue;
            };
            let Some((role, contribution)) = held.money() else {
                continue;
            };
            if held.standing == Standing::Held && matches!(role, Role::Received | Role::Adjust) {
                holdings.full.insert(at);
            }
            if held.standing == Standing::Held && role == Role::Received {
                holdings.count(field, held, contribution, cut);
            }
        }
        holdings
    }

    fn count(
        &mut self,
        field: Field<'_, '_>,
        held: &Held<'_>,
        contribution: &Contribution<'_>,
        cut: Cut,
    ) {
        let last = cut.on.in_month();
        let counts = |month: &Month| {
            last.is_none_or(|last| *month <= last)
                && field.cover.line(*month).is_none()
                && !held.given_back().has(*month)
        };
        self.months
            .extend(contribution.period.iter().filter(counts));
    }

    /// Lets the back-payments move that the document of a step is for.
    pub(crate) fn release(&mut self, set: &RecordSet<'_>, document: Document) {
        let stays = |at: &usize| {
            let day = set.get(*at).and_then(Held::day);
            !day.is_some_and(|day| document.releases(day))
        };
        for records in self.back_paid.values_mut() {
            records.retain(stays);
        }
        self.back_paid.retain(|_, records| !records.is_empty());
    }

    /// Whether a record stays behind: a contribution of a month that does not move. Interest has a year of its own.
    fn stays(&self, set: &RecordSet<'_>, at: usize) -> bool {
        set.get(at).is_some_and(|held| {
            let of_month = held
                .period
                .is_some_and(|period| self.back_paid.contains_key(&period.first));
            held.money().is_some() && of_month
        })
    }

    /// Records that move: without the months that stay behind, and within the span of the sheet, where it names one.
    pub(crate) fn moving(&self, set: &RecordSet<'_>, sheet: Option<Step<'_>>) -> Vec<usize> {
        self.records
            .iter()
            .copied()
            .filter(|at| self.moves(set, *at, sheet))
            .collect()
    }

    fn moves(&self, set: &RecordSet<'_>, at: usize, sheet: Option<Step<'_>>) -> bool {
        let Some(period) = set.get(at).and_then(|held| held.period) else {
            return false;
        };
        let last = period.iter().last().unwrap_or(period.first);
        let span = sheet.and_then(|sheet| sheet.first.zip(sheet.last));
        span.is_none_or(|(from, until)| from <= last && period.first <= until)
            && !self.stays(set, at)
    }

    /// Contributions that made months count and neither move with the sheet nor stay for want of a document: those outside the
    /// span that it names.
    pub(crate) fn outside(&self, set: &RecordSet<'_>, sheet: Option<Step<'_>>) -> BTreeSet<usize> {
        let is_outside = |at: &usize| {
            set.get(*at).is_some_and(Held::is_received)
                && self.full.contains(at)
                && !self.stays(set, *at)
                && !self.moves(set, *at, sheet)
        };
        self.records.iter().copied().filter(is_outside).collect()
    }

    /// Months and money that move, within the span of the sheet, where it names one, and the interest among it.
    pub(crate) fn computed(
        &self,
        field: Field<'_, '_>,
        rule: &SchemeTransfer,
        (basis, sheet): (SumsBasis, Option<Step<'_>>),
    ) -> (TransferAmounts, i64) {
        let moves = |month: Month| {
            !self.back_paid.contains_key(&month) && sheet.is_none_or(|sheet| sheet.is_about(month))
        };
        let months = self.months.iter().filter(|month| moves(**month)).count();
        let months = u32::try_from(months).unwrap_or(u32::MAX);
        let mut sums = Money::default();
        for at in &self.records {
            let Some(held) = field.set.get(*at) else {
                continue;
            };
            if self.moves(field.set, *at, sheet) {
                Self::add(&mut sums, held, rule);
                let bases = self.bases_of(*at, held, rule, moves);
                sums.bases = sums.bases.saturating_add(bases);
            }
        }
        let pool = match basis {
            SumsBasis::General => rule
                .pool
                .map_or(0, |pool| times_half_up(sums.bases, pool.rate.get())),
            SumsBasis::Temporary => sums.paid.saturating_sub(sums.credited),
            SumsBasis::MonthsOnly => {
                return (
                    TransferAmounts {
                        months,
                        ..TransferAmounts::default()
                    },
                    0,
                );
            }
        };
        let personal_account = narrow(sums.credited.saturating_add(sums.interest));
        (
            TransferAmounts {
                months,
                personal_account,
                pool: narrow(pool),
            },
            narrow(sums.interest),
        )
    }

    fn add(sums: &mut Money, held: &Held<'_>, rule: &SchemeTransfer) {
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
        let share = |unit: i128, person: i128| {
            if is_whole {
                unit.saturating_add(person)
            } else {
                person
            }
        };
        if let Record::InterestCredit(fields) = &held.fact.record {
            let interest = share(
                fields.amount.unit.get().into(),
                fields.amount.person.get().into(),
            );
            sums.interest = sums.interest.saturating_add(interest);
            return;
        }
        let Some((role, fields)) = held.money() else {
            return;
        };
        let signed = |fen: Fen| {
            if role == Role::Refund {
                i128::from(fen.get().unsigned_abs()).saturating_neg()
            } else {
                fen.get().into()
            }
        };
        let credited = share(signed(fields.credited.unit), signed(fields.credited.person));
        sums.credited = sums.credited.saturating_add(credited);
        sums.paid = sums
            .paid
            .saturating_add(signed(fields.paid.unit))
            .saturating_add(signed(fields.paid.person));
        if with_subsidies {
            let given = fields.subsidies;
            for subsidy in [given.central, given.province, given.city, given.county] {
                sums.credited = sums.credited.saturating_add(signed(subsidy));
            }
        }
    }

    /// The bases that the pool's share is computed from, in fen: the base of one month for each month of the record that moves
    /// and counts. Only what made a month count has one, and its differences: money paid in part has no base yet.
    fn bases_of(
        &self,
        at: usize,
        held: &Held<'_>,
        rule: &SchemeTransfer,
        moves: impl Fn(Month) -> bool,
    ) -> i128 {
        let (Some(pool), Some((_, fields))) = (rule.pool, held.money()) else {
            return 0;
        };
        if !self.full.contains(&at) {
            return 0;
        }
        let counts =
            |month: &Month| *month >= pool.from && self.months.contains(month) && moves(*month);
        let months = fields.period.iter().filter(counts).count();
        i128::try_from(months)
            .unwrap_or(0)
            .saturating_mul(fields.base.get().into())
    }
}

/// Contributions paid back, by the day of their money and by month.
#[derive(Default)]
pub(crate) struct BackPayments(BTreeMap<Day, BTreeMap<Month, Vec<usize>>>);

impl BackPayments {
    pub(crate) fn add(&mut self, at: usize, contribution: &Contribution<'_>) {
        let Some(day) = contribution
            .received
            .filter(|day| is_late(contribution, *day))
        else {
            return;
        };
        let of_day = self.0.entry(day).or_default();
        for month in contribution.period.iter() {
            of_day.entry(month).or_default().push(at);
        }
    }

    /// Months paid back at once that are as many as the limit.
    pub(crate) fn of(self, limit: Backpay) -> BTreeMap<Month, Vec<usize>> {
        let too_many = |months: &BTreeMap<Month, Vec<usize>>| {
            limit.months.is_some_and(|limit| {
                u32::try_from(months.len()).is_ok_and(|months| months >= limit)
            })
        };
        self.0.into_values().filter(too_many).flatten().collect()
    }
}

#[derive(Default)]
struct Money {
    credited: i128,
    paid: i128,
    interest: i128,
    bases: i128,
}

pub(crate) fn is_interest_of(held: &Held<'_>, cut: Cut) -> bool {
    let posted =
        matches!(&held.fact.record, Record::InterestCredit(fields) if fields.posted <= cut.on);
    posted && held.standing == Standing::Held
}

fn is_late(contribution: &Contribution<'_>, received: Day) -> bool {
    received
        .in_month()
        .is_none_or(|month| contribution.period.first < month)
}

/// Times a rate in ten-thousandths, half up to the fen.
fn times_half_up(sum: i128, ten_thousandths: u32) -> i128 {
    let product = sum.saturating_mul(i128::from(ten_thousandths));
    product
        .saturating_add(5_000)
        .checked_div_euclid(10_000)
        .unwrap_or(0)
}

/// The account type at the old place: by the last enrolment there (C34), else by the contributions. The records speak for
/// both types if contributions do not agree, and for none if there are none.
pub(crate) fn account_types(
    field: Field<'_, '_>,
    (places, sources): (&Places, &[Division]),
    holdings: &Holdings,
    cut: Cut,
) -> (BTreeSet<AccountType>, Vec<usize>) {
    let last = cut.on.in_month();
    let enrolments = field.set.within(field.range).filter_map(|(at, held)| {
        let Record::Participation(Kind::ENROL, fields) = &held.fact.record else {
            return None;
        };
        let here = is_within(field, sources, fields.place);
        let begun = last.is_none_or(|last| fields.from <= last);
        let order = (fields.from, held.fact.index, held.fact.region, at);
        (held.standing == Standing::Held && here && begun).then_some((
            order,
            fields.account_type,
            at,
        ))
    });
    if let Some((_, account_type, at)) = enrolments.max_by_key(|(order, _, _)| *order) {
        return (BTreeSet::from([account_type]), vec![at]);
    }
    // A temporary account that has been gathered is part of the general one (国办发〔2009〕66号 art. 5).
    let of = |at: &usize| {
        let (_, fields) = field.set.get(*at)?.money()?;
        let is_gathered = places.moved(*at, cut.on).is_some();
        Some(if is_gathered {
            AccountType::General
        } else {
            fields.account_type
        })
    };
    let types = holdings.records.iter().filter_map(of).collect();
    let records = holdings
        .records
        .iter()
        .copied()
        .filter(|at| of(at).is_some())
        .collect();
    (types, records)
}
