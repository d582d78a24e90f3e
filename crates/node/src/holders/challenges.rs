//! Challenges for keys. Nothing is kept of those that were given: each says by a code of this node's life for whom and when it was made, so
//! that nobody fills a table by asking. Only what was answered is kept, so that it counts once.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};
use yizhang_holder::Nonce;
use yizhang_ledger::{hash::derive, value::Day};

/// How long a challenge is good: somebody looks for the phone and holds a finger to it.
const LIFE: Duration = Duration::from_secs(5 * 60);
/// Answered challenges that are remembered, 100 bytes each. Each has opened an account or bound a key: two hundred a second.
const ANSWERED_MAX: usize = 65_536;
/// Context of the code in a challenge. Nobody but the node that gave it reads it.
const CONTEXT: &str = "yizhang 2026-11-30 v1 node challenge";
/// Bytes of a challenge that say when it was made.
const TIME_BYTES: usize = 8;
/// Bytes before its code: when it was made, and random ones.
const OPEN_BYTES: usize = 16;

/// For whom a challenge is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct For {
    /// Fingerprint of the certificate that asked for it.
    pub(crate) certificate: [u8; 32],
    /// The day that is signed with it.
    pub(crate) day: Day,
}

/// The challenges of one life of a node.
pub(crate) struct Challenges {
    /// What codes are made with.
    key: [u8; 32],
    begun: Instant,
    /// Those that were answered, and until when they would have been good.
    answered: BTreeMap<Nonce, Instant>,
}

/// Why an answer does not count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NotAnswered {
    /// The challenge was not given to this caller for this day, is too old, or has had its answer.
    NotGood,
    /// Too many have just been answered.
    Full,
}

impl Challenges {
    /// Of a node that begins now; the key is random.
    pub(crate) const fn new(key: [u8; 32], begun: Instant) -> Self {
        Self {
            key,
            begun,
            answered: BTreeMap::new(),
        }
    }

    /// A challenge.
    pub(crate) fn give(&self, to: For, random: [u8; 8], now: Instant) -> Nonce {
        let age = now.saturating_duration_since(self.begun).as_millis();
        let age = u64::try_from(age).expect("a node does not live for half a billion years");
        let mut open = [0; OPEN_BYTES];
        let (time, drawn) = open.split_at_mut(TIME_BYTES);
        time.copy_from_slice(&age.to_le_bytes());
        drawn.copy_from_slice(&random);
        self.whole(to, open)
    }

    /// Whether an answer to it would count.
    pub(crate) fn is_good(&self, nonce: &Nonce, to: For, now: Instant) -> bool {
        self.until(nonce, to, now).is_some() && !self.answered.contains_key(nonce)
    }

    /// Takes a challenge that has had a right answer: it counts no more.
    pub(crate) fn take(&mut self, nonce: Nonce, to: For, now: Instant) -> Result<(), NotAnswered> {
        let until = self.until(&nonce, to, now).ok_or(NotAnswered::NotGood)?;
        if self.answered.len() >= ANSWERED_MAX {
            self.answered.retain(|_, until| *until > now);
        }
        if self.answered.len() >= ANSWERED_MAX {
            return Err(NotAnswered::Full);
        }
        match self.answered.insert(nonce, until) {
            None => Ok(()),
            Some(_) => Err(NotAnswered::NotGood),
        }
    }

    /// Until when a challenge is good; none if it was not given to this one, or is too old.
    fn until(&self, nonce: &Nonce, to: For, now: Instant) -> Option<Instant> {
        let (open, _) = nonce.0.split_first_chunk::<OPEN_BYTES>()?;
        if self.whole(to, *open) != *nonce {
            return None;
        }
        let (time, _) = open.split_first_chunk::<TIME_BYTES>()?;
        let made = Duration::from_millis(u64::from_le_bytes(*time));
        let until = self.begun.checked_add(made)?.checked_add(LIFE)?;
        (until > now).then_some(until)
    }

    fn whole(&self, to: For, open: [u8; OPEN_BYTES]) -> Nonce {
        let day = to.day.number().to_le_bytes();
        let code = derive(CONTEXT, &[&self.key, &to.certificate, &day, &open]);
        let mut bytes = [0; 32];
        let (first, second) = bytes.split_at_mut(OPEN_BYTES);
        first.copy_from_slice(&open);
        second.copy_from_slice(code.0.split_at(OPEN_BYTES).0);
        Nonce(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn portal() -> For {
        For {
            certificate: [1; 32],
            day: Day::new(20_261_201).unwrap(),
        }
    }

    #[test]
    fn a_challenge_counts_once_for_its_caller_its_day_and_five_minutes() {
        let now = Instant::now();
        let mut challenges = Challenges::new([3; 32], now);
        let nonce = challenges.give(portal(), [7; 8], now);
        let other = For {
            certificate: [2; 32],
            ..portal()
        };
        let tomorrow = For {
            day: Day::new(20_261_202).unwrap(),
            ..portal()
        };
        for to in [other, tomorrow] {
            assert!(!challenges.is_good(&nonce, to, now));
            assert_eq!(challenges.take(nonce, to, now), Err(NotAnswered::NotGood));
        }
        assert!(
            !challenges.is_good(&nonce, portal(), now + LIFE),
            "too late"
        );
        // What somebody else has tried with it does not end it.
        assert!(challenges.is_good(&nonce, portal(), now));
        assert_eq!(challenges.take(nonce, portal(), now), Ok(()));
        assert!(!challenges.is_good(&nonce, portal(), now));
        assert_eq!(
            challenges.take(nonce, portal(), now),
            Err(NotAnswered::NotGood)
        );
    }

    #[test]
    fn every_bit_of_a_challenge_is_the_node_s() {
        let now = Instant::now();
        let challenges = Challenges::new([3; 32], now);
        let nonce = challenges.give(portal(), [7; 8], now);
        for bit in 0..256 {
            let mut changed = nonce;
            changed.0[bit / 8] ^= 1 << (bit % 8);
            assert!(!challenges.is_good(&changed, portal(), now), "{bit}");
        }
        let restarted = Challenges::new([4; 32], now);
        assert!(!restarted.is_good(&nonce, portal(), now));
    }

    #[test]
    fn so_many_answers_are_remembered_and_no_more() {
        let now = Instant::now();
        let mut challenges = Challenges::new([3; 32], now);
        for number in 0..ANSWERED_MAX {
            let nonce = challenges.give(portal(), number.to_le_bytes(), now);
            assert_eq!(challenges.take(nonce, portal(), now), Ok(()));
        }
        let nonce = challenges.give(portal(), [0xff; 8], now);
        assert_eq!(
            challenges.take(nonce, portal(), now),
            Err(NotAnswered::Full)
        );
        let later = now + LIFE;
        let nonce = challenges.give(portal(), [0xff; 8], later);
        assert_eq!(challenges.take(nonce, portal(), later), Ok(()));
    }
}
