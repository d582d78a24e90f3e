//! The audit of whole chains. Each file is a module.

mod approvals;
mod beside;
mod compare;
mod faults;
mod fixture;
mod registers;
mod replay;
mod resume;
mod speed;
