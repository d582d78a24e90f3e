//! Conflicts: their classes, and what finds those of months and records.

pub mod class;
pub(crate) mod finders;
pub(crate) mod keepers;
pub(crate) mod money_back;
