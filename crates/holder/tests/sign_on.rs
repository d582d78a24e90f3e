//! ID tokens: what a provider signs over a node's challenge opens, and each near-miss is refused for its own reason.

use base64ct::{Base64UrlUnpadded, Encoding};
use ring::{
    rand::SystemRandom,
    signature::{
        ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair, RSA_PKCS1_SHA256, RsaKeyPair,
    },
};
use serde_json::{Value, json};
use yizhang_holder::{
    Nonce,
    sign_on::{
        Description, KEYS_MAX, Provider, ProviderFault, TOKEN_BYTES_MAX, TokenFault, nonce_text,
    },
};
use yizhang_ledger::value::UnixMillis;

const ISSUER: &str = "https://login.gd.example";
const CLIENT: &str = "yizhang-portal";
const CLAIM: &str = "social_security_number";
const NUMBER: &str = "440300199003078815";
const NONCE: Nonce = Nonce([7; 32]);
const NOW: u64 = 1_800_000_000;

/// An RSA key of this test alone.
const RSA: &[u8] = include_bytes!("provider-of-this-test.pk8");

fn encoded(bytes: impl AsRef<[u8]>) -> String {
    Base64UrlUnpadded::encode_string(bytes.as_ref())
}

/// A provider with a key of each algorithm.
struct Signer {
    elliptic: EcdsaKeyPair,
    rsa: RsaKeyPair,
}

impl Signer {
    fn new() -> Self {
        let (algorithm, random) = (&ECDSA_P256_SHA256_FIXED_SIGNING, SystemRandom::new());
        let made = EcdsaKeyPair::generate_pkcs8(algorithm, &random).unwrap();
        Self {
            elliptic: EcdsaKeyPair::from_pkcs8(algorithm, made.as_ref(), &random).unwrap(),
            rsa: RsaKeyPair::from_pkcs8(RSA).unwrap(),
        }
    }

    fn elliptic_jwk(&self) -> Value {
        let point = self.elliptic.public_key().as_ref();
        json!({
            "kty": "EC", "crv": "P-256", "kid": "e", "use": "sig",
            "x": encoded(&point[1..33]), "y": encoded(&point[33..]),
        })
    }

    fn rsa_jwk(&self) -> Value {
        // SEQUENCE of two INTEGERs (RFC 8017, A.1.1), the first of 2,048 bits behind a zero, the second 65,537.
        let public = self.rsa.public().as_ref();
        assert_eq!(public.len(), 270);
        json!({
            "kty": "RSA", "kid": "r", "alg": "RS256",
            "n": encoded(&public[9..265]),
            "e": encoded(&public[267..]),
        })
    }

    fn provider(&self) -> Provider {
        provider(&[self.elliptic_jwk(), self.rsa_jwk()]).unwrap()
    }

    /// A token with this head and these claims, signed as the head says.
    fn token(&self, header: &Value, claims: &Value) -> String {
        let text = |value: &Value| encoded(value.to_string());
        let signed = format!("{}.{}", text(header), text(claims));
        let random = SystemRandom::new();
        let signature = match header["alg"].as_str() {
            Some("RS256") => {
                let mut signature = vec![0; self.rsa.public().modulus_len()];
                let sign = self.rsa.sign(
                    &RSA_PKCS1_SHA256,
                    &random,
                    signed.as_bytes(),
                    &mut signature,
                );
                sign.unwrap();
                signature
            }
            Some("none") => Vec::new(),
            _ => {
                let signature = self.elliptic.sign(&random, signed.as_bytes()).unwrap();
                signature.as_ref().to_vec()
            }
        };
        format!("{signed}.{}", encoded(signature))
    }
}

fn provider(keys: &[Value]) -> Result<Provider, ProviderFault> {
    Provider::read(&Description {
        issuer: ISSUER,
        client: CLIENT,
        claim: CLAIM,
        keys: json!({ "keys": keys }).to_string().as_bytes(),
    })
}

fn header(algorithm: &str, key: &str) -> Value {
    json!({ "alg": algorithm, "kid": key, "typ": "JWT" })
}

fn claims() -> Value {
    json!({
        "iss": ISSUER, "aud": CLIENT, "sub": "u-17", "nonce": nonce_text(&NONCE),
        "iat": NOW - 5, "exp": NOW + 60, CLAIM: NUMBER,
    })
}

fn verify(provider: &Provider, token: &str) -> Result<String, TokenFault> {
    provider.verify(token, &NONCE, UnixMillis(NOW * 1_000))
}

#[test]
fn a_token_of_either_algorithm_says_who_it_is() {
    let signer = Signer::new();
    let provider = signer.provider();
    let anonymous = json!({ "alg": "ES256" });
    let listed = json!({ "aud": [CLIENT], "azp": CLIENT });
    let mut several = claims();
    several
        .as_object_mut()
        .unwrap()
        .extend(listed.as_object().unwrap().clone());
    for (header, claims) in [
        (header("RS256", "r"), claims()),
        (header("ES256", "e"), claims()),
        (anonymous, claims()),
        (header("ES256", "e"), several),
    ] {
        let token = signer.token(&header, &claims);
        assert_eq!(
            verify(&provider, &token),
            Ok(NUMBER.to_string()),
            "{header}"
        );
    }
}

/// The claims with another value of one, or without it.
fn other(name: &str, value: Value) -> Value {
    let mut claims = claims();
    let members = claims.as_object_mut().unwrap();
    if value.is_null() {
        members.remove(name);
    } else {
        members.insert(name.to_string(), value);
    }
    claims
}

#[test]
fn a_claim_of_another_issuer_client_challenge_or_time_is_refused() {
    let signer = Signer::new();
    let provider = signer.provider();
    let cases = [
        (
            "iss",
            json!("https://login.gd.example/"),
            TokenFault::Issuer,
        ),
        ("iss", Value::Null, TokenFault::Issuer),
        ("aud", json!("another-portal"), TokenFault::Audience),
        ("aud", json!([CLIENT, "another"]), TokenFault::Audience),
        ("aud", json!([]), TokenFault::Audience),
        ("aud", Value::Null, TokenFault::Audience),
        ("azp", json!("another-portal"), TokenFault::Audience),
        ("azp", json!(7), TokenFault::Audience),
        (
            "nonce",
            json!(nonce_text(&Nonce([8; 32]))),
            TokenFault::Nonce,
        ),
        ("nonce", Value::Null, TokenFault::Nonce),
        ("exp", json!(NOW), TokenFault::Time),
        ("exp", json!("2030-01-01"), TokenFault::Time),
        ("exp", Value::Null, TokenFault::Time),
        ("iat", json!(NOW - 601), TokenFault::Time),
        ("iat", json!(NOW + 61), TokenFault::Time),
        ("iat", Value::Null, TokenFault::Time),
        (CLAIM, json!(440_300_199), TokenFault::Claim),
        (CLAIM, Value::Null, TokenFault::Claim),
    ];
    for (name, value, fault) in cases {
        let token = signer.token(&header("ES256", "e"), &other(name, value.clone()));
        assert_eq!(verify(&provider, &token), Err(fault), "{name} {value}");
    }
    for (name, value) in [("exp", NOW + 1), ("iat", NOW - 600), ("iat", NOW + 60)] {
        let token = signer.token(&header("ES256", "e"), &other(name, json!(value)));
        assert!(verify(&provider, &token).is_ok(), "{name} {value}");
    }
}

#[test]
fn a_token_that_the_provider_has_not_signed_is_refused() {
    let signer = Signer::new();
    let provider = signer.provider();
    let check = |token: &str, fault: TokenFault| {
        assert_eq!(verify(&provider, token), Err(fault), "{token}");
    };
    for algorithm in ["none", "None", "HS256", "RS384", "ES384", "EdDSA", ""] {
        let token = signer.token(&header(algorithm, "e"), &claims());
        check(&token, TokenFault::Algorithm);
    }
    // By another provider's key under the same name, and under a name that is another key's.
    let token = Signer::new().token(&header("ES256", "e"), &claims());
    check(&token, TokenFault::Signature);
    check(
        &signer.token(&header("ES256", "r"), &claims()),
        TokenFault::UnknownKey,
    );
    check(
        &signer.token(&header("RS256", "e"), &claims()),
        TokenFault::UnknownKey,
    );
    // With another person's claims under the same signature.
    let token = signer.token(&header("ES256", "e"), &claims());
    let (signed, signature) = token.rsplit_once('.').unwrap();
    let (head, _) = signed.split_once('.').unwrap();
    let stranger = encoded(other(CLAIM, json!("440300199003078823")).to_string());
    check(
        &format!("{head}.{stranger}.{signature}"),
        TokenFault::Signature,
    );
    check(&format!("{signed}."), TokenFault::Signature);
    check(signed, TokenFault::Form);
    check(&format!("{token}.{signature}"), TokenFault::Signature);
    check(&format!("{token}="), TokenFault::Form);
    check("", TokenFault::Form);
    let critical = json!({ "alg": "ES256", "kid": "e", "crit": ["exp"] });
    check(&signer.token(&critical, &claims()), TokenFault::Form);
    let long = other("more", json!("x".repeat(TOKEN_BYTES_MAX)));
    check(
        &signer.token(&header("ES256", "e"), &long),
        TokenFault::Form,
    );
}

#[test]
fn without_a_name_a_key_is_meant_only_if_there_is_no_other_of_its_kind() {
    let signer = Signer::new();
    let mut second = Signer::new().elliptic_jwk();
    second["kid"] = json!("e2");
    let provider = provider(&[signer.elliptic_jwk(), second]).unwrap();
    let token = signer.token(&json!({ "alg": "ES256" }), &claims());
    assert_eq!(verify(&provider, &token), Err(TokenFault::UnknownKey));
    let token = signer.token(&header("ES256", "e"), &claims());
    assert!(verify(&provider, &token).is_ok());
}

#[test]
fn keys_that_cannot_be_used_make_no_provider() {
    let signer = Signer::new();
    let with = |name: &str, value: Value| {
        let mut key = signer.elliptic_jwk();
        key[name] = value;
        key
    };
    let mut small = signer.rsa_jwk();
    small["n"] = json!(encoded([0xff; 255]));
    let useless = [
        with("use", json!("enc")),
        with("alg", json!("RS256")),
        with("crv", json!("P-384")),
        with("x", json!(encoded([1; 31]))),
        with("kty", json!("oct")),
        small,
    ];
    for key in useless {
        let fault = provider(std::slice::from_ref(&key)).unwrap_err();
        assert_eq!(fault, ProviderFault::NoKey, "{key}");
        // Beside one that can be used they do no harm.
        assert!(provider(&[key, signer.elliptic_jwk()]).is_ok());
    }
    let many = vec![signer.elliptic_jwk(); KEYS_MAX + 1];
    assert_eq!(provider(&many).unwrap_err(), ProviderFault::Keys);
    let described = Description {
        issuer: ISSUER,
        client: CLIENT,
        claim: CLAIM,
        keys: b"{}",
    };
    assert_eq!(Provider::read(&described).unwrap_err(), ProviderFault::Keys);
    let keys = json!({ "keys": [signer.elliptic_jwk()] }).to_string();
    let nameless = Description {
        issuer: "",
        keys: keys.as_bytes(),
        ..described
    };
    assert_eq!(Provider::read(&nameless).unwrap_err(), ProviderFault::Empty);
}
