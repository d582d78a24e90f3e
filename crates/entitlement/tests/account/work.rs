//! Work on platforms, injuries and subsidies stand beside the months of insurance: none appears or vanishes by them, in whatever order they
//! arrive.

use crate::{
    case::{Built, Case, CaseFile, Row, build, files, policy},
    sample::day,
};
use std::path::Path;
use yizhang_entitlement::{Account, dispute::Reason, fold};
use yizhang_ledger::entry::Kind;

/// Work of several years, at places of several regions, in several trades' worth of conflicts.
const WORK: &str = r#"
[[case]]
title = "work"
as_of = "2026-10-31"
record = [
  { chain = "440000", kind = "PlatformMonth", months = "2019-11..2020-03" },
  { chain = "440000", kind = "PlatformMonth", months = "2024-01..2024-04", platform = "91440300MA00000P2A" },
  { chain = "440000", kind = "PlatformMonth", months = "2026-01", label = "first" },
  { chain = "440000", kind = "PlatformMonth", months = "2026-01", target = "first", work = [1, 1, 1, 10] },
  { chain = "520000", kind = "PlatformMonth", months = "2026-01", place = "520100" },
  { chain = "330000", kind = "PlatformMonth", months = "2026-01", place = "520100" },
  { chain = "440000", kind = "InjuryReport", minute = 1000 },
  { chain = "440000", kind = "InjuryReport", minute = 1030, case = 2, platform = "91440300MA00000P2A" },
  { chain = "440000", kind = "InjuryDetermination", scheme = "hrss:410", step = "accepted", received = "2026-01-20" },
  { chain = "440000", kind = "InjuryDetermination", scheme = "hrss:OIP", step = "accepted", case = 2, received = "2026-01-20" },
  { chain = "440000", kind = "DisabilityGrade", grade = 5, received = "2026-02-20" },
  { chain = "440000", kind = "SubsidyAward", span = "2020-01..2020-06", paid = ["0.00", "900.00"], received = "2020-07-01" },
  { chain = "520000", kind = "SubsidyAward", span = "2020-02..2020-03", place = "520100", paid = ["0.00", "300.00"], received = "2020-07-01" },
]
"#;

fn work() -> Vec<Row> {
    let file: CaseFile = toml::from_str(WORK).unwrap();
    file.case.into_iter().next().unwrap().record
}

fn cases() -> Vec<(String, Case, bool)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases");
    let mut cases = Vec::new();
    for (name, file) in files(&folder) {
        for case in file.case {
            let title = format!("{name}: {}", case.title);
            cases.push((title, case, file.plain_weekends));
        }
    }
    cases
}

fn account(rows: &[Row], case: &Case, plain_weekends: bool) -> Account {
    let Built { federation, .. } = build(rows);
    let policy = policy(case, plain_weekends);
    fold(&federation.facts(), &policy, day(&case.as_of))
}

#[test]
fn no_family_of_any_case_changes_by_work_injuries_and_subsidies() {
    for (title, case, plain_weekends) in cases() {
        let plain = account(&case.record, &case, plain_weekends);
        let mut rows = case.record.clone();
        rows.extend(work());
        let beside = account(&rows, &case, plain_weekends);
        assert_eq!(beside.families, plain.families, "{title}");
        let values = |account: &Account| {
            let figures = account.figures.iter();
            let figures = figures.map(|figure| (figure.name, figure.forecast, figure.value));
            figures.collect::<Vec<_>>()
        };
        assert_eq!(values(&beside), values(&plain), "{title}");
    }
}

#[test]
fn work_arrives_in_any_order() {
    let mut seed: u64 = 0x5eed;
    let mut next = move |below: usize| {
        // Numerical Recipes: good enough to shuffle, and the same for ever.
        seed = seed
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(seed >> 33).unwrap() % below
    };
    for (title, case, plain_weekends) in cases() {
        if !title.starts_with("work.toml") {
            continue;
        }
        let mut rows = case.record.clone();
        rows.extend(work());
        let Built { federation, .. } = build(&rows);
        let policy = policy(&case, plain_weekends);
        let mut facts = federation.facts();
        let expected = fold(&facts, &policy, day(&case.as_of)).canonical_json();
        for _ in 0..20 {
            for at in (1..facts.len()).rev() {
                facts.swap(at, next(at + 1));
            }
            let shuffled = fold(&facts, &policy, day(&case.as_of)).canonical_json();
            assert_eq!(shuffled, expected, "{title}");
        }
    }
}

#[test]
fn each_month_adds_up_to_its_platforms_without_what_was_corrected() {
    for (title, case, plain_weekends) in cases() {
        let mut rows = case.record.clone();
        rows.extend(work());
        for month in account(&rows, &case, plain_weekends).platforms {
            let counted = || {
                month
                    .platforms
                    .iter()
                    .filter(|line| line.corrected_by.is_none())
            };
            let orders: u64 = counted().map(|line| line.worked.orders).sum();
            let net: i64 = counted().map(|line| line.earned.net).sum();
            assert_eq!(
                (month.worked.orders, month.earned.net),
                (orders, net),
                "{title}"
            );
            let of = month.earned;
            assert_eq!(
                of.net,
                of.gross + of.incentives - of.deductions + of.refunds,
                "{title}"
            );
        }
    }
}

#[test]
fn a_month_of_a_platform_can_be_disputed_for_what_was_deducted() {
    assert!(Reason::Deducted.fits(Kind::PLATFORM_MONTH));
    assert!(Reason::Amount.fits(Kind::PLATFORM_MONTH));
    assert!(!Reason::Transfer.fits(Kind::PLATFORM_MONTH));
    assert!(!Reason::Deducted.fits(Kind::INJURY_REPORT));
    assert!(yizhang_entitlement::dispute::is_disputable(
        Kind::PLATFORM_MONTH
    ));
}
