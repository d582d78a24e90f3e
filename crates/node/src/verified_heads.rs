//! The heads from which accounts are computed, each verified once.

use crate::refusal::Refusal;
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};
use yizhang_ledger::{
    Verified,
    head::{Head, Origin},
    roster::Roster,
};
use yizhang_store::Store;

/// A verified head with the note that it came in.
pub(crate) struct HeldHead {
    pub(crate) note: Vec<u8>,
    pub(crate) head: Verified<Head>,
}

/// Heads by chain.
pub(crate) type Heads = BTreeMap<Origin, Arc<HeldHead>>;

/// The newest head of each chain, as verified last: a signature is checked when a note is new and not in every lookup.
#[derive(Default)]
pub(crate) struct VerifiedHeads(Mutex<Heads>);

impl VerifiedHeads {
    /// The newest signed head of every chain. A batch that is durable and not signed yet was acknowledged to nobody and
    /// waits for the next lookup.
    ///
    /// # Errors
    /// [`Refusal::Store`], [`Refusal::Invalid`] if the disk does not hold what was signed.
    pub(crate) fn newest(&self, store: &Store, roster: &Roster) -> Result<Heads, Refusal> {
        let known = self
            .0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        let mut heads = Heads::new();
        for origin in roster.origins() {
            let Some((_, note)) = store.newest_head(origin)? else {
                continue;
            };
            let held = match known.get(origin) {
                Some(held) if held.note == note => Arc::clone(held),
                _ => {
                    let head = Head::open(&note, roster)?;
                    Arc::new(HeldHead { note, head })
                }
            };
            // On its way to where the chain goes on, what is held may be of a history that was given up: it is as if nothing were.
            if !roster.is_in_doubt(&held.head) {
                heads.insert(origin.clone(), held);
            }
        }
        // Of two lookups at once the slower may put older heads back: they are compared with the notes every time.
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone_from(&heads);
        Ok(heads)
    }
}
