//! What a row says is due and goes to the personal account is held beside the rates of a rule set; a difference is taken,
//! with a warning.

use crate::support::{self, ANNA, csv, received, secret, with, without};
use yizhang_intake::{Fault, Intake, RateOf, RateRule, RateTable, ReadOptions, Row, Source};
use yizhang_ledger::value::{Division, Month, Rate};

/// A rate of employees' pension from a month on.
fn rule(of: RateOf, place: Option<u32>, from: &str, ten_thousandths: u32) -> RateRule {
    RateRule {
        of,
        scheme: "hrss:110".to_owned(),
        place: place.and_then(Division::new),
        from: Month::parse(from),
        until: None,
        rate: Rate::new(ten_thousandths).unwrap(),
    }
}

fn table() -> RateTable {
    let before = RateRule {
        until: Month::parse("2005-12"),
        ..rule(RateOf::Account, None, "1998-01", 1_100)
    };
    RateTable::new([
        before,
        rule(RateOf::Account, None, "2006-01", 800),
        rule(RateOf::Person, None, "2006-01", 800),
        rule(RateOf::Flexible, None, "2006-01", 2_000),
        rule(RateOf::Unit, None, "2019-05", 1_600),
        rule(RateOf::Unit, Some(440_000), "2017-01", 1_400),
        rule(RateOf::Unit, Some(440_300), "2018-01", 1_500),
    ])
}

/// Codes of what is said of the row, all of it warnings.
fn warned(row: support::Cells) -> Vec<&'static str> {
    let options = ReadOptions {
        rates: table(),
        ..ReadOptions::default()
    };
    let intake = Intake::open(Source::Bytes(csv(&[row]).as_bytes().into()), &options).unwrap();
    let secret = secret();
    let row = intake.rows(&secret).unwrap().next().unwrap().unwrap();
    let Row::Valid(row) = row else {
        panic!("{row:?}");
    };
    row.notes.iter().map(|note| note.fault.code()).collect()
}

/// The row of a unit in Guangzhou, where 14 % was in force.
fn of_unit() -> support::Cells {
    with(received(), &[("place", "440100")])
}

#[test]
fn a_row_at_the_rates_in_force_has_no_warning() {
    assert_eq!(warned(of_unit()), [] as [&str; 0]);
    let fen = with(of_unit(), &[("credited_person", "359.99")]);
    assert_eq!(warned(fen), [] as [&str; 0], "a fen is rounding");
    let of_person = [
        ("due_person", "900.00"),
        ("paid_person", "900.00"),
        ("person_rate", "20%"),
    ];
    let alone = without(
        received(),
        &["payer_id", "unit_rate", "due_unit", "paid_unit"],
    );
    assert_eq!(warned(with(alone, &of_person)), [] as [&str; 0]);
    let quarter = [
        ("months", "3"),
        ("due_unit", "1890.00"),
        ("due_person", "1080.00"),
        ("paid_unit", "1890.00"),
        ("paid_person", "1080.00"),
        ("credited_person", "1080.00"),
    ];
    assert_eq!(warned(with(of_unit(), &quarter)), [] as [&str; 0]);
    let other_scheme = with(
        of_unit(),
        &[("scheme", "hrss:210"), ("credited_person", "")],
    );
    assert_eq!(
        warned(other_scheme),
        [] as [&str; 0],
        "of which there is no rule"
    );
}

#[test]
fn what_the_personal_account_gets_is_held_beside_the_rule_of_the_month() {
    let credited = |amount| warned(with(of_unit(), &[("credited_person", amount)]));
    assert_eq!(credited(""), ["credited-differs"], "forgotten");
    assert_eq!(credited("0.00"), ["credited-differs"]);
    assert_eq!(credited("100.00"), ["credited-differs"]);
    assert_eq!(credited("359.98"), ["credited-differs"]);
    let before_2006 = [
        ("period", "2005-12"),
        ("received", "2006-01-20"),
        ("credited_unit", "135.00"),
    ];
    assert_eq!(
        warned(with(of_unit(), &before_2006)),
        [] as [&str; 0],
        "11 %"
    );
    let short = [("paid_person", "100.00"), ("credited_person", "100.00")];
    assert_eq!(
        warned(with(of_unit(), &short)),
        [] as [&str; 0],
        "not fully paid"
    );
    let arrears = [("type", "31"), ("credited_person", "")];
    assert_eq!(
        warned(with(of_unit(), &arrears)),
        [] as [&str; 0],
        "paid later"
    );
}

#[test]
fn a_due_at_a_rate_that_is_not_in_force_is_warned_of_with_the_narrowest_rule() {
    assert_eq!(
        warned(received()),
        ["due-at-other-rate"],
        "15 % in Shenzhen"
    );
    let later = [("period", "2019-05"), ("received", "2019-06-20")];
    assert_eq!(
        warned(with(
            received(),
            &[&later[..], &[("place", "520100")]].concat()
        )),
        ["due-at-other-rate"],
        "16 % in the nation"
    );
    let row = with(
        of_unit(),
        &[
            ("person_rate", "5%"),
            ("due_person", "225.00"),
            ("paid_person", "225.00"),
            ("credited_person", "225.00"),
        ],
    );
    assert_eq!(warned(row), ["due-at-other-rate", "credited-differs"]);
    let options = ReadOptions::default();
    let file = csv(&[with(received(), &[("person", ANNA)])]);
    let intake = Intake::open(Source::Bytes(file.as_bytes().into()), &options).unwrap();
    let secret = secret();
    let silent = intake.check(&secret, None, &mut |_| {}).unwrap();
    assert_eq!(silent.warned, 0, "without rules nothing is compared");
    assert!(Fault::CODES.contains(&"due-at-other-rate"));
}
