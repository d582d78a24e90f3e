//! The pension in three numbers: now, if continued, at best.

use super::{
    Inputs,
    balance::PersonalAccount,
    career::Career,
    relation::asked_at,
    retirement::{Needed, Plan, left_to_pay},
    workings::{Draft, Workings, Written},
};
use crate::{
    account::{
        Assumption, FamilyAccount, FigureName, FigureValue, Forecast, Ground, Missing, MissingName,
        MonthLine, MonthStatus, RecordNumber,
    },
    formulas::count::{count_months, together},
    formulas::pension::{
        Divisor, DivisorRow, Index, IndexLine, IndexMonths, account_pension, basic_pension,
        career_index, divisor, transitional_pension,
    },
    records::money::FenSum,
};
use yizhang_ledger::{
    record::Record,
    value::{Division, Fen, Month, Rate},
};
use yizhang_rules::{Key, Where};

/// What a forecast is of: when, after which months, where, with which account.
#[derive(Clone, Copy)]
pub(super) struct Of<'a> {
    pub(super) plan: &'a Plan,
    pub(super) needed: Needed,
    pub(super) place: Written<Division>,
    pub(super) held: PersonalAccount,
}

/// Writes down the three numbers, each with months, index, divisor, reference wage and balance.
pub(super) fn forecasts(
    workings: &mut Workings<'_>,
    inputs: Inputs<'_, '_>,
    family: &FamilyAccount,
    of: Of<'_>,
) {
    let Of {
        plan,
        needed,
        place,
        held,
    } = of;
    // Without these there is nothing to multiply, and their figures say what they lack.
    let (Some(found), Some(province)) = (plan.retirement, place.value) else {
        return;
    };
    let successors = workings.policy.successors(inputs.as_of.month);
    let relation = super::relation(family).map(|place| successors.now(place));
    let asked = |place| asked_at(family, place);
    let pays_at = relation.map_or(Where::Whole(province), asked);
    // A city's own figures where the relation is in it, else those of the province.
    let within = relation.filter(|place| place.province() == province);
    let drawn_at = within.map_or(Where::Whole(province), asked);
    let paid = Career::of(workings, inputs, family, drawn_at, plan.statutory.value);
    let scheme = scheme(family);
    let reference = reference(workings, inputs, &place, drawn_at);
    let base = Outlook {
        inputs,
        family,
        scheme,
        paid: &paid,
        place,
        drawn_at,
        pays_at,
        needed,
        held,
        reference,
    };
    // Whoever has passed that month retires no earlier than now, and is as old as now.
    let passed = |month: Option<Month>| month.map_or(0, |month| inputs.as_of.month.since(month));
    let age_at = |month: Option<Month>, age: u16| {
        age.saturating_add(u16::try_from(passed(month)).unwrap_or(0))
    };
    let statutory = Retire {
        month: plan.statutory,
        age: age_at(plan.statutory.value, found.age_months),
    };
    // The latest month is never before the statutory one.
    let age_later = found.latest.map_or(0, |latest| {
        u16::try_from(latest.since(found.statutory)).unwrap_or(0)
    });
    let latest = plan.latest.map_or(statutory, |latest| Retire {
        month: latest,
        age: age_at(latest.value, found.age_months.saturating_add(age_later)),
    });
    base.forecast(workings, Forecast::Now, statutory);
    base.forecast(workings, Forecast::Continued, statutory);
    base.forecast(workings, Forecast::Best, latest);
}

/// The scheme of the last month paid: enterprises and public institutions have limits and rates of their own.
fn scheme(family: &FamilyAccount) -> &str {
    let last = family.spans.last().and_then(|span| span.holders.last());
    last.map_or(family.family.as_str(), |holder| holder.scheme.as_str())
}

fn reference(
    workings: &mut Workings<'_>,
    inputs: Inputs<'_, '_>,
    place: &Written<Division>,
    drawn_at: Where,
) -> Written<Fen> {
    let found = workings.newest_yuan(Key::PensionReference, "", drawn_at, inputs.as_of.month);
    let draft = Draft::new(FigureName::ReferenceWage).on(place.ground());
    match found {
        Some((amount, grounds)) => workings.fen(
            draft.all(grounds).assumed(Assumption::NoGrowth),
            Some(amount),
        ),
        None => workings.fen(
            draft.lacks_at(
                MissingName::ReferenceWage,
                drawn_at.place(),
                inputs.as_of.month,
            ),
            None,
        ),
    }
}

/// What the three numbers share.
struct Outlook<'a, 'f> {
    inputs: Inputs<'a, 'f>,
    family: &'a FamilyAccount,
    scheme: &'a str,
    paid: &'a Career,
    place: Written<Division>,
    /// Where it would be drawn: the city of the relation, or a province.
    drawn_at: Where,
    /// Where the relation is.
    pays_at: Where,
    needed: Needed,
    held: PersonalAccount,
    reference: Written<Fen>,
}

/// A month of retirement, and the age then in months.
#[derive(Clone, Copy)]
struct Retire {
    month: Written<Month>,
    age: u16,
}

/// Months still to come, what would be paid for each, and what that rests on or lacks.
struct Future {
    months: u32,
    base: Option<Fen>,
    grounds: Vec<Ground>,
    missing: Vec<Missing>,
}

/// The parts of a pension.
#[derive(Clone, Copy)]
struct Parts {
    basic: Written<Fen>,
    account: Written<Fen>,
    transition: Option<Written<Fen>>,
}

impl Parts {
    /// All of them together, where all are known.
    fn sum(self) -> Option<Fen> {
        let mut sum = FenSum::from(self.basic.value?).plus(self.account.value?.into());
        if let Some(transition) = self.transition {
            sum = sum.plus(transition.value?.into());
        }
        sum.amount()
    }
}

impl Outlook<'_, '_> {
    fn forecast(&self, workings: &mut Workings<'_>, forecast: Forecast, retire: Retire) {
        let draft = |name| Draft::new(name).forecast(forecast);
        let more = match forecast {
            Forecast::Now => 0,
            Forecast::Continued | Forecast::Best => retire
                .month
                .value
                .map_or(0, |month| left_to_pay(self.inputs, self.family, month)),
        };
        let months = self.months(workings, forecast, retire.month, more);
        let future = self.future(workings, forecast, more);
        let index = self.index(workings, draft(FigureName::AverageIndex), &future);
        let divisor = self.divisor(workings, draft(FigureName::Divisor), retire);
        let balance = self.balance(workings, draft(FigureName::ForecastBalance), &future);
        let basic = self.basic(workings, draft(FigureName::BasicPension), index, months);
        let account = {
            let value = balance
                .value
                .zip(divisor.value)
                .and_then(|(balance, divisor)| account_pension(balance, divisor));
            let draft = draft(FigureName::AccountPension).on(balance.ground());
            workings.fen(draft.on(divisor.ground()), value)
        };
        let transition = self.transition(workings, draft(FigureName::TransitionalPension), index);
        let parts = Parts {
            basic,
            account,
            transition,
        };
        self.pension(workings, draft(FigureName::Pension), parts, months.value);
    }

    /// Writes down the months that there would be: those held, paid ahead and still to come.
    fn months(
        &self,
        workings: &mut Workings<'_>,
        forecast: Forecast,
        retire: Written<Month>,
        more: u32,
    ) -> Written<u32> {
        let Needed {
            employee,
            left,
            prepaid,
            ..
        } = self.needed;
        let mut draft = Draft::new(FigureName::ForecastMonths)
            .forecast(forecast)
            .on(employee.ground())
            .on(retire.ground());
        if forecast == Forecast::Continued {
            draft = draft.all(left.map(|left| left.ground()));
        }
        let draft = draft.all(prepaid.map(|prepaid| prepaid.ground()));
        let ahead = prepaid.and_then(|prepaid| prepaid.value).unwrap_or(0);
        let months = employee
            .value
            .map(|held| together(together(held, ahead), more));
        workings.months(draft, months)
    }

    /// Writes down the basic part.
    fn basic(
        &self,
        workings: &mut Workings<'_>,
        draft: Draft,
        index: Written<Index>,
        months: Written<u32>,
    ) -> Written<Fen> {
        let value = match (self.reference.value, index.value, months.value) {
            (Some(reference), Some(index), Some(months)) => basic_pension(reference, index, months),
            _ => None,
        };
        let grounds = [self.reference.ground(), index.ground(), months.ground()];
        workings.fen(draft.all(grounds), value)
    }

    /// Writes down the whole: below the minimum there is no monthly pension (社会保险法 art. 16; the decision of 2024-09-13, art. 2).
    fn pension(
        &self,
        workings: &mut Workings<'_>,
        draft: Draft,
        parts: Parts,
        months: Option<u32>,
    ) {
        let draft = draft.on(parts.basic.ground()).on(parts.account.ground());
        let draft = match parts.transition {
            Some(part) => draft
                .on(part.ground())
                .assumed(Assumption::WithoutLocalParts),
            None => draft.assumed(Assumption::WithoutProvincialParts),
        };
        let needed = self.needed.minimum.and_then(|minimum| minimum.value);
        let draft = draft.all(self.needed.minimum.map(|minimum| minimum.ground()));
        match months.zip(needed) {
            Some((months, needed)) if months >= needed => workings.fen(draft, parts.sum()),
            Some(_) => workings.fen(draft.lacks(MissingName::EnoughMonths), None),
            None => workings.fen(draft.lacks(MissingName::Rule), None),
        };
    }

    /// The transitional part, where a rule has the province's rate and there are months for it: deemed ones, and those paid
    /// before the personal account.
    fn transition(
        &self,
        workings: &mut Workings<'_>,
        draft: Draft,
        index: Written<Index>,
    ) -> Option<Written<Fen>> {
        let month = self.inputs.as_of.month;
        let rate = workings
            .policy
            .rules()
            .rate(Key::TransitionRate, "", self.drawn_at, month);
        let (rate, by): (Rate, Ground) = workings.use_rule(rate)?;
        let until = workings
            .policy
            .rules()
            .find(Key::TransitionUntil, "", self.drawn_at, month);
        let last = until.and_then(|rule| {
            if let yizhang_rules::Value::Month(last) = rule.value {
                Some(last)
            } else {
                None
            }
        });
        let early = |line: &&MonthLine| {
            line.status == MonthStatus::Counted && last.is_some_and(|last| line.month <= last)
        };
        let paid = count_months(self.family.months.iter().filter(early));
        let months = together(self.deemed_alone(), paid);
        if months == 0 {
            return None;
        }
        let draft = draft
            .family(&self.family.family)
            .on(self.reference.ground())
            .on(index.ground())
            .on(by);
        let draft = draft.all(until.map(|rule| workings.rule(rule)));
        let value = self.reference.value.zip(index.value);
        let value = value
            .and_then(|(reference, index)| transitional_pension(reference, index, months, rate));
        Some(workings.fen(draft, value))
    }

    /// Deemed months without a personal account: service in the army that was posted has one.
    fn deemed_alone(&self) -> u32 {
        let is_deemed = |number: &RecordNumber| {
            let held = self.inputs.set.numbered(*number);
            held.is_some_and(|held| matches!(held.fact.record, Record::Deemed(_)))
        };
        let lines = self.family.months.iter();
        let deemed = lines
            .filter(|line| line.status == MonthStatus::Deemed && line.by.iter().any(is_deemed));
        count_months(deemed)
    }

    /// The base of months still to come: the last one as far as today's limits allow it, or the highest of the place.
    fn future(&self, workings: &mut Workings<'_>, forecast: Forecast, months: u32) -> Future {
        let none = Future {
            months,
            base: None,
            grounds: Vec::new(),
            missing: Vec::new(),
        };
        match forecast {
            Forecast::Now => none,
            Forecast::Continued => match self.paid.last_base {
                Some(last) => self.continued(workings, last, months),
                None => Future {
                    missing: vec![lacks(MissingName::Base, None)],
                    ..none
                },
            },
            // The highest base of where the worker pays now.
            Forecast::Best => match self.limit(workings, Key::BaseCeiling) {
                Some((ceiling, mut grounds)) => {
                    grounds.push(Ground::Assumed(Assumption::NoGrowth));
                    Future {
                        base: Some(ceiling),
                        grounds,
                        ..none
                    }
                }
                None => Future {
                    missing: vec![lacks(MissingName::BaseCeiling, self.pays_at.place())],
                    ..none
                },
            },
        }
    }

    /// The last base, as far as today's limits allow it.
    fn continued(&self, workings: &mut Workings<'_>, last: Fen, months: u32) -> Future {
        let mut base = last;
        let mut grounds = vec![Ground::Assumed(Assumption::NoGrowth)];
        if let Some((floor, rules)) = self.limit(workings, Key::BaseFloor)
            && base < floor
        {
            grounds.extend(rules);
            base = floor;
        }
        if let Some((ceiling, rules)) = self.limit(workings, Key::BaseCeiling)
            && base > ceiling
        {
            grounds.extend(rules);
            base = ceiling;
        }
        Future {
            months,
            base: Some(base),
            grounds,
            missing: Vec::new(),
        }
    }

    fn limit(&self, workings: &mut Workings<'_>, key: Key) -> Option<(Fen, Vec<Ground>)> {
        workings.newest_yuan(key, self.scheme, self.pays_at, self.inputs.as_of.month)
    }

    fn index(&self, workings: &mut Workings<'_>, draft: Draft, future: &Future) -> Written<Index> {
        let mut draft = draft
            .family(&self.family.family)
            .on(self.place.ground())
            .all(self.paid.rules.iter().cloned());
        let rule = self.paid.rule;
        if rule.floor.or(rule.ceiling).is_none() {
            draft = draft.assumed(Assumption::IndexAsRecorded);
        }
        let deemed = self.family.deemed_months;
        if self.paid.unknown > 0 || (deemed > 0 && rule.deemed.is_none()) {
            draft = draft.assumed(Assumption::OtherMonthsAlike);
        }
        let mut lacks = self.paid.missing.clone();
        let mut ahead = None;
        if future.months > 0 {
            let average = workings.newest_yuan(
                Key::PensionAverageWage,
                "",
                self.drawn_at,
                self.inputs.as_of.month,
            );
            draft = draft.all(future.grounds.iter().cloned());
            lacks.extend(future.missing.iter().cloned());
            match (average, future.base) {
                (Some((average, rules)), Some(base)) => {
                    draft = draft.all(rules);
                    ahead = Some(IndexLine {
                        months: future.months,
                        base,
                        average,
                    });
                }
                (None, _) => lacks.push(Missing {
                    what: MissingName::AverageWage,
                    place: self.drawn_at.place(),
                    first: Some(self.inputs.as_of.month),
                    last: Some(self.inputs.as_of.month),
                }),
                (Some(_), None) => {}
            }
        }
        let (paid, unknown, future) = (
            self.paid.lines.as_slice(),
            self.paid.unknown,
            ahead.as_slice(),
        );
        let value = if lacks.is_empty() {
            career_index(
                rule,
                IndexMonths {
                    paid,
                    unknown,
                    deemed,
                    future,
                },
            )
        } else {
            None
        };
        let draft = lacks.into_iter().fold(draft, Draft::without);
        workings.put(draft, value, |index| FigureValue::Index(index.0))
    }

    fn divisor(
        &self,
        workings: &mut Workings<'_>,
        draft: Draft,
        retire: Retire,
    ) -> Written<Divisor> {
        let (age, draft) = (retire.age, draft.on(retire.month.ground()));
        let table =
            workings
                .policy
                .rules()
                .table(Key::PensionDivisor, "", None, self.inputs.as_of.month);
        let Some((rows, rule)) = workings.use_rule(table) else {
            return workings.put(draft.lacks(MissingName::Rule), None, |divisor: Divisor| {
                FigureValue::Divisor(divisor.0)
            });
        };
        let small = |number: &u32| u16::try_from(*number).ok();
        let row = |row: &Vec<u32>| match row.as_slice() {
            [age, months] => Some(DivisorRow {
                age_years: small(age)?,
                months: small(months)?,
            }),
            _ => None,
        };
        let rows: Vec<DivisorRow> = rows.iter().filter_map(row).collect();
        let found = divisor(&rows, age);
        let draft = if found.is_none() {
            draft.lacks(MissingName::Divisor)
        } else {
            draft
        };
        let between = found.is_some() && !age.is_multiple_of(12);
        let draft = if between {
            draft.assumed(Assumption::DivisorBetweenAges)
        } else {
            draft
        };
        workings.put(draft.on(rule), found, |divisor| {
            FigureValue::Divisor(divisor.0)
        })
    }

    fn balance(&self, workings: &mut Workings<'_>, draft: Draft, future: &Future) -> Written<Fen> {
        let (held, draft) = self.held.left(draft);
        if future.months == 0 {
            return workings.fen(draft, held);
        }
        let draft = draft.all(future.grounds.iter().cloned());
        let rate = workings.policy.rules().rate(
            Key::AccountRate,
            self.scheme,
            self.drawn_at,
            self.inputs.as_of.month,
        );
        let (rate, draft) = match workings.use_rule(rate) {
            Some((rate, rule)) => (Some(rate), draft.on(rule)),
            None => (None, draft.lacks(MissingName::Rate)),
        };
        let draft = future.missing.iter().cloned().fold(draft, Draft::without);
        let months = usize::try_from(future.months).expect("a count of months fits");
        let credit = rate
            .zip(future.base)
            .and_then(|(rate, base)| rate.of_half_up(base));
        let sum = credit.zip(held).and_then(|(credit, held)| {
            FenSum::from(credit)
                .times(months)
                .plus(held.into())
                .amount()
        });
        workings.fen(draft, sum)
    }
}

/// Something that is missing at a place, or anywhere.
const fn lacks(what: MissingName, place: Option<Division>) -> Missing {
    Missing {
        what,
        place,
        first: None,
        last: None,
    }
}
