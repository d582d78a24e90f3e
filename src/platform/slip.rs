//! `yizhang platform slip`: what a worker earned in a month, for the worker.

use super::{home::Home, parse_month, words};
use crate::{
    clock, credentials::Credentials, exit::Outcome, node::parse_region, pseudonyms::NodePseudonyms,
    purpose::PersonArgument, worker::read_number,
};
use clap::Args;
use rust_i18n::t;
use std::path::PathBuf;
use yizhang_intake::Pseudonyms;
use yizhang_ledger::{
    order::OrderRow,
    value::{Division, Month},
};
use yizhang_platform::month_of;

/// Arguments of `platform slip`.
#[derive(Args)]
pub(crate) struct Arguments {
    /// Month, YYYY-MM.
    #[arg(long, value_parser = parse_month)]
    month: Month,
    /// Directory of the platform.
    #[arg(long)]
    dir: PathBuf,
    /// Region of the node to ask for the worker's pseudonym.
    #[arg(long, value_parser = parse_region)]
    node: Division,
    /// Directory of the platform's credentials.
    #[arg(long)]
    credentials: PathBuf,
    #[command(flatten)]
    person: PersonArgument,
}

pub(super) fn run(arguments: &Arguments) -> anyhow::Result<Outcome> {
    let home = Home::read(&arguments.dir)?;
    let index = home.index(arguments.month)?;
    let number = read_number()?;
    let credentials = Credentials::read(&arguments.credentials)?;
    let node = NodePseudonyms::for_import(&credentials, arguments.node, &arguments.person)?;
    let accounts = node.accounts(std::slice::from_ref(&number));
    let accounts = accounts.map_err(|error| anyhow::anyhow!("{error}"))?;
    let mut are_some = false;
    println!("{}", t!("platform.slip", month = arguments.month));
    for account in accounts {
        for month in index.months_of(account)? {
            are_some = true;
            let entry = index.entry(month)?;
            if let Some(record) = month_of(&entry) {
                for line in words::month(&record) {
                    println!("{line}");
                }
            }
            for kept in index.rows(month)? {
                println!("{}", words::order(&OrderRow::read(&kept.bytes)?));
            }
        }
    }
    if !are_some {
        println!("{}", t!("platform.slip_empty"));
    }
    println!("{}", t!("platform.slip_made", day = clock::today()));
    Ok(Outcome::Clean)
}
