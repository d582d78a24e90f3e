//! The command line of Yizhang: arguments, configuration, keys, clock and wiring. What the ledger is and how it is
//! verified, stored and replicated is in the crates.

use clap::{CommandFactory, FromArgMatches};
use std::process::ExitCode;
use yizhang_show as show;

mod agency;
mod audit;
mod cli;
mod clock;
mod connection;
mod copies;
mod credentials;
mod demo;
mod exit;
mod federation;
mod files;
mod language;
mod node;
mod rules;
mod sample;
mod usage;
mod worker;

rust_i18n::i18n!("src/locales", fallback = "en");

/// A node has many threads that each hold batches of megabytes for a moment. Measured at 50 million records: a node that
/// catches up peaks at half of what it takes with the system's allocator.
#[cfg(feature = "jemalloc")]
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() -> ExitCode {
    end_quietly_when_nobody_reads();
    language::choose(std::env::args());
    let command = language::localise(cli::Arguments::command());
    let parsed = command
        .try_get_matches()
        .and_then(|matches| cli::Arguments::from_arg_matches(&matches));
    let arguments = parsed.unwrap_or_else(|error| usage::exit(&error));
    exit::code(arguments.command.run())
}

/// `yizhang ... | head` is no failure of ours: when standard output is closed, `println!` panics, and the program ends as
/// others do that SIGPIPE ends.
fn end_quietly_when_nobody_reads() {
    let default = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        let text = panic.payload().downcast_ref::<String>();
        if text.is_some_and(|text| text.starts_with("failed printing to stdout")) {
            std::process::exit(141);
        }
        default(panic);
    }));
}
