//! Output, log, arguments and clock that fail: a reason where it can still be read, and an exit code.

use crate::support::{Federation, contributions, eventually, run, yizhang};
use rustix::process::{Pid, Signal, kill_process};
use std::{
    ffi::OsStr,
    fs::{self, File, OpenOptions},
    io::{BufRead as _, BufReader, Read as _},
    os::unix::{ffi::OsStrExt as _, process::ExitStatusExt as _},
    path::Path,
    process::{Child, Command, Stdio},
};

const GUANGDONG: u32 = 440_000;
const WORKER: &str = "440300199003078815";

/// A disk on which there is no room.
fn full() -> File {
    OpenOptions::new().write(true).open("/dev/full").unwrap()
}

/// Signals a process and waits until it ends.
#[track_caller]
fn end(mut process: Child, signal: Signal) -> Option<i32> {
    kill_process(Pid::from_child(&process), signal).unwrap();
    let mut code = None;
    eventually("the process ends", || {
        code = process.try_wait().unwrap().map(|status| status.code());
        code.is_some()
    });
    code.flatten()
}

#[test]
fn a_full_disk_behind_standard_output_is_said_with_exit_code_4() {
    for arguments in [
        &["rules", "show"] as &[&str],
        &["rules", "check"],
        &["--help"],
        &["node", "run", "--help"],
        &["--version"],
    ] {
        let output = yizhang(arguments).stdout(full()).output().unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(4), "{arguments:?}: {stderr}");
        assert!(
            stderr.contains("could not be written") && stderr.contains("No space left"),
            "{arguments:?}: {stderr}"
        );
        assert!(!stderr.contains("panicked"), "{stderr}");
    }
}

#[test]
fn who_stops_reading_ends_a_command_like_a_broken_pipe() {
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let output = yizhang(&["rules", "show"]).stdout(writer).output().unwrap();
    assert_eq!(output.status.code(), Some(141));
    assert!(output.stderr.is_empty(), "{:?}", output.stderr);
}

#[test]
fn a_full_disk_behind_standard_error_changes_no_exit_code() {
    let cases: [(&[&str], i32); 4] = [
        (&["node", "check", "--dir", "/nowhere"], 4),
        (&["node", "status"], 2),
        (&["--lang", "zh", "node", "status"], 2),
        (&["worker", "440300199003078815"], 2),
    ];
    for (arguments, code) in cases {
        let status = yizhang(arguments)
            .stderr(full())
            .stdin(Stdio::null())
            .status()
            .unwrap();
        assert_eq!(status.code(), Some(code), "{arguments:?}: {status}");
    }
}

#[test]
fn a_file_whose_name_is_gbk_is_imported_and_its_faulty_rows_stand_beside_it() {
    let mut federation = Federation::found(&[GUANGDONG]);
    federation.start_all();
    // As a Chinese Windows writes them: 明细.csv and 有误.csv.
    let good = federation
        .path()
        .join(OsStr::from_bytes(b"\xc3\xf7\xcf\xb8.csv"));
    let bad = federation
        .path()
        .join(OsStr::from_bytes(b"\xd3\xd0\xce\xf3.csv"));
    let rows = contributions(WORKER, 440_300, 3, "A");
    fs::write(&good, &rows).unwrap();
    let faulty = String::from_utf8(rows)
        .unwrap()
        .replace(WORKER, "440300199003078812");
    fs::write(&bad, faulty).unwrap();
    for (file, code) in [(&good, 0), (&bad, 1)] {
        let output = yizhang(&["agency", "import"])
            .arg(file)
            .args(["--node", "440000", "--credentials"])
            .arg(federation.agency(GUANGDONG))
            .output()
            .unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(code), "{stderr}");
    }
    let errors = OsStr::from_bytes(b"\xd3\xd0\xce\xf3.errors.csv");
    assert!(federation.path().join(errors).exists());
}

#[test]
fn an_option_that_is_not_utf8_is_a_wrong_argument_in_both_languages() {
    let cases: [&[&[u8]]; 4] = [
        &[b"node", b"status", b"--node", b"\xc3\xf7"],
        &[b"--lang", b"\xc3\xf7", b"rules", b"check"],
        &[b"\xc3\xf7"],
        &[b"sample", b"--\xc3\xf7"],
    ];
    for case in cases {
        for language in ["en", "zh"] {
            let output = Command::new(env!("CARGO_BIN_EXE_yizhang"))
                .args(["--lang", language])
                .args(case.iter().map(|part| OsStr::from_bytes(part)))
                .output()
                .unwrap();
            let stderr = String::from_utf8_lossy(&output.stderr);
            assert_eq!(output.status.code(), Some(2), "{case:?}: {stderr}");
            assert!(!stderr.contains("panicked"), "{case:?}: {stderr}");
        }
    }
}

#[test]
fn a_node_whose_log_and_reader_are_gone_goes_on_and_obeys() {
    let federation = Federation::found(&[GUANGDONG]);
    let dir = federation.node_dir(GUANGDONG);
    for signal in [Signal::TERM, Signal::HUP, Signal::INT] {
        let mut node = yizhang(&["node", "run", "--dir", dir.to_str().unwrap()])
            .env("RUST_LOG", "trace")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(full())
            .spawn()
            .unwrap();
        let mut line = String::new();
        // As `| head -1` does: one line is read, then nobody reads.
        BufReader::new(node.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        assert!(line.contains("listening"), "{line}");
        federation.wait_ready(GUANGDONG);
        assert_eq!(end(node, signal), Some(0), "{signal:?}");
    }
}

#[test]
fn a_node_whose_log_nobody_reads_does_not_wait_for_a_reader() {
    let federation = Federation::found(&[GUANGDONG]);
    let dir = federation.node_dir(GUANGDONG);
    // Held open and never read: it is full after 64 KiB.
    let (reader, writer) = std::io::pipe().unwrap();
    let node = yizhang(&["node", "run", "--dir", dir.to_str().unwrap()])
        .env("RUST_LOG", "trace")
        .stdin(Stdio::null())
        .stdout(writer.try_clone().unwrap())
        .stderr(writer)
        .spawn()
        .unwrap();
    federation.wait_ready(GUANGDONG);
    for _ in 0..30 {
        federation.status(GUANGDONG).unwrap();
    }
    assert_eq!(end(node, Signal::TERM), Some(0));
    drop(reader);
}

#[test]
fn a_node_says_how_many_lines_were_lost_once_it_can() {
    let federation = Federation::found(&[GUANGDONG]);
    let dir = federation.node_dir(GUANGDONG);
    for (form, expected) in [
        ("text", " lines of this log could not"),
        ("json", "\"lines\":"),
    ] {
        let (mut reader, writer) = std::io::pipe().unwrap();
        let node = yizhang(&["node", "run", "--dir", dir.to_str().unwrap(), "--log", form])
            .env("RUST_LOG", "trace")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(writer)
            .spawn()
            .unwrap();
        federation.wait_ready(GUANGDONG);
        // The pipe fills, then the queue of 4,096 lines: everything beyond is lost, and then somebody reads.
        for _ in 0..60 {
            federation.status(GUANGDONG).unwrap();
        }
        let reading = std::thread::spawn(move || {
            let mut text = String::new();
            reader.read_to_string(&mut text).unwrap();
            text
        });
        for _ in 0..3 {
            federation.status(GUANGDONG).unwrap();
        }
        assert_eq!(end(node, Signal::TERM), Some(0));
        let text = reading.join().unwrap();
        assert!(text.contains(expected), "{} bytes of {form}", text.len());
        if form == "json" {
            for line in text.lines() {
                serde_json::from_str::<serde_json::Value>(line)
                    .unwrap_or_else(|_| panic!("{line}"));
            }
        }
    }
}

/// Many rows, none twice.
fn many_contributions() -> Vec<u8> {
    let part = |part: u32| {
        let rows = contributions(WORKER, 440_300, 130, &format!("M{part}"));
        let header = rows.iter().position(|byte| *byte == b'\n').unwrap() + 1;
        rows[if part == 0 { 0 } else { header }..].to_vec()
    };
    (0..250).flat_map(part).collect()
}

/// Starts a node whose log lies on the disk of its data.
fn node_with_log_on(federation: &Federation, disk: &Path) -> Child {
    let log = OpenOptions::new()
        .create(true)
        .append(true)
        .open(disk.join("log"))
        .unwrap();
    let dir = federation.node_dir(GUANGDONG);
    yizhang(&["node", "run", "--dir", dir.to_str().unwrap()])
        .env("RUST_LOG", "debug")
        .stdin(Stdio::null())
        .stdout(log.try_clone().unwrap())
        .stderr(log)
        .spawn()
        .unwrap()
}

#[test]
fn a_node_whose_disk_is_full_with_the_log_on_it_goes_on_and_says_so_once_it_can() {
    let federation = Federation::found(&[GUANGDONG]);
    let dir = federation.node_dir(GUANGDONG);
    let disk = dir.join("disk");
    fs::create_dir(&disk).unwrap();
    let mounted = Command::new("mount")
        .args(["-t", "tmpfs", "-o", "size=2m", "tmpfs"])
        .arg(&disk)
        .output();
    if !mounted.is_ok_and(|output| output.status.success()) {
        assert!(
            std::env::var_os("YIZHANG_NO_SKIPS").is_none(),
            "YIZHANG_NO_SKIPS is set, and this test cannot run here: it mounts a small tmpfs"
        );
        println!("skipped: this test mounts a small tmpfs, which this user may not");
        return;
    }
    let listen = federation.address(GUANGDONG);
    let configuration =
        format!("region = {GUANGDONG}\nlisten = \"{listen}\"\ndata = \"disk/data\"\n");
    fs::write(dir.join("node.toml"), configuration).unwrap();

    // Something else fills the disk: an idle node loses its log, goes on, and says so when there is room again.
    let node = node_with_log_on(&federation, &disk);
    federation.wait_ready(GUANGDONG);
    let ballast = disk.join("ballast");
    assert!(fs::write(&ballast, vec![0; 4 * 1_024 * 1_024]).is_err());
    for _ in 0..200 {
        federation
            .status(GUANGDONG)
            .expect("the node answers without its log");
    }
    fs::remove_file(&ballast).unwrap();
    let log = || String::from_utf8_lossy(&fs::read(disk.join("log")).unwrap()).into_owned();
    eventually("the loss is told", || {
        federation.status(GUANGDONG).expect("the node answers");
        log().contains("lines of this log could not be written")
    });
    // The node fills the disk itself: it refuses, or ends where a small disk is full before it is looked at.
    let large = federation.file("large.csv", &many_contributions());
    let refused = federation.import(GUANGDONG, &large, &[]);
    assert_ne!(refused.code, 0);
    let mut node = node;
    let is_refused = refused.stderr.contains("disk of the node is full");
    if is_refused {
        node.kill().unwrap();
    }
    let output = node.wait_with_output().unwrap();
    assert!(
        is_refused || output.status.code() == Some(4),
        "{}: {}",
        output.status,
        log()
    );
    assert!(
        Command::new("umount")
            .args(["-l"])
            .arg(&disk)
            .status()
            .unwrap()
            .success()
    );
}

/// Makes `clock_gettime` tell another time of day, for one process.
const OTHER_CLOCK: &str = r#"
#define _GNU_SOURCE
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>
int clock_gettime(clockid_t clock, struct timespec *time) {
    int result = syscall(SYS_clock_gettime, clock, time);
    if (clock == CLOCK_REALTIME) time->tv_sec = atoll(getenv("OTHER_CLOCK"));
    return result;
}
"#;

#[test]
fn a_clock_before_1970_is_told_before_anything_is_opened() {
    let federation = Federation::found(&[GUANGDONG]);
    let source = federation.file("clock.c", OTHER_CLOCK.as_bytes());
    let library = source.replace(".c", ".so");
    // The C compiler is there: the program's own allocator is built with it.
    let built = Command::new("cc")
        .args(["-shared", "-fPIC", "-o", &library, &source])
        .status()
        .unwrap();
    assert!(built.success());
    let dir = federation.node_dir(GUANGDONG);
    let founded = federation.path().join("another");
    let commands: [&[&str]; 4] = [
        &["node", "run", "--dir", dir.to_str().unwrap()],
        &["node", "check", "--dir", dir.to_str().unwrap()],
        &["node", "rebuild-index", "--dir", dir.to_str().unwrap()],
        &[
            "federation",
            "init",
            "--dir",
            founded.to_str().unwrap(),
            "--region",
            "440000=127.0.0.1:7104",
        ],
    ];
    for seconds in ["-1", "-86400000", "0"] {
        for arguments in commands {
            let output = yizhang(arguments)
                .env("LD_PRELOAD", &library)
                .env("OTHER_CLOCK", seconds)
                .stdin(Stdio::null())
                .output()
                .unwrap();
            let stderr = String::from_utf8_lossy(&output.stderr);
            assert_eq!(output.status.code(), Some(4), "{arguments:?}: {stderr}");
            assert!(
                stderr.contains("the clock of this machine says 19")
                    && !stderr.contains("panicked"),
                "{arguments:?}: {stderr}"
            );
        }
    }
    assert!(!founded.exists() && !dir.join("data").exists());
}

/// Whether a process runs whose arguments name a directory.
fn runs_in(dir: &Path) -> bool {
    let name = dir.to_str().unwrap().as_bytes();
    fs::read_dir("/proc").unwrap().flatten().any(|process| {
        let command = fs::read(process.path().join("cmdline")).unwrap_or_default();
        command.windows(name.len()).any(|part| part == name)
    })
}

#[test]
fn a_demo_that_is_told_to_end_leaves_no_node_behind() {
    for (signal, code) in [
        (Signal::TERM, Some(0)),
        (Signal::HUP, Some(0)),
        (Signal::KILL, None),
    ] {
        let scratch = tempfile::tempdir().unwrap();
        let dir = scratch.path().join("demo");
        let mut demo = yizhang(&["demo", "--keep", dir.to_str().unwrap()])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(demo.stdout.take().unwrap()).lines();
        lines
            .find(|line| line.as_ref().unwrap().contains("Ctrl-C"))
            .unwrap()
            .unwrap();
        assert!(runs_in(&dir));
        kill_process(Pid::from_child(&demo), signal).unwrap();
        let rest: Vec<String> = lines.map(Result::unwrap).collect();
        let status = demo.wait().unwrap();
        assert_eq!(status.code(), code, "{status}: {rest:?}");
        assert!(status.code().is_some() || status.signal() == Some(9));
        eventually("no node is left", || !runs_in(&dir));
    }
}

#[test]
fn a_federation_is_not_founded_with_an_address_that_cannot_work() {
    let scratch = tempfile::tempdir().unwrap();
    let wrong = [
        ("440000=::1:7443", "IPv6 address in brackets"),
        ("440000=https://host:7443", "without https://"),
        ("440000=host:0", "a port of 1 to 65535, found 0"),
        ("440000=host:65536", "a port of 1 to 65535, found 65536"),
        ("440000=host:", "a port of 1 to 65535"),
        (
            "440000=a/b:7443",
            "a name of the DNS or an IP address, found a/b",
        ),
        ("440000=a b:7443", "a name of the DNS"),
        ("440000=-a:7443", "a name of the DNS"),
        ("440000=a..b:7443", "a name of the DNS"),
        ("440000=300.1.1.1:7443", "a name of the DNS"),
        ("440000=[::1:7443", "IPv6 address in brackets"),
        ("440000=:7443", "a name of the DNS"),
        ("440000=0.0.0.0:7443", "others reach this one node"),
        ("440000=[::]:7443", "others reach this one node"),
        ("440000=host", "CODE=HOST:PORT"),
        ("440000", "CODE=HOST:PORT"),
        (
            "999999=host:7443",
            "in a province (GB/T 2260), for instance 440000, found 999999",
        ),
        ("44=host:7443", "found 44"),
    ];
    for (number, (region, expected)) in wrong.into_iter().enumerate() {
        let dir = scratch.path().join(number.to_string());
        let arguments = [
            "federation",
            "init",
            "--dir",
            dir.to_str().unwrap(),
            "--region",
            region,
        ];
        let ran = run(&arguments).expect(2);
        assert!(ran.stderr.contains(expected), "{region}: {}", ran.stderr);
        assert!(!dir.exists(), "{region}");
        run(&[&["--lang", "zh"], arguments.as_slice()].concat()).expect(2);
    }
    for region in [
        "440000=127.0.0.1:7443",
        "440000=[::1]:7443",
        "440300=node-1.example.cn:65535",
        "660000=localhost:1",
    ] {
        let dir = scratch.path().join(region);
        let arguments = [
            "federation",
            "init",
            "--dir",
            dir.to_str().unwrap(),
            "--region",
            region,
        ];
        run(&arguments).expect(0);
    }
}
