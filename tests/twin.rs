//! A copied directory that is started beside the original, on another port: nobody watches it, and everybody learns of it.

use crate::support::{
    Federation, contributions, eventually, run,
    twins::{GUANGDONG, OTHERS, Twins, WORKER},
};
use rustix::process::Signal;
use std::{fs, thread};

#[test]
fn the_original_signs_no_more_when_a_twin_has_signed_and_says_so() {
    let mut twins = Twins::start();
    twins.import("T", 20);
    twins.turntable.turn_to(twins.original);
    eventually("the original knows that somebody else signs", || {
        twins.code().as_deref() == Some("signed-elsewhere")
    });
    let log = twins.federation.log(GUANGDONG);
    assert!(log.contains("evidence against a chain"), "{log}");
    let rows = contributions(WORKER, 440_300, 3, "O");
    let file = twins.federation.file("original.csv", &rows);
    twins.federation.import(GUANGDONG, &file, &[]).expect(3);
    // Also after a restart, which asks peers of whom none holds what the twin signed.
    twins.federation.stop(GUANGDONG);
    twins.federation.start(GUANGDONG);
    eventually("the original remembers", || {
        twins.code().as_deref() == Some("signed-elsewhere")
    });
    // And with nobody to ask: what it remembers is no clean directory.
    twins.federation.stop(GUANGDONG);
    let dir = twins.federation.node_dir(GUANGDONG);
    let checked = run(&["node", "check", "--dir", dir.to_str().unwrap()]).expect(1);
    let remembered = "remembers more entries than are here";
    assert!(checked.stdout.contains(remembered), "{}", checked.stdout);
}

#[test]
fn two_histories_by_a_twin_are_known_to_every_node_and_kept_once() {
    let mut twins = Twins::start();
    for other in OTHERS {
        twins.federation.signal(other, Signal::STOP);
    }
    twins.import("T", 20);
    twins.turntable.turn_to(twins.original);
    twins.import("O", 3);
    for other in OTHERS {
        twins.federation.signal(other, Signal::CONT);
    }
    for other in OTHERS {
        eventually("every other node has quarantined the chain", || {
            twins.is_quarantined(other)
        });
    }
    eventually("the original signs no more", || {
        twins.code().as_deref() == Some("two-histories")
    });
    assert!(twins.is_quarantined(GUANGDONG));
    twins.turntable.turn_to(twins.twin);
    eventually("the twin signs no more", || {
        twins.code().as_deref() == Some("two-histories")
    });
    twins.turntable.turn_to(twins.original);
    evidence_is_kept_once(&mut twins.federation);
    let _ = twins.twin_dir.exists();
}

/// How an entry of the journal with evidence of a fork begins (docs/FORMAT.md, section 13).
const EVIDENCE: &[u8] = b"YZJR\x02\0\0\0";

fn evidence_is_kept_once(federation: &mut Federation) {
    let other = OTHERS[0];
    let journal = federation.node_dir(other).join("data/journal");
    let kept = || -> usize {
        let files = fs::read_dir(&journal).unwrap().map(Result::unwrap);
        let bytes = files.map(|file| fs::read(file.path()).unwrap());
        let entries = |bytes: Vec<u8>| {
            let windows = bytes.windows(EVIDENCE.len());
            windows.filter(|window| *window == EVIDENCE).count()
        };
        bytes.map(entries).sum()
    };
    let hear_of_it_again = |federation: &mut Federation| {
        federation.start(other);
        federation.wait_ready(other);
        // Within two looks of those who tell.
        thread::sleep(std::time::Duration::from_secs(5));
        federation.stop(other);
    };
    federation.stop(other);
    // What was on its way when it was stopped comes first.
    hear_of_it_again(federation);
    let before = kept();
    assert!(before > 0);
    hear_of_it_again(federation);
    hear_of_it_again(federation);
    assert_eq!(kept(), before);
}
