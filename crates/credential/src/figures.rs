//! Which figures of an account a credential carries, as the account states them.

use serde_json::{Map, Value, json};
use yizhang_entitlement::{
    Account, Family,
    account::{FamilyAccount, FigureName, FigureValue, PlaceMonths},
    conflict::Severity,
};

/// The headline figures of a family of schemes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Figures {
    /// Its name in the account, for instance `hrss:110`.
    pub(crate) family: String,
    /// How many conflicts wait for people: while there are any, the figures are provisional.
    pub(crate) open_conflicts: usize,
    pub(crate) values: Map<String, Value>,
}

/// Those of each family of an account.
pub(crate) fn figures(account: &Account) -> Vec<Figures> {
    let of = |family: &FamilyAccount| Figures {
        family: family.family.clone(),
        open_conflicts: open_conflicts(account, &family.family),
        values: of_family(account, family),
    };
    account.families.iter().map(of).collect()
}

fn of_family(account: &Account, family: &FamilyAccount) -> Map<String, Value> {
    let mut figures = Map::new();
    let mut say = |name: &str, value: Value| figures.insert(name.to_owned(), value);
    let places: Vec<Value> = family.by_place.iter().map(of_place).collect();
    say("counted_months", family.counted_months.into());
    say("deemed_months", family.deemed_months.into());
    if let (Some(first), Some(last)) = (family.first, family.last) {
        say("first", first.to_string().into());
        say("last", last.to_string().into());
    }
    say("by_place", places.into());
    if family.is_of(Family::PENSION)
        && let Some(figure) = account.figure(FigureName::BenefitPlace)
        && let Some(FigureValue::Place(place)) = figure.value
    {
        say("benefit_place", place.to_string().into());
    }
    figures
}

fn of_place(place: &PlaceMonths) -> Value {
    json!({
        "place": place.place.to_string(),
        "months": place.months,
        "contested": place.contested,
        "deemed": place.deemed,
    })
}

fn open_conflicts(account: &Account, family: &str) -> usize {
    let waits = account.conflicts.iter().filter(|conflict| {
        let is_of_family = conflict.family.as_deref().is_none_or(|of| of == family);
        is_of_family && conflict.severity >= Severity::Prov
    });
    waits.count()
}
