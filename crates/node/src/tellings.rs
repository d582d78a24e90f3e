//! How often each region may tell this node something: every telling is a few signatures to be checked, and work for the engine.

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
/// How long a region has to go on telling too often before that is a flood: a node that starts, or finds many chains closed, has
/// told what it has to tell by then.
const FLOOD_MIN: Duration = Duration::from_secs(60);

/// When each region has told something lately; a certificate names a region of six digits, and those of the roster alone are
/// asked about.
#[derive(Debug, Default)]
pub(crate) struct Tellings {
    lately: Mutex<BTreeMap<Division, VecDeque<Instant>>>,
    /// The regions that were last refused for telling too often.
    refused: Mutex<BTreeMap<Division, Refused>>,
    /// The regions that are being listened to.
    heard: Mutex<BTreeSet<Division>>,
}

/// Refusals of one region of which each came less than two windows after the one before.
#[derive(Clone, Copy, Debug)]
struct Refused {
    first: Instant,
    last: Instant,
}

/// Why a region may not tell something now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Untimely {
    /// It tells too often.
    TooOften,
    /// It tells too often, and has done so for [`FLOOD_MIN`].
    Flood,
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
            return Err(self.refuse(region, now));
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

    fn refuse(&self, region: Division, now: Instant) -> Untimely {
        let mut refused = self.refused.lock().unwrap_or_else(PoisonError::into_inner);
        let run = refused.entry(region).or_insert(Refused {
            first: now,
            last: now,
        });
        if now.saturating_duration_since(run.last) >= WINDOW * 2 {
            run.first = now;
        }
        run.last = now;
        if now.saturating_duration_since(run.first) >= FLOOD_MIN {
            Untimely::Flood
        } else {
            Untimely::TooOften
        }
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
    fn telling_too_often_is_a_flood_after_a_minute_and_not_for_some_bursts() {
        let (tellings, start) = (Arc::new(Tellings::default()), Instant::now());
        let region = Division::new(440_000).unwrap();
        let tell = |seconds| {
            let now = start + Duration::from_secs(seconds);
            let refused = (0..20).filter_map(|_| tellings.admit(region, now).err());
            refused.reduce(|_, last| last)
        };
        for burst in 0..10 {
            assert_eq!(tell(burst * 20), Some(Untimely::TooOften), "{burst}");
        }
        let floods: Vec<u64> = (200..300)
            .filter(|second| tell(*second) == Some(Untimely::Flood))
            .collect();
        assert_eq!(floods, (260..300).collect::<Vec<u64>>());
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
