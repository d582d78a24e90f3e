//! The generated code in the tree is what `proto/` gives. It is kept there so that a first build needs no compiler of protocol
//! files: that is a tenth of its time.

use std::{fs, path::Path};

/// Set to anything, this variable has the test write what it would compare.
const WRITE: &str = "YIZHANG_WRITE_GENERATED";

#[test]
fn the_generated_code_is_what_the_protocol_files_give() {
    let crate_folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    let kept = crate_folder.join("generated");
    let made = tempfile::tempdir().unwrap();
    let files = protox::compile(
        ["yizhang/v1/ledger.proto"],
        [crate_folder.join("../../proto")],
    )
    .unwrap();
    fs::write(
        made.path().join("descriptors.bin"),
        protox::prost::Message::encode_to_vec(&files),
    )
    .unwrap();
    // Batches and heads arrive as `Bytes`, slices of the received frame, and not as copies.
    tonic_prost_build::configure()
        .bytes(".")
        .out_dir(made.path())
        .compile_fds(files)
        .unwrap();
    for name in ["yizhang.v1.rs", "descriptors.bin"] {
        let made = fs::read(made.path().join(name)).unwrap();
        if std::env::var_os(WRITE).is_some() {
            fs::create_dir_all(&kept).unwrap();
            fs::write(kept.join(name), &made).unwrap();
        }
        let kept = fs::read(kept.join(name)).unwrap();
        assert!(
            kept == made,
            "crates/wire/generated/{name} is not what proto/ gives: run \
             `{WRITE}=1 cargo test -p yizhang-wire --test generated` and commit what it writes"
        );
    }
}
