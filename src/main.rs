//! The command line of Yizhang: arguments, configuration, keys, clock and wiring. What the ledger is and how it is
//! verified, stored and replicated is in the crates.

use clap::{CommandFactory, FromArgMatches};
use std::process::ExitCode;

mod agency;
mod audit;
mod cli;
mod clock;
mod connection;
mod credentials;
mod demo;
mod exit;
mod federation;
mod files;
mod language;
mod node;
mod sample;
mod show;
mod worker;

rust_i18n::i18n!("src/locales", fallback = "en");

fn main() -> ExitCode {
    language::choose(std::env::args());
    let command = language::localise(cli::Arguments::command());
    let parsed = command.try_get_matches().and_then(|matches| cli::Arguments::from_arg_matches(&matches));
    let arguments = parsed.unwrap_or_else(|error| show::usage::exit(&error));
    exit::code(arguments.command.run())
}
