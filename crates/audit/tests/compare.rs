//! Copies of one chain from several sources.

use crate::fixture::{Data, Signed, Writer, key, roster};
use yizhang_audit::{Code, Finding, Severity, compare};

const SOUTH: u32 = 440_000;

/// What is found when these copies of a chain are compared.
fn compared(copies: &[&[Signed]]) -> Vec<Finding> {
    let roster = roster(&[SOUTH]);
    let reports: Vec<_> = copies
        .iter()
        .map(|copy| {
            let data = Data::empty();
            if !copy.is_empty() {
                data.write(SOUTH, copy);
            }
            let report = data.audit(&roster);
            assert!(report.is_clean());
            report
        })
        .collect();
    compare(&reports)
}

fn codes(findings: &[Finding]) -> Vec<(Code, Severity)> {
    findings
        .iter()
        .map(|finding| (finding.code, finding.severity))
        .collect()
}

#[test]
fn equal_copies_agree_and_shorter_ones_are_a_fault() {
    let chain = Writer::new(SOUTH).batches(&[3, 4, 5, 6]);
    assert_eq!(compared(&[&chain, &chain, &chain]), []);
    let found = compared(&[&chain[..2], &chain, &[]]);
    assert_eq!(codes(&found), [(Code::Shorter, Severity::Fault); 2]);
    assert_eq!(found[0].place.leaf, Some(chain[1].size().0));
    assert_eq!(found[0].expected, Some(chain[3].size().0.to_string()));
}

#[test]
fn a_history_that_was_rewritten_and_signed_again_is_a_fork_with_both_heads() {
    let chain = Writer::new(SOUTH).batches(&[3, 4, 5, 6]);
    for sizes in [&[5_u64, 6, 1][..], &[5], &[2, 9]] {
        let mut rival = Writer {
            state: chain[1].extension.after().clone(),
            key: key(SOUTH),
            salt: 50_000,
        };
        let mut forged = chain[..2].to_vec();
        forged.extend(rival.batches(sizes));
        let found = compared(&[&forged, &chain]);
        assert_eq!(codes(&found), [(Code::Fork, Severity::Fork)], "{sizes:?}");
        assert_eq!(found[0].place.leaf, Some(chain[1].size().0));
        assert_eq!(found[0].evidence.len(), 2);
        assert!(found[0].evidence.contains(&forged.last().unwrap().note));
        assert!(found[0].text.contains("batch 2"), "{}", found[0]);
    }
}

#[test]
fn a_fork_in_the_first_batch_or_the_last_is_found_in_long_chains() {
    let chain = Writer::new(SOUTH).batches(&vec![1; 3_300]);
    for at in [0, 2_000, 3_299] {
        let state = match at {
            0 => Writer::new(SOUTH).state,
            _ => chain[at - 1].extension.after().clone(),
        };
        let mut rival = Writer {
            state,
            key: key(SOUTH),
            salt: 1_000_000,
        };
        let mut forged = chain[..at].to_vec();
        forged.extend(rival.batches(&vec![1; 3_300 - at]));
        let found = compared(&[&forged, &chain]);
        assert_eq!(codes(&found), [(Code::Fork, Severity::Fork)], "at {at}");
        assert!(found[0].place.leaf.unwrap() <= chain[at].first(), "at {at}");
    }
}

#[test]
fn a_copy_that_is_far_behind_is_compared_as_far_as_roots_are_kept() {
    let chain = Writer::new(SOUTH).batches(&vec![1; 3_300]);
    let found = compared(&[&chain[..1_001], &chain]);
    assert_eq!(codes(&found), [(Code::NotCompared, Severity::Note)]);
    assert_eq!(found[0].place.leaf, Some(chain[999].size().0));
}
