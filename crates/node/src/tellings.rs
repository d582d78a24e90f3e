//! How often each region may tell this node something: every telling is a few signatures to be checked by the one serial thread.

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    sync::{Arc, Mutex, PoisonError},
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
pub(crate) struct Tellings {
    lately: Mutex<BTreeMap<Division, VecDeque<Instant>>>,
    /// The regions that are being listened to.
    heard: Mutex<BTreeSet<Division>>,
}

/// Why a region may not tell something now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Untimely {
    /// It tells too often.
    TooOften,
    /// What it told before has not been dealt with.
    TooSoon,
}

impl Tellings {
    /// Whether this region may tell something now; counted if so. Nothing more is taken of it until what is returned is dropped.
    pub(crate) fn admit(
        self: &Arc<Self>,
        region: Division,
        now: Instant,
    ) -> Result<Telling, Untimely> {
        let mut regions = self.lately.lock().unwrap_or_else(PoisonError::into_inner);
        let lately = regions.entry(region).or_default();
        lately.retain(|at| now.saturating_duration_since(*at) < WINDOW);
        if lately.len() >= TELLINGS_MAX {
            return Err(Untimely::TooOften);
        }
        lately.push_back(now);
        let mut heard = self.heard.lock().unwrap_or_else(PoisonError::into_inner);
        if !heard.insert(region) {
            return Err(Untimely::TooSoon);
        }
        Ok(Telling {
            tellings: Arc::clone(self),
            region,
        })
    }
}

/// A telling that is being dealt with.
#[derive(Debug)]
pub(crate) struct Telling {
    tellings: Arc<Tellings>,
    region: Division,
}

impl Drop for Telling {
    fn drop(&mut self) {
        let heard = self.tellings.heard.lock();
        let mut heard = heard.unwrap_or_else(PoisonError::into_inner);
        heard.remove(&self.region);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_region_that_tells_too_often_waits_and_others_do_not() {
        let (tellings, start) = (Arc::new(Tellings::default()), Instant::now());
        let [one, other] = [440_000, 520_000].map(|code| Division::new(code).unwrap());
        let admitted = (0..20).filter(|_| tellings.admit(one, start).is_ok());
        assert_eq!(admitted.count(), TELLINGS_MAX);
        assert_eq!(tellings.admit(one, start).unwrap_err(), Untimely::TooOften);
        assert!(tellings.admit(other, start).is_ok());
        assert!(tellings.admit(one, start + WINDOW).is_ok());
    }

    #[test]
    fn a_region_is_listened_to_once_at_a_time() {
        let (tellings, start) = (Arc::new(Tellings::default()), Instant::now());
        let region = Division::new(440_000).unwrap();
        let telling = tellings.admit(region, start).unwrap();
        assert_eq!(
            tellings.admit(region, start).unwrap_err(),
            Untimely::TooSoon
        );
        drop(telling);
        assert!(tellings.admit(region, start).is_ok());
    }
}
