//! Who cosigns, and a line by which one does.

use alloc::string::String;
use yizhang_ledger::{cosignature::UnixSeconds, roster::KeyKind, value::Division};

/// Who cosigns: the node of a region, as its witness or as its mirror.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Cosigner {
    /// As what: never as a chain.
    pub kind: KeyKind,
    /// The region of the node.
    pub region: Division,
}

/// A cosignature that was verified, of a key that the roster names for that time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Line {
    pub(crate) by: Cosigner,
    /// Which of the cosigner's keys.
    pub(crate) key_id: u32,
    pub(crate) time: UnixSeconds,
    /// As it stands in a note, with its newline.
    pub(crate) text: String,
}
