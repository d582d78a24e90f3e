//! Order files: what is read, what is refused, what months and proofs come of them. Each file is a module.

mod faults;
mod months;
mod proofs;
mod support;
