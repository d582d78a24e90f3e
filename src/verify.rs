//! `yizhang verify`: a file that somebody was handed, checked without a network, by nothing but the roster.

mod receipt;
mod rows;

use crate::{
    agency::FormArguments,
    credentials::{self, TrustedRoster},
    exit::{Failure, Outcome},
    files, show,
};
use anyhow::{Context, bail};
use clap::Args;
use rust_i18n::t;
use std::path::PathBuf;
use yizhang_intake::FaultyRows;
use yizhang_ledger::{
    head::Origin,
    roster::{Region, Roster},
};
use yizhang_statement::{FORK_HEADER, Fork, ForkEvidence, ForkFault, RECEIPT_HEADER, ReceiptFile};

/// Arguments of `verify`.
#[derive(Args)]
pub(crate) struct Arguments {
    /// The file: a receipt of an import, or evidence of a fork; with --file also the folder of an import's receipts.
    #[arg(value_name = "FILE")]
    path: PathBuf,
    /// The file that was imported: says which of its lines the receipts prove, and refuses one that was changed. The row lists of the import
    /// must be beside the receipts.
    #[arg(long, value_name = "IMPORTED")]
    file: Option<PathBuf>,
    /// Rows that are faulty were left out at the import: they need not be proved.
    #[arg(long, requires = "file")]
    accept_valid_rows: bool,
    #[command(flatten)]
    form: FormArguments,
    /// Directory with the root keys that you trust and the roster, for instance an auditor's.
    #[arg(long)]
    credentials: PathBuf,
}

/// Says what a file shows, and to whom it is to be believed.
pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<Outcome> {
    let context = || arguments.path.display().to_string();
    let trusted = credentials::read_roster(&arguments.credentials)?;
    let roster = &trusted.roster;
    if let Some(file) = &arguments.file {
        let question = rows::Question {
            receipts: &arguments.path,
            file,
            faulty: if arguments.accept_valid_rows {
                FaultyRows::Skip
            } else {
                FaultyRows::Refuse
            },
            form: &arguments.form,
        };
        return rows::run(&question, roster);
    }
    if arguments.path.is_dir() {
        return Err(Failure::Arguments(t!("verify.folder_without_file").to_string()).into());
    }
    let bytes = files::read(&arguments.path)?;
    if bytes.starts_with(RECEIPT_HEADER.as_bytes()) {
        let receipt = ReceiptFile::parse(&bytes).with_context(context)?;
        let shown = receipt::believe(&arguments.path, &receipt, roster)?;
        receipt::say(&receipt, &shown);
        println!("{}", t!("verify.not_which_records"));
        println!("{}", t!("verify.by_roster", version = roster.version));
        return Ok(Outcome::Clean);
    }
    if !bytes.starts_with(FORK_HEADER.as_bytes()) {
        bail!("{}", t!("verify.unknown", path = arguments.path.display()));
    }
    let evidence = ForkEvidence::parse(&bytes).with_context(context)?;
    let shown = under_which(&evidence, &trusted).with_context(context)?;
    let (fork, version) = (&shown.fork, shown.version);
    println!("{}", fork_line(fork));
    for name in &fork.cosigners {
        println!("{}", t!("verify.cosigned_both", name = name));
    }
    let region = roster.region(&fork.origin);
    if let Some(continuation) = region.and_then(Region::continuation) {
        let (size, newest) = (continuation.from.size, roster.version);
        println!("{}", t!("verify.continued", size = size, version = newest));
    }
    println!("{}", t!("verify.by_roster", version = version));
    Ok(Outcome::Clean)
}

/// What evidence shows under a version of the roster.
struct ShownUnder {
    fork: Fork,
    version: u64,
}

/// The newest version under which evidence shows something: where a chain goes on from below, the keys of its heads count only under one from
/// before. If it shows nothing under any, what is wrong with it under the newest.
fn under_which(evidence: &ForkEvidence, trusted: &TrustedRoster) -> Result<ShownUnder, ForkFault> {
    let newest = evidence.verify(&trusted.roster);
    let version = trusted.roster.version;
    let fault = match newest {
        Ok(fork) => return Ok(ShownUnder { fork, version }),
        Err(fault) => fault,
    };
    for roster in trusted.versions.rosters() {
        // Only where a chain has gone on since: a key that was revoked otherwise proves nothing beyond its end.
        if let Ok(fork) = evidence.verify(&roster)
            && let Some(region) = trusted.roster.region(&fork.origin)
            && region.continuations.len() > continuations_in(&roster, &fork.origin)
        {
            let version = roster.version;
            return Ok(ShownUnder { fork, version });
        }
    }
    Err(fault)
}

/// How often a chain has gone on anew by a version of the roster.
fn continuations_in(roster: &Roster, origin: &Origin) -> usize {
    let region = roster.region(origin);
    region.map_or(0, |region| region.continuations.len())
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
