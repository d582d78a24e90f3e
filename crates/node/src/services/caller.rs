//! Who is calling: read from the certificate that TLS has verified, never from a message, once for each connection, at the door.

use crate::{
    certificate::caller,
    party::Party,
    refusal::Refusal,
    role::{Caller, Duties, Role},
};
use sha2::{Digest, Sha256};
use tonic::Request;
use yizhang_ledger::hash::Hash;

/// Digits of a fingerprint that tell certificates apart in a log.
const SHORT_DIGITS: usize = 16;

/// The holder of a verified certificate who has a role in the federation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Holder {
    pub(crate) role: Role,
    /// What a clerk may do.
    pub(crate) duties: Duties,
    /// SHA-256 of the certificate (DER), which tells certificates of one role apart.
    pub(crate) certificate: [u8; 32],
}

impl Holder {
    /// The beginning of the fingerprint, for the log of the node.
    pub(crate) fn short_fingerprint(&self) -> String {
        let digits = Hash(self.certificate).to_string();
        digits.chars().take(SHORT_DIGITS).collect()
    }
}

/// The holder of a verified certificate (DER); none if it names no role.
pub(crate) fn holder(certificate: &[u8], federation: &str) -> Option<Holder> {
    let Caller { role, duties } = caller(certificate, federation)?;
    Some(Holder {
        role,
        duties,
        certificate: Sha256::digest(certificate).into(),
    })
}

/// On whose account a call is.
///
/// # Errors
/// [`Refusal::Broken`] for a call that did not come through the layer of budgets.
pub(crate) fn party_of<T>(request: &Request<T>) -> Result<&Party, Refusal> {
    let party = request.extensions().get::<Party>();
    party.ok_or(Refusal::Broken("a call is on nobody's account"))
}
