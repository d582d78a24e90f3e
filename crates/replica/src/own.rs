//! The own chain: batches form while the disk is busy, become durable, are signed, and only then acknowledged.

use crate::{
    Output, PeerId, Readiness, Refused, Replica,
    chain::{Boundary, Chain},
    submit::Queue,
};
use alloc::{boxed::Box, collections::BTreeSet, vec::Vec};
use yizhang_ledger::{
    head::{Head, Origin},
    value::{TreeSize, UnixMillis},
};

/// What there is to know about the own chain beside its batches.
#[derive(Debug)]
pub(crate) struct Own {
    pub(crate) origin: Origin,
    pub(crate) started: UnixMillis,
    /// Peers whose complete announcement has come since the start.
    pub(crate) heard: BTreeSet<PeerId>,
    /// Peers of which the operator has said that they are lost for good.
    pub(crate) lost: BTreeSet<PeerId>,
    /// Enough of them, or the operator has said that none is needed.
    pub(crate) recovered: bool,
    /// The largest size of the own chain that has been signed, as this node or a peer knows.
    pub(crate) seen: TreeSize,
    /// Two heads of this chain, smaller first, of which a peer has said that they contradict each other. The smaller one
    /// is held here. Only words: a lie of the peer delays nothing that is not delayed already.
    pub(crate) contradiction: Option<(TreeSize, TreeSize)>,
    /// Whether the chain has been ready since the start.
    pub(crate) was_ready: bool,
    pub(crate) signature_refused: bool,
    /// The head that the shell is signing.
    signing: Option<Signing>,
    pub(crate) queue: Queue,
}

/// A signature under way.
#[derive(Debug)]
struct Signing {
    head: Head,
    /// Whether a larger head of the own key has proved that this one was signed before: then the same bytes are signed
    /// again whether or not the node is ready.
    again: bool,
}

impl Own {
    pub(crate) fn new(origin: Origin, chain: &Chain, signed: TreeSize, now: UnixMillis) -> Self {
        Self {
            origin,
            started: now,
            heard: BTreeSet::new(),
            lost: BTreeSet::new(),
            recovered: false,
            seen: signed,
            contradiction: None,
            was_ready: false,
            signature_refused: false,
            signing: None,
            queue: Queue::new(chain.durable.size),
        }
    }

    /// A fetched batch goes on a durable batch without signature: that is signed first, so that it has its head on the
    /// disk when something follows it, and other nodes can be served from there.
    ///
    /// A crash before both are on the disk leaves the batch without signature and without follower, as it was.
    pub(crate) fn sign_again(&mut self, durable: &Boundary, out: &mut Vec<Output>) {
        let Some(head) = self.unsigned(durable) else {
            return;
        };
        if let Some(signing) = &mut self.signing {
            signing.again = true;
        } else {
            self.signing = Some(Signing {
                head: head.clone(),
                again: true,
            });
            out.push(Output::Sign { head });
        }
    }

    /// The head of the newest batch, if it has no signature.
    fn unsigned(&self, durable: &Boundary) -> Option<Head> {
        let head = || Head {
            origin: self.origin.clone(),
            size: durable.size,
            root: durable.root,
        };
        (durable.note.is_none() && durable.size > TreeSize(0)).then(head)
    }
}

impl Replica {
    /// Does the next thing for the own chain, if it is time: sign what is durable, or else persist what waits. One batch
    /// at a time, so that the next one grows while the disk and the signer are busy; no timer is needed.
    pub(crate) fn advance_own(&mut self, now: UnixMillis, out: &mut Vec<Output>) {
        self.look_at_readiness(now);
        let readiness = self.readiness();
        let Some(own) = &mut self.own else { return };
        if readiness != Readiness::Ready {
            own.queue.refuse_all(&Refused::NotReady(readiness), out);
            return;
        }
        own.was_ready = true;
        let chain = self.chains.get_mut(&own.origin);
        let chain = chain.expect("the own chain is one of the roster's, or there is none");
        if own.signing.is_none() {
            if let Some(head) = own.unsigned(&chain.durable) {
                // Durable, and nobody has shown a head at or above this size that is not ours. A crash before or after
                // the signature leaves the batch without it; the restarted node signs the same bytes, once it is ready.
                own.signing = Some(Signing {
                    head: head.clone(),
                    again: false,
                });
                out.push(Output::Sign { head });
            } else if chain.staged.is_empty() {
                persist_next(own, chain, self.roster.version, now, out);
            }
        }
        if let Some(fetch) = chain.fetch {
            self.drop_fetch(fetch, out);
        }
    }

    /// The shell has signed. A crash before this input loses nothing but time; after it, the outputs may or may not have
    /// gone out, and the submitter asks again under the same number.
    pub(crate) fn signed(&mut self, note: Vec<u8>, out: &mut Vec<Output>) {
        let readiness = self.readiness();
        let Some(own) = &mut self.own else { return };
        let Some(Signing { head, again }) = own.signing.take() else {
            return;
        };
        let stopped = matches!(readiness, Readiness::Stopped(_));
        if stopped || (readiness != Readiness::Ready && !again) {
            // A contradicting or larger head came meanwhile. The note stays here; if all turns out well, it is made again.
            return;
        }
        if !Head::open(&note, &self.roster).is_ok_and(|opened| *opened == head) {
            own.signature_refused = true;
            return;
        }
        let chain = self.chains.get_mut(&own.origin);
        let chain = chain.expect("the own chain is one of the roster's, or there is none");
        chain.keep_note(head.size, &note);
        own.queue.acknowledge(head.size, &note, out);
        if chain.durable.size == head.size {
            let origin = head.origin;
            out.push(Output::Announce { origin, head: note });
        }
    }
}

/// Prepares the next batch from what waits and hands it to the disk.
///
/// A crash before the disk has it: nothing has happened, the submitters ask again. After: see [`Replica::signed`].
fn persist_next(
    own: &mut Own,
    chain: &mut Chain,
    roster: u64,
    now: UnixMillis,
    out: &mut Vec<Output>,
) {
    let group = own.queue.take_group();
    if group.is_empty() {
        return;
    }
    match chain.tip.prepare(&group, now, roster) {
        Ok(extension) => {
            own.queue
                .under_way(&group, chain.tip.size(), extension.after().size());
            chain.stage(&extension, None);
            out.push(Output::Persist {
                extension: Box::new(extension),
                head: None,
            });
        }
        Err(fault) => own
            .queue
            .refuse_group(&group, &Refused::Invalid(fault), out),
    }
}
