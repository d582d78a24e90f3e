//! `yizhang verify`: a file that somebody was handed, checked without a network, by nothing but the roster.

mod receipt;

use crate::{credentials, exit::Outcome, files, show};
use anyhow::{Context, bail};
use clap::Args;
use rust_i18n::t;
use std::path::PathBuf;
use yizhang_statement::{FORK_HEADER, Fork, ForkEvidence, RECEIPT_HEADER, ReceiptFile};

/// Arguments of `verify`.
#[derive(Args)]
pub(crate) struct Arguments {
    /// The file: a receipt of an import, or evidence of a fork.
    file: PathBuf,
    /// Directory with the root keys that you trust and the roster, for instance an auditor's.
    #[arg(long)]
    credentials: PathBuf,
}

/// Says what a file shows, and to whom it is to be believed.
pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<Outcome> {
    let context = || arguments.file.display().to_string();
    let bytes = files::read(&arguments.file)?;
    let roster = credentials::read_roster(&arguments.credentials)?.roster;
    if bytes.starts_with(RECEIPT_HEADER.as_bytes()) {
        let receipt = ReceiptFile::parse(&bytes).with_context(context)?;
        let shown = receipt::believe(&arguments.file, &receipt, &roster)?;
        receipt::say(&receipt, &shown);
        println!("{}", t!("verify.not_which_records"));
        println!("{}", t!("verify.by_roster", version = roster.version));
        return Ok(Outcome::Clean);
    }
    if !bytes.starts_with(FORK_HEADER.as_bytes()) {
        bail!("{}", t!("verify.unknown", path = arguments.file.display()));
    }
    let evidence = ForkEvidence::parse(&bytes).with_context(context)?;
    let fork = evidence.verify(&roster).with_context(context)?;
    println!("{}", fork_line(&fork));
    for name in &fork.cosigners {
        println!("{}", t!("verify.cosigned_both", name = name));
    }
    println!("{}", t!("verify.by_roster", version = roster.version));
    Ok(Outcome::Clean)
}

/// What evidence of a fork shows, in one line.
pub(crate) fn fork_line(fork: &Fork) -> String {
    let (region, chain) = (show::place::name(fork.origin.region()), &fork.origin);
    let [one, other] = fork.roots;
    t!(
        "verify.fork",
        region = region,
        chain = chain,
        size = fork.size,
        one = one,
        other = other
    )
    .to_string()
}
