//! The rider's own door: a portal beside one node, and a code to come in with.

use super::{ASKED, Demo, GLANCE, PATIENCE, RULES_DIR, division, reads_for, runtime};
use crate::{agency, credentials::Credentials};
use anyhow::ensure;
use rust_i18n::t;
use std::{
    fs,
    net::{TcpListener, TcpStream},
    process::{Command, Stdio},
    thread::sleep,
    time::Instant,
};
use yizhang_intake::sample::P1_NUMBER;
use yizhang_wire::{purpose::Business, v1::issue_code_request::Worker};

/// A portal that runs, and the rider's way in.
pub(super) struct Door {
    /// What a browser opens.
    pub(super) site: String,
    /// What is typed there.
    pub(super) code: String,
}

impl Demo {
    /// Starts a portal beside the node that was asked first, and has a clerk of its agency issue a code for the rider.
    pub(super) fn open_the_door(&mut self) -> anyhow::Result<Door> {
        let [here, _] = ASKED;
        let port = TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port();
        let directory = self.dir.join(here.to_string());
        let log = fs::File::create(directory.join("portal.log"))?;
        let portal = Command::new(std::env::current_exe()?)
            .args(["portal", "run", "--node", &here.to_string()])
            .arg("--credentials")
            .arg(directory.join("portal"))
            .args(["--listen", &format!("127.0.0.1:{port}")])
            .arg("--rules")
            .arg(self.dir.join(RULES_DIR))
            .args(["--example", "--end-with-input"])
            .stdin(Stdio::piped())
            .stdout(log.try_clone()?)
            .stderr(log)
            .spawn()?;
        self.nodes.push(portal);
        let start = Instant::now();
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            ensure!(start.elapsed() < PATIENCE, "{}", t!("demo.no_portal"));
            sleep(GLANCE);
        }
        let credentials = Credentials::read(&self.agency(here))?;
        let worker = Worker::Number(P1_NUMBER.to_owned());
        let purpose = reads_for(Business::Inquiry)?;
        let issued = runtime()?.block_on(agency::issue_code(
            &credentials,
            division(here)?,
            worker,
            &purpose,
        ))?;
        Ok(Door {
            site: format!("http://localhost:{port}"),
            code: issued.code,
        })
    }
}
