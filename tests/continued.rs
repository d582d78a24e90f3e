//! A chain that has shown two histories goes on: the roster says from where, and every node follows.

use crate::support::{
    Federation, contributions, eventually,
    founders::{Founders, text, wait_version},
    run,
    twins::{GUANGDONG, OTHERS, Twins, WORKER, run_twin},
};
use rustix::process::Signal;
use std::fs;

/// Proposes, signs and publishes that the chain goes on from a size, as a node holds it, and starts the original, which was stopped, under it.
fn go_on(twins: &mut Twins, agreed: u64, size: u64, as_held_by: u32, others_history: &[u32]) {
    let founders = Founders::of(&twins.federation);
    let own = twins.federation.node_dir(GUANGDONG);
    let (at, node) = (size.to_string(), as_held_by.to_string());
    let between = (size - 1).to_string();
    let more = ["--at", &between, "--node", &node];
    founders.step_in(&own, "continue", &more).expect(4);
    let agreed = agreed.to_string();
    let more = ["--at", &at, "--agreed", &agreed, "--node", &node];
    founders.step_in(&own, "continue", &more).expect(0);
    let said = founders.sign().expect(0).stdout;
    let expected = format!("It goes on from its first {size} entries");
    assert!(said.contains(&expected), "{said}");
    // A node that does not hold what is to count takes no such version from anybody's hand.
    for node in others_history {
        let refused = founders.publish(&twins.federation, *node).expect(3).stderr;
        assert!(refused.contains("does not hold"), "{refused}");
    }
    let agency = twins.federation.agency(OTHERS[0]);
    let other = OTHERS[0].to_string();
    let mut publish = vec!["federation", "publish", "--file", text(&founders.file)];
    publish.extend(["--node", &other, "--credentials", &agency]);
    publish.extend(["--dir", text(&own), "--dir", text(&founders.dir)]);
    run(&publish).expect(0);
    twins.federation.start(GUANGDONG);
    let all = [GUANGDONG, OTHERS[0], OTHERS[1], OTHERS[2]];
    wait_version(&twins.federation, &all, 2);
}

/// Every node serves the chain, takes the same records, and counts the same months.
fn all_agree(twins: &Twins, expected: u64) {
    for node in OTHERS {
        twins.federation.wait_replicated(GUANGDONG, node);
    }
    for node in [GUANGDONG, OTHERS[0], OTHERS[1], OTHERS[2]] {
        assert!(!twins.is_quarantined(node), "{node}");
        assert_eq!(
            twins.federation.counted_months(node, WORKER),
            expected,
            "{node}"
        );
        twins.federation.audit(node).expect(0);
    }
}

#[test]
fn a_version_of_the_roster_ends_a_quarantine_where_both_histories_agree() {
    let mut twins = Twins::start();
    let agreed = twins.federation.size(OTHERS[0], GUANGDONG);
    for other in OTHERS {
        twins.federation.signal(other, Signal::STOP);
    }
    twins.import("T", 20);
    twins.turntable.turn_to(twins.original);
    twins.import("O", 12);
    for other in OTHERS {
        twins.federation.signal(other, Signal::CONT);
    }
    for other in OTHERS {
        eventually("every other node has quarantined the chain", || {
            twins.is_quarantined(other)
        });
    }
    twins.federation.stop(GUANGDONG);
    // A key that was made for a change that was given up lies in the directory, and in whatever copy of it there is: it is not the next one.
    let founders = Founders::of(&twins.federation);
    let own = twins.federation.node_dir(GUANGDONG);
    let given_up = ["--kind", "chain", "--at", "1000"];
    founders.step_in(&own, "rotate-key", &given_up).expect(0);
    fs::remove_file(&founders.file).unwrap();
    go_on(&mut twins, agreed, agreed, OTHERS[1], &[]);
    // What only one history held is imported again: what was receipted is not in the chain any more, and so it is sent.
    let rows = contributions(WORKER, 440_300, 12, "O");
    let file = twins.federation.file("O.csv", &rows);
    twins
        .federation
        .import(GUANGDONG, &file, &["--durable", "mirrors:3,60"])
        .expect(0);
    all_agree(&twins, 12);
    assert!(set_aside(&twins.federation, GUANGDONG) > 0);
    // The twin has a key that counts no more.
    let ended = twins.process.wait().unwrap();
    let log = fs::read_to_string(twins.twin_dir.join("log")).unwrap();
    assert!(!ended.success() && log.contains("the roster"), "{log}");
    assert!(own.join("chain.2.key").exists() && own.join("chain.3.key").exists());
    // That the chain has gone on once makes no way to take its newest heads away later.
    let size = twins.federation.size(GUANGDONG, GUANGDONG);
    let (region, at) = (GUANGDONG.to_string(), (agreed + 1).to_string());
    fs::remove_file(&founders.file).unwrap();
    let revoke = [
        "--region", &region, "--kind", "chain", "--number", "2", "--at", &at,
    ];
    founders.step("revoke", &revoke).expect(0);
    founders.sign().expect(0);
    let refused = founders
        .publish(&twins.federation, OTHERS[1])
        .expect(3)
        .stderr;
    assert!(
        refused.contains("would count no more under version 3"),
        "{refused}"
    );
    assert_eq!(twins.federation.size(GUANGDONG, GUANGDONG), size);
}

#[test]
fn a_version_of_the_roster_may_choose_one_of_two_histories_and_all_take_it() {
    let mut twins = Twins::start();
    let agreed = twins.federation.size(OTHERS[0], GUANGDONG);
    let [first, mirror, last] = OTHERS;
    // The original signs while only one other node listens, which cosigns it, and both end; what the twin, which has heard nothing of it, signs
    // then all others take.
    let _ = twins.process.kill();
    twins.federation.stop(first);
    twins.federation.stop(last);
    twins.turntable.turn_to(twins.original);
    let rows = contributions(WORKER, 440_300, 3, "O");
    let given_up = twins.federation.file("O.csv", &rows);
    let kept = ["--durable", "mirrors:1,60"];
    let said = twins.federation.import(GUANGDONG, &given_up, &kept);
    assert!(said.expect(0).stdout.contains("The nodes of 1 other"));
    assert!(agreed < twins.federation.size(mirror, GUANGDONG));
    twins.federation.stop(mirror);
    twins.federation.stop(GUANGDONG);
    twins.turntable.turn_to(twins.twin);
    twins.federation.start(first);
    twins.federation.start(last);
    twins.process = run_twin(&twins.twin_dir);
    twins.federation.wait_ready(GUANGDONG);
    twins.import("T", 20);
    for other in [first, last] {
        twins.federation.wait_replicated(GUANGDONG, other);
    }
    let chosen = twins.federation.size(first, GUANGDONG);
    assert!(agreed < chosen);
    let _ = twins.process.kill();
    twins.turntable.turn_to(twins.original);
    twins.federation.start(mirror);
    go_on(&mut twins, agreed, chosen, last, &[mirror]);
    // The original has given up its own history for the one that was chosen, and so has the mirror.
    assert_eq!(twins.federation.size(GUANGDONG, GUANGDONG), chosen);
    assert!(set_aside(&twins.federation, GUANGDONG) > 0);
    let log = twins.federation.log(mirror);
    assert!(set_aside(&twins.federation, mirror) > 0, "{log}");
    assert_eq!(set_aside(&twins.federation, first), 0);
    // What was receipted in the history that was given up is promised by nobody, and imported again.
    let founders = twins.federation.path();
    let receipts = fs::read_dir(format!("{given_up}.receipts")).unwrap();
    let receipts = receipts.map(|entry| entry.unwrap().path());
    for receipt in receipts.filter(|path| path.extension().is_some_and(|kind| kind == "receipt")) {
        let verify = ["verify", text(&receipt), "--credentials", text(&founders)];
        let refused = run(&verify).expect(4).stderr;
        assert!(refused.contains("is of the one that counts"), "{refused}");
    }
    let all_mirrors = ["--durable", "mirrors:3,60"];
    let said = twins.federation.import(GUANGDONG, &given_up, &all_mirrors);
    let said = said.expect(0).stdout;
    assert!(
        said.contains("3 records added") && said.contains("The nodes of 3 other"),
        "{said}"
    );
    twins.import("O2", 24);
    all_agree(&twins, 24);
    // Also after another start nothing is taken for the other history.
    for node in [GUANGDONG, mirror] {
        twins.federation.stop(node);
        twins.federation.start(node);
        twins.federation.wait_ready(node);
    }
    all_agree(&twins, 24);
    assert_eq!(set_aside(&twins.federation, mirror), 1);
}

/// Segment files that a node has set aside of the chain of Guangdong.
fn set_aside(federation: &Federation, node: u32) -> usize {
    let folder = federation.node_dir(node).join("data/set-aside/440000-1");
    fs::read_dir(folder).map_or(0, Iterator::count)
}
