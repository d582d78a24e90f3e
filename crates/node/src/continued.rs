//! Chains that have shown two histories and of which the roster says from where they go on: what is held here of the other history is set
//! aside before the node starts, and fetched anew from those who hold what counts.

use crate::engine::Doubt;
use yizhang_ledger::{
    head::{Head, Origin},
    roster::{Continuation, Roster},
    value::TreeSize,
};
use yizhang_store::{Options, Store, StoreError, set_aside};

/// A chain of which something has to go.
struct ToSetAside {
    origin: Origin,
    /// What stays of it.
    size: TreeSize,
}

/// Opens a store as the roster says that its chains go on, and says in the log what was set aside.
///
/// # Errors
/// [`StoreError`].
pub(crate) fn open(
    folder: &std::path::Path,
    options: &Options,
    roster: &Roster,
    own: &Origin,
) -> Result<(Store, yizhang_store::Opened), StoreError> {
    let (store, opened) = Store::open(folder, options.clone())?;
    let mut found = Vec::new();
    for region in roster.regions.values() {
        if let Some(continuation) = region.continuation() {
            let chain = Continued {
                origin: &region.origin,
                continuation,
                is_own: region.origin == *own,
            };
            found.extend(chain.to_set_aside(&store, roster)?);
        }
    }
    if found.is_empty() {
        return Ok((store, opened));
    }
    store.close()?;
    drop(store);
    for ToSetAside { origin, size } in found {
        // A crash in the middle: the next start finishes it.
        let lies = set_aside(folder, &origin, size, None)?;
        tracing::warn!(
            chain = %origin,
            kept = size.0,
            folder = %lies.display(),
            "the roster says from where this chain, which has shown two histories, goes on: what was here of the other one was set aside"
        );
    }
    Store::open(folder, options.clone())
}

/// A chain that goes on from a size and root.
struct Continued<'a> {
    origin: &'a Origin,
    continuation: Continuation,
    is_own: bool,
}

impl Continued<'_> {
    /// What of it has to go: nothing if what is held follows size and root; what is behind, if it is signed by a key that counts no more; all
    /// of it, if it is another history, whose parting from this one nobody here knows.
    fn to_set_aside(
        &self,
        store: &Store,
        roster: &Roster,
    ) -> Result<Option<ToSetAside>, StoreError> {
        let Self {
            origin,
            continuation,
            is_own,
        } = *self;
        let held = store.size(origin).filter(|size| *size > TreeSize(0));
        let Some(held) = held else {
            return Ok(None);
        };
        let all = ToSetAside {
            origin: origin.clone(),
            size: TreeSize(0),
        };
        if held < continuation.size {
            // Of the own chain others hold more, or the roster would not say so: what is here may be the history that was given up.
            let doubt = Doubt::of(store, roster, origin)?;
            let is_doubted = doubt.is_accused || (is_own && !doubt.is_decided);
            return Ok(is_doubted.then_some(all));
        }
        if store.root_at(origin, continuation.size)? != Some(continuation.root) {
            return Ok(Some(all));
        }
        let newest = store.newest_head(origin)?;
        let counts = newest.is_none_or(|(_, note)| Head::open(&note, roster).is_ok());
        Ok((!counts).then_some(ToSetAside {
            size: continuation.size,
            ..all
        }))
    }
}
