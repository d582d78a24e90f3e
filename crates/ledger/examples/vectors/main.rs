//! Writes the vectors of the format, `crates/ledger/tests/vectors/*.json`, the same bytes every time:
//! `cargo run -p yizhang-ledger --example vectors`.

mod generate;

fn main() -> std::io::Result<()> {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors");
    std::fs::create_dir_all(&folder)?;
    for (name, text) in generate::files() {
        std::fs::write(folder.join(name), text)?;
        println!("{name}");
    }
    Ok(())
}
