//! What somebody hands to somebody else. Each file is a module.

mod bundle;
#[path = "../examples/vectors/cases/mod.rs"]
mod cases;
mod certificate;
mod complete;
#[allow(dead_code, reason = "the examples and other programs use the rest")]
#[path = "support/federation.rs"]
mod federation;
mod fork;
mod handed_over;
#[path = "support/names.rs"]
mod names;
mod order_proof;
mod paper;
mod portable;
#[allow(dead_code, reason = "the examples and other programs use the rest")]
#[path = "support/raw.rs"]
mod raw;
#[path = "support/records.rs"]
mod records;
mod released;
mod rows;
mod second;
#[path = "support/shown.rs"]
mod shown;
#[allow(dead_code, reason = "the examples and other programs use the rest")]
mod support;
mod vectors;
#[path = "support/world.rs"]
mod world;
