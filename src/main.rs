//! The command line of Yizhang: arguments, configuration, keys, clock and wiring. What the ledger is and how it is
//! verified, stored and replicated is in the crates.

use clap::{CommandFactory, FromArgMatches, error::ErrorKind};
use defaults::Defaults;
use std::{ffi::OsString, process::ExitCode};
use yizhang_show as show;

mod agency;
mod audit;
mod bundle;
mod cli;
mod clock;
mod connection;
mod console;
mod copies;
mod credentials;
mod defaults;
mod demo;
mod evidence;
mod examples;
mod exit;
mod federation;
mod files;
mod language;
mod manual;
mod newer;
mod node;
mod output;
mod page;
mod paper;
mod patience;
mod platform;
mod portal;
mod pseudonyms;
mod purpose;
mod rules;
mod sample;
mod sealed;
mod secrets;
mod signals;
mod spool;
mod usage;
mod verify;
mod worker;

rust_i18n::i18n!("src/locales", fallback = "en");

/// A node has many threads that each hold batches of megabytes for a moment. Measured at 50 million records: a node that
/// catches up peaks at half of what it takes with the system's allocator.
#[cfg(feature = "jemalloc")]
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() -> ExitCode {
    output::end_in_order_when_it_fails();
    let arguments: Vec<OsString> = std::env::args_os().collect();
    language::choose(&arguments);
    let defaults = Defaults::read(&arguments);
    let mut command = cli::Arguments::command();
    if let Ok(defaults) = &defaults {
        command = defaults.lay(command);
    }
    let parsed = language::localise(command)
        .try_get_matches_from(arguments)
        .and_then(|matches| Ok((cli::Arguments::from_arg_matches(&matches)?, matches)));
    match (parsed, defaults) {
        (Ok((arguments, matches)), Ok(defaults)) => {
            defaults.remember(&matches);
            exit::code(arguments.command.run())
        }
        // Help, and arguments that are wrong in themselves, come before what else is wrong.
        (Err(error), Ok(_)) => usage::exit(&error),
        (Err(error), Err(_)) if error.kind() != ErrorKind::MissingRequiredArgument => {
            usage::exit(&error)
        }
        (_, Err(fault)) => exit::code(Err(fault)),
    }
}
