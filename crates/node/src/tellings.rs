//! How often each region may tell this node something: every telling is a few signatures to be checked by the one serial thread.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};
use yizhang_ledger::value::Division;

/// Tellings of one region in [`WINDOW`]: four times what a node and a second one with its key tell.
const TELLINGS_MAX: usize = 8;
/// The time in which they are counted: a node has something new to tell every two seconds at most.
const WINDOW: Duration = Duration::from_secs(10);

/// When each region has told something lately; a certificate names a region of six digits, and those of the roster alone are
/// asked about.
#[derive(Debug, Default)]
pub(crate) struct Tellings(Mutex<BTreeMap<Division, VecDeque<Instant>>>);

impl Tellings {
    /// Whether this region may tell something now; counted if so.
    pub(crate) fn admit(&self, region: Division, now: Instant) -> bool {
        let mut regions = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let lately = regions.entry(region).or_default();
        lately.retain(|at| now.saturating_duration_since(*at) < WINDOW);
        if lately.len() >= TELLINGS_MAX {
            return false;
        }
        lately.push_back(now);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_region_that_tells_too_often_waits_and_others_do_not() {
        let (tellings, start) = (Tellings::default(), Instant::now());
        let [one, other] = [440_000, 520_000].map(|code| Division::new(code).unwrap());
        let admitted = (0..20).filter(|_| tellings.admit(one, start)).count();
        assert_eq!(admitted, TELLINGS_MAX);
        assert!(tellings.admit(other, start));
        assert!(tellings.admit(one, start + WINDOW));
    }
}
