//! A running node commits to the registers of its accounts by its rule; mirrors and auditors compute the same ones, over the network too.

mod support;

use std::{collections::BTreeMap, fs, path::Path};
use support::{Federation, contributions, eventually, run};

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
    let report: serde_json::Value = serde_json::from_slice(&fs::read(file).unwrap()).unwrap();
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

    // A register is derived: without the files the node makes the next one from its chain alone.
    fs::remove_dir_all(&folder).unwrap();
    federation.start(GUANGDONG);
    eventually("a third register in the chain", || {
        registers(&federation, GUANGDONG) == 3
    });
    federation.stop(GUANGDONG);
    run(&["node", "check", "--dir", dir.to_str().unwrap()]).expect(0);
}
