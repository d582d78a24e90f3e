//! Writes the demonstration files into a directory: `cargo run -p yizhang-intake --example demo_files -- DIRECTORY`.

use std::{env, fs, io, path::PathBuf};
use yizhang_intake::sample::demo;

fn main() -> io::Result<()> {
    let directory = PathBuf::from(
        env::args()
            .nth(1)
            .ok_or_else(|| io::Error::other("name a directory"))?,
    );
    fs::create_dir_all(&directory)?;
    demo()?
        .into_iter()
        .try_for_each(|file| fs::write(directory.join(file.name), file.bytes))
}
