//! The benchmark: what the program exists for, measured beside what the machine can do at most and beside what a team would
//! reach for instead, in one run. docs/BENCHMARKS.md describes every figure.
//!
//! It measures the store, the auditor and the caller's checks through their crates, and nodes as the processes that people
//! run. It is *not* a test: no time is asserted anywhere, and nothing else depends on it.
#![allow(
    clippy::cast_precision_loss,
    reason = "figures are for people; 53 bits are enough"
)]
#![allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "ranks and counts of some millions"
)]

pub mod calls;
pub mod chains;
pub mod complete;
pub mod epochs;
pub mod federation;
pub mod figure;
pub mod ingest;
pub mod lookups;
pub mod machine;
pub mod portal;
pub mod report;
mod run;
pub mod statements;
pub mod systems;
pub mod tls;
pub mod workload;

pub use run::{Options, Part, run};
