//! The arguments, and which module answers each command.

use crate::{
    agency, audit, bundle, clock, console, demo, evidence, exit::Outcome, federation, language,
    manual, node, platform, portal, rules, sample, verify, worker,
};
use clap::{Parser, Subcommand};
use std::path::PathBuf;

/// One worker, one account: the ledger of social insurance that travels with the worker.
#[derive(Parser)]
#[command(name = "yizhang", version, arg_required_else_help = true)]
pub(crate) struct Arguments {
    /// Language of all texts; by default that of the locale.
    #[arg(long, global = true, value_enum)]
    pub(crate) lang: Option<language::LanguageArgument>,

    /// File with values for --node, --credentials and the purpose of reads, if not ~/.config/yizhang/config.toml; see docs/OPERATIONS.md.
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,

    #[command(subcommand)]
    pub(crate) command: Command,
}

/// The commands.
#[derive(Subcommand)]
pub(crate) enum Command {
    /// Start four nodes, feed them real files, show one worker's account from two of them, proved and audited.
    Demo(demo::Arguments),
    /// Set up a federation: keys, roster, certificates, a directory for each region.
    #[command(subcommand)]
    Federation(federation::Command),
    /// Run and look after a node.
    #[command(subcommand)]
    Node(node::Command),
    /// What an agency does: import files, take steps of transfers, review accounts.
    #[command(subcommand)]
    Agency(agency::Command),
    /// What a platform does: check order files, deposit the months of its workers, prove an order.
    #[command(subcommand)]
    Platform(platform::Command),
    /// The door for workers: a web server through which they open their own accounts.
    #[command(subcommand)]
    Portal(portal::Command),
    /// The desk of a clerk: a web server on the clerk's own machine, with work lists, accounts, imports and transfers.
    #[command(subcommand)]
    Console(console::Command),
    /// What a worker asks: the account.
    #[command(subcommand)]
    Worker(worker::Command),
    /// Rules that change with law, place and year: check files, show what holds.
    #[command(subcommand)]
    Rules(rules::Command),
    /// Replay whole chains from their bytes, trusting nobody.
    Audit(audit::Arguments),
    /// Show and carry away evidence against chains of which two histories were signed.
    #[command(subcommand)]
    Evidence(evidence::Command),
    /// Carry chains as files between networks that share no wire.
    #[command(subcommand)]
    Bundle(bundle::Command),
    /// Check a file that you were handed, without a network.
    Verify(verify::Arguments),
    /// Generate deterministic, plausible files for trials and measurements.
    Sample(sample::Arguments),
    /// Print a script with which a shell completes these commands.
    Completions(manual::CompletionsArguments),
    /// Print the manual, or write a page for each command.
    Man(manual::ManArguments),
}

impl Command {
    pub(crate) fn run(self) -> anyhow::Result<Outcome> {
        let is_timeless = matches!(
            self,
            Self::Rules(_) | Self::Sample(_) | Self::Completions(_) | Self::Man(_)
        );
        if !is_timeless {
            clock::must_be_right()?;
        }
        match self {
            Self::Demo(arguments) => demo::run(&arguments),
            Self::Federation(command) => federation::run(&command),
            Self::Node(command) => node::run(&command),
            Self::Agency(command) => agency::run(&command),
            Self::Platform(command) => platform::run(&command),
            Self::Portal(command) => portal::run(&command),
            Self::Console(command) => console::run(&command),
            Self::Worker(command) => worker::run(&command),
            Self::Rules(command) => rules::run(&command),
            Self::Audit(arguments) => audit::run(&arguments),
            Self::Evidence(command) => evidence::run(&command),
            Self::Bundle(command) => bundle::run(&command),
            Self::Verify(arguments) => verify::run(&arguments),
            Self::Sample(arguments) => sample::run(&arguments),
            Self::Completions(arguments) => Ok(manual::completions(&arguments)),
            Self::Man(arguments) => manual::man(&arguments),
        }
    }
}
