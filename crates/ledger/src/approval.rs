//! Which records a second clerk approves before they enter a chain, and under which submission the approval stands.

use crate::{
    batch::SubmissionId,
    entry::Kind,
    hash::{Hash, derive},
    record::{Contribution, Ending, InjuryStep, Record},
    value::Fen,
};

/// Context of [`submission_of`].
pub const SUBMISSION_CONTEXT: &str = "yizhang 2026-11-30 v1 submission of an approval";

/// The kinds that two clerks answer for: what changes or takes back what stands in a chain already, says who is who, ends a transfer, or grades an injury.
pub const KINDS: [Kind; 10] = [
    Kind::IDENTITY_LINK,
    Kind::IDENTITY_SPLIT,
    Kind::ADJUST_DELTA,
    Kind::REFUND,
    Kind::REVERSAL,
    Kind::DUPLICATE_AGREEMENT,
    Kind::CLOSED,
    Kind::WITHDRAWN,
    Kind::CORRECTION,
    Kind::DISABILITY_GRADE,
];

/// Types of contribution that act as refunds (20) and differences (34, 35) under whatever kind they stand.
const CHANGING_NATURES: [u16; 3] = [20, 34, 35];

/// Whether two clerks answer for a record, where a node asks for it: it is of one of [`KINDS`], or a contribution that acts like one, by its
/// type or by a sum below zero, or decides about an injury, or dismisses a warning.
pub fn is_for_two(record: &Record<'_>) -> bool {
    let acts_so = match record {
        Record::Contribution(_, fields) => changes_others(fields),
        Record::InjuryDetermination(fields) => {
            matches!(
                fields.step,
                InjuryStep::Recognised | InjuryStep::NotRecognised
            )
        }
        Record::WarningClosed(fields) => fields.ending == Ending::Dismissed,
        _ => false,
    };
    acts_so || KINDS.contains(&record.kind())
}

fn changes_others(fields: &Contribution<'_>) -> bool {
    let Contribution {
        base,
        paid,
        credited,
        ..
    } = fields;
    let sums = [
        *base,
        paid.unit,
        paid.person,
        credited.unit,
        credited.person,
    ];
    CHANGING_NATURES.contains(&fields.nature) || sums.iter().any(|sum| *sum < Fen::ZERO)
}

/// The submission of the node under which the approval of a submission stands.
pub fn submission_of(approved: SubmissionId, content: &Hash) -> SubmissionId {
    let Hash(hash) = derive(SUBMISSION_CONTEXT, &[&approved.0, &content.0]);
    let id = hash.first_chunk().expect("a hash has 32 bytes");
    SubmissionId(*id)
}
