//! What the account comes to under a rule set: place of benefit, retirement, pensions, medical, unemployment, injury, gaps.
//!
//! Every figure is written into one set of [`Workings`], with what it rests on; a figure that lacks a fact or a rule says which. The
//! formulas are in [`crate::formulas`] and know neither records nor rules: here they meet.

mod account_share;
mod balance;
mod bases;
mod begin;
mod breaches;
mod career;
mod cover;
mod gaps;
mod injury;
mod inputs;
mod interim;
mod late_fee;
mod left;
mod limits;
mod medical;
mod paid_back;
mod pension;
mod place;
mod refunds;
mod relation;
mod resident;
mod resident_minimum;
mod retirement;
mod unemployment;
mod waits;
mod workings;

pub(crate) use account_share::account_share;
pub(crate) use balance::owed_of as owed;
pub(crate) use inputs::{Folded, Inputs};
pub(crate) use limits::out_of_limits;
pub(crate) use paid_back::paid_back;
pub(crate) use place::{Anchors, by_keepers, deciding_home, months_by_province};
pub(crate) use relation::{asked_at, relation};
pub(crate) use retirement::{Choice, earliest_of, retirement_of};
pub(crate) use workings::Workings;

use crate::{
    account::{Conflict, Ground, QuestionName},
    conflicts::class::ConflictCode,
    person::statements::conflicts,
    policy::family::Family,
};
use balance::Saved;
use cover::MedicalCover;
use retirement::Plan;

/// Writes down every figure of an account, and gives the conflicts that come to light. After a death nothing is forecast.
pub(crate) fn figures(workings: &mut Workings<'_>, inputs: Inputs<'_, '_>) -> Vec<Conflict> {
    let living = inputs.person.death.is_empty();
    let unemployment = inputs.family(Family::UNEMPLOYMENT);
    let doubt = conflicts(inputs.set, inputs.person, inputs.as_of)
        .into_iter()
        .find(|found| found.code == ConflictCode::C17);
    if let Some(doubt) = doubt {
        // No sum over a number that may be two persons'.
        workings.ask(
            QuestionName::TwoPersons,
            doubt.records.into_iter().map(Ground::Record).collect(),
        );
        return unwritten(workings, inputs, unemployment);
    }
    let retired = pensions(workings, inputs);
    if retired || !living {
        // A pension ends unemployment benefit (社会保险法 art. 51): claims are found, and nothing is written down.
        return unwritten(workings, inputs, unemployment);
    }
    insured(workings, inputs);
    match unemployment {
        Some(unemployment) => unemployment::unemployment(workings, inputs, unemployment),
        None => Vec::new(),
    }
}

/// The conflicts of unemployment insurance, without its figures.
fn unwritten(
    workings: &Workings<'_>,
    inputs: Inputs<'_, '_>,
    unemployment: Option<Folded<'_>>,
) -> Vec<Conflict> {
    let Some(unemployment) = unemployment else {
        return Vec::new();
    };
    unemployment::unemployment(&mut Workings::new(workings.policy), inputs, unemployment)
}

/// Writes down what both pension schemes come to, and says whether the employees' is drawn.
fn pensions(workings: &mut Workings<'_>, inputs: Inputs<'_, '_>) -> bool {
    let living = inputs.person.death.is_empty();
    let pension = in_force(inputs, Family::PENSION);
    let resident = in_force(inputs, Family::RESIDENT_PENSION);
    let retired = pension.is_some_and(|pension| pension.is_drawn(inputs.as_of));
    let drawn = retired || resident.is_some_and(|resident| resident.is_drawn(inputs.as_of));
    let employee = pension.map(|pension| Saved::of(workings, inputs, pension));
    let mut plan = None;
    if let Some(employee) = employee {
        if living && !retired {
            plan = Some(forecast(workings, inputs, employee));
        } else {
            gaps::debts(workings, inputs, employee.folded.account);
        }
    }
    // What is in the account, and what has to be given back of it, stays with a death or an award.
    let resident = resident.map(|resident| Saved::of(workings, inputs, resident));
    refunds::refunds(workings, inputs);
    // Nobody draws both (人社部发〔2014〕17号 art. 8).
    if let Some(resident) = resident
        && living
        && !drawn
    {
        resident::pension(workings, inputs, resident);
        if let (Some(employee), Some(plan)) = (employee, &plan) {
            resident::bridge(workings, inputs, employee, resident, plan);
        }
    }
    retired
}

/// A family; none that was left for another: it gives nothing of its own any more.
fn in_force<'a>(inputs: Inputs<'a, '_>, family: Family<'_>) -> Option<Folded<'a>> {
    if inputs.bridges.leaving(family).is_some() {
        return None;
    }
    inputs.family(family)
}

/// Writes down what the employees' pension would be: when, where, how much, and what is missing.
fn forecast(workings: &mut Workings<'_>, inputs: Inputs<'_, '_>, employee: Saved<'_>) -> Plan {
    let family = employee.folded.account;
    let plan = retirement::plan(workings, inputs);
    let needed = retirement::months(workings, inputs, family, &plan);
    begin::of_employees(workings, inputs, family, &plan, needed);
    let place = place::place(workings, inputs, family, &plan, needed);
    place::temporary(workings, inputs, family);
    let of = pension::Of {
        plan: &plan,
        needed,
        place,
        held: employee.held,
    };
    pension::forecasts(workings, inputs, family, of);
    gaps::gaps(workings, inputs, family);
    plan
}

/// Writes down what medical and injury insurance come to, for a worker who draws no pension yet.
fn insured(workings: &mut Workings<'_>, inputs: Inputs<'_, '_>) {
    let families = [Family::MEDICAL, Family::RESIDENT_MEDICAL]
        .map(|name| inputs.family(name).map(|folded| folded.account));
    let cover = MedicalCover::of(inputs);
    if let [Some(employees), _] = families {
        medical::medical(workings, inputs, employees, &cover);
    }
    if let [_, Some(residents)] = families {
        medical::resident(workings, inputs, residents, &cover);
    }
    waits::running(workings, inputs, &cover, families);
    if let Some(injury) = inputs.family(Family::WORK_INJURY) {
        injury::wage(workings, inputs, injury);
    }
}
