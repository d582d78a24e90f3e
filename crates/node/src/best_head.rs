//! Which signed head of a chain is worth most to somebody who was handed something below it: the one that most mirrors have cosigned.

use yizhang_ledger::{
    head::{Head, Origin},
    roster::{KeyKind, Roster},
    value::TreeSize,
};
use yizhang_statement::promises;
use yizhang_store::Store;

/// A signed head with its lines, and how many mirrors are among them.
pub(crate) struct Cosigned {
    pub(crate) note: Vec<u8>,
    pub(crate) size: TreeSize,
    pub(crate) mirrors: usize,
}

/// Of some heads of a chain that is held here the one that reaches so far and that most mirrors have cosigned; of several the largest. What
/// no key counts for, and what may be of a history that was given up, is passed over.
pub(crate) fn best_head(
    store: &Store,
    roster: &Roster,
    origin: &Origin,
    notes: &[Vec<u8>],
    reaches: u64,
) -> Option<Cosigned> {
    let mut best: Option<Cosigned> = None;
    for note in notes {
        let Ok(head) = Head::open(note, roster) else {
            continue;
        };
        let is_held = store.size(origin) >= Some(head.size);
        let is_of_chain = head.origin == *origin && !roster.is_in_doubt(&head);
        if head.size.0 < reaches || !is_held || !is_of_chain {
            continue;
        }
        let mirrors = promises(note, roster, origin, KeyKind::Mirror);
        let next = Cosigned {
            mirrors: mirrors.map_or(0, |mirrors| mirrors.len()),
            size: head.size,
            note: note.clone(),
        };
        let is_better = best
            .as_ref()
            .is_none_or(|best| (next.mirrors, next.size) > (best.mirrors, best.size));
        if is_better {
            best = Some(next);
        }
    }
    best
}
