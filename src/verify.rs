//! `yizhang verify`: a file that somebody was handed, checked without a network, by nothing but the roster.

mod account;
mod bundle;
mod known;
mod order;
mod package;
mod page;
mod receipt;
mod rows;
mod statement;

pub(crate) use statement::parse_root;

use crate::{
    agency::FormArguments,
    credentials,
    exit::{Failure, Outcome},
    files, show,
};
use anyhow::{Context, bail};
use clap::Args;
use rust_i18n::t;
use std::path::{Path, PathBuf};
use yizhang_intake::FaultyRows;
use yizhang_ledger::roster::RootFingerprint;
use yizhang_show::verdict;
use yizhang_statement::{
    FORK_HEADER, ForkEvidence, ORDER_PROOF_HEADER, RECEIPT_HEADER, ReceiptFile,
};

/// Arguments of `verify`.
#[derive(Args)]
pub(crate) struct Arguments {
    /// The file: a worker's statement, an evidence package, the proof of an order, a receipt of an import, the proof of an order, evidence of a fork, a bundle, or an exported account, which
    /// proves nothing; with --file also the folder of an import's receipts.
    #[arg(value_name = "FILE", required_unless_present = "page")]
    path: Option<PathBuf>,
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
    credentials: Option<PathBuf>,
    /// Fingerprint of the root keys that you trust, 32 hexadecimal digits (`yizhang federation show`): enough for a statement or a bundle,
    /// which bring their rosters along.
    #[arg(long, value_name = "FINGERPRINT", conflicts_with = "credentials", value_parser = statement::parse_root)]
    root: Option<RootFingerprint>,
    #[command(flatten)]
    statement: statement::StatementOptions,
    /// A bundle that has what stands before: chains of the file that begin where they end in it are checked as if they began with their first
    /// entry.
    #[arg(long, value_name = "BUNDLE")]
    after: Option<PathBuf>,
    /// Write the verifier as one HTML page, for whoever has no program: it opens from disk in any browser, speaks to nobody, and checks the files
    /// that are chosen in it. It carries the file, if there is one that holds, and what you trust.
    #[arg(long, value_name = "PAGE.html", conflicts_with = "file")]
    page: Option<PathBuf>,
}

/// Says what a file shows, and writes the page that shows it to others.
pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<Outcome> {
    let outcome = match &arguments.path {
        Some(path) => check(arguments, path)?,
        None => Outcome::Clean,
    };
    if let Some(target) = &arguments.page
        && outcome == Outcome::Clean
    {
        page::write(arguments, target)?;
    }
    Ok(outcome)
}

/// Says what a file shows, and to whom it is to be believed.
fn check(arguments: &Arguments, path: &Path) -> anyhow::Result<Outcome> {
    let context = || path.display().to_string();
    if statement::is_statement(path)? {
        // Nobody is to take for compared what was not.
        if arguments.file.is_some() || arguments.after.is_some() {
            return Err(Failure::Arguments(t!("verify.not_of_statement").to_string()).into());
        }
        return statement::run(arguments, path);
    }
    if package::is_package(path)? {
        return check_package(arguments, path);
    }
    if arguments.statement.paper.is_some() {
        // Nobody is to take for compared what was not.
        return Err(Failure::Arguments(t!("verify.paper_of_statement").to_string()).into());
    }
    if bundle::is_bundle(path)? {
        // A browser holds what it checks in memory.
        if arguments.page.is_some() {
            return Err(Failure::Arguments(t!("verify.not_on_page").to_string()).into());
        }
        return bundle::run(arguments, path);
    }
    if let Some(text) = account::text(path)? {
        return Ok(account::run(&text, arguments.statement.json));
    }
    let directory = arguments.credentials.as_deref();
    let directory =
        directory.ok_or_else(|| Failure::Arguments(t!("verify.needs_roster").to_string()))?;
    let trusted = credentials::read_roster(directory)?;
    let roster = &trusted.roster;
    if let Some(file) = &arguments.file {
        let question = rows::Question {
            receipts: path,
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
    if path.is_dir() {
        return Err(Failure::Arguments(t!("verify.folder_without_file").to_string()).into());
    }
    let bytes = files::read(path)?;
    if bytes.starts_with(RECEIPT_HEADER.as_bytes()) {
        let receipt = ReceiptFile::parse(&bytes).with_context(context)?;
        let shown = receipt::believe(path, &receipt, roster)?;
        say(arguments, &verdict::of_receipt(&receipt, &shown, roster));
        return Ok(Outcome::Clean);
    }
    if bytes.starts_with(ORDER_PROOF_HEADER.as_bytes()) {
        say(arguments, &order::shown(path, &bytes, roster)?);
        return Ok(Outcome::Clean);
    }
    if !bytes.starts_with(FORK_HEADER.as_bytes()) {
        bail!("{}", t!("verify.unknown", path = path.display()));
    }
    let evidence = ForkEvidence::parse(&bytes).with_context(context)?;
    let shown = evidence.verify_under(roster, trusted.versions.rosters());
    let shown = shown.with_context(context)?;
    say(arguments, &verdict::of_fork(&shown, roster));
    Ok(Outcome::Clean)
}

fn check_package(arguments: &Arguments, path: &Path) -> anyhow::Result<Outcome> {
    if arguments.file.is_some() || arguments.after.is_some() {
        return Err(Failure::Arguments(t!("verify.not_of_statement").to_string()).into());
    }
    // The page checks statements, receipts and evidence of forks.
    if arguments.page.is_some() {
        return Err(Failure::Arguments(t!("verify.not_on_page").to_string()).into());
    }
    package::run(arguments, path)
}

/// Prints a verdict that has nothing but its sentences.
fn say(arguments: &Arguments, said: &verdict::Verdict) {
    if arguments.statement.json {
        println!("{}", show::printable_json(&verdict::verdict_json(said)));
    } else {
        verdict::print(said);
    }
}

/// How the command ends by what a file comes to.
const fn ended(said: &verdict::Verdict) -> Outcome {
    match said.outcome {
        verdict::Outcome::Refused => Outcome::Findings,
        verdict::Outcome::Holds | verdict::Outcome::Open => Outcome::Clean,
    }
}
