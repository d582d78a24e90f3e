//! What a key has answered to open an account: checked when it opens, and kept with the ticket, so that other nodes can check it as well.

use yizhang_holder::{
    Nonce,
    passkey::{self, Assertion},
    proof::{self, Opening},
};
use yizhang_ledger::{
    hash::Hash,
    holder::HolderName,
    record::HolderKeyKind,
    value::{Day, Division},
};

/// Bytes of an answer that is kept: what browsers say takes some 400. A larger one opens, and other nodes are not asked with it.
const KEPT_BYTES_MAX: usize = 1_024;

/// What a key gives in answer to a challenge.
pub(crate) enum KeyAnswer {
    /// An Ed25519 key.
    Signature(Vec<u8>),
    Passkey {
        client_data: Vec<u8>,
        authenticator_data: Vec<u8>,
        signature: Vec<u8>,
    },
}

/// A key, as it is bound.
#[derive(Clone, Copy)]
pub(crate) struct BoundKey<'k> {
    pub(crate) kind: HolderKeyKind,
    pub(crate) public: &'k [u8],
    pub(crate) relying_party: &'k Hash,
}

/// An answer, and to what.
pub(crate) struct Answered {
    pub(crate) name: HolderName,
    pub(crate) day: Day,
    pub(crate) nonce: Nonce,
    pub(crate) answer: KeyAnswer,
}

impl Answered {
    /// Whether it is the key's, and opens its account at the node of a region.
    pub(crate) fn opens(&self, key: BoundKey<'_>, node: Division) -> bool {
        match (key.kind, &self.answer) {
            (HolderKeyKind::Ed25519, KeyAnswer::Signature(signature)) => {
                let opening = Opening {
                    name: self.name,
                    node,
                    day: self.day,
                    nonce: &self.nonce,
                };
                proof::opens(key.public, signature, &opening)
            }
            (
                HolderKeyKind::Passkey,
                KeyAnswer::Passkey {
                    client_data,
                    authenticator_data,
                    signature,
                },
            ) => {
                let assertion = Assertion {
                    client_data,
                    authenticator_data,
                    signature,
                };
                let asked = proof::passkey_challenge(self.day, &self.nonce);
                passkey::verify(assertion, key.public, key.relying_party, &asked).is_ok()
            }
            _ => false,
        }
    }

    /// Whether another node that gets it from the node of a region can know that it was given there. A file key signs the node that asks; what
    /// a passkey signs names none, so that it is believed where the portal of that node has bound it.
    pub(crate) fn is_for(&self, node: Division) -> bool {
        match self.answer {
            KeyAnswer::Signature(_) => true,
            KeyAnswer::Passkey { .. } => self.name.region == node,
        }
    }

    /// Whether it is small enough to be kept.
    pub(super) const fn is_kept(&self) -> bool {
        let bytes = match &self.answer {
            KeyAnswer::Signature(signature) => signature.len(),
            KeyAnswer::Passkey {
                client_data,
                authenticator_data,
                signature,
            } => client_data.len() + authenticator_data.len() + signature.len(),
        };
        bytes <= KEPT_BYTES_MAX
    }
}
