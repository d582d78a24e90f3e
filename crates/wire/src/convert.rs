//! Message fields to domain types: lengths and forms are checked here, once.

use crate::v1;
use yizhang_ledger::{
    batch::SubmissionId, beginning::Beginning, hash::Hash, head::Origin, person::AccountId,
    range::RANGE_HASHES_MAX, tree::PATH_HASHES_MAX, value::Day,
};

/// A field of a message that is not what the service calls for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FieldFault {
    /// Wrong number of bytes.
    #[error("{field}: expected {expected} bytes, found {found}")]
    Length {
        /// Field.
        field: &'static str,
        /// Expected bytes.
        expected: usize,
        /// Found bytes.
        found: usize,
    },
    /// Larger than the service goes.
    #[error("{field}: expected at most {limit}, found {found}")]
    Range {
        /// Field.
        field: &'static str,
        /// Limit.
        limit: usize,
        /// Found.
        found: usize,
    },
    /// Not in the form that the field has.
    #[error("{field}: expected {expected}")]
    Form {
        /// Field.
        field: &'static str,
        /// What was expected.
        expected: &'static str,
    },
}

/// A submission id: 16 bytes.
///
/// # Errors
/// [`FieldFault::Length`].
pub fn submission_id(bytes: &[u8]) -> Result<SubmissionId, FieldFault> {
    fixed("submission_id", bytes).map(SubmissionId)
}

/// An account id: 16 bytes.
///
/// # Errors
/// [`FieldFault::Length`].
pub fn account_id(bytes: &[u8]) -> Result<AccountId, FieldFault> {
    fixed("account", bytes).map(AccountId)
}

/// A digest: 32 bytes.
///
/// # Errors
/// [`FieldFault::Length`].
pub fn digest(bytes: &[u8]) -> Result<Hash, FieldFault> {
    hash("digest", bytes)
}

/// A hash in this field: 32 bytes.
///
/// # Errors
/// [`FieldFault::Length`].
pub fn hash(field: &'static str, bytes: &[u8]) -> Result<Hash, FieldFault> {
    fixed(field, bytes).map(Hash)
}

/// The name of a chain.
///
/// # Errors
/// [`FieldFault::Form`].
pub fn origin(text: &str) -> Result<Origin, FieldFault> {
    Origin::parse(text).ok_or(FieldFault::Form {
        field: "origin",
        expected: "federation/region",
    })
}

/// A day of the calendar, `YYYYMMDD`.
///
/// # Errors
/// [`FieldFault::Form`].
pub fn day(number: u32) -> Result<Day, FieldFault> {
    Day::new(number).ok_or(FieldFault::Form {
        field: "as_of",
        expected: "a day as YYYYMMDD",
    })
}

/// A path: whole hashes of 32 bytes, at most [`PATH_HASHES_MAX`].
///
/// # Errors
/// [`FieldFault::Form`].
pub fn hashes(bytes: &[u8]) -> Result<Vec<Hash>, FieldFault> {
    let (hashes, rest) = bytes.as_chunks::<32>();
    if !rest.is_empty() || hashes.len() > PATH_HASHES_MAX {
        return Err(FieldFault::Form {
            field: "path",
            expected: "at most 63 hashes of 32 bytes",
        });
    }
    Ok(hashes.iter().map(|hash| Hash(*hash)).collect())
}

/// What ties two heads together: a root, and the path from it.
///
/// # Errors
/// [`FieldFault::Length`], [`FieldFault::Form`].
pub fn beginning(message: &v1::Beginning) -> Result<Beginning, FieldFault> {
    Ok(Beginning {
        root: hash("root", &message.root)?,
        path: hashes(&message.path)?,
    })
}

/// The hashes of one side of a range: whole hashes of 32 bytes, at most [`RANGE_HASHES_MAX`].
///
/// # Errors
/// [`FieldFault::Form`].
pub fn range_hashes(bytes: &[u8]) -> Result<Vec<Hash>, FieldFault> {
    let (hashes, rest) = bytes.as_chunks::<32>();
    if !rest.is_empty() || hashes.len() > RANGE_HASHES_MAX {
        return Err(FieldFault::Form {
            field: "range",
            expected: "at most 126 hashes of 32 bytes",
        });
    }
    Ok(hashes.iter().map(|hash| Hash(*hash)).collect())
}

/// A path as bytes.
pub fn path_bytes(path: &[Hash]) -> Vec<u8> {
    path.iter().flat_map(|hash| hash.0).collect()
}

fn fixed<const N: usize>(field: &'static str, bytes: &[u8]) -> Result<[u8; N], FieldFault> {
    bytes.try_into().map_err(|_| FieldFault::Length {
        field,
        expected: N,
        found: bytes.len(),
    })
}
