//! Receipts: what was imported is promised by whom, in files that are checked without a network; and what a mirror has promised is there
//! when the node that took it is gone.

mod support;

use std::{fs, path::PathBuf};
use support::{Federation, Ran, contributions, eventually, run};

const WORKER: &str = "440300199003078815";
const GUANGDONG: u32 = 440_000;
const GUIZHOU: u32 = 520_000;
const BEIJING: u32 = 110_000;

fn receipts(folder: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap();
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
}

fn verify(federation: &Federation, path: &str) -> Ran {
    run(&["verify", path, "--credentials", &federation.auditor()])
}

#[test]
fn an_import_keeps_receipts_that_mirrors_have_signed_and_that_verify_without_a_network() {
    let mut federation = Federation::found(&[GUANGDONG, GUIZHOU, BEIJING]);
    federation.start_all();
    let file = federation.file("rows.csv", &contributions(WORKER, 440_300, 24, "S"));
    let ran = federation.import(GUANGDONG, &file, &["--durable", "mirrors:2,30"]);
    let said = ran.expect(0).stdout;
    assert!(
        said.contains("The nodes of 2 other regions have signed"),
        "{said}"
    );
    let kept = receipts(&format!("{file}.receipts"));
    assert!(!kept.is_empty());
    // Imported again, nothing is sent: the receipts say that mirrors hold it.
    let size = federation.size(GUANGDONG, GUANGDONG);
    federation.import(GUANGDONG, &file, &[]).expect(0);
    assert_eq!(federation.size(GUANGDONG, GUANGDONG), size);
    for region in [GUANGDONG, GUIZHOU, BEIJING] {
        federation.stop(region);
    }
    for path in &kept {
        let shown = verify(&federation, path.to_str().unwrap()).expect(0).stdout;
        assert!(
            shown.contains("The nodes of 2 other regions have signed"),
            "{shown}"
        );
        assert!(
            shown.contains("Beijing") && shown.contains("Guizhou"),
            "{shown}"
        );
        // A receipt that was touched anywhere shows nothing.
        let bytes = fs::read(path).unwrap();
        // But for the number of the submission, which is the submitter's own and proves nothing.
        for place in [70, 80, bytes.len() / 2, bytes.len() - 5] {
            let mut touched = bytes.clone();
            touched[place] ^= 1;
            let touched = federation.file("touched.receipt", &touched);
            verify(&federation, &touched).expect(4);
        }
    }
    // Every receipt again without a node: the import has to ask one, which is not there.
    federation.import(GUANGDONG, &file, &[]).expect(3);
}

#[test]
fn without_mirrors_a_receipt_says_what_it_does_not_promise() {
    let mut federation = Federation::found(&[GUANGDONG, GUIZHOU]);
    federation.start_all();
    federation.stop(GUIZHOU);
    let file = federation.file("rows.csv", &contributions(WORKER, 440_300, 3, "S"));
    let said = federation
        .import(GUANGDONG, &file, &["--durable", "mirrors:1,1"])
        .expect(0)
        .stdout;
    assert!(
        said.contains("1 mirrors were asked for, and 0 have signed"),
        "{said}"
    );
    let local = federation.file("local.csv", &contributions(WORKER, 440_300, 5, "L"));
    let said = federation
        .import(GUANGDONG, &local, &["--durable", "local"])
        .expect(0)
        .stdout;
    assert!(
        said.contains("on the disk of one node, and no more"),
        "{said}"
    );
    let kept = receipts(&format!("{local}.receipts"));
    let shown = verify(&federation, kept[0].to_str().unwrap())
        .expect(0)
        .stdout;
    assert!(shown.contains("No mirror has signed"), "{shown}");
    assert!(
        shown.contains("kept under version 1 of the roster"),
        "{shown}"
    );
    // One of a later roster that cannot be believed says which roster it needs.
    let later = fs::read_to_string(&kept[0]).unwrap();
    let later = later.replacen("\nroster 1\n", "\nroster 2\n", 1);
    let wrong = later.replacen("\nfirst ", "\nfirst 1", 1);
    let later = federation.file("later.receipt", later.as_bytes());
    verify(&federation, &later).expect(0);
    let wrong = federation.file("wrong.receipt", wrong.as_bytes());
    let said = verify(&federation, &wrong).expect(4).stderr;
    assert!(
        said.contains("kept under version 2 of the roster"),
        "{said}"
    );
    // The other node is back: the same file again brings fuller receipts, and adds nothing.
    let size = federation.size(GUANGDONG, GUANGDONG);
    federation.start(GUIZHOU);
    federation.wait_ready(GUIZHOU);
    federation.wait_replicated(GUANGDONG, GUIZHOU);
    eventually("the nodes are connected", || {
        let status = federation.status(GUANGDONG);
        status.is_some_and(|status| status["peers"][0]["connected"] == true)
    });
    let said = federation
        .import(GUANGDONG, &local, &["--durable", "mirrors:1,30"])
        .expect(0)
        .stdout;
    assert!(
        said.contains("The nodes of 1 other regions have signed"),
        "{said}"
    );
    assert_eq!(federation.size(GUANGDONG, GUANGDONG), size);
    for wrong in ["mirrors", "mirrors:0", "mirrors:x", "mirrors:1,61", "two"] {
        federation
            .import(GUANGDONG, &file, &["--durable", wrong])
            .expect(2);
    }
}

#[test]
fn what_a_mirror_has_receipted_outlives_the_node_that_took_it() {
    let mut federation = Federation::found(&[GUANGDONG, GUIZHOU, BEIJING]);
    federation.start_all();
    let mut records = 0;
    for round in 0..4 {
        let count = 5 + round;
        let file = federation.file(
            &format!("round{round}.csv"),
            &contributions(WORKER, 440_300, count, &format!("R{round}")),
        );
        let ran = federation.import(GUANGDONG, &file, &["--durable", "mirrors:2,60"]);
        let said = ran.expect(0).stdout;
        assert!(
            said.contains("The nodes of 2 other regions have signed"),
            "{said}"
        );
        records += u64::from(count);
        // The moment the receipt has come: the process and everything that it had on its disk are gone.
        federation.kill(GUANGDONG);
        fs::remove_dir_all(federation.node_dir(GUANGDONG).join("data")).unwrap();
        // Whoever holds the receipts finds the records at the mirrors, and the node gets its chain back from them.
        let held = federation
            .answer(BEIJING, WORKER, &["--proofs"])
            .expect(0)
            .stdout;
        let held: serde_json::Value = serde_json::from_str(&held).unwrap();
        assert_eq!(
            held["account"]["records"].as_array().unwrap().len() as u64,
            records
        );
        federation.start(GUANGDONG);
        federation.wait_ready(GUANGDONG);
        eventually("the chain is back", || {
            federation.size(GUANGDONG, GUANGDONG) >= federation.size(BEIJING, GUANGDONG)
        });
    }
}
