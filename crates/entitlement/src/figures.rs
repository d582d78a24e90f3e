//! What the account comes to under a rule set: place of benefit, retirement, pensions, medical, unemployment, injury, gaps.
//!
//! Every figure is written to one [`Sheet`], with what it rests on; a figure that lacks a fact or a rule says which. The
//! formulas are in [`crate::formulas`] and know neither records nor rules: here they meet.

mod account_share;
mod balance;
mod bases;
mod begin;
mod breaches;
mod cover;
mod gaps;
mod injury;
mod late_fee;
mod left;
mod limits;
mod medical;
mod paid_back;
mod pension;
mod place;
mod refunds;
mod resident;
mod resident_minimum;
mod retirement;
mod sheet;
mod unemployment;
mod waits;

pub(crate) use account_share::account_share;
pub(crate) use balance::owed_of as owed;
pub(crate) use limits::out_of_limits;
pub(crate) use paid_back::paid_back;
pub(crate) use place::{by_keepers, deciding_home, months_by_province, relation};
pub(crate) use retirement::{Choice, earliest_of, retirement_of};
pub(crate) use sheet::Sheet;

use crate::{
    account::{Conflict, FamilyAccount, Ground, Person, QuestionName},
    benefits::exclusive::Overlap,
    conflicts::{class::ConflictCode, money_back::Debt},
    months::ends::Ends,
    person::{bridges::Bridges, statements::conflicts},
    records::set::{AsOf, RecordSet},
};
use cover::MedicalCover;
use std::ops::Range;

/// A folded family, as figures are computed from it.
#[derive(Clone, Copy)]
pub(crate) struct Folded<'a> {
    pub(crate) account: &'a FamilyAccount,
    pub(crate) range: &'a Range<usize>,
    pub(crate) ends: Ends,
    /// Claims of unemployment benefit awarded at several places for the same months.
    pub(crate) claims: &'a [Overlap],
    /// What its contributions have to give back for months behind ends.
    pub(crate) debts: &'a [Debt],
}

impl Folded<'_> {
    /// Whether its benefit has begun by then: an award for a month to come changes nothing before, and what is paid without an
    /// award on record has begun as well.
    pub(crate) fn is_drawn(self, as_of: AsOf) -> bool {
        let is_awarded = self
            .ends
            .benefit
            .is_some_and(|(first, _)| first <= as_of.month);
        is_awarded || self.account.drawing.is_some()
    }
}

/// All that figures are computed from.
#[derive(Clone, Copy)]
pub(crate) struct Desk<'a, 'f> {
    pub(crate) set: &'a RecordSet<'f>,
    pub(crate) families: &'a [Folded<'a>],
    pub(crate) person: &'a Person,
    pub(crate) bridges: &'a Bridges<'f>,
    pub(crate) as_of: AsOf,
}

impl<'a> Desk<'a, '_> {
    fn family(self, name: &str) -> Option<Folded<'a>> {
        self.families
            .iter()
            .find(|folded| folded.account.family == name)
            .copied()
    }
}

/// Writes down every figure of an account, and gives the conflicts that come to light. After a death nothing is forecast.
pub(crate) fn figures(sheet: &mut Sheet<'_>, desk: Desk<'_, '_>) -> Vec<Conflict> {
    let living = desk.person.death.is_empty();
    let doubt = conflicts(desk.set, desk.person, desk.as_of)
        .into_iter()
        .find(|found| found.code == ConflictCode::C17);
    if let Some(doubt) = doubt {
        // No sum over a number that may be two persons'.
        sheet.ask(
            QuestionName::TwoPersons,
            doubt.records.into_iter().map(Ground::Record).collect(),
        );
        let unemployment = desk.family(UNEMPLOYMENT);
        let found = unemployment
            .map(|one| unemployment::unemployment(&mut Sheet::new(sheet.policy), desk, one));
        return found.unwrap_or_default();
    }
    // A scheme that was left for another gives nothing of its own any more.
    let pension = desk
        .family(PENSION)
        .filter(|_| desk.bridges.leaving(PENSION).is_none());
    let resident = desk
        .family(RESIDENT)
        .filter(|_| desk.bridges.leaving(RESIDENT).is_none());
    let retired = pension.is_some_and(|pension| pension.is_drawn(desk.as_of));
    let drawn = retired || resident.is_some_and(|resident| resident.is_drawn(desk.as_of));
    let employee = pension.map(|pension| (pension, balance::balance(sheet, desk, pension)));
    let mut plan = None;
    if let Some((pension, held)) = employee.filter(|_| living && !retired) {
        let found = retirement::plan(sheet, desk);
        let months = retirement::months(sheet, desk, pension.account, &found);
        begin::of_employees(sheet, desk, pension.account, (&found, months));
        let place = place::place(sheet, desk, pension.account, (&found, months));
        place::temporary(sheet, desk, pension.account);
        pension::forecasts(sheet, desk, pension.account, (&found, months, place, held));
        gaps::gaps(sheet, desk, pension.account);
        plan = Some(found);
    }
    if let Some((pension, _)) = employee.filter(|_| retired || !living) {
        gaps::debts(sheet, desk, pension.account);
    }
    // What is in the account, and what has to be given back of it, stays with a death or an award.
    let residents = resident.map(|resident| (resident, balance::balance(sheet, desk, resident)));
    refunds::refunds(sheet, desk);
    // Nobody draws both (人社部发〔2014〕17号 art. 8).
    if let Some((resident, held)) = residents.filter(|_| living && !drawn) {
        resident::pension(sheet, desk, (resident, held));
        if let (Some((pension, balance)), Some(plan)) = (employee, &plan) {
            resident::bridge(sheet, desk, ((pension, balance), (resident, held)), plan);
        }
    }
    if living && !retired {
        insured(sheet, desk);
    }
    let Some(unemployment) = desk.family(UNEMPLOYMENT) else {
        return Vec::new();
    };
    if retired || !living {
        // A pension ends unemployment benefit (社会保险法 art. 51): claims are found, and nothing is written down.
        return unemployment::unemployment(&mut Sheet::new(sheet.policy), desk, unemployment);
    }
    unemployment::unemployment(sheet, desk, unemployment)
}

/// Writes down what medical and injury insurance come to, for who draws no pension yet.
fn insured(sheet: &mut Sheet<'_>, desk: Desk<'_, '_>) {
    let families =
        [MEDICAL, RESIDENT_MEDICAL].map(|name| desk.family(name).map(|folded| folded.account));
    let cover = MedicalCover::of(desk);
    if let [Some(employees), _] = families {
        medical::medical(sheet, desk, employees, &cover);
    }
    if let [_, Some(residents)] = families {
        medical::resident(sheet, desk, residents, &cover);
    }
    waits::running(sheet, desk, &cover, families);
    if let Some(injury) = desk.family(INJURY) {
        injury::wage(sheet, desk, injury);
    }
}

pub(crate) const PENSION: &str = "hrss:110";
const RESIDENT: &str = "hrss:170";
const UNEMPLOYMENT: &str = "hrss:210";
const INJURY: &str = "hrss:410";
const MEDICAL: &str = "nhsa:310";
const RESIDENT_MEDICAL: &str = "nhsa:390";
