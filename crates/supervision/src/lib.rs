//! What a regulator sees of platforms, computed from records, rules and a day.
//!
//! Coverage of orders, the special fund, cases of injury, subsidies and warnings are pure functions of a *set* of records: the same set, in any
//! order, gives the same lines, the same sums and the same warnings with the same numbers. What a platform did not do is named, with the
//! records that it rests on; nothing is determined here: whether an accident was at work, who pays what and whether a warning is right are
//! for people (PIPL art. 24).
//!
//! It is *not* the place for files, sockets, clocks or randomness, and it takes no number from anywhere but records and rules. Most
//! thresholds are proposals of ours, which the rules of this crate ([`terms::policy`]) mark as such and an operator replaces; they are no part of the rules
//! of an account, and change none.
//!
//! ```
//! use yizhang_ledger::value::Day;
//! use yizhang_supervision::{Terms, terms, walk};
//!
//! let terms = Terms::new(terms::embedded(), Day::parse("2026-11-30").unwrap());
//! let views = walk([], &terms);
//! assert!(views.coverage.is_empty() && views.warnings.candidates.is_empty());
//! ```
//!
//! # How it streams
//!
//! A worker's records are looked at together and then let go ([`Supervision::add_worker`]): what stays is sums by platform, place and month. Records
//! of parties (premiums, the fund, warnings) are few and stay until the end. So a million workers take the memory of their platforms' months.
// `expect` is allowed with the sentence that proves that it cannot happen: a broken belief of our own must be loud.
#![cfg_attr(not(test), warn(clippy::unwrap_used))]
// What the lints of the workspace do not ask of every crate.
#![warn(
    clippy::indexing_slicing,
    clippy::float_arithmetic,
    clippy::arithmetic_side_effects,
    clippy::as_conversions
)]

pub mod coverage;
mod days;
pub mod fund;
pub mod injuries;
mod money;
mod named;
mod stated;
pub mod subsidies;
mod supervision;
pub mod terms;
pub mod warnings;

pub use money::FenSum;
pub use named::{Named, RECORDS_NAMED_MAX};
pub use stated::{Acting, SetAside, Stated, Why, acting};
pub use supervision::{Injury, OfParties, OfWorker, Supervision, Views, Warnings, reads, walk};
pub use terms::Terms;
