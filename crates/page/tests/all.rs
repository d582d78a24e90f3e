//! The page of the verifier. Each file is a module.

mod browser;
mod page;
#[allow(dead_code, reason = "the tests of the verifier use the rest")]
#[path = "../../verifier/tests/support/mod.rs"]
mod support;
mod wasm;
