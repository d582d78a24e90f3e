//! Statements that were handed to people are read for ever (`tests/released`): what lies there is never written again.

use crate::names;
use crate::shown;
use serde_json::Value;
use std::{fs, path::PathBuf};
use yizhang_entitlement::account::FORMAT;
use yizhang_ledger::roster::RootFingerprint;
use yizhang_statement::{StatedAs, Statement};

/// Those of the first version of the form.
const FILES: [&str; 8] = [
    "v1-account",
    "v1-excerpt",
    "v1-nobody",
    "v1-records",
    "v1-revealed",
    "v1-two-accounts",
    "v1-two-versions",
    "v1-whole",
];

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/released")
}

#[test]
fn released_statements_show_what_they_have_always_shown() {
    for name in FILES {
        let bytes = fs::read(folder().join(name).with_extension("yizhang")).unwrap();
        let text = fs::read_to_string(folder().join(name).with_extension("json")).unwrap();
        let beside: Value = serde_json::from_str(&text).unwrap();
        let trusted = RootFingerprint::parse(beside["trusted"].as_str().unwrap()).unwrap();
        let verdict =
            names::checked(&bytes, trusted).unwrap_or_else(|fault| panic!("{name}: {fault}"));
        let (mut found, mut expected) = (shown::verdict(&verdict), beside["expect"].clone());
        // Another form of the account gives other figures; the records and the rules that they follow from are the same.
        for value in [&mut found, &mut expected] {
            let account = value["account"].as_object_mut().unwrap();
            account.retain(|name, _| name == "records" || name == "rules");
        }
        assert_eq!(found, expected, "{name}");
        let form = Statement::parse(&bytes).unwrap().content.account;
        let form = form.map(|account| account.form);
        let is_as_stated = match (&verdict.stated, form.as_deref()) {
            (StatedAs::Nothing, None) => true,
            (StatedAs::Same, Some(form)) => form == FORMAT,
            (StatedAs::OtherForm { form, .. }, Some(stated)) => form == stated && form != FORMAT,
            _ => false,
        };
        assert!(is_as_stated, "{name}: {:?}", verdict.stated);
    }
}

#[test]
fn every_released_file_is_read() {
    let files = fs::read_dir(folder()).unwrap();
    let mut found: Vec<String> = files
        .map(|file| file.unwrap().file_name().into_string().unwrap())
        .filter_map(|name| name.strip_suffix(".yizhang").map(String::from))
        .collect();
    found.sort();
    assert_eq!(found, FILES);
}
