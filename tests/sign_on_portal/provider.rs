//! An OpenID Connect provider that others have written, `oidc-provider` of Node.js, as a process of its own. It is installed for the test
//! into a folder of the target directory, in the versions of `package-lock.json`. Where that cannot be done (no npm, no registry) the test
//! says so and passes over it; with `YIZHANG_NO_SKIPS` it fails.

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use serde_json::{Value, json};
use std::{
    fs,
    io::{BufRead, BufReader, Write},
    path::{Path, PathBuf},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
    sync::Mutex,
};

/// What the folder of the provider has, beside what is installed.
const FILES: [(&str, &str); 3] = [
    ("package.json", include_str!("package.json")),
    ("package-lock.json", include_str!("package-lock.json")),
    ("provider.js", include_str!("provider.js")),
];
/// Written last: the package lock that was installed.
const INSTALLED: &str = "installed";

/// A provider that runs, and speaks TLS.
pub(super) struct Provider {
    process: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
    pub(super) issuer: String,
    /// The authority of its certificate, PEM.
    pub(super) authority: String,
}

impl Provider {
    /// Starts one that knows no client yet; none where it cannot be installed.
    pub(super) fn start() -> Option<Self> {
        let folder = match installed() {
            Ok(folder) => folder,
            Err(why) => {
                let must = std::env::var_os("YIZHANG_NO_SKIPS").is_some_and(|value| value == "1");
                assert!(!must, "{why}");
                println!("skipped: {why}");
                return None;
            }
        };
        let certificate = Certificate::make();
        let mut process = Command::new("node")
            .arg("provider.js")
            .current_dir(folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut provider = Self {
            input: process.stdin.take().unwrap(),
            output: BufReader::new(process.stdout.take().unwrap()),
            process,
            issuer: String::new(),
            authority: certificate.authority,
        };
        provider.say(&json!({ "cert": certificate.own, "key": certificate.key }));
        provider.issuer = provider.heard();
        Some(provider)
    }

    /// Has it know these clients and no others.
    pub(super) fn know(&mut self, clients: &Value) {
        self.say(clients);
        // It gives advice to whoever installs it, too.
        while self.heard() != "ready" {}
    }

    fn say(&mut self, value: &Value) {
        writeln!(self.input, "{value}").unwrap();
    }

    fn heard(&mut self) -> String {
        let mut line = String::new();
        let read = self.output.read_line(&mut line).unwrap();
        assert!(read > 0, "the provider has ended");
        line.trim_end().to_owned()
    }
}

impl Drop for Provider {
    fn drop(&mut self) {
        // It may be gone already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// A certificate of an authority that nobody else knows.
struct Certificate {
    authority: String,
    own: String,
    key: String,
}

impl Certificate {
    fn make() -> Self {
        let mut authority = CertificateParams::new(Vec::new()).unwrap();
        authority.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        let authority_key = KeyPair::generate().unwrap();
        let signed = authority.self_signed(&authority_key).unwrap();
        let issuer = Issuer::new(authority, authority_key);
        let key = KeyPair::generate().unwrap();
        let own = CertificateParams::new(vec!["127.0.0.1".to_owned()]).unwrap();
        let own = own.signed_by(&key, &issuer).unwrap();
        Self {
            authority: signed.pem(),
            own: own.pem(),
            key: key.serialize_pem(),
        }
    }
}

/// The folder in which the provider is installed.
fn installed() -> Result<PathBuf, String> {
    // Two tests want it at once.
    static INSTALLING: Mutex<()> = Mutex::new(());
    let _installing = INSTALLING.lock();
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("oidc-provider");
    fs::create_dir_all(&folder).map_err(|fault| fault.to_string())?;
    for (name, content) in FILES {
        fs::write(folder.join(name), content).map_err(|fault| fault.to_string())?;
    }
    let lock = FILES[1].1;
    if fs::read_to_string(folder.join(INSTALLED)).is_ok_and(|installed| installed == lock) {
        return Ok(folder);
    }
    let done = Command::new("npm")
        .args([
            "ci",
            "--silent",
            "--no-audit",
            "--no-fund",
            "--ignore-scripts",
        ])
        .current_dir(&folder)
        .status();
    if !done.is_ok_and(|status| status.success()) {
        return Err("oidc-provider cannot be installed".to_owned());
    }
    fs::write(folder.join(INSTALLED), lock).map_err(|fault| fault.to_string())?;
    Ok(folder)
}
