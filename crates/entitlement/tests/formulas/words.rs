//! The words of the case files: amounts in yuan, months, ages, rates.

use serde::{Deserialize, de::DeserializeOwned};
use std::{fs, path::Path};
use yizhang_ledger::value::{Day, Division, Fen, Month, Rate};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CaseFile<P, C> {
    pub(crate) rule: P,
    pub(crate) case: Vec<C>,
}

/// Reads `NAME.toml` beside this file: the rule, then the cases.
pub(crate) fn read<P: DeserializeOwned, C: DeserializeOwned>(name: &str) -> CaseFile<P, C> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/formulas")
        .join(name)
        .with_extension("toml");
    let text =
        fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let file: CaseFile<P, C> =
        toml::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    assert!(!file.case.is_empty(), "{name} has no case");
    file
}

/// Yuan with two decimals, `1432.40` or `-3.41`.
pub(crate) fn yuan(text: &str) -> Fen {
    let (whole, part) = text
        .split_once('.')
        .unwrap_or_else(|| panic!("{text}: an amount has two decimals"));
    assert_eq!(part.len(), 2, "{text}: an amount has two decimals");
    Fen::new(format!("{whole}{part}").parse().unwrap()).unwrap()
}

/// A number with up to four decimals, in ten-thousandths.
pub(crate) fn ten_thousandths(text: &str) -> u32 {
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    assert!(part.len() <= 4, "{text}: at most four decimals");
    format!("{whole}{part:0<4}")
        .parse()
        .unwrap_or_else(|_| panic!("{text}: not a number"))
}

pub(crate) fn rate(text: &str) -> Rate {
    Rate::new(ten_thousandths(text)).unwrap()
}

pub(crate) fn month(text: &str) -> Month {
    Month::parse(text).unwrap_or_else(|| panic!("{text}: not a month"))
}

pub(crate) fn day(text: &str) -> Day {
    Day::parse(text).unwrap_or_else(|| panic!("{text}: not a day"))
}

pub(crate) fn division(code: u32) -> Division {
    Division::new(code).unwrap_or_else(|| panic!("{code}: not a division"))
}

/// `60y1m` in months.
pub(crate) fn age(text: &str) -> u16 {
    let (years, months) = text
        .strip_suffix('m')
        .and_then(|text| text.split_once('y'))
        .expect(text);
    years.parse::<u16>().unwrap() * 12 + months.parse::<u16>().unwrap()
}

/// Months in tenths, `138.4`.
pub(crate) fn tenths(text: &str) -> u32 {
    ten_thousandths(text) / 1_000
}
