//! The store of a node: segments, journal, and an index that can be built again. Heads are signed as a node signs them.

use super::System;
use anyhow::Context;
use ed25519_dalek::SigningKey;
use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};
use yizhang_ledger::{chain::Extension, head::Origin, person::AccountId};
use yizhang_store::{Faults, Options, Store};

/// The key of each chain.
pub type Keys = BTreeMap<Origin, SigningKey>;

/// Keys of chains that no federation has.
///
/// # Errors
/// When there are more than there are names.
pub fn invented_keys(count: usize) -> anyhow::Result<Keys> {
    let key = |number: usize| -> anyhow::Result<(Origin, SigningKey)> {
        let origin = Origin::parse(&format!("benchmark.yizhang/{}", 110_000 + number * 10_000));
        Ok((
            origin.context("an origin")?,
            SigningKey::from_bytes(&[u8::try_from(number)?; 32]),
        ))
    };
    (0..count).map(key).collect()
}

/// A data directory of a node and the keys of its chains.
pub struct Ours {
    store: Arc<Store>,
    keys: Keys,
    folder: PathBuf,
    syncs: Arc<Faults>,
}

impl Ours {
    /// Opens a data directory for these chains, creating it if there is none. The head of a last batch that was not yet in
    /// the files is signed again, as a node does after a crash.
    ///
    /// # Errors
    /// What the store says.
    pub fn open(folder: &Path, keys: Keys) -> anyhow::Result<Self> {
        let syncs = Arc::new(Faults::at(u64::MAX));
        let options = Options {
            faults: Some(Arc::clone(&syncs)),
            ..Options::new(keys.keys().cloned().collect())
        };
        let (store, _) = Store::open(folder, options)?;
        for (origin, key) in &keys {
            let state = store.state(origin).filter(|state| state.size().0 > 0);
            if let Some(state) = state.filter(|_| store.head(origin).is_none()) {
                store.note_head(origin, state.head().sign(key).as_bytes())?;
            }
        }
        Ok(Self {
            store: Arc::new(store),
            keys,
            folder: folder.into(),
            syncs,
        })
    }

    /// The store.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// The store, for a thread beside.
    pub fn shared_store(&self) -> Arc<Store> {
        Arc::clone(&self.store)
    }
}

impl System for Ours {
    fn name(&self) -> &'static str {
        crate::figure::OURS
    }

    fn append(&mut self, extension: &Extension) -> anyhow::Result<()> {
        let origin = &extension.batch().entry().origin;
        let key = self.keys.get(origin).context("every chain has a key")?;
        self.store.persist(origin, &[(extension, None)])?;
        Ok(self
            .store
            .note_head(origin, extension.after().head().sign(key).as_bytes())?)
    }

    fn settle(&mut self) -> anyhow::Result<()> {
        Ok(self.store.flush()?)
    }

    fn lookup(&mut self, account: &AccountId) -> anyhow::Result<Option<Vec<Vec<u8>>>> {
        let positions = self.store.positions(account)?;
        let entries = positions
            .iter()
            .map(|(origin, index)| self.store.record(origin, *index));
        Ok(Some(entries.collect::<Result<_, _>>()?))
    }

    fn disk_bytes(&mut self) -> anyhow::Result<u64> {
        crate::machine::bytes_under(&self.folder)
    }

    fn delay_syncs(&mut self, delay: Duration) -> bool {
        self.syncs.delay_syncs(delay);
        true
    }
}
