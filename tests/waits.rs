//! Nobody waits for ever: peers and callers that meet somebody who says nothing, and a node whose peers are gone.

use crate::support::{Federation, contributions, eventually, run, run_with, stalling};
use rustix::process::Signal;
use std::{
    io::Write as _,
    net::{TcpListener, TcpStream},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
};

const GUANGDONG: u32 = 440_000;
const GUIZHOU: u32 = 520_000;
const BEIJING: u32 = 110_000;
const WORKER: &str = "440300199003078815";

/// Accepts connections at the address of a node and says nothing; returns them when told to end.
fn accept_and_say_nothing(
    listener: TcpListener,
    end: Arc<AtomicBool>,
) -> thread::JoinHandle<Vec<TcpStream>> {
    thread::spawn(move || {
        let mut held = Vec::new();
        while !end.load(Ordering::Relaxed) {
            if let Ok((stream, _)) = listener.accept() {
                held.push(stream);
            }
        }
        held
    })
}

#[test]
fn a_node_finds_its_peer_behind_an_address_that_accepted_and_said_nothing() {
    let mut federation = Federation::found(&[GUANGDONG, GUIZHOU]);
    let address = federation.address(GUIZHOU);
    let listener = TcpListener::bind(address).unwrap();
    let end = Arc::new(AtomicBool::new(false));
    let silent = accept_and_say_nothing(listener, Arc::clone(&end));
    federation.start(GUANGDONG);
    eventually("Guangdong is up", || federation.status(GUANGDONG).is_some());
    // Wakes the listener, so that it sees that it is to end: the connections stay open, nobody listens any more.
    end.store(true, Ordering::Relaxed);
    drop(TcpStream::connect(address).unwrap());
    let held = silent.join().unwrap();
    assert!(held.len() > 1, "Guangdong has tried");
    federation.start(GUIZHOU);
    federation.wait_ready(GUANGDONG);
    federation.wait_ready(GUIZHOU);
    drop(held);
}

#[test]
fn every_command_against_a_stopped_node_ends_with_a_reason_and_exit_code_3() {
    let mut federation = Federation::found(&[GUANGDONG]);
    federation.start_all();
    federation.signal(GUANGDONG, Signal::STOP);
    let file = federation.file("rows.csv", &contributions(WORKER, 440_300, 3, "A"));
    let (agency, auditor) = (federation.agency(GUANGDONG), federation.auditor());
    let commands: [&[&str]; 5] = [
        &["node", "status", "--credentials", &agency],
        &["agency", "import", &file, "--credentials", &agency],
        &["agency", "review", "--credentials", &agency],
        &["worker", "account", "--credentials", &agency],
        &["audit", "--credentials", &auditor],
    ];
    thread::scope(|scope| {
        for command in commands {
            scope.spawn(move || {
                let ran = run_with(&[command, &["--node", "440000"]].concat(), WORKER).expect(3);
                assert!(
                    ran.stderr.contains("440000") && ran.stderr.contains("cannot be reached"),
                    "{command:?}: {}",
                    ran.stderr
                );
            });
        }
    });
    federation.signal(GUANGDONG, Signal::CONT);
    federation.wait_ready(GUANGDONG);
}

#[test]
fn an_import_whose_node_falls_silent_on_the_way_ends_and_can_be_run_again() {
    let mut federation =
        Federation::found_behind(&[GUANGDONG], |address| stalling(address, 64 * 1_024));
    federation.start(GUANGDONG);
    let mut rows = Vec::new();
    for part in 0..60 {
        let text = contributions(WORKER, 440_300, 100, &part.to_string());
        let header = text.iter().position(|byte| *byte == b'\n').unwrap() + 1;
        rows.extend_from_slice(if part == 0 { &text } else { &text[header..] });
    }
    let file = federation.file("rows.csv", &rows);
    let ran = federation.import(GUANGDONG, &file, &[]).expect(3);
    assert!(
        ran.stderr.contains("run it again") && ran.stderr.contains("cannot be reached"),
        "{}",
        ran.stderr
    );
}

#[test]
fn a_peer_that_stops_answering_is_noticed_and_found_again() {
    let mut federation = Federation::found(&[GUANGDONG, GUIZHOU]);
    federation.start_all();
    let connected = |federation: &Federation| {
        let status = federation.status(GUANGDONG)?;
        status["peers"][0]["connected"].as_bool()
    };
    federation.signal(GUIZHOU, Signal::STOP);
    eventually("Guangdong misses Guizhou", || {
        connected(&federation) == Some(false)
    });
    federation.signal(GUIZHOU, Signal::CONT);
    eventually("Guangdong has found Guizhou again", || {
        connected(&federation) == Some(true)
    });
}

#[test]
fn a_script_starts_a_node_alone_only_by_naming_every_region_that_is_absent() {
    let mut federation = Federation::found(&[GUANGDONG, GUIZHOU, BEIJING]);
    let dir = federation.node_dir(GUANGDONG);
    let ran = run(&[
        "node",
        "run",
        "--dir",
        dir.to_str().unwrap(),
        "--start-alone",
    ])
    .expect(2);
    assert!(ran.stderr.contains("--lost REGION"), "{}", ran.stderr);

    federation.start_with(GUANGDONG, &["--start-alone", "--lost", "520000"]);
    eventually("Beijing is named as absent", || {
        federation.log(GUANGDONG).contains("(110000)")
    });
    let status = federation.status(GUANGDONG).unwrap();
    assert_eq!(status["ready"], false, "Beijing has not been given up");
    assert!(!federation.log(GUANGDONG).contains("(520000)"));
    federation.kill(GUANGDONG);

    federation.start_with(
        GUANGDONG,
        &["--start-alone", "--lost", "520000", "--lost", "110000"],
    );
    federation.wait_ready(GUANGDONG);
}

#[test]
fn an_operator_who_starts_a_node_alone_is_told_what_is_at_stake_and_confirms_by_name() {
    let mut federation = Federation::found(&[GUANGDONG, GUIZHOU, BEIJING]);
    federation.start(GUIZHOU);
    for (typed, confirmed) in [("520000\n", false), ("110000\n", true)] {
        let mut terminal = federation.start_on_terminal(GUANGDONG, &["--start-alone"]);
        eventually("the operator is asked", || {
            federation.log(GUANGDONG).contains("type their codes")
        });
        let log = federation.log(GUANGDONG);
        assert!(log.contains("second history"), "{log}");
        assert!(
            log.contains("(110000)") && !log.contains("(520000)"),
            "{log}"
        );
        terminal.write_all(typed.as_bytes()).unwrap();
        if confirmed {
            federation.wait_ready(GUANGDONG);
        } else {
            eventually("the node says that it waits", || {
                federation.log(GUANGDONG).contains("not confirmed")
            });
            assert_eq!(federation.status(GUANGDONG).unwrap()["ready"], false);
        }
        federation.stop(GUANGDONG);
    }
}
