//! The place of benefit, as things stand (国办发〔2009〕66号 art. 6).

use super::{
    Inputs,
    relation::relation,
    retirement::{Conditions, Needed, Plan},
    workings::{Draft, Workings, Written},
};
use crate::{
    account::{
        Assumption, Class, FamilyAccount, FigureName, Ground, HomeLine, MissingName, MonthLine,
        MonthStatus, ParticipationState, Person, PlaceMonths as PlaceLine, PlaceReason,
        QuestionName,
    },
    formulas::benefit_place::{BenefitPlace, Facts, Missing, PlaceMonths, Reason, benefit_place},
    formulas::count::together,
    policy::Policy,
    records::set::AsOf,
};
use yizhang_ledger::value::{Division, Month};
use yizhang_rules::Key;

/// Writes down household, relation and the place that follows from them: the household is that of the month in which the
/// conditions were met (art. 6), as long as they are not that of the account's month.
pub(crate) fn place(
    workings: &mut Workings<'_>,
    inputs: Inputs<'_, '_>,
    family: &FamilyAccount,
    plan: &Plan,
    needed: Needed,
) -> Written<Division> {
    let month = inputs.as_of.month;
    let home = household(workings, inputs, family, plan, needed);
    let household = home.figure;
    let relation = write_relation(workings, family, month);
    let draft = Draft::new(FigureName::BenefitPlace)
        .on(household.ground())
        .on(relation.ground())
        .family(&family.family);
    let draft = if home.met.is_none() {
        draft.assumed(Assumption::HouseholdUnchanged)
    } else {
        draft
    };
    let Some((enough, rule)) = workings.number(Key::BenefitPlaceMonths, "", None, month) else {
        return workings.place(draft.lacks(MissingName::Rule), None);
    };
    let anchors = Anchors {
        home: household.value,
        relation: relation.value,
    };
    let kept = by_keepers(family, anchors, enough);
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
    let known = workings.place(draft, found.place.filter(|_| !open));
    if known.value.is_none() {
        workings.ask(QuestionName::WhereToDraw, vec![known.ground()]);
    }
    known
}

/// The household, written down.
struct Household {
    /// The month in which the conditions were met, where it has come.
    met: Option<Month>,
    figure: Written<Division>,
}

/// Writes down the household that decides.
fn household(
    workings: &mut Workings<'_>,
    inputs: Inputs<'_, '_>,
    family: &FamilyAccount,
    plan: &Plan,
    needed: Needed,
) -> Household {
    let conditions = Conditions {
        statutory: plan.statutory.value,
        minimum: needed.minimum.and_then(|minimum| minimum.value),
    };
    let Home { met, line } = Home::of(inputs.person, inputs.as_of, family, conditions);
    let mut draft = Draft::new(FigureName::Household);
    draft = draft.all(line.map(|home| Ground::Record(home.record)));
    if met.is_some() {
        draft = draft.on(plan.statutory.ground());
        draft = draft.all(needed.minimum.map(|minimum| minimum.ground()));
    }
    if line.is_none() {
        draft = draft.lacks(MissingName::Household);
    }
    Household {
        met,
        figure: workings.place(draft, line.map(|home| home.place)),
    }
}

/// Writes down the relation, under the name that its place has now.
fn write_relation(
    workings: &mut Workings<'_>,
    family: &FamilyAccount,
    month: Month,
) -> Written<Division> {
    let held = relation(family).map(|place| workings.policy.successors(month).now(place));
    let draft = Draft::new(FigureName::Relation).family(&family.family);
    let draft = if held.is_some() {
        draft
    } else {
        draft.lacks(MissingName::Relation)
    };
    workings.place(draft, held)
}

/// The household that decides.
struct Home<'a> {
    /// The month in which both conditions of a pension were met, where it has come.
    met: Option<Month>,
    /// That of this month, else of the account's.
    line: Option<&'a HomeLine>,
}

impl<'a> Home<'a> {
    fn of(person: &'a Person, as_of: AsOf, family: &FamilyAccount, conditions: Conditions) -> Self {
        let met = conditions_met(family, conditions).filter(|met| *met <= as_of.month);
        Self {
            met,
            line: person.home_in(met.unwrap_or(as_of.month)),
        }
    }
}

/// The place of the household that decides, for callers that write no figures down.
pub(crate) fn deciding_home(
    policy: &Policy,
    person: &Person,
    as_of: AsOf,
    family: &FamilyAccount,
) -> Option<Division> {
    let conditions = Conditions::of(policy, person, as_of.month);
    let home = Home::of(person, as_of, family, conditions);
    home.line.map(|home| home.place)
}

/// The month in which both conditions of a pension were met: the statutory month, or that of the last month that was needed
/// if it came later. Nothing while months are missing.
fn conditions_met(family: &FamilyAccount, conditions: Conditions) -> Option<Month> {
    let needed = usize::try_from(conditions.minimum?).expect("a count of months fits");
    let statutory = conditions.statutory?;
    let Some(last) = needed.checked_sub(1) else {
        return Some(statutory);
    };
    let counts =
        |line: &&MonthLine| matches!(line.status, MonthStatus::Counted | MonthStatus::Deemed);
    let enough = family.months.iter().filter(counts).nth(last)?.month;
    Some(enough.max(statutory))
}

/// Asks whether general accounts begun away from home, with a relation in another province before, should be temporary
/// (国办发〔2009〕66号 art. 5). From which age, an operator's rules say: whether the ages of 2009 still hold is open.
pub(super) fn temporary(
    workings: &mut Workings<'_>,
    inputs: Inputs<'_, '_>,
    family: &FamilyAccount,
) {
    let (Some(birth), Some(class)) = (inputs.person.birth.last(), inputs.person.class.last())
    else {
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
        let away = inputs
            .person
            .home_in(line.since)
            .is_some_and(|home| home.place.province() != province);
        let ended = |last: Option<Month>| last.is_some_and(|last| last < line.since);
        let before = family
            .by_province
            .iter()
            .any(|other| other.place != province && ended(other.last));
        let Some((age, rule)) = workings
            .number(key, "", None, line.since)
            .filter(|_| away && before)
        else {
            continue;
        };
        if u32::try_from(line.since.since(birth.month)).is_ok_and(|months| months >= age) {
            let records = [line.record, birth.record, class.record].map(Ground::Record);
            workings.ask(
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
fn open_months(line: &PlaceLine) -> u32 {
    together(line.contested, line.deemed_contested)
}

fn place_months(line: &PlaceLine, contested: u32) -> PlaceMonths {
    let keeps = contested > 0 || open_months(line) == 0;
    let held = together(together(line.months, contested), line.deemed);
    let temporary = if keeps {
        line.temporary
    } else {
        line.temporary
            .checked_sub(line.temporary_contested)
            .expect("the contested ones are some of them")
    };
    PlaceMonths {
        place: line.place,
        months: held
            .checked_sub(temporary)
            .expect("months of a temporary account are among those that the place holds"),
        temporary,
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

/// Where the place of benefit may lie: household and relation, as far as they are known.
#[derive(Clone, Copy)]
pub(crate) struct Anchors {
    pub(crate) home: Option<Division>,
    pub(crate) relation: Option<Division>,
}

impl Anchors {
    fn decide(self, months: &[PlaceMonths], enough: u32) -> BenefitPlace {
        let facts = Facts {
            home: self.home,
            relation: self.relation,
            months,
        };
        benefit_place(facts, enough)
    }
}

/// Months that several places hold belong to one of them in the end, with their last month: the place is certain only if it
/// is the same whichever of these places keep theirs.
pub(crate) fn by_keepers(family: &FamilyAccount, anchors: Anchors, enough: u32) -> Kept {
    let found = anchors.decide(&months_by_province(family), enough);
    let lines = family.by_province.iter();
    let contested: Vec<Division> = lines
        .filter(|line| open_months(line) > 0)
        .map(|line| line.place)
        .collect();
    let is_open = match u32::try_from(contested.len()) {
        Ok(places) if contested.len() <= CONTESTED_MAX => (0..1_u32 << places).any(|choice| {
            let months = months_of_choice(family, &contested, choice);
            anchors.decide(&months, enough).place != found.place
        }),
        _ => true,
    };
    let is_open = is_open && found.place.is_some() && !contested.is_empty();
    Kept { found, is_open }
}

/// Months by province, where of the contested provinces those keep theirs whose bit of a choice is set.
fn months_of_choice(
    family: &FamilyAccount,
    contested: &[Division],
    choice: u32,
) -> Vec<PlaceMonths> {
    let keeps = |place: Division| {
        let mut bits = contested.iter().zip(0_u32..);
        bits.any(|(one, bit)| *one == place && choice >> bit & 1 == 1)
    };
    let mut months = Vec::with_capacity(family.by_province.len());
    for line in &family.by_province {
        let kept = if keeps(line.place) {
            open_months(line)
        } else {
            0
        };
        months.push(place_months(line, kept));
    }
    months
}
