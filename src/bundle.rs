//! `yizhang bundle`: chains as a file, for networks that share no wire.

mod export;
pub(crate) mod file;
mod import;

use crate::exit::Outcome;
use clap::Subcommand;

/// What can be done with bundles.
#[derive(Subcommand)]
pub(crate) enum Command {
    /// Write chains that a node holds, with their heads, cosignatures and the rosters, into one file.
    Export(export::Arguments),
    /// Bring the chains of a file to a running node, which checks them as it checks what other nodes send.
    Import(import::Arguments),
}

pub(crate) fn run(command: &Command) -> anyhow::Result<Outcome> {
    match command {
        Command::Export(arguments) => export::run(arguments),
        Command::Import(arguments) => import::run(arguments),
    }
}

/// A runtime for one command.
fn runtime() -> std::io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
}
