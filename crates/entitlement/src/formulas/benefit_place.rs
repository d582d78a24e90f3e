//! Which province will pay a pension (待遇领取地).

use std::collections::{BTreeMap, BTreeSet};
use yizhang_ledger::value::{Division, Month};

/// Months of the employee pension in one place, deemed months included (人社部规〔2016〕5号: where the worker then
/// worked).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PlaceMonths {
    /// The place, down to whatever level is recorded: it is counted for its province.
    pub place: Division,
    /// Months that count there, those of a temporary account left out.
    pub months: u32,
    /// Months of a temporary account there: they belong to the place that will take it over, which is the one that holds
    /// the relation or the place of benefit (国办发〔2009〕66号 art. 5).
    pub temporary: u32,
    /// The last of `months`, if known.
    pub last: Option<Month>,
}

/// What the rule looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Facts<'f> {
    /// The place of household registration (户籍) when the conditions are met; `None` if nobody stated it.
    pub home: Option<Division>,
    /// The place that holds the pension relation; `None` if unknown.
    pub relation: Option<Division>,
    /// Months by place, in any order; a province may appear several times.
    pub months: &'f [PlaceMonths],
}

/// Why a province is the place of benefit: the steps of 国办发〔2009〕66号 art. 6.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// R1: the relation is at home, however short.
    RelationAtHome,
    /// R2: the relation is elsewhere, with enough months there.
    EnoughAtRelation,
    /// R3: the previous place with enough months.
    EnoughEarlier,
    /// R4: nowhere enough months: home.
    NowhereEnough,
    /// A fact is missing. If the province is given nevertheless, it is the same whatever the fact turns out to be.
    Unknown(Missing),
}

/// The fact that is missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Missing {
    /// The place of household registration.
    Home,
    /// The place of the relation.
    Relation,
    /// Both.
    HomeAndRelation,
    /// Which of several places was the previous one: a last month is not known, or they have the same last month and
    /// the same number of months.
    PreviousPlace,
    /// Which place will take a temporary account over: its months would change the place of benefit.
    TemporaryAccount,
}

/// The place of benefit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BenefitPlace {
    /// The province, if the facts decide it.
    pub place: Option<Division>,
    /// Which step of the rule decided, or what is missing.
    pub reason: Reason,
}

#[derive(Clone, Copy)]
struct Province {
    months: u32,
    last: Option<Month>,
}

type Provinces = BTreeMap<Division, Province>;

/// The province that will pay, `threshold_months` (120) being enough for a place that is not home.
///
/// Months are counted by province: Guangzhou and Shenzhen are both Guangdong. Of several earlier provinces with enough
/// months the one with the later last month is the previous one, of two that end together the one with more months
/// (our design); if that does not tell them apart, nothing is picked.
///
/// Months of a temporary account are nobody's until a place takes it over: the place is decided only if it is the same
/// whether or not they are added to the place of the relation.
///
/// Source: 国办发〔2009〕66号 art. 6, household registration by province: the same document (verified); that the home of
/// the day on which the conditions are met decides: practice (known).
pub fn benefit_place(facts: Facts<'_>, threshold_months: u32) -> BenefitPlace {
    // Sums over provinces saturate: several may hold a month, so no calendar bounds them.
    let provinces = by_province(facts.months);
    let without = decide(facts, &provinces, threshold_months);
    let temporary = facts
        .months
        .iter()
        .fold(0_u32, |sum, line| sum.saturating_add(line.temporary));
    if temporary == 0 {
        return without;
    }
    let with = decide(
        facts,
        &gathered(provinces, facts, temporary),
        threshold_months,
    );
    if with == without {
        return without;
    }
    match without.reason {
        Reason::Unknown(missing) => BenefitPlace {
            place: without.place.filter(|_| with.place == without.place),
            reason: Reason::Unknown(missing),
        },
        _ => BenefitPlace {
            place: None,
            reason: Reason::Unknown(Missing::TemporaryAccount),
        },
    }
}

/// With the months of temporary accounts at the place of the relation, or where that is not known, at every place.
fn gathered(mut provinces: Provinces, facts: Facts<'_>, temporary: u32) -> Provinces {
    let receiving: Vec<Division> = match facts.relation {
        Some(relation) => vec![relation.province()],
        None => facts
            .months
            .iter()
            .map(|line| line.place.province())
            .collect::<BTreeSet<_>>()
            .into_iter()
            .collect(),
    };
    for place in receiving {
        let province = provinces.entry(place).or_insert(Province {
            months: 0,
            last: None,
        });
        province.months = province.months.saturating_add(temporary);
    }
    provinces
}

fn decide(facts: Facts<'_>, provinces: &Provinces, threshold_months: u32) -> BenefitPlace {
    let enough = |place: Division| {
        provinces
            .get(&place)
            .is_some_and(|held| held.months >= threshold_months)
    };
    let (home, relation) = (
        facts.home.map(Division::province),
        facts.relation.map(Division::province),
    );
    let unknown = |place, missing| BenefitPlace {
        place,
        reason: Reason::Unknown(missing),
    };
    match (home, relation) {
        (Some(home), Some(relation)) if home == relation => decided(home, Reason::RelationAtHome),
        (Some(_), Some(relation)) if enough(relation) => {
            decided(relation, Reason::EnoughAtRelation)
        }
        (Some(home), Some(_)) => match previous(provinces, threshold_months) {
            Previous::One(place) => decided(place, Reason::EnoughEarlier),
            Previous::None => decided(home, Reason::NowhereEnough),
            Previous::Open => unknown(None, Missing::PreviousPlace),
        },
        // With enough months there, the relation's place pays whether or not it is home.
        (None, Some(relation)) => {
            unknown(Some(relation).filter(|place| enough(*place)), Missing::Home)
        }
        // If no other place has enough months, every relation leads home.
        (Some(home), None) => {
            let elsewhere = provinces
                .keys()
                .any(|place| *place != home && enough(*place));
            unknown(Some(home).filter(|_| !elsewhere), Missing::Relation)
        }
        (None, None) => unknown(None, Missing::HomeAndRelation),
    }
}

fn decided(place: Division, reason: Reason) -> BenefitPlace {
    BenefitPlace {
        place: Some(place),
        reason,
    }
}

/// Sums by province; a last month that is not known in one place is not known for the province.
fn by_province(months: &[PlaceMonths]) -> Provinces {
    let mut provinces = Provinces::new();
    for line in months.iter().filter(|line| line.months > 0) {
        let entry = provinces.entry(line.place.province());
        let known = entry.or_insert(Province {
            months: 0,
            last: line.last,
        });
        known.months = known.months.saturating_add(line.months);
        known.last = known.last.zip(line.last).map(|(one, other)| one.max(other));
    }
    provinces
}

enum Previous {
    None,
    One(Division),
    Open,
}

fn previous(provinces: &Provinces, threshold_months: u32) -> Previous {
    let enough: Vec<_> = provinces
        .iter()
        .filter(|(_, held)| held.months >= threshold_months)
        .collect();
    if let [(place, _)] = enough.as_slice() {
        return Previous::One(**place);
    }
    if enough.iter().any(|(_, held)| held.last.is_none()) {
        return Previous::Open;
    }
    let Some(best) = enough
        .iter()
        .map(|(_, held)| (held.last, held.months))
        .max()
    else {
        return Previous::None;
    };
    let mut latest = enough
        .iter()
        .filter(|(_, held)| (held.last, held.months) == best);
    match (latest.next(), latest.next()) {
        (Some((place, _)), None) => Previous::One(**place),
        _ => Previous::Open,
    }
}
