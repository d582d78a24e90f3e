//! Heads that peers announce: whether they are signed, whether they agree with what is held, and what if not.

use crate::{
    CheckedContradiction, Fault, Output, PeerId, Replica,
    chain::Relation,
    checked::{CheckedHead, Found},
    fetch::End,
    limits::{ANNOUNCED_HEADS_MAX, FORGED_LINES_MAX},
    peer::{Borne, Peer, PeerHead},
    signed::SignedHead,
};
use alloc::{
    collections::{BTreeMap, btree_map::Entry},
    vec::Vec,
};
use core::mem;
use yizhang_ledger::{
    hash::Hash,
    head::{Head, Origin},
    value::{TreeSize, UnixMillis},
};

impl Replica {
    pub(crate) fn peer_connected(&mut self, peer: PeerId, now: UnixMillis, out: &mut Vec<Output>) {
        self.peer_lost(peer, now, out);
        let is_self = self
            .own
            .as_ref()
            .is_some_and(|own| own.origin.region() == peer.0);
        let is_known = peer == PeerId::CARRIER || self.roster.regions.contains_key(&peer.0);
        if !is_self && is_known {
            self.peers.insert(peer, Peer::default());
        }
    }

    pub(crate) fn peer_lost(&mut self, peer: PeerId, now: UnixMillis, out: &mut Vec<Output>) {
        for fetch in self.fetches.of_peer(peer) {
            self.end_fetch(fetch, End::PeerLost, now, out);
        }
        self.peers.remove(&peer);
    }

    /// Ends everything with a peer that sent what no honest node sends.
    pub(crate) fn blame(
        &mut self,
        peer: PeerId,
        fault: Fault,
        now: UnixMillis,
        out: &mut Vec<Output>,
    ) {
        self.peer_lost(peer, now, out);
        out.push(Output::Blame { peer, fault });
    }

    pub(crate) fn announced(
        &mut self,
        peer: PeerId,
        heads: Vec<CheckedHead>,
        complete: bool,
        now: UnixMillis,
        out: &mut Vec<Output>,
    ) {
        if !self.peers.contains_key(&peer) {
            return;
        }
        if heads.len() > ANNOUNCED_HEADS_MAX {
            return self.blame(peer, Fault::TooManyHeads { found: heads.len() }, now, out);
        }
        for head in heads {
            if self.forges(peer, &head) {
                return self.blame(peer, Fault::ForgedLines, now, out);
            }
            match self.bear(peer, &head, now) {
                Borne::LookedAt => {}
                Borne::PassedOver => continue,
                Borne::Flood => return self.blame(peer, Fault::Flood, now, out),
            }
            match head.found {
                // It may be of a history that was given up, and says nothing of the chain.
                Found::Signed(signed) if self.roster.is_in_doubt(&signed.head) => {}
                Found::Signed(signed) => {
                    self.take_lines(&signed, head.lines, out);
                    let SignedHead { head, note } = signed;
                    self.heard(&head.origin, now);
                    if !self.is_repeated(peer, &head.origin, &note) {
                        self.head_seen(peer, head.into_inner(), note, out);
                    }
                }
                Found::Unknown | Found::Padded => {}
                Found::Invalid(fault) => return self.blame(peer, Fault::Head(fault), now, out),
            }
        }
        // Whoever carries a file cannot speak for what a node holds now.
        let speaks_for_node = complete && peer != PeerId::CARRIER;
        if let Some(own) = self.own.as_mut().filter(|_| speaks_for_node) {
            own.heard.insert(peer);
            self.look_at_readiness(now);
        }
    }

    /// A peer shows lines of cosigners. A stranger's line, or one that is older than a known one, says nothing; a forged one counts
    /// against the peer.
    pub(crate) fn cosignatures_shown(
        &mut self,
        peer: PeerId,
        heads: Vec<CheckedHead>,
        now: UnixMillis,
        out: &mut Vec<Output>,
    ) {
        for head in heads.into_iter().take(ANNOUNCED_HEADS_MAX) {
            if !self.peers.contains_key(&peer) {
                return;
            }
            if self.forges(peer, &head) {
                return self.blame(peer, Fault::ForgedLines, now, out);
            }
            let signed = match head.found {
                Found::Signed(signed) => signed,
                Found::Unknown | Found::Padded => continue,
                Found::Invalid(fault) => return self.blame(peer, Fault::Head(fault), now, out),
            };
            let origin = signed.head.origin.clone();
            self.heard(&origin, now);
            let news = self.take_lines(&signed, head.lines, out);
            let counted = &mut self.cosigning.counted.received;
            *counted = counted.saturating_add(news);
            if news > 0 {
                self.compare_cosigned(&origin, out);
            } else if self.is_flood(peer, now) {
                return self.blame(peer, Fault::Flood, now, out);
            }
        }
    }

    /// Counts the forged lines under a head that a peer has sent, wherever: whether they are too many.
    pub(crate) fn forges(&mut self, peer: PeerId, head: &CheckedHead) -> bool {
        let forged = u32::try_from(head.forged).unwrap_or(u32::MAX);
        let counted = &mut self.cosigning.counted.forged;
        *counted = counted.saturating_add(forged.into());
        self.is_forger(peer, forged)
    }

    /// Counts evidence that a peer has shown and that proves nothing by what stands beside it: whether it is too much.
    pub(crate) fn forges_evidence(&mut self, peer: PeerId, shown: &CheckedContradiction) -> bool {
        let forged = u32::from(shown.is_forged());
        let counted = &mut self.cosigning.counted.forged_evidence;
        *counted = counted.saturating_add(forged.into());
        self.is_forger(peer, forged)
    }

    /// A peer has sent so much more that is forged: whether that is too much.
    fn is_forger(&mut self, peer: PeerId, forged: u32) -> bool {
        let Some(known) = self.peers.get_mut(&peer) else {
            return false;
        };
        known.forged = known.forged.saturating_add(forged);
        known.forged >= FORGED_LINES_MAX
    }

    /// A peer has said one thing more that is not new: whether that is too much.
    fn is_flood(&mut self, peer: PeerId, now: UnixMillis) -> bool {
        let known = self.peers.get_mut(&peer);
        known.is_some_and(|known| known.talk.more(now) == Borne::Flood)
    }

    /// What is done about a head before it is compared with what is held, which may cost a question to the store.
    fn bear(&mut self, peer: PeerId, head: &CheckedHead, now: UnixMillis) -> Borne {
        let is_padded = matches!(head.found, Found::Padded);
        let Some(peer) = self.peers.get_mut(&peer) else {
            return Borne::PassedOver;
        };
        let origin = head.origin.as_ref();
        let said = origin.and_then(|origin| peer.heads.get(origin));
        let is_stale = said.is_some_and(|said| head.size <= Some(said.head.size));
        if !is_padded && !is_stale {
            return Borne::LookedAt;
        }
        match peer.talk.more(now) {
            Borne::LookedAt if is_padded => Borne::PassedOver,
            borne => borne,
        }
    }

    /// Whether a note is the newest of this peer once more.
    fn is_repeated(&self, peer: PeerId, origin: &Origin, note: &[u8]) -> bool {
        let peer = self.peers.get(&peer);
        let last = peer.and_then(|peer| peer.heads.get(origin));
        last.is_some_and(|last| last.note == note)
    }

    /// A verified head of this chain has come in.
    pub(crate) fn heard(&mut self, origin: &Origin, now: UnixMillis) {
        if let Some(chain) = self.chains.get_mut(origin) {
            chain.heard = Some(now);
        }
    }

    /// A peer holds this verified head.
    fn head_seen(&mut self, peer: PeerId, head: Head, note: Vec<u8>, out: &mut Vec<Output>) {
        let origin = head.origin.clone();
        let Some(chain) = self.chains.get(&origin) else {
            return;
        };
        let relation = chain.compare(&head);
        self.look_whether_own(&head, note.clone(), out);
        if let Some(peer) = self.peers.get_mut(&peer) {
            let known = peer
                .heads
                .get(&origin)
                .is_some_and(|known| known.head.size >= head.size);
            if !known {
                let compared = matches!(relation, Relation::Held | Relation::Conflict { .. });
                let (head, note) = (head.clone(), note.clone());
                peer.heads.insert(
                    origin.clone(),
                    PeerHead {
                        head,
                        note,
                        compared,
                    },
                );
            }
        }
        match relation {
            Relation::Held => {}
            Relation::Ahead => self.fetches.behind(origin),
            Relation::AskStore => self.ask_store(peer, head, note, out),
            Relation::Conflict { held } => self.forked(&head, held, note, out),
        }
    }

    /// Asks the store about a head, one question at a time for each peer and chain: more heads from the same peer in the
    /// meantime are compared later, if they are still its newest.
    pub(crate) fn ask_store(
        &mut self,
        peer: PeerId,
        head: Head,
        note: Vec<u8>,
        out: &mut Vec<Output>,
    ) {
        let Some(chain) = self.chains.get_mut(&head.origin) else {
            return;
        };
        if let Entry::Vacant(question) = chain.questions.entry(peer) {
            out.push(Output::LookUpRoot {
                origin: head.origin.clone(),
                size: head.size,
            });
            question.insert((head, note));
        }
    }

    pub(crate) fn root_at(
        &mut self,
        origin: &Origin,
        size: TreeSize,
        root: Option<Hash>,
        out: &mut Vec<Output>,
    ) {
        let Some(chain) = self.chains.get_mut(origin) else {
            return;
        };
        let (answered, open): (BTreeMap<_, _>, BTreeMap<_, _>) = mem::take(&mut chain.questions)
            .into_iter()
            .partition(|(_, (head, _))| head.size == size);
        chain.questions = open;
        for (peer, (head, note)) in answered {
            if let Some(known) = self
                .peers
                .get_mut(&peer)
                .and_then(|peer| peer.heads.get_mut(origin))
                && known.head == head
            {
                known.compared = true;
            }
            let Some(chain) = self.chains.get_mut(origin) else {
                return;
            };
            if root == Some(head.root) {
                chain.cosigned.agrees(&head);
            } else {
                chain.cosigned.disagrees(&head);
                self.forked(&head, root, note, out);
            }
        }
        self.compare_again(origin, out);
    }

    /// Compares the heads of peers that were ahead, or not asked about, with what is held now.
    pub(crate) fn compare_again(&mut self, origin: &Origin, out: &mut Vec<Output>) {
        self.compare_told(origin, out);
        self.compare_cosigned(origin, out);
        let Some(chain) = self.chains.get(origin) else {
            return;
        };
        let mut open = Vec::new();
        for (peer, known) in &mut self.peers {
            let Some(known) = known.heads.get_mut(origin).filter(|known| !known.compared) else {
                continue;
            };
            let relation = chain.compare(&known.head);
            known.compared = matches!(relation, Relation::Held | Relation::Conflict { .. });
            if matches!(relation, Relation::AskStore | Relation::Conflict { .. }) {
                open.push((*peer, relation, known.head.clone(), known.note.clone()));
            }
        }
        for (peer, relation, head, note) in open {
            match relation {
                Relation::AskStore => self.ask_store(peer, head, note, out),
                Relation::Conflict { held } => self.forked(&head, held, note, out),
                Relation::Held | Relation::Ahead => {}
            }
        }
    }
}
