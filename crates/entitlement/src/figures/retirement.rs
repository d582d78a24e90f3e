//! Retirement: statutory, earliest and latest month, months needed, short and left.

use super::{
    Inputs,
    workings::{Draft, Workings, Written},
};
use crate::{
    account::{
        Assumption, Class, FamilyAccount, FigureName, FigureValue, Ground, MissingName, MonthLine,
        MonthStatus, Person, QuestionName, RecordNumber, Standing,
    },
    formulas::count::{count_months, together},
    formulas::retirement::{
        Retirement, Schedule, latest_start, minimum_months_year, months_left, months_short,
        retirement,
    },
    policy::{Policy, family::Family},
    records::set::Role,
};
use yizhang_ledger::value::{Fen, Month};
use yizhang_rules::{Figure as RuleFigure, Key};

/// When the worker may retire, and by which figures.
pub(crate) struct Plan {
    pub(crate) statutory: Written<Month>,
    pub(crate) earliest: Option<Written<Month>>,
    pub(crate) latest: Option<Written<Month>>,
    pub(crate) retirement: Option<Retirement>,
}

/// The months that a pension needs.
#[derive(Clone, Copy)]
pub(crate) struct Needed {
    pub(crate) employee: Written<u32>,
    /// Months needed in the year that applies.
    pub(crate) minimum: Option<Written<u32>>,
    pub(crate) left: Option<Written<u32>>,
    /// Months paid ahead, up to the statutory month; none where there are none.
    pub(crate) prepaid: Option<Written<u32>>,
}

/// Writes down birth, class and the months of retirement.
pub(crate) fn plan(workings: &mut Workings<'_>, inputs: Inputs<'_, '_>) -> Plan {
    let birth = birth(workings, inputs);
    let class = class(workings, inputs);
    let reckoned = reckoned(workings, inputs, birth.value, class.value);
    let found = reckoned.retirement;
    let draft = |name| {
        Draft::new(name)
            .on(birth.ground())
            .on(class.ground())
            .all(reckoned.schedule.clone())
    };
    let statutory = {
        let lacks = [
            (birth.value.is_none(), MissingName::Birth),
            (class.value.is_none(), MissingName::Class),
        ];
        let mut draft = draft(FigureName::StatutoryMonth);
        for (_, what) in lacks.into_iter().filter(|(lacks, _)| *lacks) {
            draft = draft.lacks(what);
        }
        if class.value.is_none() {
            draft = between(workings, inputs, birth.value, draft);
        }
        if birth.value.is_some() && class.value.is_some() && found.is_none() {
            draft = draft.lacks(MissingName::Rule);
        }
        workings.month(draft, found.map(|found| found.statutory))
    };
    let Some(found) = found else {
        return Plan {
            statutory,
            earliest: None,
            latest: None,
            retirement: None,
        };
    };
    workings.months(
        draft(FigureName::StatutoryAge),
        Some(found.age_months.into()),
    );
    let earliest = found
        .earliest
        .map(|month| earliest(workings, inputs, month, statutory, reckoned.flex.clone()));
    let latest = found.latest.map(|month| {
        let draft = Draft::new(FigureName::LatestMonth).on(statutory.ground());
        workings.month(draft.all(reckoned.flex.clone()), Some(month))
    });
    // Once the latest month has passed there is nothing to choose.
    let is_open = found
        .latest
        .is_none_or(|latest| latest >= inputs.as_of.month);
    if let (Some(earliest), Some(latest), true) = (earliest, latest, is_open) {
        workings.ask(
            QuestionName::RetireWhen,
            vec![earliest.ground(), statutory.ground(), latest.ground()],
        );
    }
    Plan {
        statutory,
        earliest,
        latest,
        retirement: Some(found),
    }
}

/// Writes down the class that an agency has stated.
fn class(workings: &mut Workings<'_>, inputs: Inputs<'_, '_>) -> Written<Class> {
    let draft = Draft::new(FigureName::RetirementClass);
    match inputs.person.class.last() {
        Some(line) => {
            let draft = draft.on(Ground::Record(line.record));
            workings.put(draft, Some(line.class), FigureValue::Class)
        }
        None => workings.put(draft.lacks(MissingName::Class), None, FigureValue::Class),
    }
}

/// Writes down the earliest month that may be chosen: the decision of 2024-09-13, art. 3, lets who has the months needed then retire
/// earlier. From the month that the age allows on, the first by which they can be there; none, where that is the statutory month.
fn earliest(
    workings: &mut Workings<'_>,
    inputs: Inputs<'_, '_>,
    by_age: Month,
    statutory: Written<Month>,
    flex: Option<Ground>,
) -> Written<Month> {
    let draft = Draft::new(FigureName::EarliestMonth)
        .assumed(Assumption::MonthsThere)
        .on(statutory.ground())
        .all(flex);
    let (Some(folded), Some(last)) = (inputs.family(Family::PENSION), statutory.value) else {
        return workings.month(draft, Some(by_age));
    };
    let span = Choice {
        by_age,
        statutory: last,
    };
    let found = earliest_of(workings.policy, folded.account, inputs.as_of.month, span);
    let draft = match found {
        Some(_) => draft,
        None => draft.lacks(MissingName::EnoughMonths),
    };
    workings.month(draft, found)
}

/// The months among which the earliest may be chosen.
#[derive(Clone, Copy)]
pub(crate) struct Choice {
    /// The first that the age allows.
    pub(crate) by_age: Month,
    /// The month of the statutory age, which is no choice any more.
    pub(crate) statutory: Month,
}

/// The first month of a choice by which the months needed then can be there, if every one from the running one on is paid.
pub(crate) fn earliest_of(
    policy: &Policy,
    family: &FamilyAccount,
    now: Month,
    choice: Choice,
) -> Option<Month> {
    let mut month = choice.by_age;
    while month < choice.statutory {
        let needed = Month::of(month.year(), 1)
            .and_then(|start| policy.rules().number(Key::PensionMinimum, "", None, start));
        if needed.is_none_or(|needed| could_hold(family, now, month) >= needed.value) {
            return Some(month);
        }
        month = month.next();
    }
    None
}

/// The months that are there before a month, if every one from the running one on is paid; those paid ahead are among these.
fn could_hold(family: &FamilyAccount, now: Month, before: Month) -> u32 {
    let counts = |line: &&MonthLine| {
        let counts = matches!(line.status, MonthStatus::Counted | MonthStatus::Deemed);
        counts && line.month < before
    };
    let held = count_months(family.months.iter().filter(counts));
    let is_running_open = now < before && !counts_in(family, now);
    let left = together(months_left(now, before), u32::from(is_running_open));
    together(held, left)
}

/// Whether a month counts or is deemed.
fn counts_in(family: &FamilyAccount, month: Month) -> bool {
    let line = family
        .months
        .binary_search_by_key(&month, |line| line.month)
        .ok()
        .and_then(|at| family.months.get(at));
    line.is_some_and(|line| matches!(line.status, MonthStatus::Counted | MonthStatus::Deemed))
}

/// Without a class: from the first month that a class could give to the last, with their rules.
fn between(
    workings: &mut Workings<'_>,
    inputs: Inputs<'_, '_>,
    birth: Option<Month>,
    draft: Draft,
) -> Draft {
    let mut months: Vec<Month> = Vec::new();
    let mut grounds: Vec<Ground> = Vec::new();
    for class in [Class::M60, Class::F55, Class::F50] {
        let found = reckoned(workings, inputs, birth, Some(class));
        months.extend(found.retirement.map(|found| found.statutory));
        grounds.extend(found.schedule);
    }
    match (months.iter().min(), months.iter().max()) {
        (Some(first), Some(last)) => draft.span(*first, *last).all(grounds),
        _ => draft,
    }
}

/// The month of birth: the archive decides for benefits (C19).
pub(super) fn birth(workings: &mut Workings<'_>, inputs: Inputs<'_, '_>) -> Written<Month> {
    let line = inputs.person.birth.last();
    let draft =
        Draft::new(FigureName::BirthMonth).all(line.map(|line| Ground::Record(line.record)));
    let draft = if line.is_some() {
        draft
    } else {
        draft.lacks(MissingName::Birth)
    };
    workings.month(draft, line.map(|line| line.month))
}

/// A retirement, with the rules of the schedule and of the choice.
struct Reckoned {
    retirement: Option<Retirement>,
    schedule: Option<Ground>,
    flex: Option<Ground>,
}

/// The retirement by the rules of the account's month, which are written down as used.
fn reckoned(
    workings: &mut Workings<'_>,
    inputs: Inputs<'_, '_>,
    birth: Option<Month>,
    class: Option<Class>,
) -> Reckoned {
    let (Some(birth), Some(class)) = (birth, class) else {
        return Reckoned {
            retirement: None,
            schedule: None,
            flex: None,
        };
    };
    let rules = RetirementRules::of(workings.policy, inputs.as_of.month, class);
    Reckoned {
        retirement: rules.retirement(birth),
        schedule: workings.use_rule(rules.schedule).map(|(_, by)| by),
        flex: workings.use_rule(rules.flex).map(|(_, by)| by),
    }
}

/// The rules by which a class retires.
#[derive(Clone, Copy)]
struct RetirementRules<'p> {
    schedule: Option<RuleFigure<'p, &'p [Vec<u32>]>>,
    /// How many months earlier or later may be chosen.
    flex: Option<RuleFigure<'p, u32>>,
}

impl<'p> RetirementRules<'p> {
    fn of(policy: &'p Policy, month: Month, class: Class) -> Self {
        let rules = policy.rules();
        Self {
            schedule: rules.table(Key::RetirementSchedule, name(class), None, month),
            flex: rules.number(Key::RetirementFlex, "", None, month),
        }
    }

    fn retirement(self, birth: Month) -> Option<Retirement> {
        // Where no rule lets anybody choose, nobody may.
        let flex = self.flex.map_or(0, |flex| flex.value);
        let flex =
            u16::try_from(flex).expect("the rule is refused above a hundred years of months");
        retirement(schedule(self.schedule?.value)?, birth, flex)
    }
}

/// The retirement by the rules of a month, for callers that write no figures down.
pub(crate) fn retirement_of(
    policy: &Policy,
    month: Month,
    birth: Month,
    class: Class,
) -> Option<Retirement> {
    RetirementRules::of(policy, month, class).retirement(birth)
}

/// What a pension waits for: the statutory month, and the months needed then.
#[derive(Clone, Copy)]
pub(crate) struct Conditions {
    pub(crate) statutory: Option<Month>,
    pub(crate) minimum: Option<u32>,
}

impl Conditions {
    /// By the rules of a month, without writing anything down.
    pub(crate) fn of(policy: &Policy, person: &Person, month: Month) -> Self {
        let known = person.birth.last().zip(person.class.last());
        let found =
            known.and_then(|(birth, class)| retirement_of(policy, month, birth.month, class.class));
        let statutory = found.map(|found| found.statutory);
        let minimum = statutory.and_then(|statutory| minimum_in(policy, statutory, statutory));
        Self {
            statutory,
            minimum: minimum.map(|minimum| minimum.value),
        }
    }
}

/// The months needed in the year that applies to a chosen month.
fn minimum_in(policy: &Policy, statutory: Month, chosen: Month) -> Option<RuleFigure<'_, u32>> {
    let start = Month::of(minimum_months_year(statutory, chosen), 1)?;
    policy.rules().number(Key::PensionMinimum, "", None, start)
}

/// The class as rules name it.
const fn name(class: Class) -> &'static str {
    match class {
        Class::M60 => "M60",
        Class::F55 => "F55",
        Class::F50 => "F50",
    }
}

/// A row of the rule: original age, first month of birth as YYYYMM, step, largest delay.
fn schedule(rows: &[Vec<u32>]) -> Option<Schedule> {
    let [original, first, step, largest] = rows.first()?.as_slice() else {
        return None;
    };
    let small = |number: &u32| u16::try_from(*number).ok();
    let (year, month) = (first.checked_div(100)?, first.checked_rem(100)?);
    Some(Schedule {
        original_age_months: small(original)?,
        first_birth: Month::of(small(&year)?, small(&month)?)?,
        step_months: small(step)?,
        delay_max_months: small(largest)?,
    })
}

/// Writes down the months held, needed, short and left.
pub(crate) fn months(
    workings: &mut Workings<'_>,
    inputs: Inputs<'_, '_>,
    family: &FamilyAccount,
    plan: &Plan,
) -> Needed {
    let held = family.months_held();
    let employee = workings.months(
        Draft::new(FigureName::EmployeeMonths).family(&family.family),
        Some(held),
    );
    let Some(statutory) = plan.statutory.value else {
        return Needed {
            employee,
            minimum: None,
            left: None,
            prepaid: None,
        };
    };
    let by = plan.statutory;
    let needed = minimum(
        workings,
        FigureName::MinimumMonths,
        statutory,
        statutory,
        by,
    );
    if let Some(earliest) = plan.earliest
        && let Some(month) = earliest.value
    {
        let name = FigureName::MinimumMonthsEarliest;
        minimum(workings, name, statutory, month, earliest);
    }
    let prepaid = prepaid_months(workings, inputs, family, statutory);
    let draft = Draft::new(FigureName::MonthsShort)
        .on(employee.ground())
        .on(needed.ground());
    let draft = draft.all(prepaid.map(|prepaid| prepaid.ground()));
    let ahead = prepaid.and_then(|prepaid| prepaid.value).unwrap_or(0);
    let held = together(held, ahead);
    let short = workings.months(draft, needed.value.map(|needed| months_short(held, needed)));
    let draft = Draft::new(FigureName::MonthsLeft)
        .on(plan.statutory.ground())
        .family(&family.family);
    let draft = draft.all(prepaid.map(|prepaid| prepaid.ground()));
    let left = workings.months(draft, Some(left_to_pay(inputs, family, statutory)));
    if let Some(missing) = short.value.filter(|missing| *missing > 0) {
        if left.value.is_some_and(|left| left < missing) {
            // That month has passed.
            workings.ask(
                QuestionName::ShortOfMinimum,
                vec![short.ground(), left.ground()],
            );
        } else {
            let draft = Draft::new(FigureName::LatestStart)
                .on(short.ground())
                .on(plan.statutory.ground());
            workings.month(draft, latest_start(missing, statutory));
        }
    }
    Needed {
        employee,
        minimum: Some(needed),
        left: Some(left),
        prepaid,
    }
}

/// Writes down the months paid ahead, if there are any before a month of retirement.
fn prepaid_months(
    workings: &mut Workings<'_>,
    inputs: Inputs<'_, '_>,
    family: &FamilyAccount,
    retirement: Month,
) -> Option<Written<u32>> {
    let ahead: Vec<Prepaid> = prepaid(inputs, family, retirement).collect();
    let draft = Draft::new(FigureName::PrepaidMonths);
    let draft = draft.all(ahead.iter().map(|month| Ground::Record(month.record)));
    let months = count_months(ahead.iter());
    (months > 0).then(|| workings.months(draft, Some(months)))
}

/// A month that is fully paid and has not begun (C30).
pub(super) struct Prepaid {
    pub(super) month: Month,
    record: RecordNumber,
    /// Its base, if one record pays it.
    pub(super) base: Option<Fen>,
}

/// The months before a retirement that are paid ahead, in order.
pub(super) fn prepaid(
    inputs: Inputs<'_, '_>,
    family: &FamilyAccount,
    retirement: Month,
) -> impl Iterator<Item = Prepaid> {
    let ahead =
        move |line: &&MonthLine| line.status == MonthStatus::Future && line.month < retirement;
    family.months.iter().filter(ahead).filter_map(move |line| {
        let full = |number: &RecordNumber| {
            let held = inputs.set.numbered(*number)?;
            let (role, fields) = held.money().filter(|_| held.standing == Standing::Held)?;
            (role == Role::Received).then_some((*number, fields.base))
        };
        let mut paid = line.others.iter().filter_map(full);
        let (record, base) = paid.next()?;
        Some(Prepaid {
            month: line.month,
            record,
            base: Some(base).filter(|_| paid.next().is_none()),
        })
    })
}

/// Months that are still to be paid before a month of retirement: the running one too while it does not count, those paid
/// ahead not.
pub(super) fn left_to_pay(
    inputs: Inputs<'_, '_>,
    family: &FamilyAccount,
    retirement: Month,
) -> u32 {
    let now = inputs.as_of.month;
    let counts = counts_in(family, now);
    let ahead = count_months(prepaid(inputs, family, retirement));
    let left = months_left(now, retirement);
    let running = u32::from(!counts && now < retirement);
    // Who has paid further ahead has nothing left to pay.
    together(left, running).saturating_sub(ahead)
}

/// Writes down the months needed in the year that applies to a chosen month.
fn minimum(
    workings: &mut Workings<'_>,
    name: FigureName,
    statutory: Month,
    chosen: Month,
    by: Written<Month>,
) -> Written<u32> {
    let found = minimum_in(workings.policy, statutory, chosen);
    let draft = Draft::new(name).on(by.ground());
    match workings.use_rule(found) {
        Some((needed, rule)) => workings.months(draft.on(rule), Some(needed)),
        None => workings.months(draft.lacks(MissingName::Rule), None),
    }
}
