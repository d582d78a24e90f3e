//! The verifier as one HTML file that opens from disk and speaks to nobody: policy, style, script, WebAssembly and, if there are any, the
//! files that it is about.
//!
//! What it checks by stands in `verifier`, compiled to WebAssembly by `build-wasm.sh` and kept in `assets/`; the words of verdicts
//! stand in `show`. Not the place for anything that decides. The same arguments give the same page, to the byte.
//!
//! ```
//! use yizhang_page::{Page, page};
//!
//! let empty = page(&Page::default());
//! assert!(empty.starts_with("<!DOCTYPE html>"));
//! assert!(empty.contains("default-src 'none'"));
//! ```

mod document;
mod packed;

pub use document::{Page, page};

rust_i18n::i18n!("locales", fallback = "en");

/// The verifier as `build-wasm.sh` makes it.
pub const VERIFIER: &[u8] = include_bytes!("../assets/verifier.wasm");
