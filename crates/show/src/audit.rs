//! The report of an audit for people.

use super::{count, table};
use crate::text::t;
use yizhang_audit::{Finding, Report, RosterName, Severity};
use yizhang_ledger::value::UnixMillis;

/// Findings that are printed for one source; the JSON report has all.
const FINDINGS_PRINTED_MAX: usize = 50;
/// Digits of a digest that a person compares at a glance.
const DIGEST_SHOWN: usize = 16;

/// A roster by name and version, and the beginning of its digest; the JSON report has all of it.
fn roster(roster: &RosterName) -> String {
    let digest: String = roster.digest.chars().take(DIGEST_SHOWN).collect();
    t!(
        "audit.roster",
        federation = roster.federation,
        version = roster.version,
        digest = digest
    )
    .to_string()
}

/// Prints reports and what tells them apart.
pub fn print(reports: &[Report], differences: &[Finding]) {
    for report in reports {
        println!(
            "{}",
            t!(
                "audit.source",
                source = report.source,
                roster = roster(&report.roster)
            )
        );
        let mut rows = table([
            t!("audit.chain"),
            t!("audit.up_to"),
            t!("audit.batches"),
            t!("audit.records"),
            t!("audit.result"),
        ]);
        for chain in &report.chains {
            let is_clean = chain.is_clean() && !report.accuses(&chain.region);
            let result = match (is_clean, chain.unsigned_tail) {
                (true, false) => t!("audit.chain_clean"),
                (true, true) => t!("audit.chain_unsigned"),
                (false, _) => t!(
                    "audit.chain_faulty",
                    findings = count::findings(report.findings_of(&chain.region).count())
                ),
            };
            rows.add_row([
                chain.region.clone(),
                chain.size.to_string(),
                chain.verified.batches.to_string(),
                chain.verified.records.to_string(),
                result.to_string(),
            ]);
        }
        println!("{rows}");
        findings(report.all_findings());
        let key = if report.is_clean() {
            "audit.clean"
        } else {
            "audit.faulty"
        };
        println!(
            "{}",
            t!(
                key,
                records = report.totals.records,
                faults = report.totals.faults,
                forks = report.totals.forks
            )
        );
    }
    findings(differences.iter());
}

/// How far the time of a batch may be ahead of the clock before that is said, in ms: more than clocks differ that somebody sets.
const AHEAD_MS_MAX: u64 = 600_000;

/// Prints which chains have batches that are ahead of this clock. That is no finding: no rule of the format knows a clock.
pub fn ahead(reports: &[Report], now: UnixMillis) {
    for report in reports {
        for chain in &report.chains {
            // A chain whose newest batch lies in the past is not ahead.
            let ahead = chain.newest_ms.saturating_sub(now.0);
            if ahead > AHEAD_MS_MAX {
                let (source, region) = (&report.source, &chain.region);
                let minutes = ahead / 60_000;
                let line = t!(
                    "audit.ahead",
                    source = source,
                    region = region,
                    minutes = minutes
                );
                println!("{line}");
            }
        }
    }
}

fn findings<'a>(all: impl Iterator<Item = &'a Finding>) {
    let mut left = 0_usize;
    for (number, finding) in all.enumerate() {
        if number >= FINDINGS_PRINTED_MAX {
            left += 1;
            continue;
        }
        let severity = match finding.severity {
            Severity::Note => t!("audit.note"),
            Severity::Fault => t!("audit.fault"),
            Severity::Fork => t!("audit.fork"),
        };
        println!(
            "{}",
            t!(
                "audit.finding",
                severity = severity,
                finding = super::finding::line(finding)
            )
        );
    }
    if left > 0 {
        println!("{}", t!("audit.more", left = left));
    }
}
