//! How often another node has asked with what one key has signed: a worker turns pages, and a node that has got hold of an answer asks no
//! more often than that.

use std::collections::BTreeMap;
use yizhang_holder::Nonce;
use yizhang_ledger::value::Day;

/// How often a day with one answer of a key.
const ASKED_MAX: u32 = 60;
/// Answers of keys that are counted, some 60 bytes each. Each was signed by a key that is bound.
const ANSWERS_MAX: usize = 262_144;

/// What was asked today.
#[derive(Default)]
pub(crate) struct Asked {
    day: Option<Day>,
    counts: BTreeMap<Nonce, u32>,
}

impl Asked {
    /// Counts a question; false if there have been as many as there may be.
    pub(crate) fn count(&mut self, today: Day, nonce: Nonce) -> bool {
        if self.day != Some(today) {
            self.day = Some(today);
            self.counts.clear();
        }
        if self.counts.len() >= ANSWERS_MAX && !self.counts.contains_key(&nonce) {
            return false;
        }
        let count = self.counts.entry(nonce).or_insert(0);
        if *count >= ASKED_MAX {
            return false;
        }
        *count += 1;
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn with_one_answer_so_many_questions_are_asked_a_day() {
        let (today, tomorrow) = (Day::new(20_261_130), Day::new(20_261_201));
        let (today, tomorrow) = (today.unwrap(), tomorrow.unwrap());
        let mut asked = Asked::default();
        for _ in 0..ASKED_MAX {
            assert!(asked.count(today, Nonce([1; 32])));
        }
        assert!(!asked.count(today, Nonce([1; 32])));
        assert!(asked.count(today, Nonce([2; 32])));
        assert!(asked.count(tomorrow, Nonce([1; 32])));
    }
}
