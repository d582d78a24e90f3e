//! Damage that somebody met while reading what is on the disk: said in the log once for each place, and kept for the status until
//! the chain has been gone through and is whole.

use std::{
    collections::BTreeMap,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};
use tokio::sync::Notify;
use yizhang_ledger::{head::Origin, value::UnixMillis};
use yizhang_store::{Damage, StoreError};

/// Places that are kept of one chain: a disk that has so many is to be replaced.
const PLACES_PER_CHAIN_MAX: usize = 16;

/// The damaged places of each chain, oldest first.
#[derive(Debug, Default)]
pub(crate) struct Damages {
    chains: Mutex<BTreeMap<Origin, Vec<Damage>>>,
    /// Told when a place is found that was not known.
    news: Notify,
    /// When all segments were last gone through, in ms since 1970; 0 before the first time.
    round: AtomicU64,
}

impl Damages {
    /// Looks whether an error says that a chain is damaged.
    pub(crate) fn look_at(&self, error: &StoreError) {
        if let StoreError::Damaged(damage) = error {
            self.found(damage);
        }
    }

    /// A chain is damaged there.
    pub(crate) fn found(&self, damage: &Damage) {
        let mut chains = self.chains.lock().unwrap_or_else(PoisonError::into_inner);
        let places = chains.entry(damage.origin.clone()).or_default();
        let is_known = places.iter().any(|known| is_same_place(known, damage));
        if is_known || places.len() >= PLACES_PER_CHAIN_MAX {
            return;
        }
        places.push(damage.clone());
        self.news.notify_one();
        tracing::error!(
            chain = %damage.origin.region(),
            file = %damage.file.display(),
            offset = damage.offset,
            fault = %damage.fault,
            "a chain is damaged on this disk"
        );
    }

    /// Returns when a place has been found since the last time, or is.
    pub(crate) async fn met(&self) {
        self.news.notified().await;
    }

    /// The places of a chain that are known now.
    pub(crate) fn of(&self, origin: &Origin) -> Vec<Damage> {
        let chains = self.chains.lock().unwrap_or_else(PoisonError::into_inner);
        chains.get(origin).cloned().unwrap_or_default()
    }

    /// These places of a chain are as they were written. What somebody has met elsewhere meanwhile stays.
    pub(crate) fn forget(&self, origin: &Origin, sound: &[Damage]) {
        let mut chains = self.chains.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(places) = chains.get_mut(origin) {
            places.retain(|place| !sound.iter().any(|sound| is_same_place(sound, place)));
            if places.is_empty() {
                chains.remove(origin);
            }
        }
    }

    /// All segments have been gone through.
    pub(crate) fn went_round(&self, now: UnixMillis) {
        self.round.store(now.0, Ordering::Relaxed);
    }

    /// When all segments were last gone through; 0 before the first time.
    pub(crate) fn last_round(&self) -> UnixMillis {
        UnixMillis(self.round.load(Ordering::Relaxed))
    }

    /// How many places of a chain are known to be damaged.
    pub(crate) fn count(&self, origin: &Origin) -> usize {
        let chains = self.chains.lock().unwrap_or_else(PoisonError::into_inner);
        chains.get(origin).map_or(0, Vec::len)
    }

    /// Whether a place of any chain is known to be damaged.
    pub(crate) fn is_any(&self) -> bool {
        let chains = self.chains.lock().unwrap_or_else(PoisonError::into_inner);
        !chains.is_empty()
    }

    /// The first place of a chain that was found damaged, in words; empty if none was.
    pub(crate) fn first(&self, origin: &Origin) -> String {
        let chains = self.chains.lock().unwrap_or_else(PoisonError::into_inner);
        let first = chains.get(origin).and_then(|places| places.first());
        first.map_or_else(String::new, |damage| {
            let name = damage.file.file_name().unwrap_or_default();
            let (name, offset) = (name.to_string_lossy(), damage.offset);
            format!("{name} at byte {offset}: {}", damage.fault)
        })
    }
}

/// Whether two damages are at the same place of a chain.
pub(crate) fn is_same_place(one: &Damage, other: &Damage) -> bool {
    one.file == other.file && one.offset == other.offset
}

#[cfg(test)]
mod tests {
    use super::*;
    use yizhang_ledger::value::LeafIndex;
    use yizhang_store::DamageFault;

    #[test]
    fn a_place_is_kept_once_and_so_many_at_most() {
        let damages = Damages::default();
        let origin = Origin::parse("test.yizhang/440000").unwrap();
        assert_eq!(
            (damages.first(&origin).as_str(), damages.is_any()),
            ("", false)
        );
        for offset in [96, 96, 200].into_iter().chain(300..400) {
            damages.look_at(&StoreError::Damaged(Damage {
                origin: origin.clone(),
                file: "/data/chains/440000/00000000000000000000.seg".into(),
                offset,
                fault: DamageFault::Record(LeafIndex(7)),
            }));
        }
        assert_eq!(damages.count(&origin), PLACES_PER_CHAIN_MAX);
        assert!(
            damages
                .first(&origin)
                .starts_with("00000000000000000000.seg at byte 96: ")
        );
        assert!(damages.is_any());
        let mut sound = damages.of(&origin);
        let met_meanwhile = sound.pop().unwrap();
        damages.forget(&origin, &sound);
        assert_eq!(
            damages.count(&origin),
            1,
            "it was met after the round had passed it"
        );
        damages.forget(&origin, &[met_meanwhile]);
        assert!(!damages.is_any());
    }
}
