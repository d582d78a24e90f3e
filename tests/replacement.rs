//! The federation secret is replaced while the federation runs: read under both, written under one, and nobody's months are lost or counted
//! twice.

use crate::support::{self, Federation, contributions, eventually, run};
use std::{fmt::Write as _, fs, path::PathBuf};

const GUANGDONG: u32 = 440_000;
const GUIZHOU: u32 = 520_000;
const WORKER: &str = "440300199003078815";

fn counted_months(json: &str) -> u64 {
    let account: serde_json::Value = serde_json::from_str(json).unwrap();
    account["families"][0]["counted_months"].as_u64().unwrap()
}

fn secret_file(federation: &Federation, region: u32) -> PathBuf {
    federation.node_dir(region).join("federation.secret")
}

/// `federation next-secret` or `use-secret` for the directory of a node.
fn step(federation: &Federation, command: &str, region: u32) -> support::Ran {
    let dir = federation.node_dir(region);
    run(&["federation", command, "--dir", dir.to_str().unwrap()])
}

fn restart(federation: &mut Federation, region: u32) {
    federation.stop(region);
    federation.start(region);
    federation.wait_ready(region);
}

/// Waits until the only peer of a node has told such secrets.
fn wait_secrets(federation: &Federation, region: u32, expected: &str) {
    eventually(&format!("the peer of {region} has {expected}"), || {
        let status = federation.status(region);
        status.is_some_and(|status| status["peers"][0]["secrets"] == expected)
    });
}

fn status(federation: &Federation, region: u32) -> support::Ran {
    let (node, agency) = (region.to_string(), federation.agency(region));
    run(&["node", "status", "--node", &node, "--credentials", &agency])
}

/// The account and its digest, with every record checked here.
fn account(federation: &Federation, node: u32) -> String {
    federation
        .lookup(node, WORKER, &["--proofs"])
        .expect(0)
        .stdout
}

fn months(from: u32, months: u32, serial: &str) -> Vec<u8> {
    let text = String::from_utf8(contributions(WORKER, 440_300, from + months, serial)).unwrap();
    let mut lines = text.lines();
    let header = lines.next().unwrap();
    let rows: Vec<&str> = lines.skip(usize::try_from(from).unwrap()).collect();
    format!("{header}\n{}\n", rows.join("\n")).into_bytes()
}

#[test]
fn a_secret_is_replaced_in_two_steps_and_nobody_loses_a_month() {
    let mut federation = Federation::found(&[GUANGDONG, GUIZHOU]);
    federation.start_all();
    let first = federation.file("first.csv", &months(0, 9, "A"));
    federation.import(GUANGDONG, &first, &[]).expect(0);
    federation.wait_replicated(GUANGDONG, GUIZHOU);
    let before = account(&federation, GUANGDONG);
    assert_eq!(counted_months(&before), 9);

    // The first step: one file, for every node.
    step(&federation, "use-secret", GUANGDONG).expect(4);
    step(&federation, "next-secret", GUANGDONG).expect(0);
    step(&federation, "next-secret", GUANGDONG).expect(4);
    fs::copy(
        secret_file(&federation, GUANGDONG),
        secret_file(&federation, GUIZHOU),
    )
    .unwrap();
    restart(&mut federation, GUANGDONG);
    // Until the other one has it, both say so.
    wait_secrets(&federation, GUANGDONG, "fewer");
    wait_secrets(&federation, GUIZHOU, "more");
    let ran = status(&federation, GUANGDONG).expect(1);
    assert!(
        ran.stdout.contains("lacks the newest federation secret"),
        "{}",
        ran.stdout
    );
    restart(&mut federation, GUIZHOU);
    for region in [GUANGDONG, GUIZHOU] {
        wait_secrets(&federation, region, "same");
        assert_eq!(account(&federation, region), before, "nothing has changed");
    }

    // The second step, node after node: meanwhile one writes under the new secret and the other under the old one.
    step(&federation, "use-secret", GUANGDONG).expect(0);
    restart(&mut federation, GUANGDONG);
    let second = federation.file("second.csv", &months(9, 6, "A"));
    federation.import(GUANGDONG, &second, &[]).expect(0);
    let elsewhere = federation.file("else.csv", &contributions(WORKER, 520_100, 3, "G"));
    federation.import(GUIZHOU, &elsewhere, &[]).expect(0);
    federation.wait_replicated(GUANGDONG, GUIZHOU);
    federation.wait_replicated(GUIZHOU, GUANGDONG);
    let mixed = account(&federation, GUANGDONG);
    let records = |account: &str| {
        let account: serde_json::Value = serde_json::from_str(account).unwrap();
        account["records"].as_array().unwrap().len()
    };
    assert_eq!(records(&mixed), 9 + 6 + 3);
    assert_eq!(records(&account(&federation, GUIZHOU)), 9 + 6 + 3);
    step(&federation, "use-secret", GUIZHOU).expect(0);
    restart(&mut federation, GUIZHOU);
    // The same account, to the byte, at every node.
    assert_eq!(account(&federation, GUANGDONG), mixed);
    assert_eq!(account(&federation, GUIZHOU), mixed);

    // Another node's word about the pseudonyms is compared with the own node's.
    let agency = federation.agency(GUANGDONG);
    let other = Federation::answer_to(&agency, GUIZHOU, WORKER, &["--proofs"]).expect(0);
    assert!(
        !other.stderr.contains("Not checked here"),
        "{}",
        other.stderr
    );

    // A file of before is known again, and sent once more it counts nothing twice.
    let refused = federation.import(GUANGDONG, &first, &[]).expect(1);
    assert!(
        refused
            .stdout
            .contains("9 are in the chain already, written before"),
        "{}",
        refused.stdout
    );
    let book = federation.path().join("book.csv");
    let all_the_same = ["--send-used-serials", "--book", book.to_str().unwrap()];
    federation
        .import(GUANGDONG, &first, &all_the_same)
        .expect(0);
    federation.wait_replicated(GUANGDONG, GUIZHOU);
    assert_eq!(records(&account(&federation, GUIZHOU)), 9 + 6 + 3);
    assert_eq!(
        counted_months(&account(&federation, GUIZHOU)),
        counted_months(&mixed)
    );

    // Under each pseudonym the account is the same person's, and a review goes through the person once.
    let whole: serde_json::Value = serde_json::from_str(&mixed).unwrap();
    let new = whole["account"].as_str().unwrap();
    let old: serde_json::Value = serde_json::from_str(&before).unwrap();
    let old = old["account"].as_str().unwrap();
    assert_ne!(old, new);
    let book = fs::read_to_string(book).unwrap();
    for pseudonym in [old, new] {
        assert!(book.contains(pseudonym), "{book}");
        let by_pseudonym = federation
            .lookup(GUANGDONG, "", &["--account", pseudonym, "--proofs"])
            .expect(0);
        assert_eq!(records(&by_pseudonym.stdout), 9 + 6 + 3);
    }
    let csv = federation.path().join("review.csv");
    let agency = federation.agency(GUANGDONG);
    run(&[
        "agency",
        "review",
        "--node",
        "440000",
        "--credentials",
        &agency,
        "--as-of",
        "2026-10-31",
        "--csv",
        csv.to_str().unwrap(),
    ])
    .expect(1);
    let review = fs::read_to_string(csv).unwrap();
    let named = [old, new].map(|pseudonym| review.contains(pseudonym));
    assert_ne!(named[0], named[1], "{review}");
}

/// Replaces the secret of a federation of one node.
fn replace_secret(federation: &mut Federation) {
    for command in ["next-secret", "use-secret"] {
        step(federation, command, GUANGDONG).expect(0);
    }
    restart(federation, GUANGDONG);
}

/// Whether an import goes through, whatever of it is there already.
fn send(federation: &Federation, name: &str, rows: &str) {
    let file = federation.file(name, rows.as_bytes());
    federation
        .import(GUANGDONG, &file, &["--send-used-serials"])
        .expect(0);
}

#[test]
fn a_correction_of_a_row_that_is_sent_again_after_the_replacement_has_its_effect() {
    let columns = "kind,person,scheme,period,received,place,payer_kind,base,person_rate,due_person,paid_person,credited_person,serial,agency,target\n";
    let month = |month: u32| {
        format!(
            "Received,{WORKER},hrss:110,2015-0{month},2015-0{month}-20,440300,person,5000.00,0.2,1000.00,1000.00,400.00,A{month},440300,\n"
        )
    };
    let months: String = (1..=9).map(month).collect();
    let reversal = format!("Reversal,{WORKER},,,,,,,,,,,R1,440300,A3\n");
    let mut federation = Federation::found(&[GUANGDONG]);
    federation.start_all();
    send(&federation, "months.csv", &format!("{columns}{months}"));
    assert_eq!(counted_months(&account(&federation, GUANGDONG)), 9);
    replace_secret(&mut federation);
    send(
        &federation,
        "corrected.csv",
        &format!("{columns}{months}{reversal}"),
    );
    let corrected = account(&federation, GUANGDONG);
    assert_eq!(counted_months(&corrected), 8);
    let whole: serde_json::Value = serde_json::from_str(&corrected).unwrap();
    assert!(whole.get("conflicts").is_none(), "{corrected}");
    // Sent a third time, under the same pseudonym now, it changes nothing.
    send(
        &federation,
        "again.csv",
        &format!("{columns}{months}{reversal}"),
    );
    assert_eq!(counted_months(&account(&federation, GUANGDONG)), 8);
}

#[test]
fn what_a_region_writes_after_the_replacement_alone_is_none_the_less_its_own() {
    let mut federation = Federation::found(&[GUANGDONG]);
    federation.start_all();
    let months = federation.file("months.csv", &months(0, 100, "A"));
    federation.import(GUANGDONG, &months, &[]).expect(0);
    let whole: serde_json::Value = serde_json::from_str(&account(&federation, GUANGDONG)).unwrap();
    let mut reversals = String::from("kind,person,serial,agency,target\n");
    for (number, record) in whole["records"].as_array().unwrap().iter().enumerate() {
        let id = record["id"].as_str().unwrap();
        writeln!(reversals, "Reversal,{WORKER},R{number},440300,{id}").unwrap();
    }
    replace_secret(&mut federation);
    send(&federation, "reversals.csv", &reversals);
    let reversed = federation
        .answer(GUANGDONG, WORKER, &["--proofs"])
        .expect(0);
    let answer: serde_json::Value = serde_json::from_str(&reversed.stdout).unwrap();
    assert_eq!(answer["account"]["records"].as_array().unwrap().len(), 200);
    let counted = answer["account"]["families"]
        .as_array()
        .unwrap()
        .iter()
        .map(|family| family["counted_months"].as_u64().unwrap());
    assert_eq!(counted.sum::<u64>(), 0);
}

#[test]
fn nodes_of_different_secrets_say_so() {
    let mut federation = Federation::found(&[GUANGDONG, GUIZHOU]);
    let other = format!("{}\n", "7".repeat(64));
    fs::write(secret_file(&federation, GUIZHOU), other).unwrap();
    federation.start_all();
    for region in [GUANGDONG, GUIZHOU] {
        wait_secrets(&federation, region, "other");
        status(&federation, region).expect(1);
        let log = federation.log(region);
        assert!(log.contains("another federation secret"), "{log}");
    }
}

#[test]
fn secrets_under_a_passphrase_are_replaced_under_it() {
    let mut federation = Federation::found(&[GUANGDONG]);
    federation.start_all();
    let rows = federation.file("rows.csv", &months(0, 3, "A"));
    federation.import(GUANGDONG, &rows, &[]).expect(0);
    federation.stop(GUANGDONG);
    let passphrase = federation.path().join("passphrase");
    fs::write(&passphrase, "a long passphrase\n").unwrap();
    set_private(&passphrase);
    let dir = federation.node_dir(GUANGDONG);
    let sealing = |command: &str| {
        let arguments = ["federation", command, "--dir", dir.to_str().unwrap()];
        let mut command = support::yizhang(&arguments);
        command.env("YIZHANG_PASSPHRASE_FILE", &passphrase);
        assert!(command.status().unwrap().success(), "{command:?}");
        let text = fs::read_to_string(dir.join("federation.secret")).unwrap();
        assert!(text.starts_with("-----BEGIN ENCRYPTED"), "{command:?}");
    };
    for command in ["seal", "next-secret", "use-secret", "next-secret"] {
        sealing(command);
    }
    federation.start_command(GUANGDONG, |command| {
        command.arg("--dir").arg(&dir);
        command.env("YIZHANG_PASSPHRASE_FILE", &passphrase);
    });
    federation.wait_ready(GUANGDONG);
    // All three secrets are there: what was written under the first is found.
    assert_eq!(counted_months(&account(&federation, GUANGDONG)), 3);
}

fn set_private(path: &std::path::Path) {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(path, fs::Permissions::from_mode(0o600)).unwrap();
}
