//! Keys and secrets on disk and in memory: the owner's alone.

use crate::support::{Federation, contributions, eventually, run_with, yizhang};
use std::process::Command;
use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

const GUANGDONG: u32 = 440_000;
const WORKER: &str = "440300199003078815";

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

/// Every file and directory under a path.
fn everything(path: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut open = vec![path.to_path_buf()];
    while let Some(next) = open.pop() {
        if next.is_dir() {
            for entry in fs::read_dir(&next).unwrap() {
                open.push(entry.unwrap().path());
            }
        }
        found.push(next);
    }
    found
}

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

#[test]
fn keys_and_what_a_node_writes_are_readable_by_their_owner_alone() {
    let mut federation = Federation::found(&[GUANGDONG]);
    let found = federation.path();
    for path in everything(&found) {
        let name = path.file_name().unwrap().to_str().unwrap();
        let is_secret = path.extension().is_some_and(|extension| extension == "key");
        if path.is_dir() {
            assert_eq!(mode(&path), 0o700, "{}", path.display());
        } else if is_secret || name == "federation.secret" {
            assert_eq!(mode(&path), 0o600, "{}", path.display());
        }
    }
    federation.start(GUANGDONG);
    federation.wait_ready(GUANGDONG);
    let file = federation.file("own.csv", &contributions(WORKER, 440_300, 3, "A"));
    federation.import(GUANGDONG, &file, &[]).expect(0);
    federation.lookup(GUANGDONG, WORKER, &[]).expect(0);
    let data = federation.node_dir(GUANGDONG).join("data");
    let written = everything(&data);
    assert!(written.len() > 5, "{written:?}");
    for path in written {
        assert_eq!(mode(&path) & 0o077, 0, "{}", path.display());
    }
}

#[test]
fn a_key_or_secret_that_others_may_read_is_refused_by_name() {
    let mut federation = Federation::found(&[GUANGDONG]);
    let node = federation.node_dir(GUANGDONG);
    for name in [
        "chain.key",
        "witness.key",
        "mirror.key",
        "tls.key",
        "federation.secret",
    ] {
        for open in [0o644, 0o666, 0o640, 0o602] {
            set_mode(&node.join(name), open);
            let arguments = [
                "node",
                "run",
                "--dir",
                node.to_str().unwrap(),
                "--lang",
                "en",
            ];
            let ran = run_with(&arguments, "").expect(5);
            let mode = format!("{open:04o}");
            assert!(
                ran.stderr.contains(name)
                    && ran.stderr.contains(&mode)
                    && ran.stderr.contains("chmod 600"),
                "{}",
                ran.stderr
            );
        }
        set_mode(&node.join(name), 0o600);
    }
    // Read-only for the owner, as a service manager hands credentials over, is as good.
    set_mode(&node.join("chain.key"), 0o400);
    federation.start(GUANGDONG);
    federation.wait_ready(GUANGDONG);
    let agency = PathBuf::from(federation.agency(GUANGDONG));
    set_mode(&agency.join("tls.key"), 0o644);
    let ran = federation
        .lookup(GUANGDONG, WORKER, &["--lang", "en"])
        .expect(5);
    assert!(ran.stderr.contains("tls.key"), "{}", ran.stderr);
    set_mode(&agency.join("tls.key"), 0o600);
    federation.lookup(GUANGDONG, WORKER, &[]).expect(0);
}

#[test]
fn a_data_directory_that_was_open_to_others_is_shut_when_its_node_starts() {
    let mut federation = Federation::found(&[GUANGDONG]);
    let data = federation.node_dir(GUANGDONG).join("data");
    fs::create_dir(&data).unwrap();
    set_mode(&data, 0o755);
    federation.start(GUANGDONG);
    federation.wait_ready(GUANGDONG);
    assert_eq!(mode(&data), 0o700);
}

#[test]
fn a_node_leaves_no_core() {
    let mut federation = Federation::found(&[GUANGDONG]);
    federation.start(GUANGDONG);
    federation.wait_ready(GUANGDONG);
    let limits = fs::read_to_string(format!("/proc/{}/limits", federation.process(GUANGDONG)));
    let limits = limits.unwrap();
    let core = limits
        .lines()
        .find(|line| line.starts_with("Max core file size"))
        .unwrap();
    let figures: Vec<&str> = core.split_whitespace().skip(4).take(2).collect();
    assert_eq!(figures, ["0", "0"], "{core}");
}

const PASSPHRASE: &str = "correct horse 正确的马";

/// A file with a passphrase, as the environment names it.
fn passphrase_file(federation: &Federation, passphrase: &str) -> String {
    let path = federation.file("passphrase", format!("{passphrase}\n").as_bytes());
    set_mode(Path::new(&path), 0o600);
    path
}

fn start_with_passphrase(federation: &mut Federation, file: &str) {
    let node = federation.node_dir(GUANGDONG);
    federation.start_command(GUANGDONG, |command| {
        command
            .arg("--dir")
            .arg(node)
            .env("YIZHANG_PASSPHRASE_FILE", file);
    });
}

fn seal(federation: &Federation, dir: &str) {
    let file = passphrase_file(federation, PASSPHRASE);
    let mut command = yizhang(&["federation", "seal", "--dir", dir]);
    command.env("YIZHANG_PASSPHRASE_FILE", file);
    let sealed = command.output().unwrap();
    assert!(sealed.status.success(), "{sealed:?}");
}

#[test]
fn keys_and_secret_under_a_passphrase_open_with_it_alone() {
    let mut federation = Federation::found(&[GUANGDONG]);
    let node = federation.node_dir(GUANGDONG);
    let agency = federation.agency(GUANGDONG);
    let secret = fs::read_to_string(node.join("federation.secret")).unwrap();
    let key = fs::read_to_string(node.join("chain.key")).unwrap();
    for dir in [node.to_str().unwrap(), &agency] {
        seal(&federation, dir);
        // Once is enough, and twice does no harm.
        seal(&federation, dir);
    }
    for name in [
        "chain.key",
        "witness.key",
        "mirror.key",
        "tls.key",
        "federation.secret",
    ] {
        let sealed = fs::read_to_string(node.join(name)).unwrap();
        assert!(sealed.starts_with("-----BEGIN ENCRYPTED PRIVATE KEY-----"));
        assert_eq!(mode(&node.join(name)), 0o600);
        assert!(!sealed.contains(secret.trim_end()) && !sealed.contains(&key));
    }
    let run_node = |passphrase: Option<&str>| {
        let arguments = [
            "node",
            "run",
            "--dir",
            node.to_str().unwrap(),
            "--lang",
            "en",
        ];
        let mut command = yizhang(&arguments);
        if let Some(passphrase) = passphrase {
            let file = passphrase_file(&federation, passphrase);
            command.env("YIZHANG_PASSPHRASE_FILE", file);
        }
        command.stdin(std::process::Stdio::null()).output().unwrap()
    };
    let without = run_node(None);
    assert_eq!(without.status.code(), Some(5), "{without:?}");
    let other = run_node(Some("correct horse"));
    assert_eq!(other.status.code(), Some(5), "{other:?}");
    let words = String::from_utf8_lossy(&other.stderr).into_owned();
    assert!(
        words.contains("chain.key") && !words.contains("horse"),
        "{words}"
    );

    let file = passphrase_file(&federation, PASSPHRASE);
    start_with_passphrase(&mut federation, &file);
    eventually("the node listens", || {
        federation.log(GUANGDONG).contains("127.0.0.1:")
    });
    let mut lookup = yizhang(&[
        "worker",
        "account",
        "--node",
        "440000",
        "--credentials",
        &agency,
    ]);
    lookup.env("YIZHANG_PASSPHRASE_FILE", &file);
    let number = federation.file("number", WORKER.as_bytes());
    lookup.stdin(fs::File::open(number).unwrap());
    let found = lookup.output().unwrap();
    assert!(found.status.success(), "{found:?}");
}

#[test]
fn a_passphrase_of_the_service_manager_may_show_bits_of_the_group_and_a_file_may_not() {
    let federation = Federation::found(&[GUANGDONG]);
    let node = federation.node_dir(GUANGDONG);
    let file = federation.file("yizhang-passphrase", PASSPHRASE.as_bytes());
    set_mode(Path::new(&file), 0o440);
    let arguments = ["federation", "seal", "--dir", node.to_str().unwrap()];
    let by_file = yizhang(&arguments)
        .env("YIZHANG_PASSPHRASE_FILE", &file)
        .output()
        .unwrap();
    assert_eq!(by_file.status.code(), Some(5), "{by_file:?}");
    let by_manager = yizhang(&arguments)
        .env("CREDENTIALS_DIRECTORY", Path::new(&file).parent().unwrap())
        .output()
        .unwrap();
    assert!(by_manager.status.success(), "{by_manager:?}");
    let sealed = fs::read_to_string(node.join("chain.key")).unwrap();
    assert!(sealed.starts_with("-----BEGIN ENCRYPTED PRIVATE KEY-----"));
}

#[test]
fn openssl_opens_a_sealed_key_and_a_key_that_openssl_sealed_opens_here() {
    let mut federation = Federation::found(&[GUANGDONG]);
    let node = federation.node_dir(GUANGDONG);
    let before = fs::read_to_string(node.join("chain.key")).unwrap();
    let openssl = |arguments: &[&str]| {
        let output = Command::new("openssl").args(arguments).output().unwrap();
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap()
    };
    seal(&federation, node.to_str().unwrap());
    let file = passphrase_file(&federation, PASSPHRASE);
    let key = node.join("chain.key");
    let key = key.to_str().unwrap();
    let pass = format!("file:{file}");
    let opened = openssl(&["pkcs8", "-in", key, "-passin", &pass]);
    assert_eq!(opened, before);

    let plain = federation.file("plain.key", before.as_bytes());
    let sealed = openssl(&[
        "pkcs8", "-topk8", "-in", &plain, "-passout", &pass, "-scrypt",
    ]);
    fs::write(key, sealed).unwrap();
    start_with_passphrase(&mut federation, &file);
    federation.wait_for_start(GUANGDONG);
}
