//! Where the register of a size stands in a chain: its node submits it to itself, under a number that follows from the size.

use crate::role::Role;
use yizhang_ledger::{head::Origin, register::submission_id, value::TreeSize};
use yizhang_store::{Store, StoreError, StoredSubmission};

/// The submission with the register that covers so many entries of a chain; none if the chain commits to none of that size.
///
/// # Errors
/// [`StoreError`].
pub(crate) fn register_of(
    store: &Store,
    origin: &Origin,
    covers: TreeSize,
) -> Result<Option<StoredSubmission>, StoreError> {
    let submitter = Role::Node(origin.region()).submitter();
    store.submission(origin, &submitter, &submission_id(covers))
}
