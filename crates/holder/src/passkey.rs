//! Passkeys: what of WebAuthn (W3C, Level 3) a node needs. One algorithm, ES256, with one encoding of its key, no attestation, the person
//! verified by the device (a finger, a face, a PIN) each time.
//!
//! Not here: counters of signatures. Passkeys that are kept in several devices do not count, and every node of the federation would need
//! the newest count; that an answer counts once is what the challenge is for.

use crate::origin;
use base64ct::{Base64UrlUnpadded, Encoding};
use ring::{
    digest::{Context, SHA256},
    signature::{ECDSA_P256_SHA256_ASN1, UnparsedPublicKey},
};
use serde::{Deserialize, de::IgnoredAny};
use std::borrow::Cow;
use yizhang_ledger::{
    hash::Hash,
    record::{CREDENTIAL_BYTES_MAX, P256_BYTES},
};

/// Longest client data that is read: browsers write some 200 bytes, and may add members.
pub const CLIENT_DATA_BYTES_MAX: usize = 2_048;
/// Longest authenticator data: header, credential id and key take 37 + 18 + 255 + 77 bytes; extensions may follow.
pub const AUTHENTICATOR_DATA_BYTES_MAX: usize = 1_024;
/// Longest ECDSA signature of P-256 in DER.
pub const SIGNATURE_BYTES_MAX: usize = 72;

/// Bytes of authenticator data before what is optional: hash of the relying party, flags, counter.
const HEADER_BYTES: usize = 37;
const USER_PRESENT: u8 = 0x01;
const USER_VERIFIED: u8 = 0x04;
const BACKUP_ELIGIBLE: u8 = 0x08;
const BACKED_UP: u8 = 0x10;
const HAS_CREDENTIAL: u8 = 0x40;
const HAS_EXTENSIONS: u8 = 0x80;

/// The model of the authenticator, which is not looked at.
const AAGUID_BYTES: usize = 16;

/// A key of ES256 on P-256 in canonical CBOR (CTAP2 section 6; RFC 9053, 7.1.1), before its x: a map of five, kty EC2, alg ES256, crv
/// P-256, x of 32 bytes.
const KEY_BEFORE_X: [u8; 10] = [0xa5, 0x01, 0x02, 0x03, 0x26, 0x20, 0x01, 0x21, 0x58, 0x20];
/// Between x and y.
const KEY_BEFORE_Y: [u8; 3] = [0x22, 0x58, 0x20];

/// A passkey, as a record binds one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Passkey {
    /// What the authenticator calls it: 1 to 255 bytes.
    pub credential: Vec<u8>,
    /// Its point, uncompressed: 04, x, y.
    pub public: [u8; P256_BYTES],
    /// SHA-256 of the id of the relying party for which it signs.
    pub relying_party: Hash,
}

/// What a browser returns when a passkey was made.
#[derive(Clone, Copy, Debug)]
pub struct Registration<'a> {
    /// `clientDataJSON`.
    pub client_data: &'a [u8],
    /// `getAuthenticatorData()`.
    pub authenticator_data: &'a [u8],
}

/// What a browser returns when a passkey has answered.
#[derive(Clone, Copy, Debug)]
pub struct Assertion<'a> {
    /// `clientDataJSON`.
    pub client_data: &'a [u8],
    /// `authenticatorData`.
    pub authenticator_data: &'a [u8],
    /// `signature`, DER.
    pub signature: &'a [u8],
}

/// Why a passkey is not believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PasskeyFault {
    /// The client data is too long, or no JSON with the members that there must be.
    #[error("the browser's client data cannot be read")]
    ClientData,
    /// It is of another ceremony.
    #[error("the browser's answer is of another ceremony")]
    Ceremony,
    /// It answers another challenge.
    #[error("the answer is to another challenge")]
    Challenge,
    /// A page of another site, or inside one, has asked.
    #[error("the page that asked is not of the relying party")]
    Origin,
    /// The authenticator data is too long or too short, or says what it does not have.
    #[error("the authenticator's data cannot be read")]
    AuthenticatorData,
    /// The passkey is of another relying party.
    #[error("the passkey is for another relying party")]
    RelyingParty,
    /// The device has not made sure who holds it.
    #[error("the device has not verified its user")]
    Unverified,
    /// The key is of another algorithm or in another encoding.
    #[error("the passkey is not of ES256")]
    Algorithm,
    /// The signature is not by the passkey.
    #[error("the signature is not by the passkey")]
    Signature,
}

/// Reads a new passkey (WebAuthn section 7.1). `relying_party` is the hash of the id of the site that asks.
///
/// # Errors
/// [`PasskeyFault`].
pub fn register(
    registration: Registration<'_>,
    challenge: &Hash,
    relying_party: &Hash,
) -> Result<Passkey, PasskeyFault> {
    check_client_data(
        registration.client_data,
        "webauthn.create",
        challenge,
        relying_party,
    )?;
    let data = AuthenticatorData::read(registration.authenticator_data)?;
    data.check(relying_party)?;
    if data.flags & HAS_CREDENTIAL == 0 {
        return Err(PasskeyFault::AuthenticatorData);
    }
    let attested = data.rest.split_at_checked(AAGUID_BYTES);
    let (_, attested) = attested.ok_or(PasskeyFault::AuthenticatorData)?;
    let length = attested.split_first_chunk::<2>();
    let (length, attested) = length.ok_or(PasskeyFault::AuthenticatorData)?;
    let length = usize::from(u16::from_be_bytes(*length));
    if length == 0 || length > CREDENTIAL_BYTES_MAX {
        return Err(PasskeyFault::AuthenticatorData);
    }
    let split = attested.split_at_checked(length);
    let (credential, key) = split.ok_or(PasskeyFault::AuthenticatorData)?;
    let (public, behind) = read_key(key).ok_or(PasskeyFault::Algorithm)?;
    if !behind.is_empty() && data.flags & HAS_EXTENSIONS == 0 {
        return Err(PasskeyFault::AuthenticatorData);
    }
    Ok(Passkey {
        credential: credential.to_vec(),
        public,
        relying_party: *relying_party,
    })
}

/// Checks that a passkey has answered a challenge (WebAuthn section 7.2).
///
/// # Errors
/// [`PasskeyFault`].
pub fn verify(
    assertion: Assertion<'_>,
    public: &[u8],
    relying_party: &Hash,
    challenge: &Hash,
) -> Result<(), PasskeyFault> {
    check_client_data(
        assertion.client_data,
        "webauthn.get",
        challenge,
        relying_party,
    )?;
    let data = AuthenticatorData::read(assertion.authenticator_data)?;
    data.check(relying_party)?;
    if !data.rest.is_empty() && data.flags & HAS_EXTENSIONS == 0 {
        return Err(PasskeyFault::AuthenticatorData);
    }
    let mut signed = assertion.authenticator_data.to_vec();
    signed.extend_from_slice(&sha256(&[assertion.client_data]).0);
    let key = UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, public);
    key.verify(&signed, assertion.signature)
        .map_err(|_| PasskeyFault::Signature)
}

/// SHA-256 of texts, one behind the other: how relying parties are named, and what WebAuthn signs.
pub fn sha256(parts: &[&[u8]]) -> Hash {
    let mut context = Context::new(&SHA256);
    for part in parts {
        context.update(part);
    }
    let mut hash = [0; 32];
    for (to, from) in hash.iter_mut().zip(context.finish().as_ref()) {
        *to = *from;
    }
    Hash(hash)
}

/// The members of client data that say something to us.
#[derive(Deserialize)]
struct ClientData<'a> {
    #[serde(rename = "type", borrow)]
    ceremony: Cow<'a, str>,
    #[serde(borrow)]
    challenge: Cow<'a, str>,
    #[serde(borrow)]
    origin: Cow<'a, str>,
    #[serde(rename = "crossOrigin", default)]
    is_cross_origin: bool,
    #[serde(rename = "topOrigin")]
    top_origin: Option<IgnoredAny>,
}

fn check_client_data(
    bytes: &[u8],
    ceremony: &str,
    challenge: &Hash,
    relying_party: &Hash,
) -> Result<(), PasskeyFault> {
    if bytes.len() > CLIENT_DATA_BYTES_MAX {
        return Err(PasskeyFault::ClientData);
    }
    let data: ClientData<'_> =
        serde_json::from_slice(bytes).map_err(|_| PasskeyFault::ClientData)?;
    if data.ceremony != ceremony {
        return Err(PasskeyFault::Ceremony);
    }
    if data.challenge != Base64UrlUnpadded::encode_string(&challenge.0) {
        return Err(PasskeyFault::Challenge);
    }
    let is_framed = data.is_cross_origin || data.top_origin.is_some();
    if is_framed || !origin::is_of(&data.origin, relying_party) {
        return Err(PasskeyFault::Origin);
    }
    Ok(())
}

/// What every authenticator says (WebAuthn section 6.1).
struct AuthenticatorData<'a> {
    relying_party: Hash,
    flags: u8,
    rest: &'a [u8],
}

impl<'a> AuthenticatorData<'a> {
    fn read(bytes: &'a [u8]) -> Result<Self, PasskeyFault> {
        if bytes.len() > AUTHENTICATOR_DATA_BYTES_MAX {
            return Err(PasskeyFault::AuthenticatorData);
        }
        let header = bytes.split_first_chunk::<HEADER_BYTES>();
        let (header, rest) = header.ok_or(PasskeyFault::AuthenticatorData)?;
        let (relying_party, flags_and_counter) = header
            .split_first_chunk::<32>()
            .ok_or(PasskeyFault::AuthenticatorData)?;
        let flags = flags_and_counter.first();
        Ok(Self {
            relying_party: Hash(*relying_party),
            flags: *flags.ok_or(PasskeyFault::AuthenticatorData)?,
            rest,
        })
    }

    fn check(&self, relying_party: &Hash) -> Result<(), PasskeyFault> {
        if self.relying_party != *relying_party {
            return Err(PasskeyFault::RelyingParty);
        }
        let seen = USER_PRESENT | USER_VERIFIED;
        if self.flags & seen != seen {
            return Err(PasskeyFault::Unverified);
        }
        // Section 6.1.3: what cannot be backed up is not backed up.
        if self.flags & BACKED_UP != 0 && self.flags & BACKUP_ELIGIBLE == 0 {
            return Err(PasskeyFault::AuthenticatorData);
        }
        Ok(())
    }
}

/// The point of a key, and what stands behind it; none if it is of another algorithm or encoding.
fn read_key(bytes: &[u8]) -> Option<([u8; P256_BYTES], &[u8])> {
    let x_on = bytes.strip_prefix(&KEY_BEFORE_X)?;
    let (x, x_behind) = x_on.split_first_chunk::<32>()?;
    let y_on = x_behind.strip_prefix(&KEY_BEFORE_Y)?;
    let (y, behind) = y_on.split_first_chunk::<32>()?;
    let mut point = Vec::with_capacity(P256_BYTES);
    point.push(4);
    point.extend_from_slice(x);
    point.extend_from_slice(y);
    Some((point.try_into().ok()?, behind))
}
