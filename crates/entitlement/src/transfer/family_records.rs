//! The records that a case looks at.

use crate::{months::overlap::Cover, policy::Successors, records::set::RecordSet};
use std::ops::Range;

/// Where records are looked for.
#[derive(Clone, Copy)]
pub(crate) struct Field<'s, 'f> {
    pub(crate) set: &'s RecordSet<'f>,
    pub(crate) range: &'s Range<usize>,
    pub(crate) cover: Cover<'s>,
    /// The names that divisions have had since.
    pub(crate) successors: &'s Successors<'s>,
}
