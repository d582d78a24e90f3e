//! What is refused: each a near miss of a credential that holds.

use crate::support::{
    NOW, checked, decoded, disclosure_of, document, encoded, issued, joined, key, one, parts, plain,
};
use base64ct::{Base64UrlUnpadded, Encoding};
use ring::{
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair},
};
use serde_json::{Value, json};
use yizhang_credential::{
    CREDENTIAL_BYTES_MAX, CredentialFault as Fault, IssuerKey, KeyFault, PublicKey,
};

#[test]
fn an_altered_disclosure() {
    let (text, key) = one();
    let (signed, mut disclosures) = parts(&text);
    let at = disclosure_of(&disclosures, "counted_months");
    let mut said = decoded(disclosures[at]);
    said[2] = json!(said[2].as_u64().unwrap() + 1);
    let altered = encoded(&said);
    disclosures[at] = &altered;
    let found = checked(&joined(signed, &disclosures), &key);
    assert_eq!(found, Err(Fault::Disclosure));
}

#[test]
fn a_disclosure_of_another_credential_and_one_that_stands_twice() {
    let key = key();
    let (text, other) = (issued(&plain(), &key, NOW), issued(&plain(), &key, NOW));
    let (signed, mut disclosures) = parts(&text);
    let (_, others) = parts(&other);
    disclosures.push(others[0]);
    let found = checked(&joined(signed, &disclosures), key.public());
    assert_eq!(found, Err(Fault::Disclosure));
    disclosures.pop();
    disclosures.push(disclosures[0]);
    let found = checked(&joined(signed, &disclosures), key.public());
    assert!(matches!(found, Err(Fault::Form(_))), "{found:?}");
}

#[test]
fn a_figure_whose_family_is_kept_back() {
    let (text, key) = one();
    let (signed, mut disclosures) = parts(&text);
    disclosures.remove(disclosure_of(&disclosures, "hrss:110"));
    let found = checked(&joined(signed, &disclosures), &key);
    assert_eq!(found, Err(Fault::Disclosure));
}

#[test]
fn altered_claims_and_another_key() {
    let (text, key) = one();
    let (signed, disclosures) = parts(&text);
    let mut parts: Vec<&str> = signed.split('.').collect();
    let mut claims = decoded(parts[1]);
    claims["iss"] = "https://other.example".into();
    let altered = encoded(&claims);
    parts[1] = &altered;
    let found = checked(&joined(&parts.join("."), &disclosures), &key);
    assert_eq!(found, Err(Fault::Signature));
    let other = crate::support::key();
    assert_eq!(checked(&text, other.public()), Err(Fault::Signature));
}

#[test]
fn one_that_is_cut_or_was_presented_to_somebody() {
    let (text, key) = one();
    for text in [
        "",
        "~",
        "a.b.c",
        "a.b.c~",
        text.trim_end_matches('~'),
        &format!("{text}a.b.c"),
        &text[1..],
    ] {
        let found = checked(text, &key);
        assert!(
            matches!(found, Err(Fault::Form(_))),
            "{found:?} of {} bytes",
            text.len()
        );
    }
    let long = "~".repeat(CREDENTIAL_BYTES_MAX + 1);
    assert_eq!(checked(&long, &key), Err(Fault::TooLarge));
}

/// Signs whatever is asked.
struct Forger {
    pair: EcdsaKeyPair,
    key: PublicKey,
}

impl Forger {
    fn new() -> Self {
        let (der, randomness) = (document(), SystemRandom::new());
        let own = IssuerKey::from_pkcs8(&der, &randomness).unwrap();
        let pair =
            EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &der, &randomness).unwrap();
        Self {
            pair,
            key: own.public().clone(),
        }
    }

    fn found(&self, header: &Value, claims: &Value, disclosures: &[&str]) -> Result<Value, Fault> {
        let content = format!("{}.{}", encoded(header), encoded(claims));
        let signature = self.pair.sign(&SystemRandom::new(), content.as_bytes());
        let signature = Base64UrlUnpadded::encode_string(signature.unwrap().as_ref());
        checked(
            &joined(&format!("{content}.{signature}"), disclosures),
            &self.key,
        )
    }
}

#[test]
fn a_signed_text_of_another_kind() {
    let forger = Forger::new();
    let good = json!({ "typ": "dc+sd-jwt", "alg": "ES256" });
    let claims = json!({ "exp": 4_000_000_000_u64 });
    assert_eq!(forger.found(&good, &claims, &[]), Ok(claims.clone()));
    let other = json!({ "typ": "JWT", "alg": "ES256" });
    let found = forger.found(&other, &claims, &[]);
    assert!(matches!(found, Err(Fault::Type { .. })));
    for algorithm in ["none", "HS256", "ES384"] {
        let other = json!({ "typ": "dc+sd-jwt", "alg": algorithm });
        let found = forger.found(&other, &claims, &[]);
        assert!(matches!(found, Err(Fault::Algorithm { .. })), "{algorithm}");
    }
    let asking = json!({ "typ": "dc+sd-jwt", "alg": "ES256", "crit": ["new"] });
    let found = forger.found(&asking, &claims, &[]);
    assert!(matches!(found, Err(Fault::Form(_))));
    let found = forger.found(&good, &json!({}), &[]);
    assert!(matches!(found, Err(Fault::Form(_))), "no end: {found:?}");
    let other = json!({ "exp": 4_000_000_000_u64, "_sd_alg": "sha3-256" });
    let found = forger.found(&good, &other, &[]);
    assert!(matches!(found, Err(Fault::Algorithm { .. })));
}

#[test]
fn claims_that_a_signer_has_laid_as_a_trap() {
    let forger = Forger::new();
    let header = json!({ "typ": "dc+sd-jwt", "alg": "ES256" });
    let hidden = |said: &Value| {
        let text = encoded(said);
        let digest = {
            use sha2::{Digest, Sha256};
            Base64UrlUnpadded::encode_string(&Sha256::digest(&text))
        };
        (text, digest)
    };
    let end = 4_000_000_000_u64;
    // A disclosure that would stand in the place of what is signed in the open, or of digests.
    for name in ["exp", "_sd", "..."] {
        let (text, digest) = hidden(&json!(["c2FsdA", name, [1]]));
        let claims = json!({ "exp": end, "_sd": [digest] });
        let found = forger.found(&header, &claims, &[&text]);
        assert!(matches!(found, Err(Fault::Form(_))), "{name}: {found:?}");
    }
    let (text, digest) = hidden(&json!(["c2FsdA", "a", 1]));
    let twice = json!({ "exp": end, "_sd": [digest, digest] });
    let found = forger.found(&header, &twice, &[&text]);
    assert!(matches!(found, Err(Fault::Form(_))), "{found:?}");
    for said in [json!([]), json!(["c2FsdA"]), json!({}), json!(["a", 1, 2])] {
        let (text, digest) = hidden(&said);
        let claims = json!({ "exp": end, "_sd": [digest] });
        let found = forger.found(&header, &claims, &[&text]);
        assert_eq!(found, Err(Fault::Disclosure), "{said}");
    }
    let mut deep = json!({ "exp": end });
    for _ in 0..20 {
        deep = json!({ "exp": end, "below": deep });
    }
    let found = forger.found(&header, &deep, &[]);
    assert!(matches!(found, Err(Fault::Form(_))), "{found:?}");
}

#[test]
fn keys_that_are_none() {
    let good = key().public().to_jwk();
    let with = |name: &str, value: Value| {
        let mut jwk = good.clone();
        jwk[name] = value;
        PublicKey::from_jwk(&jwk.to_string())
    };
    assert!(PublicKey::from_jwk(&good.to_string()).is_ok());
    assert_eq!(with("d", "AAAA".into()), Err(KeyFault::Private));
    assert_eq!(with("crv", "P-384".into()), Err(KeyFault::NotP256));
    assert_eq!(with("kty", "OKP".into()), Err(KeyFault::NotP256));
    assert_eq!(with("x", "AAAA".into()), Err(KeyFault::NotP256));
    assert_eq!(with("y", Value::Null), Err(KeyFault::NotP256));
    assert_eq!(PublicKey::from_jwk("{"), Err(KeyFault::NoJwk));
    let found = IssuerKey::from_pkcs8(&[0x30, 0], &SystemRandom::new());
    assert_eq!(found.err(), Some(KeyFault::NotP256));
}
