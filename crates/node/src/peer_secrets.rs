//! Which federation secrets the peers hold, as they tell by their checks: with one that lacks a secret, or has another in its place, this
//! node would write records that the other finds under no person, or the other way round.

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};
use yizhang_ledger::{
    hash::Hash,
    person::{FederationSecrets, SECRETS_MAX},
    value::Division,
};

/// What a peer holds beside this node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Held {
    /// The same secrets.
    Same,
    /// Those of this node but the newest ones.
    Fewer,
    /// Those of this node and newer ones.
    More,
    /// Another one in the place of one of them.
    Other,
}

impl Held {
    /// The code in a status.
    pub(crate) const fn code(self) -> &'static str {
        match self {
            Self::Same => "same",
            Self::Fewer => "fewer",
            Self::More => "more",
            Self::Other => "other",
        }
    }

    fn beside(own: &[Hash], told: &[Hash]) -> Self {
        if own == told {
            Self::Same
        } else if own.starts_with(told) {
            Self::Fewer
        } else if told.starts_with(own) {
            Self::More
        } else {
            Self::Other
        }
    }
}

/// How often it is said of one peer that it holds others: it may tell something else each time.
const SAID_INTERVAL: Duration = Duration::from_secs(60 * 60);

/// What each region of the roster has told last.
pub(crate) struct PeerSecrets {
    own: Vec<Hash>,
    written: usize,
    told: Mutex<BTreeMap<Division, Told>>,
}

/// What a peer has told.
#[derive(Clone, Copy)]
struct Told {
    held: Held,
    /// Whether it writes under a secret that this node lacks.
    writes_beyond: bool,
    /// When it was last said in the log.
    said: Option<Instant>,
}

impl PeerSecrets {
    pub(crate) fn new(secrets: &FederationSecrets) -> Self {
        Self {
            own: secrets.checks(),
            written: secrets.written(),
            told: Mutex::default(),
        }
    }

    /// The checks that this node tells.
    pub(crate) fn own(&self) -> &[Hash] {
        &self.own
    }

    /// The secret that this node writes under, from 0.
    pub(crate) const fn written(&self) -> usize {
        self.written
    }

    /// A peer has told its checks, and which of them it writes under. What is none says nothing, and a peer that tells none is of an
    /// earlier version. Said in the log when it is another state than before.
    pub(crate) fn told(&self, region: Division, checks: &[impl AsRef<[u8]>], written: u32) {
        let mut read = Vec::new();
        for check in checks.iter().take(SECRETS_MAX) {
            let Ok(check) = <[u8; 32]>::try_from(check.as_ref()) else {
                return;
            };
            read.push(Hash(check));
        }
        if read.is_empty() {
            return;
        }
        let held = Held::beside(&self.own, &read);
        let is_beyond = usize::try_from(written).is_ok_and(|written| written >= self.own.len());
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        let before = told.get(&region).copied();
        let is_news = before.is_none_or(|before| before.held != held);
        let mut said = before.and_then(|before| before.said);
        if is_news && said.is_none_or(|at| at.elapsed() >= SAID_INTERVAL) {
            say(region, held);
            said = (held != Held::Same).then(Instant::now);
        }
        let writes_beyond = held == Held::Other || (held == Held::More && is_beyond);
        told.insert(
            region,
            Told {
                held,
                writes_beyond,
                said,
            },
        );
    }

    /// What a peer holds; none if it has not told.
    pub(crate) fn of(&self, region: Division) -> Option<Held> {
        let told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        told.get(&region).map(|told| told.held)
    }

    /// The peers that write under a secret which this node lacks.
    pub(crate) fn behind(&self) -> Vec<Division> {
        let told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        let beyond = told.iter().filter(|(_, told)| told.writes_beyond);
        beyond.map(|(region, _)| *region).collect()
    }
}

fn say(region: Division, held: Held) {
    match held {
        Held::Same => tracing::debug!(%region, "the peer holds the same federation secrets"),
        Held::Fewer => tracing::warn!(
            %region,
            "the peer lacks the newest federation secret: what is written under it is not found there"
        ),
        Held::More => tracing::warn!(
            %region,
            "the peer has a newer federation secret: what is written under it is not found here"
        ),
        Held::Other => tracing::error!(
            %region,
            "the peer has another federation secret: records of one are found under no person at the other"
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use yizhang_ledger::person::{FederationSecret, Writing};

    fn secrets(bytes: &[u8]) -> FederationSecrets {
        let mut secrets = bytes.iter().map(|byte| FederationSecret::new([*byte; 32]));
        let first = secrets.next().unwrap();
        FederationSecrets::new(first, secrets.collect(), Writing::Newest).unwrap()
    }

    #[test]
    fn a_peer_holds_the_same_fewer_more_or_others() {
        let region = Division::new(520_000).unwrap();
        let held = |own: &[u8], told: &[u8]| {
            let peers = PeerSecrets::new(&secrets(own));
            let checks: Vec<[u8; 32]> = secrets(told).checks().iter().map(|hash| hash.0).collect();
            peers.told(region, &checks, 0);
            peers.of(region).map(Held::code)
        };
        assert_eq!(held(&[1, 2], &[1, 2]), Some("same"));
        assert_eq!(held(&[1, 2], &[1]), Some("fewer"));
        assert_eq!(held(&[1], &[1, 2]), Some("more"));
        for other in [&[2][..], &[2, 1], &[1, 3], &[3, 2]] {
            assert_eq!(held(&[1, 2], other), Some("other"));
        }
        let peers = PeerSecrets::new(&secrets(&[1]));
        peers.told(region, &[[1; 31]], 0);
        peers.told(region, &[[0; 32]; 0], 0);
        assert_eq!(peers.of(region), None);
    }

    #[test]
    fn a_node_is_behind_a_peer_that_writes_under_what_it_lacks() {
        let region = Division::new(520_000).unwrap();
        let behind = |own: &[u8], told: &[u8], written: u32| {
            let peers = PeerSecrets::new(&secrets(own));
            let checks: Vec<[u8; 32]> = secrets(told).checks().iter().map(|hash| hash.0).collect();
            peers.told(region, &checks, written);
            !peers.behind().is_empty()
        };
        assert!(behind(&[1], &[1, 2], 1));
        assert!(!behind(&[1], &[1, 2], 0), "it is only being handed out");
        assert!(!behind(&[1, 2], &[1, 2], 1));
        assert!(!behind(&[1, 2], &[1], 0));
        assert!(behind(&[1], &[2], 0), "another federation's");
    }
}
