//! Heads of a running federation, with the lines of its witnesses and mirrors, read by programs that share no code with this one:
//! `aics-tlog` (signature of the chain and cosignatures) and `metamorphic-log` (the former alone, lines of cosigners passed over), Python packages
//! that are installed for the test into a directory of its own. Where that cannot be done (no Python with venv, no registry) it says so and
//! passes; with `YIZHANG_NO_SKIPS` it fails. `YIZHANG_PYTHON` names a Python.

use crate::support::{Federation, connect, contributions, eventually};
use base64ct::{Base64, Encoding};
use serde_json::Value;
use std::{
    fs,
    io::Write as _,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};
use yizhang_ledger::{
    note::Note,
    roster::{KeyKind, Roster},
    value::Division,
};
use yizhang_wire::v1::{StatusRequest, ledger_client::LedgerClient};

const REGIONS: [u32; 3] = [110_000, 440_000, 520_000];
const CHAIN: u32 = 440_000;
/// Invented: no citizen's number begins with a city's own code.
const WORKER: &str = "440300199003078815";
/// The versions that were tried. The first one asks for Python 3.12 and uses nothing that is newer than 3.9.
const PACKAGES: [&str; 2] = ["aics-tlog==0.2.1", "metamorphic-log==0.1.11"];
/// Counts the lines of a note that are by these keys.
const COUNT_LINES: &str = "import json, sys, metamorphic_log
case = json.load(sys.stdin)
print(metamorphic_log.verify_signed_note(case['note'], case['keys']))";

/// Fails on a Python that is too old for them.
const PYTHON_MIN: &str = "import sys; sys.exit(sys.version_info < (3, 9))";

/// A Python of the machine that is new enough.
fn python_of_the_machine() -> Option<String> {
    let is_new = |python: &String| {
        let asked = Command::new(python)
            .args(["-c", PYTHON_MIN])
            .stderr(Stdio::null())
            .status();
        asked.is_ok_and(|status| status.success())
    };
    let named = std::env::var("YIZHANG_PYTHON").ok();
    named.into_iter().chain(["python3".into()]).find(is_new)
}

/// A Python with the packages, in an environment of its own.
///
/// # Errors
/// Why there is none.
fn python(folder: &Path) -> Result<PathBuf, String> {
    let python = python_of_the_machine().ok_or("no Python 3.9 or later")?;
    let environment = folder.join("python");
    let made = Command::new(&python)
        .args(["-m", "venv"])
        .arg(&environment)
        .status();
    if !made.is_ok_and(|status| status.success()) {
        return Err(format!(
            "{python} makes no environment: its module venv is missing"
        ));
    }
    let installed = environment.join("bin/python");
    let install = "-m pip install --quiet --ignore-requires-python --timeout 20 --retries 3";
    let done = Command::new(&installed)
        .args(install.split(' '))
        .args(PACKAGES)
        .status();
    if done.is_ok_and(|status| status.success()) {
        Ok(installed)
    } else {
        Err(format!("{PACKAGES:?} cannot be installed"))
    }
}

/// The largest cosigned head of the chain, as a node has it.
fn cosigned_head(federation: &Federation) -> Vec<u8> {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let agency = federation.agency(110_000);
    runtime.block_on(async {
        let mut client = LedgerClient::new(connect::connect(110_000, agency));
        let status = client.status(StatusRequest {}).await.unwrap().into_inner();
        let mut chains = status.chains.into_iter();
        let chain = chains.find(|chain| chain.origin.ends_with("/440000"));
        chain.unwrap().cosigned.to_vec()
    })
}

/// A public key as C2SP writes it: name, id, and base64 of the byte of its algorithm and the key.
fn public(name: &str, id: u32, algorithm: u8, key: [u8; 32]) -> String {
    let key = Base64::encode_string(&[&[algorithm][..], &key].concat());
    format!("{name}+{id:08x}+{key}")
}

struct Keys {
    chain: String,
    cosigners: Vec<String>,
}

fn keys(roster: &Roster) -> Keys {
    let chain = &roster.regions[&Division::new(CHAIN).unwrap()].keys[0].key;
    let mut cosigners = Vec::new();
    for region in roster.regions.values() {
        if region.origin.region().code() == CHAIN {
            continue;
        }
        for kind in [KeyKind::Witness, KeyKind::Mirror] {
            let key = &region.cosigning_keys(kind)[0].key;
            cosigners.push(public(key.name(), key.id(), 4, key.to_bytes()));
        }
    }
    Keys {
        chain: public(chain.name(), chain.id(), 1, chain.to_bytes()),
        cosigners,
    }
}

/// Whether `aics-tlog` finds the signature of the chain and those of all cosigners.
fn aics_accepts(python: &Path, folder: &Path, note: &[u8], keys: &Keys) -> bool {
    let file = folder.join("head.note");
    fs::write(&file, note).unwrap();
    let mut command = Command::new(python);
    command.args(["-m", "aics_tlog", "verify-checkpoint", "--note"]);
    command.arg(&file).args(["--log-key", &keys.chain]);
    for key in &keys.cosigners {
        command.args(["--witness-key", key]);
    }
    command.args(["--quorum", &keys.cosigners.len().to_string()]);
    let output = command.output().unwrap();
    println!("{}", String::from_utf8_lossy(&output.stdout));
    output.status.success()
}

/// How many lines by the chain `metamorphic-log` finds; none if it refuses the note.
fn metamorphic_counts(python: &Path, note: &[u8], keys: &Keys) -> Option<usize> {
    let keys = [&keys.chain];
    let case = serde_json::json!({ "note": std::str::from_utf8(note).unwrap(), "keys": keys });
    let mut child = Command::new(python)
        .args(["-c", COUNT_LINES])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(case.to_string().as_bytes()).unwrap();
    drop(stdin);
    let output = child.wait_with_output().unwrap();
    println!("{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout)
        .unwrap()
        .trim()
        .parse()
        .ok()
}

/// The note with one character of its last signature changed.
fn forged(note: &[u8]) -> Vec<u8> {
    let mut forged = note.to_vec();
    let at = forged.len() - 20;
    forged[at] = if forged[at] == b'A' { b'B' } else { b'A' };
    forged
}

#[test]
fn other_programs_verify_a_cosigned_head() {
    let folder = tempfile::tempdir().unwrap();
    let python = match python(folder.path()) {
        Ok(python) => python,
        Err(reason) => {
            assert!(
                std::env::var_os("YIZHANG_NO_SKIPS").is_none(),
                "YIZHANG_NO_SKIPS is set, and this test cannot run here: {reason}"
            );
            eprintln!("skipped: {reason}");
            return;
        }
    };
    let mut federation = Federation::found(&REGIONS);
    federation.start_all();
    let rows = federation.file("rows.csv", &contributions(WORKER, 440_300, 12, "a"));
    federation.import(CHAIN, &rows, &[]).expect(0);
    let all_have = |status: &Value| {
        let chains = status["cosigning"]["chains"].as_array().unwrap();
        chains
            .iter()
            .any(|chain| chain["mirrors"] == 2 && chain["witnesses"] == 2)
    };
    eventually("both others have cosigned", || {
        federation
            .status(110_000)
            .is_some_and(|status| all_have(&status))
    });
    let note = cosigned_head(&federation);
    assert!(Note::parse(&note).is_ok());
    let keys = keys(&connect::roster(Path::new(&federation.agency(110_000))));
    assert_eq!(keys.cosigners.len(), 4);
    assert!(aics_accepts(&python, folder.path(), &note, &keys));
    assert!(!aics_accepts(&python, folder.path(), &forged(&note), &keys));
    assert_eq!(metamorphic_counts(&python, &note, &keys), Some(1));
    let other_text = String::from_utf8(note)
        .unwrap()
        .replacen("/440000\n", "/440001\n", 1);
    assert_eq!(
        metamorphic_counts(&python, other_text.as_bytes(), &keys),
        None
    );
}
