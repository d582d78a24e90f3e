//! What anyone can check with bytes alone.
//!
//! This crate is the format of the ledger and its verification: canonical entries, hashing, the Merkle tree of a chain
//! with its proofs, the hash chain of batches, signed heads, and the roster that says whose keys count. An auditor who
//! has read this crate and `docs/FORMAT.md` needs to read nothing else to know what a chain proves.
//!
//! It is *not* the place for files, sockets, clocks, randomness or threads: time and keys arrive as arguments, bytes go
//! in and values come out. It compiles without `std`.
//!
//! A head is signed over a tree, a proof ties a record to the head, and only then may the record be believed:
//!
//! ```
//! use yizhang_ledger::{hash::hash_leaves, tree::Frontier};
//!
//! let entries: [&[u8]; 3] = [b"first", b"second", b"third"];
//! let leaves = hash_leaves(entries.iter().copied());
//! let mut tree: Frontier = Frontier::default();
//! tree.extend(&leaves, |_level, _first, _nodes| {});
//! assert_eq!(tree.size().0, 3);
//! let path = yizhang_ledger::tree::inclusion_path(&leaves, 1).unwrap();
//! assert!(yizhang_ledger::tree::verify_inclusion(&leaves[1], 1, 3, &path, &tree.root()).is_ok());
//! ```
#![no_std]
// `expect` is allowed with the sentence that proves that it cannot happen: a broken belief of our own must be loud.
#![cfg_attr(not(test), warn(clippy::unwrap_used))]
// What the lints of the workspace do not ask of every crate.
#![warn(
    clippy::indexing_slicing,
    clippy::float_arithmetic,
    clippy::arithmetic_side_effects,
    clippy::as_conversions
)]

extern crate alloc;

pub mod approval;
pub mod batch;
pub mod beginning;
pub mod chain;
pub mod codec;
pub mod cosignature;
pub mod deposit;
pub mod dispute;
pub mod entry;
pub mod fact;
pub mod hash;
pub mod head;
pub mod holder;
pub mod invalid;
pub mod multiproof;
pub mod note;
mod number;
pub mod order;
pub mod person;
pub mod range;
pub mod record;
pub mod register;
pub mod roster;
pub mod segment;
pub mod tree;
pub mod value;
pub mod verified;
pub mod warning;

pub use invalid::Invalid;
pub use verified::Verified;
