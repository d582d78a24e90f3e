//! `yizhang agency`: import files, take steps of transfers, review accounts.

pub(crate) mod access_log;
pub(crate) mod approvals;
pub(crate) mod book;
pub(crate) mod checked;
mod code;
pub(crate) mod disputes;
pub(crate) mod import;
mod known;
mod rates;
pub(crate) mod receipts;
pub(crate) mod review;
mod row_lists;
pub(crate) mod sending;
mod supervision;
pub(crate) mod transfer;

use crate::exit::Outcome;
pub(crate) use checked::{Rows, send};
use clap::Subcommand;
pub(crate) use code::issue_code;
pub(crate) use import::{EncodingArgument, FormArguments, check, open};
pub(crate) use receipts::{LIST_SUFFIX, RECEIPT_SUFFIX};
pub(crate) use row_lists::Ready;
pub(crate) use sending::{Taken, send_submissions, sharing};
use supervision::View;

/// What an agency does.
#[derive(Subcommand)]
pub(crate) enum Command {
    /// Check a file of the agency and append its records to the region's chain.
    Import(import::ImportArguments),
    /// Open transfer cases, answer and close them, and list what is due.
    #[command(subcommand)]
    Transfer(transfer::Command),
    /// One-time codes with which workers open their own accounts.
    #[command(subcommand)]
    Code(code::Command),
    /// Ask the agency's own node who has read what, what looks odd in that, and close what a second person has looked at.
    AccessLog(access_log::Arguments),
    /// What waits for a second clerk: list, show, approve, refuse.
    #[command(subcommand)]
    Approvals(approvals::Command),
    /// What workers hold against records of the agency: list it, and answer.
    #[command(subcommand)]
    Disputes(disputes::Command),
    /// Go through the accounts of the region's workers: conflicts, gaps, waiting transfers, retirements that are near.
    Review(review::Arguments),
    /// Orders, insured orders and premiums of platforms, by city, month and trade.
    Coverage(supervision::Arguments),
    /// The special fund: due, paid, drawn and repaid, with the balance after each movement.
    Fund(supervision::Arguments),
    /// Cases of injury of platform workers: checklists, clocks, how long each step took.
    Injuries(supervision::Arguments),
    /// Subsidies of contributions: sums of programmes, months awarded twice, credits beyond an award.
    Subsidies(supervision::Arguments),
    /// Warnings about platforms and their workers: what rules find, and how raised ones stand.
    Warnings(supervision::Arguments),
}

pub(crate) fn run(command: &Command) -> anyhow::Result<Outcome> {
    match command {
        Command::Import(arguments) => import::run(arguments),
        Command::Transfer(command) => transfer::run(command),
        Command::Code(command) => code::run(command),
        Command::AccessLog(arguments) => access_log::run(arguments),
        Command::Approvals(command) => approvals::run(command),
        Command::Disputes(command) => disputes::run(command),
        Command::Review(arguments) => review::run(arguments),
        Command::Coverage(arguments) => supervision::run(View::Coverage, arguments),
        Command::Fund(arguments) => supervision::run(View::Fund, arguments),
        Command::Injuries(arguments) => supervision::run(View::Injuries, arguments),
        Command::Subsidies(arguments) => supervision::run(View::Subsidies, arguments),
        Command::Warnings(arguments) => supervision::run(View::Warnings, arguments),
    }
}
