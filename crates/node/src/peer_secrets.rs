//! Which federation secrets the peers hold, as they tell by their checks: with one that lacks a secret, or has another in its place, this
//! node would write records that the other finds under no person, or the other way round.

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
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

/// What each region of the roster has told last.
pub(crate) struct PeerSecrets {
    own: Vec<Hash>,
    told: Mutex<BTreeMap<Division, Held>>,
}

impl PeerSecrets {
    pub(crate) fn new(secrets: &FederationSecrets) -> Self {
        Self {
            own: secrets.checks(),
            told: Mutex::default(),
        }
    }

    /// The checks that this node tells.
    pub(crate) fn own(&self) -> &[Hash] {
        &self.own
    }

    /// A peer has told its checks. What is none says nothing, and a peer that tells none is of an earlier version. Said in the log when it
    /// is another state than before.
    pub(crate) fn told(&self, region: Division, checks: &[impl AsRef<[u8]>]) {
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
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        if told.insert(region, held) != Some(held) {
            say(region, held);
        }
    }

    /// What a peer holds; none if it has not told.
    pub(crate) fn of(&self, region: Division) -> Option<Held> {
        let told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        told.get(&region).copied()
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
            peers.told(region, &checks);
            peers.of(region).map(Held::code)
        };
        assert_eq!(held(&[1, 2], &[1, 2]), Some("same"));
        assert_eq!(held(&[1, 2], &[1]), Some("fewer"));
        assert_eq!(held(&[1], &[1, 2]), Some("more"));
        for other in [&[2][..], &[2, 1], &[1, 3], &[3, 2]] {
            assert_eq!(held(&[1, 2], other), Some("other"));
        }
        let peers = PeerSecrets::new(&secrets(&[1]));
        peers.told(region, &[[1; 31]]);
        peers.told(region, &[[0; 32]; 0]);
        assert_eq!(peers.of(region), None);
    }
}
