//! `yizhang federation seal`: keys and secrets of a directory under a passphrase.

use crate::{
    credentials::{SECRET_FILE, TLS_KEY_FILE},
    exit::Outcome,
    files,
    node::keys,
    sealed,
};
use clap::Args;
use rust_i18n::t;
use std::path::{Path, PathBuf};
use yizhang_ledger::roster::KeyKind;

/// Arguments of `federation seal`.
#[derive(Args)]
pub(crate) struct SealArguments {
    /// Directory with keys: a node's, an agency's, an auditor's, or the one with the root key.
    #[arg(long)]
    pub(crate) dir: PathBuf,
}

/// The files with a private key that a directory holds.
fn key_files(dir: &Path) -> Vec<PathBuf> {
    let single = ["root.key", "authority.key", TLS_KEY_FILE].map(|name| dir.join(name));
    let mut files: Vec<PathBuf> = single.into_iter().filter(|path| path.exists()).collect();
    for kind in KeyKind::ALL {
        files.extend(keys::files(dir, kind));
    }
    files
}

/// Seals what a directory holds, and says what. What is sealed already stays as it is, so that a run that was cut off can be repeated.
pub(super) fn seal(arguments: &SealArguments) -> anyhow::Result<Outcome> {
    let is_open = |path: &Path| -> anyhow::Result<bool> {
        Ok(path.exists() && !sealed::is_sealed(&files::read_secret_text(path)?))
    };
    let mut count = 0;
    for path in key_files(&arguments.dir) {
        if is_open(&path)? {
            sealed::seal_key(&path)?;
            println!("{}", t!("federation.sealed", path = path.display()));
            count += 1;
        }
    }
    let path = arguments.dir.join(SECRET_FILE);
    if is_open(&path)? {
        sealed::seal_secret(&path)?;
        println!("{}", t!("federation.sealed", path = path.display()));
        count += 1;
    }
    if count == 0 {
        println!(
            "{}",
            t!("federation.nothing_to_seal", dir = arguments.dir.display())
        );
    }
    Ok(Outcome::Clean)
}
