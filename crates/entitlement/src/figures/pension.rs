//! The pension in three numbers: now, if continued, at best.

use super::{
    Desk,
    balance::PersonalAccount,
    place::asked_at,
    retirement::{Needed, Plan, left_to_pay, prepaid},
    sheet::{Draft, Known, Sheet},
};
use crate::{
    account::{
        Assumption, FamilyAccount, FigureName, FigureValue, Forecast, Ground, Missing, MissingName,
        MonthLine, MonthStatus, RecordNumber, Standing,
    },
    formulas::pension::{
        Divisor, DivisorRow, Index, IndexLine, IndexMonths, IndexRule, account_pension,
        basic_pension, career_index, divisor, transitional_pension,
    },
    months::ledger::has_base,
    records::set::{Role, Target, number as number_of},
};
use yizhang_ledger::{
    record::Record,
    value::{Division, Fen, Month, Rate},
};
use yizhang_rules::{Key, Where};

/// Months paid so far as the index sees them, and what it lacks.
struct Paid {
    lines: Vec<IndexLine>,
    /// Months that are paid and have no line: their base is open.
    unknown: u32,
    /// What the province makes of single months.
    rule: IndexRule,
    rules: Vec<Ground>,
    missing: Vec<Missing>,
    /// The newest base.
    last_base: Option<Fen>,
}

/// Every counted month, and those paid ahead, over the average wage of the place of benefit in that month
/// (国办发〔2009〕66号 art. 7).
fn paid(
    sheet: &mut Sheet<'_>,
    desk: Desk<'_, '_>,
    family: &FamilyAccount,
    (place, retirement): (Where, Option<Month>),
) -> Paid {
    let as_of = desk.as_of.month;
    let (rule, rules) = index_rule(sheet, (place, as_of));
    let mut paid = Paid {
        lines: Vec::new(),
        unknown: 0,
        rule,
        rules,
        missing: Vec::new(),
        last_base: None,
    };
    let averages = sheet
        .policy
        .rules()
        .series(Key::PensionAverageWage, "", place);
    // A month behind all that is published takes the newest; one between two rules has none.
    let newest = sheet
        .policy
        .rules()
        .latest(Key::PensionAverageWage, "", place, as_of);
    let newest = newest.filter(|rule| rule.until.is_some_and(|until| until < as_of));
    let mut last: Option<&yizhang_rules::Rule> = None;
    let mut lacking: Vec<(Month, Month)> = Vec::new();
    let counted = family
        .months
        .iter()
        .filter(|line| line.status == MonthStatus::Counted);
    let counted = counted.map(|line| {
        (
            line.month,
            line.base
                .and_then(Fen::new)
                .or_else(|| same_base(desk, line)),
        )
    });
    let ahead = retirement
        .into_iter()
        .flat_map(|retirement| prepaid(desk, family, retirement));
    // Months paid ahead stand behind those that count, so the newest base is the last one.
    for (month, base) in counted.chain(ahead.map(|ahead| (ahead.month, ahead.base))) {
        let Some(base) = base else {
            paid.unknown = paid.unknown.saturating_add(1);
            continue;
        };
        paid.last_base = Some(base);
        let in_force = averages.at(month);
        let rule = in_force.or(newest.filter(|rule| rule.until < Some(month)));
        if rule.map(|rule| &rule.id) != last.map(|rule| &rule.id) {
            paid.rules.extend(rule.map(|rule| sheet.rule(rule)));
        }
        if in_force.is_none()
            && rule.is_some()
            && !paid
                .rules
                .contains(&Ground::Assumed(Assumption::LastPublished))
        {
            paid.rules.push(Ground::Assumed(Assumption::LastPublished));
        }
        last = rule;
        match rule.map(|rule| &rule.value) {
            Some(yizhang_rules::Value::Yuan(average)) => match paid.lines.last_mut() {
                Some(last) if last.base == base && last.average == *average => {
                    last.months = last.months.saturating_add(1);
                }
                _ => paid.lines.push(IndexLine {
                    months: 1,
                    base,
                    average: *average,
                }),
            },
            _ => match lacking.last_mut().filter(|(_, last)| last.next() == month) {
                Some((_, last)) => *last = month,
                None => lacking.push((month, month)),
            },
        }
    }
    for (first, last) in lacking {
        let what = MissingName::AverageWage;
        paid.missing.push(Missing {
            what,
            place: place.place(),
            first: Some(first),
            last: Some(last),
        });
    }
    if paid.lines.is_empty() && paid.missing.is_empty() {
        let what = if paid.unknown > 0 {
            MissingName::Base
        } else {
            MissingName::Months
        };
        let is_enough = paid.unknown == 0 && family.deemed_months > 0 && paid.rule.deemed.is_some();
        paid.missing.extend((!is_enough).then_some(Missing {
            what,
            place: None,
            first: None,
            last: None,
        }));
    }
    paid
}

/// The base of a month that several records count, where all have the same: whichever of them is kept, it is known. A
/// difference beside them leaves it open.
fn same_base(desk: Desk<'_, '_>, line: &MonthLine) -> Option<Fen> {
    let money = |number: &RecordNumber| desk.set.numbered(*number)?.money();
    let differs = |number: &RecordNumber| {
        let held = desk.set.numbered(*number);
        let held = held.filter(|held| held.standing == Standing::Held);
        let is_adjust = held.is_some_and(|held| matches!(held.money(), Some((Role::Adjust, _))));
        let of_these = |target| line.by.contains(&number_of(target));
        is_adjust
            && held.is_some_and(|held| match held.target {
                Target::At(target) => of_these(target),
                _ => true,
            })
    };
    let mut bases = line
        .by
        .iter()
        .filter_map(|number| money(number).filter(|(_, fields)| has_base(fields)));
    let first = bases.next().map(|(_, fields)| fields.base)?;
    let is_same = bases.all(|(_, fields)| fields.base == first) && !line.others.iter().any(differs);
    Some(first).filter(|_| is_same)
}

/// Floor, cap and the index of deemed months, where the province has them.
fn index_rule(sheet: &mut Sheet<'_>, (place, month): (Where, Month)) -> (IndexRule, Vec<Ground>) {
    let mut grounds = Vec::new();
    let mut rate = |key: Key| {
        let found = sheet.policy.rules().rate(key, "", place, month);
        let (rate, rule) = sheet.use_rule(found)?;
        grounds.push(rule);
        Some(rate)
    };
    let rule = IndexRule {
        floor: rate(Key::IndexFloor),
        ceiling: rate(Key::IndexCeiling),
        deemed: rate(Key::IndexDeemed),
    };
    (rule, grounds)
}

/// Writes down the three numbers, each with months, index, divisor, reference wage and balance.
pub(super) fn forecasts(
    sheet: &mut Sheet<'_>,
    desk: Desk<'_, '_>,
    family: &FamilyAccount,
    (plan, needed, place, held): (&Plan, Needed, Known<Division>, PersonalAccount),
) {
    // Without these there is nothing to multiply, and their figures say what they lack.
    let (Some(found), Some(province)) = (plan.retirement, place.value) else {
        return;
    };
    let successors = sheet.policy.successors(desk.as_of.month);
    let relation = super::relation(family).map(|place| successors.now(place));
    let asked = |place| asked_at(family, place);
    let pays_at = relation.map_or(Where::Whole(province), asked);
    // A city's own figures where the relation is in it, else those of the province.
    let within = relation.filter(|place| place.province() == province);
    let drawn_at = within.map_or(Where::Whole(province), asked);
    let paid = paid(sheet, desk, family, (drawn_at, plan.statutory.value));
    let scheme = scheme(family);
    let reference = reference(sheet, desk, &place, drawn_at);
    let base = Outlook {
        desk,
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
    let passed = |month: Option<Month>| month.map_or(0, |month| desk.as_of.month.since(month));
    let age_at = |month: Option<Month>, age: u16| {
        age.saturating_add(u16::try_from(passed(month)).unwrap_or(0))
    };
    let statutory = (
        plan.statutory,
        age_at(plan.statutory.value, found.age_months),
    );
    let age_later = found.latest.map_or(0, |latest| {
        u16::try_from(latest.since(found.statutory)).unwrap_or(0)
    });
    let latest = plan.latest.map_or(statutory, |latest| {
        (
            latest,
            age_at(latest.value, found.age_months.saturating_add(age_later)),
        )
    });
    base.forecast(sheet, Forecast::Now, statutory);
    base.forecast(sheet, Forecast::Continued, statutory);
    base.forecast(sheet, Forecast::Best, latest);
}

/// The scheme of the last month paid: enterprises and public institutions have limits and rates of their own.
fn scheme(family: &FamilyAccount) -> &str {
    let last = family.spans.last().and_then(|span| span.holders.last());
    last.map_or(family.family.as_str(), |holder| holder.scheme.as_str())
}

fn reference(
    sheet: &mut Sheet<'_>,
    desk: Desk<'_, '_>,
    place: &Known<Division>,
    drawn_at: Where,
) -> Known<Fen> {
    let found = sheet.newest_yuan(Key::PensionReference, "", drawn_at, desk.as_of.month);
    let draft = Draft::new(FigureName::ReferenceWage).on(place.ground());
    match found {
        Some((amount, grounds)) => sheet.fen(
            draft.all(grounds).assumed(Assumption::NoGrowth),
            Some(amount),
        ),
        None => sheet.fen(
            draft.lacks_at(
                MissingName::ReferenceWage,
                drawn_at.place(),
                desk.as_of.month,
            ),
            None,
        ),
    }
}

/// What the three numbers share.
struct Outlook<'a, 'f> {
    desk: Desk<'a, 'f>,
    family: &'a FamilyAccount,
    scheme: &'a str,
    paid: &'a Paid,
    place: Known<Division>,
    /// Where it would be drawn: the city of the relation, or a province.
    drawn_at: Where,
    /// Where the relation is.
    pays_at: Where,
    needed: Needed,
    held: PersonalAccount,
    reference: Known<Fen>,
}

impl Outlook<'_, '_> {
    fn forecast(
        &self,
        sheet: &mut Sheet<'_>,
        forecast: Forecast,
        (retire, age): (Known<Month>, u16),
    ) {
        let draft = |name| Draft::new(name).forecast(forecast);
        let more = match forecast {
            Forecast::Now => 0,
            _ => retire
                .value
                .map_or(0, |month| left_to_pay(self.desk, self.family, month)),
        };
        let months = {
            let draft = draft(FigureName::ForecastMonths)
                .on(self.needed.employee.ground())
                .on(retire.ground());
            let draft = draft.all(
                self.needed
                    .left
                    .filter(|_| forecast == Forecast::Continued)
                    .map(|left| left.ground()),
            );
            let draft = draft.all(self.needed.prepaid.map(|prepaid| prepaid.ground()));
            let ahead = self
                .needed
                .prepaid
                .and_then(|prepaid| prepaid.value)
                .unwrap_or(0);
            sheet.months(
                draft,
                self.needed
                    .employee
                    .value
                    .map(|held| held.saturating_add(ahead).saturating_add(more)),
            )
        };
        let (future, grounds, missing) = self.future_base(sheet, forecast);
        let index = self.index(
            sheet,
            draft(FigureName::AverageIndex),
            (more, future, &grounds, &missing),
        );
        let divisor = self.divisor(sheet, draft(FigureName::Divisor), (&retire, age));
        let balance = self.balance(
            sheet,
            draft(FigureName::ForecastBalance),
            (more, future, &grounds, &missing),
        );
        let basic = {
            let value = match (self.reference.value, index.value, months.value) {
                (Some(reference), Some(index), Some(months)) => {
                    basic_pension(reference, index, months)
                }
                _ => None,
            };
            let grounds = [self.reference.ground(), index.ground(), months.ground()];
            sheet.fen(draft(FigureName::BasicPension).all(grounds), value)
        };
        let account = {
            let value = balance
                .value
                .zip(divisor.value)
                .and_then(|(balance, divisor)| account_pension(balance, divisor));
            sheet.fen(
                draft(FigureName::AccountPension)
                    .on(balance.ground())
                    .on(divisor.ground()),
                value,
            )
        };
        let transition = self.transition(sheet, draft(FigureName::TransitionalPension), index);
        let sum = basic
            .value
            .zip(account.value)
            .and_then(|(one, other)| Fen::new(one.get().checked_add(other.get())?));
        let sum = match transition {
            Some(part) => sum
                .zip(part.value)
                .and_then(|(sum, part)| Fen::new(sum.get().checked_add(part.get())?)),
            None => sum,
        };
        let draft = draft(FigureName::Pension)
            .on(basic.ground())
            .on(account.ground());
        let draft = match transition {
            Some(part) => draft
                .on(part.ground())
                .assumed(Assumption::WithoutLocalParts),
            None => draft.assumed(Assumption::WithoutProvincialParts),
        };
        // Below the minimum there is no monthly pension (社会保险法 art. 16; the decision of 2024-09-13, art. 2).
        let needed = self.needed.minimum.and_then(|minimum| minimum.value);
        let draft = draft.all(self.needed.minimum.map(|minimum| minimum.ground()));
        match (months.value, needed) {
            (Some(months), Some(needed)) if months >= needed => sheet.fen(draft, sum),
            (Some(_), Some(_)) => sheet.fen(draft.lacks(MissingName::EnoughMonths), None),
            _ => sheet.fen(draft.lacks(MissingName::Rule), None),
        };
    }

    /// The transitional part, where a rule has the province's rate and there are months for it: deemed ones, and those paid
    /// before the personal account.
    fn transition(
        &self,
        sheet: &mut Sheet<'_>,
        draft: Draft,
        index: Known<Index>,
    ) -> Option<Known<Fen>> {
        let month = self.desk.as_of.month;
        let rate = sheet
            .policy
            .rules()
            .rate(Key::TransitionRate, "", self.drawn_at, month);
        let (rate, by): (Rate, Ground) = sheet.use_rule(rate)?;
        let until = sheet
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
        let paid =
            u32::try_from(self.family.months.iter().filter(early).count()).unwrap_or(u32::MAX);
        let months = self.deemed_alone().saturating_add(paid);
        if months == 0 {
            return None;
        }
        let draft = draft
            .family(&self.family.family)
            .on(self.reference.ground())
            .on(index.ground())
            .on(by);
        let draft = draft.all(until.map(|rule| sheet.rule(rule)));
        let value = self.reference.value.zip(index.value);
        let value = value
            .and_then(|(reference, index)| transitional_pension(reference, index, months, rate));
        Some(sheet.fen(draft, value))
    }

    /// Deemed months without a personal account: service in the army that was posted has one.
    fn deemed_alone(&self) -> u32 {
        let is_deemed = |number: &RecordNumber| {
            let held = self.desk.set.numbered(*number);
            held.is_some_and(|held| matches!(held.fact.record, Record::Deemed(_)))
        };
        let lines = self.family.months.iter();
        let deemed = lines
            .filter(|line| line.status == MonthStatus::Deemed && line.by.iter().any(is_deemed));
        u32::try_from(deemed.count()).unwrap_or(u32::MAX)
    }

    /// The base of months still to come: the last one as far as today's limits allow it, or the highest of the place.
    fn future_base(
        &self,
        sheet: &mut Sheet<'_>,
        forecast: Forecast,
    ) -> (Option<Fen>, Vec<Ground>, Vec<Missing>) {
        let month = self.desk.as_of.month;
        let lacks = |what, place| Missing {
            what,
            place,
            first: None,
            last: None,
        };
        match forecast {
            Forecast::Now => (None, Vec::new(), Vec::new()),
            Forecast::Continued => {
                let Some(mut base) = self.paid.last_base else {
                    return (None, Vec::new(), vec![lacks(MissingName::Base, None)]);
                };
                let mut grounds = vec![Ground::Assumed(Assumption::NoGrowth)];
                let limit = |sheet: &mut Sheet<'_>, key| {
                    sheet.newest_yuan(key, self.scheme, self.pays_at, month)
                };
                if let Some((floor, rules)) =
                    limit(sheet, Key::BaseFloor).filter(|(floor, _)| base < *floor)
                {
                    grounds.extend(rules);
                    base = floor;
                }
                if let Some((ceiling, rules)) =
                    limit(sheet, Key::BaseCeiling).filter(|(ceiling, _)| base > *ceiling)
                {
                    grounds.extend(rules);
                    base = ceiling;
                }
                (Some(base), grounds, Vec::new())
            }
            // The highest base of where the worker pays now.
            Forecast::Best => {
                match sheet.newest_yuan(Key::BaseCeiling, self.scheme, self.pays_at, month) {
                    Some((ceiling, mut grounds)) => {
                        grounds.push(Ground::Assumed(Assumption::NoGrowth));
                        (Some(ceiling), grounds, Vec::new())
                    }
                    None => (
                        None,
                        Vec::new(),
                        vec![lacks(MissingName::BaseCeiling, self.pays_at.place())],
                    ),
                }
            }
        }
    }

    fn index(
        &self,
        sheet: &mut Sheet<'_>,
        draft: Draft,
        (more, future, grounds, missing): (u32, Option<Fen>, &[Ground], &[Missing]),
    ) -> Known<Index> {
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
        if more > 0 {
            let average = sheet.newest_yuan(
                Key::PensionAverageWage,
                "",
                self.drawn_at,
                self.desk.as_of.month,
            );
            draft = draft.all(grounds.iter().cloned());
            lacks.extend(missing.iter().cloned());
            match (average, future) {
                (Some((average, rules)), Some(base)) => {
                    draft = draft.all(rules);
                    ahead = Some(IndexLine {
                        months: more,
                        base,
                        average,
                    });
                }
                (None, _) => lacks.push(Missing {
                    what: MissingName::AverageWage,
                    place: self.drawn_at.place(),
                    first: Some(self.desk.as_of.month),
                    last: Some(self.desk.as_of.month),
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
        sheet.put(draft, value, |index| FigureValue::Index(index.0))
    }

    fn divisor(
        &self,
        sheet: &mut Sheet<'_>,
        draft: Draft,
        (retire, age): (&Known<Month>, u16),
    ) -> Known<Divisor> {
        let draft = draft.on(retire.ground());
        let table =
            sheet
                .policy
                .rules()
                .table(Key::PensionDivisor, "", None, self.desk.as_of.month);
        let Some((rows, rule)) = sheet.use_rule(table) else {
            return sheet.put(draft.lacks(MissingName::Rule), None, |divisor: Divisor| {
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
        sheet.put(draft.on(rule), found, |divisor| {
            FigureValue::Divisor(divisor.0)
        })
    }

    fn balance(
        &self,
        sheet: &mut Sheet<'_>,
        draft: Draft,
        (more, future, grounds, missing): (u32, Option<Fen>, &[Ground], &[Missing]),
    ) -> Known<Fen> {
        let (held, draft) = self.held.left(draft);
        if more == 0 {
            return sheet.fen(draft, held);
        }
        let draft = draft.all(grounds.iter().cloned());
        let rate = sheet.policy.rules().rate(
            Key::AccountRate,
            self.scheme,
            self.drawn_at,
            self.desk.as_of.month,
        );
        let (rate, draft) = match sheet.use_rule(rate) {
            Some((rate, rule)) => (Some(rate), draft.on(rule)),
            None => (None, draft.lacks(MissingName::Rate)),
        };
        let draft = missing.iter().cloned().fold(draft, Draft::without);
        let credit = rate
            .zip(future)
            .and_then(|(rate, base)| rate.of_half_up(base));
        let sum = credit.zip(held).and_then(|(credit, balance)| {
            Fen::new(
                balance
                    .get()
                    .checked_add(credit.get().checked_mul(i64::from(more))?)?,
            )
        });
        sheet.fen(draft, sum)
    }
}
