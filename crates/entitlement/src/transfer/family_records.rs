//! The records that a case looks at.

use crate::{
    months::overlap::Cover,
    policy::Successors,
    records::set::{Held, RecordSet},
};
use std::ops::Range;

/// The records of one family in a set, with what it takes to read them.
#[derive(Clone, Copy)]
pub(crate) struct FamilyRecords<'s, 'f> {
    pub(crate) set: &'s RecordSet<'f>,
    pub(crate) range: &'s Range<usize>,
    pub(crate) cover: Cover<'s>,
    /// The names that divisions have had since.
    pub(crate) successors: &'s Successors<'s>,
}

impl<'s, 'f> FamilyRecords<'s, 'f> {
    /// Every record with its position.
    pub(crate) fn all(self) -> impl Iterator<Item = (usize, &'s Held<'f>)> {
        self.set.within(self.range)
    }
}
