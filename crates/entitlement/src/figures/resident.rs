//! Resident pension, and the bridge between it and employee pension (人社部发〔2014〕17号).

use super::{
    Folded, Inputs,
    balance::{PersonalAccount, Saved},
    begin,
    relation::asked_at,
    resident_minimum,
    retirement::{Plan, birth},
    workings::{Draft, Workings, Written},
};
use crate::{
    account::{
        Assumption, FamilyAccount, FigureName, Ground, MissingName, MonthStatus, QuestionName,
        RecordNumber,
    },
    formulas::count::count_months,
    formulas::pension::{Divisor, resident_pension},
    policy::family::Family,
};
use yizhang_ledger::value::{Fen, Month};
use yizhang_rules::{Key, Where};

/// Writes down resident months, when they are enough and what they would give.
pub(super) fn pension(workings: &mut Workings<'_>, inputs: Inputs<'_, '_>, resident: Saved<'_>) {
    let (folded, account) = (resident.folded, resident.held);
    let family = folded.account;
    let held = months(workings, inputs, folded);
    let age_month = age_month(workings, inputs, &family.family);
    let place = PensionPlace::of(inputs, family);
    let asked = place.asked.unwrap_or(Where::Nation);
    let needed = resident_minimum::needed(workings, inputs, &family.family, age_month, asked);
    let months = Months { held, needed };
    first_month(workings, inputs, family, age_month, months);
    monthly(workings, inputs, family, account, months, place);
}

/// Months held, and those needed, where a rule says how many.
#[derive(Clone, Copy)]
struct Months {
    held: Written<u32>,
    needed: Option<Written<u32>>,
}

impl Months {
    /// Whether they are enough; none, where no rule says how many are.
    fn are_enough(self) -> Option<bool> {
        Some(self.held.value? >= self.needed?.value?)
    }
}

/// Writes down the months of the family, with those that a joining has brought: employee years are added as resident years
/// (art. 6).
fn months(workings: &mut Workings<'_>, inputs: Inputs<'_, '_>, folded: Folded<'_>) -> Written<u32> {
    let family = folded.account;
    let own = family.months_held();
    let draft = Draft::new(FigureName::ResidentMonths)
        .of_family(&family.family)
        .family(&family.family);
    let joined = inputs.bridges.joining(folded.family);
    let (Some(joined), Some(left)) = (joined, inputs.family(Family::PENSION)) else {
        return workings.months(draft, Some(own));
    };
    let brought = joined
        .months_brought(left.account)
        .saturating_sub(both_deemed(left.account, family));
    let draft = draft
        .on(Ground::Record(joined.record))
        .on(Ground::Family(left.account.family.clone()));
    workings.months(draft, Some(own.saturating_add(brought)))
}

/// Where the pension would be paid: at the relation, else, where nothing has been paid, at the household's place as a whole.
#[derive(Clone, Copy)]
struct PensionPlace {
    asked: Option<Where>,
    /// The record of the household, where that says it.
    by_home: Option<RecordNumber>,
}

impl PensionPlace {
    fn of(inputs: Inputs<'_, '_>, family: &FamilyAccount) -> Self {
        if let Some(place) = super::relation(family) {
            return Self {
                asked: Some(asked_at(family, place)),
                by_home: None,
            };
        }
        let home = inputs.person.home_in(inputs.as_of.month);
        Self {
            asked: home.map(|home| Where::Whole(home.place)),
            by_home: home.map(|home| home.record),
        }
    }
}

/// Writes down the monthly pension. Fewer months than needed give none (国发〔2014〕8号).
fn monthly(
    workings: &mut Workings<'_>,
    inputs: Inputs<'_, '_>,
    family: &FamilyAccount,
    account: PersonalAccount,
    months: Months,
    place: PensionPlace,
) {
    let month = inputs.as_of.month;
    let Months { held, needed } = months;
    let asked = place.asked.and_then(|asked| Some((asked, asked.place()?)));
    let now = asked.map(|(_, place)| workings.now(place, month));
    let draft = Draft::new(FigureName::ResidentPension).of_family(&family.family);
    let (balance, pension) = account.left(draft);
    let pension = pension.all(place.by_home.map(Ground::Record));
    let Some(((place, renamed), (asked, _))) = now.zip(asked) else {
        workings.fen(pension.lacks(MissingName::Relation), None);
        return;
    };
    let pension = pension.all(renamed);
    let asked = if matches!(asked, Where::Whole(_)) {
        Where::Whole(place)
    } else {
        Where::At(place)
    };
    let basic = workings.newest_yuan(Key::ResidentBasic, "", asked, month);
    let rules = workings.policy.rules();
    let newest = rules.latest(Key::ResidentBasic, "", asked, month);
    let pension = if newest.is_some_and(|rule| rule.place.is_none()) {
        pension.assumed(Assumption::NationalFloor)
    } else {
        pension
    };
    let divisor = workings.number(Key::ResidentDivisor, "", None, month);
    let pension = match &basic {
        Some((_, grounds)) => pension.all(grounds.iter().cloned()),
        None => pension.lacks_at(MissingName::ResidentBasic, place, month),
    };
    let pension = match &divisor {
        Some((_, rule)) => pension.on(rule.clone()),
        None => pension.lacks(MissingName::Rule),
    };
    let pension = pension
        .on(held.ground())
        .all(needed.map(|needed| needed.ground()));
    let is_enough = months.are_enough();
    let pension = match is_enough {
        Some(true) => pension,
        Some(false) => pension.lacks(MissingName::EnoughMonths),
        None => pension.lacks(MissingName::Rule),
    };
    let value = match (basic, balance, divisor) {
        _ if is_enough != Some(true) => None,
        (Some((basic, _)), Some(balance), Some((divisor, _))) => {
            resident_pension(basic, balance, Divisor(divisor.saturating_mul(10)))
        }
        _ => None,
    };
    workings.fen(pension, value);
}

/// Writes down the month in which the age is reached.
fn age_month(workings: &mut Workings<'_>, inputs: Inputs<'_, '_>, family: &str) -> Written<Month> {
    let born = birth(workings, inputs);
    let age = workings.number(Key::ResidentAge, "", None, inputs.as_of.month);
    let mut draft = Draft::new(FigureName::ResidentMonth)
        .of_family(family)
        .on(born.ground())
        .all(age.iter().map(|(_, rule)| rule.clone()));
    if born.value.is_none() {
        draft = draft.lacks(MissingName::Birth);
    }
    let value = born
        .value
        .zip(age)
        .and_then(|(birth, (age, _))| birth.plus(u16::try_from(age).ok()?));
    workings.month(draft, value)
}

/// Writes down when the months needed are there, and the first month of the pension: none, where they are not by the age, since
/// what is paid behind it is for the place to allow.
fn first_month(
    workings: &mut Workings<'_>,
    inputs: Inputs<'_, '_>,
    family: &FamilyAccount,
    age: Written<Month>,
    Months { held, needed }: Months,
) {
    let (Some(age_month), Some(needed)) = (age.value, needed) else {
        return;
    };
    let (Some(held_months), Some(needed_months)) = (held.value, needed.value) else {
        return;
    };
    let draft = |name| Draft::new(name).of_family(&family.family);
    let mut begins = draft(FigureName::ResidentFirst)
        .on(age.ground())
        .on(needed.ground());
    // Employee months that a joining brought are none of the family's own.
    let own = family.months_held();
    let brought = held_months.saturating_sub(own);
    let own_needed = needed_months.saturating_sub(brought);
    if own_needed > 0 {
        let Some(found) = begin::reached(inputs, family, own_needed) else {
            return;
        };
        let reached = draft(FigureName::MinimumReached)
            .on(held.ground())
            .on(needed.ground());
        let reached = workings.month(begin::assumed(reached, found), Some(found.month));
        begins = begin::assumed(begins.on(reached.ground()), found);
        if found.month > age_month {
            workings.month(begins.lacks(MissingName::EnoughMonths), None);
            return;
        }
    }
    begin::first(workings, begins, Key::ResidentBegins, age_month);
}

/// Writes down what each direction of bridging would count, and asks which.
pub(super) fn bridge(
    workings: &mut Workings<'_>,
    inputs: Inputs<'_, '_>,
    employees: Saved<'_>,
    residents: Saved<'_>,
    plan: &Plan,
) {
    let (employee, resident) = (employees.folded.account, residents.folded.account);
    if employee.months_held() == 0 || resident.months_held() == 0 {
        return;
    }
    let (threshold, grounds) = threshold(workings, inputs, plan.statutory.value);
    let draft = Draft::new(FigureName::BridgeThreshold)
        .on(plan.statutory.ground())
        .all(grounds);
    let lacks = threshold.is_none() && plan.statutory.value.is_some();
    let draft = if lacks {
        draft.lacks(MissingName::Rule)
    } else {
        draft
    };
    let threshold = workings.months(draft, threshold);
    let both = |name| {
        Draft::new(name)
            .family(&employee.family)
            .family(&resident.family)
    };
    let kept = workings.months(
        both(FigureName::EmployeeIfBridged),
        Some(employee.months_held()),
    );
    let added = employee
        .months_held()
        .saturating_add(resident.months_held())
        .saturating_sub(both_deemed(employee, resident));
    let added = workings.months(both(FigureName::ResidentIfBridged), Some(added));
    // art. 5 and 6: the whole account comes along.
    let (own, draft) = employees
        .held
        .left(Draft::new(FigureName::BalanceIfBridged));
    let (other, draft) = residents.held.left(draft);
    let sum = own
        .zip(other)
        .and_then(|(own, other)| Fen::new(own.get().checked_add(other.get())?));
    workings.fen(draft, sum);
    workings.ask(
        QuestionName::Bridge,
        vec![threshold.ground(), kept.ground(), added.ground()],
    );
}

/// Resident months that are deemed employee months too: the same time is added once.
fn both_deemed(employee: &FamilyAccount, resident: &FamilyAccount) -> u32 {
    let counts = |status: MonthStatus| matches!(status, MonthStatus::Counted | MonthStatus::Deemed);
    let also = |month: Month| {
        let line = employee
            .months
            .binary_search_by_key(&month, |line| line.month)
            .ok();
        line.and_then(|at| employee.months.get(at))
            .is_some_and(|line| counts(line.status))
    };
    let both = resident
        .months
        .iter()
        .filter(|line| counts(line.status) && also(line.month));
    count_months(both)
}

/// The rule of the place, else the minimum months of the year of retirement: whether the 15 years of art. 3 follow them
/// is not settled.
fn threshold(
    workings: &mut Workings<'_>,
    inputs: Inputs<'_, '_>,
    statutory: Option<Month>,
) -> (Option<u32>, Vec<Ground>) {
    let month = statutory.unwrap_or(inputs.as_of.month);
    if let Some((months, rule)) = workings.number(Key::BridgeMonths, "", None, month) {
        return (Some(months), vec![rule]);
    }
    match statutory.and_then(|month| workings.number(Key::PensionMinimum, "", None, month)) {
        Some((months, rule)) => (
            Some(months),
            vec![rule, Ground::Assumed(Assumption::BridgeFollowsMinimum)],
        ),
        None => (None, Vec::new()),
    }
}
