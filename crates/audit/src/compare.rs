//! Several sources of one chain against each other: the smaller must be the beginning of the larger.

use crate::{
    boundary::Boundary,
    finding::{Code, Finding, Place, Severity},
    report::{ChainReport, Report},
};
use std::collections::BTreeMap;

/// Compares what several sources hold of the same chains. Each chain is compared with the longest of its kind, by the
/// roots after each number of batches; only verified parts count, so a difference is proof that both histories were
/// signed.
///
/// What holds less than the longest is a fault: nobody can tell a copy that lags from one that was cut off. Audit nodes that
/// are being written to again when they are at rest.
///
/// Long chains are compared at their newest 1,024 batches and at up to 2,048 earlier ones, evenly spread; roots cover
/// everything before them, so what agrees at one of these agrees in all that comes before.
pub fn compare(reports: &[Report]) -> Vec<Finding> {
    let mut chains: BTreeMap<&str, Vec<(&str, &ChainReport)>> = BTreeMap::new();
    for report in reports {
        for chain in &report.chains {
            chains
                .entry(&chain.origin)
                .or_default()
                .push((&report.source, chain));
        }
    }
    let mut findings = Vec::new();
    for copies in chains.values() {
        let Some((longest_source, longest)) = copies.iter().max_by_key(|(_, chain)| chain.size)
        else {
            continue;
        };
        for (source, chain) in copies {
            if !std::ptr::eq(*chain, *longest) {
                findings.extend(pair(source, chain, longest_source, longest));
            }
        }
    }
    findings
}

fn pair(
    source: &str,
    chain: &ChainReport,
    longest_source: &str,
    longest: &ChainReport,
) -> Option<Finding> {
    let region = Some(chain.region.clone());
    let place = Place {
        source: Some(source.to_owned()),
        region,
        ..Place::default()
    };
    let others: BTreeMap<u64, _> = longest
        .boundaries
        .iter()
        .map(|boundary| (boundary.batches, boundary))
        .collect();
    let mut agreed = 0;
    let mut agreed_batches = 0;
    for boundary in chain.boundaries.iter() {
        let Some(other) = others.get(&boundary.batches) else {
            continue;
        };
        if (boundary.size, boundary.root) != (other.size, other.root) {
            let text = format!(
                "forked from the copy of {longest_source}: they agree up to leaf {agreed} (batch {agreed_batches}) and \
                 differ after batch {}",
                boundary.batches
            );
            let fork = Finding::new(Severity::Fork, Code::Fork, &place.at_leaf(agreed), text)
                .between(&side(other), &side(boundary));
            let heads = [&chain.last_head, &longest.last_head];
            return Some(fork.with_evidence(heads.into_iter().flatten().cloned().collect()));
        }
        (agreed, agreed_batches) = (boundary.size, boundary.batches);
    }
    if agreed < chain.size {
        let text = format!(
            "only compared with the copy of {longest_source} up to leaf {agreed}: roots of so old batches are not kept"
        );
        return Some(
            Finding::note(Code::NotCompared, &place.at_leaf(agreed), text)
                .between(&chain.size, &agreed),
        );
    }
    if chain.size >= longest.size {
        return None;
    }
    let text = format!("holds less than {longest_source}, and agrees with it as far as it goes");
    // Batches that wait for their head are there, although nothing vouches for them yet.
    let waiting = chain
        .followed
        .records
        .saturating_add(chain.followed.batches);
    let severity = if chain.size.saturating_add(waiting) >= longest.size {
        Severity::Note
    } else {
        Severity::Fault
    };
    let finding = Finding::new(severity, Code::Shorter, &place.at_leaf(chain.size), text);
    Some(finding.between(&longest.size, &chain.size))
}

/// A boundary, as a fork names its two sides.
fn side(boundary: &Boundary) -> String {
    format!("size {}, root {}", boundary.size, boundary.root)
}
