//! A statement, a key, and credentials made of them.

use base64ct::{Base64UrlUnpadded, Encoding};
use ring::{
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair},
};
use serde_json::Value;
use std::{fs, path::Path, sync::LazyLock};
use yizhang_credential::{
    Credential, CredentialFault, Days, ENTITLEMENT, IssuerKey, PublicKey, Standing, check, issue,
};
use yizhang_ledger::{roster::RootFingerprint, value::UnixMillis};
use yizhang_statement::{Statement, Verdict};

/// A moment at which credentials of these tests are issued, 2026-11-30.
pub(crate) const NOW: UnixMillis = UnixMillis(1_796_000_000_000);
/// Milliseconds of a day.
pub(crate) const DAY: u64 = 86_400_000;

/// A released statement that reveals its number.
pub(crate) static STATEMENT: LazyLock<Verdict> = LazyLock::new(|| {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../statement/tests/released");
    let bytes = fs::read(folder.join("v1-revealed.yizhang")).unwrap();
    let beside = fs::read_to_string(folder.join("v1-revealed.json")).unwrap();
    let beside: Value = serde_json::from_str(&beside).unwrap();
    let trusted = RootFingerprint::parse(beside["trusted"].as_str().unwrap()).unwrap();
    let statement = Statement::parse(&bytes).unwrap();
    statement.verify(trusted).unwrap()
});

pub(crate) fn key() -> IssuerKey {
    let der = document();
    IssuerKey::from_pkcs8(&der, &SystemRandom::new()).unwrap()
}

/// A private key as a file holds it.
pub(crate) fn document() -> Vec<u8> {
    let randomness = SystemRandom::new();
    let der = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &randomness);
    der.unwrap().as_ref().to_vec()
}

pub(crate) fn plain() -> Credential<'static> {
    Credential {
        statement: &STATEMENT,
        standing: Standing::Open,
        issuer: Some("https://issuer.example"),
        kind: ENTITLEMENT,
        holder: None,
        days: Days::new(1).unwrap(),
    }
}

pub(crate) fn issued(credential: &Credential<'_>, key: &IssuerKey, now: UnixMillis) -> String {
    issue(credential, key, now, &SystemRandom::new()).unwrap()
}

/// A credential and the key that checks it.
pub(crate) fn one() -> (String, PublicKey) {
    let key = key();
    (issued(&plain(), &key, NOW), key.public().clone())
}

/// What a credential comes to in the second in which it was issued.
pub(crate) fn checked(text: &str, key: &PublicKey) -> Result<Value, CredentialFault> {
    check(text, key, NOW)
}

/// The signed part of a credential and its disclosures.
pub(crate) fn parts(text: &str) -> (&str, Vec<&str>) {
    let mut parts = text.strip_suffix('~').unwrap().split('~');
    (parts.next().unwrap(), parts.collect())
}

/// The credential that these make.
pub(crate) fn joined(signed: &str, disclosures: &[&str]) -> String {
    let mut text = format!("{signed}~");
    for disclosure in disclosures {
        text.push_str(disclosure);
        text.push('~');
    }
    text
}

pub(crate) fn decoded(text: &str) -> Value {
    serde_json::from_slice(&Base64UrlUnpadded::decode_vec(text).unwrap()).unwrap()
}

pub(crate) fn encoded(value: &Value) -> String {
    Base64UrlUnpadded::encode_string(value.to_string().as_bytes())
}

/// The place of the disclosure of a claim.
pub(crate) fn disclosure_of(disclosures: &[&str], name: &str) -> usize {
    let says = |disclosure: &&str| decoded(disclosure)[1] == name;
    disclosures.iter().position(says).unwrap()
}
