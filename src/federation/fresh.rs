//! Fresh keys.

use anyhow::Context;
use ed25519_dalek::{
    SigningKey,
    pkcs8::spki::der::pem::LineEnding,
    pkcs8::{EncodePrivateKey, KeypairBytes},
};
use yizhang_node::NodeKeys;

/// 32 random bytes.
pub(crate) fn random_bytes() -> anyhow::Result<[u8; 32]> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).context("the system gives no random bytes")?;
    Ok(bytes)
}

pub(crate) fn random_key() -> anyhow::Result<SigningKey> {
    Ok(SigningKey::from_bytes(&random_bytes()?))
}

/// The keys of a node.
pub(super) fn random_keys() -> anyhow::Result<NodeKeys> {
    Ok(NodeKeys {
        chain: random_key()?,
        chain_before: Vec::new(),
        witness: random_key()?,
        mirror: random_key()?,
    })
}

pub(crate) fn private_pem(key: &SigningKey) -> anyhow::Result<String> {
    // Version 1, the private key alone: OpenSSL 3.0 and Python's `cryptography` read no other.
    let bytes = KeypairBytes {
        secret_key: key.to_bytes(),
        public_key: None,
    };
    Ok(bytes
        .to_pkcs8_pem(LineEnding::LF)
        .context("a key can be written as PKCS #8")?
        .to_string())
}
