use crate::words::{age, month, read};
use serde::Deserialize;
use std::collections::BTreeMap;
use yizhang_entitlement::formulas::retirement::{
    Minimum, Schedule, latest_start, minimum_months, minimum_months_year, months_left,
    months_short, retirement,
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Rule {
    flex_months: u16,
    class: BTreeMap<String, Class>,
    minimum: Vec<(u16, u32)>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Class {
    original_age: String,
    first_birth: String,
    step_months: u16,
    delay_max_months: u16,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    class: String,
    birth: String,
    delay: u16,
    age: String,
    statutory: String,
    earliest: Option<String>,
    latest: Option<String>,
    minimum_months: u32,
    chosen: Option<String>,
    counted: Option<u32>,
    short: Option<u32>,
    as_of: Option<String>,
    left: Option<u32>,
    latest_start: Option<String>,
}

#[test]
fn the_official_rows_and_their_neighbours() {
    let file = read::<Rule, Case>("retirement");
    let minimum: Vec<_> = file
        .rule
        .minimum
        .iter()
        .map(|&(from_year, months)| Minimum { from_year, months })
        .collect();
    for case in file.case {
        let name = format!("{} born {}", case.class, case.birth);
        let class = &file.rule.class[&case.class];
        let schedule = Schedule {
            original_age_months: age(&class.original_age),
            first_birth: month(&class.first_birth),
            step_months: class.step_months,
            delay_max_months: class.delay_max_months,
        };
        let found = retirement(schedule, month(&case.birth), file.rule.flex_months).expect(&name);
        assert_eq!(found.delay_months, case.delay, "{name}: delay");
        assert_eq!(found.age_months, age(&case.age), "{name}: age");
        assert_eq!(found.statutory, month(&case.statutory), "{name}: statutory");
        assert_eq!(
            found.earliest,
            case.earliest.as_deref().map(month),
            "{name}: earliest"
        );
        assert_eq!(
            found.latest,
            case.latest.as_deref().map(month),
            "{name}: latest"
        );
        let year = minimum_months_year(
            found.statutory,
            case.chosen.as_deref().map_or(found.statutory, month),
        );
        assert_eq!(
            minimum_months(&minimum, year),
            Some(case.minimum_months),
            "{name}: minimum"
        );
        if let Some(counted) = case.counted {
            let short = months_short(counted, case.minimum_months);
            assert_eq!(Some(short), case.short, "{name}: short");
            assert_eq!(
                latest_start(short, found.statutory),
                case.latest_start.as_deref().map(month),
                "{name}: start"
            );
        }
        if let Some(as_of) = &case.as_of {
            assert_eq!(
                Some(months_left(month(as_of), found.statutory)),
                case.left,
                "{name}: left"
            );
        }
    }
}

#[test]
fn the_minimum_of_every_year() {
    let rows = read::<Rule, Case>("retirement").rule.minimum;
    let table: Vec<_> = rows
        .iter()
        .rev()
        .map(|&(from_year, months)| Minimum { from_year, months })
        .collect();
    let expected = [
        (2024, 180),
        (2029, 180),
        (2030, 186),
        (2031, 192),
        (2032, 198),
        (2033, 204),
        (2034, 210),
    ];
    let later = [
        (2035, 216),
        (2036, 222),
        (2037, 228),
        (2038, 234),
        (2039, 240),
        (2040, 240),
        (u16::MAX, 240),
    ];
    for (year, months) in expected.into_iter().chain(later) {
        assert_eq!(minimum_months(&table, year), Some(months), "{year}");
    }
    assert_eq!(
        minimum_months(
            &[Minimum {
                from_year: 2030,
                months: 186
            }],
            2029
        ),
        None
    );
}
