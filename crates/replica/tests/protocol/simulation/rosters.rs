//! Rosters that change while everything goes on: chain keys and keys of cosigners are replaced, a region joins late. A version is published to
//! one node; the others take it from whom they are connected to and start anew under it, each in its own time.

use super::{
    cosigned::Numbers,
    federation::{Event, Federation},
    plan::Plan,
};
use crate::world::{division, key_number, origin, roster};
use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use std::{cell::RefCell, collections::HashMap};
use yizhang_ledger::{
    cosignature::{CosignerKey, UnixSeconds},
    head::Head,
    note::NoteKey,
    roster::{ChainKey, CosigningKey, KeyKind, Region, Roster},
    value::TreeSize,
};
use yizhang_replica::{CheckedContradiction, CheckedHead, Contradiction, Memory, OneLine};

/// Most versions of one federation.
const VERSIONS_MAX: usize = 5;
/// Entries of a chain, at most, for which an old key counts beside the next one.
const GRACE_ENTRIES: u64 = 12;
/// Seconds, at most, for which an old key of a cosigner counts on.
const GRACE_SECONDS: u64 = 3;

/// All versions, the first to the newest.
#[derive(Debug)]
pub(super) struct Rosters {
    versions: Vec<Version>,
    /// The honest node that joins late.
    joiner: Option<usize>,
    joined: bool,
}

#[derive(Debug)]
struct Version {
    roster: Roster,
    verified: Verified,
}

/// The notes of one line that were verified under a version, as nodes remember them.
#[derive(Debug, Default)]
struct Verified(RefCell<HashMap<Vec<u8>, OneLine>>);

impl Memory for Verified {
    fn recall(&self, note: &[u8]) -> Option<OneLine> {
        self.0.borrow().get(note).cloned()
    }

    fn remember(&self, note: &[u8], line: &OneLine) {
        self.0.borrow_mut().insert(note.to_vec(), line.clone());
    }
}

impl Version {
    fn of(roster: Roster) -> Self {
        Self {
            roster,
            verified: Verified::default(),
        }
    }
}

impl Rosters {
    /// The first version: without the region that joins late, if one does.
    pub(super) fn first(plan: &Plan, later: &mut ChaCha8Rng) -> Self {
        let honest = plan.nodes - usize::from(plan.villain);
        let joins = plan.rosters && honest > 2 && later.random_ratio(1, 2);
        let joiner = joins.then_some(honest - 1);
        let mut roster = roster(plan.nodes);
        if let Some(joiner) = joiner {
            roster.regions.remove(&division(joiner));
        }
        Self {
            versions: vec![Version::of(roster)],
            joiner,
            joined: false,
        }
    }

    fn newest(&self) -> usize {
        self.versions.len() - 1
    }
}

impl Federation {
    /// The newest version, which no node may have yet: it has all keys.
    pub(super) fn newest(&self) -> &Roster {
        &self.rosters.versions[self.rosters.newest()].roster
    }

    pub(super) fn roster_of(&self, node: usize) -> &Roster {
        &self.rosters.versions[self.nodes[node].version].roster
    }

    fn region_of(&self, node: usize) -> &Region {
        &self.roster_of(node).regions[&division(node)]
    }

    /// Whether a node has another one, or itself, in its roster. The malicious one knows everybody.
    pub(super) fn knows(&self, node: usize, other: usize) -> bool {
        let Some(state) = self.nodes.get(node) else {
            return true;
        };
        let roster = &self.rosters.versions[state.version].roster;
        roster.regions.contains_key(&division(other))
    }

    /// The keys with which a node cosigns under its roster.
    pub(super) fn numbers(&self, node: usize) -> Numbers {
        if !self.knows(node, node) {
            return Numbers::default();
        }
        let region = self.region_of(node);
        Numbers {
            witness: region.witness_keys.len() - 1,
            mirror: region.mirror_keys.len() - 1,
        }
    }

    /// As a shell reads a head before the replica gets it.
    pub(super) fn checked_pair(&self, node: usize, shown: Contradiction) -> CheckedContradiction {
        let version = &self.rosters.versions[self.nodes[node].version];
        CheckedContradiction::check_with(shown, &version.roster, &version.verified)
    }

    pub(super) fn checked(&mut self, node: usize, head: &[u8]) -> CheckedHead {
        let version = &self.rosters.versions[self.nodes[node].version];
        let checked = CheckedHead::check_with(head, &version.roster, &version.verified);
        if !checked.is_signed() && self.nodes[node].version < self.rosters.newest() {
            let newest = &self.rosters.versions[self.rosters.newest()];
            if CheckedHead::check_with(head, &newest.roster, &newest.verified).is_signed() {
                self.counts.count("heads of a newer roster");
            }
        }
        checked
    }

    /// A head of a node's own chain, signed: of the keys that count the oldest, so that others have time to hear of the next.
    pub(super) fn signed(&mut self, node: usize, head: &Head) -> Vec<u8> {
        let spans = &self.region_of(node).keys;
        let counting = spans.iter().position(|span| span.is_valid_at(head.size));
        let number = counting.unwrap_or(spans.len() - 1);
        if number > 0 {
            self.counts.count("heads by a later key");
        }
        let key = key_number(node, KeyKind::Chain, number);
        let note = head.sign(&key).into_bytes();
        self.truth.made(&note, head);
        note
    }

    /// Has the node do what came later than the first seeds, if the plan says so.
    pub(super) fn begin_later(&mut self, node: usize) {
        if self.plan.registers {
            let pause = self.later.random_range(200..2_000);
            self.at(self.now + pause, Event::Registrar { node });
        }
        if self.plan.rosters {
            self.at(self.now + 500, Event::Look { node });
            if node == 0 {
                let pause = self.later.random_range(500..6_000);
                self.at(self.now + pause, Event::Roster);
            }
        }
    }

    /// Publishes a version, and later another one.
    pub(super) fn roster_changes(&mut self) {
        if self.calm || self.rosters.versions.len() == VERSIONS_MAX {
            return;
        }
        let node = self.later.random_range(0..self.nodes.len());
        let is_newest = self.nodes[node].version == self.rosters.newest();
        let is_up = self.nodes[node].replica.is_some();
        match self.later.random_range(0..4) {
            0 => self.region_joins(),
            // Its operator replaces a key of his own node, by the version in force.
            1 if is_up && is_newest => self.chain_key_is_replaced(node),
            2 if is_up && is_newest => self.cosigner_is_replaced(node, KeyKind::Witness),
            3 if is_up && is_newest => self.cosigner_is_replaced(node, KeyKind::Mirror),
            _ => {}
        }
        let pause = self.later.random_range(500..4_000);
        self.at(self.now + pause, Event::Roster);
    }

    /// Whoever is to join has joined when the trouble is over.
    pub(super) fn everybody_joins(&mut self) {
        self.region_joins();
    }

    fn region_joins(&mut self) {
        let Some(joiner) = self.rosters.joiner.filter(|_| !self.rosters.joined) else {
            return;
        };
        self.rosters.joined = true;
        self.counts.count("regions joined");
        let all = roster(self.plan.nodes);
        let mut next = self.newest().clone();
        let region = all.regions[&division(joiner)].clone();
        next.regions.insert(division(joiner), region);
        self.publish(next);
        // The new node begins with it, and it is published to one that is there already.
        self.nodes[joiner].version = self.rosters.newest();
        let pause = self.later.random_range(1..2_000);
        self.at(self.now + pause, Event::Restart { node: joiner });
        self.take_newest(0);
    }

    fn publish(&mut self, mut next: Roster) {
        next.version = self.newest().version + 1;
        next.previous = self.newest().hash();
        // What was verified under the keys of a region that stay as they are needs not be verified again.
        let earlier = &self.rosters.versions[self.rosters.newest()];
        let changed = next
            .regions
            .iter()
            .filter(|(division, region)| earlier.roster.regions.get(division) != Some(region));
        let changed: Vec<String> = changed
            .map(|(_, region)| format!("\u{2014} {}", region.origin))
            .collect();
        let known = earlier.verified.0.borrow();
        let is_same = |note: &[u8]| {
            let note = std::str::from_utf8(note).unwrap();
            !changed.iter().any(|name| note.contains(name.as_str()))
        };
        let kept = known.iter().filter(|(note, _)| is_same(note));
        let kept = kept
            .map(|(note, line)| (note.clone(), line.clone()))
            .collect();
        drop(known);
        let verified = Verified(RefCell::new(kept));
        self.rosters.versions.push(Version {
            roster: next,
            verified,
        });
    }

    /// The old key counts for some entries more than are signed.
    fn chain_key_is_replaced(&mut self, node: usize) {
        let own = origin(node);
        let at = self.truth.largest_signed(&own);
        let grace = self.later.random_range(1..GRACE_ENTRIES);
        let mut next = self.newest().clone();
        let region = next.regions.get_mut(&division(node)).unwrap();
        let number = region.keys.len();
        let public = key_number(node, KeyKind::Chain, number).verifying_key();
        let public = public.to_bytes();
        if let Some(last) = region.keys.last_mut() {
            // A key that was put in a moment ago counts from where it did, whatever the next one does.
            let until = TreeSize(at.0.max(last.from.0) + grace);
            last.until = Some(until);
        }
        let key = NoteKey::new(own.as_str(), public).unwrap();
        region.keys.push(ChainKey::since(key, at));
        self.counts.count("chain keys replaced");
        self.publish(next);
        self.take_newest(node);
    }

    fn cosigner_is_replaced(&mut self, node: usize, kind: KeyKind) {
        let now = self.now / 1_000;
        let from = UnixSeconds::new(now).unwrap_or(UnixSeconds::ZERO);
        let until = UnixSeconds::new(now + self.later.random_range(0..=GRACE_SECONDS));
        let name = kind.name(&origin(node));
        let mut next = self.newest().clone();
        let region = next.regions.get_mut(&division(node)).unwrap();
        let keys = match kind {
            KeyKind::Mirror => &mut region.mirror_keys,
            KeyKind::Chain | KeyKind::Witness => &mut region.witness_keys,
        };
        let public = key_number(node, kind, keys.len()).verifying_key();
        if let Some(last) = keys.last_mut() {
            last.until = until.or(Some(from));
        }
        let key = CosignerKey::new(&name, public.to_bytes()).unwrap();
        keys.push(CosigningKey::since(key, from));
        self.counts.count("keys of cosigners replaced");
        self.publish(next);
        self.take_newest(node);
    }

    /// A node asks those that it is connected to whether they have a newer version.
    pub(super) fn look_for_roster(&mut self, node: usize) {
        let heard = (0..self.nodes.len()).filter(|other| {
            let is_up = self.nodes[*other].replica.is_some();
            let is_heard =
                !self.cut.contains(&(*other, node)) && !self.cut.contains(&(node, *other));
            is_up && is_heard && self.knows(node, *other) && self.knows(*other, node)
        });
        let newest = heard.map(|other| self.nodes[other].version).max();
        let own = &self.nodes[node];
        if own.replica.is_some() && newest > Some(own.version) {
            self.take(node, newest.unwrap());
        }
        if !(self.calm && self.has_newest_roster()) {
            let pause = self.later.random_range(100..4_000);
            self.at(self.now + pause, Event::Look { node });
        }
    }

    fn take_newest(&mut self, node: usize) {
        self.take(node, self.rosters.newest());
    }

    /// A node writes a version down and starts anew under it.
    fn take(&mut self, node: usize, version: usize) {
        self.nodes[node].version = version;
        if self.nodes[node].replica.is_none() {
            return;
        }
        self.counts.count("starts under a newer roster");
        self.stop(node);
        let pause = self.later.random_range(1..200);
        self.at(self.now + pause, Event::Restart { node });
    }

    pub(super) fn has_newest_roster(&self) -> bool {
        let newest = self.rosters.newest();
        self.nodes.iter().all(|node| node.version == newest)
    }
}
