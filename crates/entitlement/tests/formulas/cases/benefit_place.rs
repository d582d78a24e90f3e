use crate::words::{division, month, read};
use serde::Deserialize;
use yizhang_entitlement::formulas::benefit_place::{Facts, PlaceMonths, benefit_place};
use yizhang_ledger::value::Division;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Rule {
    threshold_months: u32,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    title: String,
    home: Option<u32>,
    relation: Option<u32>,
    months: Vec<Line>,
    place: Option<u32>,
    reason: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    place: u32,
    #[serde(default)]
    months: u32,
    #[serde(default)]
    temporary: u32,
    last: Option<String>,
}

#[test]
fn places_of_benefit() {
    let file = read::<Rule, Case>("benefit_place");
    for case in file.case {
        let months: Vec<_> = case
            .months
            .iter()
            .map(|line| PlaceMonths {
                place: division(line.place),
                months: line.months,
                temporary: line.temporary,
                last: line.last.as_deref().map(month),
            })
            .collect();
        let facts = Facts {
            home: case.home.map(division),
            relation: case.relation.map(division),
            months: &months,
        };
        let found = benefit_place(facts, file.rule.threshold_months);
        assert_eq!(
            found.place.map(Division::code),
            case.place,
            "{}",
            case.title
        );
        assert_eq!(format!("{:?}", found.reason), case.reason, "{}", case.title);
    }
}
