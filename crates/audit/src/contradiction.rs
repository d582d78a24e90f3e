//! Two signed heads of a chain that somebody says contradict each other: what an auditor can tell from them alone.

use crate::finding::{Code, Finding, Place, Severity};
use yizhang_ledger::{beginning::Beginning, head::Head, roster::Roster};

/// Two signed heads, as somebody shows them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contradiction {
    /// Whether whoever shows them has stopped the chain for it.
    pub closes: bool,
    /// The head of what is held there; may be empty.
    pub held: Vec<u8>,
    /// The other one.
    pub other: Vec<u8>,
    /// What the tree of the first, which is the larger one then, begins with at the size of the other; none if nobody shows it.
    pub beginning: Option<Beginning>,
}

/// What two heads say against their chain: a fork, if both are signed, and of one size or tied together; if only whoever holds the
/// chain can tell how they contradict each other, that the chain is quarantined there. None if the second is no head of a
/// chain of the roster, or proves nothing and closed nothing.
pub fn accusation(shown: &Contradiction, roster: &Roster) -> Option<Finding> {
    let other = Head::open(&shown.other, roster).ok()?;
    let held = Head::open(&shown.held, roster).ok();
    let held = held.filter(|held| held.origin == other.origin);
    let place = Place::region(other.origin.region()).at_leaf(other.size.0);
    let mut evidence = vec![String::from_utf8_lossy(&shown.other).into_owned()];
    if let Some(held) = held {
        evidence.insert(0, String::from_utf8_lossy(&shown.held).into_owned());
        if held.size == other.size && held.root != other.root {
            let text = "the key of the chain has signed two roots for the same size";
            let finding = Finding::new(Severity::Fork, Code::Fork, &place, text);
            let finding = finding.between(&held.root, &other.root);
            return Some(finding.with_evidence(evidence));
        }
        if let Some(beginning) = &shown.beginning
            && beginning.root != other.root
            && other.size < held.size
            && beginning.verify(other.size, &held).is_ok()
        {
            let text = "the chain is quarantined: its key has signed two histories, of which the larger begins otherwise";
            let finding = Finding::new(Severity::Fork, Code::Fork, &place, text);
            let finding = finding.between(&beginning.root, &other.root);
            return Some(finding.with_evidence(evidence));
        }
    }
    let text =
        "the chain is quarantined: a signed head contradicts what this source holds, or held";
    let finding = Finding::fault(Code::Quarantined, &place, text);
    shown.closes.then(|| finding.with_evidence(evidence))
}
