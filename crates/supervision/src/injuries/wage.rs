//! What a benefit of an injury would be computed from: the worker's own wage, and the months that a grade is worth (工伤保险条例 arts 35 to 37, 64).

use crate::terms::Terms;
use yizhang_entitlement::formulas::injury::{
    MonthBase, OwnWage, WageLimits, one_off_benefit, one_off_months, own_wage,
};
use yizhang_ledger::value::{Division, Fen, Month};
use yizhang_rules::{Key, Value};

/// The own wage of the twelve months before an accident, within 60 and 300 % of the average wage of the place; none without a base, or where no
/// rule has the average.
pub fn own_wage_of(
    bases: &[MonthBase],
    accident: Month,
    place: Division,
    terms: &Terms<'_>,
) -> Option<OwnWage> {
    let newest = |key: Key| {
        let rule = terms.rules().latest(key, "", place, accident)?;
        match rule.value {
            Value::Yuan(amount) => Some(amount),
            _ => None,
        }
    };
    let average = newest(Key::InjuryAverage).or_else(|| newest(Key::PensionAverageWage))?;
    let limit = |key: Key| terms.rate(key, place, accident);
    let limits = WageLimits {
        average,
        floor: limit(Key::InjuryFloor)?,
        ceiling: limit(Key::InjuryCeiling)?,
    };
    own_wage(accident, bases, limits)
}

/// A one-off disability benefit 一次性伤残补助金.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OneOff {
    /// Months of the own wage.
    pub months: u16,
    /// In all.
    pub amount: Fen,
}

/// The one-off benefit of a grade, 1 to 10, by the table of the rules; none of other grades.
pub fn one_off(wage: Fen, grade: u8, month: Month, terms: &Terms<'_>) -> Option<OneOff> {
    let table = terms.rules().table(Key::InjuryGrades, "", None, month)?;
    let months: Vec<u16> = table
        .value
        .iter()
        .filter_map(|row| row.get(1).and_then(|months| u16::try_from(*months).ok()))
        .collect();
    let months = one_off_months(&months, grade)?;
    Some(OneOff {
        months,
        amount: one_off_benefit(wage, months)?,
    })
}
