//! Peers that flood this node with messages, as it notices them: told for an hour, in status and metrics.

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};
use yizhang_ledger::value::Division;

/// How long a flood is told of.
const TOLD_FOR: Duration = Duration::from_secs(60 * 60);
/// How long a flood may go on before it is noticed again: ten seconds at the rate at which a peer is listened to, and the time
/// to connect.
const NOTICED_WITHIN: Duration = Duration::from_secs(30);

/// The floods of peers; of each region of the roster the last one.
#[derive(Debug, Default)]
pub(crate) struct Floods(Mutex<BTreeMap<Division, Noticed>>);

#[derive(Clone, Copy, Debug)]
struct Noticed {
    last: Instant,
    /// When it would have been noticed again if it went on.
    again: Instant,
}

/// A flood, or one that was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Flood {
    pub(crate) region: Division,
    /// How long ago it was noticed last.
    pub(crate) noticed: Duration,
    pub(crate) goes_on: bool,
}

impl Floods {
    /// A peer floods.
    pub(crate) fn notice(&self, region: Division, now: Instant) {
        let noticed = Noticed {
            last: now,
            again: now + NOTICED_WITHIN,
        };
        let mut regions = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        regions.insert(region, noticed);
    }

    /// A peer is not called for so long: whether it would go on flooding is seen after that.
    pub(crate) fn is_not_called(&self, region: Division, wait: Duration, now: Instant) {
        let mut regions = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(noticed) = regions.get_mut(&region)
            && noticed.again > now
        {
            noticed.again = now + wait + NOTICED_WITHIN;
        }
    }

    /// The floods of the last hour, by region.
    pub(crate) fn lately(&self, now: Instant) -> Vec<Flood> {
        let mut regions = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        regions.retain(|_, noticed| now.saturating_duration_since(noticed.last) < TOLD_FOR);
        let flood = |(region, noticed): (&Division, &Noticed)| Flood {
            region: *region,
            noticed: now.saturating_duration_since(noticed.last),
            goes_on: noticed.again > now,
        };
        regions.iter().map(flood).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_goes_on_while_its_peer_is_not_called_and_is_told_for_an_hour() {
        let (floods, start) = (Floods::default(), Instant::now());
        let region = Division::new(110_000).unwrap();
        let at = |seconds| start + Duration::from_secs(seconds);
        let goes_on = |now| floods.lately(now).first().map(|flood| flood.goes_on);
        assert_eq!(goes_on(start), None);
        floods.notice(region, start);
        floods.is_not_called(region, Duration::from_secs(600), at(1));
        assert_eq!(goes_on(at(630)), Some(true));
        assert_eq!(goes_on(at(631)), Some(false));
        assert_eq!(goes_on(at(3_599)), Some(false));
        assert_eq!(goes_on(at(3_600)), None);
        // Whoever is not called for something else does not flood.
        floods.is_not_called(region, Duration::from_secs(600), at(3_600));
        assert_eq!(goes_on(at(3_601)), None);
    }
}
