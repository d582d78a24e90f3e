//! `yizhang rules` as an operator uses it.

use std::{
    fs,
    path::Path,
    process::{Command, Output},
};

const OWN: &str = "[[rule]]\nid = \"transfer.dangling\"\nkey = \"transfer.dangling\"\nvalue = { days = 20 }\nconfidence = \"D\"\n";

fn rules(language: &str, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_yizhang"))
        .args(["--lang", language, "rules"])
        .args(arguments)
        .output()
        .unwrap()
}

fn text(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
        + &String::from_utf8(output.stderr.clone()).unwrap()
}

#[track_caller]
fn answers(arguments: &[&str], code: i32, words: &[&str]) -> String {
    answers_in("en", arguments, code, words)
}

#[track_caller]
fn answers_in(language: &str, arguments: &[&str], code: i32, words: &[&str]) -> String {
    let output = rules(language, arguments);
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
    answers(
        &["diff", dir],
        1,
        &["~ transfer.dangling\n    Value: 15 days → 20 days\n"],
    );
    answers(&["diff", dir, "--from", dir], 0, &["Nothing differs"]);
    let shown = answers(
        &[
            "show",
            "--key",
            "pension.minimum",
            "--place",
            "440300",
            "--month",
            "2031-05",
        ],
        0,
        &["192"],
    );
    assert!(!shown.contains("186"), "another year's rule: {shown}");
    answers(
        &[
            "show",
            "--key",
            "contribution.base-floor",
            "--place",
            "440300",
            "--month",
            "2025-09",
        ],
        0,
        &["4775.00"],
    );
    answers(
        &["show", "--key", "pension.wage"],
        4,
        &["no key begins with pension.wage"],
    );
    answers(
        &["show", "--month", "2031-13"],
        2,
        &["expected a month as 2026-10, found 2031-13"],
    );
    fs::write(
        Path::new(dir).join("wrong.toml"),
        OWN.replace("days", "months"),
    )
    .unwrap();
    answers(
        &["check", dir],
        1,
        &["wrong.toml: transfer.dangling: value: expected days as { days = 15 }, found months"],
    );
}

/// A rule whole, with what the table leaves out.
#[test]
fn a_rule_is_shown_with_its_id_note_day_and_whole_value() {
    let last = "40 233, 41 230";
    let table = answers(
        &["show", "--key", "pension.divisor"],
        0,
        &["pension.divisor: ", "Ages between"],
    );
    assert!(!table.contains("70 56"), "{table}");
    answers(
        &["show", "--id", "pension.divisor"],
        0,
        &[last, "70 56", "国发〔2005〕38号"],
    );
    answers(
        &[
            "show",
            "--whole",
            "--key",
            "contribution.base-floor",
            "--place",
            "110000",
        ],
        0,
        &["2025-09-18"],
    );
    answers(
        &["show", "--id", "no/such"],
        4,
        &["no rule has the id no/such"],
    );
    answers_in(
        "zh",
        &["show", "--id", "pension.reference/440300"],
        0,
        &["另有规定，未收录", "已核原文或引文"],
    );
}

/// Which fields differ, not the beginning of a value that is the same.
#[test]
fn a_changed_validity_is_told_from_a_changed_value() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().to_str().unwrap();
    let rule = |months: &str| {
        format!(
            "[[rule]]\nid = \"own/floor\"\nkey = \"contribution.base-floor\"\nof = \"hrss:110\"\nplace = \"520100\"\n\
             {months}value = {{ yuan = \"4271.00\" }}\nconfidence = \"U\"\n"
        )
    };
    fs::write(
        folder.path().join("own.toml"),
        rule("from = \"2025-07\"\nuntil = \"2026-06\"\n"),
    )
    .unwrap();
    let added = "+ own/floor: contribution.base-floor, hrss:110, Guiyang, 2025-07 to 2026-06, 4271.00 yuan\n";
    answers(&["diff", dir], 1, &[added]);
    answers_in(
        "zh",
        &["diff", dir],
        1,
        &["新增 own/floor：contribution.base-floor，hrss:110，"],
    );
    let other = tempfile::tempdir().unwrap();
    fs::write(other.path().join("own.toml"), rule("from = \"2025-07\"\n")).unwrap();
    let changed = answers(
        &["diff", other.path().to_str().unwrap(), "--from", dir],
        1,
        &["~ own/floor\n    Months: 2025-07 to 2026-06 → from 2025-07\n"],
    );
    assert_eq!(changed.lines().count(), 2, "{changed}");
}

/// In the language of the reader, all of them, and what is no file does not keep anybody waiting.
#[test]
fn every_file_that_cannot_be_read_is_a_fault_beside_the_others() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().to_str().unwrap();
    let write = |name: &str, content: &[u8]| fs::write(folder.path().join(name), content).unwrap();
    write("a.TOML", OWN.replace("days", "months").as_bytes());
    write("b.toml", b"\xff");
    write("c.toml", &vec![b'#'; 1024 * 1024 + 1]);
    fs::create_dir(folder.path().join("d.toml")).unwrap();
    std::os::unix::fs::symlink("nowhere", folder.path().join("e.toml")).unwrap();
    std::os::unix::fs::symlink("/dev/zero", folder.path().join("f.toml")).unwrap();
    write("notes.txt", b"");
    let english = [
        "6 faults:",
        "notes.txt",
        "a.TOML: transfer.dangling: value: expected days as { days = 15 }, found months",
        "b.toml: expected UTF-8",
        "c.toml: expected at most 1048576 bytes, found 1048577",
        "d.toml: expected a plain file",
        "e.toml: expected a file that can be read, found: No such file",
        "f.toml: expected a plain file",
    ];
    answers(&["check", dir], 1, &english);
    let chinese = [
        "差错 6 处：",
        "value：应为天数，写作 { days = 15 }，实为 months",
        "应为 UTF-8 编码",
        "应为普通文件",
    ];
    answers_in("zh", &["check", dir], 1, &chinese);
    answers_in(
        "zh",
        &["check", "/nowhere"],
        4,
        &["应为可读取的规则文件目录"],
    );
}

#[test]
fn a_rule_file_from_anywhere_gives_a_terminal_no_commands() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().to_str().unwrap();
    let path = folder.path().join("own.toml");
    let commands = "\\u001b[2J\\u009b31m\\u202e";
    let own =
        format!("{OWN}document = \"{commands}seen\"\nnote = \"\"\"{commands}one\n\\rtwo\"\"\"\n");
    fs::write(&path, &own).unwrap();
    fs::write(folder.path().join("other\u{1b}[2J.txt"), "").unwrap();
    let other = own.replace("days = 20", "days = \\\"\\u001b[2J\\\"");
    let shown: [&[&str]; 5] = [
        &["check", dir],
        &["show", "--dir", dir, "--key", "transfer.dangling"],
        &["show", "--dir", dir, "--id", "transfer.dangling"],
        &["diff", dir],
        &["check", dir],
    ];
    for (number, arguments) in shown.into_iter().enumerate() {
        if number == 4 {
            fs::write(&path, &other).unwrap();
        }
        for language in ["en", "zh"] {
            let printed = text(&rules(language, arguments));
            let commands = printed.chars().filter(|c| c.is_control() && *c != '\n');
            assert_eq!(commands.count(), 0, "{arguments:?}: {printed:?}");
            assert!(!printed.contains('\u{202e}'), "{arguments:?}: {printed:?}");
            assert!(
                number == 4 || number == 0 || printed.contains("seen"),
                "{printed}"
            );
        }
    }
}
