//! A worker carries a statement away from any node, and whoever has the fingerprint of the root keys checks it without a network.

use crate::support::{Federation, Ran, contributions, eventually, run, run_with};
use serde_json::Value;
use std::{
    fs,
    path::{Path, PathBuf},
};

const GUANGDONG: u32 = 440_000;
const GUIZHOU: u32 = 520_000;
const WORKER: &str = "440300199003078815";
const OTHER: &str = "440300199003078823";
const DAY: &str = "2026-10-31";

/// A statement that was written.
struct Written {
    path: PathBuf,
    ran: Ran,
}

impl Written {
    fn path(&self) -> &str {
        self.path.to_str().unwrap()
    }

    fn code(&self) -> String {
        format!("{}.code", self.path())
    }
}

fn state(federation: &Federation, node: u32, name: &str, more: &[&str]) -> Written {
    let path = PathBuf::from(federation.file(name, b""));
    let (node_text, agency) = (node.to_string(), federation.agency(node));
    let mut arguments = vec!["worker", "statement", "--node", &node_text];
    arguments.extend(["--credentials", &agency, "--as-of", DAY]);
    arguments.extend(["--out", path.to_str().unwrap()]);
    arguments.extend(more);
    let ran = run_with(&arguments, WORKER);
    Written { path, ran }
}

/// The fingerprint of the root keys, as whoever founded the federation publishes it.
pub(crate) fn root(federation: &Federation) -> String {
    let shown = run(&["federation", "show", "--dir", &federation.auditor()]).expect(0);
    let line = "fingerprint of the root keys: ";
    let line = shown
        .stdout
        .lines()
        .find_map(|text| text.strip_prefix(line));
    line.unwrap().to_owned()
}

/// Checks a file as a stranger does, who has nothing else.
fn check(file: &str, root: &str, more: &[&str]) -> Ran {
    let mut arguments = vec!["verify", file, "--root", root, "--fresh-days", "100000"];
    arguments.extend(more);
    run(&arguments)
}

fn verdict(file: &str, root: &str) -> Value {
    let shown = check(file, root, &["--json"]).expect(0);
    let shown = serde_json::from_str(&shown.stdout).unwrap();
    assert_published(&shown);
    shown
}

/// A verdict is of the form that is published.
fn assert_published(verdict: &Value) {
    let schema = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/verdict.schema.json");
    let schema: Value = serde_json::from_slice(&fs::read(schema).unwrap()).unwrap();
    let faults = jsonschema::validator_for(&schema).unwrap();
    let faults: Vec<String> = faults
        .iter_errors(verdict)
        .map(|fault| fault.to_string())
        .collect();
    assert_eq!(faults, Vec::<String>::new());
}

fn lines(verdict: &Value, standing: &str) -> Vec<String> {
    let lines = verdict["lines"].as_array().unwrap().iter();
    let own = lines.filter(|line| line["standing"] == standing);
    own.map(|line| line["text"].as_str().unwrap().to_owned())
        .collect()
}

/// Two regions that both have months of one worker, each with a register that the other has computed again.
fn two_regions() -> Federation {
    let mut federation = Federation::found(&[GUANGDONG, GUIZHOU]);
    federation.start_all();
    for (region, place, name) in [(GUANGDONG, 440_300, "a.csv"), (GUIZHOU, 520_100, "b.csv")] {
        let mut rows = contributions(WORKER, place, 24, name);
        let others = contributions(OTHER, place, 6, &format!("o{name}"));
        let header = others.iter().position(|byte| *byte == b'\n').unwrap();
        rows.extend_from_slice(&others[header + 1..]);
        let file = federation.file(name, &rows);
        federation.import(region, &file, &[]).expect(0);
    }
    federation.wait_replicated(GUANGDONG, GUIZHOU);
    federation.wait_replicated(GUIZHOU, GUANGDONG);
    for region in [GUANGDONG, GUIZHOU] {
        let dir = federation.node_dir(region);
        run(&["node", "register", "--dir", dir.to_str().unwrap()]).expect(0);
    }
    federation
}

#[test]
fn a_statement_of_any_node_is_checked_by_the_fingerprint_of_the_root_keys_alone() {
    let federation = two_regions();
    let root = root(&federation);
    let mut accounts = Vec::new();
    for node in [GUANGDONG, GUIZHOU] {
        // Until the mirrors have signed behind the registers.
        let mut written = None;
        eventually("both registers are confirmed", || {
            let next = state(&federation, node, "my.yizhang", &[]);
            assert_eq!(next.ran.code, 0, "{}", next.ran.stderr);
            let proved = lines(&verdict(next.path(), &root), "proved").join("\n");
            let is_confirmed = proved.matches("have computed that again").count() == 2
                && proved.matches("have signed that they hold").count() == 2;
            written = Some(next);
            is_confirmed
        });
        let written = written.unwrap();
        let shown = verdict(written.path(), &root);
        assert_eq!(shown["outcome"], "holds", "{shown}");
        assert_eq!(shown["statement"]["records"], 48);
        accounts.push(shown["account"].clone());
        // The same account as an agency is shown.
        let asked = federation.lookup(node, WORKER, &[]).expect(0);
        let asked: Value = serde_json::from_str(&asked.stdout).unwrap();
        assert_eq!(shown["account"], asked);
    }
    assert_eq!(accounts[0], accounts[1]);
}

#[test]
fn a_statement_shows_whose_it_is_to_those_alone_who_are_told() {
    let federation = two_regions();
    let root = root(&federation);
    let hidden = state(&federation, GUANGDONG, "hidden.yizhang", &[]);
    assert_eq!(hidden.ran.code, 0, "{}", hidden.ran.stderr);
    let bytes = fs::read(&hidden.path).unwrap();
    let has_number = bytes
        .windows(WORKER.len())
        .any(|window| window == WORKER.as_bytes());
    assert!(!has_number);
    let shown = check(hidden.path(), &root, &[]).expect(0);
    assert!(shown.stdout.contains("Whose it is, it does not show"));
    assert!(!shown.stdout.contains(WORKER));

    let asked = |file: &str, number: &str, more: &[&str]| {
        let mut arguments = vec!["verify", file, "--root", &root, "--number"];
        arguments.extend(more);
        run_with(&arguments, number)
    };
    let code = hidden.code();
    let is_his = asked(hidden.path(), WORKER, &["--code", &code]).expect(0);
    assert!(is_his.stdout.contains("is for the number that you typed"));
    // Without the code nobody can tell; a code that is none is said to be none.
    asked(hidden.path(), WORKER, &[]).expect(2);
    asked(hidden.path(), WORKER, &["--code", "12"]).expect(2);
    let refused = asked(hidden.path(), OTHER, &["--code", &code]).expect(1);
    assert!(
        refused.stdout.contains("is not this person's"),
        "{}",
        refused.stdout
    );
    // Nobody is shown the account of somebody else than he asked for.
    assert!(
        !refused.stdout.contains("Account as of"),
        "{}",
        refused.stdout
    );

    let revealed = state(&federation, GUANGDONG, "open.yizhang", &["--reveal-number"]);
    assert_eq!(revealed.ran.code, 0, "{}", revealed.ran.stderr);
    assert!(!PathBuf::from(revealed.code()).exists());
    let shown = check(revealed.path(), &root, &[]).expect(0);
    assert!(shown.stdout.contains(WORKER), "{}", shown.stdout);
    asked(revealed.path(), WORKER, &[]).expect(0);
    asked(revealed.path(), OTHER, &[]).expect(1);

    // Who has asked stands in the log of the node.
    let data = federation.node_dir(GUANGDONG).join("data");
    let log = run(&["node", "access-log", "--data", data.to_str().unwrap()]).expect(0);
    assert!(log.stdout.contains("Account.Statement"), "{}", log.stdout);
}

#[test]
fn what_is_not_yet_recorded_is_in_no_statement() {
    let mut federation = Federation::found(&[GUANGDONG]);
    federation.start_all();
    let path = federation.file("later.yizhang", b"");
    let agency = federation.agency(GUANGDONG);
    let asked = ["worker", "statement", "--node", "440000", "--credentials"];
    let later = [&agency, "--as-of", "2099-12-31", "--out", &path];
    let ran = run_with(&[&asked[..], &later].concat(), WORKER);
    assert_eq!(ran.code, 4, "{}", ran.stderr);
    assert!(
        ran.stderr.contains("a day that is not after today"),
        "{}",
        ran.stderr
    );
    assert_eq!(fs::read(&path).unwrap(), b"");
}

#[test]
fn a_changed_statement_and_one_of_another_federation_are_refused() {
    let federation = two_regions();
    let root = root(&federation);
    let written = state(&federation, GUIZHOU, "my.yizhang", &["--whole-account"]);
    assert_eq!(written.ran.code, 0, "{}", written.ran.stderr);
    let bytes = fs::read(&written.path).unwrap();
    for at in [20, bytes.len() / 2, bytes.len() - 20] {
        let mut changed = bytes.clone();
        changed[at] ^= 4;
        let file = federation.file("changed.yizhang", &changed);
        let refused = check(&file, &root, &[]).expect(1);
        assert!(
            refused.stdout.starts_with("The statement is refused"),
            "{}",
            refused.stdout
        );
    }
    let file = federation.file("cut.yizhang", &bytes[..bytes.len() - 1]);
    check(&file, &root, &[]).expect(1);
    let refused = check(&file, &root, &["--json"]).expect(1);
    let refused: Value = serde_json::from_str(&refused.stdout).unwrap();
    assert_published(&refused);
    assert_eq!(
        (&refused["outcome"], &refused["account"]),
        (&"refused".into(), &Value::Null)
    );
    let other = "00000000000000000000000000000000";
    let refused = check(written.path(), other, &[]).expect(1);
    assert!(
        refused.stdout.contains("does not lead to the root keys"),
        "{}",
        refused.stdout
    );
    run(&["verify", written.path()]).expect(2);
    run(&["verify", written.path(), "--root", "12"]).expect(2);
}

#[test]
fn of_chains_without_a_register_a_statement_says_that_nothing_shows_what_is_missing() {
    let mut federation = Federation::found(&[GUANGDONG, GUIZHOU]);
    federation.start_all();
    let file = federation.file("a.csv", &contributions(WORKER, 440_300, 3, "A"));
    federation.import(GUANGDONG, &file, &[]).expect(0);
    let written = state(&federation, GUANGDONG, "my.yizhang", &["--records-only"]);
    assert_eq!(written.ran.code, 0, "{}", written.ran.stderr);
    let shown = verdict(written.path(), &root(&federation));
    assert_eq!(shown["outcome"], "open", "{shown}");
    let unproved = lines(&shown, "unproved").join("\n");
    assert!(
        unproved.contains("whether records are missing is not shown"),
        "{unproved}"
    );
    assert!(
        unproved.contains("The issuer states no account"),
        "{unproved}"
    );
}

#[test]
fn paper_is_compared_with_its_file_and_with_what_a_node_says_later() {
    let federation = two_regions();
    let root = root(&federation);
    let sheet = federation.file("sheet.html", b"");
    let address = "https://accounts.example.test/";
    let more = ["--paper", &sheet, "--address", address];
    let written = state(&federation, GUIZHOU, "my.yizhang", &more);
    assert_eq!(written.ran.code, 0, "{}", written.ran.stderr);
    let html = fs::read_to_string(&sheet).unwrap();
    assert!(html.contains("<svg") && !html.contains(WORKER), "{html}");
    let code = html.split("<p class=\"code\">").nth(1).unwrap();
    let code = code.split('<').next().unwrap();
    assert!(
        code.starts_with(address) && code.contains("#yizhang-paper/1/"),
        "{code}"
    );

    let is_it = check(written.path(), &root, &["--paper", code]).expect(0);
    assert!(
        is_it.stdout.contains("It is the statement of the paper"),
        "{}",
        is_it.stdout
    );
    let other = state(&federation, GUIZHOU, "other.yizhang", &[]);
    let is_not = check(other.path(), &root, &["--paper", code]).expect(1);
    assert!(
        is_not.stdout.contains("not that of the paper"),
        "{}",
        is_not.stdout
    );
    assert!(
        !is_not.stdout.contains("Account as of"),
        "{}",
        is_not.stdout
    );
    check(written.path(), &root, &["--paper", "none"]).expect(2);

    let asked = || {
        let agency = federation.agency(GUANGDONG);
        let arguments = [
            "worker",
            "account",
            "--node",
            "440000",
            "--credentials",
            &agency,
        ];
        run_with(&[&arguments[..], &["--paper", code]].concat(), WORKER)
    };
    let same = asked().expect(0);
    assert!(
        same.stderr.contains("still the same as on the paper"),
        "{}",
        same.stderr
    );
    let rows = contributions(WORKER, 440_300, 26, "later.csv");
    let file = federation.file("later.csv", &rows);
    federation.import(GUANGDONG, &file, &[]).expect(0);
    let since = asked().expect(1);
    assert!(
        since.stderr.contains("came into its chain since"),
        "{}",
        since.stderr
    );
    assert!(since.stderr.contains("Guangdong"), "{}", since.stderr);
}

#[test]
fn an_excerpt_shows_its_months_and_how_many_records_it_does_not_show() {
    let federation = two_regions();
    let root = root(&federation);
    let months = [
        "--from", "2015-01", "--to", "2099-12", "--scheme", "hrss:110",
    ];
    let all = state(&federation, GUIZHOU, "all.yizhang", &months);
    assert_eq!(all.ran.code, 0, "{}", all.ran.stderr);
    let whole = verdict(all.path(), &root);
    assert!(whole["account"].is_null(), "{whole}");
    let records = whole["statement"]["excerpt"]["records"].as_array().unwrap();
    let first = |record: &Value| record["contribution"]["first"].as_str().unwrap().to_owned();
    let mut found: Vec<String> = records.iter().map(first).collect();
    found.sort();
    let month = found[found.len() / 2].clone();
    let expected = found.iter().filter(|one| **one == month).count();

    let asked = ["--from", &month, "--to", &month];
    let one = state(&federation, GUANGDONG, "one.yizhang", &asked);
    assert_eq!(one.ran.code, 0, "{}", one.ran.stderr);
    let shown = verdict(one.path(), &root);
    assert_eq!(shown["outcome"], "open", "{shown}");
    let records = shown["statement"]["excerpt"]["records"].as_array().unwrap();
    assert_eq!(records.len(), expected);
    assert!(
        records.iter().all(|record| first(record) == month),
        "{shown}"
    );
    let proved = lines(&shown, "proved").join("\n");
    assert!(
        proved.contains("of 24 records of the person in this chain are shown"),
        "{proved}"
    );
    let unproved = lines(&shown, "unproved").join("\n");
    assert!(unproved.contains("on the word of the issuer"), "{unproved}");
    let text = check(one.path(), &root, &[]).expect(0).stdout;
    assert!(
        text.contains(&month) && !text.contains("Account as of"),
        "{text}"
    );

    let arguments = |more: &[&str]| state(&federation, GUANGDONG, "none.yizhang", more).ran.code;
    assert_eq!(arguments(&["--from", "2025-02", "--to", "2025-01"]), 2);
    assert_eq!(arguments(&["--scheme", "pension"]), 2);
    assert_eq!(arguments(&["--from", "2025-02", "--whole-account"]), 2);
}
