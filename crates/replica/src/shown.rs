//! Evidence that peers show, and what becomes of a chain against which there is some.

use crate::{
    CheckedContradiction, Conflict, Evidence, Fault, Output, PeerId, Replica,
    chain::{Relation, ToldHead},
    checked_contradiction::SignedPair,
    signed::SignedHead,
};
use alloc::vec::Vec;
use yizhang_ledger::{
    hash::Hash,
    head::Head,
    value::{TreeSize, UnixMillis},
};

impl Replica {
    /// Somebody shows two heads that contradict each other: by themselves, by what ties them together, or, if they are of different
    /// sizes and nothing does, by what whoever found them holds.
    pub(crate) fn shown(
        &mut self,
        peer: PeerId,
        shown: CheckedContradiction,
        now: UnixMillis,
        out: &mut Vec<Output>,
    ) {
        if !self.peers.contains_key(&peer) {
            return;
        }
        for head in shown.heads() {
            if self.forges(peer, head) {
                return self.blame(peer, Fault::ForgedLines, now, out);
            }
        }
        if self.forges_evidence(peer, &shown) {
            return self.blame(peer, Fault::ForgedEvidence, now, out);
        }
        if let Some(fault) = shown.invalid() {
            return self.blame(peer, Fault::Head(fault), now, out);
        }
        if let Some(pair) = shown.signed() {
            self.compare_shown(peer, pair, out);
        }
    }

    /// Compares two verified heads with each other.
    pub(crate) fn compare_shown(&mut self, peer: PeerId, pair: SignedPair, out: &mut Vec<Output>) {
        let SignedPair {
            smaller,
            larger,
            beginning,
        } = pair;
        let is_in_doubt =
            self.roster.is_in_doubt(&smaller.head) || self.roster.is_in_doubt(&larger.head);
        if smaller.head.origin != larger.head.origin || is_in_doubt {
            return;
        }
        let other = if let Some(beginning) = &beginning {
            beginning.root
        } else if smaller.head.size == larger.head.size {
            larger.head.root
        } else {
            return self.two_sizes_shown(peer, smaller, larger, out);
        };
        if other == smaller.head.root {
            return;
        }
        let evidence = Evidence {
            origin: smaller.head.origin.clone(),
            conflict: Conflict::Fork {
                size: smaller.head.size,
                held: Some(other),
                found: smaller.head.root,
            },
            ours: Some(larger.note),
            theirs: smaller.note,
            beginning,
        };
        self.convict(&smaller.head, evidence, out);
    }

    /// A peer says that the smaller head does not lead to the larger one, and cannot show it. From the two heads nobody can see that;
    /// they are compared with what is held here when they are announced, as far as that reaches.
    ///
    /// The chain's own node is believed: it speaks against nobody but itself. And it may be the only one that can tell: where
    /// we hold the smaller head and not the larger, and the two histories have no batch end in common behind ours, there is
    /// nothing to fetch, and so nothing that could contradict.
    fn two_sizes_shown(
        &mut self,
        peer: PeerId,
        smaller: SignedHead,
        larger: SignedHead,
        out: &mut Vec<Output>,
    ) {
        let origin = &smaller.head.origin;
        if self.own.as_ref().is_some_and(|own| own.origin == *origin) {
            self.own_heads_shown(&smaller.head, &larger.head);
            return self.compare_each(peer, smaller, larger, out);
        }
        let Some(chain) = self.chains.get(origin) else {
            return;
        };
        let is_held =
            smaller.head.size > TreeSize(0) && chain.compare(&smaller.head) == Relation::Held;
        let is_ahead = chain.compare(&larger.head) == Relation::Ahead;
        if peer.0 == origin.region() && is_held && is_ahead {
            let conflict = Conflict::Confessed {
                held: smaller.head.size,
                signed: larger.head.size,
            };
            let ours = Some(smaller.note);
            let evidence = Evidence::untied(origin.clone(), conflict, ours, larger.note);
            return self.convict(&larger.head, evidence, out);
        }
        self.compare_each(peer, smaller, larger, out);
    }

    /// Compares two heads of one chain with what is held here: whichever is of another history convicts the chain.
    fn compare_each(
        &mut self,
        peer: PeerId,
        smaller: SignedHead,
        larger: SignedHead,
        out: &mut Vec<Output>,
    ) {
        if let Some(chain) = self.chains.get_mut(&larger.head.origin)
            && chain.told.is_none()
            && chain.compare(&larger.head) == Relation::AskStore
        {
            // The store is asked one question at a time: this head's turn comes with the answer about the smaller one.
            chain.told = Some(ToldHead {
                by: peer,
                head: larger.head.into_inner(),
                note: larger.note,
            });
        } else {
            self.told_head(peer, larger.head.into_inner(), larger.note, out);
        }
        self.told_head(peer, smaller.head.into_inner(), smaller.note, out);
    }

    /// A verified head contradicts what is held.
    pub(crate) fn forked(
        &mut self,
        head: &Head,
        root: Option<Hash>,
        note: Vec<u8>,
        out: &mut Vec<Output>,
    ) {
        let ours = self
            .chains
            .get(&head.origin)
            .and_then(|chain| chain.note_for(head.size));
        let conflict = Conflict::Fork {
            size: head.size,
            held: root,
            found: head.root,
        };
        let evidence = Evidence::untied(head.origin.clone(), conflict, ours, note);
        self.convict(head, evidence, out);
    }

    /// Closes a chain because of evidence, and reports it once. Not if the roster has decided what stands up to there.
    pub(crate) fn convict(&mut self, head: &Head, evidence: Evidence, out: &mut Vec<Output>) {
        if self.roster.is_settled(head) {
            return;
        }
        let Some(chain) = self.chains.get_mut(&head.origin) else {
            return;
        };
        chain.close_at(head.size);
        out.extend(chain.report(head, evidence));
    }
}
