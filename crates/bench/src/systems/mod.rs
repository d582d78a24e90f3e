//! Ours and what a team would reach for instead, behind one door: the same batches in, the same records out.

pub mod fjall;
pub mod ours;
pub mod plain;
mod positions;
pub mod postgres;
pub mod sled;

use std::time::Duration;
use yizhang_ledger::{chain::Extension, person::AccountId};

/// Cache of each system that has one of its own, in bytes.
const CACHE_BYTES: u64 = 256 * 1024 * 1024;

/// A system that keeps batches of records durably and finds the records of an account.
pub trait System {
    /// Its name in the table.
    fn name(&self) -> &'static str;

    /// Appends a prepared batch; durable when it returns.
    ///
    /// # Errors
    /// What the system says.
    fn append(&mut self, extension: &Extension) -> anyhow::Result<()>;

    /// Finishes what the system does in the background, so that sizes can be taken.
    ///
    /// # Errors
    /// What the system says.
    fn settle(&mut self) -> anyhow::Result<()>;

    /// The canonical entries about an account, in the order of their leaves; `None` if the system cannot find them
    /// short of reading everything.
    ///
    /// # Errors
    /// What the system says.
    fn lookup(&mut self, account: &AccountId) -> anyhow::Result<Option<Vec<Vec<u8>>>>;

    /// What is on disk, in bytes.
    ///
    /// # Errors
    /// What the system says.
    fn disk_bytes(&mut self) -> anyhow::Result<u64>;

    /// Adds this to every sync from now on, as a slower disk would; false if the system syncs by itself, out of reach.
    fn delay_syncs(&mut self, delay: Duration) -> bool;
}
