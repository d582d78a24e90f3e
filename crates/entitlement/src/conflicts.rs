//! Conflicts: their classes, and what finds those of months and records.

pub mod class;
pub(crate) mod finders;
pub(crate) mod keepers;
pub(crate) mod lost_to_refund;
pub(crate) mod money_back;
pub(crate) mod of_families;
pub(crate) mod of_months;
pub(crate) mod of_records;
pub(crate) mod renamed;
