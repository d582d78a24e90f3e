//! Changes of the roster, as the holders of root keys make them.

use super::{Federation, Ran, eventually, run};
use std::{
    fs,
    path::{Path, PathBuf},
};

/// The directory of the founders, with the root key, and the proposal that they work on.
pub(crate) struct Founders {
    pub(crate) dir: PathBuf,
    pub(crate) file: PathBuf,
}

impl Founders {
    pub(crate) fn of(federation: &Federation) -> Self {
        let dir = federation.path();
        let file = dir.join("next.roster");
        Self { dir, file }
    }

    /// A command that works on the proposal, with `--dir` of the founders.
    pub(crate) fn step(&self, command: &str, more: &[&str]) -> Ran {
        self.step_in(&self.dir, command, more)
    }

    pub(crate) fn step_in(&self, dir: &Path, command: &str, more: &[&str]) -> Ran {
        let mut arguments = vec!["federation", command, "--dir", text(dir)];
        arguments.extend(["--file", text(&self.file)]);
        arguments.extend(more);
        run(&arguments)
    }

    pub(crate) fn sign(&self) -> Ran {
        self.sign_with(&self.dir.join("root.key"))
    }

    pub(crate) fn sign_with(&self, key: &Path) -> Ran {
        self.step("sign", &["--key", text(key)])
    }

    /// Hands the proposal to a node, and to the founders' own directory; another one is begun after that.
    pub(crate) fn publish(&self, federation: &Federation, node: u32) -> Ran {
        let (node, agency) = (node.to_string(), federation.agency(node));
        let more = ["--node", &node, "--credentials", &agency];
        let ran = self.step("publish", &more);
        if ran.code == 0 {
            fs::remove_file(&self.file).unwrap();
        }
        ran
    }
}

pub(crate) fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

pub(crate) fn version(federation: &Federation, region: u32) -> u64 {
    let status = federation.status(region);
    status.map_or(0, |status| status["roster"].as_u64().unwrap())
}

/// Waits until nodes work under a version, take submissions, and know it of each other.
pub(crate) fn wait_version(federation: &Federation, regions: &[u32], expected: u64) {
    for region in regions {
        eventually(&format!("{region} is at version {expected}"), || {
            let status = federation.status(*region);
            status.is_some_and(|status| {
                let mut peers = status["peers"].as_array().unwrap().iter();
                status["roster"] == expected
                    && status["ready"] == true
                    && peers.all(|peer| peer["roster"] == expected)
            })
        });
    }
}
