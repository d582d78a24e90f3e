//! A federation of real processes on loopback, driven through the command line as a user would.
#![allow(dead_code, reason = "each test file uses its own part")]
#![allow(clippy::cast_precision_loss, reason = "a rate in a test")]

pub(crate) mod connect;
pub(crate) mod founders;
pub(crate) mod twins;

use std::{
    fmt::Write as _,
    fs,
    io::{Read as _, Write as _},
    net::{Shutdown, SocketAddr, TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    thread::sleep,
    time::{Duration, Instant},
};
use tempfile::TempDir;
use yizhang_wire::purpose::{Business, Purpose};

/// How long anything may take before a test gives up: far more than it needs on a slow machine.
pub(crate) const PATIENCE: Duration = Duration::from_secs(90);

pub(crate) const SECOND_LOOK: Duration = Duration::from_millis(50);

/// Limits of reads that no test comes to which is not about them.
const PLENTY: &str =
    "[reads]\naccounts_a_minute = 1000000\naccounts_an_hour = 1000000\naccounts_a_day = 1000000\n";

/// A federation and its running nodes.
pub(crate) struct Federation {
    dir: TempDir,
    nodes: Vec<Node>,
}

struct Node {
    region: u32,
    process: Option<Child>,
}

/// What a command printed and how it ended.
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Ran {
    fn of(output: Output) -> Self {
        let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
        Self {
            code: output.status.code().unwrap_or(-1),
            stdout: text(output.stdout),
            stderr: text(output.stderr),
        }
    }

    #[track_caller]
    pub(crate) fn expect(self, code: i32) -> Self {
        assert_eq!(
            self.code, code,
            "exit code\n--- stdout\n{}\n--- stderr\n{}",
            self.stdout, self.stderr
        );
        self
    }
}

pub(crate) fn yizhang(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_yizhang"));
    command
        .args(["--lang", "en"])
        .args(arguments)
        .env("RUST_LOG", "warn")
        // Whoever runs the tests may have values of his own.
        .env("XDG_CONFIG_HOME", "/nowhere")
        // What every read needs, so that a test says it only where it is about it.
        .env("YIZHANG_BUSINESS", "inquiry")
        .env("YIZHANG_CASE", "T-1")
        .env("YIZHANG_PERSON", "tester")
        .env_remove("YIZHANG_NODE")
        .env_remove("YIZHANG_CREDENTIALS");
    command
}

pub(crate) fn run(arguments: &[&str]) -> Ran {
    Ran::of(yizhang(arguments).stdin(Stdio::null()).output().unwrap())
}

/// Runs a command with a text on its standard input.
pub(crate) fn run_with(arguments: &[&str], input: &str) -> Ran {
    let mut child = yizhang(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child
        .stdin
        .take()
        .unwrap()
        .write_all(input.as_bytes())
        .unwrap();
    Ran::of(child.wait_with_output().unwrap())
}

/// The purpose of a read by a test, as it stands in messages.
pub(crate) fn purpose(business: Business) -> yizhang_wire::v1::Purpose {
    Purpose::new(business, "T-1", "tester").unwrap().message()
}

/// Waits until something holds.
#[track_caller]
pub(crate) fn eventually(what: &str, mut holds: impl FnMut() -> bool) {
    let start = Instant::now();
    while !holds() {
        assert!(start.elapsed() < PATIENCE, "{what}: not after {PATIENCE:?}");
        sleep(SECOND_LOOK);
    }
}

/// Ports that no system gives to whoever connects somewhere (those are 32768 and above on Linux): one that is let go stays
/// free until its node starts.
const QUIET_PORTS: std::ops::Range<u16> = 12_000..32_000;

/// Listens on a quiet port of this machine. Tests of one process take one after another, processes begin at different ones.
pub(crate) fn listen_on_quiet_port() -> TcpListener {
    static TAKEN: AtomicUsize = AtomicUsize::new(0);
    let count = usize::from(QUIET_PORTS.end - QUIET_PORTS.start);
    let first = std::process::id() as usize * 97;
    for _ in 0..count {
        let at = (first + TAKEN.fetch_add(1, Ordering::Relaxed)) % count;
        let port = QUIET_PORTS.start + u16::try_from(at).unwrap();
        if let Ok(listener) = TcpListener::bind(("127.0.0.1", port)) {
            return listener;
        }
    }
    panic!("no port of {QUIET_PORTS:?} is free")
}

impl Federation {
    /// Sets a federation up; no node runs yet.
    pub(crate) fn found(regions: &[u32]) -> Self {
        Self::found_behind(regions, |address| address)
    }

    /// Sets a federation up whose roster names, for each node, the address that `reached` gives for the one it listens on.
    pub(crate) fn found_behind(
        regions: &[u32],
        mut reached: impl FnMut(SocketAddr) -> SocketAddr,
    ) -> Self {
        let dir = TempDir::new().unwrap();
        // Held together, so that every port is different; free again when the nodes start.
        let ports: Vec<TcpListener> = regions.iter().map(|_| listen_on_quiet_port()).collect();
        let federation = dir.path().join("federation");
        let mut command = yizhang(&["federation", "init", "--dir", federation.to_str().unwrap()]);
        for (region, port) in regions.iter().zip(&ports) {
            command.args([
                "--region",
                &format!("{region}={}", reached(port.local_addr().unwrap())),
            ]);
        }
        Ran::of(command.output().unwrap()).expect(0);
        for (region, port) in regions.iter().zip(&ports) {
            let listen = port.local_addr().unwrap();
            let configuration = format!(
                "region = {region}\nlisten = \"{listen}\"\ndata = \"data\"\nkeep_free_mib = 64\n{PLENTY}"
            );
            fs::write(
                federation.join(region.to_string()).join("node.toml"),
                configuration,
            )
            .unwrap();
        }
        drop(ports);
        let nodes = regions
            .iter()
            .map(|region| Node {
                region: *region,
                process: None,
            })
            .collect();
        Self { dir, nodes }
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.dir.path().join("federation")
    }

    /// Takes up a region that has joined the federation; its node does not run yet.
    pub(crate) fn adopt(&mut self, region: u32) {
        let path = self.node_dir(region).join("node.toml");
        let made = fs::read_to_string(&path).unwrap();
        // One clerk does everything, but for tests of two.
        let made = made.replace("need = true", "need = false");
        fs::write(&path, format!("keep_free_mib = 64\n{made}{PLENTY}")).unwrap();
        self.nodes.push(Node {
            region,
            process: None,
        });
    }

    /// A scratch file.
    pub(crate) fn file(&self, name: &str, content: &[u8]) -> String {
        let path = self.dir.path().join(name);
        fs::write(&path, content).unwrap();
        path.to_str().unwrap().into()
    }

    pub(crate) fn node_dir(&self, region: u32) -> PathBuf {
        self.path().join(region.to_string())
    }

    pub(crate) fn agency(&self, region: u32) -> String {
        self.node_dir(region)
            .join("agency")
            .to_str()
            .unwrap()
            .into()
    }

    /// New credentials for a clerk of an agency, with these roles; for every duty if there are none.
    pub(crate) fn clerk(&self, region: u32, name: &str, roles: &str) -> PathBuf {
        let (dir, to) = (self.path(), self.path().join(format!("clerk-{name}")));
        let region = region.to_string();
        let mut arguments = vec!["federation", "certificate", "--role", "agency"];
        arguments.extend(["--dir", dir.to_str().unwrap(), "--region", &region]);
        arguments.extend(["--to", to.to_str().unwrap()]);
        if !roles.is_empty() {
            arguments.extend(["--clerk-role", roles]);
        }
        run(&arguments).expect(0);
        to
    }

    /// Has the node of a region ask for two clerks; before it starts.
    pub(crate) fn ask_for_two_clerks(&self, region: u32) {
        self.configure(region, "[approvals]\nneed = true\n");
    }

    /// Adds to the configuration of a node; before it starts.
    pub(crate) fn configure(&self, region: u32, more: &str) {
        let path = self.node_dir(region).join("node.toml");
        let text = fs::read_to_string(&path).unwrap();
        fs::write(&path, format!("{text}\n{more}")).unwrap();
    }

    pub(crate) fn auditor(&self) -> String {
        self.path().join("auditor").to_str().unwrap().into()
    }

    /// Where a node listens.
    pub(crate) fn address(&self, region: u32) -> SocketAddr {
        let text = fs::read_to_string(self.node_dir(region).join("node.toml")).unwrap();
        let configuration: toml::Table = text.parse().unwrap();
        configuration["listen"].as_str().unwrap().parse().unwrap()
    }

    fn node(&mut self, region: u32) -> &mut Node {
        self.nodes
            .iter_mut()
            .find(|node| node.region == region)
            .unwrap()
    }

    pub(crate) fn start(&mut self, region: u32) {
        self.start_with(region, &[]);
    }

    pub(crate) fn start_with(&mut self, region: u32, more: &[&str]) {
        let dir = self.node_dir(region);
        self.start_command(region, |command| {
            command.arg("--dir").arg(&dir).args(more);
        });
    }

    /// Starts `node run` with what else it is given; its output goes into its log.
    pub(crate) fn start_command(&mut self, region: u32, prepare: impl FnOnce(&mut Command)) {
        let log = fs::OpenOptions::new()
            .create(true)
            .append(true)
            .open(self.node_dir(region).join("log"))
            .unwrap();
        let mut command = yizhang(&["node", "run"]);
        command
            .stdin(Stdio::null())
            .stdout(log.try_clone().unwrap())
            .stderr(log);
        prepare(&mut command);
        self.node(region).process = Some(command.spawn().unwrap());
    }

    /// Waits until a node answers, ready or not.
    #[track_caller]
    pub(crate) fn wait_for_start(&self, region: u32) {
        eventually("the node answers", || self.status(region).is_some());
    }

    /// Starts a node on a terminal, which is returned: what is typed there, it reads.
    pub(crate) fn start_on_terminal(&mut self, region: u32, more: &[&str]) -> fs::File {
        use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
        let terminal = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
        grantpt(&terminal).unwrap();
        unlockpt(&terminal).unwrap();
        let name = ptsname(&terminal, Vec::new()).unwrap();
        let end = fs::OpenOptions::new()
            .read(true)
            .write(true)
            .open(name.to_str().unwrap())
            .unwrap();
        let dir = self.node_dir(region);
        let log = fs::File::create(dir.join("log")).unwrap();
        let mut command = yizhang(&["node", "run", "--dir", dir.to_str().unwrap()]);
        let command = command
            .args(more)
            .stdin(end)
            .stdout(log.try_clone().unwrap())
            .stderr(log);
        self.node(region).process = Some(command.spawn().unwrap());
        terminal.into()
    }

    /// Sends a signal to a running node.
    pub(crate) fn signal(&mut self, region: u32, signal: rustix::process::Signal) {
        let process = self.node(region).process.as_ref().unwrap();
        let id = rustix::process::Pid::from_child(process);
        rustix::process::kill_process(id, signal).unwrap();
    }

    pub(crate) fn start_all(&mut self) {
        let regions: Vec<u32> = self.nodes.iter().map(|node| node.region).collect();
        for region in &regions {
            self.start(*region);
        }
        for region in &regions {
            self.wait_ready(*region);
        }
    }

    /// kill -9.
    pub(crate) fn kill(&mut self, region: u32) {
        let mut process = self.node(region).process.take().unwrap();
        process.kill().unwrap();
        process.wait().unwrap();
    }

    /// Waits until a node ends by itself, and returns its exit code.
    pub(crate) fn wait_for_end(&mut self, region: u32) -> i32 {
        let mut process = self.node(region).process.take().unwrap();
        let mut code = None;
        eventually("the node ends", || {
            code = process
                .try_wait()
                .unwrap()
                .map(|status| status.code().unwrap_or(-1));
            code.is_some()
        });
        code.unwrap()
    }

    /// SIGTERM, and a clean end.
    pub(crate) fn stop(&mut self, region: u32) {
        let mut process = self.node(region).process.take().unwrap();
        let id = rustix::process::Pid::from_child(&process);
        rustix::process::kill_process(id, rustix::process::Signal::TERM).unwrap();
        let status = process.wait().unwrap();
        assert!(
            status.success(),
            "node {region} ended with {status}: {}",
            self.log(region)
        );
    }

    /// The process of a running node.
    pub(crate) fn process(&self, region: u32) -> u32 {
        let mut nodes = self.nodes.iter();
        let node = nodes.find(|node| node.region == region).unwrap();
        node.process.as_ref().unwrap().id()
    }

    /// Descriptors that a running node has open.
    pub(crate) fn descriptors(&self, region: u32) -> usize {
        let process = self.process(region);
        fs::read_dir(format!("/proc/{process}/fd")).unwrap().count()
    }

    pub(crate) fn log(&self, region: u32) -> String {
        fs::read_to_string(self.node_dir(region).join("log")).unwrap_or_default()
    }

    /// The state of a node as JSON; none if it does not answer.
    pub(crate) fn status(&self, region: u32) -> Option<serde_json::Value> {
        let ran = run(&[
            "node",
            "status",
            "--node",
            &region.to_string(),
            "--credentials",
            &self.agency(region),
            "--json",
        ]);
        serde_json::from_str(&ran.stdout).ok()
    }

    #[track_caller]
    pub(crate) fn wait_ready(&self, region: u32) {
        eventually(
            &format!("node {region} is ready: {}", self.log(region)),
            || {
                self.status(region)
                    .is_some_and(|status| status["ready"] == true)
            },
        );
    }

    /// Size of a chain at a node.
    pub(crate) fn size(&self, node: u32, chain: u32) -> u64 {
        let Some(status) = self.status(node) else {
            return 0;
        };
        let chains = status["chains"].as_array().unwrap();
        let found = chains.iter().find(|found| {
            found["origin"]
                .as_str()
                .unwrap()
                .ends_with(&chain.to_string())
        });
        found.map_or(0, |chain| chain["size"].as_u64().unwrap())
    }

    /// Whether a node says that two histories of a chain were signed.
    pub(crate) fn is_quarantined(&self, node: u32, chain: u32) -> bool {
        let name = format!("/{chain}");
        let status = self.status(node);
        status.is_some_and(|status| {
            let mut chains = status["chains"].as_array().unwrap().iter();
            let is_it =
                |found: &&serde_json::Value| found["origin"].as_str().unwrap().ends_with(&name);
            chains.find(is_it).unwrap()["quarantined"] == true
        })
    }

    /// Months that a node counts of a worker in the first of his families, from an answer with proofs.
    pub(crate) fn counted_months(&self, node: u32, worker: &str) -> u64 {
        let account = self.lookup(node, worker, &["--proofs"]).expect(0);
        let account: serde_json::Value = serde_json::from_str(&account.stdout).unwrap();
        account["families"][0]["counted_months"].as_u64().unwrap()
    }

    /// An audit of all chains as a node sends them.
    pub(crate) fn audit(&self, node: u32) -> Ran {
        let (node, auditor) = (node.to_string(), self.auditor());
        let mut arguments = vec!["audit", "--node", &node, "--case", "A-1"];
        arguments.extend(["--credentials", &auditor]);
        run(&arguments)
    }

    /// Waits until a node holds as much of a chain as the chain's own node.
    #[track_caller]
    pub(crate) fn wait_replicated(&self, chain: u32, node: u32) {
        let size = self.size(chain, chain);
        eventually(
            &format!("node {node} holds {size} entries of {chain}"),
            || self.size(node, chain) >= size,
        );
    }

    pub(crate) fn import(&self, region: u32, file: &str, more: &[&str]) -> Ran {
        let region_text = region.to_string();
        let agency = self.agency(region);
        let mut arguments = vec![
            "agency",
            "import",
            file,
            "--node",
            &region_text,
            "--credentials",
            &agency,
        ];
        arguments.extend(more);
        run(&arguments)
    }

    /// The account of a person at a node, as JSON, cut out of the answer to the byte.
    pub(crate) fn lookup(&self, node: u32, number: &str, more: &[&str]) -> Ran {
        let mut ran = self.answer(node, number, more);
        if let Some(from) = ran.stdout.find("\"account\":") {
            let rest = &ran.stdout[from + "\"account\":".len()..];
            let end = rest.find(",\"digest\":\"").unwrap();
            ran.stdout = rest[..end].to_owned();
        }
        ran
    }

    /// The answer of a node about a person, as JSON.
    pub(crate) fn answer(&self, node: u32, number: &str, more: &[&str]) -> Ran {
        Self::answer_to(&self.agency(node), node, number, more)
    }

    /// The answer of a node to somebody with these credentials.
    pub(crate) fn answer_to(credentials: &str, node: u32, number: &str, more: &[&str]) -> Ran {
        let node_text = node.to_string();
        let mut arguments = vec![
            "worker",
            "account",
            "--node",
            &node_text,
            "--credentials",
            credentials,
        ];
        arguments.extend(["--as-of", "2026-10-31", "--json"]);
        arguments.extend(more);
        run_with(&arguments, number)
    }
}

/// A way to an address that lets so many bytes a second through towards whoever connects, until the test ends.
pub(crate) fn throttled(target: SocketAddr, bytes_per_second: usize) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for client in listener.incoming().map_while(Result::ok) {
            let Ok(server) = TcpStream::connect(target) else {
                continue;
            };
            let (up, down) = (
                (client.try_clone().unwrap(), server.try_clone().unwrap()),
                (server, client),
            );
            std::thread::spawn(move || pass(up, usize::MAX));
            std::thread::spawn(move || pass(down, bytes_per_second));
        }
    });
    address
}

/// A way to an address that lets so many bytes through towards it, and then nothing more in either direction, while the
/// connections stay open.
pub(crate) fn stalling(target: SocketAddr, bytes: usize) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let left = Arc::new(AtomicUsize::new(bytes));
    std::thread::spawn(move || {
        for client in listener.incoming().map_while(Result::ok) {
            let Ok(server) = TcpStream::connect(target) else {
                continue;
            };
            let ends = [
                (client.try_clone().unwrap(), server.try_clone().unwrap()),
                (server, client),
            ];
            for (way, (from, to)) in ends.into_iter().enumerate() {
                let left = Arc::clone(&left);
                std::thread::spawn(move || pass_until_stalled(from, to, &left, way == 0));
            }
        }
    });
    address
}

fn pass_until_stalled(mut from: TcpStream, mut to: TcpStream, left: &AtomicUsize, counts: bool) {
    let mut buffer = [0; 4 * 1_024];
    while let Ok(read @ 1..) = from.read(&mut buffer) {
        if left.load(Ordering::Relaxed) == 0 {
            // Read and thrown away, so that the other side sees a line that is open.
            continue;
        }
        if counts {
            let _ = left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| {
                Some(left.saturating_sub(read))
            });
        }
        if to.write_all(&buffer[..read]).is_err() {
            break;
        }
    }
}

fn pass((mut from, mut to): (TcpStream, TcpStream), bytes_per_second: usize) {
    let mut buffer = [0; 16 * 1_024];
    while let Ok(read @ 1..) = from.read(&mut buffer) {
        sleep(Duration::from_secs_f64(
            read as f64 / bytes_per_second as f64,
        ));
        if to.write_all(&buffer[..read]).is_err() {
            break;
        }
    }
    let _ = to.shutdown(Shutdown::Both);
}

impl Drop for Federation {
    fn drop(&mut self) {
        for node in &mut self.nodes {
            if let Some(mut process) = node.process.take() {
                let _ = process.kill();
                let _ = process.wait();
            }
        }
    }
}

/// A CSV file of employee-pension rows, one a month from 2015-01 on, for an invented person.
pub(crate) fn contributions(number: &str, place: u32, months: u32, serial: &str) -> Vec<u8> {
    let mut text = String::from(
        "person,scheme,period,received,place,payer_kind,base,person_rate,due_person,paid_person,credited_person,serial,agency\n",
    );
    for month in 0..months {
        let (year, month_of_year) = (2015 + month / 12, month % 12 + 1);
        let date = format!("{year}-{month_of_year:02}");
        let money = "5000.00,0.2,1000.00,1000.00,400.00";
        writeln!(
            text,
            "{number},hrss:110,{date},{date}-20,{place},person,{money},{serial}-{month},{place}"
        )
        .unwrap();
    }
    text.into_bytes()
}

/// Copies a directory.
pub(crate) fn copy(source: &Path, target: &Path) {
    fs::create_dir_all(target).unwrap();
    for entry in fs::read_dir(source).unwrap() {
        let entry = entry.unwrap();
        let to = target.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &to);
        } else {
            fs::copy(entry.path(), to).map(|_| ()).unwrap();
        }
    }
}
