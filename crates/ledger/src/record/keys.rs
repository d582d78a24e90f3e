//! Keys by which workers show that they are there: bound to an account by its agency's node, and ended. Nobody reads by right without one
//! of them, or without a clerk's purpose.

use crate::{
    hash::Hash,
    person::AccountId,
    value::{Code, Day, Division},
};
use bincode::{BorrowDecode, Encode};

/// Bytes of an Ed25519 public key.
pub const ED25519_BYTES: usize = 32;
/// Bytes of a point of P-256 in its uncompressed form: 04, x, y (SEC 1, 2.3.3).
pub const P256_BYTES: usize = 65;
/// Longest credential id of a passkey that is taken. WebAuthn allows 1,023; what phones and desks make has 16 to 64, security keys up to
/// some 200.
pub const CREDENTIAL_BYTES_MAX: usize = 255;

/// What sort of key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, BorrowDecode)]
pub enum HolderKeyKind {
    /// An Ed25519 key in a file, for the command line.
    Ed25519,
    /// A passkey (WebAuthn, ES256) of a phone or a desk.
    Passkey,
}

/// 密钥绑定: a key of the worker's own was bound to the account. Written by the node itself, once the worker has shown a one-time code;
/// found under no account, but by the number of the binding ([`crate::holder::HolderName`]).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, BorrowDecode)]
pub struct KeyBound<'a> {
    /// The worker.
    pub account: AccountId,
    /// How many keys were bound to the account in this chain before.
    pub number: u32,
    /// What sort of key.
    pub kind: HolderKeyKind,
    /// The public key: [`ED25519_BYTES`] or [`P256_BYTES`].
    pub public: &'a [u8],
    /// Of a passkey, what the authenticator calls it; 1 to [`CREDENTIAL_BYTES_MAX`] bytes. Otherwise none.
    pub credential: &'a [u8],
    /// Of a passkey, the SHA-256 of the relying party's id, the domain for which it signs. Otherwise zeros.
    pub relying_party: Hash,
    /// The day.
    pub on: Day,
    /// How it was made sure who it is: `counter` where a clerk has issued a code, `sign-on` where the agency's identity provider
    /// vouched for the worker; others may follow.
    pub basis: Code<'a>,
    /// SHA-256 of the certificate of the clerk who issued the code; zeros where no clerk did.
    pub maker: Hash,
    /// SHA-256 of the certificate of the second clerk who approved it; zeros where none did.
    pub checker: Hash,
}

/// 密钥终止: a key counts no more, from here on. In any chain: whoever ends a key that somebody may have stolen is not to wait for the
/// region that bound it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, BorrowDecode)]
pub struct KeyEnded<'a> {
    /// The worker, as the binding names them.
    pub account: AccountId,
    /// Whose chain holds the binding.
    pub region: Division,
    /// The number of the binding.
    pub number: u32,
    /// The day.
    pub on: Day,
    /// Why: `holder` where the worker ended it, otherwise a code of the agency.
    pub reason: Code<'a>,
}
