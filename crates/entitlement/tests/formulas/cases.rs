//! The case files, one a subject.

mod benefit_place;
mod money;
mod pension;
mod retirement;
mod unemployment;
