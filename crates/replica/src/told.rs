//! What other nodes tell this one, watched or not: heads that somebody has signed, and evidence.
//!
//! A node that was copied and runs a second time signs batches that nobody fetches, because nobody watches it: the roster names
//! the address of the original. So every node tells every other the newest head of its own chain, whether anybody watches it or
//! not; whoever cannot find that head in what it holds passes it on to the chain's own node, which alone knows what it signed.

use crate::{
    CheckedContradiction, Conflict, Evidence, Output, PeerId, Replica,
    chain::{Relation, ToldHead},
    checked::{CheckedHead, Found},
    limits::{TOLD_EVIDENCE_MAX, TOLD_HEADS_MAX},
    signed::SignedHead,
};
use alloc::vec::Vec;
use yizhang_ledger::head::{Head, Origin};

impl Replica {
    pub(crate) fn told(
        &mut self,
        peer: PeerId,
        heads: Vec<CheckedHead>,
        evidence: Vec<CheckedContradiction>,
        out: &mut Vec<Output>,
    ) {
        if !self.roster.regions.contains_key(&peer.0) {
            return;
        }
        for head in heads.into_iter().take(TOLD_HEADS_MAX) {
            // Who tells need not be connected: nothing more of it is looked at.
            if self.forges(peer, &head) {
                return;
            }
            // A head of a chain or by a key of another version of the roster, and nonsense, say nothing.
            if let Found::Signed(signed) = head.found
                && !self.roster.is_in_doubt(&signed.head)
            {
                self.take_lines(&signed, head.lines, out);
                let SignedHead { head, note } = signed;
                self.told_head(peer, head.into_inner(), note, out);
            }
        }
        for shown in evidence.into_iter().take(TOLD_EVIDENCE_MAX) {
            if self.forges_evidence(peer, &shown) {
                return;
            }
            if let Some(pair) = shown.signed() {
                self.compare_shown(peer, pair, out);
            }
        }
    }

    /// Compares a head that somebody has signed with what is held. One beyond that is remembered until the chain gets there.
    pub(crate) fn told_head(
        &mut self,
        peer: PeerId,
        head: Head,
        note: Vec<u8>,
        out: &mut Vec<Output>,
    ) {
        let Some(chain) = self.chains.get_mut(&head.origin) else {
            return;
        };
        match chain.compare(&head) {
            Relation::Held => {}
            Relation::AskStore => self.ask_store(peer, head, note, out),
            Relation::Conflict { held } => self.forked(&head, held, note, out),
            Relation::Ahead => {
                let is_news = chain
                    .told
                    .as_ref()
                    .is_none_or(|told| told.head.size < head.size);
                if is_news {
                    out.push(Output::PassOn {
                        origin: head.origin.clone(),
                        head: note.clone(),
                    });
                    chain.told = Some(ToldHead {
                        by: peer,
                        head: head.clone(),
                        note: note.clone(),
                    });
                }
                self.look_whether_own(&head, note, out);
            }
        }
    }

    /// A head of the own chain beyond what is durable here: this process has not signed it, because it signs what is durable.
    pub(crate) fn look_whether_own(&mut self, head: &Head, note: Vec<u8>, out: &mut Vec<Output>) {
        let Some(own) = self.own.as_mut().filter(|own| own.origin == head.origin) else {
            return;
        };
        let chain = self.chains.get_mut(&own.origin);
        let chain = chain.expect("the own chain is one of the roster's, or there is none");
        if own.forgot(head, chain.durable.size) {
            let conflict = Conflict::Forgotten {
                held: chain.durable.size,
                signed: head.size,
            };
            let ours = chain.durable.note.clone();
            let evidence = Evidence::untied(head.origin.clone(), conflict, ours, note);
            out.extend(chain.report(head, evidence));
        }
    }

    /// The chain has grown: what was beyond it may be comparable now.
    pub(crate) fn compare_told(&mut self, origin: &Origin, out: &mut Vec<Output>) {
        let Some(chain) = self.chains.get_mut(origin) else {
            return;
        };
        let is_reached = chain
            .told
            .as_ref()
            .is_some_and(|told| told.head.size <= chain.durable.size);
        let is_asked = |by: &PeerId| chain.questions.contains_key(by);
        let may_ask = chain.told.as_ref().is_some_and(|told| !is_asked(&told.by));
        if is_reached
            && may_ask
            && let Some(ToldHead { by, head, note }) = chain.told.take()
        {
            self.told_head(by, head, note, out);
        }
    }
}
