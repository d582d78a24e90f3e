//! Challenges that wait for an answer.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};
use yizhang_holder::Nonce;
use yizhang_ledger::value::Day;

/// How long a challenge is good: somebody looks for the phone and holds a finger to it.
const LIFE: Duration = Duration::from_secs(5 * 60);
/// Challenges that wait at a time, 100 bytes each. Pages ask for one when somebody is about to open, some hundreds a second at the worst.
const WAITING_MAX: usize = 65_536;

/// What a challenge is good for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Challenge {
    /// Fingerprint of the certificate that asked for it.
    pub(crate) certificate: [u8; 32],
    /// The day that is signed with it.
    pub(crate) day: Day,
    until: Instant,
}

/// The challenges that wait.
#[derive(Default)]
pub(crate) struct Challenges {
    waiting: BTreeMap<Nonce, Challenge>,
}

impl Challenges {
    /// Keeps a challenge; false if too many wait.
    pub(crate) fn give(
        &mut self,
        nonce: Nonce,
        certificate: [u8; 32],
        day: Day,
        now: Instant,
    ) -> bool {
        if self.waiting.len() >= WAITING_MAX {
            self.waiting.retain(|_, challenge| challenge.until > now);
        }
        if self.waiting.len() >= WAITING_MAX {
            return false;
        }
        let challenge = Challenge {
            certificate,
            day,
            until: now + LIFE,
        };
        self.waiting.insert(nonce, challenge);
        true
    }

    /// The challenge that is answered, which is none any more; none if it was not this caller's, or is too old.
    pub(crate) fn take(
        &mut self,
        nonce: &Nonce,
        certificate: &[u8; 32],
        now: Instant,
    ) -> Option<Challenge> {
        let challenge = self.waiting.remove(nonce)?;
        let is_good = challenge.certificate == *certificate && challenge.until > now;
        is_good.then_some(challenge)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_challenge_counts_once_for_its_caller_and_five_minutes() {
        let (mut challenges, now) = (Challenges::default(), Instant::now());
        let day = Day::new(20_261_201).unwrap();
        let mut give = |number: u8, at| {
            assert!(challenges.give(Nonce([number; 32]), [1; 32], day, at));
        };
        for number in 1..=3 {
            give(number, now);
        }
        let mut take = |number: u8, certificate: u8, at| {
            challenges
                .take(&Nonce([number; 32]), &[certificate; 32], at)
                .is_some()
        };
        assert!(take(1, 1, now));
        assert!(!take(1, 1, now), "twice");
        assert!(!take(2, 2, now), "of somebody else");
        assert!(!take(2, 1, now), "after somebody else has tried");
        assert!(!take(3, 1, now + LIFE), "too late");
    }

    #[test]
    fn so_many_challenges_wait_and_no_more() {
        let (mut challenges, now) = (Challenges::default(), Instant::now());
        let day = Day::new(20_261_201).unwrap();
        let nonce = |number: u32| {
            let mut bytes = [0; 32];
            bytes[..4].copy_from_slice(&number.to_le_bytes());
            Nonce(bytes)
        };
        let most = u32::try_from(WAITING_MAX).unwrap();
        for number in 0..most {
            assert!(challenges.give(nonce(number), [1; 32], day, now));
        }
        assert!(!challenges.give(nonce(most), [1; 32], day, now));
        assert!(challenges.give(nonce(most), [1; 32], day, now + LIFE));
    }
}
