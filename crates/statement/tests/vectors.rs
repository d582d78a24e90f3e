//! The vectors of statements (`tests/vectors`): the crate accepts and refuses each for the reason that stands there, each fault of the format has one, and
//! writing them again gives the same bytes.

use crate::cases;
use crate::names;
use crate::shown;
use serde_json::Value;
use std::collections::BTreeSet;
use yizhang_ledger::roster::RootFingerprint;

/// Every fault that a statement can have. What else `Refuted` and the faults inside it name is of other things that are handed over, or another
/// fault comes before it.
const FAULTS: [(&str, &str); 5] = [
    (
        "PortableFault",
        "TooLarge Magic Cut Section Trailing SectionTooLarge Unpack Fields Content",
    ),
    ("TrustFault", "Versions OtherRoots Version"),
    (
        "Refusal",
        "Form Roster Invalid Issuer OtherNumber Rules Chains Refuted Cosigned Digest OtherFold",
    ),
    (
        "Refuted",
        "OtherAccounts Order Invalid Register NotAbsent HeadInDoubt ShownList NotShown OtherBatch Cosigned NoPath ForeignRecord OtherChain",
    ),
    (
        "RegisterFault",
        "NotARegister Form BeyondItself NoRecords Order NotCovered Path Before Neighbour Between",
    ),
];

fn path() -> std::path::PathBuf {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors");
    folder.join(cases::FILE)
}

fn stored() -> Vec<Value> {
    let text = std::fs::read_to_string(path()).unwrap();
    let mut file: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(file["format"], 1);
    let Value::Array(cases) = file["cases"].take() else {
        panic!("the file has no cases")
    };
    cases
}

/// Digits, or parts so many times each.
fn bytes(value: &Value) -> Vec<u8> {
    let digits = |value: &Value| -> Vec<u8> {
        let text = value.as_str().unwrap().as_bytes();
        let pairs = text.chunks_exact(2);
        pairs
            .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap())
            .collect()
    };
    match value {
        Value::Array(parts) => {
            let part = |part: &Value| {
                let times = usize::try_from(part[1].as_u64().unwrap()).unwrap();
                digits(&part[0]).repeat(times)
            };
            parts.iter().flat_map(part).collect()
        }
        _ => digits(value),
    }
}

#[test]
fn every_case_comes_out_as_its_file_says() {
    let mut wrong = Vec::new();
    for case in stored() {
        let trusted = RootFingerprint::parse(case["trusted"].as_str().unwrap()).unwrap();
        let (found, expected) = match names::checked(&bytes(&case["bytes"]), trusted) {
            Ok(shown) => (shown::verdict(&shown), case["expect"].clone()),
            Err(rule) => (Value::from(rule), case["refused"].clone()),
        };
        if found != expected {
            let name = &case["name"];
            wrong.push(format!(
                "{name}:\n  expected {expected}\n  found    {found}"
            ));
        }
    }
    let count = wrong.len();
    assert!(wrong.is_empty(), "{count} cases:\n{}", wrong.join("\n"));
}

#[test]
fn every_way_to_be_wrong_has_a_case() {
    let refused: BTreeSet<String> = stored()
        .iter()
        .filter_map(|case| case["refused"].as_str())
        .flat_map(|rule| rule.split('/').map(String::from).collect::<Vec<_>>())
        .collect();
    for (family, faults) in FAULTS {
        let prefix = format!("{family}::");
        let found: BTreeSet<&str> = refused
            .iter()
            .filter_map(|name| name.strip_prefix(&prefix))
            .collect();
        assert_eq!(found, faults.split(' ').collect(), "{family}");
    }
}

#[test]
fn the_faults_of_a_statement_stand_in_the_document() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/FORMAT.md");
    let text = std::fs::read_to_string(path).unwrap();
    let (_, faults) = text.split_once("## 16. Faults").unwrap();
    for (family, names) in FAULTS {
        let row = faults
            .lines()
            .find(|line| line.contains(&format!("({family})")));
        let row = row.unwrap_or_else(|| panic!("{family}"));
        let words: BTreeSet<&str> = row.split([' ', ',', ';', ':', '|']).collect();
        for name in names.split(' ') {
            assert!(words.contains(name), "{family}::{name}");
        }
    }
}

#[test]
fn no_two_cases_bear_one_name() {
    let mut seen = BTreeSet::new();
    for case in stored() {
        assert!(seen.insert(case["name"].to_string()), "{}", case["name"]);
    }
}

#[test]
fn writing_the_file_again_gives_the_same_bytes() {
    assert!(
        std::fs::read_to_string(path()).unwrap() == cases::text(),
        "it is not what `cargo run -p yizhang-statement --example vectors` writes"
    );
}
