//! A running node commits to the registers of its accounts by its rule; mirrors and auditors compute the same ones, over the network too.

use crate::support::{self, Federation, contributions, eventually, run};
use serde_json::Value;
use std::{collections::BTreeMap, fs, path::Path};

const GUANGDONG: u32 = 440_000;
const GUIZHOU: u32 = 520_000;

/// Registers in a chain, as an audit of a data directory counts them; it must be clean, so every one of them is right.
fn registers(federation: &Federation, node: u32) -> u64 {
    let dir = federation.node_dir(node).join("data");
    let file = federation.file("report.json", b"");
    let mut arguments = vec!["audit", "--dir", dir.to_str().unwrap()];
    let auditor = federation.auditor();
    arguments.extend(["--credentials", &auditor, "--json", &file]);
    run(&arguments).expect(0);
    let report: Value = serde_json::from_slice(&fs::read(file).unwrap()).unwrap();
    let text = report.to_string();
    let counts: Vec<u64> = text
        .match_indices("\"AccountRegister\":")
        .filter_map(|(at, name)| {
            let rest = &text[at + name.len()..];
            rest.split(|c: char| !c.is_ascii_digit())
                .next()?
                .parse()
                .ok()
        })
        .collect();
    counts.into_iter().sum()
}

fn files(dir: &Path) -> BTreeMap<String, Vec<u8>> {
    let Ok(entries) = fs::read_dir(dir) else {
        return BTreeMap::new();
    };
    entries
        .map(|entry| entry.unwrap())
        .map(|entry| {
            let name = entry.file_name().into_string().unwrap();
            (name, fs::read(entry.path()).unwrap())
        })
        .collect()
}

#[test]
fn a_node_commits_to_its_accounts_when_an_epoch_ends_and_auditors_compute_them_again() {
    let mut federation = Federation::found(&[GUANGDONG, GUIZHOU]);
    let path = federation.node_dir(GUANGDONG).join("node.toml");
    let usual = fs::read_to_string(&path).unwrap();
    fs::write(&path, format!("{usual}[registers]\nentries = 40\n")).unwrap();
    federation.start_all();
    let import = |federation: &Federation, serial: &str| {
        let rows = contributions("440300199003078815", 440_300, 30, serial);
        let file = federation.file(&format!("{serial}.csv"), &rows);
        federation.import(GUANGDONG, &file, &[]).expect(0);
    };
    import(&federation, "A");
    import(&federation, "B");
    let folder = federation.node_dir(GUANGDONG).join("data/registers/440000");
    eventually("the first register", || files(&folder).len() == 1);
    eventually("the first register in the chain", || {
        registers(&federation, GUANGDONG) == 1
    });
    import(&federation, "C");
    import(&federation, "D");
    eventually("the second register in the chain", || {
        registers(&federation, GUANGDONG) == 2
    });
    eventually("both at the mirror", || {
        registers(&federation, GUIZHOU) == 2
    });

    // Over the network the auditor has the chain sent twice.
    let auditor = federation.auditor();
    let audited = run(&["audit", "--node", "440000", "--credentials", &auditor]);
    audited.expect(0);

    // A node that starts again knows which epoch it is in.
    federation.stop(GUANGDONG);
    federation.start(GUANGDONG);
    federation.wait_ready(GUANGDONG);
    import(&federation, "E");
    let made = files(&folder);
    assert_eq!(made.len(), 2);
    federation.stop(GUANGDONG);
    let dir = federation.node_dir(GUANGDONG);
    run(&["node", "check", "--dir", dir.to_str().unwrap()]).expect(0);

    // A register is derived: without the files the node finds the last one in its chain, and makes the next from the chain alone.
    fs::remove_dir_all(&folder).unwrap();
    federation.start(GUANGDONG);
    federation.wait_ready(GUANGDONG);
    import(&federation, "F");
    eventually("a third register in the chain", || {
        registers(&federation, GUANGDONG) == 3
    });
    federation.stop(GUANGDONG);
    run(&["node", "check", "--dir", dir.to_str().unwrap()]).expect(0);
}

/// Has a node write a register as soon as there is anything new.
fn write_registers_often(federation: &Federation, node: u32) {
    let path = federation.node_dir(node).join("node.toml");
    let usual = fs::read_to_string(&path).unwrap();
    fs::write(&path, format!("{usual}[registers]\nentries = 20\n")).unwrap();
}

const WORKER: &str = "440300199003078815";
const ANOTHER: &str = "52010219850812233X";

/// What a proved lookup at a node says of how complete each chain is.
fn complete(federation: &Federation, node: u32) -> BTreeMap<u64, Value> {
    let answer = federation.answer(node, WORKER, &["--proofs"]);
    let answer: Value = serde_json::from_str(&answer.expect(0).stdout).unwrap();
    let chains = answer["checked"]["complete"].as_array().unwrap().clone();
    let region = |chain: &Value| {
        let origin = chain["origin"].as_str().unwrap();
        origin.split('/').nth(1).unwrap().parse().unwrap()
    };
    chains
        .into_iter()
        .map(|chain| (region(&chain), chain))
        .collect()
}

#[test]
fn a_lookup_shows_that_nothing_was_left_out_at_the_chains_own_node_and_at_a_mirror() {
    let mut federation = Federation::found(&[GUANGDONG, GUIZHOU]);
    write_registers_often(&federation, GUANGDONG);
    write_registers_often(&federation, GUIZHOU);
    federation.start_all();
    let import = |federation: &Federation, region, number, serial: &str| {
        let rows = contributions(number, region, 30, serial);
        let file = federation.file(&format!("{region}-{serial}.csv"), &rows);
        federation.import(region, &file, &[]).expect(0);
    };
    import(&federation, GUANGDONG, WORKER, "A");
    import(&federation, GUIZHOU, ANOTHER, "A");
    let is_shown = |chains: &BTreeMap<u64, Value>, chain: u32| {
        let through = chains[&u64::from(chain)]["through"].as_u64();
        through.is_some_and(|through| through > 30)
    };
    // Presence in the one chain, absence in the other, from each of both nodes.
    for node in [GUANGDONG, GUIZHOU] {
        eventually("completeness of both chains", || {
            let chains = complete(&federation, node);
            is_shown(&chains, GUANGDONG) && is_shown(&chains, GUIZHOU)
        });
    }
    // Each chain's register is computed again by the other node, whose line says so.
    for node in [GUANGDONG, GUIZHOU] {
        eventually("confirmation by the other node", || {
            let chains = complete(&federation, node);
            let mirrors = |chain: u32| chains[&u64::from(chain)]["mirrors"].clone();
            mirrors(GUANGDONG) == serde_json::json!(["520000"])
                && mirrors(GUIZHOU) == serde_json::json!(["440000"])
        });
    }
    let page = federation.lookup(GUIZHOU, WORKER, &["--proofs", "--lang", "en"]);
    let page = page.expect(0).stderr;
    assert!(
        page.contains("No record of this account was left out")
            && page.contains("Computed again and confirmed"),
        "{page}"
    );
    let page = federation.lookup(GUIZHOU, WORKER, &["--proofs", "--lang", "zh"]);
    let page = page.expect(0).stderr;
    assert!(page.contains("此账户没有漏掉记录"), "{page}");

    // A node that has no registers of its own gives the same account, and shows no completeness.
    fs::remove_dir_all(federation.node_dir(GUIZHOU).join("data/registers")).unwrap();
    let digest = |node| {
        let answer = federation.answer(node, WORKER, &["--proofs"]);
        let answer: Value = serde_json::from_str(&answer.expect(0).stdout).unwrap();
        answer["digest"].clone()
    };
    assert_eq!(digest(GUIZHOU), digest(GUANGDONG));
    let chains = complete(&federation, GUIZHOU);
    assert!(!is_shown(&chains, GUANGDONG), "{chains:?}");
}

#[test]
fn the_operator_ends_an_epoch_and_nobody_else_does() {
    let mut federation = Federation::found(&[GUANGDONG, GUIZHOU]);
    federation.start_all();
    let register = |dir: &Path| {
        let dir = dir.to_str().unwrap();
        run(&["node", "register", "--dir", dir, "--lang", "en"])
    };
    let rows = contributions(WORKER, GUANGDONG, 30, "A");
    let file = federation.file("A.csv", &rows);
    federation.import(GUANGDONG, &file, &[]).expect(0);
    let ran = register(&federation.node_dir(GUANGDONG)).expect(0);
    assert!(ran.stdout.contains("covers the first 3"), "{}", ran.stdout);
    eventually("the register on the disk", || {
        registers(&federation, GUANGDONG) == 1
    });
    let ran = register(&federation.node_dir(GUANGDONG)).expect(0);
    assert!(ran.stderr.contains("Nothing has come"), "{}", ran.stderr);
    assert_eq!(registers(&federation, GUANGDONG), 1, "nothing is new");

    // With the certificate of another node: its configuration says that it is this one.
    let dir = federation.node_dir(GUIZHOU);
    let foreign = federation.path().join("foreign");
    support::copy(&dir, &foreign);
    let path = foreign.join("node.toml");
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, text.replace("520000", "440000")).unwrap();
    register(&foreign).expect(5);

    // A node that starts anew knows its newest register, and one whose files are gone looks for it in the chain.
    federation.stop(GUANGDONG);
    let folder = federation.node_dir(GUANGDONG).join("data/registers");
    fs::remove_dir_all(folder).unwrap();
    federation.start(GUANGDONG);
    federation.wait_ready(GUANGDONG);
    let ran = register(&federation.node_dir(GUANGDONG)).expect(0);
    assert!(ran.stdout.contains("covers the first 3"), "{}", ran.stdout);
    assert_eq!(registers(&federation, GUANGDONG), 1, "nothing is new");
}
