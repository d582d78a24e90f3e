//! What is kept in memory under numbers, so that no text of a clerk's and no pseudonym stands in an address, and two tabs do not disturb
//! each other: the newest of each sort.

use std::collections::VecDeque;

/// How many of a sort are kept: more tabs than anybody works in.
const KEPT_MAX: usize = 64;

/// The newest of a sort, by their numbers from 1 on.
pub(crate) struct Kept<T> {
    last: u64,
    all: VecDeque<(u64, T)>,
}

impl<T> Default for Kept<T> {
    fn default() -> Self {
        Self {
            last: 0,
            all: VecDeque::new(),
        }
    }
}

impl<T> Kept<T> {
    /// Keeps one; its number.
    pub(crate) fn keep(&mut self, one: T) -> u64 {
        if self.all.len() >= KEPT_MAX {
            self.all.pop_front();
        }
        self.last += 1;
        self.all.push_back((self.last, one));
        self.last
    }

    /// The one of this number, if it is still kept.
    pub(crate) fn get(&self, number: u64) -> Option<&T> {
        let mut all = self.all.iter();
        all.find(|(known, _)| *known == number).map(|(_, one)| one)
    }

    /// The same, to be changed.
    pub(crate) fn get_mut(&mut self, number: u64) -> Option<&mut T> {
        let mut all = self.all.iter_mut();
        all.find(|(known, _)| *known == number).map(|(_, one)| one)
    }

    /// Forgets the one of this number.
    pub(crate) fn forget(&mut self, number: u64) {
        self.all.retain(|(known, _)| *known != number);
    }

    /// All of them, the newest first.
    pub(crate) fn newest(&self) -> impl Iterator<Item = (u64, &T)> {
        self.all.iter().rev().map(|(number, one)| (*number, one))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_are_kept_and_a_number_never_means_another() {
        let mut kept = Kept::default();
        let first = kept.keep(0);
        let last = (1..=KEPT_MAX).map(|one| kept.keep(one)).last().unwrap();
        assert_eq!((first, kept.get(first)), (1, None));
        assert_eq!(kept.get(last), Some(&KEPT_MAX));
        assert_eq!(kept.newest().next(), Some((last, &KEPT_MAX)));
        assert_eq!(kept.newest().count(), KEPT_MAX);
    }
}
