//! The second implementation says the same of a sample.

use crate::{Mutant, Tally, honest::Honest, names::checked, shown};
use serde_json::{Value, json};
use std::{fs, path::Path, process::Command};
use yizhang_ledger::roster::RootFingerprint;

/// One in so many of the changed statements; a hundredth of a second each, in Python.
pub(crate) const EVERY: u64 = 20;
/// Most of a sample.
const SAMPLE: usize = 300;
/// Reasons that only whoever computes the account can have.
const OF_THE_FOLD: [&str; 3] = [
    "Refusal::OtherFold",
    "Refusal::Rules",
    "Refusal::Refuted/Refuted::OtherAccounts",
];

/// A case, as `crates/statement/tests/vectors` has them.
pub(crate) fn case(name: &str, trusted: RootFingerprint, bytes: &[u8]) -> Value {
    let mut case = json!({
        "check": "statement",
        "name": name,
        "trusted": trusted.to_string(),
        "bytes": shown::hex(bytes),
    });
    match checked(bytes, trusted) {
        Ok(verdict) => case["expect"] = shown::verdict(&verdict),
        Err(reason) => {
            if OF_THE_FOLD.iter().any(|fold| reason.starts_with(fold)) {
                case["beyond"] = "account".into();
            }
            case["refused"] = reason.into();
        }
    }
    case
}

pub(crate) fn of_mutant(name: &str, mutant: &Mutant) -> Value {
    case(name, mutant.trusted, &mutant.bytes)
}

pub(crate) fn of_honest(honest: &Honest, trusted: RootFingerprint) -> Value {
    case("honest", trusted, &honest.bytes)
}

/// Lets the second implementation check what was kept.
pub(crate) fn agrees(tally: &Tally) {
    let step = tally.sample.len().div_ceil(SAMPLE).max(1);
    let cases: Vec<&Value> = tally.sample.iter().step_by(step).collect();
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let file = folder.join("mutations.json");
    fs::write(&file, json!({"format": 1, "cases": cases}).to_string()).unwrap();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../ledger/tests/second/verify.py");
    let output = Command::new("python3")
        .arg("-B")
        .arg(script)
        .arg(&file)
        .output()
        .expect("the second implementation needs python3 (3.10 or later) on the path");
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said);
    assert!(output.status.success(), "{said}");
    println!("the second implementation: {said}");
    fs::remove_file(file).unwrap();
}
