//! Stopping for good: after a failed write or sync nothing is written, tried again or read back.

use crate::error::{Result, StoreError};
use std::sync::{Arc, OnceLock};

/// Remembers why the store stopped. Set once, never taken back.
#[derive(Clone, Debug, Default)]
pub(crate) struct Stopper(Arc<OnceLock<Arc<str>>>);

impl Stopper {
    /// An error once the store has stopped.
    pub(crate) fn check(&self) -> Result<()> {
        self.0.get().map_or(Ok(()), |reason| {
            Err(StoreError::Stopped {
                reason: reason.clone(),
            })
        })
    }

    /// Stops the store; the first reason stays.
    pub(crate) fn stop(&self, reason: &str) {
        // A second reason is a consequence of the first.
        let _ = self.0.set(reason.into());
    }

    /// Stops the store if a write failed, and hands the outcome on.
    pub(crate) fn watch<T>(&self, outcome: Result<T>) -> Result<T> {
        outcome.inspect_err(|error| {
            tracing::error!(%error, "the store stops");
            self.stop(&error.to_string());
        })
    }
}
