//! One task that goes slowly through all segments on the disk, looks for damage, and puts right what peers hold whole. It begins a
//! round at once when somebody has met damage, whose own word for the place may be a batch and not a byte.

use crate::{damages::is_same_place, engine::Peer, shared::Shared};
use std::{sync::Arc, time::Duration};
use tokio::time::{Instant, sleep, timeout};
use yizhang_ledger::head::Origin;
use yizhang_store::{Broken, Damage, Mended, Scrub, Scrubbed, StoreError};

/// Bytes a second that are read: 100 GB in fourteen hours, and a fiftieth of what a slow disk gives.
const BYTES_PER_SECOND: usize = 2 * 1_024 * 1_024;
/// Bytes that are read at a time, between two rests.
const BYTES_AT_ONCE: usize = 512 * 1_024;
/// Rest after the bytes of a time.
const REST: Duration = Duration::from_millis(250);
/// Wait between two rounds.
const ROUND_WAIT: Duration = Duration::from_secs(6 * 60 * 60);
/// Wait after damage that nobody could mend, and while the node is busy.
const BUSY_WAIT: Duration = Duration::from_secs(1);
/// How long a busy node may keep a known damage from being mended: then the bytes of one time are read, and it waits again.
const BUSY_WAIT_DAMAGED_MAX: Duration = Duration::from_secs(5);
/// Wait before a round that somebody's damage has begun: the same reader meets more of it at once.
const NOTICE_WAIT: Duration = Duration::from_millis(500);

/// What goes through the disk.
pub(crate) struct Mender {
    pub(crate) shared: Arc<Shared>,
    pub(crate) peers: Vec<Peer>,
}

/// What became of a chain in a round.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Round {
    /// All of it is as it was written, or is so again.
    Sound,
    /// Something is damaged still, or it could not be read at first.
    Unsound,
    /// Its end was not reached: what is damaged has no length that can be told.
    CutShort,
}

/// How to go on after a broken frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Next {
    /// Read it again.
    ReadAgain,
    /// Go on behind it.
    Pass,
}

/// What a round through one chain has met.
#[derive(Debug)]
struct Walked {
    round: Round,
    /// The frame that was read again last. What is broken there still is not mended once more in this round: a disk that takes
    /// what is written and does not give it back would keep the round at this place for ever.
    read_again: Option<Damage>,
    /// What was broken and is whole: with what was known before, the places that are forgotten after a sound round.
    broken: Vec<Damage>,
}

impl Walked {
    const fn new() -> Self {
        Self {
            round: Round::Sound,
            read_again: None,
            broken: Vec::new(),
        }
    }

    /// Whether the frame was read again in this round and is broken still.
    fn has_been_at(&self, damage: &Damage) -> bool {
        let last = self.read_again.as_ref();
        last.is_some_and(|last| is_same_place(last, damage))
    }

    fn note(&mut self, damage: &Damage, mended: Mended) -> Next {
        let next = match mended {
            Mended::Written => Next::ReadAgain,
            // The place stays known until a round has met nothing there.
            Mended::Whole => {
                self.round = Round::Unsound;
                Next::ReadAgain
            }
            Mended::Not => {
                self.round = Round::Unsound;
                Next::Pass
            }
        };
        if next == Next::ReadAgain {
            self.read_again = Some(damage.clone());
            self.broken.push(damage.clone());
        }
        next
    }
}

impl Mender {
    /// Goes round until the engine is gone.
    pub(crate) async fn run(self) {
        let engine = self.shared.engine.clone();
        tokio::select! {
            () = self.rounds() => {}
            () = engine.stopped() => {}
        }
    }

    async fn rounds(&self) {
        loop {
            let mut origins: Vec<&Origin> = self.shared.roster.origins().collect();
            // What is known to be damaged first: somebody has met it, and reads it again.
            origins.sort_by_key(|origin| self.shared.damages.count(origin) == 0);
            let mut is_all_read = true;
            for origin in origins {
                is_all_read &= self.round(origin).await != Round::CutShort;
            }
            if is_all_read {
                self.shared.damages.went_round((self.shared.clock)());
            }
            // Damage that was met meanwhile begins the next round at once.
            let _ = timeout(ROUND_WAIT, self.shared.damages.met()).await;
            sleep(NOTICE_WAIT).await;
        }
    }

    /// Goes through one chain, and forgets what was known of it if that is whole.
    async fn round(&self, origin: &Origin) -> Round {
        let mut sound = self.shared.damages.of(origin);
        let mut walked = Walked::new();
        if let Err(error) = self.chain(origin, &mut walked).await {
            tracing::error!(chain = %origin.region(), %error, "a chain could not be gone through");
            return Round::CutShort;
        }
        if walked.round == Round::Sound && self.shared.store.damage(origin).is_none() {
            sound.append(&mut walked.broken);
            self.shared.damages.forget(origin, &sound);
        }
        walked.round
    }

    async fn chain(&self, origin: &Origin, walked: &mut Walked) -> Result<(), StoreError> {
        let mut scrub = self.shared.store.scrub(origin)?;
        loop {
            self.give_way().await;
            let (walk, found) = tokio::task::spawn_blocking(move || look(scrub))
                .await
                .map_err(|_| StoreError::Stopped {
                    reason: "a reader has ended".into(),
                })?;
            scrub = walk;
            match found {
                Scrubbed::End => return Ok(()),
                Scrubbed::Sound(_) => sleep(REST).await,
                Scrubbed::Broken(broken) => {
                    self.shared.damages.found(&broken.damage);
                    let mended = if walked.has_been_at(&broken.damage) {
                        tracing::error!(chain = %origin.region(), leaf = broken.batch.0, "this disk does not give back what is written on it; replace it");
                        Mended::Not
                    } else {
                        self.mend(origin, &broken).await?
                    };
                    if walked.note(&broken.damage, mended) == Next::ReadAgain {
                        scrub.again(&self.shared.store, origin, &broken)?;
                        continue;
                    }
                    if !scrub.pass(&self.shared.store, origin, &broken)? {
                        walked.round = Round::CutShort;
                        return Ok(());
                    }
                    sleep(BUSY_WAIT).await;
                }
            }
        }
    }

    /// Waits while the node is busy; not for long while something is known to be damaged.
    async fn give_way(&self) {
        let begun = Instant::now();
        while self.shared.is_busy() {
            if begun.elapsed() >= BUSY_WAIT_DAMAGED_MAX && self.shared.damages.is_any() {
                return;
            }
            sleep(BUSY_WAIT).await;
        }
    }

    /// Asks one peer after the other for the batch.
    async fn mend(&self, origin: &Origin, broken: &Broken) -> Result<Mended, StoreError> {
        for peer in &self.peers {
            let Some((batch, head)) = peer.batch_at(origin, broken.batch).await else {
                continue;
            };
            let (shared, origin, broken) =
                (Arc::clone(&self.shared), origin.clone(), broken.clone());
            let chain = origin.region();
            let mended = tokio::task::spawn_blocking(move || {
                shared.store.mend(&origin, &broken, &batch, &head)
            });
            // A thread that panicked has said so.
            let mended = mended.await.unwrap_or(Ok(Mended::Not))?;
            match mended {
                Mended::Written => {
                    tracing::warn!(%chain, peer = %peer.region, "damage on this disk was mended from a peer; test the disk");
                }
                Mended::Whole => {
                    tracing::warn!(%chain, "this disk failed to read what is whole on it; test the disk");
                }
                Mended::Not => continue,
            }
            return Ok(mended);
        }
        tracing::error!(chain = %origin.region(), leaf = broken.batch.0, "damage on this disk could not be mended: no peer that answers holds the batch as it was");
        Ok(Mended::Not)
    }
}

/// Reads so much at a time; what is sound is counted together.
fn look(mut scrub: Scrub) -> (Scrub, Scrubbed) {
    let mut bytes = 0;
    loop {
        match scrub.step() {
            Scrubbed::Sound(more) => bytes += more,
            found => return (scrub, found),
        }
        if bytes >= BYTES_AT_ONCE {
            return (scrub, Scrubbed::Sound(bytes));
        }
    }
}

const _: () = assert!(
    BYTES_AT_ONCE * 4 == BYTES_PER_SECOND && REST.as_millis() == 250,
    "four times a second"
);

#[cfg(test)]
mod tests {
    use super::*;
    use yizhang_ledger::segment::FrameFault;
    use yizhang_store::DamageFault;

    fn damage(offset: u64) -> Damage {
        Damage {
            origin: Origin::parse("test.yizhang/440000").unwrap(),
            file: "/data/chains/440000/00000000000000000000.seg".into(),
            offset,
            fault: DamageFault::Frame(FrameFault::Checksum),
        }
    }

    #[test]
    fn a_frame_that_stays_broken_after_it_was_mended_is_passed() {
        let mut walked = Walked::new();
        assert!(!walked.has_been_at(&damage(96)));
        assert_eq!(walked.note(&damage(96), Mended::Written), Next::ReadAgain);
        assert_eq!(walked.round, Round::Sound);
        assert!(walked.has_been_at(&damage(96)));
        assert_eq!(walked.note(&damage(96), Mended::Not), Next::Pass);
        assert_eq!(walked.round, Round::Unsound);
        // The next one is another place.
        assert!(!walked.has_been_at(&damage(200)));
    }

    #[test]
    fn a_disk_that_fails_to_read_what_is_whole_is_unsound_and_the_round_goes_on() {
        let mut walked = Walked::new();
        assert_eq!(walked.note(&damage(96), Mended::Whole), Next::ReadAgain);
        assert_eq!(walked.round, Round::Unsound);
        assert!(walked.has_been_at(&damage(96)));
        assert_eq!(walked.note(&damage(300), Mended::Written), Next::ReadAgain);
        assert_eq!(walked.round, Round::Unsound);
    }
}
