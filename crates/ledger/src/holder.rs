//! The name of a key that is bound to an account, and the submissions under which its records stand: so they are found in every copy of a
//! chain by the index that there is.

use crate::{
    batch::SubmissionId,
    hash::{Hash, derive},
    person::AccountId,
    value::Division,
};

/// Context of [`HolderName::binding`].
pub const BINDING_CONTEXT: &str = "yizhang 2026-11-30 v1 submission of a key binding";
/// Context of [`HolderName::ending`].
pub const ENDING_CONTEXT: &str = "yizhang 2026-11-30 v1 submission of a key ending";

/// Keys that may be bound to an account in one chain, ended ones included: a new phone twice a year, for a life.
pub const BINDINGS_MAX: u32 = 128;

/// Which key: the account, the region in whose chain it was bound, and which binding of that account it is there, from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct HolderName {
    /// The account.
    pub account: AccountId,
    /// The region whose chain has the binding.
    pub region: Division,
    /// Which one.
    pub number: u32,
}

impl HolderName {
    /// Bytes of a name: what a passkey keeps as its user handle.
    pub const BYTES: usize = 24;

    /// The account, then region and number as four bytes each, little endian.
    pub fn to_bytes(self) -> [u8; Self::BYTES] {
        let mut bytes = [0; Self::BYTES];
        let (account, rest) = bytes.split_at_mut(16);
        let (region, number) = rest.split_at_mut(4);
        account.copy_from_slice(&self.account.0);
        region.copy_from_slice(&self.region.code().to_le_bytes());
        number.copy_from_slice(&self.number.to_le_bytes());
        bytes
    }

    /// Reads what [`Self::to_bytes`] gives; none if it names no region or has another length.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let bytes: &[u8; Self::BYTES] = bytes.try_into().ok()?;
        let (account, rest) = bytes.split_first_chunk::<16>()?;
        let (region, number) = rest.split_first_chunk::<4>()?;
        Some(Self {
            account: AccountId(*account),
            region: Division::new(u32::from_le_bytes(*region))?,
            number: u32::from_le_bytes(*number.first_chunk()?),
        })
    }

    /// The submission with which its region's node binds it.
    pub fn binding(self) -> SubmissionId {
        self.submission(BINDING_CONTEXT)
    }

    /// The submission with which any region's node ends it.
    pub fn ending(self) -> SubmissionId {
        self.submission(ENDING_CONTEXT)
    }

    fn submission(self, context: &str) -> SubmissionId {
        let Hash(hash) = derive(context, &[&self.to_bytes()]);
        let id = hash.first_chunk().expect("a hash has 32 bytes");
        SubmissionId(*id)
    }
}
