//! The roster changes while the federation runs: a region joins, keys change, certificates are renewed, and nobody is let down.

use crate::support::{
    Federation, contributions, copy, eventually,
    founders::{Founders, text, version, wait_version},
    listen_on_quiet_port, run,
};
use std::{
    fs,
    path::{Path, PathBuf},
    sync::atomic::{AtomicBool, Ordering},
    thread,
};

const WORKER: &str = "440300199003078815";
const GUANGDONG: u32 = 440_000;
const GUIZHOU: u32 = 520_000;
const BEIJING: u32 = 110_000;
const SICHUAN: u32 = 510_000;
const XINJIANG: u32 = 650_000;

#[test]
fn a_fifth_region_joins_a_running_federation_of_four() {
    let four = [GUANGDONG, GUIZHOU, BEIJING, SICHUAN];
    let mut federation = Federation::found(&four);
    federation.start_all();
    let file = federation.file("before.csv", &contributions(WORKER, 440_300, 9, "A"));
    federation.import(GUANGDONG, &file, &[]).expect(0);
    let processes = four.map(|region| federation.process(region));

    let founders = Founders::of(&federation);
    let address = listen_on_quiet_port().local_addr().unwrap();
    let region = format!("{XINJIANG}={address}");
    founders
        .step("add-region", &["--region", &region])
        .expect(0);
    // At an address that another node has, or once more, it is refused, and the proposal stays as it was.
    let again = format!("{XINJIANG}={address}");
    founders.step("add-region", &["--region", &again]).expect(4);
    let taken = format!("640000={}", federation.address(GUIZHOU));
    founders.step("add-region", &["--region", &taken]).expect(4);
    let diff = founders.step("diff", &[]).expect(0).stdout;
    assert_eq!(
        diff,
        format!("new region: Xinjiang ({XINJIANG}) at https://{address}\n")
    );
    let signed = founders.sign().expect(0).stdout;
    assert!(signed.contains("signed by 1 of 1"), "{signed}");
    let (own, agency) = (federation.node_dir(XINJIANG), federation.agency(XINJIANG));
    let mut publish = vec!["federation", "publish", "--file", text(&founders.file)];
    let (node, guizhou) = (GUIZHOU.to_string(), federation.agency(GUIZHOU));
    publish.extend(["--node", &node, "--credentials", &guizhou]);
    publish.extend(["--dir", text(&own), "--dir", &agency]);
    run(&publish).expect(0);
    federation.adopt(XINJIANG);
    federation.start(XINJIANG);
    let five = [GUANGDONG, GUIZHOU, BEIJING, SICHUAN, XINJIANG];
    wait_version(&federation, &five, 2);

    // All is as before, in the same processes, and the fifth is one of them.
    assert_eq!(four.map(|region| federation.process(region)), processes);
    federation.wait_replicated(GUANGDONG, XINJIANG);
    let there = federation.file("there.csv", &contributions(WORKER, 650_100, 12, "X"));
    federation.import(XINJIANG, &there, &[]).expect(0);
    for node in four {
        federation.wait_replicated(XINJIANG, node);
    }
    // An agency that has not heard of it yet hears of it from the node, checks it, and checks by it.
    let kept = PathBuf::from(federation.agency(BEIJING)).join("rosters/2.note");
    assert!(!kept.exists());
    assert_eq!(federation.counted_months(BEIJING, WORKER), 12);
    assert!(kept.exists());
    assert_eq!(
        federation.counted_months(BEIJING, WORKER),
        federation.counted_months(GUANGDONG, WORKER)
    );
    assert_eq!(
        federation.counted_months(XINJIANG, WORKER),
        federation.counted_months(GUANGDONG, WORKER)
    );
}

/// Imports files over and over, as a clerk does who was told to run it again, until each has arrived.
fn import_all(agency: &str, files: &[String], began: &AtomicBool) -> u32 {
    let mut runs = 0;
    let node = GUANGDONG.to_string();
    for file in files {
        loop {
            runs += 1;
            let ran = run(&[
                "agency",
                "import",
                file,
                "--node",
                &node,
                "--credentials",
                agency,
            ]);
            began.store(true, Ordering::Relaxed);
            match ran.code {
                0 => break,
                3 => {}
                _ => {
                    ran.expect(0);
                }
            }
        }
    }
    runs
}

#[test]
fn a_chain_changes_its_key_under_load_and_every_older_head_stays_valid() {
    let mut federation = Federation::found(&[GUANGDONG, GUIZHOU]);
    federation.start_all();
    let first = federation.file("first.csv", &contributions(WORKER, 440_300, 12, "F"));
    federation.import(GUANGDONG, &first, &[]).expect(0);
    let processes = [GUANGDONG, GUIZHOU].map(|region| federation.process(region));
    let files: Vec<String> = (0..20)
        .map(|number| {
            let rows = contributions(WORKER, 440_300, 130, &format!("L{number}"));
            federation.file(&format!("load{number}.csv"), &rows)
        })
        .collect();
    let founders = Founders::of(&federation);
    let (agency, began) = (federation.agency(GUANGDONG), AtomicBool::new(false));
    let (at, grace) = thread::scope(|scope| {
        let load = scope.spawn(|| import_all(&agency, &files, &began));
        eventually("the load has begun", || began.load(Ordering::Relaxed));
        let (at, grace) = (federation.size(GUANGDONG, GUANGDONG), 500);
        let (own, size, entries) = (
            federation.node_dir(GUANGDONG),
            at.to_string(),
            grace.to_string(),
        );
        let more = ["--kind", "chain", "--at", &size, "--grace", &entries];
        founders.step_in(&own, "rotate-key", &more).expect(0);
        founders.sign().expect(0);
        founders.publish(&federation, GUIZHOU).expect(0);
        let runs = load.join().unwrap();
        assert!(runs >= 20, "{runs}");
        (at, grace)
    });
    wait_version(&federation, &[GUANGDONG, GUIZHOU], 2);
    assert_eq!(
        [GUANGDONG, GUIZHOU].map(|region| federation.process(region)),
        processes
    );
    federation.wait_replicated(GUANGDONG, GUIZHOU);
    let size = federation.size(GUIZHOU, GUANGDONG);
    assert!(
        size > at + grace,
        "{size} is not above {at} + {grace}: the old key still signs"
    );
    // Every row is there once.
    let answer = federation.answer(GUIZHOU, WORKER, &["--proofs"]).expect(0);
    let answer: serde_json::Value = serde_json::from_str(&answer.stdout).unwrap();
    let records = answer["account"]["records"].as_array().unwrap().len();
    assert_eq!(records, 12 + 20 * 130);
    // Under the new version every head of the chain is valid, those of before the change included; under the old one the newest are not.
    let files = || {
        let dir = federation.node_dir(GUIZHOU);
        let auditor = federation.auditor();
        run(&["audit", "--dir", text(&dir), "--credentials", &auditor])
    };
    files().expect(1);
    for node in [GUANGDONG, GUIZHOU] {
        federation.audit(node).expect(0);
    }
    files().expect(0);
    // Started again, it signs with the key that is in force, and its chain goes on.
    federation.stop(GUANGDONG);
    federation.start(GUANGDONG);
    federation.wait_ready(GUANGDONG);
    let more = federation.file("more.csv", &contributions(WORKER, 440_300, 3, "Z"));
    federation.import(GUANGDONG, &more, &[]).expect(0);
    federation.wait_replicated(GUANGDONG, GUIZHOU);
}

#[test]
fn a_revoked_key_signs_nothing_above_its_size_and_its_holder_is_shut_out() {
    let mut federation = Federation::found(&[GUANGDONG, GUIZHOU]);
    federation.start_all();
    let file = federation.file("first.csv", &contributions(WORKER, 440_300, 6, "A"));
    federation.import(GUANGDONG, &file, &[]).expect(0);
    federation.wait_replicated(GUANGDONG, GUIZHOU);
    let size = federation.size(GUANGDONG, GUANGDONG);
    let own = federation.node_dir(GUANGDONG);
    // Somebody has copied the whole directory; the agency has noticed and stopped its node.
    federation.stop(GUANGDONG);
    let stolen = federation.path().join("stolen");
    copy(&own, &stolen);

    let founders = Founders::of(&federation);
    let (at, before) = (size.to_string(), (size - 1).to_string());
    let more = ["--kind", "chain", "--at", &at];
    founders.step_in(&own, "rotate-key", &more).expect(0);
    let region = GUANGDONG.to_string();
    let key = ["--region", &region, "--kind", "chain", "--number", "1"];
    // At a size that the chain has passed, its newest head would count no more: the node refuses to take that.
    founders
        .step("revoke", &[&key[..], &["--at", &before]].concat())
        .expect(0);
    founders.sign().expect(0);
    let refused = founders.publish(&federation, GUIZHOU).expect(3).stderr;
    assert!(
        refused.contains("would count no more under version 2"),
        "{refused}"
    );
    fs::remove_file(&founders.file).unwrap();
    founders.step_in(&own, "rotate-key", &more).expect(0);
    founders
        .step("revoke", &[&key[..], &["--at", &at]].concat())
        .expect(0);
    // No key is made to count again.
    founders
        .step("revoke", &[&key[..], &["--at", "99999"]].concat())
        .expect(4);
    founders.sign().expect(0);
    founders.publish(&federation, GUIZHOU).expect(0);
    wait_version_of(&federation, GUIZHOU, 2);

    // The thief's node, at the address of the roster, hears of the new version from its peer, and ends: it has no key that counts.
    federation.start_command(GUANGDONG, |command| {
        command.arg("--dir").arg(&stolen);
    });
    assert_ne!(federation.wait_for_end(GUANGDONG), 0);
    assert_eq!(federation.size(GUIZHOU, GUANGDONG), size);

    // The agency's own goes on with the new key, from where it stood.
    federation.start(GUANGDONG);
    wait_version(&federation, &[GUANGDONG, GUIZHOU], 2);
    let more = federation.file("more.csv", &contributions(WORKER, 440_300, 9, "A"));
    federation.import(GUANGDONG, &more, &[]).expect(0);
    federation.wait_replicated(GUANGDONG, GUIZHOU);
    assert!(federation.size(GUIZHOU, GUANGDONG) > size);
    assert_eq!(federation.counted_months(GUANGDONG, WORKER), 9);
}

fn wait_version_of(federation: &Federation, region: u32, expected: u64) {
    eventually(&format!("{region} is at version {expected}"), || {
        version(federation, region) == expected
    });
}

#[test]
fn a_version_needs_enough_root_keys_and_follows_the_one_before_it() {
    let mut federation = Federation::found(&[GUANGDONG, GUIZHOU]);
    federation.start_all();
    let founders = Founders::of(&federation);
    let second_key = federation.path().join("second.key");
    let made = run(&["federation", "root-key", "--out", text(&second_key)]).expect(0);
    let public = made.stdout.trim();
    let two = ["--add-root", public, "--threshold", "2"];
    founders.step("propose", &two).expect(0);
    // Nobody has signed it.
    founders.publish(&federation, GUANGDONG).expect(4);
    // Who is not in force cannot sign: the key counts from the next version on.
    founders.sign_with(&second_key).expect(4);
    founders.sign().expect(0);
    let second = fs::read(&founders.file).unwrap();
    // Signed, and then changed by somebody.
    let forged = String::from_utf8(second.clone())
        .unwrap()
        .replace("threshold 2", "threshold 1");
    fs::write(&founders.file, forged).unwrap();
    founders.publish(&federation, GUANGDONG).expect(4);
    fs::write(&founders.file, &second).unwrap();
    founders.publish(&federation, GUANGDONG).expect(0);
    let keep = |file: &str, dir: &Path| {
        run(&["federation", "publish", "--file", file, "--dir", text(dir)])
    };
    let second = federation.file("second.roster", &second);
    keep(&second, &founders.dir).expect(0);
    wait_version(&federation, &[GUANGDONG, GUIZHOU], 2);

    // Two keys sign the third; one alone does not.
    founders.step("propose", &["--mirrors", "0"]).expect(0);
    founders.sign().expect(0);
    founders.publish(&federation, GUIZHOU).expect(4);
    let signed = founders.sign_with(&second_key).expect(0).stdout;
    assert!(signed.contains("signed by 2 of 2"), "{signed}");
    let third = federation.file("third.roster", &fs::read(&founders.file).unwrap());
    // A directory that has not the second cannot tell what came between.
    let auditor = PathBuf::from(federation.auditor());
    let gap = keep(&third, &auditor).expect(4).stderr;
    assert!(gap.contains("does not follow version 1"), "{gap}");
    founders.publish(&federation, GUIZHOU).expect(0);
    wait_version(&federation, &[GUANGDONG, GUIZHOU], 3);
    keep(&second, &auditor).expect(0);
    run(&[
        "federation",
        "fetch",
        "--dir",
        text(&auditor),
        "--node",
        "520000",
    ])
    .expect(0);
    assert!(keep(&third, &auditor).expect(0).stdout.contains("already"));
    // What is older is known, and changes nothing.
    keep(&second, &auditor).expect(0);

    // Another third version, signed by both, made where the third was not known: it is refused, and the numbers say why.
    let behind = PathBuf::from(federation.agency(GUANGDONG));
    founders
        .step_in(&behind, "propose", &["--mirrors", "2"])
        .expect(0);
    for key in [&founders.dir.join("root.key"), &second_key] {
        founders
            .step_in(&behind, "sign", &["--key", text(key)])
            .expect(0);
    }
    let forked = founders.publish(&federation, GUANGDONG).expect(3).stderr;
    assert!(
        forked.contains("two versions 3 of the roster are signed"),
        "{forked}"
    );

    // A node that is started again begins where it was, and not before.
    federation.stop(GUIZHOU);
    federation.start(GUIZHOU);
    wait_version(&federation, &[GUANGDONG, GUIZHOU], 3);
}

/// What a node says of the one version of which the root keys have signed two: the hash that it holds, and the other.
fn signed_twice(federation: &Federation, node: u32) -> Option<[String; 2]> {
    let status = federation.status(node)?;
    let twice = status["rosters_signed_twice"].as_array()?.first()?.clone();
    assert_eq!(twice["version"], 2);
    let hash = |name: &str| twice[name].as_str().unwrap().to_string();
    Some([hash("held"), hash("other")])
}

/// Makes a second version in a directory, has the root key sign it, and hands it to a node.
fn second_version(founders: &Founders, federation: &Federation, node: u32, mirrors: &str) {
    let behind = PathBuf::from(federation.agency(node));
    let key = founders.dir.join("root.key");
    for (command, more) in [
        ("propose", ["--mirrors", mirrors]),
        ("sign", ["--key", text(&key)]),
    ] {
        founders.step_in(&behind, command, &more).expect(0);
    }
    let (region, file) = (node.to_string(), text(&founders.file));
    let mut publish = vec!["federation", "publish", "--file", file, "--node", &region];
    publish.extend(["--credentials", text(&behind)]);
    run(&publish).expect(0);
    fs::remove_file(&founders.file).unwrap();
    wait_version_of(federation, node, 2);
}

#[test]
fn two_versions_with_one_number_are_found_when_nodes_meet_and_both_notes_are_kept() {
    let regions = [GUANGDONG, GUIZHOU, BEIJING];
    let mut federation = Federation::found(&regions);
    let founders = Founders::of(&federation);
    // Each is given one while the other is away.
    for (node, mirrors) in [(GUANGDONG, "0"), (GUIZHOU, "1")] {
        federation.start(node);
        federation.wait_for_start(node);
        second_version(&founders, &federation, node, mirrors);
        federation.stop(node);
    }
    for node in regions {
        federation.start(node);
    }
    for node in regions {
        eventually(&format!("{node} has both notes"), || {
            signed_twice(&federation, node).is_some()
        });
    }
    let [held, other] = signed_twice(&federation, GUANGDONG).unwrap();
    let guizhou = signed_twice(&federation, GUIZHOU).unwrap();
    assert_eq!(guizhou, [other.clone(), held.clone()]);
    let log = federation.log(GUANGDONG);
    let said = "root keys have signed two versions of the roster with one number";
    assert!(log.contains(said), "{log}");
    // It needs people, and anybody can see it who has the versions of a directory.
    let (agency, out) = (federation.agency(GUANGDONG), federation.path().join("out"));
    let asked = ["--node", "440000", "--credentials", &agency];
    run(&[&["node", "status"][..], &asked].concat()).expect(1);
    let listed = run(&[&["evidence", "list"][..], &asked].concat()).expect(1);
    let line = format!("two versions 2 of the roster, {held}");
    assert!(listed.stdout.contains(&line), "{}", listed.stdout);
    let export = ["evidence", "export", "--out", text(&out)];
    let exported = run(&[&export[..], &asked].concat()).expect(0).stdout;
    assert_eq!(exported.lines().count(), 2, "{exported}");
    for path in exported.lines() {
        assert!(fs::read(path).unwrap().starts_with(b"yizhang-roster/"));
    }
    // No node has changed its version for it, and each remembers it alone.
    for node in [GUIZHOU, BEIJING, GUANGDONG] {
        assert_eq!(version(&federation, node), 2);
        federation.stop(node);
    }
    federation.start(GUANGDONG);
    federation.wait_for_start(GUANGDONG);
    let remembered = signed_twice(&federation, GUANGDONG).unwrap();
    assert_eq!(remembered, [held.clone(), other]);

    // The holders of the root keys say that Guangdong's counts: at Guizhou the other one goes, and that comes in its place.
    let right = exported
        .lines()
        .find(|path| path.contains(&held[..8]))
        .unwrap();
    let dir = federation.node_dir(GUIZHOU);
    fs::remove_file(dir.join("rosters/2.note")).unwrap();
    run(&[
        "federation",
        "publish",
        "--file",
        right,
        "--dir",
        text(&dir),
    ])
    .expect(0);
    federation.start(GUIZHOU);
    eventually("both work under one version", || {
        let Some(status) = federation.status(GUIZHOU) else {
            return false;
        };
        let mut peers = status["peers"].as_array().unwrap().iter();
        let peer = peers.find(|peer| peer["region"] == "440000").unwrap();
        peer["roster"] == 2 && peer["other_roster"] == false
    });
    assert_eq!(signed_twice(&federation, GUIZHOU), None);
}

#[test]
fn certificates_are_renewed_while_a_node_runs() {
    let mut federation = Federation::found(&[GUANGDONG, GUIZHOU]);
    federation.start_all();
    let process = federation.process(GUANGDONG);
    let certificate = federation.node_dir(GUANGDONG).join("tls.crt");
    let before = fs::read(&certificate).unwrap();
    let region = GUANGDONG.to_string();
    let dir = federation.path();
    let renew = [
        "federation",
        "renew-certificates",
        "--dir",
        text(&dir),
        "--region",
        &region,
    ];
    run(&renew).expect(0);
    assert_ne!(fs::read(&certificate).unwrap(), before);
    eventually("the node takes the certificate up", || {
        federation
            .log(GUANGDONG)
            .contains("the certificate was renewed")
    });
    federation.wait_ready(GUANGDONG);
    assert_eq!(federation.process(GUANGDONG), process);
    let file = federation.file("first.csv", &contributions(WORKER, 440_300, 6, "A"));
    federation.import(GUANGDONG, &file, &[]).expect(0);
    federation.wait_replicated(GUANGDONG, GUIZHOU);
    // Half a renewal is no certificate: the node goes on with the one that it has, and says what is wrong.
    fs::write(&certificate, &before).unwrap();
    eventually("the node says so", || {
        federation.log(GUANGDONG).contains("cannot be used")
    });
    federation.wait_ready(GUANGDONG);
}
