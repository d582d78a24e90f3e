//! Employee medical insurance: months for retirement, and what a gap in cover costs.

use super::{
    Desk, relation,
    sheet::{Draft, Sheet},
};
use crate::{
    account::{Assumption, Class, FamilyAccount, FigureName, Ground, MissingName, PlaceMonths},
    formulas::medical::{
        GapRule, Lapse, MedicalMonths, ResidentWaitRule, RetirementStandard, resident_wait, retirement_gap,
        wait_after_gap,
    },
    holders::last_place,
};
use yizhang_ledger::value::{Division, Month};
use yizhang_rules::Key;

/// Writes down medical months, the standard of the place of cover, and the open gap since the last month of cover under
/// either scheme; none of it for who has retired, whose cover needs no contributions.
pub(super) fn medical(sheet: &mut Sheet<'_>, desk: Desk<'_, '_>, family: &FamilyAccount, covered: Option<Month>) {
    let month = desk.as_of.month;
    let draft = |name| Draft::new(name).of_family(&family.family);
    let total = sheet.months(draft(FigureName::MedicalMonths).family(&family.family), Some(family.counted_months));
    let now = |place| sheet.policy.successors(month).now(place);
    if let Some(place) = relation(family).map(now) {
        // Paid in the area, not brought there.
        let here = family.by_place.iter().filter(|line| pooling_area(line.place) == pooling_area(place));
        let paid = |line: &PlaceMonths| line.months.saturating_add(line.contested).saturating_sub(line.transferred);
        let local = here.fold(0_u32, |sum, line| sum.saturating_add(paid(line)));
        let local = sheet.months(draft(FigureName::MedicalLocalMonths).family(&family.family), Some(local));
        let class = desk.person.class.last();
        let of = class.map(|line| if line.class == Class::M60 { "men" } else { "women" });
        let standard = of.and_then(|of| sheet.number(Key::MedicalRetirement, of, place, month));
        let needs = draft(FigureName::MedicalStandard).all(class.map(|line| Ground::Record(line.record)));
        let needs = match (&class, &standard) {
            (None, _) => needs.lacks(MissingName::Class),
            (Some(_), None) => needs.lacks_at(MissingName::MedicalStandard, place, month),
            (Some(_), Some((_, rule))) => needs.on(rule.clone()).assumed(Assumption::SexByClass),
        };
        let standard = sheet.months(needs, standard.map(|(months, _)| months));
        if let (Some(needed), Some(paid), Some(local_paid)) = (standard.value, total.value, local.value) {
            let months = MedicalMonths { total: paid, local: local_paid, deemed: family.deemed_months };
            let gap = retirement_gap(months, RetirementStandard { total: needed, local: 0 });
            let grounds = [total.ground(), standard.ground()];
            sheet.months(draft(FigureName::MedicalShort).all(grounds), Some(gap.months_short));
        }
    }
    let Some(last) = covered.filter(|_| family.last.is_some()) else { return };
    // The running month can still be paid.
    let gap = u32::try_from(month.since(last).saturating_sub(1)).unwrap_or(0);
    if gap == 0 {
        return;
    }
    let gap = sheet.months(draft(FigureName::MedicalGap).family(&family.family), Some(gap));
    let tolerated = sheet.number(Key::MedicalGap, "", None, month);
    let longest = sheet.number(Key::MedicalWait, "", None, month);
    let wait = draft(FigureName::MedicalWait).on(gap.ground());
    match (gap.value, tolerated, longest) {
        (Some(gap), Some((tolerated, rule)), Some((longest, other))) => {
            let rules = GapRule { tolerated_months: tolerated, local_wait_months: longest, wait_max_months: longest };
            sheet.months(wait.on(rule).on(other), Some(wait_after_gap(rules, gap)));
        }
        _ => {
            sheet.months(wait.lacks(MissingName::Rule), None);
        }
    }
}

/// The area that pools medical insurance around a place: its city, or a municipality as a whole.
fn pooling_area(place: Division) -> u32 {
    let code = place.code();
    match code / 10_000 {
        11 | 12 | 31 | 50 => code / 10_000,
        _ => code / 100,
    }
}

/// Writes down the lapse of a resident's cover and the wait that follows from it (国办发〔2024〕38号): the fixed months, and
/// the variable ones of each further year. Who is covered in the year of the account has no lapse.
pub(super) fn resident(sheet: &mut Sheet<'_>, desk: Desk<'_, '_>, family: &FamilyAccount, covered: Option<Month>) {
    let month = desk.as_of.month;
    let Some(last) = covered.filter(|_| family.last.is_some()) else { return };
    let years = u32::from(month.year().saturating_sub(last.year()));
    if years == 0 {
        return;
    }
    let draft = |name| Draft::new(name).of_family(&family.family);
    let lapse = u32::try_from(month.since(last)).unwrap_or(0);
    let lapse = sheet.months(draft(FigureName::ResidentMedicalLapse).family(&family.family), Some(lapse));
    let place = last_place(&family.spans);
    let fixed = sheet.number(Key::ResidentMedicalWait, "", place, month);
    let variable = sheet.number(Key::ResidentMedicalLapse, "", place, month);
    let wait = draft(FigureName::ResidentMedicalWait).on(lapse.ground());
    match (fixed, variable) {
        (Some((fixed_months, rule)), Some((months_per_lapsed_year, other))) => {
            let rules =
                ResidentWaitRule { fixed_months, months_per_lapsed_year, months_per_repaid_year: 1, long_lapse: None };
            let lapsed = Lapse { years, further_years: years.saturating_sub(1), repaid_years: 0 };
            sheet.months(wait.on(rule).on(other), Some(resident_wait(rules, lapsed)));
        }
        _ => {
            sheet.months(wait.lacks(MissingName::Rule), None);
        }
    }
}
