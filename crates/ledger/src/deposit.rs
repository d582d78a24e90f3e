//! What a platform signs when it deposits evidence, and the check of it.

use crate::{
    hash::{Hash, derive},
    record::{DEPOSIT_SIGNATURE_BYTES, Deposit},
    value::{Code, Division},
};
use ed25519_dalek::{Signature, VerifyingKey};

/// Context of [`digest`].
pub const DIGEST_CONTEXT: &str = "yizhang 2026-11-30 v1 records of a deposit";
/// Context of [`message`].
pub const MESSAGE_CONTEXT: &str = "yizhang 2026-11-30 v1 deposit";

/// The digest of the entries that a deposit signs, in their order.
pub fn digest(entries: &[&[u8]]) -> Hash {
    derive(DIGEST_CONTEXT, entries)
}

/// What the platform signs: a hash over the region whose chain it deposits in, the platform, the number of records and their digest. A
/// deposit at one region says nothing at another.
pub fn message(region: Division, platform: Code<'_>, records: u32, digest: &Hash) -> [u8; 32] {
    let text = platform.as_str().as_bytes();
    let length = u8::try_from(text.len()).expect("a code has 32 bytes at most");
    let parts: [&[u8]; 5] = [
        &region.code().to_le_bytes(),
        &[length],
        text,
        &records.to_le_bytes(),
        &digest.0,
    ];
    derive(MESSAGE_CONTEXT, &parts).0
}

/// Why the signature of a deposit does not hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DepositFault {
    /// It signs another number of records than stand before it.
    #[error("the deposit signs {stated} records, and {found} stand before it")]
    Count {
        /// As it says.
        stated: u32,
        /// As there are.
        found: usize,
    },
    /// It signs other records.
    #[error("the deposit signs other records than those before it")]
    Digest,
    /// The key is none.
    #[error("the signing key of the deposit is no point of Ed25519")]
    Key,
    /// The signature is not by the key that it names.
    #[error("the signature of the deposit is not by the key that it names")]
    Signature,
}

/// Whether a deposit signs these entries, all that stand before it in its submission.
///
/// # Errors
/// [`DepositFault`].
pub fn verify(
    deposit: &Deposit<'_>,
    region: Division,
    entries: &[&[u8]],
) -> Result<(), DepositFault> {
    if usize::try_from(deposit.records) != Ok(entries.len()) {
        return Err(DepositFault::Count {
            stated: deposit.records,
            found: entries.len(),
        });
    }
    if deposit.digest != digest(entries) {
        return Err(DepositFault::Digest);
    }
    let key = VerifyingKey::from_bytes(&deposit.public).map_err(|_| DepositFault::Key)?;
    let signature: [u8; DEPOSIT_SIGNATURE_BYTES] = deposit
        .signature
        .try_into()
        .map_err(|_| DepositFault::Signature)?;
    let message = message(region, deposit.platform, deposit.records, &deposit.digest);
    key.verify_strict(&message, &Signature::from_bytes(&signature))
        .map_err(|_| DepositFault::Signature)
}
