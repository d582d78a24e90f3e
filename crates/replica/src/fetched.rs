//! Batches that come from peers: checked against the chain and a signed head before they may reach the disk.

use crate::{
    Conflict, Evidence, Fault, FetchId, Output, Replica,
    chain::Chain,
    checked::{CheckedHead, Found},
    fetch::End,
    limits::CONTRADICTIONS_MAX,
    signed::SignedHead,
};
use alloc::{boxed::Box, vec::Vec};
use core::mem;
use yizhang_ledger::{
    Invalid, Verified, batch::Batch, chain::Extension, head::Head, roster::Continuation,
    value::UnixMillis,
};

/// What became of a batch.
enum Checked {
    /// It extends the chain, and the head says so.
    Extends(Box<Extension>),
    /// It is not the batch that was asked for, or the head is not the one after it.
    Nonsense(Invalid),
    /// The head covers it, and it breaks the rules.
    Convicts(Invalid),
    /// It does not extend the chain, and nothing says who is wrong.
    Contradicts(Invalid),
}

impl Replica {
    /// The next batch of a fetch has come.
    pub(crate) fn fetched(
        &mut self,
        fetch: FetchId,
        batch: Batch,
        mut head: CheckedHead,
        now: UnixMillis,
        out: &mut Vec<Output>,
    ) {
        let Some(active) = self.fetches.active.get(&fetch) else {
            return;
        };
        let (peer, origin) = (active.peer, active.origin.clone());
        if self.forges(peer, &head) {
            return self.blame(peer, Fault::ForgedLines, now, out);
        }
        if let Found::Signed(signed) = &head.found {
            self.take_lines(signed, mem::take(&mut head.lines), out);
        }
        let Some(active) = self.fetches.active.get_mut(&fetch) else {
            return;
        };
        let Some(credit) = active.credit.checked_sub(1) else {
            return self.blame(peer, Fault::TooManyBatches, now, out);
        };
        let Some(chain) = self.chains.get_mut(&origin) else {
            return;
        };
        let SignedHead { head, note } = match head.found {
            Found::Signed(signed) => signed,
            // The peer may know a newer roster than we do.
            Found::Unknown | Found::Padded => {
                return self.end_fetch(fetch, End::Failed, now, out);
            }
            Found::Invalid(fault) => return self.blame(peer, Fault::Head(fault), now, out),
        };
        chain.heard = Some(now);
        match check(chain, batch, &head, self.roster.continuation(&origin)) {
            Checked::Extends(_) if chain.is_closed_at(head.size) => {
                chain.closed = true;
                self.drop_fetch(fetch, out);
            }
            Checked::Extends(extension) => {
                active.credit = credit;
                active.progress = now;
                let delivered = active.delivered.checked_add(1);
                active.delivered = delivered.expect("no fetch lives to deliver 2^64 batches");
                self.extended(extension, note, out);
            }
            Checked::Nonsense(fault) => self.blame(peer, Fault::Batch(fault), now, out),
            Checked::Convicts(fault) => {
                let ours = chain.note_for(chain.tip.size());
                self.end_fetch(fetch, End::Failed, now, out);
                let size = head.size;
                let conflict = Conflict::InvalidBatch { size, fault };
                let evidence = Evidence::untied(origin, conflict, ours, note);
                self.convict(&head, evidence, out);
            }
            Checked::Contradicts(fault) => {
                let from_owner = peer.0 == origin.region();
                self.end_fetch(fetch, End::Failed, now, out);
                let size = head.size;
                let conflict = Conflict::NotExtended { size, fault };
                self.contradicted(&head, conflict, note, from_owner, out);
            }
        }
    }

    /// A batch that extends its chain goes to the disk.
    fn extended(&mut self, extension: Box<Extension>, note: Vec<u8>, out: &mut Vec<Output>) {
        let origin = extension.after().origin();
        let Some(chain) = self.chains.get_mut(origin) else {
            return;
        };
        chain.contradictions = 0;
        if let Some(own) = self.own.as_mut().filter(|own| own.origin == *origin) {
            own.contradiction = None;
            if chain.staged.is_empty() {
                own.sign_again(&chain.durable, out);
            }
        }
        chain.stage(&extension, Some(note.clone()));
        out.push(Output::Persist {
            extension,
            head: Some(note),
        });
    }

    /// A batch could not even be read. No honest node holds one.
    pub(crate) fn fetched_invalid(
        &mut self,
        fetch: FetchId,
        fault: Invalid,
        now: UnixMillis,
        out: &mut Vec<Output>,
    ) {
        if let Some(peer) = self.fetches.active.get(&fetch).map(|active| active.peer) {
            self.blame(peer, Fault::Batch(fault), now, out);
        }
    }

    /// The peer has announced more than is held here, and says that no batch of it starts where ours ends: it has another
    /// history. It may lie, and so nobody but the chain's own node is held to it.
    pub(crate) fn fetch_refused(&mut self, fetch: FetchId, now: UnixMillis, out: &mut Vec<Output>) {
        let Some(active) = self.fetches.active.get(&fetch) else {
            return;
        };
        let (peer, origin) = (active.peer, active.origin.clone());
        self.end_fetch(fetch, End::Failed, now, out);
        let announced = self
            .peers
            .get(&peer)
            .and_then(|peer| peer.heads.get(&origin));
        let (Some(announced), Some(chain)) = (announced, self.chains.get(&origin)) else {
            return;
        };
        let held = chain.tip.size();
        if announced.head.size > held {
            let (head, note) = (announced.head.clone(), announced.note.clone());
            let size = head.size;
            let conflict = Conflict::NotContinued { held, size };
            self.contradicted(&head, conflict, note, peer.0 == origin.region(), out);
        }
    }

    /// What a peer has sent, or refused to send, contradicts the chain here under a head that is validly signed. What was
    /// sent is not signed itself, so a relay that wants to discredit the chain can make it up; only the chain's own node, and
    /// only after several times, is held to it. If there is a real fork, whoever holds the other branch proves it from our
    /// heads.
    fn contradicted(
        &mut self,
        head: &Head,
        conflict: Conflict,
        note: Vec<u8>,
        from_owner: bool,
        out: &mut Vec<Output>,
    ) {
        let Some(chain) = self.chains.get_mut(&head.origin) else {
            return;
        };
        if from_owner {
            // Beyond the limit it does not matter how many more there are.
            chain.contradictions = chain.contradictions.saturating_add(1);
            if chain.contradictions >= CONTRADICTIONS_MAX {
                chain.close_at(head.size);
                chain.closed = true;
            }
        }
        let ours = chain.note_for(chain.tip.size());
        let evidence = Evidence::untied(head.origin.clone(), conflict, ours, note);
        out.extend(chain.report(head, evidence));
    }
}

/// Checks a batch and the head after it against the end of a chain.
fn check(
    chain: &Chain,
    batch: Batch,
    head: &Verified<Head>,
    goes_on: Option<Continuation>,
) -> Checked {
    let entry = batch.entry();
    if head.origin != entry.origin || head.origin != *chain.tip.origin() {
        let expected = alloc::string::ToString::to_string(chain.tip.origin());
        let found = alloc::string::ToString::to_string(&entry.origin);
        return Checked::Nonsense(Invalid::WrongChain { expected, found });
    }
    if head.size != batch.size_after() {
        return Checked::Nonsense(Invalid::HeadSize {
            expected: batch.size_after(),
            found: head.size,
        });
    }
    if let Some(Continuation { from, .. }) = goes_on
        && chain.tip.size() < from.size
        && from.size < head.size
    {
        // The roster names a state of the chain that this one would never have.
        return Checked::Convicts(Invalid::HeadSize {
            expected: from.size,
            found: head.size,
        });
    }
    if entry.first != chain.tip.size().next_leaf() {
        return Checked::Nonsense(Invalid::WrongPosition {
            expected: chain.tip.size(),
            found: entry.first,
        });
    }
    if let Err(fault) = chain.tip.check_follows(entry) {
        // Leaves that lead from our tree to the signed one are leaves of the chain, whatever they say.
        let mut tree = chain.tip.frontier().clone();
        tree.extend(batch.leaves(), |_, _, _| {});
        return if tree.root() == head.root {
            Checked::Convicts(fault)
        } else {
            Checked::Contradicts(fault)
        };
    }
    let extension = match chain.tip.follow(batch) {
        Ok(extension) => extension,
        Err(fault) => return Checked::Contradicts(fault),
    };
    match extension.check_confirms(head) {
        Ok(()) => Checked::Extends(Box::new(extension)),
        Err(fault) => Checked::Contradicts(fault),
    }
}
