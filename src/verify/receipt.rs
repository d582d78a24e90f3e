//! What a receipt promises, by whom, in words.

use crate::show;
use anyhow::Context;
use rust_i18n::t;
use std::path::Path;
use yizhang_ledger::roster::Roster;
use yizhang_statement::{Promise, ReceiptFile, Receipted};

/// Believes a receipt by the roster.
///
/// # Errors
/// Whatever does not hold, with the file; that the receipt needs a newer roster, where it does.
pub(super) fn believe(
    path: &Path,
    receipt: &ReceiptFile,
    roster: &Roster,
) -> anyhow::Result<Receipted> {
    let shown = receipt.verify(roster);
    let shown = if receipt.roster > roster.version {
        let (kept, known) = (receipt.roster, roster.version);
        shown.with_context(|| t!("verify.newer_roster", kept = kept, known = known))
    } else {
        shown.map_err(anyhow::Error::from)
    };
    shown.with_context(|| path.display().to_string())
}

/// Says what is promised of a submission, and by whom.
pub(super) fn say(receipt: &ReceiptFile, shown: &Receipted) {
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
    say_promises(shown);
    println!("{}", t!("verify.kept_under", version = receipt.roster));
}

/// Says who has signed the head of a receipt besides its chain.
pub(super) fn say_promises(shown: &Receipted) {
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
}

fn names(promises: &[Promise]) -> String {
    let names = promises.iter().map(|promise| {
        let moment = i64::try_from(promise.time.get()).ok();
        let moment = moment.and_then(|seconds| jiff::Timestamp::from_second(seconds).ok());
        let moment = moment.map_or_else(String::new, |moment| format!(" ({moment})"));
        format!("{}{moment}", show::place::name(promise.region))
    });
    names.collect::<Vec<_>>().join(", ")
}
