//! A copied directory that runs beside the original, on another port.

use super::{Federation, contributions, copy, eventually, listen_on_quiet_port, yizhang};
use std::{
    fs,
    io::copy as pass,
    net::{Shutdown, SocketAddr, TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::{Child, Stdio},
    sync::{Arc, Mutex},
    thread,
};

/// Invented: no citizen's number begins with a city's own code.
pub(crate) const WORKER: &str = "440300199003078815";

pub(crate) const GUANGDONG: u32 = 440_000;
pub(crate) const OTHERS: [u32; 3] = [110_000, 330_000, 520_000];

/// A way to whichever address it is turned to; connections that stand stay where they are.
#[derive(Clone)]
pub(crate) struct Turntable(Arc<Mutex<SocketAddr>>);

impl Turntable {
    pub(crate) fn start(target: SocketAddr) -> (Self, SocketAddr) {
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

    pub(crate) fn turn_to(&self, target: SocketAddr) {
        *self.0.lock().unwrap() = target;
    }
}

/// Four nodes, and a twin of the first.
pub(crate) struct Twins {
    pub(crate) federation: Federation,
    pub(crate) turntable: Turntable,
    pub(crate) original: SocketAddr,
    pub(crate) twin: SocketAddr,
    pub(crate) twin_dir: PathBuf,
    pub(crate) process: Child,
}

impl Drop for Twins {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Starts the node in a copied directory.
pub(crate) fn run_twin(dir: &Path) -> Child {
    let mut log = fs::OpenOptions::new();
    let log = log.create(true).append(true).open(dir.join("log")).unwrap();
    yizhang(&["node", "run", "--dir", dir.to_str().unwrap()])
        .stdin(Stdio::null())
        .stdout(log.try_clone().unwrap())
        .stderr(log)
        .spawn()
        .unwrap()
}

/// Whether a node is connected to Guangdong's; none if it does not answer.
fn follows(federation: &Federation, other: u32) -> Option<bool> {
    let status = federation.status(other)?;
    let mut peers = status["peers"].as_array().unwrap().iter();
    let name = GUANGDONG.to_string();
    let guangdong = peers.find(|peer| peer["region"] == name);
    guangdong.unwrap()["connected"].as_bool()
}

impl Twins {
    /// A federation with nine records, and a copy of Guangdong's directory that runs beside the original.
    pub(crate) fn start() -> Self {
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
        let follow = |federation: &Federation, wanted: bool| {
            for other in OTHERS {
                eventually(&format!("{other} follows the original: {wanted}"), || {
                    follows(federation, other) == Some(wanted)
                });
            }
        };
        follow(&federation, false);
        let dir = federation.node_dir(GUANGDONG);
        let twin_dir = federation.path().join("twin");
        copy(&dir, &twin_dir);
        let original = federation.address(GUANGDONG);
        federation.start(GUANGDONG);
        federation.wait_ready(GUANGDONG);
        // Whoever has not dialled again by now would be led to the twin, and the original would have from it what the twin signs.
        follow(&federation, true);
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

    pub(crate) fn import(&self, name: &str, months: u32) {
        let rows = contributions(WORKER, 440_300, months, name);
        let file = self.federation.file(&format!("{name}.csv"), &rows);
        self.federation.import(GUANGDONG, &file, &[]).expect(0);
    }

    pub(crate) fn code(&self) -> Option<String> {
        let status = self.federation.status(GUANGDONG)?;
        Some(status["not_ready_code"].as_str()?.to_string())
    }

    pub(crate) fn is_quarantined(&self, node: u32) -> bool {
        self.federation.is_quarantined(node, GUANGDONG)
    }
}
