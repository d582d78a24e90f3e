//! What the three answers and the cards of schemes say, where several things of the account bear on them.

use crate::{
    pages::text,
    people::{Check, answer, of_case, of_records},
};
use std::fmt::Write;
use yizhang_entitlement::Account;
use yizhang_show::language::Language;

fn part(account: Account, language: Language, part: &str) -> String {
    text(&answer(account, Check::Done), language, part)
}

/// Each of these is said, and none of those.
fn says(text: &str, expected: &[&str], wrong: &[&str]) {
    for words in expected {
        assert!(text.contains(words), "{words}: {text}");
    }
    for words in wrong {
        assert!(!text.contains(words), "not {words}: {text}");
    }
}

/// Resident pension of some years, paid in their first days.
fn resident_years(first: u16, last: u16) -> String {
    let mut text = String::new();
    for year in first..=last {
        writeln!(
            text,
            "{{ chain = '440000', scheme = 'hrss:170', year = {year}, place = '440500', paid = ['0.00', '100.00'], received = '{year}-01-05' }},"
        )
        .unwrap();
    }
    text
}

fn born(month: &str) -> String {
    format!(
        "{{ chain = '440000', kind = 'BirthDateFact', months = '{month}' }},\n{{ chain = '440000', kind = 'RetireClassFact', class = 'M60' }},\n"
    )
}

#[test]
fn an_age_without_enough_months_is_no_pension() {
    let account = of_case("begin.toml: near-miss: a month younger than 45 then");
    let shown = part(account.clone(), Language::En, "get");
    says(
        &shown,
        &[
            "Not known yet",
            "comes in Jul 2026, but by then the months are not enough, even if you pay every year",
        ],
        &["you can draw", "From Jul 2026"],
    );
    let shown = part(account, Language::Zh, "get");
    says(&shown, &["到那时月数还是不够"], &["可以领"]);
}

#[test]
fn a_pension_that_needs_more_months_is_said_with_its_condition() {
    let account = of_case("begin.toml: near-miss: nobody young is told");
    let shown = part(account, Language::En, "get");
    says(
        &shown,
        &[
            "From Apr 2050 on",
            "if you pay for it every year until you have enough",
        ],
        &[],
    );
    // Near-miss: the months are there.
    let account = of_records(
        "2025-12-31",
        &(born("1968-03") + &resident_years(2010, 2025)),
    );
    let shown = part(account, Language::En, "get");
    says(
        &shown,
        &["From Apr 2028 on"],
        &["if you pay for it every year"],
    );
}

#[test]
fn two_factory_months_do_not_hide_the_resident_years() {
    let factory = "{ chain = '440000', months = '2026-03..2026-04', place = '440500', payer = 'unit 91440500MA0000000X' },\n";
    let records = born("1967-03") + &resident_years(2006, 2025) + factory;
    let account = of_records("2026-06-30", &records);
    let shown = part(account.clone(), Language::En, "get");
    says(
        &shown,
        &[
            "Resident pension: From Apr 2027 on",
            "Employee pension: Not before",
            "You have months in both pensions",
        ],
        &[],
    );
    let resident = shown.find("Resident pension: From").unwrap();
    assert!(
        resident < shown.find("Employee pension: Not").unwrap(),
        "{shown}"
    );
    let missing = part(account, Language::En, "missing");
    says(&missing, &["Resident pension", "Employee pension"], &[]);
    // Near-miss: where the employee's months will be enough at the age, employee pension comes first.
    let years = "{ chain = '440000', months = '2010-01..2026-06', place = '440500' },\n";
    let account = of_records(
        "2026-06-30",
        &(born("1967-03") + &resident_years(2009, 2009) + years),
    );
    let shown = part(account, Language::En, "get");
    let employee = shown.find("Employee pension: From").unwrap();
    assert!(
        employee < shown.find("Resident pension: ").unwrap(),
        "{shown}"
    );
}

#[test]
fn who_has_age_and_months_is_told_to_apply() {
    let months = |first: &str| {
        format!("{{ chain = '440000', months = '{first}..2026-06', place = '440300' }},\n")
    };
    let account = of_records("2026-06-30", &(born("1960-01") + &months("2000-01")));
    let shown = part(account.clone(), Language::En, "get");
    says(
        &shown,
        &[
            "Age and months are there since Feb 2020",
            "apply at the agency",
        ],
        &["until then", "From Feb 2020"],
    );
    says(
        &part(account, Language::Zh, "get"),
        &["从 2020年2月起年龄和月数都够了"],
        &["前提是你每个月都交"],
    );
    // Near-miss: the age is still to come.
    let account = of_records("2026-06-30", &(born("1968-06") + &months("2000-01")));
    says(
        &part(account, Language::En, "get"),
        &["Jun 2029"],
        &["apply at the agency"],
    );
    // So of residents.
    let account = of_records(
        "2026-06-30",
        &(born("1966-01") + &resident_years(2006, 2025)),
    );
    says(
        &part(account, Language::En, "get"),
        &["Age and months are there since Feb 2026"],
        &[],
    );
}

#[test]
fn one_rule_says_which_months_may_be_on_their_way() {
    let of = |last: &str| {
        let months =
            format!("{{ chain = '440000', months = '2020-01..{last}', place = '440300' }},\n");
        of_records("2026-11-30", &months)
    };
    let account = of("2026-09");
    says(
        &part(account.clone(), Language::En, "paid"),
        &["✓", "without a gap; the last one is Sep 2026"],
        &[],
    );
    says(
        &part(account, Language::En, "schemes"),
        &["Paid up to Sep 2026."],
        &["Nothing after"],
    );
    let account = of("2026-08");
    says(
        &part(account.clone(), Language::En, "paid"),
        &["not recorded: 3 months"],
        &["✓"],
    );
    says(
        &part(account, Language::En, "schemes"),
        &["Nothing after Aug 2026."],
        &["Paid up to"],
    );
    // What an agency has stopped is not on its way.
    let stop = "{ chain = '440000', kind = 'Suspend', months = '2026-10', place = '440300' },\n";
    let months = "{ chain = '440000', months = '2020-01..2026-09', place = '440300' },\n";
    let account = of_records("2026-11-30", &format!("{months}{stop}"));
    says(
        &part(account, Language::En, "schemes"),
        &["Paused, last month Sep 2026."],
        &["Paid up to"],
    );
}

#[test]
fn a_pensioner_is_not_told_to_be_without_medical_cover() {
    let medical = "{ chain = '440000', scheme = 'nhsa:310', months = '2020-01..2026-03', place = '440300' },\n";
    let award = "{ chain = '440000', months = '2000-01..2026-03', place = '440300' },\n{ chain = '440000', kind = 'BenefitAward', months = '2026-04', received = '2026-04-10', place = '440300' },\n";
    let account = of_records("2026-06-30", &format!("{medical}{award}"));
    let shown = part(account, Language::En, "medical");
    says(
        &shown,
        &[
            "the last one is Mar 2026",
            "may be covered without paying",
            "12393",
        ],
        &["for this month yet"],
    );
    // Near-miss: who draws nothing.
    let account = of_records("2026-06-30", medical);
    let shown = part(account, Language::En, "medical");
    says(
        &shown,
        &["Nothing recorded for this month yet; the last one is Mar 2026"],
        &["without paying"],
    );
}
