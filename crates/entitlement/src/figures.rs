//! What the account comes to under a rule set: place of benefit, retirement, pensions, medical, unemployment, injury, gaps.
//!
//! Every figure is written to one [`Sheet`], with what it rests on; a figure that lacks a fact or a rule says which. The
//! formulas are in [`crate::formulas`] and know neither records nor rules: here they meet.

mod gaps;
mod injury;
mod limits;
mod medical;
mod pension;
mod place;
mod resident;
mod retirement;
mod sheet;
mod unemployment;

pub(crate) use limits::out_of_limits;
pub(crate) use place::{months_by_province, relation};
pub(crate) use sheet::Sheet;

use crate::{
    account::{Conflict, FamilyAccount, Person},
    ends::Ends,
    set::{AsOf, RecordSet},
};
use std::ops::Range;

/// A folded family, as figures are computed from it.
#[derive(Clone, Copy)]
pub(crate) struct Folded<'a> {
    pub(crate) account: &'a FamilyAccount,
    pub(crate) range: &'a Range<usize>,
    pub(crate) ends: Ends,
}

/// All that figures are computed from.
#[derive(Clone, Copy)]
pub(crate) struct Desk<'a, 'f> {
    pub(crate) set: &'a RecordSet<'f>,
    pub(crate) families: &'a [Folded<'a>],
    pub(crate) person: &'a Person,
    pub(crate) as_of: AsOf,
}

impl<'a> Desk<'a, '_> {
    fn family(self, name: &str) -> Option<Folded<'a>> {
        self.families.iter().find(|folded| folded.account.family == name).copied()
    }
}

/// Writes down every figure of an account, and gives the conflicts that come to light. After a death nothing is forecast.
pub(crate) fn figures(sheet: &mut Sheet<'_>, desk: Desk<'_, '_>) -> Vec<Conflict> {
    let living = desk.person.death.is_empty();
    let pension = desk.family(PENSION);
    let resident = desk.family(RESIDENT);
    if let Some(pension) = pension {
        let balance = pension::balance(sheet, desk, pension);
        if living && pension.ends.benefit.is_none() {
            let place = place::place(sheet, desk, pension.account);
            place::temporary(sheet, desk, pension.account);
            let plan = retirement::plan(sheet, desk);
            let months = retirement::months(sheet, desk, pension.account, &plan);
            pension::forecasts(sheet, desk, pension.account, (&plan, months, place, balance));
            gaps::gaps(sheet, desk, pension.account);
            if let Some(resident) = resident {
                resident::bridge(sheet, desk, (pension.account, resident.account), &plan);
            }
        }
    }
    if let Some(resident) = resident.filter(|resident| living && resident.ends.benefit.is_none()) {
        resident::pension(sheet, desk, resident);
    }
    if !living {
        return Vec::new();
    }
    if let Some(medical) = desk.family(MEDICAL) {
        medical::medical(sheet, desk, medical.account);
    }
    if let Some(medical) = desk.family(RESIDENT_MEDICAL) {
        medical::resident(sheet, desk, medical.account);
    }
    if let Some(injury) = desk.family(INJURY) {
        injury::wage(sheet, desk, injury.account);
    }
    let unemployment = desk.family(UNEMPLOYMENT).map(|folded| unemployment::unemployment(sheet, desk, folded));
    unemployment.unwrap_or_default()
}

const PENSION: &str = "hrss:110";
const RESIDENT: &str = "hrss:170";
const UNEMPLOYMENT: &str = "hrss:210";
const INJURY: &str = "hrss:410";
const MEDICAL: &str = "nhsa:310";
const RESIDENT_MEDICAL: &str = "nhsa:390";
