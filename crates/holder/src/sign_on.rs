//! Sign-on: the word of an agency's identity provider that somebody is who they say (OpenID Connect Core 1.0). The provider signs an ID token
//! over the challenge of a node, so that whoever carries it there can neither make one nor use one twice.
//!
//! Two algorithms, RS256 and ES256, by keys that the operator of the node has laid down. Not here: the way of a browser to the provider and
//! back, and from where the keys come.

use crate::Nonce;
use base64ct::{Base64UrlUnpadded, Encoding};
use ring::signature::{
    ECDSA_P256_SHA256_FIXED, RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents, UnparsedPublicKey,
};
use serde::Deserialize;
use serde_json::{Map, Value};
use std::fmt;
use yizhang_ledger::{record::P256_BYTES, value::UnixMillis};

/// Longest ID token that is read: head, claims and an RSA signature of 4,096 bits take some 1,500 bytes.
pub const TOKEN_BYTES_MAX: usize = 3_072;
/// Largest file of a provider's keys.
pub const KEYS_BYTES_MAX: usize = 64 * 1_024;
/// Keys of a provider: one that signs, one that did, one that will, and room.
pub const KEYS_MAX: usize = 16;
/// Longest answer to a challenge, in seconds: twice as long as challenges are good.
const AGE_SECONDS_MAX: u64 = 10 * 60;
/// How far the provider's clock may be ahead, in seconds.
const AHEAD_SECONDS_MAX: u64 = 60;
/// Bytes of a coordinate of P-256.
const COORDINATE_BYTES: usize = 32;

/// The identity provider of an agency, as its node knows it.
pub struct Provider {
    issuer: String,
    client: String,
    claim: String,
    keys: Vec<Key>,
}

/// What a node is told of its agency's provider.
#[derive(Clone, Copy, Debug)]
pub struct Description<'d> {
    /// The issuer that ID tokens name: an https address, to the letter.
    pub issuer: &'d str,
    /// The client that they are for: the portal, as the provider calls it.
    pub client: &'d str,
    /// The claim with the social-security number.
    pub claim: &'d str,
    /// The provider's keys: a JWK set (RFC 7517).
    pub keys: &'d [u8],
}

/// Why a provider cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProviderFault {
    /// Issuer, client or claim is empty.
    #[error("issuer, client and claim of the identity provider cannot be empty")]
    Empty,
    /// The keys are no JWK set, or too many.
    #[error("the keys of the identity provider are no JWK set of at most 16 keys in 64 KiB")]
    Keys,
    /// None of them can be used.
    #[error("the identity provider has no key of RS256 (2048 bits and more) or ES256")]
    NoKey,
}

/// Why an ID token opens nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TokenFault {
    /// It is too long, or not three parts of base64url and JSON.
    #[error("the ID token cannot be read")]
    Form,
    /// Another algorithm than RS256 or ES256, `none` for instance.
    #[error("the ID token is signed by another algorithm than RS256 or ES256")]
    Algorithm,
    /// No key of the provider is named, or several could be meant.
    #[error("the ID token names no key of the provider")]
    UnknownKey,
    /// It is not signed by that key.
    #[error("the ID token is not signed by the provider")]
    Signature,
    /// It is by another issuer.
    #[error("the ID token is by another issuer")]
    Issuer,
    /// It is for another client, or for others as well.
    #[error("the ID token is for another client")]
    Audience,
    /// It answers another challenge.
    #[error("the ID token answers another challenge")]
    Nonce,
    /// It has ended, was made long ago, or will be.
    #[error("the ID token is not of this time")]
    Time,
    /// It does not say who it is.
    #[error("the ID token does not have the claim")]
    Claim,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Algorithm {
    Rs256,
    Es256,
}

impl Algorithm {
    fn read(name: &str) -> Option<Self> {
        match name {
            "RS256" => Some(Self::Rs256),
            "ES256" => Some(Self::Es256),
            _ => None,
        }
    }
}

struct Key {
    id: Option<String>,
    public: Public,
}

enum Public {
    Rsa { modulus: Vec<u8>, exponent: Vec<u8> },
    P256([u8; P256_BYTES]),
}

/// The members of a JWK that matter (RFC 7518, 6.2 and 6.3); others are passed over.
#[derive(Deserialize)]
struct Jwk {
    kty: String,
    kid: Option<String>,
    #[serde(rename = "use")]
    usage: Option<String>,
    alg: Option<String>,
    crv: Option<String>,
    x: Option<String>,
    y: Option<String>,
    n: Option<String>,
    e: Option<String>,
}

#[derive(Deserialize)]
struct Jwks {
    keys: Vec<Value>,
}

/// The members of a head (RFC 7515, 4.1) that matter.
#[derive(Deserialize)]
struct Header {
    alg: String,
    kid: Option<String>,
    /// What has to be understood; nothing is, so there is to be none.
    crit: Option<Value>,
}

impl fmt::Debug for Provider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Provider")
            .field("issuer", &self.issuer)
            .finish_non_exhaustive()
    }
}

impl Provider {
    /// Reads what a node is told. Keys of other algorithms, or for encryption, are passed over.
    ///
    /// # Errors
    /// [`ProviderFault`].
    pub fn read(described: &Description<'_>) -> Result<Self, ProviderFault> {
        let names = [described.issuer, described.client, described.claim];
        if names.contains(&"") {
            return Err(ProviderFault::Empty);
        }
        if described.keys.len() > KEYS_BYTES_MAX {
            return Err(ProviderFault::Keys);
        }
        let set: Jwks = serde_json::from_slice(described.keys).map_err(|_| ProviderFault::Keys)?;
        if set.keys.len() > KEYS_MAX {
            return Err(ProviderFault::Keys);
        }
        let keys: Vec<Key> = set.keys.into_iter().filter_map(Key::read).collect();
        if keys.is_empty() {
            return Err(ProviderFault::NoKey);
        }
        let [issuer, client, claim] = names.map(str::to_string);
        Ok(Self {
            issuer,
            client,
            claim,
            keys,
        })
    }

    /// Who it is, in the provider's word: the value of the claim. Checked as OpenID Connect Core 3.1.3.7 says, and that it answers this
    /// challenge; that the challenge has no other answer is for the caller.
    ///
    /// # Errors
    /// [`TokenFault`].
    pub fn verify(
        &self,
        token: &str,
        nonce: &Nonce,
        now: UnixMillis,
    ) -> Result<String, TokenFault> {
        if token.len() > TOKEN_BYTES_MAX {
            return Err(TokenFault::Form);
        }
        let (signed, signature) = token.rsplit_once('.').ok_or(TokenFault::Form)?;
        let (header, claims) = signed.split_once('.').ok_or(TokenFault::Form)?;
        let header: Header = json(header)?;
        if header.crit.is_some() {
            return Err(TokenFault::Form);
        }
        let algorithm = Algorithm::read(&header.alg).ok_or(TokenFault::Algorithm)?;
        let key = self.key(algorithm, header.kid.as_deref())?;
        key.check(signed.as_bytes(), &decoded(signature)?)?;
        let claims: Map<String, Value> = json(claims)?;
        self.check_claims(&claims, nonce, now)?;
        let who = claims.get(&self.claim).and_then(Value::as_str);
        who.map(str::to_string).ok_or(TokenFault::Claim)
    }

    /// The key that a head names; where it names none, the only one of its algorithm.
    fn key(&self, algorithm: Algorithm, id: Option<&str>) -> Result<&Key, TokenFault> {
        let fits = |key: &&Key| {
            let is_named = id.is_none() || key.id.as_deref() == id;
            key.algorithm() == algorithm && is_named
        };
        let mut found = self.keys.iter().filter(fits);
        match (found.next(), found.next()) {
            (Some(key), None) => Ok(key),
            _ => Err(TokenFault::UnknownKey),
        }
    }

    fn check_claims(
        &self,
        claims: &Map<String, Value>,
        nonce: &Nonce,
        now: UnixMillis,
    ) -> Result<(), TokenFault> {
        let text = |name: &str| claims.get(name).and_then(Value::as_str);
        let seconds = |name: &str| claims.get(name).and_then(Value::as_u64);
        // 3.1.3.7, 2.
        if text("iss") != Some(&self.issuer) {
            return Err(TokenFault::Issuer);
        }
        // 3 to 5: for this client, and for nobody else.
        let audience = match claims.get("aud") {
            Some(Value::Array(several)) => match several.as_slice() {
                [one] => one.as_str(),
                _ => None,
            },
            Some(one) => one.as_str(),
            None => None,
        };
        let is_other = |party: &Value| party.as_str() != Some(&self.client);
        if audience != Some(&self.client) || claims.get("azp").is_some_and(is_other) {
            return Err(TokenFault::Audience);
        }
        // 9 and 10.
        let (now, made) = (now.0 / 1_000, seconds("iat").ok_or(TokenFault::Time)?);
        let is_ended = seconds("exp").is_none_or(|end| end <= now);
        let is_ahead = made > now.saturating_add(AHEAD_SECONDS_MAX);
        if is_ended || is_ahead || now.saturating_sub(made) > AGE_SECONDS_MAX {
            return Err(TokenFault::Time);
        }
        // 11.
        if text("nonce") != Some(&nonce_text(nonce)) {
            return Err(TokenFault::Nonce);
        }
        Ok(())
    }
}

/// A challenge as a provider is asked with it.
pub fn nonce_text(nonce: &Nonce) -> String {
    Base64UrlUnpadded::encode_string(&nonce.0)
}

impl Key {
    /// A key that can be used; none if it cannot.
    fn read(value: Value) -> Option<Self> {
        let jwk: Jwk = serde_json::from_value(value).ok()?;
        if jwk.usage.is_some_and(|usage| usage != "sig") {
            return None;
        }
        let public = match (jwk.kty.as_str(), jwk.crv.as_deref()) {
            ("RSA", _) => Public::Rsa {
                modulus: decoded(&jwk.n?).ok()?,
                exponent: decoded(&jwk.e?).ok()?,
            },
            ("EC", Some("P-256")) => Public::P256(point(&jwk.x?, &jwk.y?)?),
            _ => return None,
        };
        let key = Self {
            id: jwk.kid,
            public,
        };
        let is_other = |name: String| Algorithm::read(&name) != Some(key.algorithm());
        if jwk.alg.is_some_and(is_other) || !key.is_large() {
            return None;
        }
        Some(key)
    }

    const fn algorithm(&self) -> Algorithm {
        match self.public {
            Public::Rsa { .. } => Algorithm::Rs256,
            Public::P256(_) => Algorithm::Es256,
        }
    }

    /// Whether an RSA key has the 2,048 bits of RFC 7518, 3.3.
    fn is_large(&self) -> bool {
        match &self.public {
            Public::Rsa { modulus, .. } => {
                modulus.len() >= 256 && modulus.first().is_some_and(|first| *first > 0)
            }
            Public::P256(_) => true,
        }
    }

    fn check(&self, signed: &[u8], signature: &[u8]) -> Result<(), TokenFault> {
        let checked = match &self.public {
            Public::Rsa { modulus, exponent } => RsaPublicKeyComponents {
                n: modulus,
                e: exponent,
            }
            .verify(&RSA_PKCS1_2048_8192_SHA256, signed, signature),
            Public::P256(point) => {
                UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point).verify(signed, signature)
            }
        };
        checked.map_err(|_| TokenFault::Signature)
    }
}

/// A point of P-256, uncompressed.
fn point(x: &str, y: &str) -> Option<[u8; P256_BYTES]> {
    let coordinate = |text: &str| {
        let bytes = decoded(text).ok()?;
        (bytes.len() == COORDINATE_BYTES).then_some(bytes)
    };
    let mut bytes = vec![4];
    bytes.extend(coordinate(x)?);
    bytes.extend(coordinate(y)?);
    bytes.try_into().ok()
}

fn decoded(text: &str) -> Result<Vec<u8>, TokenFault> {
    Base64UrlUnpadded::decode_vec(text).map_err(|_| TokenFault::Form)
}

fn json<T: for<'d> Deserialize<'d>>(text: &str) -> Result<T, TokenFault> {
    serde_json::from_slice(&decoded(text)?).map_err(|_| TokenFault::Form)
}
