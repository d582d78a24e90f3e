//! Registers of accounts in the chains of others that this node has computed itself and found wrong: everybody who asks it for its state is told.

use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard, PoisonError},
};
use yizhang_ledger::{head::Origin, value::LeafIndex};

/// The first wrong register of each chain, by its position: no head behind it gets the mirror's line of this node.
#[derive(Default)]
pub(crate) struct WrongRegisters(Mutex<BTreeMap<Origin, LeafIndex>>);

impl WrongRegisters {
    /// One was found.
    pub(crate) fn found(&self, chain: &Origin, at: LeafIndex) {
        self.lock().entry(chain.clone()).or_insert(at);
    }

    /// The first of a chain.
    pub(crate) fn first(&self, chain: &Origin) -> Option<LeafIndex> {
        self.lock().get(chain).copied()
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<Origin, LeafIndex>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
