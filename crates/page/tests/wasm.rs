//! The WebAssembly in the page is what `build-wasm.sh` makes of these sources.

use std::{fs, path::Path, process::Command};
use yizhang_page::VERIFIER;

/// How the script ends where its tools are not to be had.
const NO_TOOLS: i32 = 77;

#[test]
fn the_verifier_in_the_page_is_made_of_these_sources() {
    let out = Path::new(env!("CARGO_TARGET_TMPDIR")).join("verifier.wasm");
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("build-wasm.sh");
    let ran = Command::new(script)
        .arg(&out)
        // What cargo says to tests would go on to the cargo in the script.
        .env_remove("RUSTUP_TOOLCHAIN")
        .env_remove("CARGO")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&ran.stderr);
    // Whatever may be skipped elsewhere: the tools come from a place of their own, which not every machine reaches. That the browser shows what
    // the program computes, tests/browser.rs compares without them.
    if ran.status.code() == Some(NO_TOOLS) {
        println!("skipped: {said}");
        return;
    }
    assert!(ran.status.success(), "{said}");
    assert!(
        fs::read(&out).unwrap() == VERIFIER,
        "crates/page/assets/verifier.wasm is of other sources: run crates/page/build-wasm.sh and commit what it makes"
    );
}
