//! The place of benefit, as things stand (国办发〔2009〕66号 art. 6).

use super::{
    Desk,
    retirement::{Needed, Plan},
    sheet::{Draft, Known, Sheet},
};
use crate::{
    account::{
        Assumption, CaseState, Class, FamilyAccount, FigureName, Ground, HomeLine, MissingName,
        MonthLine, MonthStatus, ParticipationState, PlaceMonths as PlaceLine, PlaceReason,
        QuestionName, TransferCase,
    },
    formulas::benefit_place::{BenefitPlace, Facts, Missing, PlaceMonths, Reason, benefit_place},
    policy::Policy,
    transfer::covers,
};
use yizhang_ledger::{
    entry::Kind,
    value::{Day, Division, Month},
};
use yizhang_rules::{Key, Where};

/// Writes down household, relation and the place that follows from them: the household is that of the month in which the
/// conditions were met (art. 6), as long as they are not that of the account's month.
pub(crate) fn place(
    sheet: &mut Sheet<'_>,
    desk: Desk<'_, '_>,
    family: &FamilyAccount,
    (plan, needed): (&Plan, Needed),
) -> Known<Division> {
    let month = desk.as_of.month;
    let (met, home) = home(desk, family, (plan, needed));
    let draft = Draft::new(FigureName::Household).all(home.map(|home| Ground::Record(home.record)));
    let by = [
        Some(plan.statutory.ground()),
        needed.minimum.map(|minimum| minimum.ground()),
    ];
    let draft = draft.all(by.into_iter().flatten().filter(|_| met.is_some()));
    let draft = if home.is_some() {
        draft
    } else {
        draft.lacks(MissingName::Household)
    };
    let household = sheet.place(draft, home.map(|home| home.place));

    let held = relation(family).map(|place| sheet.policy.successors(month).now(place));
    let draft = Draft::new(FigureName::Relation).family(&family.family);
    let draft = if held.is_some() {
        draft
    } else {
        draft.lacks(MissingName::Relation)
    };
    let relation = sheet.place(draft, held);

    let draft = Draft::new(FigureName::BenefitPlace)
        .on(household.ground())
        .on(relation.ground())
        .family(&family.family);
    let draft = if met.is_none() {
        draft.assumed(Assumption::HouseholdUnchanged)
    } else {
        draft
    };
    let Some((enough, rule)) = sheet.number(Key::BenefitPlaceMonths, "", None, month) else {
        return sheet.place(draft.lacks(MissingName::Rule), None);
    };
    let kept = by_keepers(family, (household.value, relation.value), enough);
    let (found, open) = (kept.found, kept.is_open);
    let draft = draft
        .on(rule)
        .reason(reason(found.reason, found.place.is_some()));
    let draft = match found.reason {
        Reason::Unknown(missing) => lacking(missing)
            .iter()
            .fold(draft, |draft, what| draft.lacks(*what)),
        _ => draft,
    };
    let draft = if open {
        draft.lacks(MissingName::ContestedMonths)
    } else {
        draft
    };
    let known = sheet.place(draft, found.place.filter(|_| !open));
    if known.value.is_none() {
        sheet.ask(QuestionName::WhereToDraw, vec![known.ground()]);
    }
    known
}

/// The household that decides: that of the month in which both conditions of a pension were met, which comes with it, else
/// that of the account's month.
fn home<'a>(
    desk: Desk<'a, '_>,
    family: &FamilyAccount,
    (plan, needed): (&Plan, Needed),
) -> (Option<Month>, Option<&'a HomeLine>) {
    let month = desk.as_of.month;
    let met = conditions_met(family, plan.statutory.value, needed).filter(|met| *met <= month);
    (met, desk.person.home_in(met.unwrap_or(month)))
}

/// The same household, for who writes no figures down.
pub(crate) fn deciding_home(
    policy: &Policy,
    desk: Desk<'_, '_>,
    family: &FamilyAccount,
) -> Option<Division> {
    let mut sheet = Sheet::new(policy);
    let plan = super::retirement::plan(&mut sheet, desk);
    let needed = super::retirement::months(&mut sheet, desk, family, &plan);
    home(desk, family, (&plan, needed)).1.map(|home| home.place)
}

/// The month in which both conditions of a pension were met: the statutory month, or that of the last month that was needed
/// if it came later. Nothing while months are missing.
fn conditions_met(
    family: &FamilyAccount,
    statutory: Option<Month>,
    needed: Needed,
) -> Option<Month> {
    let needed = usize::try_from(needed.minimum?.value?).ok()?;
    let enough = match needed.checked_sub(1) {
        Some(last) => {
            let counts = |line: &&MonthLine| {
                matches!(line.status, MonthStatus::Counted | MonthStatus::Deemed)
            };
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
    let (Some(birth), Some(class)) = (desk.person.birth.last(), desk.person.class.last()) else {
        return;
    };
    let key = match class.class {
        Class::M60 => Key::TemporaryAgeMen,
        Class::F55 | Class::F50 => Key::TemporaryAgeWomen,
    };
    let active = family
        .standing
        .iter()
        .filter(|line| line.state == ParticipationState::Active && !line.temporary);
    for line in active {
        let province = line.place.province();
        let away = desk
            .person
            .home_in(line.since)
            .is_some_and(|home| home.place.province() != province);
        let ended = |last: Option<Month>| last.is_some_and(|last| last < line.since);
        let before = family
            .by_province
            .iter()
            .any(|other| other.place != province && ended(other.last));
        let Some((age, rule)) = sheet
            .number(key, "", None, line.since)
            .filter(|_| away && before)
        else {
            continue;
        };
        if u32::try_from(line.since.since(birth.month)).is_ok_and(|months| months >= age) {
            let records = [line.record, birth.record, class.record].map(Ground::Record);
            sheet.ask(
                QuestionName::TemporaryAccount,
                records.into_iter().chain([rule]).collect(),
            );
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
        .map(|line| place_months(line, open_months(line)))
        .collect()
}

/// Months that a place and others hold, paid or deemed.
const fn open_months(line: &PlaceLine) -> u32 {
    line.contested.saturating_add(line.deemed_contested)
}

fn place_months(line: &PlaceLine, contested: u32) -> PlaceMonths {
    let keeps = contested > 0 || open_months(line) == 0;
    PlaceMonths {
        place: line.place,
        months: line
            .months
            .saturating_add(contested)
            .saturating_add(line.deemed)
            .saturating_sub(line.temporary),
        temporary: line.temporary,
        last: if keeps { line.last } else { line.last_alone },
    }
}

/// The place of benefit with all that places hold, and whether it hangs on who keeps the months that several hold.
pub(crate) struct Kept {
    pub(crate) found: BenefitPlace,
    pub(crate) is_open: bool,
}

/// Provinces with contested months of which every choice is looked at, 2^6 in all; one worker has hardly ever three. Beyond
/// them the place is open.
const CONTESTED_MAX: usize = 6;

/// Months that several places hold belong to one of them in the end, with their last month: the place is certain only if it
/// is the same whichever of these places keep theirs.
pub(crate) fn by_keepers(
    family: &FamilyAccount,
    (home, relation): (Option<Division>, Option<Division>),
    enough: u32,
) -> Kept {
    let decide = |months: &[PlaceMonths]| {
        benefit_place(
            Facts {
                home,
                relation,
                months,
            },
            enough,
        )
    };
    let found = decide(&months_by_province(family));
    let contested: Vec<Division> = family
        .by_province
        .iter()
        .filter(|line| open_months(line) > 0)
        .map(|line| line.place)
        .collect();
    let differs = |choice: u32| {
        let keeps = |place: Division| {
            contested
                .iter()
                .zip(0_u32..)
                .any(|(one, bit)| *one == place && choice >> bit & 1 == 1)
        };
        let line = |line| {
            place_months(
                line,
                if keeps(line.place) {
                    open_months(line)
                } else {
                    0
                },
            )
        };
        let months: Vec<PlaceMonths> = family.by_province.iter().map(line).collect();
        decide(&months).place != found.place
    };
    let choices = u32::try_from(contested.len())
        .ok()
        .and_then(|places| 1_u32.checked_shl(places))
        .unwrap_or(u32::MAX);
    let is_open = found.place.is_some()
        && (contested.len() > CONTESTED_MAX
            || (!contested.is_empty() && (0..choices).any(differs)));
    Kept { found, is_open }
}

/// A relation that a posted transfer has taken along.
struct Moved {
    on: Day,
    source: Division,
    target: Division,
}

/// The place of the relation: that of the latest participation that is active or of the latest posted transfer; where none
/// is active, of the last month that counts, if it is later than the transfer. A participation is as late as the last month
/// that counts there. A posted transfer ends what was active at its old place; a temporary account leaves the relation where
/// it was (国办发〔2009〕66号 art. 5), and so do supplements and corrections, which follow it.
///
/// Where nothing tells several places apart, it is their province if they share one, and else not known: whose it is then is
/// what people have to decide.
pub(crate) fn relation(family: &FamilyAccount) -> Option<Division> {
    let posted = moved_relations(family);
    let left = |place: Division, since: Month| {
        posted.iter().any(|moved| {
            covers(moved.source, place) && moved.on.in_month().is_none_or(|month| since <= month)
        })
    };
    let last = |place: Division| {
        let within = family
            .by_place
            .iter()
            .filter(|line| covers(place, line.place));
        within.filter_map(|line| line.last).max()
    };
    let active = family
        .standing
        .iter()
        .filter(|line| line.state == ParticipationState::Active && !line.temporary);
    let active: Vec<Candidate> = active
        .filter(|line| !left(line.place, line.since))
        .map(|line| {
            (
                Some(line.since).max(last(line.place)),
                Evidence::Active,
                None,
                line.place,
            )
        })
        .map(candidate)
        .collect();
    let months = family
        .by_place
        .iter()
        .filter(|line| active.is_empty() && line.last.is_some());
    let months = months.map(|line| candidate((line.last, Evidence::Month, None, line.place)));
    let posted = posted.iter().filter(|moved| !is_moved_on(moved, &posted));
    let posted = posted.map(|moved| {
        candidate((
            moved.on.in_month(),
            Evidence::Posted,
            Some(moved.on),
            moved.target,
        ))
    });
    let all: Vec<Candidate> = posted.chain(months).chain(active.iter().copied()).collect();
    let (newest, _) = all.iter().max_by_key(|(since, _)| *since)?;
    let mut places = all
        .iter()
        .filter(|(since, _)| since == newest)
        .map(|(_, place)| *place);
    let first = places.next()?;
    let mut others = places.filter(|place| *place != first).peekable();
    if others.peek().is_none() {
        return Some(first);
    }
    others
        .all(|place| place.province() == first.province())
        .then_some(first.province())
}

/// Where rules are asked for a relation: a province that stands for several of its cities is asked as a whole, unless
/// something was paid at its very code.
pub(crate) fn asked_at(family: &FamilyAccount, relation: Division) -> Where {
    let is_paid = family.by_place.iter().any(|line| line.place == relation);
    if relation == relation.province() && !is_paid {
        Where::Whole(relation)
    } else {
        Where::At(relation)
    }
}

/// What says where the relation is; of one month the later one says it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Evidence {
    Month,
    Posted,
    Active,
}

/// By month, evidence and day, and the place.
type Candidate = ((Option<Month>, Evidence, Option<Day>), Division);

const fn candidate(
    (month, evidence, day, place): (Option<Month>, Evidence, Option<Day>, Division),
) -> Candidate {
    ((month, evidence, day), place)
}

/// Where the relation that lay at a place in a month has been taken since: a closed account takes nothing.
pub(super) fn taken_to(family: &FamilyAccount, place: Division, since: Month) -> Division {
    let mut moved = moved_relations(family);
    moved.sort_by_key(|moved| moved.on);
    let later = moved
        .iter()
        .filter(|moved| moved.on.in_month().is_none_or(|month| month >= since));
    later.fold(place, |place, moved| {
        if covers(moved.source, place) {
            moved.target
        } else {
            place
        }
    })
}

/// The relations that posted transfers have taken along, each to the place that posted it.
fn moved_relations(family: &FamilyAccount) -> Vec<Moved> {
    let whole = posted_cases(family)
        .filter(|(_, case)| case.steps.iter().any(|step| step.kind == Kind::FREEZE));
    whole
        .map(|(on, case)| {
            let posting = case.steps.iter().rfind(|step| step.kind == Kind::POSTED);
            Moved {
                on,
                source: case.source,
                target: posting.map_or(case.target, |step| step.target),
            }
        })
        .collect()
}

/// Whether another transfer took it on from its new place on the same day.
fn is_moved_on(moved: &Moved, posted: &[Moved]) -> bool {
    let on_from = |other: &&Moved| other.on == moved.on && covers(other.source, moved.target);
    posted
        .iter()
        .any(|other| on_from(&other) && !covers(moved.source, other.target))
}

/// The transfers that have been posted at their new place, with the day.
pub(super) fn posted_cases(family: &FamilyAccount) -> impl Iterator<Item = (Day, &TransferCase)> {
    family.transfers.iter().filter_map(|case| {
        let is_posted = matches!(case.state, CaseState::Posted | CaseState::Closed)
            && case.transferred.is_some();
        let step = case
            .steps
            .iter()
            .rfind(|step| step.kind == Kind::POSTED)
            .filter(|_| is_posted)?;
        Some((step.on, case))
    })
}
