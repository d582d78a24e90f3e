//! Writes the vectors of statements, `crates/statement/tests/vectors/statements.json`, the same bytes every time:
//! `cargo run -p yizhang-statement --example vectors`.
//!
//! What is missing in `tests/released` is written as well. What is there stays as it is, for ever: it was handed to people.

mod cases;
#[allow(dead_code, reason = "tests use the rest of it")]
#[path = "../../tests/support/federation.rs"]
mod federation;
#[path = "../../tests/support/names.rs"]
mod names;
#[allow(dead_code, reason = "tests use the rest of it")]
#[path = "../../tests/support/raw.rs"]
mod raw;
#[path = "../../tests/support/records.rs"]
mod records;
mod released;
#[path = "../../tests/support/shown.rs"]
mod shown;
#[path = "../../tests/support/world.rs"]
mod world;

fn main() -> std::io::Result<()> {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors");
    std::fs::create_dir_all(&folder)?;
    std::fs::write(folder.join(cases::FILE), cases::text())?;
    println!("{}", cases::FILE);
    released::write_missing()?;
    Ok(())
}
