//! A copied directory that is started beside the original, on another port: nobody watches it, and everybody learns of it.

mod support;

use rustix::process::Signal;
use std::{
    fs,
    io::copy as pass,
    net::{Shutdown, SocketAddr, TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::{Child, Stdio},
    sync::{Arc, Mutex},
    thread,
};
use support::{
    Federation, contributions, copy, eventually,
    founders::{Founders, text, wait_version},
    listen_on_quiet_port, run, yizhang,
};

/// Invented: no citizen's number begins with a city's own code.
const WORKER: &str = "440300199003078815";

const GUANGDONG: u32 = 440_000;
const OTHERS: [u32; 3] = [110_000, 330_000, 520_000];

/// A way to whichever address it is turned to; connections that stand stay where they are.
#[derive(Clone)]
struct Turntable(Arc<Mutex<SocketAddr>>);

impl Turntable {
    fn start(target: SocketAddr) -> (Self, SocketAddr) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let turntable = Self(Arc::new(Mutex::new(target)));
        let turned = turntable.clone();
        thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                let target = *turned.0.lock().unwrap();
                let Ok(server) = TcpStream::connect(target) else {
                    continue;
                };
                let back = (server.try_clone().unwrap(), client.try_clone().unwrap());
                for (mut from, mut to) in [(client, server), back] {
                    thread::spawn(move || {
                        let _ = pass(&mut from, &mut to);
                        let _ = to.shutdown(Shutdown::Both);
                    });
                }
            }
        });
        (turntable, address)
    }

    fn turn_to(&self, target: SocketAddr) {
        *self.0.lock().unwrap() = target;
    }
}

/// Four nodes, and a twin of the first.
struct Twins {
    federation: Federation,
    turntable: Turntable,
    original: SocketAddr,
    twin: SocketAddr,
    twin_dir: PathBuf,
    process: Child,
}

impl Drop for Twins {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Starts the node in a copied directory.
fn run_twin(dir: &Path) -> Child {
    let mut log = fs::OpenOptions::new();
    let log = log.create(true).append(true).open(dir.join("log")).unwrap();
    yizhang(&["node", "run", "--dir", dir.to_str().unwrap()])
        .stdin(Stdio::null())
        .stdout(log.try_clone().unwrap())
        .stderr(log)
        .spawn()
        .unwrap()
}

impl Twins {
    /// A federation with nine records, and a copy of Guangdong's directory that runs beside the original.
    fn start() -> Self {
        let mut turntable = None;
        let [a, b, c] = OTHERS;
        let mut federation = Federation::found_behind(&[GUANGDONG, a, b, c], |address| {
            if turntable.is_some() {
                return address;
            }
            let (turned, reached) = Turntable::start(address);
            turntable = Some(turned);
            reached
        });
        let turntable = turntable.unwrap();
        federation.start_all();
        let first = federation.file("first.csv", &contributions(WORKER, 440_300, 9, "A"));
        federation.import(GUANGDONG, &first, &[]).expect(0);
        for other in OTHERS {
            federation.wait_replicated(GUANGDONG, other);
        }
        federation.stop(GUANGDONG);
        let dir = federation.node_dir(GUANGDONG);
        let twin_dir = federation.path().join("twin");
        copy(&dir, &twin_dir);
        let original = federation.address(GUANGDONG);
        federation.start(GUANGDONG);
        federation.wait_ready(GUANGDONG);
        let twin = listen_on_quiet_port().local_addr().unwrap();
        let configuration = format!("region = {GUANGDONG}\nlisten = \"{twin}\"\ndata = \"data\"\n");
        fs::write(twin_dir.join("node.toml"), configuration).unwrap();
        let process = run_twin(&twin_dir);
        let twins = Self {
            federation,
            turntable,
            original,
            twin,
            twin_dir,
            process,
        };
        twins.turntable.turn_to(twin);
        twins.federation.wait_ready(GUANGDONG);
        twins
    }

    fn import(&self, name: &str, months: u32) {
        let rows = contributions(WORKER, 440_300, months, name);
        let file = self.federation.file(&format!("{name}.csv"), &rows);
        self.federation.import(GUANGDONG, &file, &[]).expect(0);
    }

    fn code(&self) -> Option<String> {
        let status = self.federation.status(GUANGDONG)?;
        Some(status["not_ready_code"].as_str()?.to_string())
    }

    fn is_quarantined(&self, node: u32) -> bool {
        let status = self.federation.status(node);
        status.is_some_and(|status| {
            let chains = status["chains"].as_array().unwrap();
            let chain = chains
                .iter()
                .find(|chain| chain["origin"] == "demo.yizhang/440000");
            chain.unwrap()["quarantined"] == true
        })
    }
}

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
    federation.stop(other);
    let before = kept();
    assert!(before > 0);
    for _ in 0..3 {
        federation.start(other);
        federation.wait_ready(other);
        // It hears of the evidence again within two looks of those who tell.
        thread::sleep(std::time::Duration::from_secs(5));
        federation.stop(other);
    }
    assert_eq!(kept(), before);
}

/// Months that a node counts of the worker, who has a year of them and some of the next, once each.
fn months(federation: &Federation, node: u32) -> u64 {
    let account = federation.lookup(node, WORKER, &["--proofs"]).expect(0);
    let account: serde_json::Value = serde_json::from_str(&account.stdout).unwrap();
    account["families"][0]["counted_months"].as_u64().unwrap()
}

impl Twins {
    /// Proposes, signs and publishes that the chain goes on from a size, as a node holds it, and starts the original, which was stopped, under it.
    fn go_on(&mut self, agreed: u64, size: u64, as_held_by: u32) {
        let founders = Founders::of(&self.federation);
        let own = self.federation.node_dir(GUANGDONG);
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
        let agency = self.federation.agency(OTHERS[0]);
        let other = OTHERS[0].to_string();
        let mut publish = vec!["federation", "publish", "--file", text(&founders.file)];
        publish.extend(["--node", &other, "--credentials", &agency]);
        publish.extend(["--dir", text(&own), "--dir", text(&founders.dir)]);
        run(&publish).expect(0);
        self.federation.start(GUANGDONG);
        let all = [GUANGDONG, OTHERS[0], OTHERS[1], OTHERS[2]];
        wait_version(&self.federation, &all, 2);
    }

    /// Every node serves the chain, takes the same records, and counts the same months.
    fn all_agree(&self, expected: u64) {
        for node in OTHERS {
            self.federation.wait_replicated(GUANGDONG, node);
        }
        for node in [GUANGDONG, OTHERS[0], OTHERS[1], OTHERS[2]] {
            assert!(!self.is_quarantined(node), "{node}");
            assert_eq!(months(&self.federation, node), expected, "{node}");
            let (node, auditor) = (node.to_string(), self.federation.auditor());
            let mut audit = vec!["audit", "--node", &node, "--case", "A-1"];
            audit.extend(["--credentials", &auditor]);
            run(&audit).expect(0);
        }
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
    twins.go_on(agreed, agreed, OTHERS[1]);
    // What only one history held is imported again: what was receipted is not in the chain any more, and so it is sent.
    let rows = contributions(WORKER, 440_300, 12, "O");
    let file = twins.federation.file("O.csv", &rows);
    twins
        .federation
        .import(GUANGDONG, &file, &["--durable", "mirrors:3,60"])
        .expect(0);
    twins.all_agree(12);
    assert!(set_aside(&twins.federation, GUANGDONG) > 0);
    // The twin has a key that counts no more.
    let ended = twins.process.wait().unwrap();
    let log = fs::read_to_string(twins.twin_dir.join("log")).unwrap();
    assert!(!ended.success() && log.contains("the roster"), "{log}");
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
    twins.go_on(agreed, chosen, last);
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
    twins.all_agree(24);
    // Also after another start nothing is taken for the other history.
    for node in [GUANGDONG, mirror] {
        twins.federation.stop(node);
        twins.federation.start(node);
        twins.federation.wait_ready(node);
    }
    twins.all_agree(24);
    assert_eq!(set_aside(&twins.federation, mirror), 1);
}

/// Segment files that a node has set aside of the chain of Guangdong.
fn set_aside(federation: &Federation, node: u32) -> usize {
    let folder = federation.node_dir(node).join("data/set-aside/440000-1");
    fs::read_dir(folder).map_or(0, Iterator::count)
}
