//! Work injury: the wage that benefits would be computed from, were there an injury now (工伤保险条例 art. 64).

use super::{
    Desk,
    sheet::{Draft, Sheet},
};
use crate::{
    account::{Assumption, FamilyAccount, FigureName, MissingName, MonthStatus},
    formulas::injury::{MonthBase, WageLimits, own_wage},
    holders::last_place,
};
use yizhang_ledger::value::{Fen, Rate};
use yizhang_rules::Key;

/// Writes down the mean base of the twelve months before the account's month, and the same within the limits.
pub(super) fn wage(sheet: &mut Sheet<'_>, desk: Desk<'_, '_>, family: &FamilyAccount) {
    let month = desk.as_of.month;
    let counted = family.months.iter().filter(|line| line.status == MonthStatus::Counted);
    let bases: Vec<MonthBase> = counted
        .flat_map(|line| {
            let of_records = line.by.iter().filter_map(|number| desk.set.get(usize::try_from(number.0).ok()?)?.money());
            let base = line.base.and_then(Fen::new);
            // Several employers insure a month, lawfully: their bases add up.
            let several = of_records.filter(move |_| base.is_none()).map(|(_, fields)| fields.base);
            base.into_iter().chain(several).map(|base| MonthBase { month: line.month, base })
        })
        .collect();
    let Some(place) = last_place(&family.spans) else { return };
    let no_limits = WageLimits {
        average: Fen::ZERO,
        floor: Rate::new(0).unwrap_or_default(),
        ceiling: Rate::new(0).unwrap_or_default(),
    };
    let draft = |name| Draft::new(name).of_family(&family.family).assumed(Assumption::InjuryNow);
    let Some(mean) = own_wage(month, &bases, no_limits).map(|wage| wage.mean) else { return };
    let mean = sheet.fen(draft(FigureName::InjuryMean).family(&family.family), Some(mean));
    let mut wage = draft(FigureName::InjuryWage).on(mean.ground());
    let average = sheet.newest_yuan(Key::PensionAverageWage, "", place, month);
    wage = match &average {
        Some((_, grounds)) => wage.all(grounds.iter().cloned()),
        None => wage.lacks_at(MissingName::AverageWage, place, month),
    };
    let mut limit = |key: Key| {
        let found = sheet.policy.rules().rate(key, "", None, month);
        sheet.use_rule(found)
    };
    let (floor, ceiling) = (limit(Key::InjuryFloor), limit(Key::InjuryCeiling));
    let (Some((floor, below)), Some((ceiling, above))) = (floor, ceiling) else {
        sheet.fen(wage.lacks(MissingName::Rule), None);
        return;
    };
    let found = average.and_then(|(average, _)| own_wage(month, &bases, WageLimits { average, floor, ceiling }));
    sheet.fen(wage.on(below).on(above), found.map(|found| found.wage));
}
