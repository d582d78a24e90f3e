//! Every parser that meets bytes from outside, fed with bytes that are nearly right: none panics, and none takes more room than it may.
//!
//! The list in `targets` is what a harness of another kind can call, one function of bytes each; the mutator here needs no other compiler than the rest.

mod driver;
#[allow(dead_code, reason = "each test uses its own part")]
#[path = "../support/federation.rs"]
mod federation;
mod mutator;
#[allow(dead_code, reason = "each test uses its own part")]
#[path = "../support/raw.rs"]
mod raw;
#[path = "../support/records.rs"]
mod records;
mod targets;
#[allow(dead_code, reason = "each test uses its own part")]
#[path = "../support/world.rs"]
mod world;

#[test]
fn no_parser_panics_or_takes_more_room_than_it_may() {
    driver::feed(&targets::targets());
}
