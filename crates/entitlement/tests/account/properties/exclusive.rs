//! Benefits that exclude each other, against a plain count of every pair in every month.

use super::{PLACES, Rng, for_every_seed, pick};
use crate::{
    federation::{self, Federation},
    sample::{WORKER, day, division, month, scheme, source},
};
use rand::RngExt;
use std::collections::{BTreeMap, BTreeSet};
use yizhang_entitlement::{Account, ConflictCode, Policy, account::RecordNumber, fold};
use yizhang_ledger::{
    entry::Kind,
    record::{Benefit, Record},
    value::{Code, Division, Fen, Month},
};

const SCHEMES: [&str; 4] = ["hrss:110", "hrss:120", "hrss:170", "hrss:210"];
/// A province, two of its cities, two districts of one of them, and a city of another province.
const OTHER_PLACES: [&str; 6] = ["440000", "440300", "440305", "440306", "440100", "330200"];

/// One benefit, awarded or paid, and its record in the account.
struct Drawn {
    kind: Kind,
    scheme: &'static str,
    place: u32,
    first: Month,
    last: Month,
    serial: String,
}

impl Drawn {
    fn generate(rng: &mut Rng, serial: usize) -> Self {
        let first = month("2020-01").plus(rng.random_range(0..30)).unwrap();
        let place = if rng.random_ratio(1, 4) {
            pick(rng, &PLACES)
        } else {
            pick(rng, &OTHER_PLACES)
        };
        Self {
            kind: if rng.random_ratio(1, 2) {
                Kind::BENEFIT_AWARD
            } else {
                Kind::BENEFIT_PAID
            },
            scheme: SCHEMES[rng.random_range(0..SCHEMES.len())],
            place: place.parse().unwrap(),
            first,
            last: first.plus(rng.random_range(0..8)).unwrap(),
            serial: serial.to_string(),
        }
    }

    fn entry(&self) -> Vec<u8> {
        let benefit = Benefit {
            account: WORKER,
            scheme: scheme(self.scheme),
            item: Code::new("100011").unwrap(),
            from: self.first,
            until: Some(self.last),
            amount: Fen::new(100_000).unwrap(),
            on: day("2020-01-10"),
            place: division(&self.place.to_string()),
            target: None,
            reason: Code::NONE,
            source: source(&self.serial),
        };
        federation::entry(&Record::Benefit(self.kind, benefit))
    }

    fn family(&self) -> &'static str {
        if self.scheme == "hrss:120" {
            "hrss:110"
        } else {
            self.scheme
        }
    }

    /// The rule, said once more: employee pensions are one within a province, the others within a city and its districts; the
    /// province's own agency is one with all of them. A claim of unemployment benefit is no rival of a pension that is awarded.
    fn excludes(&self, other: &Self) -> bool {
        if self.kind != other.kind {
            return false;
        }
        if self.scheme != other.scheme {
            let is_claim = |one: &Self| one.scheme == "hrss:210";
            return self.kind == Kind::BENEFIT_PAID || !(is_claim(self) || is_claim(other));
        }
        if self.place / 10_000 != other.place / 10_000 {
            return true;
        }
        let is_province = |place: u32| place.is_multiple_of(10_000);
        let same_city = self.place / 100 == other.place / 100;
        !(self.family() == "hrss:110"
            || is_province(self.place)
            || is_province(other.place)
            || same_city)
    }
}

/// The claims of unemployment benefit end where an employee pension begins; those behind that never were.
fn end_claims(drawn: Vec<Drawn>) -> Vec<Drawn> {
    let is_pension = |one: &&Drawn| one.kind == Kind::BENEFIT_AWARD && one.family() == "hrss:110";
    let Some(pension) = drawn.iter().filter(is_pension).map(|one| one.first).min() else {
        return drawn;
    };
    let is_claim = |one: &Drawn| one.kind == Kind::BENEFIT_AWARD && one.scheme == "hrss:210";
    let kept = drawn
        .into_iter()
        .filter(|one| !is_claim(one) || one.first < pension);
    kept.map(|one| Drawn {
        last: if is_claim(&one) {
            one.last.min(pension.previous().unwrap())
        } else {
            one.last
        },
        ..one
    })
    .collect()
}

/// Of each family the months and records of what is excluded there.
type Excluded = BTreeMap<&'static str, (BTreeSet<Month>, BTreeSet<String>)>;

fn pair_by_pair(drawn: &[Drawn], kind: Kind) -> Excluded {
    let mut found = Excluded::new();
    for (at, one) in drawn.iter().enumerate().filter(|(_, one)| one.kind == kind) {
        for other in drawn[at + 1..].iter().filter(|other| one.excludes(other)) {
            let both = one.first.max(other.first).number()..=one.last.min(other.last).number();
            if both.is_empty() {
                continue;
            }
            let (months, records) = found.entry(one.family().max(other.family())).or_default();
            months.extend(both.filter_map(Month::new));
            records.extend([one.serial.clone(), other.serial.clone()]);
        }
    }
    found
}

fn named(account: &Account, code: ConflictCode) -> Excluded {
    let mut found = Excluded::new();
    for conflict in account
        .conflicts
        .iter()
        .filter(|conflict| conflict.code == code)
    {
        let family = SCHEMES
            .into_iter()
            .find(|one| Some(*one) == conflict.family.as_deref())
            .unwrap();
        let (months, records) = found.entry(family).or_default();
        let (first, last) = (
            conflict.first.unwrap().number(),
            conflict.last.unwrap().number(),
        );
        assert_eq!(u32::from(last - first) + 1, conflict.months);
        let own: BTreeSet<Month> = (first..=last).filter_map(Month::new).collect();
        assert!(months.is_disjoint(&own), "a month is named once");
        months.extend(own);
        let serial = |number: &RecordNumber| {
            account.records[usize::try_from(number.0).unwrap()]
                .serial
                .clone()
        };
        records.extend(conflict.records.iter().map(serial));
    }
    found
}

#[test]
fn the_benefits_that_exclude_each_other_are_those_that_a_plain_count_finds() {
    for_every_seed(|rng| {
        let drawn: Vec<Drawn> = (0..rng.random_range(1..12))
            .map(|serial| Drawn::generate(rng, serial))
            .collect();
        let mut by_province: BTreeMap<u32, Vec<Vec<u8>>> = BTreeMap::new();
        for one in &drawn {
            let province = by_province.entry(one.place / 10_000).or_default();
            province.push(one.entry());
        }
        let mut federation = Federation::default();
        for (province, entries) in by_province {
            let region = Division::new(province * 10_000).unwrap();
            federation.append(region, &entries);
        }
        let account = fold(&federation.facts(), Policy::embedded(), day("2026-06-30"));
        let drawn = end_claims(drawn);
        assert_eq!(
            named(&account, ConflictCode::C24),
            pair_by_pair(&drawn, Kind::BENEFIT_PAID)
        );
        assert_eq!(
            named(&account, ConflictCode::Y09),
            pair_by_pair(&drawn, Kind::BENEFIT_AWARD)
        );
    });
}
