//! From a statement to a credential for a wallet, by the commands alone: no node is asked.

use crate::support::{Ran, run};
use serde_json::Value;
use std::{fs, path::Path};
use tempfile::TempDir;

/// A statement that was released, and the fingerprint of its root keys.
fn statement(name: &str) -> (String, String) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("crates/statement/tests/released");
    let file = folder.join(format!("{name}.yizhang"));
    let beside = fs::read_to_string(folder.join(format!("{name}.json"))).unwrap();
    let beside: Value = serde_json::from_str(&beside).unwrap();
    let root = beside["trusted"].as_str().unwrap().to_owned();
    (file.to_str().unwrap().to_owned(), root)
}

fn credential(arguments: &[&str]) -> Ran {
    run(&[&["worker", "credential"], arguments].concat())
}

/// A folder with the key of an issuer.
struct Desk {
    folder: TempDir,
}

impl Desk {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let desk = Self { folder };
        credential(&["key", "-o", &desk.file("issuer.pem")]).expect(0);
        desk
    }

    fn file(&self, name: &str) -> String {
        self.folder.path().join(name).to_str().unwrap().to_owned()
    }

    fn issue(&self, file: &str, root: &str, more: &[&str]) -> Ran {
        let (key, out) = (self.file("issuer.pem"), self.file("one.sd-jwt"));
        let common = ["issue", file, "--root", root, "--key", &key, "-o", &out];
        credential(&[&common, more].concat())
    }

    fn show(&self, key: &str) -> Ran {
        let (file, key) = (self.file("one.sd-jwt"), self.file(key));
        credential(&["show", &file, "--key", &key])
    }
}

#[test]
fn a_statement_becomes_a_credential_that_its_issuer_s_key_checks() {
    let desk = Desk::new();
    let (file, root) = statement("v1-revealed");
    let more = ["--issuer", "https://issuer.example", "--days", "2"];
    desk.issue(&file, &root, &more).expect(0);
    let shown = desk.show("issuer.pem.jwk").expect(0);
    assert!(!shown.stdout.contains("110000199003071231"));
    let claims: Value = serde_json::from_str(&shown.stdout).unwrap();
    let verdict = run(&["verify", &file, "--root", &root, "--json"]).expect(0);
    let verdict: Value = serde_json::from_str(&verdict.stdout).unwrap();
    assert_eq!(
        claims["statement"]["digest"],
        verdict["statement"]["digest"]
    );
    assert_eq!(claims["statement"]["outcome"], verdict["outcome"]);
    for family in verdict["account"]["families"].as_array().unwrap() {
        let said = &claims[family["family"].as_str().unwrap()];
        assert_eq!(said["counted_months"], family["counted_months"]);
    }
    let days = claims["exp"].as_u64().unwrap() - claims["iat"].as_u64().unwrap();
    assert_eq!(days, 2 * 86_400);
    // Another issuer's key, and a private key where a public one belongs.
    credential(&["key", "-o", &desk.file("other.pem")]).expect(0);
    let refused = desk.show("other.pem.jwk").expect(1);
    assert!(refused.stdout.contains("this key has not signed it"));
    desk.show("other.pem").expect(2);
}

#[test]
fn no_credential_is_made_of_a_statement_that_is_refused() {
    let desk = Desk::new();
    let (file, root) = statement("v1-account");
    let mut bytes = fs::read(&file).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    let altered = desk.file("altered.yizhang");
    fs::write(&altered, bytes).unwrap();
    desk.issue(&altered, &root, &[]).expect(1);
    desk.issue(&file, &"0".repeat(32), &[]).expect(1);
    assert!(!Path::new(&desk.file("one.sd-jwt")).exists());
    for wrong in [["--days", "0"], ["--days", "32"], ["--vct", "no URI"]] {
        desk.issue(&file, &root, &wrong).expect(2);
    }
    let holder = desk.file("wallet.jwk");
    fs::write(&holder, r#"{"kty":"OKP","crv":"Ed25519","x":"AAAA"}"#).unwrap();
    desk.issue(&file, &root, &["--holder-key", &holder])
        .expect(2);
    assert!(!Path::new(&desk.file("one.sd-jwt")).exists());
    // What the records of an excerpt come to by themselves is nobody's account.
    let (excerpt, of_excerpt) = statement("v1-excerpt");
    let refused = desk.issue(&excerpt, &of_excerpt, &[]).expect(2);
    assert!(refused.stderr.contains("excerpt"), "{}", refused.stderr);
    assert!(!Path::new(&desk.file("one.sd-jwt")).exists());
    desk.issue(&file, &root, &[]).expect(0);
}

#[test]
fn a_number_that_a_statement_reveals_is_named_to_be_compared() {
    let (file, root) = statement("v1-revealed");
    let said = run(&["verify", &file, "--root", &root]).expect(0).stdout;
    let line = "those of the number 110000199003071231";
    assert!(said.contains(line), "{said}");
    let json = run(&["verify", &file, "--root", &root, "--json"]).expect(0);
    let json: Value = serde_json::from_str(&json.stdout).unwrap();
    assert_eq!(json["statement"]["number"], "110000199003071231");
    let (file, root) = statement("v1-account");
    let json = run(&["verify", &file, "--root", &root, "--json"]).expect(0);
    let json: Value = serde_json::from_str(&json.stdout).unwrap();
    assert!(json["statement"]["number"].is_null());
    // What compares nothing is refused: nobody is to take for compared what was not.
    for option in ["--file", "--after"] {
        run(&["verify", &file, "--root", &root, option, &file]).expect(2);
    }
}

#[test]
fn what_has_effect_is_not_said_of_the_records_of_an_excerpt() {
    let (file, root) = statement("v1-excerpt");
    let json = run(&["verify", &file, "--root", &root, "--json"]).expect(0);
    let json: Value = serde_json::from_str(&json.stdout).unwrap();
    let records = json["statement"]["excerpt"]["records"].as_array().unwrap();
    assert!(!records.is_empty());
    for record in records {
        assert!(matches!(
            record["standing"].as_str(),
            None | Some("reversed")
        ));
    }
}
