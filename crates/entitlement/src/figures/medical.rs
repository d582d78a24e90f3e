//! Medical insurance: months for retirement, and what a gap in cover costs.

use super::{
    Desk, relation,
    sheet::{Draft, Sheet},
};
use crate::{
    account::{
        Assumption, Class, FamilyAccount, FigureName, Ground, MissingName, MonthStatus, PlaceMonths,
    },
    formulas::medical::{
        GapRule, Lapse, MedicalMonths, ResidentWaitRule, RetirementStandard, resident_wait,
        retirement_gap, wait_after_gap,
    },
    holders::last_place,
    pool::{area, is_area},
};
use std::collections::BTreeSet;
use yizhang_ledger::value::{Division, Month};
use yizhang_rules::Key;

/// The months covered by the employees' or the residents' scheme: a month of either is cover.
pub(super) struct MedicalCover {
    /// The last of them.
    last: Option<Month>,
    /// Whether the employees' scheme covers the last of them.
    by_employees: bool,
    /// Months of cover up to the last without one missing.
    run: u32,
    /// The families behind them.
    families: Vec<String>,
}

impl MedicalCover {
    /// Of the employees' and the residents' family.
    pub(super) fn of(families: [Option<&FamilyAccount>; 2]) -> Self {
        let counted = |family: &FamilyAccount| -> Vec<Month> {
            let counted = family
                .months
                .iter()
                .filter(|line| line.status == MonthStatus::Counted);
            counted.map(|line| line.month).collect()
        };
        let months: BTreeSet<Month> = families
            .iter()
            .flatten()
            .flat_map(|family| counted(family))
            .collect();
        let last = months.last().copied();
        let [employees, _] = families;
        let mut run = 0_u32;
        let mut expected = last;
        for month in months.iter().rev() {
            if Some(*month) != expected {
                break;
            }
            run = run.saturating_add(1);
            expected = month.previous();
        }
        Self {
            last,
            by_employees: last.is_some() && employees.and_then(|family| family.last) == last,
            run,
            families: families
                .iter()
                .flatten()
                .map(|family| family.family.clone())
                .collect(),
        }
    }

    /// Whole months without cover before the running one, which can still be paid.
    fn gap(&self, now: Month) -> Option<u32> {
        Some(u32::try_from(now.since(self.last?).saturating_sub(1)).unwrap_or(0))
    }

    fn grounds(&self) -> impl Iterator<Item = Ground> {
        self.families.iter().cloned().map(Ground::Family)
    }
}

/// Writes down medical months, the standard of the place of cover, and the open gap since the last month of cover under
/// either scheme.
pub(super) fn medical(
    sheet: &mut Sheet<'_>,
    desk: Desk<'_, '_>,
    family: &FamilyAccount,
    cover: &MedicalCover,
) {
    let month = desk.as_of.month;
    // A province as a whole is no pooling area.
    if let Some(place) = relation(family).filter(|place| is_area(*place)) {
        let (place, renamed) = sheet.now(place, month);
        retirement(sheet, desk, family, (place, renamed));
    } else {
        let draft = |name| Draft::new(name).of_family(&family.family);
        sheet.months(
            draft(FigureName::MedicalMonths).family(&family.family),
            Some(family.counted_months),
        );
        sheet.months(
            draft(FigureName::MedicalStandard).lacks(MissingName::Relation),
            None,
        );
    }
    let draft = |name| Draft::new(name).of_family(&family.family);
    let Some(gap) = cover
        .gap(month)
        .filter(|gap| *gap > 0 && family.last.is_some())
    else {
        return;
    };
    let known = sheet.months(
        draft(FigureName::MedicalGap).all(cover.grounds()),
        Some(gap),
    );
    let place = relation(family).map(|place| sheet.now(place, month).0);
    let tolerated = sheet.number(Key::MedicalGap, "", place, month);
    let longest = sheet.number(Key::MedicalWait, "", place, month);
    let (is_whole, switch) = has_whole_cover(sheet, cover, month, cover.by_employees);
    let wait = draft(FigureName::MedicalWait)
        .on(known.ground())
        .all(switch);
    if place.is_none() {
        // Whose wait it is depends on the place.
        sheet.months(wait.lacks(MissingName::Relation), None);
        return;
    }
    match (tolerated, longest) {
        (Some((tolerated, rule)), Some((longest, other))) => {
            // Without the years of cover that a change of scheme needs, any gap has its wait.
            let tolerated_months = if is_whole { tolerated } else { 0 };
            let rules = GapRule {
                tolerated_months,
                local_wait_months: longest,
                wait_max_months: longest,
            };
            sheet.months(wait.on(rule).on(other), Some(wait_after_gap(rules, gap)));
        }
        _ => {
            sheet.months(wait.lacks(MissingName::Rule), None);
        }
    }
}

/// Whether a short gap may be made up: within one scheme always; on a change between the employees' and the residents' one
/// after two years of cover without a break (医保办发〔2021〕43号).
fn has_whole_cover(
    sheet: &mut Sheet<'_>,
    cover: &MedicalCover,
    month: Month,
    stays_in_scheme: bool,
) -> (bool, Option<Ground>) {
    if stays_in_scheme {
        return (true, None);
    }
    match sheet.number(Key::MedicalSwitch, "", None, month) {
        Some((needed, rule)) => (cover.run >= needed, Some(rule)),
        None => (false, None),
    }
}

/// Writes down the months of all places and of the pooling area, the area's standard, and what is short of it.
fn retirement(
    sheet: &mut Sheet<'_>,
    desk: Desk<'_, '_>,
    family: &FamilyAccount,
    (place, renamed): (Division, Option<Ground>),
) {
    let month = desk.as_of.month;
    let draft = |name| Draft::new(name).of_family(&family.family);
    let total = sheet.months(
        draft(FigureName::MedicalMonths).family(&family.family),
        Some(family.counted_months),
    );
    let here = || {
        family
            .by_place
            .iter()
            .filter(|line| area(line.place) == area(place))
    };
    // Paid in the area, not brought there.
    let paid = |line: &PlaceMonths| {
        line.months
            .saturating_add(line.contested)
            .saturating_sub(line.transferred)
    };
    let local = here().fold(0_u32, |sum, line| sum.saturating_add(paid(line)));
    let draft_local = draft(FigureName::MedicalLocalMonths)
        .family(&family.family)
        .all(renamed);
    let local = sheet.months(draft_local, Some(local));
    let class = desk.person.class.last();
    let of = class.map(|line| {
        if line.class == Class::M60 {
            "men"
        } else {
            "women"
        }
    });
    let standard = of.and_then(|of| sheet.number(Key::MedicalRetirement, of, place, month));
    let needs =
        draft(FigureName::MedicalStandard).all(class.map(|line| Ground::Record(line.record)));
    let needs = match (&class, &standard) {
        (None, _) => needs.lacks(MissingName::Class),
        (Some(_), None) => needs.lacks_at(MissingName::MedicalStandard, place, month),
        (Some(_), Some((_, rule))) => needs.on(rule.clone()).assumed(Assumption::SexByClass),
    };
    let standard = sheet.months(needs, standard.map(|(months, _)| months));
    let (Some(needed), Some(of)) = (standard.value, of) else {
        return;
    };
    let least = sheet.number(Key::MedicalRetirementLocal, of, place, month);
    let least = least.map(|(months, rule)| {
        sheet.months(
            draft(FigureName::MedicalStandardLocal).on(rule),
            Some(months),
        )
    });
    // Deemed months are those that the area recognises: the ones that it states for itself.
    let deemed = here().fold(0_u32, |sum, line| sum.saturating_add(line.deemed));
    let months = MedicalMonths {
        total: family.counted_months,
        local: local.value.unwrap_or(0),
        deemed,
    };
    let standard_local = least.and_then(|least| least.value).unwrap_or(0);
    let gap = retirement_gap(
        months,
        RetirementStandard {
            total: needed,
            local: standard_local,
        },
    );
    let short = draft(FigureName::MedicalShort)
        .on(total.ground())
        .on(standard.ground())
        .family(&family.family);
    let short = match least {
        Some(least) => short.on(local.ground()).on(least.ground()),
        None => short.assumed(Assumption::NoLocalMinimum),
    };
    sheet.months(short, Some(gap.months_short));
}

/// Writes down the lapse of a resident's cover and the wait that follows from it (国办发〔2024〕38号): the fixed months, and
/// the variable ones of each further year. Who comes from the employees' scheme within the gap that costs no waiting, after
/// two years of cover, waits for nothing (医保办发〔2021〕43号).
pub(super) fn resident(
    sheet: &mut Sheet<'_>,
    desk: Desk<'_, '_>,
    family: &FamilyAccount,
    cover: &MedicalCover,
) {
    let month = desk.as_of.month;
    let Some(last) = cover.last.filter(|_| family.last.is_some()) else {
        return;
    };
    let Some(gap) = cover.gap(month) else { return };
    let years = u32::from(month.year().saturating_sub(last.year()));
    // Residents pay by the year: who is covered to its end lapses with the next.
    if gap == 0 && years == 0 {
        return;
    }
    let draft = |name| Draft::new(name).of_family(&family.family);
    let lapse = u32::try_from(month.since(last)).unwrap_or(0);
    let lapse = sheet.months(
        draft(FigureName::ResidentMedicalLapse).all(cover.grounds()),
        Some(lapse),
    );
    let place = last_place(&family.spans).map(|place| sheet.now(place, month).0);
    let wait = draft(FigureName::ResidentMedicalWait).on(lapse.ground());
    let tolerated = sheet
        .number(Key::MedicalGap, "", place, month)
        .filter(|_| cover.by_employees);
    let (is_whole, switch) = has_whole_cover(sheet, cover, month, false);
    if let Some((_, rule)) = tolerated.filter(|(tolerated, _)| gap <= *tolerated && is_whole) {
        sheet.months(wait.on(rule).all(switch), Some(0));
        return;
    }
    let fixed = sheet.number(Key::ResidentMedicalWait, "", place, month);
    let variable = sheet.number(Key::ResidentMedicalLapse, "", place, month);
    match (fixed, variable) {
        (Some((fixed_months, rule)), Some((months_per_lapsed_year, other))) => {
            let rules = ResidentWaitRule {
                fixed_months,
                months_per_lapsed_year,
                months_per_repaid_year: 1,
                long_lapse: None,
            };
            let lapsed = Lapse {
                years,
                further_years: years.saturating_sub(1),
                repaid_years: 0,
            };
            sheet.months(wait.on(rule).on(other), Some(resident_wait(rules, lapsed)));
        }
        _ => {
            sheet.months(wait.lacks(MissingName::Rule), None);
        }
    }
}
