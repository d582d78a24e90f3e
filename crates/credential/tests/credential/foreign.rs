//! Credentials read, presented and refused by libraries that share no code with this one: `sd-jwt` (the OpenWallet Foundation's reference
//! in Python) for the signature and the disclosures, and `jwcrypto` for the time, which the former leaves to its caller. They are installed
//! for the test into a directory of its own; where that cannot be done it says so and passes, with `YIZHANG_NO_SKIPS` it fails.
//! `YIZHANG_PYTHON` names a Python.

use crate::support::{decoded, disclosure_of, encoded, issued, joined, key, parts, plain};
use serde_json::{Value, json};
use std::{
    io::Write as _,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::{SystemTime, UNIX_EPOCH},
};
use yizhang_credential::{Credential, PublicKey};
use yizhang_ledger::value::UnixMillis;

/// The versions that were tried.
const PACKAGES: [&str; 2] = ["sd-jwt==0.10.4", "jwcrypto==1.6.1"];

/// Verifies a credential as one who is shown it, after a wallet has chosen what to show, if it is asked to.
const SCRIPT: &str = r"
import json, sys
from jwcrypto.jwk import JWK
from jwcrypto.jwt import JWT
from sd_jwt.holder import SDJWTHolder
from sd_jwt.verifier import SDJWTVerifier

case = json.load(sys.stdin)
key = JWK.from_json(json.dumps(case['key']))
text = case['credential']
if case.get('show') is not None:
    holder = SDJWTHolder(text)
    wallet = case.get('wallet')
    if wallet:
        holder.create_presentation(case['show'], 'nonce', 'https://bank.example', JWK.from_json(json.dumps(wallet)))
    else:
        holder.create_presentation(case['show'])
    text = holder.sd_jwt_presentation
JWT(jwt=text.split('~')[0], key=key)
bound = ('https://bank.example', 'nonce') if case.get('wallet') else (None, None)
verifier = SDJWTVerifier(text, lambda issuer, header: key, *bound)
print(json.dumps({'claims': verifier.get_verified_payload(), 'text': text}))
";

/// Makes a key of a wallet, private half included.
const WALLET: &str =
    "from jwcrypto.jwk import JWK; print(JWK.generate(kty='EC', crv='P-256').export())";

/// A Python with the packages, in an environment of its own.
///
/// # Errors
/// Why there is none.
fn python(folder: &Path) -> Result<PathBuf, String> {
    let named = std::env::var("YIZHANG_PYTHON").ok();
    let python = named.unwrap_or_else(|| "python3".into());
    let environment = folder.join("python");
    let made = Command::new(&python)
        .args(["-m", "venv"])
        .arg(&environment)
        .status();
    if !made.is_ok_and(|status| status.success()) {
        return Err(format!("{python} makes no environment"));
    }
    let installed = environment.join("bin/python");
    let install = "-m pip install --quiet --timeout 20 --retries 3";
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

/// What a script prints, or its last line on standard error.
fn run(python: &Path, script: &str, input: &Value) -> Result<Value, String> {
    let mut child = Command::new(python)
        .args(["-c", script])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(input.to_string().as_bytes()).unwrap();
    drop(stdin);
    let output = child.wait_with_output().unwrap();
    if output.status.success() {
        return Ok(serde_json::from_slice(&output.stdout).unwrap());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    Err(said.lines().last().unwrap_or_default().to_owned())
}

/// A verifier of others.
struct Other {
    python: PathBuf,
}

impl Other {
    fn verify(&self, text: &str, key: &PublicKey) -> Result<Value, String> {
        let case = json!({ "credential": text, "key": key.to_jwk() });
        run(&self.python, SCRIPT, &case).map(|said| said["claims"].clone())
    }
}

#[allow(
    clippy::disallowed_methods,
    reason = "another library has its own clock"
)]
fn now() -> UnixMillis {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    UnixMillis(u64::try_from(since.as_millis()).unwrap())
}

#[test]
fn other_libraries_verify_and_refuse_as_this_one() {
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
    let other = Other { python };
    agree_on_one_that_holds(&other);
    refuse_the_near_misses(&other);
    a_wallet_shows_one_figure(&other);
}

fn agree_on_one_that_holds(other: &Other) {
    let key = key();
    let text = issued(&plain(), &key, now());
    let ours = yizhang_credential::check(&text, key.public(), now()).unwrap();
    assert_eq!(other.verify(&text, key.public()), Ok(ours));
}

fn refuse_the_near_misses(other: &Other) {
    let key = key();
    let text = issued(&plain(), &key, now());
    let another = crate::support::key();
    let found = other.verify(&text, another.public()).unwrap_err();
    assert!(
        found.contains("InvalidJWSSignature") || found.contains("Verification failed"),
        "{found}"
    );
    let expired = issued(&plain(), &key, UnixMillis(1_700_000_000_000));
    let found = other.verify(&expired, key.public()).unwrap_err();
    assert!(found.contains("Expired"), "{found}");
    // That library passes over what the issuer has not signed: an altered figure is not there.
    let (signed, mut disclosures) = parts(&text);
    let at = disclosure_of(&disclosures, "counted_months");
    let mut said = decoded(disclosures[at]);
    said[2] = json!(999);
    let altered = encoded(&said);
    disclosures[at] = &altered;
    let claims = other
        .verify(&joined(signed, &disclosures), key.public())
        .unwrap();
    let whole = other.verify(&text, key.public()).unwrap();
    assert!(!claims.to_string().contains("999"), "{claims}");
    let count = |claims: &Value| claims.to_string().matches("counted_months").count();
    assert_eq!(count(&claims) + 1, count(&whole));
}

/// A wallet that is not ours shows the months of one scheme and nothing else, to a verifier that is not ours, bound to its key; and to ours,
/// which checks what is bound to nobody.
fn a_wallet_shows_one_figure(other: &Other) {
    let key = key();
    let wallet = run(&other.python, WALLET, &Value::Null).unwrap();
    let mut public = wallet.clone();
    public.as_object_mut().unwrap().remove("d");
    let holder = PublicKey::from_jwk(&public.to_string()).unwrap();
    let credential = Credential {
        holder: Some(&holder),
        ..plain()
    };
    let text = issued(&credential, &key, now());
    let show = json!({ "hrss:110": { "counted_months": true } });
    let mut case = json!({ "credential": text, "key": key.public().to_jwk(), "show": show });
    case["wallet"] = wallet;
    let said = run(&other.python, SCRIPT, &case).unwrap();
    let family = &said["claims"]["hrss:110"];
    assert!(family["counted_months"].is_number(), "{said}");
    assert!(family.get("by_place").is_none(), "{said}");
    case.as_object_mut().unwrap().remove("wallet");
    let said = run(&other.python, SCRIPT, &case).unwrap();
    let ours = yizhang_credential::check(said["text"].as_str().unwrap(), key.public(), now());
    assert_eq!(ours.as_ref(), Ok(&said["claims"]));
}
