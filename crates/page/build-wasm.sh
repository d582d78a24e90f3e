#!/usr/bin/env bash
# Builds the verifier as WebAssembly from pinned versions: crates/page/assets/verifier.wasm, or the file that is named.
#
# Needs rustup; it fetches the pinned compiler and its library for WebAssembly if they are missing. Ends with 77 where they are not to be had.
# The bytes depend on the sources, Cargo.lock and the compiler, and not on the folder, the user or the machine.
set -euo pipefail

COMPILER=1.95.0
TARGET=wasm32-unknown-unknown

root="$(cd "$(dirname "$0")/../.." && pwd)"
out="$(realpath -m "${1:-$root/crates/page/assets/verifier.wasm}")"
cd "$root"

if ! command -v rustup > /dev/null; then
  echo "rustup is missing: it brings the compiler $COMPILER for $TARGET" >&2
  exit 77
fi
has_target() { rustup target list --installed --toolchain "$COMPILER" 2> /dev/null | grep -qx "$TARGET"; }
if ! has_target; then
  if ! rustup toolchain install "$COMPILER" --profile minimal --target "$TARGET" >&2 || ! has_target; then
    echo "the compiler $COMPILER for $TARGET is not to be had" >&2
    exit 77
  fi
fi

# Paths in messages of panics: of our sources, of those of others, of the library.
sysroot="$(rustc "+$COMPILER" --print sysroot)"
registry="${CARGO_HOME:-$HOME/.cargo}"
export CARGO_ENCODED_RUSTFLAGS="--remap-path-prefix=$root=/yizhang"$'\x1f'"--remap-path-prefix=$registry=/cargo"$'\x1f'"--remap-path-prefix=$sysroot=/rust"
export CARGO_INCREMENTAL=0 CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-$root/target}/verifier"
unset RUSTFLAGS RUSTC_WRAPPER CARGO_BUILD_RUSTFLAGS

cargo "+$COMPILER" rustc --locked --quiet --package yizhang-browser --lib --crate-type cdylib --target "$TARGET" --profile verifier
install -D -m 644 "$CARGO_TARGET_DIR/$TARGET/verifier/yizhang_browser.wasm" "$out"
