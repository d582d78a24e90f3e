//! When a pension can begin: the month in which the months needed are there, and the first month of the pension.

use super::{
    Inputs,
    retirement::{Needed, Plan, prepaid},
    workings::{Draft, Workings, Written},
};
use crate::{
    account::{
        Assumption, FamilyAccount, FigureName, MissingName, MonthLine, MonthStatus, USUAL_MONTHS,
    },
    records::set::LAST_MONTH,
};
use std::collections::BTreeSet;
use yizhang_ledger::value::{Day, Month};
use yizhang_rules::Key;

/// Most months that are looked at: no rule needs more (the range of rules, a hundred years).
const WALK_MONTHS_MAX: u32 = 1_200;

/// The month in which a number of months is there.
#[derive(Clone, Copy)]
pub(super) struct Reached {
    pub(super) month: Month,
    /// Whether months that nobody has paid yet are among them.
    pub(super) is_to_be_paid: bool,
}

/// When so many months of a family are there, if every month from the running one on is paid. None, where none are needed.
pub(super) fn reached(
    inputs: Inputs<'_, '_>,
    family: &FamilyAccount,
    needed: u32,
) -> Option<Reached> {
    let mut there: BTreeSet<Month> = BTreeSet::new();
    for line in &family.months {
        if matches!(line.status, MonthStatus::Counted | MonthStatus::Deemed) {
            there.insert(line.month);
        }
    }
    there.extend(prepaid(inputs, family, LAST_MONTH).map(|ahead| ahead.month));
    let needed = usize::try_from(needed).ok()?;
    let last = needed.checked_sub(1)?;
    let mut month = inputs.as_of.month;
    let mut count = there.range(..month).count();
    if count >= needed {
        let mut since = there_since(inputs, family);
        since.sort_unstable();
        return since.get(last).map(|month| Reached {
            month: *month,
            is_to_be_paid: false,
        });
    }
    let mut is_to_be_paid = false;
    for _ in 0..WALK_MONTHS_MAX {
        is_to_be_paid |= !there.contains(&month);
        count = count
            .checked_add(1)
            .expect("months of the calendar, one by one");
        if count >= needed {
            return Some(Reached {
                month,
                is_to_be_paid,
            });
        }
        month = month.next();
    }
    None
}

/// Of each month that counts before the running one, the month since which it does: arrears count from receipt on.
fn there_since(inputs: Inputs<'_, '_>, family: &FamilyAccount) -> Vec<Month> {
    let mut since = Vec::new();
    for line in family
        .months
        .iter()
        .filter(|line| line.month < inputs.as_of.month)
    {
        match line.status {
            MonthStatus::Counted => since.push(paid_in(inputs, line)),
            MonthStatus::Deemed => since.push(line.month),
            _ => {}
        }
    }
    since
}

/// The month itself, or that in which the first of its money came, where that is later than usual.
fn paid_in(inputs: Inputs<'_, '_>, line: &MonthLine) -> Month {
    let mut first: Option<Month> = None;
    for held in line
        .by
        .iter()
        .filter_map(|number| inputs.set.numbered(*number))
    {
        if let Some(came) = held.day().and_then(Day::in_month) {
            first = Some(first.map_or(came, |earlier| earlier.min(came)));
        }
    }
    let is_arrears = |came: &Month| came.since(line.month) > USUAL_MONTHS;
    first.filter(is_arrears).unwrap_or(line.month)
}

/// Writes down when the months needed at the statutory month are there, and the first month of the pension.
pub(super) fn of_employees(
    workings: &mut Workings<'_>,
    inputs: Inputs<'_, '_>,
    family: &FamilyAccount,
    plan: &Plan,
    needed: Needed,
) {
    let (Some(statutory), Some(minimum)) = (plan.statutory.value, needed.minimum) else {
        return;
    };
    let Some(found) = minimum
        .value
        .and_then(|months| reached(inputs, family, months))
    else {
        return;
    };
    let draft = Draft::new(FigureName::MinimumReached)
        .of_family(&family.family)
        .on(needed.employee.ground())
        .on(minimum.ground())
        .all(needed.prepaid.map(|prepaid| prepaid.ground()));
    let there = workings.month(assumed(draft, found), Some(found.month));
    let draft = Draft::new(FigureName::PensionFirst).on(plan.statutory.ground());
    let draft = assumed(draft.on(there.ground()), found);
    first(
        workings,
        draft,
        Key::PensionBegins,
        statutory.max(found.month),
    );
}

/// Writes down the first month of a pension for which all is there in a month.
pub(super) fn first(
    workings: &mut Workings<'_>,
    draft: Draft,
    key: Key,
    month: Month,
) -> Written<Month> {
    let begins = workings.number(key, "", None, month);
    let Some((months, rule)) = begins else {
        return workings.month(draft.lacks(MissingName::Rule), None);
    };
    let months = u16::try_from(months).ok();
    let first = months.and_then(|months| month.plus(months));
    workings.month(draft.on(rule), first)
}

/// A figure that may rest on months still to be paid.
pub(super) fn assumed(draft: Draft, reached: Reached) -> Draft {
    if reached.is_to_be_paid {
        draft.assumed(Assumption::EveryMonthPaid)
    } else {
        draft
    }
}
