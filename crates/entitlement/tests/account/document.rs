//! docs/RULES.md against the classes that the program knows.

use std::{fs, path::Path};
use yizhang_entitlement::{ConflictCode, conflict::Severity};

fn rules() -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/RULES.md")).unwrap()
}

#[test]
fn every_conflict_class_stands_in_the_document_with_what_it_means() {
    let rules = rules();
    for class in ConflictCode::CLASSES {
        let severity = match class.severity {
            Severity::Auto => "AUTO",
            Severity::Task => "TASK",
            Severity::Prov => "PROV",
            Severity::Hold => "HOLD",
            Severity::Fault => "FAULT",
        };
        let start = format!("| {:?} | {severity} | {} |", class.code, class.meaning);
        let row = rules
            .lines()
            .find(|line| line.starts_with(&start))
            .unwrap_or_else(|| panic!("no row {start}"));
        assert!(
            row.ends_with(&format!("| {} | {} |", class.resolution, class.basis)),
            "{row}"
        );
    }
}

#[test]
fn every_class_of_the_domain_reference_is_found_or_said_not_to_be() {
    let rules = rules();
    let (_, missing) = rules
        .split_once("### Classes that the account does not find")
        .unwrap();
    let missing: String = missing
        .lines()
        .filter_map(|line| line.split('|').nth(1))
        .collect();
    for number in 1..=42 {
        let code = format!("C{number:02}");
        let found = ConflictCode::CLASSES
            .iter()
            .any(|class| format!("{:?}", class.code) == code);
        assert_ne!(found, missing.contains(&code), "{code} stands in one place");
    }
}
