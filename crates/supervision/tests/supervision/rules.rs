//! The rules that supervision brings.

use crate::sample::{division, fen, month};
use yizhang_ledger::value::Code;
use yizhang_rules::{Confidence, Key, RuleFile, RuleSet};
use yizhang_supervision::{FenSum, subsidies, subsidies::Programme, terms, warnings::Rule};

#[test]
fn the_rules_of_supervision_are_certain_and_touch_none_of_an_account() {
    let set = terms::embedded().rules();
    let account = RuleSet::embedded();
    for rule in account.rules() {
        assert!(set.rules().contains(rule), "{}", rule.id);
    }
    let own: Vec<_> = set
        .rules()
        .iter()
        .filter(|rule| !account.rules().contains(rule))
        .collect();
    assert!(own.len() >= 20, "{}", own.len());
    for rule in own {
        assert_ne!(rule.confidence, Confidence::Uncertain, "{}", rule.id);
    }
}

#[test]
fn premiums_of_orders_are_those_that_shandong_published() {
    let set = terms::embedded().rules();
    let premium = |key, of, place, when| {
        let figure = set.yuan(key, of, division(place), month(when));
        figure.map(|figure| figure.value.to_string())
    };
    let of = |of, when| premium(Key::OrderPremium, of, "370200", when);
    assert_eq!(of("ride-hailing", "2025-07").as_deref(), Some("0.01"));
    assert_eq!(of("delivery", "2026-12").as_deref(), Some("0.25"));
    assert_eq!(of("freight", "2026-01").as_deref(), Some("0.18"));
    assert_eq!(of("other", "2026-01"), None);
    assert_eq!(of("delivery", "2025-06"), None, "before the notice");
    assert_eq!(of("delivery", "2027-01"), None, "floating from 2027 on");
    let first = premium(Key::OrderPremiumFirst, "delivery", "370200", "2026-01");
    assert_eq!(first.as_deref(), Some("0.07"));
    let elsewhere = premium(Key::OrderPremium, "delivery", "110000", "2026-01");
    assert_eq!(elsewhere, None, "other provinces are an operator's");
}

#[test]
fn an_operator_replaces_a_proposal_by_its_id() {
    let text = "[[rule]]\nid = \"warning.premium-days\"\nkey = \"warning.premium-days\"\n\
                value = { count = 30 }\nconfidence = \"D\"\n";
    let policy = terms::policy(&[RuleFile { name: "own", text }]).unwrap();
    let place = division("370200");
    let days = policy
        .rules()
        .number(Key::WarningPremium, "", place, month("2026-01"));
    assert_eq!(days.unwrap().value, 30);
    let wrong = text.replace("30", "\"30\"");
    let wrong = RuleFile {
        name: "own",
        text: &wrong,
    };
    assert!(terms::policy(&[wrong]).is_err());
}

#[test]
fn every_rule_of_warnings_has_a_code_of_its_own_that_a_record_can_hold() {
    for rule in Rule::ALL {
        assert_eq!(Rule::of_code(rule.code()), Some(rule));
        assert!(Code::new(rule.code()).is_some_and(|code| !code.is_none()));
    }
    assert_eq!(Rule::of_code("premium-unpaid "), None);
}

#[test]
fn every_rule_of_warnings_stands_in_the_document() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/WARNINGS.md");
    let document = std::fs::read_to_string(path).unwrap();
    for rule in Rule::ALL {
        let row = format!("| `{rule}` | ");
        assert!(document.contains(&row), "docs/WARNINGS.md has no row {row}");
    }
}

/// Domain reference, 2.9.
#[test]
fn the_example_programme_bears_what_beijing_comes_to() {
    let programme = subsidies::example();
    assert!(programme.is_example);
    let borne = |scheme: &str, due: &str| {
        let cap = programme.caps.iter().find(|cap| cap.scheme == scheme);
        cap.unwrap().of(fen(due)).to_string()
    };
    assert_eq!(borne("hrss:110", "1432.40"), "954.93");
    assert_eq!(borne("nhsa:310", "584.92"), "389.95");
    assert_eq!(borne("hrss:210", "71.62"), "47.75");
    assert_eq!(borne("hrss:110", "1432.39"), "954.93", "half up to the fen");
    assert_eq!(borne("hrss:110", "1432.38"), "954.92");
    assert_eq!(
        borne("hrss:110", "9000.00"),
        "954.93",
        "no more than the cap"
    );
}

#[test]
fn programmes_that_mean_nothing_are_refused() {
    let example = include_str!("../../data/example-programme.toml");
    assert_eq!(Programme::read(example).unwrap(), subsidies::example());
    for (old, new, expected) in [
        (
            "[2, 3]",
            "[3, 2]",
            "share: expected a share of no more than the whole",
        ),
        ("[2, 3]", "[2, 0]", "share"),
        ("954.93", "954.9", "cap: expected an amount"),
        ("\"110000\"", "\"11\"", "place: expected a division code"),
        ("2025-07\"", "2025-13\"", "from: expected a month"),
        ("hrss:110", "hrss", "scheme: expected a scheme"),
        ("example = true", "sample = true", "unknown field"),
    ] {
        let fault = Programme::read(&example.replacen(old, new, 1)).unwrap_err();
        assert!(
            fault.to_string().contains(expected),
            "{old} -> {new}: {fault}"
        );
    }
    let large = format!("#{}", "x".repeat(subsidies::PROGRAMME_BYTES_MAX));
    assert!(
        Programme::read(&large)
            .unwrap_err()
            .to_string()
            .contains("at most")
    );
}

/// E27 of the domain reference.
#[test]
fn one_per_cent_of_the_revenue_is_half_up_to_the_fen() {
    let rate = yizhang_ledger::value::Rate::new(100).unwrap();
    let due = |revenue| FenSum::rated(fen(revenue), rate).unwrap().to_string();
    assert_eq!(due("12345678.90"), "123456.79");
    assert_eq!(due("12345678.49"), "123456.78");
    assert_eq!(due("12345678.50"), "123456.79");
    assert_eq!(due("0.49"), "0.00");
    assert_eq!(due("0.50"), "0.01");
}
