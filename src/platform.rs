//! `yizhang platform`: what a platform runs on its own machine. Order files are checked, months of workers are deposited, an order is proved.
//! Rows never leave the machine with a deposit (docs/PLATFORMS.md).

mod deposit;
mod home;
mod orders;
mod prove;
mod slip;
mod words;

use crate::{exit::Outcome, usage::WrongValue};
use clap::Subcommand;
use rust_i18n::t;
pub(crate) use words::{minute, status_name};
use yizhang_ledger::value::Month;

/// What a platform does.
#[derive(Subcommand)]
pub(crate) enum Command {
    /// Make the platform's directory: its signing key, and the secret that salts its orders.
    Init(home::InitArguments),
    /// Check an order file and say what it comes to; nothing is sent and nobody is asked.
    Check(orders::CheckArguments),
    /// Check an order file, keep its rows in an index, and deposit the months of its workers in a region's chain.
    Deposit(deposit::Arguments),
    /// Write the proof of one order, which anybody checks with `yizhang verify`.
    Prove(prove::Arguments),
    /// Print what a worker earned in a month, order by order; the number is read from standard input.
    Slip(slip::Arguments),
}

pub(crate) fn run(command: &Command) -> anyhow::Result<Outcome> {
    match command {
        Command::Init(arguments) => home::init(arguments),
        Command::Check(arguments) => orders::check(arguments),
        Command::Deposit(arguments) => deposit::run(arguments),
        Command::Prove(arguments) => prove::run(arguments),
        Command::Slip(arguments) => slip::run(arguments),
    }
}

fn parse_month(text: &str) -> Result<Month, WrongValue> {
    Month::parse(text).ok_or_else(|| WrongValue(t!("argument.month").to_string()))
}
