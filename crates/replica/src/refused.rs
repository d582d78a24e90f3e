//! Why a submission is refused: well formed, but not now, not here, or not again.

use crate::{Readiness, limits::TICKETS_PER_SUBMISSION_MAX};
use yizhang_ledger::{Invalid, batch::SubmissionId};

/// The reason, for the submitter.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// The node only mirrors other chains.
    #[error("this node writes no chain of its own: submit to the node of your region")]
    Mirror,
    /// The node may not sign now. If the submission had been taken already, its outcome is open: resend it under the
    /// same number.
    #[error("not ready to sign: {0}; send it again later under the same number")]
    NotReady(Readiness),
    /// Too much waits already.
    #[error(
        "busy: {waiting} {what} wait and {limit} may; send it again later under the same number"
    )]
    Busy {
        /// What there is too much of.
        what: &'static str,
        /// How many there are.
        waiting: usize,
        /// How many there may be.
        limit: usize,
    },
    /// The number was used for other content.
    #[error("submission {id} was sent before with other content")]
    Conflict {
        /// The number.
        id: SubmissionId,
    },
    /// More callers than allowed wait for this submission.
    #[error("{TICKETS_PER_SUBMISSION_MAX} callers wait for submission {id} already")]
    TooManyCallers {
        /// The number.
        id: SubmissionId,
    },
    /// The store was searched for earlier submissions too long ago: search again and resubmit.
    #[error(
        "the search for earlier submissions of {id} is out of date; send it again under the same number"
    )]
    SearchOutdated {
        /// The number.
        id: SubmissionId,
    },
    /// The submission can be part of no batch.
    #[error("{0}")]
    Invalid(Invalid),
}
