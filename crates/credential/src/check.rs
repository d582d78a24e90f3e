//! Checking: an SD-JWT and the key of its issuer in, the claims that it discloses out (RFC 9901, section 7.1).

use crate::{ALGORITHM, HASH, SEPARATOR, TYPE, digest_of, key::PublicKey};
use base64ct::{Base64UrlUnpadded, Encoding};
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};
use yizhang_ledger::value::UnixMillis;

/// Largest credential that is read: one of seven schemes with all disclosures takes some 6 KiB.
pub const CREDENTIAL_BYTES_MAX: usize = 64 * 1_024;
/// How deep claims may lie in one another: a figure lies in a family, a family in the credential.
const DEPTH_MAX: usize = 8;

/// Why a credential is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CredentialFault {
    /// Larger than any.
    #[error("larger than {CREDENTIAL_BYTES_MAX} bytes")]
    TooLarge,
    /// It is no SD-JWT, or one that contradicts itself.
    #[error("no SD-JWT: {0}")]
    Form(&'static str),
    /// It is of another type.
    #[error("type {found:?} instead of {TYPE:?}")]
    Type {
        /// What it says it is.
        found: String,
    },
    /// It is signed, or its claims are hidden, in another way.
    #[error("algorithm {found:?} instead of {expected:?}")]
    Algorithm {
        /// What it says.
        found: String,
        /// What there is.
        expected: &'static str,
    },
    /// This key has not signed it.
    #[error("not signed by this key")]
    Signature,
    /// Its time is over.
    #[error("expired at {at} seconds after 1970")]
    Expired {
        /// Its end, in seconds after 1970.
        at: u64,
    },
    /// Its time has not come: whoever issued it has a clock that is ahead, or has made it for later.
    #[error("issued at {at} seconds after 1970, which has not come")]
    NotYet {
        /// Its beginning, in seconds after 1970.
        at: u64,
    },
    /// Something is disclosed that the issuer has not signed: it was altered, or belongs to another credential.
    #[error("a disclosure is altered, or of another credential")]
    Disclosure,
}

/// How far the clocks of issuer and reader may be apart, in seconds.
const CLOCK_SECONDS: u64 = 300;

/// The claims of a credential that holds: those that all see, and those that were disclosed.
///
/// # Errors
/// [`CredentialFault`].
pub fn check(text: &str, issuer: &PublicKey, now: UnixMillis) -> Result<Value, CredentialFault> {
    if text.len() > CREDENTIAL_BYTES_MAX {
        return Err(CredentialFault::TooLarge);
    }
    let text = text.trim_end();
    let form = CredentialFault::Form;
    let (signed, disclosures) = text
        .split_once(SEPARATOR)
        .ok_or(form("nothing stands behind it"))?;
    let claims = signed_claims(signed, issuer)?;
    let expires = claims.get("exp").and_then(Value::as_u64);
    let at = expires.ok_or(form("it has no end"))?;
    if now.0 / 1_000 >= at {
        return Err(CredentialFault::Expired { at });
    }
    let issued = claims.get("iat").and_then(Value::as_u64);
    if let Some(at) = issued.filter(|at| *at > (now.0 / 1_000).saturating_add(CLOCK_SECONDS)) {
        return Err(CredentialFault::NotYet { at });
    }
    match claims.get("_sd_alg") {
        None => {}
        Some(Value::String(found)) if found == HASH => {}
        Some(found) => {
            let (found, expected) = (found.to_string(), HASH);
            return Err(CredentialFault::Algorithm { found, expected });
        }
    }
    let mut disclosed = Disclosed::read(disclosures)?;
    let claims = disclosed.reveal(claims, 0)?;
    if !disclosed.unused.is_empty() {
        return Err(CredentialFault::Disclosure);
    }
    Ok(Value::Object(claims))
}

/// What the issuer has signed.
fn signed_claims(signed: &str, issuer: &PublicKey) -> Result<Map<String, Value>, CredentialFault> {
    let form = CredentialFault::Form;
    let (content, signature) = signed.rsplit_once('.').ok_or(form("no signature"))?;
    let (header, claims) = content.split_once('.').ok_or(form("no claims"))?;
    let header: Map<String, Value> = decoded(header).ok_or(form("its header"))?;
    let says = |name: &str| {
        let text = header.get(name).and_then(Value::as_str);
        text.unwrap_or_default().to_owned()
    };
    if says("typ") != TYPE {
        return Err(CredentialFault::Type { found: says("typ") });
    }
    if says("alg") != ALGORITHM {
        let (found, expected) = (says("alg"), ALGORITHM);
        return Err(CredentialFault::Algorithm { found, expected });
    }
    // An extension that has to be understood (RFC 7515, section 4.1.11): none is.
    if header.contains_key("crit") {
        return Err(form("its header asks for more than is known"));
    }
    let signature = Base64UrlUnpadded::decode_vec(signature).ok();
    let signature = signature.ok_or(form("its signature"))?;
    if !issuer.has_signed(content.as_bytes(), &signature) {
        return Err(CredentialFault::Signature);
    }
    decoded(claims).ok_or(form("its claims"))
}

fn decoded<T: serde::de::DeserializeOwned>(text: &str) -> Option<T> {
    let bytes = Base64UrlUnpadded::decode_vec(text).ok()?;
    serde_json::from_slice(&bytes).ok()
}

/// The disclosures of a credential.
#[derive(Default)]
struct Disclosed {
    /// Those that no claim has taken, by their digests.
    unused: BTreeMap<String, (String, Value)>,
    /// Digests that were met.
    met: BTreeSet<String>,
}

impl Disclosed {
    fn read(text: &str) -> Result<Self, CredentialFault> {
        let form = CredentialFault::Form;
        let mut all = Self::default();
        // What stands behind the last separator would bind the credential to one who asks for it.
        let text = match text.strip_suffix(SEPARATOR) {
            Some(text) => text,
            None if text.is_empty() => return Ok(all),
            None => return Err(form("it was presented to somebody, or is cut")),
        };
        for disclosure in text.split(SEPARATOR) {
            let said: Option<(String, String, Value)> = decoded(disclosure);
            let (_, name, value) = said.ok_or(CredentialFault::Disclosure)?;
            let earlier = all.unused.insert(digest_of(disclosure), (name, value));
            if earlier.is_some() {
                return Err(form("a disclosure stands in it twice"));
            }
        }
        Ok(all)
    }

    /// Claims with what was disclosed of them in the place of digests.
    fn reveal(
        &mut self,
        claims: Map<String, Value>,
        depth: usize,
    ) -> Result<Map<String, Value>, CredentialFault> {
        let form = CredentialFault::Form;
        if depth > DEPTH_MAX {
            return Err(form("claims lie too deep in one another"));
        }
        let mut revealed = Map::new();
        let mut digests = Vec::new();
        for (name, value) in claims {
            match value {
                Value::Array(found) if name == "_sd" => digests = found,
                _ if name == "_sd_alg" && depth == 0 => {}
                _ if name == "_sd" || name == "..." => return Err(form("a reserved name")),
                Value::Object(below) => {
                    let below = self.reveal(below, depth + 1)?;
                    revealed.insert(name, Value::Object(below));
                }
                value => {
                    revealed.insert(name, value);
                }
            }
        }
        for digest in digests {
            let digest = digest.as_str().ok_or(form("a digest that is no text"))?;
            if !self.met.insert(digest.to_owned()) {
                return Err(form("a digest stands in it twice"));
            }
            // One of a claim that is kept back.
            let Some((name, value)) = self.unused.remove(digest) else {
                continue;
            };
            if name == "_sd" || name == "..." {
                return Err(form("a reserved name"));
            }
            let one = Map::from_iter([(name.clone(), value)]);
            for (name, value) in self.reveal(one, depth + 1)? {
                if revealed.insert(name, value).is_some() {
                    return Err(form("a claim stands in it twice"));
                }
            }
        }
        Ok(revealed)
    }
}
