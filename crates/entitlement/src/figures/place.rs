//! The place of benefit, as things stand (国办发〔2009〕66号 art. 6).

use super::{
    Desk,
    retirement::{Needed, Plan},
    sheet::{Draft, Known, Sheet},
};
use crate::{
    account::{
        Assumption, CaseState, Class, FamilyAccount, FigureName, Ground, MissingName, MonthLine, MonthStatus,
        ParticipationState, PlaceReason, QuestionName, TransferCase,
    },
    formulas::benefit_place::{Facts, Missing, PlaceMonths, Reason, benefit_place},
    transfer::covers,
};
use yizhang_ledger::{
    entry::Kind,
    value::{Day, Division, Month},
};
use yizhang_rules::Key;

/// Writes down household, relation and the place that follows from them: the household is that of the month in which the
/// conditions were met (art. 6), as long as they are not that of the account's month.
pub(crate) fn place(
    sheet: &mut Sheet<'_>,
    desk: Desk<'_, '_>,
    family: &FamilyAccount,
    (plan, needed): (&Plan, Needed),
) -> Known<Division> {
    let month = desk.as_of.month;
    let met = conditions_met(family, plan.statutory.value, needed).filter(|met| *met <= month);
    let home = desk.person.home_in(met.unwrap_or(month));
    let draft = Draft::new(FigureName::Household).all(home.map(|home| Ground::Record(home.record)));
    let by = [Some(plan.statutory.ground()), needed.minimum.map(|minimum| minimum.ground())];
    let draft = draft.all(by.into_iter().flatten().filter(|_| met.is_some()));
    let draft = if home.is_some() { draft } else { draft.lacks(MissingName::Household) };
    let household = sheet.place(draft, home.map(|home| home.place));

    let held = relation(family).map(|place| sheet.policy.successors(month).now(place));
    let draft = Draft::new(FigureName::Relation).family(&family.family);
    let draft = if held.is_some() { draft } else { draft.lacks(MissingName::Relation) };
    let relation = sheet.place(draft, held);

    let draft =
        Draft::new(FigureName::BenefitPlace).on(household.ground()).on(relation.ground()).family(&family.family);
    let draft = if met.is_none() { draft.assumed(Assumption::HouseholdUnchanged) } else { draft };
    let Some((enough, rule)) = sheet.number(Key::BenefitPlaceMonths, "", None, month) else {
        return sheet.place(draft.lacks(MissingName::Rule), None);
    };
    let months = months_by_province(family);
    let facts = Facts { home: household.value, relation: relation.value, months: &months };
    let found = benefit_place(facts, enough);
    let draft = draft.on(rule).reason(reason(found.reason, found.place.is_some()));
    let draft = match found.reason {
        Reason::Unknown(missing) => lacking(missing).iter().fold(draft, |draft, what| draft.lacks(*what)),
        _ => draft,
    };
    // Months that several places hold belong to one of them in the end.
    let settled: Vec<PlaceMonths> = family.by_province.iter().map(|line| place_months(line, 0)).collect();
    let without = benefit_place(Facts { months: &settled, ..facts }, enough);
    let open = found.place.is_some() && without.place != found.place;
    let draft = if open { draft.lacks(MissingName::ContestedMonths) } else { draft };
    let known = sheet.place(draft, found.place.filter(|_| !open));
    if known.value.is_none() {
        sheet.ask(QuestionName::WhereToDraw, vec![known.ground()]);
    }
    known
}

/// The month in which both conditions of a pension were met: the statutory month, or that of the last month that was needed
/// if it came later. Nothing while months are missing.
fn conditions_met(family: &FamilyAccount, statutory: Option<Month>, needed: Needed) -> Option<Month> {
    let needed = usize::try_from(needed.minimum?.value?).ok()?;
    let enough = match needed.checked_sub(1) {
        Some(last) => {
            let counts = |line: &&MonthLine| matches!(line.status, MonthStatus::Counted | MonthStatus::Deemed);
            Some(family.months.iter().filter(counts).nth(last)?.month)
        }
        None => None,
    };
    let statutory = statutory?;
    Some(enough.map_or(statutory, |enough: Month| enough.max(statutory)))
}

/// Asks whether general accounts begun away from home, with a relation in another province before, should be temporary
/// (国办发〔2009〕66号 art. 5). From which age, an operator's rules say: whether the ages of 2009 still hold is open.
pub(super) fn temporary(sheet: &mut Sheet<'_>, desk: Desk<'_, '_>, family: &FamilyAccount) {
    let (Some(birth), Some(class)) = (desk.person.birth.last(), desk.person.class.last()) else { return };
    let key = match class.class {
        Class::M60 => Key::TemporaryAgeMen,
        Class::F55 | Class::F50 => Key::TemporaryAgeWomen,
    };
    let active = family.standing.iter().filter(|line| line.state == ParticipationState::Active && !line.temporary);
    for line in active {
        let province = line.place.province();
        let away = desk.person.home_in(line.since).is_some_and(|home| home.place.province() != province);
        let ended = |last: Option<Month>| last.is_some_and(|last| last < line.since);
        let before = family.by_province.iter().any(|other| other.place != province && ended(other.last));
        let Some((age, rule)) = sheet.number(key, "", None, line.since).filter(|_| away && before) else { continue };
        if u32::try_from(line.since.since(birth.month)).is_ok_and(|months| months >= age) {
            let records = [line.record, birth.record, class.record].map(Ground::Record);
            sheet.ask(QuestionName::TemporaryAccount, records.into_iter().chain([rule]).collect());
        }
    }
}

const fn reason(reason: Reason, is_decided: bool) -> Option<PlaceReason> {
    match reason {
        Reason::RelationAtHome => Some(PlaceReason::RelationAtHome),
        Reason::EnoughAtRelation => Some(PlaceReason::EnoughAtRelation),
        Reason::EnoughEarlier => Some(PlaceReason::EnoughEarlier),
        Reason::NowhereEnough => Some(PlaceReason::NowhereEnough),
        Reason::Unknown(_) if is_decided => Some(PlaceReason::WhateverMissing),
        Reason::Unknown(_) => None,
    }
}

const fn lacking(missing: Missing) -> &'static [MissingName] {
    match missing {
        Missing::Home => &[MissingName::Household],
        Missing::Relation => &[MissingName::Relation],
        Missing::HomeAndRelation => &[MissingName::Household, MissingName::Relation],
        Missing::PreviousPlace => &[MissingName::PreviousPlace],
        Missing::TemporaryAccount => &[MissingName::TemporaryAccount],
    }
}

/// Months that count, or would, in each province: those that several hold in each of them.
pub(crate) fn months_by_province(family: &FamilyAccount) -> Vec<PlaceMonths> {
    family
        .by_province
        .iter()
        .map(|line| place_months(line, line.contested.saturating_add(line.deemed_contested)))
        .collect()
}

fn place_months(line: &crate::account::PlaceMonths, contested: u32) -> PlaceMonths {
    PlaceMonths {
        place: line.place,
        months: line.months.saturating_add(contested).saturating_add(line.deemed).saturating_sub(line.temporary),
        temporary: line.temporary,
        last: line.last,
    }
}

/// The place of the relation: that of the latest participation that is active or of the latest posted transfer, else of the
/// last month that counts there. A posted transfer ends what was active at its old place; a temporary account leaves the
/// relation where it was (国办发〔2009〕66号 art. 5).
pub(crate) fn relation(family: &FamilyAccount) -> Option<Division> {
    let posted = posted_cases(family).filter_map(|(on, case)| Some((on.in_month()?, case.source, case.target)));
    let posted: Vec<(Month, Division, Division)> = posted.collect();
    let active = family.standing.iter().filter(|line| line.state == ParticipationState::Active && !line.temporary);
    let active = active.filter(|line| {
        let left =
            |(month, source, _): &(Month, Division, Division)| covers(*source, line.place) && line.since <= *month;
        !posted.iter().any(left)
    });
    let active = active.map(|line| (line.since, line.place));
    let latest = active.chain(posted.iter().map(|(month, _, target)| (*month, *target)));
    let latest = latest.max_by_key(|(since, place)| (*since, std::cmp::Reverse(*place)));
    let last = family.by_place.iter().filter(|line| line.last.is_some());
    let last = last.max_by_key(|line| (line.last, std::cmp::Reverse(line.place)));
    latest.map(|(_, place)| place).or_else(|| last.map(|line| line.place))
}

/// The transfers that have been posted at their new place, with the day.
pub(super) fn posted_cases(family: &FamilyAccount) -> impl Iterator<Item = (Day, &TransferCase)> {
    family.transfers.iter().filter_map(|case| {
        let is_posted = matches!(case.state, CaseState::Posted | CaseState::Closed) && case.transferred.is_some();
        let step = case.steps.iter().rfind(|step| step.kind == Kind::POSTED).filter(|_| is_posted)?;
        Some((step.on, case))
    })
}
