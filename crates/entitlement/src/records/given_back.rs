//! Of a payment for several months, those that refunds took while the others stay.

use crate::records::money::{FenSum, Sums};
use std::collections::BTreeMap;
use yizhang_ledger::value::Month;

/// Of a record for several months those that refunds took while the others stay, each with the position of the refund.
#[derive(Clone, Default)]
pub(crate) struct GivenBack {
    /// Those whose money went back.
    pub(crate) own: BTreeMap<Month, usize>,
    /// Those for which a part went back that had made this record full.
    pub(crate) of_parts: BTreeMap<Month, usize>,
    /// What went back for months that are no employee months.
    pub(crate) beside_overlap: Sums,
    /// What stays of the money of months that were taken by refunds of less than they were paid with.
    pub(crate) stays: FenSum,
}

/// What refunds took of a record that has none.
pub(crate) static NOTHING: GivenBack = GivenBack {
    own: BTreeMap::new(),
    of_parts: BTreeMap::new(),
    beside_overlap: Sums {
        unit: FenSum::ZERO,
        person: FenSum::ZERO,
    },
    stays: FenSum::ZERO,
};

impl GivenBack {
    /// The position of the refund that took a month.
    pub(crate) fn of(&self, month: Month) -> Option<usize> {
        self.own
            .get(&month)
            .or_else(|| self.of_parts.get(&month))
            .copied()
    }

    /// Whether refunds took a month.
    pub(crate) fn has(&self, month: Month) -> bool {
        self.of(month).is_some()
    }
}
