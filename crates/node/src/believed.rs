//! The heads that the store noted as durable, as far as they are to be believed: anybody could have changed a file, and only
//! what a key of the roster has signed says how long a chain was.

use yizhang_ledger::{
    head::{Head, Origin},
    roster::Roster,
    value::TreeSize,
};
use yizhang_store::{Store, StoreError};

/// The size of the newest head that was noted of the own chain; 0 if none was that can be believed. What is not to be
/// believed, of this chain or another, is said in the log and replaced by the next head.
pub(crate) fn signed_before(
    store: &Store,
    roster: &Roster,
    own: &Origin,
) -> Result<TreeSize, StoreError> {
    let mut signed = TreeSize(0);
    // A chain that is damaged is not continued, and nothing is noted of it.
    let sound = roster
        .origins()
        .filter(|origin| store.damage(origin).is_none());
    for origin in sound {
        let Some(note) = store.seen(origin)? else {
            continue;
        };
        match believed(&note, roster, origin) {
            Some(size) if origin == own => signed = size,
            Some(_) => {}
            None => {
                tracing::warn!(
                    chain = %origin,
                    file = format!("seen/{}.head", origin.region()),
                    "a noted head is no signed head of its chain; it is not believed, and will be replaced"
                );
                store.disbelieve_seen(origin)?;
            }
        }
    }
    Ok(signed)
}

/// The size in a note, if it is a head of the chain and signed by its key.
fn believed(note: &[u8], roster: &Roster, origin: &Origin) -> Option<TreeSize> {
    let head = Head::open(note, roster).ok()?;
    (head.origin == *origin).then_some(head.size)
}
