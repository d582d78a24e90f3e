//! Work injury: the wage that benefits would be computed from, were there an injury now (工伤保险条例 art. 64).

use super::{
    Folded, Inputs,
    bases::Differences,
    workings::{Draft, Workings, Written},
};
use crate::{
    account::{
        Assumption, FamilyAccount, FigureName, MissingName, MonthLine, MonthStatus, RecordNumber,
    },
    formulas::injury::{MonthBase, WageLimits, one_off_benefit, own_wage},
    months::holders::{holders, last_place},
    records::set::{Held, RecordSet},
};
use std::collections::BTreeMap;
use yizhang_ledger::{
    record::Payer,
    value::{Division, Fen, Month, Rate},
};
use yizhang_rules::Key;

/// Months that the wage is the mean of (art. 64).
const WAGE_MONTHS: u32 = 12;

/// Writes down the mean base of the twelve months before the account's month, and the same within the limits.
pub(super) fn wage(workings: &mut Workings<'_>, inputs: Inputs<'_, '_>, folded: Folded<'_>) {
    let family = folded.account;
    let month = inputs.as_of.month;
    let bases = bases(inputs, folded);
    let Some(place) = last_place(&family.spans) else {
        return;
    };
    let (place, renamed) = workings.now(place, month);
    let no_limits = WageLimits {
        average: Fen::ZERO,
        floor: Rate::default(),
        ceiling: Rate::default(),
    };
    let draft = |name| {
        Draft::new(name)
            .of_family(&family.family)
            .assumed(Assumption::InjuryNow)
    };
    let found = own_wage(month, &bases, no_limits);
    let mean = draft(FigureName::InjuryMean).family(&family.family);
    let mean = match found.map(|found| found.months) {
        None => mean.lacks(MissingName::Months),
        Some(months) if months < WAGE_MONTHS => mean.assumed(Assumption::FewerMonths),
        Some(_) => mean,
    };
    let several = has_several(inputs.set, family);
    let mean = if several {
        mean.assumed(Assumption::AllEmployers)
    } else {
        mean
    };
    let mean = workings.fen(mean, found.map(|found| found.mean));
    if mean.value.is_none() {
        return;
    }
    let wage = draft(FigureName::InjuryWage).on(mean.ground()).all(renamed);
    let (wage, average) = over_average(workings, wage, place, month);
    let mut limit = |key: Key| {
        let found = workings.policy.rules().rate(key, "", None, month);
        workings.use_rule(found)
    };
    let (floor, ceiling) = (limit(Key::InjuryFloor), limit(Key::InjuryCeiling));
    let (Some((floor, below)), Some((ceiling, above))) = (floor, ceiling) else {
        workings.fen(wage.lacks(MissingName::Rule), None);
        return;
    };
    let found = average.and_then(|average| {
        own_wage(
            month,
            &bases,
            WageLimits {
                average,
                floor,
                ceiling,
            },
        )
    });
    let wage = workings.fen(wage.on(below).on(above), found.map(|found| found.wage));
    if wage.value.is_some() {
        grades(workings, &family.family, wage, month);
    }
}

/// The average wage that limits the own one: of the pooling area, else of the pension, which is named.
fn over_average(
    workings: &mut Workings<'_>,
    mut wage: Draft,
    place: Division,
    month: Month,
) -> (Draft, Option<Fen>) {
    let mut average = workings.newest_yuan(Key::InjuryAverage, "", place, month);
    if average.is_none() {
        average = workings.newest_yuan(Key::PensionAverageWage, "", place, month);
        if average.is_some() {
            wage = wage.assumed(Assumption::AverageOfPension);
        }
    }
    match average {
        Some((average, grounds)) => (wage.all(grounds), Some(average)),
        None => (wage.lacks_at(MissingName::AverageWage, place, month), None),
    }
}

/// Writes down the one-off benefit of every grade of disability: so many months of the own wage (arts 35 to 37).
fn grades(workings: &mut Workings<'_>, family: &str, wage: Written<Fen>, month: Month) {
    let table = workings
        .policy
        .rules()
        .table(Key::InjuryGrades, "", None, month);
    let Some((rows, rule)) = workings.use_rule(table) else {
        return;
    };
    for row in rows {
        let [grade, months] = row.as_slice() else {
            continue;
        };
        let draft = Draft::new(FigureName::InjuryBenefit)
            .of_family(family)
            .grade(*grade)
            .on(wage.ground())
            .on(rule.clone());
        let months = u16::try_from(*months).ok();
        let benefit = wage.value.zip(months);
        let benefit = benefit.and_then(|(wage, months)| one_off_benefit(wage, months));
        workings.fen(draft, benefit);
    }
}

/// The base of every counted month; of several employers, who insure lawfully at once, of each with its differences.
fn bases(inputs: Inputs<'_, '_>, folded: Folded<'_>) -> Vec<MonthBase> {
    let differences = Differences::of(inputs.set, folded.range);
    let counted = folded
        .account
        .months
        .iter()
        .filter(|line| line.status == MonthStatus::Counted);
    counted
        .flat_map(|line| bases_of(inputs.set, &differences, line))
        .collect()
}

fn bases_of(set: &RecordSet<'_>, differences: &Differences, line: &MonthLine) -> Vec<MonthBase> {
    let month = line.month;
    if let Some(base) = line.base.and_then(Fen::new) {
        return vec![MonthBase { month, base }];
    }
    let base = |number: &RecordNumber| {
        Some(MonthBase {
            month,
            base: differences.base(set, *number, month)?,
        })
    };
    // One employer's row entered twice is one base: the larger.
    let mut payers: BTreeMap<Payer<'_>, MonthBase> = BTreeMap::new();
    for number in &line.by {
        let payer = set
            .numbered(*number)
            .and_then(Held::money)
            .map(|(_, fields)| fields.payer);
        let (Some(payer), Some(one)) = (payer, base(number)) else {
            continue;
        };
        let known = payers.entry(payer).or_insert(one);
        known.base = known.base.max(one.base);
    }
    payers.into_values().collect()
}

fn has_several(set: &RecordSet<'_>, family: &FamilyAccount) -> bool {
    let payers = |line: &MonthLine| {
        let mut payers: Vec<Payer<'_>> = holders(set, &line.by)
            .into_iter()
            .map(|holder| holder.payer)
            .collect();
        payers.sort_unstable();
        payers.dedup();
        payers.len()
    };
    family
        .months
        .iter()
        .any(|line| line.status == MonthStatus::Counted && line.by.len() > 1 && payers(line) > 1)
}
