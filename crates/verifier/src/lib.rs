//! What the page of the verifier runs: files and rosters in, what they show out, as HTML in the language that is asked for.
//!
//! Pure, and the same code in WebAssembly as in the program: what is believed stands in `statement`, the words in `show`. It is not the
//! place for files, sockets or clocks: the day is an argument, and whoever calls has read the files.
//!
//! ```
//! use yizhang_show::{language::Language, verdict::Outcome};
//! use yizhang_verifier::{File, Request};
//!
//! let note = File { name: "shopping.txt", bytes: b"two pounds of apples" };
//! let request = Request { language: Language::En, day: "2026-11-30", files: vec![note], ..Request::default() };
//! let report = yizhang_verifier::check(&request);
//! assert_eq!(report.outcome(), Outcome::Refused);
//! ```
#![cfg_attr(
    not(test),
    warn(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::float_arithmetic,
        clippy::arithmetic_side_effects,
        clippy::as_conversions
    )
)]

mod check;
mod form;
mod person;
mod request;
mod rosters;

pub use check::check;
pub use request::{FILE_BYTES_MAX, FILES_MAX, File, Request, RequestFault};
