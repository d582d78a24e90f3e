//! How many accounts each certificate may read, and how many it has read.

use std::collections::HashMap;
use yizhang_ledger::value::UnixMillis;

/// Certificates that are counted. A federation has one for each agency and auditor, some hundreds.
const CERTIFICATES_MAX: usize = 4_096;
/// Refusals of one certificate that are written down in an hour: an attempt is seen, and fills no disk. The metrics count all.
const REFUSALS_TRACED_AN_HOUR: u32 = 600;
const MINUTE_MS: u64 = 60 * 1_000;
const HOUR_MS: u64 = 60 * MINUTE_MS;
const DAY_MS: u64 = 24 * HOUR_MS;
/// Days begin in UTC+8.
const EAST_MS: u64 = 8 * HOUR_MS;

/// How many accounts one certificate may read at this node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReadLimits {
    /// In a minute of the clock.
    pub minute: u32,
    /// In an hour of the clock.
    pub hour: u32,
    /// In a day of UTC+8.
    pub day: u32,
    /// Persons whose pseudonyms are told by their numbers, in a day of UTC+8.
    pub numbers_day: u32,
}

impl ReadLimits {
    /// For the agency of a province, whose counters share one certificate: twenty counters serve a worker in three minutes each and
    /// look every account up twice, for eight hours. Who takes accounts for their own sake is stopped after two minutes' worth.
    pub const USUAL: Self = Self {
        minute: 120,
        hour: 1_000,
        day: 6_000,
        // The monthly file of a province's largest city. Whoever tries all numbers there can be needs years, and is seen on the first day.
        numbers_day: 20_000_000,
    };
}

/// The length of time that a limit is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Span {
    Minute,
    Hour,
    Day,
}

impl Span {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Minute => "minute",
            Self::Hour => "hour",
            Self::Day => "day",
        }
    }

    const fn milliseconds(self) -> u64 {
        match self {
            Self::Minute => MINUTE_MS,
            Self::Hour => HOUR_MS,
            Self::Day => DAY_MS,
        }
    }

    /// The number of the span that a moment lies in, from 1970 on.
    const fn number(self, now: UnixMillis) -> u64 {
        now.0.saturating_add(EAST_MS) / self.milliseconds()
    }

    /// Seconds until the span ends that a moment lies in, rounded up.
    const fn seconds_left(self, now: UnixMillis) -> u64 {
        let length = self.milliseconds();
        let gone = now.0.saturating_add(EAST_MS) % length;
        length.saturating_sub(gone).div_ceil(1_000)
    }
}

/// A limit that a certificate has come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "this certificate has read {limit} accounts this {}, as many as this node allows; the limit ends in {seconds_left} s",
    span.name()
)]
pub(crate) struct LimitReached {
    pub(crate) span: Span,
    pub(crate) limit: u32,
    pub(crate) seconds_left: u64,
}

/// The limit of pseudonyms that a certificate has come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "this certificate has been told {told} pseudonyms this day and asks for {asked} more; this node allows {limit} (numbers_a_day); the limit ends in {seconds_left} s"
)]
pub(crate) struct NumbersReached {
    pub(crate) told: u32,
    pub(crate) asked: u32,
    pub(crate) limit: u32,
    pub(crate) seconds_left: u64,
}

/// Persons that a call counts for at least: each call leaves a line in the access log.
const CHARGED_MIN: u32 = 64;

/// How many persons a call for so many counts for.
fn charged(numbers: u32) -> u32 {
    numbers.max(CHARGED_MIN)
}

/// Why an account more is not counted, and so not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NotCounted {
    /// A limit is reached.
    Limit(LimitReached),
    /// The limit of pseudonyms is reached.
    Numbers(NumbersReached),
    /// There are more certificates than can be counted.
    Certificates,
}

/// What is counted within one span. A clock that jumps begins another.
#[derive(Clone, Copy, Debug, Default)]
struct Count {
    number: u64,
    count: u32,
}

impl Count {
    /// The count in the span that a moment lies in.
    fn at(&mut self, span: Span, now: UnixMillis) -> &mut u32 {
        let number = span.number(now);
        if self.number != number {
            *self = Self { number, count: 0 };
        }
        &mut self.count
    }
}

/// What one certificate has done.
#[derive(Clone, Copy, Debug, Default)]
struct Counts {
    minute: Count,
    hour: Count,
    day: Count,
    numbers: Count,
    refusals: Count,
    warnings: Count,
}

impl Counts {
    fn of(&mut self, span: Span, now: UnixMillis) -> &mut u32 {
        match span {
            Span::Minute => self.minute.at(span, now),
            Span::Hour => self.hour.at(span, now),
            Span::Day => self.day.at(span, now),
        }
    }
}

/// What every certificate has read.
pub(super) struct Counters {
    limits: ReadLimits,
    certificates: HashMap<[u8; 32], Counts>,
}

/// The longest first: it is the one that is waited for.
const SPANS: [Span; 3] = [Span::Day, Span::Hour, Span::Minute];

impl Counters {
    pub(super) fn new(limits: ReadLimits) -> Self {
        Self {
            limits,
            certificates: HashMap::new(),
        }
    }

    const fn limit(&self, span: Span) -> u32 {
        match span {
            Span::Minute => self.limits.minute,
            Span::Hour => self.limits.hour,
            Span::Day => self.limits.day,
        }
    }

    /// Counts an account that was read before the node started.
    pub(super) fn remember(&mut self, certificate: [u8; 32], at: UnixMillis) {
        if let Some(counts) = self.counts(certificate, at) {
            for span in SPANS {
                *counts.of(span, at) += 1;
            }
        }
    }

    /// Counts one account more, or says which limit is reached.
    pub(super) fn count(
        &mut self,
        certificate: [u8; 32],
        now: UnixMillis,
    ) -> Result<(), NotCounted> {
        let limits = SPANS.map(|span| (span, self.limit(span)));
        let Some(counts) = self.counts(certificate, now) else {
            return Err(NotCounted::Certificates);
        };
        for (span, limit) in limits {
            if *counts.of(span, now) >= limit {
                return Err(NotCounted::Limit(LimitReached {
                    span,
                    limit,
                    seconds_left: span.seconds_left(now),
                }));
            }
        }
        for span in SPANS {
            *counts.of(span, now) += 1;
        }
        Ok(())
    }

    /// Counts pseudonyms that were told before the node started.
    pub(super) fn remember_numbers(&mut self, certificate: [u8; 32], numbers: u32, at: UnixMillis) {
        if let Some(counts) = self.counts(certificate, at) {
            let told = counts.numbers.at(Span::Day, at);
            // What is beyond counting is beyond the limit.
            *told = told.saturating_add(charged(numbers));
        }
    }

    /// Counts the pseudonyms of so many persons, all or none.
    pub(super) fn count_numbers(
        &mut self,
        certificate: [u8; 32],
        asked: u32,
        now: UnixMillis,
    ) -> Result<(), NotCounted> {
        let limit = self.limits.numbers_day;
        let Some(counts) = self.counts(certificate, now) else {
            return Err(NotCounted::Certificates);
        };
        let told = counts.numbers.at(Span::Day, now);
        match told.checked_add(charged(asked)) {
            Some(sum) if sum <= limit => {
                *told = sum;
                Ok(())
            }
            _ => Err(NotCounted::Numbers(NumbersReached {
                told: *told,
                asked,
                limit,
                seconds_left: Span::Day.seconds_left(now),
            })),
        }
    }

    /// Whether one refusal more of this hour is written down.
    pub(super) fn may_trace_refusal(&mut self, certificate: [u8; 32], now: UnixMillis) -> bool {
        let Some(counts) = self.counts(certificate, now) else {
            return false;
        };
        let refusals = counts.refusals.at(Span::Hour, now);
        *refusals = refusals.saturating_add(1);
        *refusals <= REFUSALS_TRACED_AN_HOUR
    }

    /// Whether nothing was said of this certificate in this hour yet.
    pub(super) fn is_first_warning(&mut self, certificate: [u8; 32], now: UnixMillis) -> bool {
        let Some(counts) = self.counts(certificate, now) else {
            return false;
        };
        let warnings = counts.warnings.at(Span::Hour, now);
        *warnings = warnings.saturating_add(1);
        *warnings == 1
    }

    /// The counts of a certificate; none if there are too many certificates.
    fn counts(&mut self, certificate: [u8; 32], now: UnixMillis) -> Option<&mut Counts> {
        let is_full = self.certificates.len() >= CERTIFICATES_MAX;
        if is_full && !self.certificates.contains_key(&certificate) {
            let today = Span::Day.number(now);
            // Of other days nothing is left to count.
            self.certificates
                .retain(|_, counts| counts.day.number == today);
            if self.certificates.len() >= CERTIFICATES_MAX {
                return None;
            }
        }
        Some(self.certificates.entry(certificate).or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CLERK: [u8; 32] = [1; 32];
    const OTHER: [u8; 32] = [2; 32];
    /// 2026-11-29 12:00:30 in UTC+8.
    const NOON: UnixMillis = UnixMillis(1_795_924_830_000);

    const fn later(seconds: u64) -> UnixMillis {
        UnixMillis(NOON.0 + seconds * 1_000)
    }

    fn reached(counted: Result<(), NotCounted>) -> LimitReached {
        match counted {
            Err(NotCounted::Limit(reached)) => reached,
            other => panic!("no limit: {other:?}"),
        }
    }

    fn counters() -> Counters {
        Counters::new(ReadLimits {
            minute: 2,
            hour: 3,
            day: 4,
            numbers_day: 200,
        })
    }

    #[test]
    fn each_span_has_its_limit_and_says_when_it_ends() {
        let mut counters = counters();
        counters.count(CLERK, NOON).unwrap();
        counters.count(CLERK, NOON).unwrap();
        let minute = reached(counters.count(CLERK, NOON));
        assert_eq!((minute.span, minute.limit), (Span::Minute, 2));
        assert_eq!(minute.seconds_left, 30);
        assert!(minute.to_string().contains("2 accounts this minute"));
        counters.count(OTHER, NOON).unwrap();
        counters.count(CLERK, later(30)).unwrap();
        let hour = reached(counters.count(CLERK, later(60)));
        assert_eq!((hour.span, hour.seconds_left), (Span::Hour, 3_510));
        counters.count(CLERK, later(3_600)).unwrap();
        let day = reached(counters.count(CLERK, later(3_600)));
        assert_eq!((day.span, day.seconds_left), (Span::Day, 39_570));
        counters.count(CLERK, later(12 * 3_600)).unwrap();
    }

    #[test]
    fn what_was_read_before_a_restart_counts() {
        let mut counters = counters();
        for _ in 0..4 {
            counters.remember(CLERK, NOON);
        }
        assert_eq!(reached(counters.count(CLERK, later(7_200))).span, Span::Day);
    }

    #[test]
    fn pseudonyms_are_counted_all_or_none_and_those_before_a_restart_too() {
        let mut counters = counters();
        // A call counts for 64 at least.
        counters.remember_numbers(CLERK, 3, NOON);
        counters.count_numbers(CLERK, 136, NOON).unwrap();
        let Err(NotCounted::Numbers(reached)) = counters.count_numbers(CLERK, 1, later(60)) else {
            panic!("no limit");
        };
        assert_eq!((reached.told, reached.asked, reached.limit), (200, 1, 200));
        assert_eq!(reached.seconds_left, 43_110);
        counters.count_numbers(OTHER, 200, NOON).unwrap();
        counters
            .count_numbers(CLERK, 200, later(12 * 3_600))
            .unwrap();
        assert!(counters.count_numbers(OTHER, u32::MAX, NOON).is_err());
        counters.count(CLERK, later(12 * 3_600)).unwrap();
    }

    #[test]
    fn refusals_are_written_down_up_to_a_limit_and_warned_of_once_an_hour() {
        let mut counters = counters();
        for _ in 0..REFUSALS_TRACED_AN_HOUR {
            assert!(counters.may_trace_refusal(CLERK, NOON));
        }
        assert!(!counters.may_trace_refusal(CLERK, NOON));
        assert!(counters.may_trace_refusal(CLERK, later(3_600)));
        assert!(counters.is_first_warning(CLERK, NOON));
        assert!(!counters.is_first_warning(CLERK, NOON));
        assert!(counters.is_first_warning(CLERK, later(3_600)));
    }

    #[test]
    fn certificates_of_other_days_make_room() {
        let mut counters = counters();
        for number in 0..CERTIFICATES_MAX {
            let mut certificate = [0; 32];
            certificate[..8].copy_from_slice(&(number as u64).to_le_bytes());
            counters.count(certificate, NOON).unwrap();
        }
        let counted = counters.count([9; 32], NOON);
        assert_eq!(counted, Err(NotCounted::Certificates));
        counters.count([9; 32], later(24 * 3_600)).unwrap();
    }
}
