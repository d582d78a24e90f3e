//! The number of a warning, the same at every node, and what it rests on.

use crate::{
    entry::RecordId,
    hash::{Hash, derive},
    record::Subject,
    value::{Code, Division, Month},
};
use alloc::vec::Vec;

/// Context of [`id`].
pub const ID_CONTEXT: &str = "yizhang 2026-11-30 v1 warning";
/// Context of [`basis`].
pub const BASIS_CONTEXT: &str = "yizhang 2026-11-30 v1 records of a warning";

/// The number of the warning of a rule about a subject at a place, from a month on.
pub fn id(rule: Code<'_>, subject: &Subject<'_>, place: Division, first: Month) -> Hash {
    let worker = subject.worker.map_or([0; 16], |account| account.0);
    let case = subject.case.map_or([0; 16], |case| case.0);
    let given = [
        u8::from(subject.worker.is_some()),
        u8::from(subject.case.is_some()),
    ];
    derive(
        ID_CONTEXT,
        &[
            &length_first(rule),
            &given,
            &worker,
            &case,
            &length_first(subject.party),
            &place.code().to_le_bytes(),
            &first.number().to_le_bytes(),
        ],
    )
}

/// A code behind its length in one byte, so that two codes in a row are read in one way only.
fn length_first(code: Code<'_>) -> Vec<u8> {
    let text = code.as_str().as_bytes();
    let length = u8::try_from(text.len()).expect("a code has 32 bytes at most");
    let mut bytes = Vec::with_capacity(33);
    bytes.push(length);
    bytes.extend_from_slice(text);
    bytes
}

/// The hash of the ids of the records that a warning rests on, each once, in ascending order.
pub fn basis(records: &[RecordId]) -> Hash {
    let mut sorted: Vec<&RecordId> = records.iter().collect();
    sorted.sort_unstable();
    sorted.dedup();
    let ids: Vec<&[u8]> = sorted.iter().map(|id| id.0.0.as_slice()).collect();
    derive(BASIS_CONTEXT, &ids)
}
