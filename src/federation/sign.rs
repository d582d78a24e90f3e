//! `yizhang federation root-key`, `sign`: what the holders of root keys do, each on a machine of his own.

use super::{
    difference,
    fresh::{private_pem, random_key},
    proposal::{Proposal, in_force},
};
use crate::{
    exit::Outcome,
    files::{self, Access},
    node::keys,
};
use base64ct::{Base64, Encoding};
use clap::Args;
use rust_i18n::t;
use std::path::PathBuf;

/// Arguments of `federation root-key`.
#[derive(Args)]
pub(crate) struct RootKeyArguments {
    /// File to make.
    #[arg(short, long)]
    out: PathBuf,
}

/// Makes a root key, and prints what others need of it.
pub(super) fn root_key(arguments: &RootKeyArguments) -> anyhow::Result<Outcome> {
    let key = random_key()?;
    files::create(
        &arguments.out,
        private_pem(&key)?.as_bytes(),
        Access::Secret,
    )?;
    println!("{}", Base64::encode_string(key.verifying_key().as_bytes()));
    Ok(Outcome::Clean)
}

/// Arguments of `federation sign`.
#[derive(Args)]
pub(crate) struct SignArguments {
    /// A directory with the roster in force, whose root keys sign the next.
    #[arg(long)]
    dir: PathBuf,
    /// The proposal.
    #[arg(long)]
    file: PathBuf,
    /// The root key.
    #[arg(long)]
    key: PathBuf,
}

/// Says what a proposal changes, and signs it.
pub(super) fn sign(arguments: &SignArguments) -> anyhow::Result<Outcome> {
    let in_force = in_force(&arguments.dir)?;
    let mut proposal = Proposal::read(&arguments.file, &in_force)?;
    let version = proposal.roster.version;
    println!("{}", t!("federation.changes", version = version));
    for line in difference::lines(&in_force, &proposal.roster) {
        println!("  {line}");
    }
    proposal.sign(&in_force, &keys::signing_key(&arguments.key)?)?;
    let signed = proposal.signed(&in_force)?;
    println!(
        "{}",
        t!("federation.signed", by = signed.by, needed = signed.needed)
    );
    if signed.is_enough() {
        println!(
            "{}",
            t!("federation.to_publish", file = arguments.file.display())
        );
    }
    Ok(Outcome::Clean)
}
