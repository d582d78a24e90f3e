//! Keys on P-256: the issuer's, and public ones as JSON Web Keys (RFC 7517, 7518).

use base64ct::{Base64UrlUnpadded, Encoding};
use ring::{
    agreement::{self, ECDH_P256, EphemeralPrivateKey, agree_ephemeral},
    rand::{SecureRandom, SystemRandom},
    signature::{
        ECDSA_P256_SHA256_FIXED, ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair,
        UnparsedPublicKey,
    },
};
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

/// Bytes of a coordinate.
const COORDINATE_BYTES: usize = 32;
/// What a point begins with whose coordinates both follow (SEC 1, section 2.3.3).
const UNCOMPRESSED: u8 = 4;

/// The key that an issuer signs credentials with.
#[derive(Debug)]
pub struct IssuerKey {
    pair: EcdsaKeyPair,
    public: PublicKey,
}

impl IssuerKey {
    /// Reads a private key in PKCS #8 (DER), as OpenSSL and this program write it.
    ///
    /// # Errors
    /// [`KeyFault::NotP256`] for anything but a key on P-256 that brings its public half along.
    pub fn from_pkcs8(der: &[u8], randomness: &dyn SecureRandom) -> Result<Self, KeyFault> {
        let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, der, randomness)
            .map_err(|_| KeyFault::NotP256)?;
        let public = PublicKey::from_point(pair.public_key().as_ref())?;
        Ok(Self { pair, public })
    }

    /// Its public half.
    pub const fn public(&self) -> &PublicKey {
        &self.public
    }

    /// The two numbers of a signature, one behind the other; none if the system gives no random numbers.
    pub(crate) fn sign(&self, content: &[u8], randomness: &dyn SecureRandom) -> Option<Vec<u8>> {
        let signature = self.pair.sign(randomness, content).ok()?;
        Some(signature.as_ref().to_vec())
    }
}

/// A public key on P-256.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicKey {
    x: [u8; COORDINATE_BYTES],
    y: [u8; COORDINATE_BYTES],
}

impl PublicKey {
    /// Reads a JSON Web Key.
    ///
    /// # Errors
    /// [`KeyFault`], also for a private key: one that lies about where a public one is expected is refused, not used.
    pub fn from_jwk(text: &str) -> Result<Self, KeyFault> {
        let jwk: Map<String, Value> = serde_json::from_str(text).map_err(|_| KeyFault::NoJwk)?;
        if jwk.contains_key("d") {
            return Err(KeyFault::Private);
        }
        let is = |name: &str, expected: &str| jwk.get(name) == Some(&Value::from(expected));
        if !is("kty", "EC") || !is("crv", "P-256") {
            return Err(KeyFault::NotP256);
        }
        let coordinate = |name: &str| {
            let mut bytes = [0; COORDINATE_BYTES];
            let text = jwk.get(name)?.as_str()?;
            let read = Base64UrlUnpadded::decode(text, &mut bytes).ok()?;
            (read.len() == COORDINATE_BYTES).then_some(bytes)
        };
        let (x, y) = (coordinate("x"), coordinate("y"));
        let key = Self {
            x: x.ok_or(KeyFault::NotP256)?,
            y: y.ok_or(KeyFault::NotP256)?,
        };
        if key.is_on_the_curve() {
            Ok(key)
        } else {
            Err(KeyFault::NotP256)
        }
    }

    /// Whether its halves belong together: an agreement with a key of a moment is refused for any other point.
    fn is_on_the_curve(&self) -> bool {
        let Ok(own) = EphemeralPrivateKey::generate(&ECDH_P256, &SystemRandom::new()) else {
            return false;
        };
        let theirs = agreement::UnparsedPublicKey::new(&ECDH_P256, self.point());
        agree_ephemeral(own, &theirs, |_secret| ()).is_ok()
    }

    fn from_point(point: &[u8]) -> Result<Self, KeyFault> {
        let coordinates = point.strip_prefix(&[UNCOMPRESSED]);
        let halves = coordinates.and_then(|both| both.split_at_checked(COORDINATE_BYTES));
        let (x, y) = halves.ok_or(KeyFault::NotP256)?;
        Ok(Self {
            x: x.try_into().map_err(|_| KeyFault::NotP256)?,
            y: y.try_into().map_err(|_| KeyFault::NotP256)?,
        })
    }

    /// As a JSON Web Key.
    pub fn to_jwk(&self) -> Value {
        let [x, y] = [&self.x, &self.y].map(|bytes| Base64UrlUnpadded::encode_string(bytes));
        json!({ "kty": "EC", "crv": "P-256", "x": x, "y": y })
    }

    /// Its name: the hash of its members in their one order (RFC 7638).
    pub fn thumbprint(&self) -> String {
        let [x, y] = [&self.x, &self.y].map(|bytes| Base64UrlUnpadded::encode_string(bytes));
        let members = format!(r#"{{"crv":"P-256","kty":"EC","x":"{x}","y":"{y}"}}"#);
        Base64UrlUnpadded::encode_string(&Sha256::digest(members))
    }

    /// Its name as a URI (RFC 9278), for an issuer that has none of its own.
    pub fn uri(&self) -> String {
        let thumbprint = self.thumbprint();
        format!("urn:ietf:params:oauth:jwk-thumbprint:sha-256:{thumbprint}")
    }

    /// Both halves, uncompressed.
    fn point(&self) -> Vec<u8> {
        [&[UNCOMPRESSED][..], &self.x, &self.y].concat()
    }

    pub(crate) fn has_signed(&self, content: &[u8], signature: &[u8]) -> bool {
        let key = UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, self.point());
        key.verify(content, signature).is_ok()
    }
}

/// Why a key is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyFault {
    /// It is no JSON Web Key.
    #[error("no JSON Web Key")]
    NoJwk,
    /// It is of another kind, or its halves do not belong together.
    #[error("no key on P-256")]
    NotP256,
    /// It is a private key where a public one is expected.
    #[error("a private key, where a public one is expected")]
    Private,
}
