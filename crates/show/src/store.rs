//! What checking a data directory found, and what rebuilding its index did.

use super::{count, damage, place, table};
use crate::text::t;
use yizhang_store::{AccessChecked, CheckReport, RebuildReport};

/// Prints the report of a check.
pub fn check_report(report: &CheckReport) {
    let mut rows = table([
        t!("store.chain"),
        t!("store.size"),
        t!("store.batches"),
        t!("store.bytes"),
    ]);
    for chain in &report.chains {
        rows.add_row([
            place::name(chain.origin.region()),
            chain.size.to_string(),
            chain.batches.to_string(),
            chain.bytes.to_string(),
        ]);
    }
    println!("{rows}");
    println!("{}", t!("store.journal", entries = report.journal_entries));
    for chain in &report.chains {
        // What is still missing is a finding.
        if let Some(lost) = chain.lost.filter(|lost| *lost <= chain.size) {
            let region = place::name(chain.origin.region());
            println!("{}", t!("store.regained", region = region, lost = lost));
        }
    }
    match report.index_entries {
        Some(entries) => println!("{}", t!("store.index", entries = entries)),
        None => println!("{}", t!("store.no_index")),
    }
    for finding in &report.findings {
        println!("{}", damage::finding(finding));
        println!("  {}", t!("store.remedy", text = damage::remedy(finding)));
    }
    println!(
        "{}",
        if report.is_sound() {
            t!("store.sound")
        } else {
            t!(
                "store.damaged",
                findings = count::findings(report.findings.len())
            )
        }
    );
}

/// Prints what a check of the access log found.
pub fn access_report(checked: &AccessChecked) {
    let (days, entries, rooted) = (checked.days, checked.entries, checked.rooted);
    println!(
        "{}",
        t!(
            "store.access",
            days = days,
            entries = entries,
            rooted = rooted
        )
    );
    for finding in &checked.findings {
        println!("{}", damage::access(finding));
        let remedy = if finding.is_damage() {
            t!("store.access_damaged")
        } else {
            t!("store.access_torn")
        };
        println!("  {}", t!("store.remedy", text = remedy));
    }
}

/// Prints what rebuilding the index did.
pub fn rebuild_report(report: &RebuildReport) {
    for line in damage::opened(&report.opened) {
        println!("{line}");
    }
    println!("{}", t!("store.rebuilt", bytes = report.index_bytes));
}
