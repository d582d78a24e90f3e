//! The clock of this node beside those of its peers, who tell theirs once a minute. A clock that is off is said, and changes
//! nothing else: no account and no refusal depends on it.

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};
use yizhang_ledger::value::{Division, UnixMillis};

/// By how much the clock may differ from those of peers before that is a warning, in ms. Clocks that are set by the network differ
/// by less than a second, and a telling is under way for less than a minute.
const OFF_MS_MAX: u64 = 300_000;
/// How long what a peer has told counts: two tellings may be missed.
const TOLD_WITHIN: Duration = Duration::from_secs(3 * 60);
/// By how much this node's own clock may differ, since a telling, from the time that has passed: beyond that it was set, or the
/// machine was suspended, in which nobody counts the time that passes. What was told before then says nothing about the clock now.
const DRIFT_MAX: Duration = Duration::from_secs(60);
/// Peers that must have told: of two clocks nobody can say which is wrong.
const PEERS_MIN: usize = 2;

/// The clocks of peers; of each region of the roster the last telling.
#[derive(Debug, Default)]
pub(crate) struct Clocks(Mutex<BTreeMap<Division, Told>>);

#[derive(Clone, Copy, Debug)]
struct Told {
    clock: UnixMillis,
    /// What time it was here.
    own: UnixMillis,
    at: Instant,
}

impl Clocks {
    /// A peer has told what time it is there, when it was that time here.
    pub(crate) fn told(&self, region: Division, clock: UnixMillis, own: UnixMillis, at: Instant) {
        let mut regions = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        regions.insert(region, Told { clock, own, at });
    }

    /// By how many ms this node's clock is ahead of those of its peers, below 0 behind them; 0 if that is no warning, or too few
    /// have told.
    pub(crate) fn off_ms(&self, own: UnixMillis, now: Instant) -> i64 {
        let regions = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut offs = Vec::new();
        for told in regions.values() {
            let passed = now.saturating_duration_since(told.at);
            if passed < TOLD_WITHIN && !has_drifted(told.own, own, passed) {
                offs.push(off(own, told.clock, passed));
            }
        }
        if offs.len() < PEERS_MIN {
            return 0;
        }
        let median = median(&mut offs);
        if median.unsigned_abs() > OFF_MS_MAX {
            median
        } else {
            0
        }
    }
}

/// Whether the own clock says that much more or less time has passed between two moments than has.
fn has_drifted(before: UnixMillis, now: UnixMillis, passed: Duration) -> bool {
    let drift_max = i64::try_from(DRIFT_MAX.as_millis()).expect("a minute");
    off(now, before, passed).abs() > drift_max
}

/// By how much the own clock is ahead of one that was told so long ago.
fn off(own: UnixMillis, told: UnixMillis, passed: Duration) -> i64 {
    let passed = u64::try_from(passed.as_millis()).unwrap_or(u64::MAX);
    let clock = told.0.saturating_add(passed);
    let off = i64::try_from(own.0.abs_diff(clock)).unwrap_or(i64::MAX);
    if own.0 >= clock { off } else { -off }
}

/// The middle. Of two in the middle the one nearer to the own clock, and 0 if that is between them: what not more than half of the
/// peers say is no warning.
fn median(offs: &mut [i64]) -> i64 {
    offs.sort_unstable();
    let low = offs.get(offs.len().saturating_sub(1) / 2);
    let high = offs.get(offs.len() / 2);
    match (low, high) {
        (Some(low), Some(_)) if *low > 0 => *low,
        (Some(_), Some(high)) if *high < 0 => *high,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: i64 = 60_000;

    #[test]
    fn the_median_is_what_more_than_half_of_the_peers_say() {
        for (offs, expected) in [
            (vec![], 0),
            (vec![7], 7),
            (vec![-9, -7], -7),
            (vec![7, 9], 7),
            (vec![-7, 9], 0),
            (vec![0, 9], 0),
            (vec![0, 1, i64::MAX], 1),
            (vec![9, -7, 8], 8),
            (vec![i64::MAX, i64::MIN, 7, 8], 7),
        ] {
            assert_eq!(median(&mut offs.clone()), expected, "{offs:?}");
        }
    }

    #[test]
    fn a_clock_is_off_when_it_differs_by_more_than_five_minutes_from_two_peers_who_told_lately() {
        let (clocks, start) = (Clocks::default(), Instant::now());
        let own =
            |minutes: i64| UnixMillis(1_000_000_000_000_u64.strict_add_signed(minutes * MINUTE));
        let [one, other] = [440_000, 520_000].map(|code| Division::new(code).unwrap());
        // What each has told while the own clock was as it is.
        let off_ms = |clock: UnixMillis, passed: u64| {
            let before = UnixMillis(clock.0 - passed * 1_000);
            clocks.told(one, own(0), before, start);
            clocks.told(other, own(1), before, start);
            clocks.off_ms(clock, start + Duration::from_secs(passed))
        };
        clocks.told(one, own(0), own(60), start);
        assert_eq!(clocks.off_ms(own(60), start), 0, "one alone says nothing");
        assert_eq!(off_ms(own(5), 0), 0);
        assert_eq!(off_ms(own(6), 0), 0);
        assert_eq!(off_ms(own(7), 0), 6 * MINUTE);
        assert_eq!(off_ms(own(-6), 0), -6 * MINUTE);
        // Their clocks go on meanwhile.
        assert_eq!(off_ms(own(7), 120), 0);
        assert_eq!(off_ms(own(9), 120), 6 * MINUTE);
        assert_eq!(off_ms(own(60), TOLD_WITHIN.as_secs()), 0);
        clocks.told(one, UnixMillis(u64::MAX), UnixMillis(0), start);
        clocks.told(other, UnixMillis(u64::MAX), UnixMillis(0), start);
        assert_eq!(clocks.off_ms(UnixMillis(0), start), -i64::MAX);
    }

    #[test]
    fn what_was_told_before_the_machine_slept_or_the_clock_was_set_counts_no_more() {
        let (clocks, start) = (Clocks::default(), Instant::now());
        let own = |minutes: u64| UnixMillis(1_000_000_000_000 + minutes * MINUTE.unsigned_abs());
        for region in [440_000, 520_000] {
            clocks.told(Division::new(region).unwrap(), own(100), own(100), start);
        }
        let later = start + Duration::from_secs(60);
        assert_eq!(clocks.off_ms(own(101), later), 0, "it goes right");
        assert_eq!(clocks.off_ms(own(160), later), 0, "it slept for an hour");
        assert_eq!(clocks.off_ms(own(40), later), 0, "it was set");
    }
}
