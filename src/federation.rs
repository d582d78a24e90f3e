//! `yizhang federation`: make a federation, and change its roster.

mod address;
mod authority;
mod fresh;
mod init;
mod seal;

use crate::{
    exit::Outcome,
    secrets::{self, SecretArguments},
};
pub(crate) use address::RegionArgument;
use clap::Subcommand;
pub(crate) use fresh::random_bytes;
pub(crate) use init::{InitArguments, init};
use rust_i18n::t;
pub(crate) use seal::SealArguments;

/// What can be done with a federation.
#[derive(Subcommand)]
pub(crate) enum Command {
    /// Make a root key, a roster, certificates and a directory for each region.
    Init(InitArguments),
    /// Put the keys and the secret of a directory under a passphrase.
    Seal(SealArguments),
    /// Add a secret that is to take the place of the newest; nodes that have it read under both. The first of two steps.
    NextSecret(SecretArguments),
    /// Have records written under the secret that was added, once all nodes have it. The second step.
    UseSecret(SecretArguments),
}

pub(crate) fn run(command: &Command) -> anyhow::Result<Outcome> {
    match command {
        Command::Init(arguments) => {
            init(arguments)?;
            println!(
                "{}",
                t!(
                    "federation.done",
                    dir = arguments.dir.display(),
                    regions = arguments.regions.len()
                )
            );
            Ok(Outcome::Clean)
        }
        Command::Seal(arguments) => seal::seal(arguments),
        Command::NextSecret(arguments) => secrets::next(arguments),
        Command::UseSecret(arguments) => secrets::switch(arguments),
    }
}
