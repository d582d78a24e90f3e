//! Chains that have shown two histories and of which the roster says from where they go on: what is held here of the other history is set
//! aside before the node starts, and fetched anew from those who hold what counts.

use std::path::Path;
use yizhang_ledger::{
    head::{Head, Origin},
    roster::{Continuation, NamedTree, Roster},
    value::TreeSize,
};
use yizhang_store::{Opened, Options, SetAside, Store, StoreError, set_aside};

/// Opens a store as the roster says that its chains go on, and says in the log what was set aside.
///
/// # Errors
/// [`StoreError`].
pub(crate) fn open(
    folder: &Path,
    options: &Options,
    roster: &Roster,
) -> Result<(Store, Opened), StoreError> {
    let (store, opened) = Store::open(folder, options.clone())?;
    let mut found = Vec::new();
    for region in roster.regions.values() {
        if let Some(continuation) = region.continuation() {
            let chain = Continued {
                origin: &region.origin,
                continuation,
            };
            found.extend(chain.to_set_aside(&store, roster)?);
        }
    }
    if found.is_empty() {
        return Ok((store, opened));
    }
    store.close()?;
    drop(store);
    for what in found {
        // A crash in the middle: the next start finishes it.
        let lies = set_aside(folder, &what, None)?;
        tracing::warn!(
            chain = %what.origin,
            kept = what.kept.0,
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
}

impl Continued<'_> {
    /// What of it has to go; nothing if what is held is the history that counts, as far as it reaches.
    ///
    /// A chain whose files are damaged is left as it is: the own one does not start, and a foreign one is not served.
    fn to_set_aside(&self, store: &Store, roster: &Roster) -> Result<Option<SetAside>, StoreError> {
        let Continuation { agreed, from } = self.continuation;
        let Some(held) = store.size(self.origin) else {
            return Ok(None);
        };
        let decided = match self.keeps(store, roster, held) {
            Err(StoreError::Damaged(_)) => return Ok(None),
            decided => decided?,
        };
        let kept = match decided {
            Keeps::All => return Ok(None),
            Keeps::To(size) => size,
            Keeps::ToAgreed if self.holds(store, agreed)? => agreed.size,
            Keeps::ToAgreed => TreeSize(0),
        };
        Ok(Some(SetAside {
            origin: self.origin.clone(),
            kept,
            goes_on_from: from.size,
        }))
    }

    fn keeps(&self, store: &Store, roster: &Roster, held: TreeSize) -> Result<Keeps, StoreError> {
        let Continuation { agreed, from } = self.continuation;
        if held < agreed.size {
            return Ok(Keeps::All);
        }
        if held < from.size {
            let is_first = held == agreed.size && self.holds(store, agreed)?;
            let is_done = store.goes_on_from(self.origin)? == Some(from.size);
            return Ok(if is_first || is_done {
                Keeps::All
            } else {
                Keeps::ToAgreed
            });
        }
        if !self.holds(store, from)? {
            return Ok(Keeps::ToAgreed);
        }
        // The first batch behind it: signed by a key from before, it is what was given up. Whatever comes later is not decided here.
        let Some(behind) = store.batches(self.origin, from.size)?.next() else {
            return Ok(Keeps::All);
        };
        let (_, note) = behind?;
        Ok(if Head::open(&note, roster).is_ok() {
            Keeps::All
        } else {
            Keeps::To(from.size)
        })
    }

    fn holds(&self, store: &Store, tree: NamedTree) -> Result<bool, StoreError> {
        Ok(store.root_at(self.origin, tree.size)? == Some(tree.root))
    }
}

/// What is kept of a chain.
enum Keeps {
    All,
    To(TreeSize),
    /// Up to the last state that both histories have, if it is the one that is held; otherwise nothing.
    ToAgreed,
}
