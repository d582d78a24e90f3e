//! Which place would keep months that several provinces hold, until agency and person agree: provisional, and said so.

use crate::{
    account::{Conflict, FamilyAccount, Person, Provisional, ProvisionalReason},
    conflict::ConflictCode,
    figures::{months_by_province, relation},
    formulas::benefit_place::{Facts, benefit_place},
    set::{AsOf, RecordSet, Role},
};
use std::collections::BTreeMap;
use yizhang_ledger::value::{Day, Division, Month};

/// Gives conflicts between provinces their provisional keeper (domain reference, C01): the place of benefit; else the
/// relation with more months; else the earlier receipt; else the lower code.
pub(crate) fn settle(
    set: &RecordSet<'_>,
    family: &FamilyAccount,
    person: &Person,
    conflicts: &mut [Conflict],
    (as_of, enough_months): (AsOf, u32),
) {
    let open = |found: &&mut Conflict| matches!(found.code, ConflictCode::C01 | ConflictCode::C03 | ConflictCode::C05);
    for found in conflicts.iter_mut().filter(open) {
        let places = credited_by_province(set, found);
        found.provisional = match found.code {
            ConflictCode::C05 => at_home(&places, person, found.first),
            _ => by_benefit(&places, family, person, (as_of, enough_months)),
        };
        found.choices = places.into_iter().map(|(place, held)| held.choice(place)).collect();
    }
}

/// What the records of a conflict hold in one province.
#[derive(Clone, Copy, Default)]
struct Stake {
    unit: i64,
    person: i64,
    received: Option<Day>,
}

impl Stake {
    const fn choice(self, place: Division) -> crate::account::Choice {
        crate::account::Choice { place, credited: crate::account::Amount { unit: self.unit, person: self.person } }
    }
}

fn credited_by_province(set: &RecordSet<'_>, conflict: &Conflict) -> BTreeMap<Division, Stake> {
    let mut places: BTreeMap<Division, Stake> = BTreeMap::new();
    for number in &conflict.records {
        let held = usize::try_from(number.0).ok().and_then(|at| set.get(at));
        let Some((Role::Received, contribution)) = held.and_then(crate::set::Held::money) else { continue };
        let stake = places.entry(contribution.place.province()).or_default();
        stake.unit = stake.unit.saturating_add(contribution.credited.unit.get());
        stake.person = stake.person.saturating_add(contribution.credited.person.get());
        stake.received = match (stake.received, contribution.received) {
            (Some(one), Some(other)) => Some(one.min(other)),
            (one, other) => one.or(other),
        };
    }
    places
}

/// 国发〔2014〕8号: residents participate where their household is registered.
fn at_home(places: &BTreeMap<Division, Stake>, person: &Person, first: Option<Month>) -> Option<Provisional> {
    let home = person.home_in(first?)?.place.province();
    places.contains_key(&home).then_some(Provisional { place: home, reason: ProvisionalReason::Household })
}

fn by_benefit(
    places: &BTreeMap<Division, Stake>,
    family: &FamilyAccount,
    person: &Person,
    (as_of, enough_months): (AsOf, u32),
) -> Option<Provisional> {
    let months = months_by_province(family);
    let home = person.home_in(as_of.month).map(|line| line.place);
    let benefit = benefit_place(Facts { home, relation: relation(family), months: &months }, enough_months).place;
    if let Some(place) = benefit.filter(|place| places.contains_key(place)) {
        return Some(Provisional { place, reason: ProvisionalReason::BenefitPlace });
    }
    let held = |place: Division| {
        let of_place = months.iter().filter(|line| line.place == place);
        of_place.fold(0_u32, |sum, line| sum.saturating_add(line.months))
    };
    let most = places.keys().map(|place| held(*place)).max()?;
    let leading: Vec<Division> = places.keys().copied().filter(|place| held(*place) == most).collect();
    if let [place] = leading.as_slice() {
        return Some(Provisional { place: *place, reason: ProvisionalReason::MoreMonths });
    }
    let received = |place: &Division| places.get(place).and_then(|stake| stake.received);
    let earliest = leading.iter().filter_map(received).min();
    let first: Vec<Division> = leading.iter().copied().filter(|place| received(place) == earliest).collect();
    match first.as_slice() {
        [place] => Some(Provisional { place: *place, reason: ProvisionalReason::EarlierReceipt }),
        _ => first.first().map(|place| Provisional { place: *place, reason: ProvisionalReason::LowerCode }),
    }
}
