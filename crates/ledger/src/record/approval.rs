//! The word of a second clerk for a submission.

use crate::{
    batch::SubmissionId,
    hash::Hash,
    value::{Code, Day},
};
use bincode::{BorrowDecode, Encode};

/// 复核: a second clerk has approved a submission. Written by the node itself, in the batch of that submission and before it; found
/// under no account, but by the submission ([`crate::approval::submission_of`]).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, BorrowDecode)]
pub struct Approval<'a> {
    /// The submission that was approved.
    pub submission: SubmissionId,
    /// Who sent it.
    pub submitter: Code<'a>,
    /// Its content digest.
    pub content: Hash,
    /// SHA-256 of the certificate (DER) with which it was sent.
    pub maker: Hash,
    /// SHA-256 of the certificate (DER) of whoever approved it.
    pub checker: Hash,
    /// The day of the approval, in UTC+8.
    pub on: Day,
}
