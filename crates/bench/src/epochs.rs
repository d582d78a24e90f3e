//! Registers that are made beside ingest, as a node makes them when epochs end.

use anyhow::Context;
use std::{
    collections::BTreeMap,
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::Duration,
};
use yizhang_ledger::{head::Origin, value::TreeSize};
use yizhang_store::Store;

/// How often it is looked whether an epoch has ended.
const LOOK: Duration = Duration::from_millis(5);

/// Makes the register of a chain each time it has so many entries more, until it is told to stop. Returns how many were made.
///
/// # Errors
/// What the store says.
pub fn make_registers(
    store: &Store,
    chains: &[Origin],
    entries: u64,
    stop: &AtomicBool,
) -> anyhow::Result<u64> {
    let mut covered: BTreeMap<&Origin, TreeSize> = BTreeMap::new();
    let mut made = 0;
    while !stop.load(Ordering::Relaxed) {
        for origin in chains {
            let size = store.size(origin).context("a chain that is there")?;
            let last = covered.entry(origin).or_default();
            if size.0 - last.0 >= entries {
                store.make_register(origin, size)?;
                *last = size;
                made += 1;
            }
        }
        thread::sleep(LOOK);
    }
    Ok(made)
}
