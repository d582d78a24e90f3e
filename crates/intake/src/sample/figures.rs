//! Bases, rates and interest of the sample: published figures where they are known, invented but plausible ones
//! elsewhere. Only for samples; what the law says is for the rules of `entitlement`.

use crate::{cell_value, tables};
use std::sync::LazyLock;
use yizhang_ledger::value::{Fen, Month, Rate};

/// Growth of wages a year where no limit is known, as hundredths: 6 %.
const GROWTH_HUNDREDTHS: u64 = 106;
/// Floor of places without any known limit, from July 2025 on, in yuan.
const UNKNOWN_FLOOR_YUAN: u64 = 4_200;
/// A ceiling is 300 % of the average wage and a floor 60 %.
const CEILING_FLOORS: u64 = 5;

/// A place of the sample.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) region: u32,
    /// Place of participation.
    pub(crate) code: u32,
    /// The city in numbers of people and companies.
    pub(crate) city: u32,
}

/// The places of a region; for one that the table does not have, its first city.
pub(crate) fn places(region: u32) -> Vec<Place> {
    let known = tables::lines(include_str!("../data/sample_places.csv")).filter_map(
        |[of, code, city, _]| {
            let place = Place {
                region: of.parse().ok()?,
                code: code.parse().ok()?,
                city: city.parse().ok()?,
            };
            (place.region == region).then_some(place)
        },
    );
    let mut places: Vec<Place> = known.collect();
    if places.is_empty() {
        places.push(Place {
            region,
            code: region + 100,
            city: region + 100,
        });
    }
    places
}

struct Limits {
    place: u32,
    from: Month,
    until: Option<Month>,
    floor: u64,
    ceiling: Option<u64>,
}

fn limits() -> &'static [Limits] {
    static TABLE: LazyLock<Vec<Limits>> = LazyLock::new(|| {
        let read = |[place, from, until, floor, ceiling]: [&str; 5]| {
            Some(Limits {
                place: place.parse().ok()?,
                from: Month::parse(from)?,
                until: Month::parse(until),
                floor: floor.parse().ok()?,
                ceiling: ceiling.parse().ok(),
            })
        };
        tables::lines(include_str!("../data/sample_base_limits.csv"))
            .filter_map(read)
            .collect()
    });
    &TABLE
}

/// Floor and ceiling of the base at a place, in yuan.
pub(crate) fn base_limits(place: Place, month: Month) -> (u64, u64) {
    let of_place = |limits: &&Limits| limits.place == place.code || limits.place == place.region;
    let in_force =
        |limits: &&Limits| limits.from <= month && limits.until.is_none_or(|until| month <= until);
    if let Some(limits) = limits().iter().filter(of_place).find(in_force) {
        return (
            limits.floor,
            limits.ceiling.unwrap_or(limits.floor * CEILING_FLOORS),
        );
    }
    let earliest = limits()
        .iter()
        .filter(of_place)
        .min_by_key(|limits| limits.from);
    let (known, mut floor) = match (earliest, Month::of(2_025, 7)) {
        (Some(limits), _) => (limits.from, limits.floor),
        (None, Some(july)) => (july, UNKNOWN_FLOOR_YUAN),
        (None, None) => (month, UNKNOWN_FLOOR_YUAN),
    };
    let mut years = known.since(month).max(0).unsigned_abs().div_ceil(12);
    while years > 0 {
        floor = floor * 100 / GROWTH_HUNDREDTHS;
        years -= 1;
    }
    (floor, floor * CEILING_FLOORS)
}

/// A base at so many hundredths of the floor, within the limits, in whole yuan.
pub(crate) fn base(place: Place, month: Month, hundredths: u32) -> Fen {
    let (floor, ceiling) = base_limits(place, month);
    let yuan = (floor * u64::from(hundredths) / 100).clamp(floor, ceiling);
    fen(yuan)
}

pub(crate) fn fen(yuan: u64) -> Fen {
    i64::try_from(yuan * 100)
        .ok()
        .and_then(Fen::new)
        .expect("amounts of the sample are far below the largest")
}

/// The rate of interest on personal accounts for a year, where it is known.
pub(crate) fn interest_rate(year: u16) -> Option<Rate> {
    tables::lines(include_str!("../data/sample_interest.csv"))
        .find(|[of, _]| of.parse() == Ok(year))
        .and_then(|[_, rate]| cell_value::rate(rate).ok())
}

/// A scheme as the sample pays it, rates in ten-thousandths.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Tariff {
    pub(crate) scheme: &'static str,
    pub(crate) unit: u32,
    pub(crate) person: u32,
    /// Of the base, credited to the personal account.
    pub(crate) credited: u32,
}

/// What an employee and the unit pay.
pub(crate) const EMPLOYEE: &[Tariff] = &[
    Tariff {
        scheme: "hrss:110",
        unit: 1_600,
        person: 800,
        credited: 800,
    },
    Tariff {
        scheme: "nhsa:310",
        unit: 650,
        person: 200,
        credited: 200,
    },
    Tariff {
        scheme: "hrss:210",
        unit: 50,
        person: 50,
        credited: 0,
    },
    Tariff {
        scheme: "hrss:410",
        unit: 40,
        person: 0,
        credited: 0,
    },
];

/// What a flexible worker pays alone: 20 % for the pension, of which 8 % are credited (国发〔2005〕38号).
pub(crate) const FLEXIBLE: &[Tariff] = &[
    Tariff {
        scheme: "hrss:110",
        unit: 0,
        person: 2_000,
        credited: 800,
    },
    Tariff {
        scheme: "nhsa:310",
        unit: 0,
        person: 800,
        credited: 0,
    },
];

/// Only the pension, for the personas.
pub(crate) const EMPLOYEE_PENSION: &[Tariff] = &[EMPLOYEE_FIRST];
/// As [`EMPLOYEE_PENSION`], for a flexible worker.
pub(crate) const FLEXIBLE_PENSION: &[Tariff] = &[FLEXIBLE_FIRST];
const EMPLOYEE_FIRST: Tariff = Tariff {
    scheme: "hrss:110",
    unit: 1_600,
    person: 800,
    credited: 800,
};
const FLEXIBLE_FIRST: Tariff = Tariff {
    scheme: "hrss:110",
    unit: 0,
    person: 2_000,
    credited: 800,
};
