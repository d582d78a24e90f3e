//! The months of a scheme family: which count, where, on what base, what is missing between them.

pub(crate) mod by_place;
pub(crate) mod debts;
pub(crate) mod ends;
pub(crate) mod gaps;
pub(crate) mod holders;
pub(crate) mod ledger;
pub(crate) mod overlap;
pub(crate) mod totals;
pub(crate) mod years;
