//! `yizhang verify`: a file that somebody was handed, checked without a network, by nothing but the roster.

use crate::{
    credentials::{self, TrustedRoster},
    exit::Outcome,
    files, show,
};
use anyhow::{Context, bail};
use clap::Args;
use rust_i18n::t;
use std::path::PathBuf;
use yizhang_ledger::{
    head::Origin,
    roster::{Region, Roster},
};
use yizhang_statement::{
    FORK_HEADER, Fork, ForkEvidence, ForkFault, Promise, RECEIPT_HEADER, ReceiptFile, Receipted,
};

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
    let trusted = credentials::read_roster(&arguments.credentials)?;
    let roster = &trusted.roster;
    if bytes.starts_with(RECEIPT_HEADER.as_bytes()) {
        let receipt = ReceiptFile::parse(&bytes).with_context(context)?;
        let shown = receipt.verify(roster).with_context(context)?;
        receipt_lines(&receipt, &shown);
        println!("{}", t!("verify.by_roster", version = roster.version));
        return Ok(Outcome::Clean);
    }
    if !bytes.starts_with(FORK_HEADER.as_bytes()) {
        bail!("{}", t!("verify.unknown", path = arguments.file.display()));
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

/// Says what is promised of a submission, and by whom.
fn receipt_lines(receipt: &ReceiptFile, shown: &Receipted) {
    let region = show::place::name(shown.origin.region());
    let (chain, size) = (&shown.origin, shown.size);
    let last = receipt
        .first
        .0
        .saturating_add(receipt.records)
        .saturating_sub(1);
    println!(
        "{}",
        t!(
            "verify.receipt",
            region = region,
            chain = chain,
            submission = receipt.submission,
            records = receipt.records,
            first = receipt.first.0,
            last = last,
            size = size
        )
    );
    let names = |promises: &[Promise]| {
        let names = promises.iter().map(|promise| {
            let moment = i64::try_from(promise.time.get()).ok();
            let moment = moment.and_then(|seconds| jiff::Timestamp::from_second(seconds).ok());
            let moment = moment.map_or_else(String::new, |moment| format!(" ({moment})"));
            format!("{}{moment}", show::place::name(promise.region))
        });
        names.collect::<Vec<_>>().join(", ")
    };
    if shown.mirrors.is_empty() {
        println!("{}", t!("verify.no_mirror"));
    } else {
        let (count, names) = (shown.mirrors.len(), names(&shown.mirrors));
        println!("{}", t!("verify.mirrors", count = count, names = names));
    }
    if !shown.witnesses.is_empty() {
        let (count, names) = (shown.witnesses.len(), names(&shown.witnesses));
        println!("{}", t!("verify.witnesses", count = count, names = names));
    }
    println!("{}", t!("verify.not_which_records"));
}
