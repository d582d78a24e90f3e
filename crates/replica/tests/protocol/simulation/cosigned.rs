//! Cosigning: what the journal keeps of it, what peers remember, and what must never be cosigned.

use super::federation::Federation;
use crate::world::{division, key_number, origin};
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
    /// Which of the keys of its kind has cosigned.
    number: usize,
}

/// What the journal has.
#[derive(Clone, Debug, Default)]
pub(super) struct CosignedFiles {
    /// The newest of each chain and key.
    given: BTreeMap<(Origin, KeyKind), Entry>,
    /// Heads with lines, of others too.
    lines: BTreeMap<Origin, Vec<Vec<u8>>>,
}

/// A key of a node that cosigns.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct CosigningKey {
    node: usize,
    kind: KeyKind,
    number: usize,
}

/// What honest nodes have cosigned: by key and chain. Nobody sees it.
pub(super) type Cosigned = BTreeMap<(CosigningKey, Origin), Vec<(TreeSize, Hash, UnixSeconds)>>;

impl CosignedFiles {
    /// A write has reached the disk.
    pub(super) fn give(&mut self, to_cosign: &ToCosign, numbers: Numbers) {
        for kind in &to_cosign.kinds {
            let entry = Entry {
                note: to_cosign.note.clone(),
                time: to_cosign.time,
                number: numbers.of(*kind),
            };
            self.given.insert((to_cosign.origin.clone(), *kind), entry);
        }
    }
}

/// The keys that a node cosigns with, by their numbers.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Numbers {
    pub(super) witness: usize,
    pub(super) mirror: usize,
}

impl Numbers {
    pub(super) fn of(self, kind: KeyKind) -> usize {
        match kind {
            KeyKind::Mirror => self.mirror,
            KeyKind::Chain | KeyKind::Witness => self.witness,
        }
    }
}

impl CosignedFiles {
    /// What the mirror has cosigned last of each chain, with the key that it has now.
    pub(super) fn sizes_by_mirror(
        &self,
        numbers: Numbers,
    ) -> impl Iterator<Item = (Origin, TreeSize)> {
        let by_mirror = self.given.iter().filter(move |((_, kind), entry)| {
            *kind == KeyKind::Mirror && entry.number == numbers.mirror
        });
        by_mirror.map(|((chain, _), entry)| (chain.clone(), size_of(&entry.note)))
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

impl Federation {
    /// A note with the lines of a node's keys under it.
    fn with_lines(
        &mut self,
        node: usize,
        note: &[u8],
        kinds: &[KeyKind],
        time: UnixSeconds,
    ) -> Vec<u8> {
        let numbers = self.numbers(node);
        let mut lines = String::new();
        for kind in kinds {
            if numbers.of(*kind) > 0 {
                self.counts.count("lines by a later key");
            }
            let name = kind.name(&origin(node));
            let key = key_number(node, *kind, numbers.of(*kind));
            let told = format!("{name} {} {} {}", numbers.of(*kind), time.get(), text(note));
            let line = self.lines.entry(told);
            lines += line.or_insert_with(|| sign(text(note), &name, &key, time));
        }
        [note, lines.as_bytes()].concat()
    }

    /// The journal of a node has what it was going to cosign: it signs.
    pub(super) fn cosign_done(&mut self, node: usize) {
        if self.nodes[node].was_restored {
            self.counts.count("cosigned heads after old copies");
        }
        let cosigning = std::mem::take(&mut self.nodes[node].disk.cosigning);
        let mut checked = Vec::new();
        for to_cosign in cosigning {
            let numbers = self.numbers(node);
            let earlier = self.nodes[node].disk.files.cosigned.clone();
            let files = &mut self.nodes[node].disk.files;
            files.cosigned.give(&to_cosign, numbers);
            let (note, time) = (&to_cosign.note, to_cosign.time);
            let note = self.with_lines(node, note, &to_cosign.kinds, time);
            self.counts.count("heads cosigned");
            self.check_given(node, &earlier);
            checked.push(self.checked(node, &note));
        }
        self.feed(node, Input::Cosigned(checked));
    }

    /// Compares what is new in the journal of a key with all that the key has signed before, and remembers it: a node makes a line from its
    /// journal that it had no time to make when it wrote it.
    pub(super) fn check_given(&mut self, node: usize, earlier: &CosignedFiles) {
        for ((chain, kind), entry) in self.nodes[node].disk.files.cosigned.given.clone() {
            let place = (chain.clone(), kind);
            if earlier.given.get(&place) == Some(&entry) {
                continue;
            }
            let head = self.open(&entry.note);
            let key = CosigningKey {
                node,
                kind,
                number: entry.number,
            };
            let before = self.truth.cosigned.entry((key, chain)).or_default();
            let Some((size, root, time)) = before.last() else {
                before.push((head.size, head.root, entry.time));
                continue;
            };
            let is_same = (*size, *root) == (head.size, head.root);
            // The first line of a key that has taken over counts for others only in a later second than that of the key before, at the
            // same head, and is made again until then.
            let may_be_again = entry.number > 0 && *time < entry.time;
            assert!(
                *size < head.size || (is_same && (*time == entry.time || may_be_again)),
                "the {kind:?} of node {node} cosigns {} at {} after {size}",
                head.origin,
                head.size
            );
            if *size < head.size || *time < entry.time {
                before.push((head.size, head.root, entry.time));
            }
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
            self.check_registers_under(node, to_cosign);
        }
    }

    /// What leaves a node as cosigned by it was in its journal when it was signed, be it in an earlier life, of which others have told it.
    pub(super) fn check_cosigned(&mut self, node: usize, chain: &Origin, note: &[u8]) {
        let size = size_of(note);
        let mut lines = 0;
        for kind in [KeyKind::Witness, KeyKind::Mirror] {
            let name = kind.name(&origin(node));
            if !has_line(note, &name) {
                continue;
            }
            lines += 1;
            let by_node = self
                .truth
                .cosigned
                .iter()
                .filter(|((key, of), _)| key.node == node && key.kind == kind && of == chain);
            let mut heads = by_node.flat_map(|(_, heads)| heads);
            let is_durable = heads.any(|(cosigned, ..)| *cosigned == size);
            assert!(is_durable, "{name} at {size} before it is durable");
        }
        assert!(lines > 0, "node {node} announces what it has not cosigned");
    }

    /// What a starting replica knows of cosigning from its journal.
    pub(super) fn cosigned_before(&mut self, node: usize) -> Vec<CheckedHead> {
        let files = &self.nodes[node].disk.files.cosigned;
        let numbers = self.numbers(node);
        let given = files.given.clone();
        let received: Vec<_> = files.lines.values().flatten().cloned().collect();
        if !given.is_empty() {
            self.counts.count("cosigned heads that a restart remembers");
        }
        let mut notes = Vec::new();
        for ((_, kind), entry) in given {
            // Those of keys from before are among what was kept of others.
            if entry.number == numbers.of(kind) {
                notes.push(self.with_lines(node, &entry.note, &[kind], entry.time));
            }
        }
        notes.extend(received);
        notes.iter().map(|note| self.checked(node, note)).collect()
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
        let numbers = self.numbers(cosigner);
        let mut of_cosigner = cosigned
            .filter(|((key, _), _)| key.node == cosigner && key.number >= numbers.of(key.kind));
        of_cosigner.all(|((key, chain), heads)| {
            let (size, _, time) = heads.last().unwrap();
            let name = key.kind.name(&origin(cosigner));
            let signer = key_number(cosigner, key.kind, key.number);
            let mut known = lines.get(chain).into_iter().flatten();
            known.any(|note| {
                // Under a name there may be a line of the key before.
                size_of(note) == *size
                    && has_line(note, &name)
                    && std::str::from_utf8(note).unwrap().contains(&sign(
                        text(note),
                        &name,
                        &signer,
                        *time,
                    ))
            })
        })
    }

    /// In the end everybody's keys stand under the newest head of every honest chain, everywhere.
    pub(super) fn check_cosignatures(&mut self) {
        for chain in self.honest_origins() {
            for node in 0..self.nodes.len() {
                self.check_cosignatures_of(&chain, node);
            }
        }
        for (_, chain) in self.truth.cosigned.keys() {
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
