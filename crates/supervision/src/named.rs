//! The records that a line rests on, where there may be a million of them.

use yizhang_ledger::entry::RecordId;

/// Most records that a line about a platform names: enough to begin looking, and few enough for every month of every platform.
pub const RECORDS_NAMED_MAX: usize = 8;

/// The records with the smallest ids, at most [`RECORDS_NAMED_MAX`], of so many: the same in whatever order they come.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Named {
    smallest: Vec<RecordId>,
    count: u64,
}

impl Named {
    /// Takes a record in. Each is taken once.
    pub(crate) fn add(&mut self, id: RecordId) {
        self.count = self.count.saturating_add(1);
        self.keep(id);
    }

    /// Takes those of another in.
    pub(crate) fn merge(&mut self, other: &Self) {
        self.count = self.count.saturating_add(other.count);
        for id in &other.smallest {
            self.keep(*id);
        }
    }

    fn keep(&mut self, id: RecordId) {
        let is_full = self.smallest.len() >= RECORDS_NAMED_MAX;
        if is_full && self.smallest.last().is_some_and(|last| *last <= id) {
            return;
        }
        if let Err(at) = self.smallest.binary_search(&id) {
            self.smallest.insert(at, id);
            self.smallest.truncate(RECORDS_NAMED_MAX);
        }
    }

    /// Those that are named, ascending.
    pub fn records(&self) -> &[RecordId] {
        &self.smallest
    }

    /// How many there are, named or not.
    pub const fn count(&self) -> u64 {
        self.count
    }
}
