//! What keys sign: always a fresh challenge of the node, under a context that says for what.

use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};
use std::fmt;
use yizhang_ledger::{
    hash::{Hash, derive},
    holder::HolderName,
    value::{Day, Division},
};

/// Context of what an Ed25519 key signs to open an account.
pub const OPENING_CONTEXT: &str = "yizhang 2026-11-30 v1 holder opens account";
/// Context of what a new Ed25519 key signs to be bound.
pub const BINDING_CONTEXT: &str = "yizhang 2026-11-30 v1 holder binds key";
/// Context of what passkeys sign, to be bound and to open.
pub const PASSKEY_CONTEXT: &str = "yizhang 2026-11-30 v1 passkey challenge";

/// A challenge of a node: 32 random bytes that count once, and for a few minutes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Nonce(pub [u8; 32]);

impl fmt::Debug for Nonce {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Nonce([redacted])")
    }
}

/// What a key is asked to open: its account, at one node, on a day, in answer to a challenge.
#[derive(Clone, Copy, Debug)]
pub struct Opening<'a> {
    /// What the key is called.
    pub name: HolderName,
    /// The region of the node that is asked: an answer to one is none to another.
    pub node: Division,
    /// The day.
    pub day: Day,
    /// The challenge.
    pub nonce: &'a Nonce,
}

/// The signature with which a key opens the account that it is bound to.
pub fn sign_opening(key: &SigningKey, opening: &Opening<'_>) -> [u8; 64] {
    key.sign(&opening.message().0).to_bytes()
}

/// Whether a signature opens the account, by [`VerifyingKey::verify_strict`].
pub fn opens(public: &[u8], signature: &[u8], opening: &Opening<'_>) -> bool {
    verifies(public, signature, &opening.message())
}

/// The signature with which a new key shows that it is held, when it is bound.
pub fn sign_binding(key: &SigningKey, name: HolderName, nonce: &Nonce) -> [u8; 64] {
    key.sign(&binding(name, nonce).0).to_bytes()
}

/// Whether a new key is held by whoever wants it bound.
pub fn is_held(public: &[u8], signature: &[u8], name: HolderName, nonce: &Nonce) -> bool {
    verifies(public, signature, &binding(name, nonce))
}

/// The challenge that a passkey signs for a day. It names no account: until the passkey has answered, nobody knows whose it is.
pub fn passkey_challenge(day: Day, nonce: &Nonce) -> Hash {
    derive(PASSKEY_CONTEXT, &[&day.number().to_le_bytes(), &nonce.0])
}

impl Opening<'_> {
    fn message(&self) -> Hash {
        let node = self.node.code().to_le_bytes();
        let day = self.day.number().to_le_bytes();
        let parts = [&self.name.to_bytes()[..], &node, &day, &self.nonce.0];
        derive(OPENING_CONTEXT, &parts)
    }
}

fn binding(name: HolderName, nonce: &Nonce) -> Hash {
    derive(BINDING_CONTEXT, &[&name.to_bytes(), &nonce.0])
}

fn verifies(public: &[u8], signature: &[u8], message: &Hash) -> bool {
    let (Ok(public), Ok(signature)) = (public.try_into(), signature.try_into()) else {
        return false;
    };
    let Ok(key) = VerifyingKey::from_bytes(public) else {
        return false;
    };
    key.verify_strict(&message.0, &Signature::from_bytes(signature))
        .is_ok()
}
