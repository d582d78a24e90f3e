//! Nodes as witnesses and mirrors of one another, with real processes.

use crate::support::{Federation, contributions, eventually};
use serde_json::Value;
use std::fs;

const GUANGDONG: u32 = 440_000;
const GUIZHOU: u32 = 520_000;
const BEIJING: u32 = 110_000;
const REGIONS: [u32; 3] = [BEIJING, GUANGDONG, GUIZHOU];
/// Invented: no citizen's number begins with a city's own code.
const WORKER: &str = "440300199003078815";

/// What a node says is cosigned of a chain.
fn cosigned(federation: &Federation, node: u32, chain: u32) -> Option<Value> {
    let status = federation.status(node)?;
    let chains = status["cosigning"]["chains"].as_array()?.clone();
    let name = format!("/{chain}");
    let is_it = |found: &Value| found["origin"].as_str().unwrap().ends_with(&name);
    chains.into_iter().find(is_it)
}

/// The size up to which every node says that all others have cosigned a chain as mirrors and as witnesses; none while they differ.
fn agreed(federation: &Federation, chain: u32) -> Option<u64> {
    let others = REGIONS.len() as u64 - 1;
    let mut sizes = REGIONS.iter().map(|node| {
        let found = cosigned(federation, *node, chain)?;
        let is_whole = found["mirrors"] == others && found["witnesses"] == others;
        found["size"].as_u64().filter(|_| is_whole)
    });
    let first = sizes.next()??;
    sizes.all(|size| size == Some(first)).then_some(first)
}

/// Imports some rows, and returns how long the chain is by then.
fn import(federation: &Federation, serial: &str) -> u64 {
    let rows = contributions(WORKER, 440_300, 12, serial);
    let file = federation.file(&format!("{serial}.csv"), &rows);
    federation.import(GUANGDONG, &file, &[]).expect(0);
    federation.size(GUANGDONG, GUANGDONG)
}

#[test]
fn every_node_cosigns_the_heads_of_all_others_and_all_learn_of_it() {
    let mut federation = Federation::found(&REGIONS);
    federation.start_all();
    let size = import(&federation, "a");
    eventually("both others have cosigned", || {
        agreed(&federation, GUANGDONG) == Some(size)
    });
    let status = federation.status(GUIZHOU).unwrap();
    println!("{} entries, {}", size, status["cosigning"]);
    let given = status["cosigning"]["given"].as_u64().unwrap();
    assert!(given >= 2 && given.is_multiple_of(2), "{given}");
    // Both others have cosigned Guangdong's chain, and nobody his own.
    for node in REGIONS {
        for chain in REGIONS {
            let found = cosigned(&federation, node, chain).unwrap();
            for line in found["cosigners"].as_array().unwrap() {
                assert_ne!(line["region"], chain.to_string(), "{found}");
            }
        }
    }
    let size = import(&federation, "b");
    eventually("the larger head is cosigned", || {
        agreed(&federation, GUANGDONG) == Some(size)
    });
}

#[test]
fn a_node_that_has_lost_its_disk_learns_from_its_peers_what_it_has_cosigned() {
    forgets_nothing_without("data");
}

#[test]
fn a_node_that_has_lost_its_journal_learns_from_its_peers_what_it_has_cosigned() {
    forgets_nothing_without("data/journal");
}

/// A node loses a folder, and goes on where it was.
fn forgets_nothing_without(lost: &str) {
    let mut federation = Federation::found(&REGIONS);
    federation.start_all();
    let size = import(&federation, "a");
    eventually("both others have cosigned", || {
        agreed(&federation, GUANGDONG) == Some(size)
    });
    let before = cosigned(&federation, BEIJING, GUANGDONG).unwrap();
    federation.kill(GUIZHOU);
    fs::remove_dir_all(federation.node_dir(GUIZHOU).join(lost)).unwrap();
    federation.start(GUIZHOU);
    federation.wait_ready(GUIZHOU);
    federation.wait_replicated(GUANGDONG, GUIZHOU);
    eventually("all is cosigned as before", || {
        agreed(&federation, GUANGDONG) == Some(size)
    });
    // The same lines, of the same time: it has cosigned nothing again.
    let after = cosigned(&federation, GUIZHOU, GUANGDONG).unwrap();
    assert_eq!(before["cosigners"], after["cosigners"]);
    let status = federation.status(GUIZHOU).unwrap();
    assert_eq!(status["cosigning"]["given"], 0, "{}", status["cosigning"]);
    // And it goes on from there.
    let size = import(&federation, "b");
    eventually("the larger head is cosigned", || {
        agreed(&federation, GUANGDONG) == Some(size)
    });
}

#[test]
fn what_a_node_has_cosigned_outlives_a_kill_with_its_time() {
    let mut federation = Federation::found(&REGIONS);
    federation.start_all();
    let size = import(&federation, "a");
    eventually("both others have cosigned", || {
        agreed(&federation, GUANGDONG) == Some(size)
    });
    let before = cosigned(&federation, GUIZHOU, GUANGDONG).unwrap();
    for node in REGIONS {
        federation.kill(node);
    }
    federation.start_all();
    eventually("all is cosigned as before", || {
        agreed(&federation, GUANGDONG) == Some(size)
    });
    let after = cosigned(&federation, BEIJING, GUANGDONG).unwrap();
    assert_eq!(before["cosigners"], after["cosigners"]);
}

#[test]
fn mirrors_cosign_behind_a_register_that_they_have_computed_themselves() {
    let mut federation = Federation::found(&REGIONS);
    let file = federation.node_dir(GUANGDONG).join("node.toml");
    let configuration = fs::read_to_string(&file).unwrap();
    fs::write(&file, configuration + "\n[registers]\nentries = 10\n").unwrap();
    federation.start_all();
    let imported = import(&federation, "a");
    eventually("the register is in the chain", || {
        federation.size(GUANGDONG, GUANGDONG) > imported
    });
    let size = federation.size(GUANGDONG, GUANGDONG);
    eventually("both others have cosigned behind it", || {
        agreed(&federation, GUANGDONG) == Some(size)
    });
    let registers = federation.node_dir(GUIZHOU).join("data/registers/440000");
    assert!(fs::read_dir(registers).unwrap().count() > 0);
}
