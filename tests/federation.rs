//! The whole program: real processes, real sockets, real files.

use crate::support::{self, Federation, contributions, copy, eventually, run, throttled, yizhang};
use std::{fs, process::Stdio};

/// Invented: no citizen's number begins with a city's own code.
const WORKER: &str = "440300199003078815";

const GUANGDONG: u32 = 440_000;
const GUIZHOU: u32 = 520_000;
const BEIJING: u32 = 110_000;

fn counted_months(json: &str) -> u64 {
    let account: serde_json::Value = serde_json::from_str(json).unwrap();
    account["families"][0]["counted_months"].as_u64().unwrap()
}

/// So many times 130 rows in one file, all different.
fn many_contributions(parts: u32) -> Vec<u8> {
    let part = |part: u32| {
        let rows = contributions(WORKER, 440_300, 130, &format!("M{part}"));
        let header = if part == 0 {
            0
        } else {
            rows.iter().position(|byte| *byte == b'\n').unwrap() + 1
        };
        rows[header..].to_vec()
    };
    (0..parts).flat_map(part).collect()
}

#[test]
fn the_demo_says_what_the_account_means_and_finds_out_who_changes_history() {
    let ran = run(&["demo"]).expect(0);
    for sentence in [
        "For the employee pension 134 months count: Beijing 40, Guangdong 94.",
        "106 months are still missing to a monthly pension; if every month is paid until 2053-01, it would be about",
        "Where records overlap (2) a rule decides which months count; an agency still has something to do in 1 of them.",
        "are example values of the demonstration",
        "Two nodes, one account: the same bytes.",
        "the checksum does not match",
        "By itself that copy passes the audit (0 findings)",
        "forked from the copy of",
    ] {
        assert!(ran.stdout.contains(sentence), "{sentence}: {}", ran.stdout);
    }
}

#[test]
fn the_demo_begins_with_the_page_unless_it_is_asked_for_every_step() {
    for (arguments, page_is_first) in [
        (&["demo"] as &[&str], true),
        (&["demo", "--verbose"], false),
    ] {
        let told = run(arguments).expect(0).stdout;
        let page = told.find("In three sentences").unwrap();
        let set_up = told.find("Founding a federation in").unwrap();
        assert_eq!(page < set_up, page_is_first, "{arguments:?}: {told}");
    }
}

#[test]
fn a_file_is_imported_once_and_both_nodes_show_the_same_account() {
    let mut federation = Federation::found(&[GUANGDONG, GUIZHOU]);
    federation.start_all();
    let file = federation.file("24.csv", &contributions(WORKER, 440_300, 24, "S"));
    let first = federation.import(GUANGDONG, &file, &[]).expect(0);
    assert!(!first.stdout.contains("looked up"), "{}", first.stdout);
    let size = federation.size(GUANGDONG, GUANGDONG);
    assert!(
        (25..=48).contains(&size),
        "24 records, and a batch entry for each group of submissions: {size}"
    );
    let again = federation.import(GUANGDONG, &file, &[]).expect(0);
    assert_eq!(
        federation.size(GUANGDONG, GUANGDONG),
        size,
        "importing again adds nothing"
    );
    assert!(
        again.stdout.contains("looked up, 12 are in the chain"),
        "24 rows, every second one: {}",
        again.stdout
    );
    federation.wait_replicated(GUANGDONG, GUIZHOU);
    let here = federation
        .lookup(GUANGDONG, WORKER, &["--proofs"])
        .expect(0);
    let there = federation.lookup(GUIZHOU, WORKER, &["--proofs"]).expect(0);
    assert_eq!(here.stdout, there.stdout);
    assert_eq!(counted_months(&here.stdout), 24);
    let elsewhere = String::from_utf8(contributions(WORKER, 440_300, 24, "S")).unwrap();
    let elsewhere = elsewhere.replace(",440300,person", ",440100,person");
    let changed = federation.file("changed.csv", elsewhere.as_bytes());
    let refused = federation.import(GUANGDONG, &changed, &[]).expect(1);
    for part in [
        "12 have a serial that is in the chain",
        "Nothing was sent",
        "--send-used-serials",
    ] {
        assert!(refused.stdout.contains(part), "{part}: {}", refused.stdout);
    }
    assert_eq!(federation.size(GUANGDONG, GUANGDONG), size);
    let sent = federation.import(GUANGDONG, &changed, &["--send-used-serials"]);
    assert!(sent.expect(0).stdout.contains("24 records added"));
    federation.stop(GUANGDONG);
    federation.stop(GUIZHOU);
}

#[test]
fn a_faulty_file_leaves_nothing_behind_but_its_error_file() {
    let mut federation = Federation::found(&[GUANGDONG]);
    federation.start_all();
    let good = String::from_utf8(contributions(WORKER, 440_300, 3, "S")).unwrap();
    let bad = good.replacen("5000.00", "5000.001", 1);
    let file = federation.file("3.csv", bad.as_bytes());
    let ran = federation.import(GUANGDONG, &file, &[]).expect(1);
    assert!(
        ran.stdout.contains("line 2") && ran.stdout.contains("base"),
        "{}",
        ran.stdout
    );
    assert!(!ran.stdout.contains(WORKER), "no person's number is shown");
    assert_eq!(federation.size(GUANGDONG, GUANGDONG), 0);
    let errors = fs::read_to_string(file.replace("3.csv", "3.errors.csv")).unwrap();
    assert_eq!(
        errors.lines().count(),
        2,
        "the header and the faulty row: {errors}"
    );
    federation
        .import(GUANGDONG, &file, &["--accept-valid-rows"])
        .expect(1);
    let size = federation.size(GUANGDONG, GUANGDONG);
    assert!(
        (3..=4).contains(&size),
        "two records in one batch or two: {size}"
    );
    let corrected = federation.file(
        "corrected.csv",
        errors.replacen("5000.001", "5000.00", 1).as_bytes(),
    );
    federation.import(GUANGDONG, &corrected, &[]).expect(0);
    assert_eq!(
        counted_months(&federation.lookup(GUANGDONG, WORKER, &[]).expect(0).stdout),
        3
    );
}

#[test]
fn only_the_regions_own_agency_submits_and_auditors_read_no_accounts() {
    let mut federation = Federation::found(&[GUANGDONG, GUIZHOU]);
    federation.start_all();
    let file = federation.file("1.csv", &contributions(WORKER, 440_300, 1, "S"));
    let foreign = federation.agency(GUIZHOU);
    let region = GUANGDONG.to_string();
    let ran = run(&[
        "agency",
        "import",
        &file,
        "--node",
        &region,
        "--credentials",
        &foreign,
    ])
    .expect(5);
    assert!(
        ran.stderr.contains("only agency.440000 submits"),
        "{}",
        ran.stderr
    );
    let auditor = federation.auditor();
    let lookup = [
        "worker",
        "account",
        "--node",
        &region,
        "--credentials",
        &auditor,
        "--business",
        "audit",
        "--case",
        "T-1",
        "--account",
        &"0".repeat(32),
    ];
    run(&lookup).expect(5);
    let chinese = std::process::Command::new(env!("CARGO_BIN_EXE_yizhang"))
        .args(["--lang", "zh"])
        .args(lookup)
        .output();
    let chinese = String::from_utf8(chinese.unwrap().stderr).unwrap();
    assert!(
        chinese.contains("审计人员查阅账链，不查询账户"),
        "{chinese}"
    );
    // A stranger: the certificates of another federation.
    let other = Federation::found(&[GUANGDONG, GUIZHOU]);
    let stolen = other.agency(GUANGDONG);
    for name in ["roster.note", "trust.toml"] {
        let own = fs::read(federation.node_dir(GUANGDONG).join(name)).unwrap();
        fs::write(format!("{stolen}/{name}"), own).unwrap();
    }
    run(&[
        "node",
        "status",
        "--node",
        &region,
        "--credentials",
        &stolen,
    ])
    .expect(5);
}

/// What a node says that has the key of another one in a file of its own.
fn said_under_a_foreign_key(file: &str, key: &str) -> String {
    let mut federation = Federation::found(&[GUANGDONG, GUIZHOU]);
    let foreign = federation.node_dir(GUIZHOU).join(key);
    fs::copy(foreign, federation.node_dir(GUANGDONG).join(file)).unwrap();
    federation.start(GUANGDONG);
    eventually("the node says why", || {
        federation.log(GUANGDONG).contains("does not name the key")
    });
    federation.log(GUANGDONG)
}

#[test]
fn a_node_whose_key_the_roster_does_not_name_does_not_start() {
    for (kind, name) in [
        ("chain", "demo.yizhang/440000:"),
        ("witness", "demo.yizhang/440000/witness:"),
        ("mirror", "demo.yizhang/440000/mirror:"),
    ] {
        let file = format!("{kind}.key");
        let said = said_under_a_foreign_key(&file, &file);
        let which = format!("key of {name} the {kind} key of this node is another");
        assert!(said.contains(&which), "{said}");
    }
    // A witness is no mirror, and what the roster names for one does not count for the other.
    let said = said_under_a_foreign_key("mirror.key", "witness.key");
    assert!(said.contains("the mirror key of this node"), "{said}");
}

#[test]
fn two_nodes_do_not_share_a_directory() {
    let mut federation = Federation::found(&[GUANGDONG]);
    federation.start_all();
    let dir = federation.node_dir(GUANGDONG);
    // A copy of the configuration with another port, and the same data.
    let second = federation.path().join("second");
    fs::create_dir(&second).unwrap();
    for entry in fs::read_dir(&dir)
        .unwrap()
        .map(Result::unwrap)
        .filter(|entry| entry.path().is_file())
    {
        fs::copy(entry.path(), second.join(entry.file_name())).unwrap();
    }
    let data = dir.join("data").to_str().unwrap().to_string();
    fs::write(
        second.join("node.toml"),
        format!("region = 440000\nlisten = \"127.0.0.1:0\"\ndata = \"{data}\"\n"),
    )
    .unwrap();
    run(&["node", "run", "--dir", second.to_str().unwrap()]).expect(4);
}

#[test]
fn a_node_that_joins_late_catches_up_and_serves_what_it_mirrors() {
    let mut federation = Federation::found(&[BEIJING, GUANGDONG, GUIZHOU]);
    federation.start_all();
    federation.kill(GUIZHOU);
    fs::remove_dir_all(federation.node_dir(GUIZHOU).join("data")).unwrap();
    let file = federation.file("36.csv", &contributions(WORKER, 440_300, 36, "S"));
    federation.import(GUANGDONG, &file, &[]).expect(0);
    federation.wait_replicated(GUANGDONG, BEIJING);
    // The author of the chain is gone; Guizhou learns it from Beijing.
    federation.kill(GUANGDONG);
    federation.start(GUIZHOU);
    let size = federation.size(BEIJING, GUANGDONG);
    eventually("Guizhou holds the chain", || {
        federation.size(GUIZHOU, GUANGDONG) == size
    });
    assert_eq!(
        counted_months(
            &federation
                .lookup(GUIZHOU, WORKER, &["--proofs"])
                .expect(0)
                .stdout
        ),
        36
    );
}

#[test]
fn kill_nine_at_any_moment_loses_nothing_acknowledged() {
    let mut federation = Federation::found(&[GUANGDONG, GUIZHOU]);
    federation.start_all();
    let seed = std::time::UNIX_EPOCH.elapsed().unwrap().subsec_nanos();
    println!("seed {seed}");
    let mut months = 0;
    for round in 0..6_u32 {
        let serial = format!("R{round}");
        let file = federation.file(
            &format!("{round}.csv"),
            &contributions(WORKER, 440_300, 60, &serial),
        );
        let region = GUANGDONG.to_string();
        let agency = federation.agency(GUANGDONG);
        let arguments = [
            "agency",
            "import",
            &file,
            "--node",
            &region,
            "--credentials",
            &agency,
        ];
        let mut import = support::yizhang(&arguments)
            .stdout(std::process::Stdio::null())
            .spawn()
            .unwrap();
        let wait = seed.wrapping_mul(round + 1) % 400;
        std::thread::sleep(std::time::Duration::from_millis(wait.into()));
        let seen = federation.size(GUIZHOU, GUANGDONG);
        federation.kill(GUANGDONG);
        let acknowledged = import.wait().unwrap().success();
        federation.start(GUANGDONG);
        federation.wait_ready(GUANGDONG);
        assert!(
            federation.size(GUANGDONG, GUANGDONG) >= seen,
            "round {round}: what others saw is still there"
        );
        if acknowledged {
            months = 60;
        }
        if months > 0 {
            let account = federation
                .lookup(GUANGDONG, WORKER, &["--proofs"])
                .expect(0);
            assert_eq!(counted_months(&account.stdout), 60, "round {round}");
        }
        // The same import again completes what was cut off.
        federation.import(GUANGDONG, &file, &[]).expect(0);
        months = 60;
    }
    federation.wait_replicated(GUANGDONG, GUIZHOU);
    let here = federation.lookup(GUANGDONG, WORKER, &[]).expect(0).stdout;
    assert_eq!(
        here,
        federation.lookup(GUIZHOU, WORKER, &[]).expect(0).stdout
    );
    let dirs = [federation.node_dir(GUANGDONG), federation.node_dir(GUIZHOU)];
    let dirs = dirs.each_ref().map(|dir| dir.to_str().unwrap());
    run(&[
        "audit",
        "--dir",
        dirs[0],
        "--dir",
        dirs[1],
        "--credentials",
        &federation.auditor(),
    ])
    .expect(0);
}

#[test]
fn two_histories_of_one_chain_are_noticed_kept_and_outlive_a_restart() {
    let mut federation = Federation::found(&[GUANGDONG, GUIZHOU]);
    federation.start_all();
    // Nine records in one history and twenty in the other: the longer one has no head of the size at which the shorter ends.
    let first = federation.file("first.csv", &contributions(WORKER, 440_300, 9, "A"));
    federation.import(GUANGDONG, &first, &[]).expect(0);
    let other = federation.file("other.csv", &contributions(WORKER, 520_100, 5, "O"));
    federation.import(GUIZHOU, &other, &[]).expect(0);
    federation.wait_replicated(GUANGDONG, GUIZHOU);
    federation.kill(GUIZHOU);
    federation.kill(GUANGDONG);
    // What an operator must not do: start without the disk and without asking the others.
    fs::remove_dir_all(federation.node_dir(GUANGDONG).join("data")).unwrap();
    federation.start_with(GUANGDONG, &["--start-alone", "--lost", "520000"]);
    federation.wait_ready(GUANGDONG);
    let second = federation.file("second.csv", &contributions(WORKER, 440_300, 20, "B"));
    federation.import(GUANGDONG, &second, &[]).expect(0);
    federation.start(GUIZHOU);
    let quarantined = |federation: &Federation, chain: &str| {
        let status = federation.status(GUIZHOU)?;
        let found = status["chains"]
            .as_array()?
            .iter()
            .find(|found| found["origin"].as_str() == Some(chain))?;
        found["quarantined"].as_bool()
    };
    let (forked, sound) = ("demo.yizhang/440000", "demo.yizhang/520000");
    eventually("Guizhou has noticed", || {
        quarantined(&federation, forked) == Some(true)
    });
    assert_eq!(
        quarantined(&federation, sound),
        Some(false),
        "other chains carry on"
    );
    let stopped = || {
        federation
            .status(GUANGDONG)
            .is_some_and(|status| status["ready"] == false)
    };
    eventually("Guangdong signs no more", stopped);
    let third = federation.file("third.csv", &contributions(WORKER, 440_300, 3, "C"));
    federation.import(GUANGDONG, &third, &[]).expect(3);
    federation.stop(GUANGDONG);
    federation.kill(GUIZHOU);
    federation.start(GUIZHOU);
    eventually("Guizhou still knows", || {
        quarantined(&federation, forked) == Some(true)
    });
    let dirs = [federation.node_dir(GUANGDONG), federation.node_dir(GUIZHOU)];
    let dirs = dirs.each_ref().map(|dir| dir.to_str().unwrap());
    let audit = run(&[
        "audit",
        "--dir",
        dirs[0],
        "--dir",
        dirs[1],
        "--credentials",
        &federation.auditor(),
    ])
    .expect(1);
    assert!(audit.stdout.contains("fork"), "{}", audit.stdout);
}

#[test]
fn a_chain_comes_over_a_slow_link_batch_by_batch() {
    // One batch takes about three seconds, all of them longer than a fetch may be silent.
    let mut federation =
        Federation::found_behind(&[GUANGDONG, GUIZHOU], |address| throttled(address, 350_000));
    federation.start_all();
    let file = federation.file("large.csv", &many_contributions(308));
    federation.import(GUANGDONG, &file, &[]).expect(0);
    federation.wait_replicated(GUANGDONG, GUIZHOU);
}

#[test]
fn a_node_restored_from_an_old_backup_fetches_its_chain_back_before_it_signs() {
    let mut federation = Federation::found(&[GUANGDONG, GUIZHOU]);
    federation.start_all();
    let first = federation.file("first.csv", &contributions(WORKER, 440_300, 5, "A"));
    federation.import(GUANGDONG, &first, &[]).expect(0);
    federation.stop(GUANGDONG);
    let (data, backup) = (
        federation.node_dir(GUANGDONG).join("data"),
        federation.path().join("backup"),
    );
    copy(&data, &backup);
    federation.start(GUANGDONG);
    federation.wait_ready(GUANGDONG);
    let second = federation.file("second.csv", &contributions(WORKER, 440_300, 12, "B"));
    federation.import(GUANGDONG, &second, &[]).expect(0);
    federation.wait_replicated(GUANGDONG, GUIZHOU);
    let size = federation.size(GUANGDONG, GUANGDONG);
    federation.kill(GUANGDONG);
    fs::remove_dir_all(&data).unwrap();
    copy(&backup, &data);
    federation.start(GUANGDONG);
    federation.wait_ready(GUANGDONG);
    assert_eq!(federation.size(GUANGDONG, GUANGDONG), size);
    let third = federation.file("third.csv", &contributions(WORKER, 440_300, 20, "C"));
    federation.import(GUANGDONG, &third, &[]).expect(0);
    federation.wait_replicated(GUANGDONG, GUIZHOU);
    let auditor = federation.auditor();
    let nodes = [GUANGDONG.to_string(), GUIZHOU.to_string()];
    run(&[
        "audit",
        "--node",
        &nodes[0],
        "--node",
        &nodes[1],
        "--credentials",
        &auditor,
    ])
    .expect(0);
}

#[test]
fn a_changed_byte_is_found_by_check_and_by_audit() {
    let mut federation = Federation::found(&[GUANGDONG]);
    federation.start_all();
    let file = federation.file("9.csv", &contributions(WORKER, 440_300, 9, "S"));
    federation.import(GUANGDONG, &file, &[]).expect(0);
    federation.stop(GUANGDONG);
    let dir = federation.node_dir(GUANGDONG);
    let dir_text = dir.to_str().unwrap();
    let auditor = federation.auditor();
    run(&["node", "check", "--dir", dir_text]).expect(0);
    run(&["audit", "--dir", dir_text, "--credentials", &auditor]).expect(0);
    let folder = dir.join("data/chains/440000");
    let segment = fs::read_dir(folder)
        .unwrap()
        .next()
        .unwrap()
        .unwrap()
        .path();
    let mut bytes = fs::read(&segment).unwrap();
    // In the newest batch, before its head: that is what a start reads again; the rest, `node check` does.
    let at = bytes.len() - 350;
    bytes[at] ^= 1;
    fs::write(&segment, bytes).unwrap();
    run(&["audit", "--dir", dir_text, "--credentials", &auditor]).expect(1);
    run(&["node", "check", "--dir", dir_text]).expect(1);
    // Its own chain it will not continue.
    federation.start(GUANGDONG);
    assert_eq!(federation.wait_for_end(GUANGDONG), 4);
    let log = federation.log(GUANGDONG);
    assert!(log.contains("damaged"), "{log}");
}

#[test]
fn the_files_of_an_idle_node_end_with_a_signed_head() {
    let mut federation = Federation::found(&[GUANGDONG]);
    federation.start_all();
    let file = federation.file("9.csv", &contributions(WORKER, 440_300, 9, "S"));
    federation.import(GUANGDONG, &file, &[]).expect(0);
    let size = federation.size(GUANGDONG, GUANGDONG);
    assert!(size > 9, "nine records and a batch entry at least: {size}");
    let report = federation.path().join("report.json");
    let (dir, auditor) = (federation.node_dir(GUANGDONG), federation.auditor());
    let arguments = [
        "audit",
        "--dir",
        dir.to_str().unwrap(),
        "--credentials",
        &auditor,
        "--json",
        report.to_str().unwrap(),
    ];
    eventually(
        "the audit of the running node's files covers every entry",
        || {
            run(&arguments).expect(0);
            let report: serde_json::Value =
                serde_json::from_slice(&fs::read(&report).unwrap()).unwrap();
            report["reports"][0]["chains"][0]["size"] == size
        },
    );
}

#[test]
fn a_node_whose_disk_is_full_goes_on_where_there_is_room() {
    let mut federation = Federation::found(&[GUANGDONG, GUIZHOU]);
    let data = federation.node_dir(GUANGDONG).join("data");
    fs::create_dir(&data).unwrap();
    let mount = |options: &str| {
        let command = std::process::Command::new("mount")
            .args(["-t", "tmpfs", "-o", options, "tmpfs"])
            .arg(&data)
            .output();
        command.is_ok_and(|output| output.status.success())
    };
    if !mount("size=1m") {
        assert!(
            std::env::var_os("YIZHANG_NO_SKIPS").is_none(),
            "YIZHANG_NO_SKIPS is set, and this test cannot run here: it mounts a small tmpfs"
        );
        println!("skipped: this test mounts a small tmpfs, which this user may not");
        return;
    }
    federation.start_all();
    let file = federation.file("many.csv", &contributions(WORKER, 440_300, 130, "S"));
    let large = federation.file("large.csv", &many_contributions(250));
    federation.import(GUANGDONG, &file, &[]).expect(0);
    let acknowledged = federation.size(GUANGDONG, GUANGDONG);
    let refused = federation.import(GUANGDONG, &large, &[]);
    assert_ne!(refused.code, 0);
    // What there is no room for is refused. Where a small disk is full before it is looked at, the node ends.
    let has_ended = !refused.stderr.contains("disk of the node is full");
    if has_ended {
        let code = federation.wait_for_end(GUANGDONG);
        assert_eq!(code, 4, "{}", federation.log(GUANGDONG));
    }
    assert!(mount("remount,size=64m"));
    if has_ended {
        federation.start(GUANGDONG);
    }
    federation.wait_ready(GUANGDONG);
    assert!(federation.size(GUANGDONG, GUANGDONG) >= acknowledged);
    federation.import(GUANGDONG, &large, &[]).expect(0);
    federation.stop(GUANGDONG);
    assert!(
        std::process::Command::new("umount")
            .arg(&data)
            .status()
            .unwrap()
            .success()
    );
}

#[test]
fn an_agency_needs_no_federation_secret_and_is_told_when_it_has_one() {
    let mut federation = Federation::found(&[GUANGDONG]);
    let agency = federation.node_dir(GUANGDONG).join("agency");
    let secret = agency.join("federation.secret");
    assert!(!secret.exists());
    let file = federation.file("9.csv", &contributions(WORKER, 440_300, 9, "S"));
    // A file is checked without a node.
    federation
        .import(GUANGDONG, &file, &["--check-only"])
        .expect(0);
    let unreachable = federation.import(GUANGDONG, &file, &[]).expect(3);
    assert!(!unreachable.stderr.contains(WORKER));
    federation.start_all();
    let ran = federation.import(GUANGDONG, &file, &[]).expect(0);
    assert!(!ran.stderr.contains("secret"), "{}", ran.stderr);
    assert_eq!(
        federation.lookup(GUANGDONG, WORKER, &[]).expect(0).code,
        0,
        "the pseudonym is the node's own"
    );
    // A directory of an earlier version.
    fs::copy(
        federation.node_dir(GUANGDONG).join("federation.secret"),
        &secret,
    )
    .unwrap();
    let ran = federation.lookup(GUANGDONG, WORKER, &[]).expect(0);
    assert!(ran.stderr.contains("delete it"), "{}", ran.stderr);
}

#[test]
fn an_interrupted_audit_goes_on_where_it_was() {
    let mut federation = Federation::found(&[GUANGDONG]);
    federation.start_all();
    let auditor = federation.auditor();
    let marks = federation.path().join("marks.json");
    let region = GUANGDONG.to_string();
    let arguments = [
        "audit",
        "--node",
        &region,
        "--credentials",
        &auditor,
        "--resume",
        marks.to_str().unwrap(),
    ];
    for (round, months) in [(0, 10), (1, 20)] {
        let file = federation.file(
            &format!("{round}.csv"),
            &contributions(WORKER, 440_300, months, &format!("R{round}")),
        );
        federation.import(GUANGDONG, &file, &[]).expect(0);
        let ran = run(&arguments).expect(0);
        assert!(
            ran.stdout
                .contains(&federation.size(GUANGDONG, GUANGDONG).to_string()),
            "{}",
            ran.stdout
        );
    }
    let damaged = fs::read_to_string(&marks).unwrap().replacen('1', "2", 1);
    fs::write(&marks, damaged).unwrap();
    run(&arguments).expect(4);
}

#[test]
fn a_lost_index_is_rebuilt_with_the_same_answers() {
    let mut federation = Federation::found(&[GUANGDONG]);
    federation.start_all();
    let file = federation.file("9.csv", &contributions(WORKER, 440_300, 9, "S"));
    federation.import(GUANGDONG, &file, &[]).expect(0);
    let before = federation.lookup(GUANGDONG, WORKER, &[]).expect(0).stdout;
    federation.stop(GUANGDONG);
    fs::remove_dir_all(federation.node_dir(GUANGDONG).join("data/index")).unwrap();
    federation.start(GUANGDONG);
    federation.wait_ready(GUANGDONG);
    assert_eq!(
        federation.lookup(GUANGDONG, WORKER, &[]).expect(0).stdout,
        before
    );
    federation.stop(GUANGDONG);
    run(&[
        "node",
        "rebuild-index",
        "--dir",
        federation.node_dir(GUANGDONG).to_str().unwrap(),
    ])
    .expect(0);
    federation.start(GUANGDONG);
    federation.wait_ready(GUANGDONG);
    assert_eq!(
        federation
            .lookup(GUANGDONG, WORKER, &["--proofs"])
            .expect(0)
            .stdout,
        before
    );
}

#[test]
fn answers_name_what_was_wrong_and_never_the_person() {
    let federation = Federation::found(&[GUANGDONG]);
    let wrong = "440300199003078812";
    let ran = federation.lookup(GUANGDONG, wrong, &[]).expect(4);
    assert!(
        ran.stderr.contains("expected check character 5") && !ran.stderr.contains(wrong),
        "{}",
        ran.stderr
    );
    let ran = federation.lookup(GUANGDONG, WORKER, &[]).expect(3);
    assert!(
        !ran.stderr.contains(WORKER),
        "the node is not running: {}",
        ran.stderr
    );
}

/// A node's word that an account is that of a number is compared with what the caller's own node says. Without that it stands alone,
/// and the caller is told so.
#[test]
fn a_check_says_whether_another_node_told_whose_account_it_is() {
    let mut federation = Federation::found(&[GUANGDONG, GUIZHOU]);
    federation.start_all();
    let file = federation.file("9.csv", &contributions(WORKER, 440_300, 9, "S"));
    federation.import(GUANGDONG, &file, &[]).expect(0);
    federation.wait_replicated(GUANGDONG, GUIZHOU);
    let trusted = "Not checked here: that this is the account of the number asked for";
    let agency = federation.agency(GUANGDONG);
    let ask = |node| Federation::answer_to(&agency, node, WORKER, &["--proofs"]).expect(0);
    let own = ask(GUANGDONG);
    assert!(own.stderr.contains(trusted), "{}", own.stderr);
    let other = ask(GUIZHOU);
    assert!(!other.stderr.contains(trusted), "{}", other.stderr);
    federation.stop(GUANGDONG);
    let alone = ask(GUIZHOU);
    assert!(alone.stderr.contains(trusted), "{}", alone.stderr);
}

#[test]
fn a_command_whose_output_nobody_reads_ends_quietly() {
    let mut federation = Federation::found(&[GUANGDONG]);
    federation.start_all();
    let (region, agency) = (GUANGDONG.to_string(), federation.agency(GUANGDONG));
    let mut command = yizhang(&[
        "node",
        "status",
        "--node",
        &region,
        "--credentials",
        &agency,
        "--json",
    ]);
    let mut child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!(
        (output.status.code(), output.stderr.as_slice()),
        (Some(141), &b""[..])
    );
}
