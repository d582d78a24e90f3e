//! Room on the disk: what is left of it is for the own chain, and at the very end for answering alone. The chains of others are
//! fetched while there is plenty, and none of them more than its part.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::{
    task::spawn_blocking,
    time::{Instant, MissedTickBehavior, interval},
};
use yizhang_ledger::head::Origin;
use yizhang_store::Store;

use crate::config::RoomLimits;

/// How often the disk is looked at: what a fast line brings in that time is a small part of what is kept back.
const LOOK_INTERVAL: Duration = Duration::from_millis(500);
/// How often it is said again that room is short.
const WARN_INTERVAL: Duration = Duration::from_secs(60 * 60);

/// How much is left.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Left {
    /// Nothing to say.
    Plenty,
    /// An operator should see to it.
    Little,
    /// The own chain grows; the chains of others are fetched no more.
    ForOwn,
    /// Nothing grows; lookups are answered.
    Nothing,
}

/// How much may be left.
pub(crate) const EACH_LEFT: [Left; 4] = [Left::Plenty, Left::Little, Left::ForOwn, Left::Nothing];

impl Left {
    /// As a code that a program can branch on; none if there is nothing to say.
    pub(crate) const fn code(self) -> Option<&'static str> {
        match self {
            Self::Plenty => None,
            Self::Little => Some("little"),
            Self::ForOwn => Some("own-only"),
            Self::Nothing => Some("full"),
        }
    }
}

/// A disk, in bytes.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Disk {
    /// What the node may still take.
    pub(crate) free: u64,
    /// All of it.
    pub(crate) size: u64,
}

impl Disk {
    /// None if the disk does not answer, which is no reason to stop.
    fn of(folder: &Path) -> Option<Self> {
        let disk = rustix::fs::statvfs(folder).ok()?;
        Some(Self {
            free: disk.f_bavail.saturating_mul(disk.f_frsize),
            size: disk.f_blocks.saturating_mul(disk.f_frsize),
        })
    }

    /// The limits are parts of a small disk, and of a large one measured by what is kept for the own chain.
    fn left(self, kept: u64) -> Left {
        // Usually a group of 24 MiB that is under way, heads, evidence and the index, ten times over.
        if self.free < (self.size / 8).min(kept / 8) {
            return Left::Nothing;
        }
        if self.free < (self.size / 4).min(kept) {
            return Left::ForOwn;
        }
        // Usually days at the rate at which a region grows.
        if self.free < (self.size / 3).min(kept.saturating_mul(10)) {
            return Left::Little;
        }
        Left::Plenty
    }
}

/// The room of a node's data directory.
pub(crate) struct Room {
    own: Origin,
    data: PathBuf,
    limits: RoomLimits,
    seen: Mutex<Seen>,
}

struct Seen {
    left: Left,
    /// As it was when it was last looked at.
    disk: Disk,
    /// Chains that have their part.
    full: BTreeSet<Origin>,
}

impl Room {
    /// The room of a data directory.
    pub(crate) fn new(own: Origin, data: PathBuf, limits: RoomLimits) -> Arc<Self> {
        Arc::new(Self {
            own,
            data,
            limits,
            seen: Mutex::new(Seen {
                left: Left::Plenty,
                disk: Disk::default(),
                full: BTreeSet::new(),
            }),
        })
    }

    /// The disk as it was last looked at; all 0 before the first look, and where it does not answer.
    pub(crate) fn disk(&self) -> Disk {
        self.lock().disk
    }

    /// How much is left.
    pub(crate) fn left(&self) -> Left {
        self.lock().left
    }

    /// Whether more of a chain may be written.
    pub(crate) fn takes(&self, chain: &Origin) -> bool {
        let seen = self.lock();
        if *chain == self.own {
            seen.left < Left::Nothing
        } else {
            seen.left < Left::ForOwn && !seen.full.contains(chain)
        }
    }

    /// Looks at the disk. Returns whether more or less is left than before, or another chain has its part.
    pub(crate) fn look(&self, store: &Store) -> bool {
        let Some(disk) = Disk::of(&self.data) else {
            return false;
        };
        let quota = self.limits.mirror_bytes_max.unwrap_or(disk.size / 4);
        let has_its_part = |chain: &&Origin| **chain != self.own && store.bytes(chain) >= quota;
        let full: BTreeSet<Origin> = store.origins().filter(has_its_part).cloned().collect();
        let left = disk.left(self.limits.kept_bytes);
        let mut seen = self.lock();
        let changed = seen.left != left || seen.full != full;
        for chain in full.difference(&seen.full) {
            tracing::warn!(chain = %chain.region(), quota, "a chain has its part of the disk; it is not fetched any further");
        }
        seen.left = left;
        seen.disk = disk;
        seen.full = full;
        changed
    }

    fn say(&self) {
        let Some(Disk { free, size }) = Disk::of(&self.data) else {
            return;
        };
        match self.left() {
            Left::Plenty => tracing::info!(free, size, "there is room on the disk"),
            Left::Little => tracing::warn!(free, size, "room on the disk is getting short"),
            Left::ForOwn => tracing::warn!(
                free,
                size,
                "room on the disk is short: the chains of others are not fetched"
            ),
            Left::Nothing => tracing::error!(
                free,
                size,
                "the disk is full: submissions are refused, lookups are answered"
            ),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Looks at the disk until it is dropped, and says what has changed.
pub(crate) async fn watch(room: Arc<Room>, store: Arc<Store>) {
    let mut looks = interval(LOOK_INTERVAL);
    looks.set_missed_tick_behavior(MissedTickBehavior::Skip);
    // At the start only what is wrong is said.
    let mut said = (room.left() == Left::Plenty).then(Instant::now);
    loop {
        let now = looks.tick().await;
        let (looked_at, held) = (Arc::clone(&room), Arc::clone(&store));
        let look = spawn_blocking(move || looked_at.look(&held));
        let changed = look.await.unwrap_or(false);
        let is_due = said.is_none_or(|said| said + WARN_INTERVAL <= now);
        if changed || (is_due && room.left() != Left::Plenty) {
            room.say();
            said = Some(now);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MIB: u64 = 1_024 * 1_024;
    const GIB: u64 = 1_024 * MIB;

    fn left(free: u64, size: u64) -> Left {
        Disk { free, size }.left(RoomLimits::default().kept_bytes)
    }

    #[test]
    fn what_is_kept_back_is_a_part_of_a_small_disk_and_a_size_on_a_large_one() {
        assert_eq!(left(7 * MIB, 64 * MIB), Left::Nothing);
        assert_eq!(left(8 * MIB, 64 * MIB), Left::ForOwn);
        assert_eq!(left(16 * MIB, 64 * MIB), Left::Little);
        assert_eq!(left(32 * MIB, 64 * MIB), Left::Plenty);
        assert_eq!(left(256 * MIB - 1, 1_000 * GIB), Left::Nothing);
        assert_eq!(left(2 * GIB - 1, 1_000 * GIB), Left::ForOwn);
        assert_eq!(left(20 * GIB - 1, 1_000 * GIB), Left::Little);
        assert_eq!(left(20 * GIB, 1_000 * GIB), Left::Plenty);
    }

    #[test]
    fn a_node_that_keeps_little_fetches_on_a_disk_that_is_nearly_full() {
        let nearly_full = |free| {
            let size = 1_000 * GIB;
            Disk { free, size }.left(64 * MIB)
        };
        assert_eq!(nearly_full(640 * MIB), Left::Plenty);
        assert_eq!(nearly_full(64 * MIB), Left::Little);
        assert_eq!(nearly_full(64 * MIB - 1), Left::ForOwn);
        assert_eq!(nearly_full(8 * MIB - 1), Left::Nothing);
    }
}
