//! The report of an audit: what is verified to where, what it holds, and what was found.

use crate::{
    boundary::Boundaries,
    finding::{FINDINGS_MAX, Finding, Severity},
    stated::StatedRegister,
    tally::Tally,
};
use serde::{Deserialize, Serialize};

/// Name and version of the report's JSON layout.
pub const REPORT_FORMAT: &str = "yizhang-audit/1";

/// The report on one source.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// [`REPORT_FORMAT`].
    pub format: &'static str,
    /// The source: a directory or an address.
    pub source: String,
    /// The roster that says whose signatures count.
    pub roster: RosterName,
    /// Whether nothing was found but notes: [`Report::is_clean`].
    pub clean: bool,
    /// Sums over all chains.
    pub totals: Totals,
    /// One report for each chain of the roster, by region.
    pub chains: Vec<ChainReport>,
    /// Findings that belong to no chain.
    pub findings: Vec<Finding>,
}

/// Which roster an audit relies on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RosterName {
    /// Federation.
    pub federation: String,
    /// Version.
    pub version: u64,
    /// BLAKE3 in key-derivation mode over the text of the roster, in hexadecimal digits.
    pub digest: String,
}

/// Sums over the verified parts of all chains.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Totals {
    /// Chains that hold at least one verified batch.
    pub chains: u64,
    /// Batches.
    pub batches: u64,
    /// Records.
    pub records: u64,
    /// Bytes of the batches.
    pub bytes: u64,
    /// Findings that are only worth knowing.
    pub notes: u64,
    /// Broken rules.
    pub faults: u64,
    /// Signed contradictions.
    pub forks: u64,
}

/// The report on one chain.
#[derive(Clone, Debug, Serialize)]
pub struct ChainReport {
    /// Chain, as `federation/region`.
    pub origin: String,
    /// Division code.
    pub region: String,
    /// Audited up to: the size of the last head that a key of the roster signed over exactly what was read.
    pub size: u64,
    /// Root of the tree of that size, in hexadecimal digits.
    pub root: String,
    /// Leaf hash of the last batch entry below that size.
    pub link: String,
    /// Time in that batch entry, in ms since 1970-01-01 UTC, as the chain's own node had it; 0 if there is none. It proves nothing.
    pub newest_ms: u64,
    /// That signed head.
    pub last_head: Option<String>,
    /// What the verified part holds.
    pub verified: Tally,
    /// Batches after the verified part that follow by link and root, but that no head covers.
    pub followed: Unverified,
    /// Whether the chain ends with one such batch and nothing is wrong with that: its head comes with the next.
    pub unsigned_tail: bool,
    /// Size at which the chain could not be followed further.
    pub stopped_at: Option<u64>,
    /// What came after that, examined piece by piece only.
    pub beyond: Unverified,
    /// Which run has verified which part, oldest first. Bytes of earlier parts were not read again.
    pub parts: Vec<Part>,
    /// What was found, in the order of the chain.
    pub findings: Vec<Finding>,
    /// Findings beyond [`crate::FINDINGS_MAX`].
    pub findings_omitted: u64,
    /// Registers of accounts in the verified part of this run that are still to be compared with the chain:
    /// [`crate::compare_registers`].
    #[serde(skip)]
    pub registers: Vec<StatedRegister>,
    /// Roots at batch ends, for [`crate::compare`].
    #[serde(skip)]
    pub(crate) boundaries: Boundaries,
}

/// Batches and records that are not verified.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Unverified {
    /// Batches.
    pub batches: u64,
    /// Records, of the batches that can be read.
    pub records: u64,
}

/// A part of a chain and the run that has verified it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    /// Name of the run, as its caller gave it.
    pub run: String,
    /// First leaf.
    pub from: u64,
    /// Size after the last.
    pub to: u64,
}

impl Report {
    /// Puts the reports of the chains of a source together.
    pub fn new(
        source: String,
        roster: RosterName,
        chains: Vec<ChainReport>,
        findings: Vec<Finding>,
    ) -> Self {
        let mut report = Self {
            format: REPORT_FORMAT,
            source,
            roster,
            clean: false,
            totals: Totals::default(),
            chains,
            findings,
        };
        report.totals = report.sum();
        report.clean = report.totals.faults == 0 && report.totals.forks == 0;
        report
    }

    /// Whether nothing was found but notes.
    pub const fn is_clean(&self) -> bool {
        self.clean
    }

    /// Every finding, those of the chains included.
    pub fn all_findings(&self) -> impl Iterator<Item = &Finding> {
        self.findings
            .iter()
            .chain(self.chains.iter().flat_map(|chain| &chain.findings))
    }

    /// Everything found about the chain of a region, in its files and beside them.
    pub fn findings_of(&self, region: &str) -> impl Iterator<Item = &Finding> {
        self.all_findings()
            .filter(move |finding| finding.place.region.as_deref() == Some(region))
    }

    /// Whether something beside the files of a chain speaks against it.
    pub fn accuses(&self, region: &str) -> bool {
        self.findings.iter().any(|finding| {
            finding.place.region.as_deref() == Some(region) && finding.severity != Severity::Note
        })
    }

    /// The report on the chain of a region.
    pub fn chain(&self, region: &str) -> Option<&ChainReport> {
        self.chains.iter().find(|chain| chain.region == region)
    }

    fn sum(&self) -> Totals {
        let mut totals = Totals::default();
        for chain in &self.chains {
            totals.chains = totals.chains.saturating_add(u64::from(chain.size > 0));
            totals.batches = totals.batches.saturating_add(chain.verified.batches);
            totals.records = totals.records.saturating_add(chain.verified.records);
            totals.bytes = totals.bytes.saturating_add(chain.verified.bytes);
            totals.faults = totals.faults.saturating_add(chain.findings_omitted);
        }
        for finding in self.all_findings() {
            let count = match finding.severity {
                Severity::Note => &mut totals.notes,
                Severity::Fault => &mut totals.faults,
                Severity::Fork => &mut totals.forks,
            };
            *count = count.saturating_add(1);
        }
        totals
    }
}

impl ChainReport {
    /// Adds a finding, or counts it where there are too many.
    pub(crate) fn add(&mut self, finding: Finding) {
        if self.findings.len() < FINDINGS_MAX {
            self.findings.push(finding);
        } else {
            self.findings_omitted = self.findings_omitted.saturating_add(1);
        }
    }

    /// Whether nothing was found but notes.
    pub fn is_clean(&self) -> bool {
        self.findings_omitted == 0
            && self
                .findings
                .iter()
                .all(|finding| finding.severity == Severity::Note)
    }
}
