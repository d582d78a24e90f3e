//! What ties two heads that contradict each other together: for evidence that is shown to other nodes, and for the files that are
//! shown to a third person.

use yizhang_ledger::{head::Head, note::Note, roster::Roster, value::TreeSize};
use yizhang_replica::Contradiction;
use yizhang_statement::{FORK_BYTES_MAX, ForkEvidence};
use yizhang_store::{Store, StoreError};

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
    let [Some(one), Some(other)] = pair.heads.each_ref().map(|note| Shown::of(note, roster)) else {
        return Ok(None);
    };
    let (smaller, larger) = if one.head.size <= other.head.size {
        (one, other)
    } else {
        (other, one)
    };
    let is_tied = pair.beginning.is_some() || smaller.head.size == larger.head.size;
    let evidence = if is_tied {
        Some(ForkEvidence {
            first: smaller.note,
            second: larger.note,
            beginning: pair.beginning.clone(),
        })
    } else {
        tie(store, roster, smaller, larger)?
    };
    // Heads that do not contradict each other are no evidence, whatever is beside them.
    let evidence = evidence.filter(|evidence| evidence.verify(roster).is_ok());
    Ok(evidence.filter(|evidence| evidence.to_bytes().len() <= FORK_BYTES_MAX))
}

/// The same heads with what ties them together, if the chain that is held here does; otherwise as they are.
pub(crate) fn tied(store: &Store, roster: &Roster, pair: Contradiction) -> Contradiction {
    if pair.beginning.is_some() {
        return pair;
    }
    match file(store, roster, &pair) {
        Ok(Some(ForkEvidence {
            first,
            second,
            beginning: Some(beginning),
        })) => Contradiction {
            heads: [second, first],
            beginning: Some(beginning),
        },
        Ok(_) => pair,
        Err(error) => {
            tracing::warn!(%error, "what ties two heads together could not be read; they are shown as they are");
            pair
        }
    }
}

/// Ties two heads of two sizes together by the chain that is held here: by the larger of them, or, where that is of the other history,
/// by the newest head held, against it.
fn tie(
    store: &Store,
    roster: &Roster,
    smaller: Shown,
    larger: Shown,
) -> Result<Option<ForkEvidence>, StoreError> {
    let origin = &larger.head.origin;
    let Some(held) = store.size(origin) else {
        return Ok(None);
    };
    let is_held = larger.head.size <= held
        && store.root_at(origin, larger.head.size)? == Some(larger.head.root);
    if is_held {
        return begins_otherwise(store, smaller, larger);
    }
    let newest = store.newest_head(origin)?;
    match newest.and_then(|(_, note)| Shown::of(&note, roster)) {
        Some(newest) if larger.head.size < newest.head.size => {
            begins_otherwise(store, larger, newest)
        }
        _ => Ok(None),
    }
}

/// Evidence by what the chain that is held here has at the size of the smaller head. The larger one is held here.
fn begins_otherwise(
    store: &Store,
    smaller: Shown,
    larger: Shown,
) -> Result<Option<ForkEvidence>, StoreError> {
    let size = smaller.head.size;
    if size == TreeSize(0) || smaller.head.origin != larger.head.origin {
        return Ok(None);
    }
    let beginning = store.consistency(&larger.head.origin, size, larger.head.size)?;
    Ok(Some(ForkEvidence {
        first: smaller.note,
        second: larger.note,
        beginning: Some(beginning),
    }))
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
