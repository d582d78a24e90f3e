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

/// A row of the table of functions that make classes.
struct Maker<'t> {
    class: &'t str,
    function: &'t str,
    file: &'t str,
    named_in: &'t str,
}

fn makers(rules: &str) -> Vec<Maker<'_>> {
    let (_, table) = rules
        .split_once("### Which function makes a class")
        .unwrap();
    let (table, _) = table.split_once("\n### ").unwrap();
    let is_row = |line: &&str| line.starts_with("| C") || line.starts_with("| Y");
    let rows = table.lines().filter(is_row);
    rows.map(|line| {
        let mut cells = line
            .split('|')
            .skip(1)
            .map(|cell| cell.trim().trim_matches('`'));
        let mut next = || cells.next().unwrap();
        Maker {
            class: next(),
            function: next(),
            file: next(),
            named_in: next(),
        }
    })
    .collect()
}

#[test]
fn every_class_is_made_where_the_document_says() {
    let rules = rules();
    let makers = makers(&rules);
    let source = |file: &str| {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("src").join(file);
        fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    };
    for class in ConflictCode::CLASSES {
        let code = format!("{:?}", class.code);
        assert!(
            makers.iter().any(|maker| maker.class == code),
            "{code}: no function"
        );
    }
    for maker in &makers {
        let function = format!("fn {}", maker.function);
        let is_there = source(maker.file).lines().any(|line| {
            let at = line.find(&function).map(|at| at + function.len());
            at.is_some_and(|at| line[at..].starts_with(['(', '<']))
        });
        assert!(is_there, "{}: no {function} in {}", maker.class, maker.file);
        assert!(
            source(maker.named_in).contains(&format!("ConflictCode::{}", maker.class)),
            "{} is not named in {}",
            maker.class,
            maker.named_in
        );
    }
}
