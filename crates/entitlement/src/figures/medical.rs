//! Medical insurance: months for retirement, and what a gap in cover costs.

use super::{
    Inputs,
    cover::MedicalCover,
    relation,
    waits::{self, Judged, LapsedYears},
    workings::{Draft, Workings, Written},
};
use crate::{
    account::{Assumption, Class, FamilyAccount, FigureName, Ground, MissingName},
    formulas::count::together,
    formulas::medical::{MedicalMonths, RetirementStandard, retirement_gap},
    months::holders::last_place,
    policy::pooling_area::{area, is_area},
};
use yizhang_ledger::value::{Division, Month};
use yizhang_rules::Key;

/// Writes down medical months, the standard of the place of cover, and the open gap since the last month of cover under
/// either scheme.
pub(super) fn medical(
    workings: &mut Workings<'_>,
    inputs: Inputs<'_, '_>,
    family: &FamilyAccount,
    cover: &MedicalCover,
) {
    let month = inputs.as_of.month;
    // A province as a whole is no pooling area.
    if let Some(place) = relation(family).filter(|place| is_area(*place)) {
        let (place, renamed) = workings.now(place, month);
        retirement(workings, inputs, family, place, renamed);
    } else {
        let draft = |name| Draft::new(name).of_family(&family.family);
        workings.months(
            draft(FigureName::MedicalMonths).family(&family.family),
            Some(family.counted_months),
        );
        workings.months(
            draft(FigureName::MedicalStandard).lacks(MissingName::Relation),
            None,
        );
    }
    let open = cover.open().filter(|gap| gap.months > 0);
    let Some(gap) = open.filter(|_| family.last.is_some()) else {
        return;
    };
    let draft = |name| Draft::new(name).of_family(&family.family);
    let known = workings.months(
        draft(FigureName::MedicalGap).all(cover.grounds()),
        Some(gap.months),
    );
    let place = relation(family).map(|place| workings.now(place, month).0);
    let draft = draft(FigureName::MedicalWait).on(known.ground());
    if place.is_none() {
        // Whose wait it is depends on the place.
        workings.months(draft.lacks(MissingName::Relation), None);
        return;
    }
    let wait = waits::employees(workings, gap, Judged { place, month });
    workings.months(wait.draft(draft), wait.months);
}

/// Writes down the months of all places and of the pooling area, the area's standard, and what is short of it.
fn retirement(
    workings: &mut Workings<'_>,
    inputs: Inputs<'_, '_>,
    family: &FamilyAccount,
    place: Division,
    renamed: Option<Ground>,
) {
    let draft = |name| Draft::new(name).of_family(&family.family);
    let total = workings.months(
        draft(FigureName::MedicalMonths).family(&family.family),
        Some(family.counted_months),
    );
    let area = AreaMonths::of(family, place);
    let draft_local = draft(FigureName::MedicalLocalMonths)
        .family(&family.family)
        .all(renamed);
    let local = workings.months(draft_local, Some(area.paid));
    let standard = standard(workings, inputs, family, place);
    let (Some(needed), Some(sex)) = (standard.value, sex_by_class(inputs)) else {
        return;
    };
    let month = inputs.as_of.month;
    let least = workings.number(Key::MedicalRetirementLocal, sex, place, month);
    let least = least.map(|(months, rule)| {
        let draft = draft(FigureName::MedicalStandardLocal).on(rule);
        workings.months(draft, Some(months))
    });
    let months = MedicalMonths {
        total: family.counted_months,
        local: area.paid,
        deemed: area.deemed,
    };
    let needed = RetirementStandard {
        total: needed,
        // Without a rule none are needed in the place, which the figure says it assumes.
        local: least.and_then(|least| least.value).unwrap_or(0),
    };
    let short = draft(FigureName::MedicalShort)
        .on(total.ground())
        .on(standard.ground())
        .family(&family.family);
    let short = match least {
        Some(least) => short.on(local.ground()).on(least.ground()),
        None => short.assumed(Assumption::NoLocalMinimum),
    };
    let gap = retirement_gap(months, needed);
    workings.months(short, Some(gap.months_short));
}

/// Months of a pooling area.
struct AreaMonths {
    /// Paid in it, not brought there.
    paid: u32,
    /// Those that the area recognises: the ones that it states for itself.
    deemed: u32,
}

impl AreaMonths {
    fn of(family: &FamilyAccount, place: Division) -> Self {
        let mut found = Self { paid: 0, deemed: 0 };
        for line in &family.by_place {
            if area(line.place) == area(place) {
                let held = together(line.months, line.contested);
                let paid = held.checked_sub(line.transferred);
                let paid = paid.expect("what was brought to a place is some of what it holds");
                // Several places may hold a month: the sum has no bound of the calendar.
                found.paid = found.paid.saturating_add(paid);
                found.deemed = found.deemed.saturating_add(line.deemed);
            }
        }
        found
    }
}

/// The sex that rules ask for, by the class of retirement.
fn sex_by_class(inputs: Inputs<'_, '_>) -> Option<&'static str> {
    let class = inputs.person.class.last()?;
    Some(match class.class {
        Class::M60 => "men",
        Class::F55 | Class::F50 => "women",
    })
}

/// Writes down the months that the area asks for.
fn standard(
    workings: &mut Workings<'_>,
    inputs: Inputs<'_, '_>,
    family: &FamilyAccount,
    place: Division,
) -> Written<u32> {
    let month = inputs.as_of.month;
    let draft = Draft::new(FigureName::MedicalStandard).of_family(&family.family);
    let (Some(class), Some(sex)) = (inputs.person.class.last(), sex_by_class(inputs)) else {
        return workings.months(draft.lacks(MissingName::Class), None);
    };
    let draft = draft.on(Ground::Record(class.record));
    match workings.number(Key::MedicalRetirement, sex, place, month) {
        Some((months, rule)) => {
            let draft = draft.on(rule).assumed(Assumption::SexByClass);
            workings.months(draft, Some(months))
        }
        None => workings.months(
            draft.lacks_at(MissingName::MedicalStandard, place, month),
            None,
        ),
    }
}

/// Writes down the lapse of a resident's cover, and the wait that follows from it once the worker enrols again: for the running
/// year, and from the month on in which the next one is collected, for that.
pub(super) fn resident(
    workings: &mut Workings<'_>,
    inputs: Inputs<'_, '_>,
    family: &FamilyAccount,
    cover: &MedicalCover,
) {
    let month = inputs.as_of.month;
    let place = last_place(&family.spans).map(|place| workings.now(place, month).0);
    let window = workings.number(Key::ResidentMedicalWindow, "", place, month);
    let next_year = window.filter(|(first, _)| u32::from(month.month()) >= *first);
    if let (Some(until), Some((_, rule))) = (cover.resident_until(), &next_year) {
        enrol(workings, family, cover, until, rule);
    }
    let open = cover.open().filter(|gap| gap.months > 0);
    let Some(gap) = open.filter(|_| family.last.is_some() && !cover.is_paid_ahead()) else {
        return;
    };
    let draft = |name| Draft::new(name).of_family(&family.family);
    let lapse = workings.months(
        draft(FigureName::ResidentMedicalLapse).all(cover.grounds()),
        Some(gap.months),
    );
    let year = match next_year {
        Some(_) => month.year().checked_add(1).expect("the last year is 5461"),
        None => month.year(),
    };
    let lapsed = LapsedYears::before(year, gap, cover);
    let wait = waits::residents(workings, gap, lapsed, Judged { place, month });
    let draft = wait
        .draft(draft(FigureName::ResidentMedicalWait))
        .on(lapse.ground())
        .assumed(Assumption::NoExemption);
    let draft = match next_year {
        Some((_, rule)) => match months_from(year, wait.months) {
            Some((first, last)) => draft.on(rule).span(first, last),
            None => draft.on(rule),
        },
        None => draft,
    };
    workings.months(draft, wait.months);
}

/// Writes down from which month on there is no cover, where it ends with the running year.
fn enrol(
    workings: &mut Workings<'_>,
    family: &FamilyAccount,
    cover: &MedicalCover,
    until: Month,
    rule: &Ground,
) {
    let next = until.next();
    if cover.is_of_this_year(until) && next.month() == 1 {
        let draft = Draft::new(FigureName::ResidentMedicalEnrol).of_family(&family.family);
        workings.month(draft.all(cover.grounds()).on(rule.clone()), Some(next));
    }
}

/// So many months from the first of a year on: nothing where they are none.
fn months_from(year: u16, months: Option<u32>) -> Option<(Month, Month)> {
    let first = Month::of(year, 1)?;
    let more = u16::try_from(months?.checked_sub(1)?).ok()?;
    Some((first, first.plus(more)?))
}
