//! What others, and this node, have cosigned of one chain: of every witness and every mirror the newest line, with its head.

use crate::{
    cosigner::{Cosigner, Line},
    signed::SignedHead,
};
use alloc::{
    collections::{BTreeMap, BTreeSet},
    vec::Vec,
};
use core::mem;
use yizhang_ledger::{
    cosignature::UnixSeconds,
    hash::Hash,
    head::{COSIGNATURES_MAX, HEAD_BYTES_MAX, Head},
    roster::KeyKind,
    value::{Division, TreeSize},
};

/// A head, and the lines under it that are the newest of their cosigners.
#[derive(Clone, Debug)]
struct CosignedHead {
    head: Head,
    /// With the chain's signature alone.
    note: Vec<u8>,
    lines: BTreeMap<Cosigner, Line>,
    /// Whether it is known to be a head of the chain that is held here.
    is_compared: bool,
}

/// Size and root: of one chain no more is needed to tell heads apart.
type Place = (TreeSize, Hash);

/// The newest cosignature of each cosigner of one chain. So many heads at most as there are cosigners, mostly one.
#[derive(Clone, Debug, Default)]
pub struct CosignedHeads {
    heads: BTreeMap<Place, CosignedHead>,
    newest: BTreeMap<Cosigner, Place>,
    /// Heads that are none of the chain that is held: lines under them say nothing of it, and are not taken again.
    others: BTreeSet<Place>,
}

/// Most heads of other histories of one chain that are remembered: for each cosigner of a federation of 32 regions one.
const OTHERS_MAX: usize = 64;

/// What became of a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Taken {
    /// It replaces an older one, or there was none.
    News,
    /// It is known, or older than the one that is known.
    Known,
    /// There is a head of the same size with another root, whose note this is: both are signed by the chain.
    Contradicts(SignedPlace),
}

/// A head with its note.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SignedPlace {
    pub(crate) head: Head,
    pub(crate) note: Vec<u8>,
}

/// The newest cosignature of one cosigner.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Given {
    /// Size of the head that it cosigned.
    pub size: TreeSize,
    /// When, by its clock.
    pub time: UnixSeconds,
    /// Which of its keys.
    pub(crate) key_id: u32,
    /// Whether the head is known to be one of the chain that is held here.
    pub(crate) is_compared: bool,
}

impl CosignedHeads {
    /// Takes a verified line under a verified head, unless there is a newer one of its cosigner: one of a larger head, or a later one
    /// of the same.
    pub(crate) fn take(&mut self, signed: &SignedHead, line: Line) -> Taken {
        let head: &Head = &signed.head;
        let place = (head.size, head.root);
        if self.others.contains(&place) {
            return Taken::Known;
        }
        if let Some(other) = self.other_root(place) {
            return Taken::Contradicts(other);
        }
        if let Some(known) = self.newest.get(&line.by).copied() {
            if known.0 > place.0 {
                return Taken::Known;
            }
            let standing = self.line(known, line.by);
            if known == place && standing.is_some_and(|standing| standing.time >= line.time) {
                return Taken::Known;
            }
            self.remove(known, line.by);
        }
        self.newest.insert(line.by, place);
        let entry = self.heads.entry(place).or_insert_with(|| CosignedHead {
            head: head.clone(),
            note: signed.note.clone(),
            lines: BTreeMap::new(),
            is_compared: false,
        });
        entry.lines.insert(line.by, line);
        Taken::News
    }

    /// A head of the same size with another root.
    fn other_root(&self, place: Place) -> Option<SignedPlace> {
        let same_size = (place.0, Hash([0; 32]))..=(place.0, Hash([0xff; 32]));
        let mut heads = self.heads.range(same_size);
        let (_, other) = heads.find(|(other, _)| other.1 != place.1)?;
        Some(SignedPlace {
            head: other.head.clone(),
            note: other.note.clone(),
        })
    }

    fn line(&self, place: Place, by: Cosigner) -> Option<&Line> {
        self.heads.get(&place)?.lines.get(&by)
    }

    fn remove(&mut self, place: Place, by: Cosigner) {
        let Some(head) = self.heads.get_mut(&place) else {
            return;
        };
        head.lines.remove(&by);
        if head.lines.is_empty() {
            self.heads.remove(&place);
        }
    }

    /// The newest cosignature of a cosigner.
    pub fn of(&self, by: Cosigner) -> Option<Given> {
        let place = *self.newest.get(&by)?;
        let line = self.line(place, by)?;
        Some(Given {
            size: place.0,
            time: line.time,
            key_id: line.key_id,
            is_compared: self.heads.get(&place)?.is_compared,
        })
    }

    /// Every cosigner with its newest cosignature.
    pub fn cosigners(&self) -> impl Iterator<Item = (Cosigner, Given)> {
        let known = self.newest.keys();
        known.filter_map(|by| Some((*by, self.of(*by)?)))
    }

    /// The heads with their lines, newest first, as notes; one with more lines than a note may have as several.
    pub fn notes(&self) -> Vec<Vec<u8>> {
        let heads = self.heads.values().rev();
        heads.flat_map(|head| head.notes(None)).collect()
    }

    /// The note of a head, if it is cosigned, with the lines of a region first.
    pub(crate) fn note_of(&self, head: &Head, first: Division) -> Option<Vec<u8>> {
        let head = self.heads.get(&(head.size, head.root))?;
        head.notes(Some(first)).into_iter().next()
    }

    /// The heads of which nobody has said yet whether they are of the chain that is held.
    pub(crate) fn uncompared(&self) -> Vec<SignedPlace> {
        let heads = self.heads.values().filter(|head| !head.is_compared);
        let signed = heads.map(|head| SignedPlace {
            head: head.head.clone(),
            note: head.note.clone(),
        });
        signed.collect()
    }

    /// A head is one of the chain that is held.
    pub(crate) fn agrees(&mut self, head: &Head) {
        if let Some(known) = self.heads.get_mut(&(head.size, head.root)) {
            known.is_compared = true;
        }
    }

    /// A head is none of the chain that is held: what was cosigned of another history.
    pub(crate) fn disagrees(&mut self, head: &Head) {
        let place = (head.size, head.root);
        if self.heads.remove(&place).is_none() {
            return;
        }
        self.newest.retain(|_, known| *known != place);
        if self.others.len() == OTHERS_MAX {
            // Of the smallest least depends: a chain grows.
            self.others.pop_first();
        }
        self.others.insert(place);
    }

    /// The size of the largest head that has lines, and how many.
    pub fn newest_head(&self) -> Option<(TreeSize, u64)> {
        let (place, head) = self.heads.last_key_value()?;
        Some((place.0, crate::wide(head.lines.len())))
    }
}

impl CosignedHead {
    /// The notes of the head with its lines: those of one region first, mirrors before witnesses, of whom less depends.
    fn notes(&self, first: Option<Division>) -> Vec<Vec<u8>> {
        let mut lines: Vec<_> = self.lines.values().collect();
        lines.sort_by_key(|line| {
            let is_first = first == Some(line.by.region);
            (!is_first, line.by.kind != KeyKind::Mirror)
        });
        let mut notes = Vec::new();
        let mut note = self.note.clone();
        let mut count: usize = 0;
        for line in lines {
            let length = note.len().saturating_add(line.text.len());
            if count == COSIGNATURES_MAX || length > HEAD_BYTES_MAX {
                notes.push(mem::replace(&mut note, self.note.clone()));
                count = 0;
            }
            note.extend_from_slice(line.text.as_bytes());
            count = count.saturating_add(1);
        }
        notes.push(note);
        notes
    }
}
