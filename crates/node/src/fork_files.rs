//! Evidence files of the forks that this node knows of: what is shown to a third person.

use yizhang_ledger::{head::Head, note::Note, roster::Roster};
use yizhang_statement::{Beginning, ForkEvidence};
use yizhang_store::{Store, StoreError};

use crate::board::Contradiction;

/// The evidence file of two heads that contradict each other. None if the two alone do not show it and the chain that is held here does
/// not tie them together: whoever holds the other history can.
///
/// # Errors
/// [`StoreError`].
pub(crate) fn file(
    store: &Store,
    roster: &Roster,
    pair: &Contradiction,
) -> Result<Option<ForkEvidence>, StoreError> {
    let [Some(one), Some(other)] = pair.each_ref().map(|note| Shown::of(note, roster)) else {
        return Ok(None);
    };
    let (first, second) = if one.head.size <= other.head.size {
        (one, other)
    } else {
        (other, one)
    };
    let (smaller, larger) = (&first.head, &second.head);
    let mut beginning = None;
    if smaller.size < larger.size {
        let origin = &larger.origin;
        let is_held = store
            .size(origin)
            .is_some_and(|held| larger.size <= held && smaller.size.0 > 0);
        if !is_held || store.root_at(origin, larger.size)? != Some(larger.root) {
            return Ok(None);
        }
        let tied = store.consistency(origin, smaller.size, larger.size)?;
        beginning = Some(Beginning {
            root: tied.root,
            path: tied.path,
        });
    }
    let evidence = ForkEvidence {
        first: first.note,
        second: second.note,
        beginning,
    };
    // Heads that do not contradict each other are no evidence, whatever is beside them.
    Ok(evidence.verify(roster).is_ok().then_some(evidence))
}

/// A head with the one line that makes it count, so that a file is small.
struct Shown {
    note: Vec<u8>,
    head: Head,
}

impl Shown {
    fn of(bytes: &[u8], roster: &Roster) -> Option<Self> {
        let text = Note::parse(bytes).ok()?.text;
        let note = core::str::from_utf8(bytes).ok()?;
        let lines = note.get(text.len() + 1..)?.split_inclusive('\n');
        let mut alone = lines.map(|line| format!("{text}\n{line}").into_bytes());
        alone.find_map(|note| {
            let head = Head::open(&note, roster).ok()?.into_inner();
            Some(Self { note, head })
        })
    }
}
