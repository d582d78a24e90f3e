//! What a receipt promises, by whom, in words.

use super::{Line, Outcome, Verdict, by_roster};
use crate::place;
use crate::text::t;
use yizhang_ledger::roster::Roster;
use yizhang_statement::{Promise, ReceiptFile, Receipted};

/// What a receipt shows under a roster.
pub fn of_receipt(receipt: &ReceiptFile, shown: &Receipted, roster: &Roster) -> Verdict {
    let mut lines = receipt_lines(receipt, shown);
    lines.push(Line::unproved(t!("verify.not_which_records")));
    lines.push(by_roster(roster.version));
    Verdict {
        outcome: Outcome::Holds,
        headline: headline(receipt, shown),
        lines,
    }
}

fn headline(receipt: &ReceiptFile, shown: &Receipted) -> String {
    let (region, records) = (place::name(shown.origin.region()), receipt.records);
    let mirrors = shown.mirrors.len();
    if mirrors == 0 {
        t!(
            "verify.receipt_holds_alone",
            region = region,
            records = records
        )
        .to_string()
    } else {
        t!(
            "verify.receipt_holds",
            region = region,
            records = records,
            mirrors = mirrors
        )
        .to_string()
    }
}

/// What is promised of a submission, and by whom.
pub fn receipt_lines(receipt: &ReceiptFile, shown: &Receipted) -> Vec<Line> {
    let region = place::name(shown.origin.region());
    let (chain, size) = (&shown.origin, shown.size);
    let last = receipt
        .first
        .0
        .saturating_add(receipt.records)
        .saturating_sub(1);
    let taken = t!(
        "verify.receipt",
        region = region,
        chain = chain,
        submission = receipt.submission,
        records = receipt.records,
        first = receipt.first.0,
        last = last,
        size = size
    );
    let mut lines = vec![Line::proved(taken)];
    lines.extend(promise_lines(shown));
    let kept = t!("verify.kept_under", version = receipt.roster);
    lines.push(Line::basis(kept));
    lines
}

/// Who has signed the head of a receipt besides its chain.
pub fn promise_lines(shown: &Receipted) -> Vec<Line> {
    let mut lines = Vec::new();
    if shown.mirrors.is_empty() {
        lines.push(Line::unproved(t!("verify.no_mirror")));
    } else {
        let (count, names) = (shown.mirrors.len(), names(&shown.mirrors));
        let signed = t!("verify.mirrors", count = count, names = names);
        lines.push(Line::proved(signed));
    }
    if !shown.witnesses.is_empty() {
        let (count, names) = (shown.witnesses.len(), names(&shown.witnesses));
        let signed = t!("verify.witnesses", count = count, names = names);
        lines.push(Line::proved(signed));
    }
    lines
}

fn names(promises: &[Promise]) -> String {
    let names = promises.iter().map(|promise| {
        let moment = i64::try_from(promise.time.get()).ok();
        let moment = moment.and_then(|seconds| jiff::Timestamp::from_second(seconds).ok());
        let moment = moment.map_or_else(String::new, |moment| format!(" ({moment})"));
        format!("{}{moment}", place::name(promise.region))
    });
    names.collect::<Vec<_>>().join(", ")
}
