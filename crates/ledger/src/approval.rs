//! Which records a second clerk approves before they enter a chain, and under which submission the approval stands.

use crate::{
    batch::SubmissionId,
    entry::Kind,
    hash::{Hash, derive},
};

/// Context of [`submission_of`].
pub const SUBMISSION_CONTEXT: &str = "yizhang 2026-11-30 v1 submission of an approval";

/// The kinds that two clerks answer for: what changes or takes back what stands in a chain already, says who is who, or ends a transfer.
pub const KINDS: [Kind; 7] = [
    Kind::IDENTITY_LINK,
    Kind::IDENTITY_SPLIT,
    Kind::ADJUST_DELTA,
    Kind::REVERSAL,
    Kind::CLOSED,
    Kind::WITHDRAWN,
    Kind::CORRECTION,
];

/// Whether two clerks answer for a record of this kind, where a node asks for it.
pub fn is_for_two(kind: Kind) -> bool {
    KINDS.contains(&kind)
}

/// The submission of the node under which the approval of a submission stands.
pub fn submission_of(approved: SubmissionId, content: &Hash) -> SubmissionId {
    let Hash(hash) = derive(SUBMISSION_CONTEXT, &[&approved.0, &content.0]);
    let id = hash.first_chunk().expect("a hash has 32 bytes");
    SubmissionId(*id)
}
