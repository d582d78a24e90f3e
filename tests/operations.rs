//! What keeps a node in somebody's sight: its log, its metrics, what the service manager is told, its certificates; and what
//! keeps commands short.

use crate::support::{
    Federation, PATIENCE, contributions, eventually, listen_on_quiet_port, run, run_with, yizhang,
};
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
};
use rustix::process::Signal;
use serde_json::Value;
use std::{
    fs,
    io::{Read as _, Write as _},
    net::{SocketAddr, TcpListener, TcpStream},
    os::unix::net::UnixDatagram,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::Duration,
};
use yizhang_ledger::{
    hash::from_hex,
    person::{FederationSecret, SocialSecurityNumber},
};

const GUANGDONG: u32 = 440_000;
const GUIZHOU: u32 = 520_000;
const WORKER: &str = "440300199003078815";

/// Starts a node with the usual level of its log, whatever the other tests say.
fn start_talking(federation: &mut Federation, region: u32, more: &[&str]) {
    let dir = federation.node_dir(region);
    federation.start_command(region, |command| {
        command
            .args(["--dir", dir.to_str().unwrap()])
            .args(more)
            .env("RUST_LOG", "info");
    });
}

/// The lines of a log in JSON that have this message.
fn lines(log: &str, message: &str) -> Vec<Value> {
    log.lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .filter(|line| line["message"] == message)
        .collect()
}

/// The worker's account id, as the federation's secret makes it.
fn pseudonym(federation: &Federation) -> String {
    let secret = federation.node_dir(GUANGDONG).join("federation.secret");
    let secret = fs::read_to_string(secret).unwrap();
    let secret = FederationSecret::new(from_hex(secret.trim_end()).unwrap());
    let number = SocialSecurityNumber::parse(WORKER).unwrap();
    secret.account_id(&number).reveal_hex()
}

#[test]
fn a_log_tells_what_happened_and_names_no_person() {
    let mut federation = Federation::found(&[GUANGDONG, GUIZHOU]);
    for region in [GUANGDONG, GUIZHOU] {
        start_talking(&mut federation, region, &["--log", "json"]);
    }
    federation.wait_ready(GUANGDONG);
    federation.wait_ready(GUIZHOU);
    let file = federation.file("rows.csv", &contributions(WORKER, 440_300, 5, "A"));
    federation.import(GUANGDONG, &file, &[]).expect(0);
    federation.wait_replicated(GUANGDONG, GUIZHOU);
    let account = federation.lookup(GUIZHOU, WORKER, &[]).expect(0).stdout;
    let foreign = federation.agency(GUIZHOU);
    let node = ["--node", "440000", "--credentials", &foreign];
    run(&[&["agency", "import", &file], node.as_slice()].concat()).expect(5);
    // Stopped and come back: lost, and found again.
    federation.stop(GUIZHOU);
    eventually("the loss is told", || {
        !lines(&federation.log(GUANGDONG), "a peer is lost").is_empty()
    });
    let first = federation.log(GUIZHOU);
    start_talking(&mut federation, GUIZHOU, &["--log", "json"]);
    eventually("the peer is found again", || {
        lines(&federation.log(GUANGDONG), "a peer is found").len() >= 2
    });
    federation.stop(GUANGDONG);
    let log = federation.log(GUANGDONG);
    let one = |log: &str, message: &str| {
        let found = lines(log, message);
        assert!(!found.is_empty(), "{message}: {log}");
        found[0].clone()
    };
    assert_eq!(
        one(&log, "ready: submissions are accepted")["chain"],
        "440000"
    );
    assert_eq!(one(&log, "accepted")["records"], 5);
    let lost = one(&log, "a peer is lost");
    assert_eq!(lost["peer"], "520000");
    assert!(lost["reason"].as_str().unwrap().len() > 5, "{lost}");
    let refused = lines(&log, "refused");
    assert!(
        refused.iter().any(|line| line["caller"] == "agency.520000"
            || line["method"] == "Submission.SubmitStream" && line["code"] == "PermissionDenied"),
        "{log}"
    );
    assert_eq!(one(&first, "fetched")["chain"], "440000");
    let answered = lines(&first, "answered");
    assert!(
        answered.iter().any(|line| line["caller"] == "agency.520000"
            && line["method"] == "Account.Lookup"
            && line["calls"] == 1),
        "{first}"
    );
    let pseudonym = pseudonym(&federation);
    assert!(account.contains("\"families\""), "{account}");
    for log in [&log, &first] {
        assert!(!log.contains(WORKER) && !log.contains(&pseudonym));
    }
}

#[test]
fn a_log_is_for_people_unless_it_is_asked_to_be_json() {
    let mut federation = Federation::found(&[GUANGDONG]);
    start_talking(&mut federation, GUANGDONG, &[]);
    federation.wait_ready(GUANGDONG);
    federation.stop(GUANGDONG);
    let log = federation.log(GUANGDONG);
    assert!(
        log.contains("INFO") && log.contains("ready: submissions are accepted"),
        "{log}"
    );
}

/// One request to an address, and the whole answer.
fn http(address: SocketAddr, request: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

fn free_address() -> SocketAddr {
    listen_on_quiet_port().local_addr().unwrap()
}

/// The value of a metric.
#[track_caller]
fn metric(page: &str, name: &str) -> f64 {
    let line = page.lines().find(|line| {
        line.strip_prefix(name)
            .is_some_and(|rest| rest.starts_with(' '))
    });
    let line = line.unwrap_or_else(|| panic!("no {name} in\n{page}"));
    line[name.len()..].trim().parse().unwrap()
}

#[test]
fn prometheus_reads_the_metrics_of_a_node_from_an_address_of_their_own() {
    let mut federation = Federation::found(&[GUANGDONG, GUIZHOU]);
    let address = free_address();
    let address_text = address.to_string();
    start_talking(&mut federation, GUANGDONG, &["--metrics", &address_text]);
    federation.start(GUIZHOU);
    federation.wait_ready(GUANGDONG);
    federation.wait_ready(GUIZHOU);
    let file = federation.file("rows.csv", &contributions(WORKER, 440_300, 5, "A"));
    federation.import(GUANGDONG, &file, &[]).expect(0);
    federation.lookup(GUANGDONG, WORKER, &[]).expect(0);
    let auditor = federation.auditor();
    let denied = [
        "worker",
        "account",
        "--node",
        "440000",
        "--credentials",
        &auditor,
    ];
    run_with(&denied, WORKER).expect(5);
    #[allow(clippy::cast_precision_loss, reason = "a handful of entries")]
    let entries = federation.size(GUANGDONG, GUANGDONG) as f64;
    let get = "GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n";
    let answer = http(address, get);
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    assert!(
        answer.contains("application/openmetrics-text; version=1.0.0"),
        "{answer}"
    );
    assert!(answer.trim_end().ends_with("# EOF"), "{answer}");
    for (name, expected) in [
        ("yizhang_up", 1.0),
        ("yizhang_ready", 1.0),
        ("yizhang_chain_entries{chain=\"440000\"}", entries),
        ("yizhang_chain_lag_entries{chain=\"440000\"}", 0.0),
        ("yizhang_chain_quarantined{chain=\"520000\"}", 0.0),
        ("yizhang_peer_connected{region=\"520000\"}", 1.0),
        ("yizhang_records_total", 5.0),
        // Five by the import, which asks for rows that may be known, and one by the worker; an auditor is refused.
        ("yizhang_lookups_total", 6.0),
        (
            "yizhang_reads_total{method=\"Account.Lookup\",role=\"agency\"}",
            6.0,
        ),
        (
            "yizhang_refusals_total{method=\"Account.Lookup\",code=\"PermissionDenied\"}",
            1.0,
        ),
        ("yizhang_requests_total{method=\"Account.Lookup\"}", 7.0),
        (
            "yizhang_request_duration_seconds_count{method=\"Account.Lookup\"}",
            7.0,
        ),
        ("yizhang_connections_limit", 512.0),
        ("yizhang_log_lines_lost_total", 0.0),
    ] {
        let found = metric(&answer, name);
        assert!(
            (found - expected).abs() < f64::EPSILON,
            "{name}: {found}\n{answer}"
        );
    }
    let month = 30.0 * 24.0 * 3_600.0;
    assert!(
        metric(
            &answer,
            "yizhang_certificate_remaining_seconds{certificate=\"node\"}"
        ) > month
    );
    assert!(metric(&answer, "yizhang_disk_free_bytes") > 0.0);
    assert!(metric(&answer, "yizhang_connections") >= 1.0);
    assert!(metric(&answer, "yizhang_submissions_total") >= 1.0);
    assert!(!answer.contains(WORKER));
    // Each metric is explained in the document for operators, and nothing else is.
    let document = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/OPERATIONS.md");
    let document = fs::read_to_string(document).unwrap();
    for line in answer
        .lines()
        .filter_map(|line| line.strip_prefix("# TYPE "))
    {
        let name = line.split(' ').next().unwrap();
        assert!(
            document.contains(&format!("`{name}")),
            "{name} is not in OPERATIONS.md"
        );
    }
    // Nothing else is served there.
    for (request, code) in [
        ("GET / HTTP/1.1\r\nHost: x\r\n\r\n", "404"),
        (
            "POST /metrics HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n",
            "405",
        ),
    ] {
        let answer = http(address, request);
        assert!(answer.starts_with(&format!("HTTP/1.1 {code}")), "{answer}");
    }
}

#[test]
fn slow_readers_of_metrics_are_given_up_and_hold_nothing_up() {
    let mut federation = Federation::found(&[GUANGDONG]);
    let address = free_address();
    start_talking(
        &mut federation,
        GUANGDONG,
        &["--metrics", &address.to_string()],
    );
    federation.wait_ready(GUANGDONG);
    // More than may read at once, and none of them says anything.
    let idle: Vec<TcpStream> = (0..40)
        .map(|_| TcpStream::connect(address).unwrap())
        .collect();
    federation
        .status(GUANGDONG)
        .expect("callers are served meanwhile");
    let answer = http(address, "GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n");
    assert!(answer.contains("yizhang_ready 1"), "{answer}");
    drop(idle);
    federation.stop(GUANGDONG);
}

#[test]
fn an_address_for_metrics_that_is_taken_or_none_is_said() {
    let federation = Federation::found(&[GUANGDONG]);
    let dir = federation.node_dir(GUANGDONG);
    let holder = TcpListener::bind("127.0.0.1:0").unwrap();
    let taken = holder.local_addr().unwrap().to_string();
    let run_on = |address: &str| {
        run(&[
            "node",
            "run",
            "--dir",
            dir.to_str().unwrap(),
            "--metrics",
            address,
        ])
    };
    assert!(run_on("metrics").expect(2).stderr.contains("found metrics"));
    let ran = run_on(&taken).expect(4);
    assert!(ran.stderr.contains(&taken), "{}", ran.stderr);
}

#[test]
fn a_service_manager_is_told_that_the_node_is_up_moves_and_ends() {
    let mut federation = Federation::found(&[GUANGDONG]);
    let path = federation.path().join("notify");
    let socket = UnixDatagram::bind(&path).unwrap();
    socket.set_read_timeout(Some(PATIENCE)).unwrap();
    let dir = federation.node_dir(GUANGDONG);
    federation.start_command(GUANGDONG, |command| {
        command
            .args(["--dir", dir.to_str().unwrap()])
            .env("NOTIFY_SOCKET", &path)
            .env("WATCHDOG_USEC", "2000000");
    });
    let next = |wanted: &str| {
        let mut bytes = [0; 1_024];
        loop {
            let length = socket.recv(&mut bytes).unwrap();
            let text = String::from_utf8_lossy(&bytes[..length]).into_owned();
            if text.contains(wanted) {
                return text;
            }
        }
    };
    next("STATUS=opening");
    next("READY=1");
    next("WATCHDOG=1");
    let state = next("ready; 0 of 0 peers");
    assert!(state.contains("WATCHDOG=1"), "{state}");
    federation.signal(GUANGDONG, Signal::TERM);
    next("STOPPING=1");
    assert_eq!(federation.wait_for_end(GUANGDONG), 0);
}

#[test]
fn the_unit_file_starts_a_node_as_this_program_takes_it() {
    let unit = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/systemd/yizhang-node.service");
    let unit = fs::read_to_string(unit).unwrap();
    let value = |name: &str| {
        let line = unit.lines().find_map(|line| line.strip_prefix(name));
        line.unwrap_or_else(|| panic!("no {name}")).to_string()
    };
    assert_eq!(value("Type="), "notify");
    assert!(value("WatchdogSec=").parse::<u64>().unwrap() >= 20);
    let start = value("ExecStart=");
    let arguments: Vec<&str> = start.split_whitespace().skip(1).collect();
    // The directory is not there; arguments that were wrong would be told first, with exit code 2.
    run(&arguments).expect(4);
}

const DAY_SECONDS: i64 = 24 * 3_600;

/// Days of a certificate's life, counted from today.
struct Life {
    from: i64,
    until: i64,
}

/// Signs a new certificate for the holder of a directory, with the federation's authority.
fn sign(federation: &Federation, dir: &Path, name: &str, life: &Life) {
    let key = fs::read_to_string(federation.path().join("authority.key")).unwrap();
    let mut authority = CertificateParams::new(Vec::new()).unwrap();
    authority
        .distinguished_name
        .push(DnType::CommonName, "demo.yizhang authority");
    authority.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    let issuer = Issuer::new(authority, KeyPair::from_pem(&key).unwrap());
    let mut params = CertificateParams::new(vec![name.to_string()]).unwrap();
    params.extended_key_usages = vec![
        ExtendedKeyUsagePurpose::ServerAuth,
        ExtendedKeyUsagePurpose::ClientAuth,
    ];
    let day = |days: i64| {
        let today = jiff::Timestamp::now().as_second() / DAY_SECONDS;
        let seconds = u64::try_from((today + days) * DAY_SECONDS).unwrap();
        rcgen::date_time_ymd(1970, 1, 1) + Duration::from_secs(seconds)
    };
    params.not_before = day(life.from);
    params.not_after = day(life.until);
    let key = KeyPair::generate().unwrap();
    let certificate = params.signed_by(&key, &issuer).unwrap();
    fs::write(dir.join("tls.crt"), certificate.pem()).unwrap();
    fs::write(dir.join("tls.key"), key.serialize_pem()).unwrap();
}

#[test]
fn a_certificate_that_ends_soon_is_warned_of_and_one_that_has_ended_starts_no_node() {
    let mut federation = Federation::found(&[GUANGDONG]);
    let dir = federation.node_dir(GUANGDONG);
    let name = "node.440000.demo.yizhang";
    let warning = "a certificate is about to end";
    for (until, is_warned) in [(20, true), (59, true), (90, false)] {
        sign(&federation, &dir, name, &Life { from: -1, until });
        start_talking(&mut federation, GUANGDONG, &[]);
        federation.wait_ready(GUANGDONG);
        federation.stop(GUANGDONG);
        let log = fs::read_to_string(dir.join("log")).unwrap();
        assert_eq!(log.contains(warning), is_warned, "{until} days: {log}");
        fs::remove_file(dir.join("log")).unwrap();
    }
    for (life, expected) in [
        (
            Life {
                from: -9,
                until: -1,
            },
            "ended on",
        ),
        (Life { from: 2, until: 9 }, "is valid from"),
    ] {
        sign(&federation, &dir, name, &life);
        let ran = run(&["node", "run", "--dir", dir.to_str().unwrap()]).expect(5);
        assert!(ran.stderr.contains(expected), "{}", ran.stderr);
    }
    // The same for callers, before they try.
    let agency = PathBuf::from(federation.agency(GUANGDONG));
    let life = Life {
        from: -9,
        until: -1,
    };
    sign(&federation, &agency, "agency.440000.demo.yizhang", &life);
    let arguments = ["node", "status", "--node", "440000", "--credentials"];
    let ran = run(&[&arguments[..], &[agency.to_str().unwrap()]].concat()).expect(5);
    assert!(ran.stderr.contains("ended on"), "{}", ran.stderr);
}

#[test]
fn wrong_credentials_are_not_told_to_try_again() {
    let mut federation = Federation::found(&[GUANGDONG, GUIZHOU]);
    federation.start_all();
    let file = federation.file("rows.csv", &contributions(WORKER, 440_300, 5, "A"));
    let foreign = federation.agency(GUIZHOU);
    // Another federation's certificate, under this one's roster.
    let other = Federation::found(&[GUANGDONG]);
    let stranger = other.agency(GUANGDONG);
    for name in ["roster.note", "trust.toml"] {
        fs::copy(
            Path::new(&federation.agency(GUANGDONG)).join(name),
            Path::new(&stranger).join(name),
        )
        .unwrap();
    }
    for credentials in [&foreign, &stranger] {
        let at = ["--node", "440000", "--credentials", credentials];
        let ran = run(&[&["agency", "import", &file], at.as_slice()].concat()).expect(5);
        assert!(!ran.stderr.contains("run it again"), "{}", ran.stderr);
    }
}

#[test]
fn what_comes_through_a_pipe_is_imported_like_a_file() {
    let mut federation = Federation::found(&[GUANGDONG]);
    federation.start_all();
    let agency = federation.agency(GUANGDONG);
    let rows = String::from_utf8(contributions(WORKER, 440_300, 5, "A")).unwrap();
    let scratch = tempfile::tempdir().unwrap();
    for file in ["/dev/stdin", "-"] {
        let mut import = yizhang(&["agency", "import", file, "--node", "440000"])
            .args(["--credentials", &agency])
            .current_dir(scratch.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        import
            .stdin
            .take()
            .unwrap()
            .write_all(rows.as_bytes())
            .unwrap();
        let output = import.wait_with_output().unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(0), "{file}: {stderr}");
    }
    let text = federation.lookup(GUANGDONG, WORKER, &[]).expect(0).stdout;
    let account: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(account["families"][0]["counted_months"], 5, "{text}");
    // Faulty rows stand in the working directory: a pipe has none of its own.
    let faulty = rows.replace(WORKER, "440300199003078812");
    let mut import = yizhang(&["agency", "import", "-", "--node", "440000"])
        .args(["--credentials", &agency])
        .current_dir(scratch.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    import
        .stdin
        .take()
        .unwrap()
        .write_all(faulty.as_bytes())
        .unwrap();
    assert_eq!(import.wait().unwrap().code(), Some(1));
    assert!(scratch.path().join("stdin.errors.csv").exists());
}

#[test]
fn faulty_rows_of_redirected_input_stand_in_the_working_directory() {
    let federation = Federation::found(&[GUANGDONG]);
    let agency = federation.agency(GUANGDONG);
    let rows = String::from_utf8(contributions(WORKER, 440_300, 5, "A")).unwrap();
    let faulty = rows.replace(WORKER, "440300199003078812");
    let file = federation.file("may.csv", faulty.as_bytes());
    let scratch = tempfile::tempdir().unwrap();
    let status = yizhang(&["agency", "import", "/dev/stdin", "--node", "440000"])
        .args(["--credentials", &agency])
        .current_dir(scratch.path())
        .stdin(fs::File::open(file).unwrap())
        .stdout(Stdio::null())
        .status()
        .unwrap();
    assert_eq!(status.code(), Some(1));
    assert!(scratch.path().join("stdin.errors.csv").exists());
}

#[test]
fn node_and_credentials_come_from_a_file_or_the_environment_and_errors_say_so() {
    let mut federation = Federation::found(&[GUANGDONG]);
    federation.start_all();
    let agency = federation.agency(GUANGDONG);
    let status = |prepare: &dyn Fn(&mut Command)| {
        let mut command = yizhang(&["node", "status"]);
        prepare(&mut command);
        let output = command.output().unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        (output.status.code().unwrap(), stderr)
    };
    assert_eq!(status(&|_| {}).0, 2);
    let environment = |command: &mut Command| {
        command
            .env("YIZHANG_NODE", "440000")
            .env("YIZHANG_CREDENTIALS", &agency);
    };
    assert_eq!(status(&environment).0, 0);
    // The file, by its usual place and by name; what it names is meant from where it lies.
    let home = federation.path().join("home");
    let config = home.join("yizhang/config.toml");
    fs::create_dir_all(config.parent().unwrap()).unwrap();
    fs::write(
        &config,
        "node = 440000\ncredentials = \"../../440000/agency\"\n",
    )
    .unwrap();
    assert_eq!(
        status(&|command| {
            command.env("XDG_CONFIG_HOME", &home);
        })
        .0,
        0
    );
    assert_eq!(
        status(&|command| {
            command.arg("--config").arg(&config);
        })
        .0,
        0
    );
    // What is given goes before the environment, and that before the file.
    let (code, told) = status(&|command| {
        command
            .env("XDG_CONFIG_HOME", &home)
            .env("YIZHANG_NODE", "520000")
            .args(["--credentials", &agency]);
    });
    assert_eq!(code, 4, "{told}");
    assert!(
        told.contains("--node 520000 comes from YIZHANG_NODE"),
        "{told}"
    );
    assert!(!told.contains("--credentials"), "{told}");
    let (code, told) = status(&|command| {
        fs::write(&config, "node = 440000\ncredentials = \"nowhere\"\n").unwrap();
        command.env("XDG_CONFIG_HOME", &home);
    });
    assert_eq!(code, 4, "{told}");
    assert!(
        told.contains("nowhere comes from") && told.contains("config.toml"),
        "{told}"
    );
    for (text, expected) in [
        ("nod = 440000\n", "config.toml"),
        ("node = 44\n", "six-digit"),
        ("node = [\n", "config.toml"),
    ] {
        fs::write(&config, text).unwrap();
        let (code, told) = status(&|command| {
            command.env("XDG_CONFIG_HOME", &home);
        });
        assert_eq!(code, 2, "{text}: {told}");
        assert!(told.contains(expected), "{text}: {told}");
    }
    let (code, told) = status(&|command| {
        command.env("YIZHANG_NODE", "44");
    });
    assert!(code == 2 && told.contains("YIZHANG_NODE"), "{told}");
    let (code, told) = status(&|command| {
        command.args(["--config", "/nowhere/x.toml"]);
    });
    assert!(code == 2 && told.contains("/nowhere/x.toml"), "{told}");
}

#[test]
fn shells_complete_and_manuals_name_every_command() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = run(&["completions", shell]).expect(0).stdout;
        assert!(script.contains("rebuild-index"), "{shell}");
    }
    let page = run(&["man"]).expect(0).stdout;
    assert!(page.contains(".TH yizhang"), "{page}");
    let scratch = tempfile::tempdir().unwrap();
    let dir = scratch.path().join("man1");
    run(&["man", dir.to_str().unwrap()]).expect(0);
    for page in [
        "yizhang.1",
        "yizhang-node-run.1",
        "yizhang-agency-transfer-open.1",
    ] {
        let text = fs::read_to_string(dir.join(page)).unwrap();
        assert!(text.contains("Examples"), "{page}: {text}");
    }
}

#[test]
fn metrics_answer_while_a_peer_is_away() {
    let mut federation = Federation::found(&[GUANGDONG, GUIZHOU]);
    let address = free_address();
    start_talking(
        &mut federation,
        GUANGDONG,
        &["--metrics", &address.to_string()],
    );
    federation.wait_for_start(GUANGDONG);
    let answer = http(address, "GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n");
    for name in ["yizhang_ready", "yizhang_peer_connected{region=\"520000\"}"] {
        assert!(metric(&answer, name).abs() < f64::EPSILON, "{answer}");
    }
    std::thread::sleep(Duration::from_millis(500));
    federation.stop(GUANGDONG);
    let log = federation.log(GUANGDONG);
    assert_eq!(log.matches("a peer cannot be reached").count(), 1, "{log}");
}

#[test]
fn a_disk_that_does_not_answer_has_no_metrics() {
    let mut federation = Federation::found(&[GUANGDONG]);
    let address = free_address();
    start_talking(
        &mut federation,
        GUANGDONG,
        &["--metrics", &address.to_string()],
    );
    federation.wait_for_start(GUANGDONG);
    let request = "GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n";
    let answer = http(address, request);
    assert!(metric(&answer, "yizhang_disk_size_bytes") > 0.0, "{answer}");
    let data = federation.node_dir(GUANGDONG).join("data");
    let away = data.with_extension("away");
    std::fs::rename(&data, &away).unwrap();
    let answer = http(address, request);
    std::fs::rename(&away, &data).unwrap();
    assert!(answer.contains("yizhang_up 1"), "{answer}");
    assert!(!answer.contains("yizhang_disk_"), "{answer}");
}

#[test]
fn openssl_reads_a_chains_key_and_finds_the_public_key_of_the_roster() {
    let federation = Federation::found(&[GUANGDONG]);
    let key = federation.node_dir(GUANGDONG).join("chain.key");
    let output = Command::new("openssl")
        .args(["pkey", "-pubout", "-in"])
        .arg(key)
        .output()
        .expect("openssl is installed");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let pem = String::from_utf8(output.stdout).unwrap();
    let body: String = pem.lines().filter(|line| !line.starts_with('-')).collect();
    // Twelve bytes before the key say that it is one of Ed25519: sixteen letters.
    let public = &body[16..];
    let roster = fs::read_to_string(federation.node_dir(GUANGDONG).join("roster.note")).unwrap();
    let line = roster
        .lines()
        .find(|line| line.starts_with("key 440000 chain "))
        .unwrap();
    assert_eq!(line.split(' ').nth(3), Some(public));
}

#[test]
fn two_regions_at_one_address_found_no_federation() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("federation");
    let dir = dir.to_str().unwrap();
    let mut arguments = vec!["federation", "init", "--dir", dir];
    arguments.extend([
        "--region",
        "440000=A.example:7443",
        "--region",
        "520000=a.example:7443",
    ]);
    let refused = run(&arguments).expect(4);
    assert!(
        refused.stderr.contains("address of its own"),
        "{}",
        refused.stderr
    );
    assert!(!folder.path().join("federation/root.key").exists());
    arguments.pop();
    arguments.push("520000=a.example:7444");
    run(&arguments).expect(0);
}
