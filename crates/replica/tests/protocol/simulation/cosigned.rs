//! Cosigning: what the journal keeps of it, what peers remember, and what must never be cosigned.

use super::federation::Federation;
use crate::world::{cosigning_key, division, origin};
use std::collections::BTreeMap;
use yizhang_ledger::{
    cosignature::{UnixSeconds, sign},
    hash::Hash,
    head::Origin,
    note::Note,
    roster::KeyKind,
    value::TreeSize,
};
use yizhang_replica::{CheckedHead, Cosigner, Input, Replica, ToCosign};

/// A head that was cosigned, and when.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Entry {
    note: Vec<u8>,
    time: UnixSeconds,
}

/// What the journal has.
#[derive(Clone, Debug, Default)]
pub(super) struct CosignedFiles {
    /// The newest of each chain and key.
    given: BTreeMap<(Origin, KeyKind), Entry>,
    /// Heads with lines, of others too.
    lines: BTreeMap<Origin, Vec<Vec<u8>>>,
}

/// What honest nodes have cosigned: by node, key and chain. Nobody sees it.
pub(super) type Cosigned = BTreeMap<(usize, KeyKind, Origin), Vec<(TreeSize, Hash, UnixSeconds)>>;

impl CosignedFiles {
    /// A write has reached the disk.
    pub(super) fn give(&mut self, to_cosign: &ToCosign) {
        for kind in &to_cosign.kinds {
            let entry = Entry {
                note: to_cosign.note.clone(),
                time: to_cosign.time,
            };
            self.given.insert((to_cosign.origin.clone(), *kind), entry);
        }
    }
}

impl super::disk::Disk {
    /// Lines of others have reached the disk.
    pub(super) fn keep_lines(&mut self) {
        self.files.cosigned.lines.append(&mut self.lines);
    }
}

/// The text of a note.
fn text(note: &[u8]) -> &str {
    Note::parse(note).unwrap().text
}

fn size_of(note: &[u8]) -> TreeSize {
    TreeSize(text(note).lines().nth(1).unwrap().parse().unwrap())
}

fn has_line(note: &[u8], name: &str) -> bool {
    let note = std::str::from_utf8(note).unwrap();
    note.contains(&format!("\u{2014} {name} "))
}

/// A note with the lines of a node's keys under it.
fn with_lines(node: usize, note: &[u8], kinds: &[KeyKind], time: UnixSeconds) -> Vec<u8> {
    let mut lines = String::new();
    for kind in kinds {
        let (name, key) = (kind.name(&origin(node)), cosigning_key(node, *kind));
        lines += &sign(text(note), &name, &key, time);
    }
    [note, lines.as_bytes()].concat()
}

impl Federation {
    /// The journal of a node has what it was going to cosign: it signs.
    pub(super) fn cosign_done(&mut self, node: usize) {
        let cosigning = std::mem::take(&mut self.nodes[node].disk.cosigning);
        let mut checked = Vec::new();
        for to_cosign in cosigning {
            self.nodes[node].disk.files.cosigned.give(&to_cosign);
            let note = with_lines(node, &to_cosign.note, &to_cosign.kinds, to_cosign.time);
            self.counts.count("heads cosigned");
            self.check_line(node, &to_cosign);
            checked.push(self.checked(&note));
        }
        self.feed(node, Input::Cosigned(checked));
    }

    /// Compares a line that comes to be with all that the key has signed before.
    fn check_line(&mut self, node: usize, to_cosign: &ToCosign) {
        let head = self.open(&to_cosign.note);
        for kind in &to_cosign.kinds {
            let of_key = (node, *kind, head.origin.clone());
            let before = self.truth.cosigned.entry(of_key).or_default();
            if let Some((size, root, time)) = before.last() {
                let (chain, found) = (&head.origin, head.size);
                let is_same = (*size, *root, *time) == (found, head.root, to_cosign.time);
                assert!(
                    *size < found || is_same,
                    "the {kind:?} of node {node} cosigns {chain} at {found} after {size}"
                );
            }
            before.push((head.size, head.root, to_cosign.time));
        }
        if self.nodes[node].was_restored {
            self.counts.count("cosigned heads after old copies");
        }
    }

    /// What is going to be cosigned is durable, and of no chain that is closed.
    pub(super) fn check_cosigns(&mut self, node: usize, heads: &[ToCosign]) {
        for to_cosign in heads {
            let head = self.open(&to_cosign.note);
            assert_eq!(head.origin, to_cosign.origin);
            assert_ne!(head.origin, origin(node), "nobody cosigns his own chain");
            assert!(
                self.holds(node, &head),
                "node {node} cosigns {} of {} before it is durable",
                head.size,
                head.origin
            );
            let replica = self.nodes[node].replica.as_ref().unwrap();
            let closed_at = replica.chain(&head.origin).unwrap().closed_at;
            assert_eq!(closed_at, None, "node {node} cosigns a closed chain");
        }
    }

    /// What leaves a node as cosigned by it is in its journal.
    pub(super) fn check_cosigned(&mut self, node: usize, chain: &Origin, note: &[u8]) {
        let given = &self.nodes[node].disk.files.cosigned.given;
        let mut lines = 0;
        for kind in [KeyKind::Witness, KeyKind::Mirror] {
            let name = kind.name(&origin(node));
            if has_line(note, &name) {
                lines += 1;
                let entry = &given[&(chain.clone(), kind)];
                assert_eq!(text(&entry.note), text(note), "{name} before it is durable");
            }
        }
        assert!(lines > 0, "node {node} announces what it has not cosigned");
    }

    /// What a starting replica knows of cosigning from its journal.
    pub(super) fn cosigned_before(&mut self, node: usize) -> Vec<CheckedHead> {
        let files = &self.nodes[node].disk.files.cosigned;
        let given = files.given.iter();
        let own =
            given.map(|((_, kind), entry)| with_lines(node, &entry.note, &[*kind], entry.time));
        let notes: Vec<_> = own.chain(files.lines.values().flatten().cloned()).collect();
        if !files.given.is_empty() {
            self.counts.count("cosigned heads that a restart remembers");
        }
        notes.iter().map(|note| self.checked(note)).collect()
    }

    /// What whoever begins to watch a node is shown.
    pub(super) fn cosigned_by_all(&self, node: usize) -> Vec<Vec<u8>> {
        let replica = self.nodes.get(node).and_then(|node| node.replica.as_ref());
        let chains = replica.into_iter().flat_map(Replica::chains);
        chains
            .flat_map(|(_, status)| status.cosigned.notes())
            .collect()
    }

    /// Whether a node will remember, come what may, all that another one has cosigned last.
    pub(super) fn remembers(&self, node: usize, cosigner: usize) -> bool {
        let lines = &self.nodes[node].disk.files.cosigned.lines;
        let cosigned = self.truth.cosigned.iter();
        let mut of_cosigner = cosigned.filter(|((who, ..), _)| *who == cosigner);
        of_cosigner.all(|((_, kind, chain), heads)| {
            let (size, ..) = heads.last().unwrap();
            let name = kind.name(&origin(cosigner));
            let mut known = lines.get(chain).into_iter().flatten();
            known.any(|note| size_of(note) == *size && has_line(note, &name))
        })
    }

    /// In the end everybody's keys stand under the newest head of every honest chain, everywhere.
    pub(super) fn check_cosignatures(&mut self) {
        for chain in self.honest_origins() {
            for node in 0..self.nodes.len() {
                self.check_cosignatures_of(&chain, node);
            }
        }
        for (.., chain) in self.truth.cosigned.keys() {
            let is_closed = self.nodes.iter().any(|node| {
                let replica = node.replica.as_ref().unwrap();
                replica.chain(chain).unwrap().closed_at.is_some()
            });
            if is_closed {
                self.counts.count("chains closed with heads cosigned");
            }
        }
    }

    fn check_cosignatures_of(&self, chain: &Origin, node: usize) {
        let replica = self.nodes[node].replica.as_ref();
        let status = replica.unwrap().chain(chain).unwrap();
        for cosigner in (0..self.nodes.len()).filter(|node| origin(*node) != *chain) {
            for kind in [KeyKind::Witness, KeyKind::Mirror] {
                let region = division(cosigner);
                let given = status.cosigned.of(Cosigner { kind, region });
                assert_eq!(
                    given.map(|given| given.size),
                    Some(status.durable).filter(|size| *size > TreeSize(0)),
                    "{kind:?} of node {cosigner} under {chain} at node {node}"
                );
            }
        }
    }
}
