//! `yizhang rules` as an operator uses it.

use std::{
    fs,
    path::Path,
    process::{Command, Output},
};

const OWN: &str =
    "[[rule]]\nid = \"transfer.dangling\"\nkey = \"transfer.dangling\"\nvalue = { days = 20 }\nconfidence = \"D\"\n";

fn rules(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_yizhang")).args(["--lang", "en", "rules"]).args(arguments).output().unwrap()
}

fn text(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap() + &String::from_utf8(output.stderr.clone()).unwrap()
}

#[track_caller]
fn answers(arguments: &[&str], code: i32, words: &[&str]) -> String {
    let output = rules(arguments);
    let text = text(&output);
    assert_eq!(output.status.code(), Some(code), "{text}");
    for word in words {
        assert!(text.contains(word), "{word:?} in {text}");
    }
    text
}

#[test]
fn rules_are_checked_shown_and_compared() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().to_str().unwrap();
    answers(&["check"], 0, &["no fault"]);
    answers(&["check", dir], 4, &["expected files *.toml"]);
    fs::write(folder.path().join("own.toml"), OWN).unwrap();
    answers(&["check", dir], 0, &["no fault"]);
    answers(&["diff", dir], 1, &["~ transfer.dangling: 15 → 20"]);
    answers(&["diff", dir, "--from", dir], 0, &["Nothing differs"]);
    let shown = answers(&["show", "--key", "pension.minimum", "--place", "440300", "--month", "2031-05"], 0, &["192"]);
    assert!(!shown.contains("186"), "another year's rule: {shown}");
    answers(&["show", "--key", "contribution.base-floor", "--place", "440300", "--month", "2025-09"], 0, &["4775.00"]);
    answers(&["show", "--key", "pension.wage"], 4, &["no key begins with pension.wage"]);
    answers(&["show", "--month", "2031-13"], 2, &["expected a month as 2026-10, found 2031-13"]);
    fs::write(Path::new(dir).join("wrong.toml"), OWN.replace("days", "months")).unwrap();
    answers(&["check", dir], 1, &["wrong.toml: transfer.dangling: value: expected days, found months"]);
}
