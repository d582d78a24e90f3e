//! docs/RULES.md against the program: what classes mean, where each is explained by a case, and which function makes it.

use serde::Deserialize;
use std::{collections::BTreeSet, fs, path::Path};
use yizhang_entitlement::{
    ConflictCode,
    account::FigureName,
    conflict::{Actor, ConflictClass, Severity},
};

const SEEN: &str = "### From what you see to the class";
const ALL: &str = "### All classes";
const NOT_FOUND: &str = "### Classes that the account does not find";
const EXAMPLES: &str = "### One example of each class";
const CLASS_MAKERS: &str = "### Which function makes a class";
const FIGURE_MAKERS: &str = "### Which function writes a figure";

fn from_root(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../..")
        .join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn rules() -> String {
    from_root("docs/RULES.md")
}

/// What stands under a heading, up to the next one of its level or above.
fn section<'t>(rules: &'t str, heading: &str) -> &'t str {
    let (_, text) = rules
        .split_once(&format!("{heading}\n"))
        .unwrap_or_else(|| panic!("docs/RULES.md has no heading {heading:?}"));
    let next = |level| text.find(level).unwrap_or(text.len());
    &text[..next("\n### ").min(next("\n## "))]
}

/// The rows of the table of a section without its head, each as its cells without code marks.
fn rows(section: &str) -> Vec<Vec<&str>> {
    let lines = section.lines().filter(|line| line.starts_with("| "));
    lines
        .skip(1)
        .map(|line| {
            let cells = line.trim_matches('|').split(" | ");
            cells.map(|cell| cell.trim().trim_matches('`')).collect()
        })
        .collect()
}

fn code(class: &ConflictClass) -> String {
    format!("{:?}", class.code)
}

const fn severity(class: &ConflictClass) -> &'static str {
    match class.severity {
        Severity::Auto => "AUTO",
        Severity::Task => "TASK",
        Severity::Prov => "PROV",
        Severity::Hold => "HOLD",
        Severity::Fault => "FAULT",
    }
}

const fn actor(class: &ConflictClass) -> &'static str {
    match class.acts {
        Actor::Nobody => "nobody",
        Actor::Agency => "agency",
        Actor::AgencyAndPerson => "agency and worker",
        Actor::OldPlace => "old place",
        Actor::NewPlace => "new place",
        Actor::BothPlaces => "both places",
        Actor::Payer => "who owes it",
    }
}

#[test]
fn every_conflict_class_stands_in_the_document_with_what_it_means() {
    let rules = rules();
    let listed = section(&rules, ALL);
    for class in ConflictCode::CLASSES {
        let row = format!(
            "| {} | {} | {} | {} | {} | {} |",
            code(class),
            severity(class),
            class.meaning,
            actor(class),
            class.resolution,
            class.basis
        );
        assert!(
            listed.lines().any(|line| line == row),
            "docs/RULES.md, {ALL:?}: no row\n{row}"
        );
    }
}

#[test]
fn every_class_of_the_domain_reference_is_found_or_said_not_to_be() {
    let rules = rules();
    let missing: String = rows(section(&rules, NOT_FOUND))
        .iter()
        .map(|row| row[0])
        .collect();
    for number in 1..=42 {
        let code = format!("C{number:02}");
        let found = ConflictCode::CLASSES
            .iter()
            .any(|class| format!("{:?}", class.code) == code);
        assert_ne!(
            found,
            missing.contains(&code),
            "docs/RULES.md, {NOT_FOUND:?}: {code} must stand there if the program does not know it, and only then"
        );
    }
}

#[test]
fn every_class_is_found_by_what_an_expert_sees() {
    let rules = rules();
    let seen = rows(section(&rules, SEEN));
    for class in ConflictCode::CLASSES {
        let code = code(class);
        let row = seen.iter().find(|row| row[2] == code).unwrap_or_else(|| {
            panic!("docs/RULES.md, {SEEN:?}: no row says what one sees of {code}")
        });
        assert_eq!(
            row[3],
            severity(class),
            "docs/RULES.md, {SEEN:?}: the effect of {code}"
        );
    }
    for row in seen {
        assert!(
            ConflictCode::CLASSES
                .iter()
                .any(|class| code(class) == row[2]),
            "docs/RULES.md, {SEEN:?}: the program knows no class {}",
            row[2]
        );
    }
}

/// Of a case file only what says which conflicts are expected.
#[derive(Deserialize)]
struct CaseFile {
    case: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    title: String,
    #[serde(default)]
    conflicts: Vec<String>,
    #[serde(default)]
    expect: Vec<Expected>,
}

#[derive(Deserialize)]
struct Expected {
    #[serde(default)]
    conflicts: Vec<String>,
}

impl Case {
    fn expects(&self, class: &str) -> bool {
        let of_families = self.expect.iter().flat_map(|family| &family.conflicts);
        let mut all = self.conflicts.iter().chain(of_families);
        all.any(|conflict| conflict.starts_with(class))
    }
}

#[test]
fn every_class_has_an_example_that_is_a_case() {
    let rules = rules();
    let examples = section(&rules, EXAMPLES);
    for class in ConflictCode::CLASSES {
        let code = code(class);
        let (_, example) = examples
            .split_once(&format!("#### {code}\n"))
            .unwrap_or_else(|| panic!("docs/RULES.md, {EXAMPLES:?}: no example of {code}"));
        let example = example.split("\n#### ").next().unwrap_or(example);
        for part in ["* **Records:** ", "* **Account:** ", "* **What to do:** "] {
            assert!(
                example.contains(part),
                "docs/RULES.md, example of {code}: no line {part:?}"
            );
        }
        let after = |start| example.lines().find_map(|line| line.strip_prefix(start));
        match (after("* Case: "), after("* Test: ")) {
            (Some(case), None) => check_case(&code, case),
            (None, Some(test)) => check_test(&code, test),
            _ => panic!("docs/RULES.md, example of {code}: it names one case, or one test"),
        }
    }
}

/// `` `file`, "title" ``: a case that expects the class.
fn check_case(code: &str, named: &str) {
    let (file, title) = named
        .strip_prefix('`')
        .and_then(|rest| rest.strip_suffix('"'))
        .and_then(|rest| rest.split_once("`, \""))
        .unwrap_or_else(|| panic!("docs/RULES.md, example of {code}: a case is named as `file`, \"title\", found {named}"));
    let cases: CaseFile = toml::from_str(&from_root(&format!(
        "crates/entitlement/tests/cases/{file}"
    )))
    .unwrap();
    let case = cases.case.iter().find(|case| case.title == title);
    let case = case.unwrap_or_else(|| {
        panic!("docs/RULES.md, example of {code}: tests/cases/{file} has no case {title:?}")
    });
    assert!(
        case.expects(code),
        "docs/RULES.md, example of {code}: the case {title:?} of {file} expects no {code}"
    );
}

/// `` `file`, `function` ``: a test that names the class, where no case file can say what is recorded.
fn check_test(code: &str, named: &str) {
    let mut marked = named.split('`').skip(1).step_by(2);
    let (Some(file), Some(function)) = (marked.next(), marked.next()) else {
        panic!(
            "docs/RULES.md, example of {code}: a test is named as `file`, `function`, found {named}"
        );
    };
    let source = from_root(&format!("crates/entitlement/tests/account/{file}"));
    let (_, body) = source
        .split_once(&format!("fn {function}("))
        .unwrap_or_else(|| {
            panic!(
                "docs/RULES.md, example of {code}: tests/account/{file} has no function {function}"
            )
        });
    let body = body.split("\n}\n").next().unwrap_or(body);
    assert!(
        body.contains(&format!("ConflictCode::{code}")),
        "docs/RULES.md, example of {code}: the test {function} of {file} names no {code}"
    );
}

/// Whether a source text names a variant, and not only one that begins alike.
fn names(source: &str, variant: &str) -> bool {
    source.match_indices(variant).any(|(at, _)| {
        let after = source[at + variant.len()..].chars().next();
        after.is_none_or(|next| !next.is_alphanumeric())
    })
}

/// Whether a file of `crates/entitlement/src` has the function.
fn has_function(file: &str, function: &str) -> bool {
    let start = format!("fn {function}");
    from_root(&format!("crates/entitlement/src/{file}"))
        .lines()
        .any(|line| {
            let after = line.find(&start).map(|at| &line[at + start.len()..]);
            after.is_some_and(|after| after.starts_with(['(', '<']))
        })
}

#[test]
fn every_class_is_made_where_the_document_says() {
    let rules = rules();
    let makers = rows(section(&rules, CLASS_MAKERS));
    for class in ConflictCode::CLASSES {
        let code = code(class);
        assert!(
            makers.iter().any(|row| row[0] == code),
            "docs/RULES.md, {CLASS_MAKERS:?}: no row for {code}"
        );
    }
    for row in &makers {
        let [code, function, file, named_in] = row[..] else {
            panic!("docs/RULES.md, {CLASS_MAKERS:?}: four cells expected, found {row:?}");
        };
        assert!(
            has_function(file, function),
            "docs/RULES.md, {CLASS_MAKERS:?}, {code}: {file} has no function {function}"
        );
        let source = from_root(&format!("crates/entitlement/src/{named_in}"));
        assert!(
            names(&source, &format!("ConflictCode::{code}")),
            "docs/RULES.md, {CLASS_MAKERS:?}, {code}: {named_in} names no ConflictCode::{code}"
        );
    }
}

/// A figure as the account names it.
fn name_of(figure: FigureName) -> String {
    let json = serde_json::to_value(figure).unwrap();
    json.as_str().unwrap().to_owned()
}

#[test]
fn every_figure_is_written_where_the_document_says() {
    let rules = rules();
    let writers = rows(section(&rules, FIGURE_MAKERS));
    for figure in FigureName::ALL {
        let name = name_of(*figure);
        assert!(
            writers.iter().any(|row| row[0] == name),
            "docs/RULES.md, {FIGURE_MAKERS:?}: no row for {name}"
        );
    }
    for row in &writers {
        let [name, _, function, file] = row[..] else {
            panic!("docs/RULES.md, {FIGURE_MAKERS:?}: four cells expected, found {row:?}");
        };
        let figure = FigureName::ALL
            .iter()
            .find(|figure| name_of(**figure) == name);
        let figure = figure.unwrap_or_else(|| {
            panic!("docs/RULES.md, {FIGURE_MAKERS:?}: the account has no figure {name}")
        });
        assert!(
            has_function(file, function),
            "docs/RULES.md, {FIGURE_MAKERS:?}, {name}: {file} has no function {function}"
        );
        let source = from_root(&format!("crates/entitlement/src/{file}"));
        assert!(
            names(&source, &format!("FigureName::{figure:?}")),
            "docs/RULES.md, {FIGURE_MAKERS:?}, {name}: {file} names no FigureName::{figure:?}"
        );
    }
}

/// The other way round: what a file of `figures` names has a row with this file.
#[test]
fn no_figure_is_written_where_the_document_does_not_say() {
    let rules = rules();
    let writers = rows(section(&rules, FIGURE_MAKERS));
    for file in files_under("figures") {
        let source = from_root(&format!("crates/entitlement/src/{file}"));
        for figure in FigureName::ALL {
            let name = name_of(*figure);
            assert!(
                !names(&source, &format!("FigureName::{figure:?}"))
                    || writers.iter().any(|row| row[0] == name && row[3] == file),
                "docs/RULES.md, {FIGURE_MAKERS:?}: {file} names {name}, and no row says so"
            );
        }
    }
}

/// The files of a folder of `crates/entitlement/src` and of those in it.
fn files_under(folder: &str) -> Vec<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("src")
        .join(folder);
    let mut files = Vec::new();
    for entry in fs::read_dir(path).unwrap() {
        let entry = entry.unwrap();
        let name = format!("{folder}/{}", entry.file_name().display());
        if entry.path().is_dir() {
            files.extend(files_under(&name));
        } else {
            files.push(name);
        }
    }
    files
}

/// The schema, the program and the document name the same figures.
#[test]
fn every_figure_of_the_schema_stands_in_the_document() {
    let schema: serde_json::Value =
        serde_json::from_str(&from_root("docs/account.schema.json")).unwrap();
    let names = schema["$defs"]["FigureName"]["oneOf"].as_array().unwrap();
    let of_schema: BTreeSet<&str> = names
        .iter()
        .map(|name| name["const"].as_str().unwrap())
        .collect();
    let rules = rules();
    let of_document: BTreeSet<&str> = rows(section(&rules, FIGURE_MAKERS))
        .iter()
        .map(|row| row[0])
        .collect();
    assert_eq!(
        of_document, of_schema,
        "figures of docs/RULES.md, {FIGURE_MAKERS:?}, and of docs/account.schema.json"
    );
}
