//! What a shell can do, and how the outputs of a replica become deeds: one loop, in which a node and the simulated
//! federations of the tests carry out the same things in the same order.

use crate::{
    Asked, Contradiction, Evidence, Fault, FetchId, Output, PeerId, Receipt, Refused, Ticket,
    ToCosign,
};
use alloc::{boxed::Box, vec::Vec};
use yizhang_ledger::{
    chain::Extension,
    head::{Head, Origin},
    value::TreeSize,
};

/// The deeds of a shell.
///
/// Each is *begun* when its method returns; what takes time is done elsewhere, and reported as an [`Input`](crate::Input)
/// with the name that the method says. None may wait: whoever carries them out is the one serial thread of a node.
///
/// A shell queues what it does to one chain in the order of the calls: `sign` and `persist` of a chain take effect in the
/// order in which they were begun, so that no batch is written before the head of the batch before it is in the store.
pub trait Deeds {
    /// Asked before every deed: whether there still is somebody to do it. After a no, nothing more is done, as after a loss
    /// of power.
    fn goes_on(&mut self, next: &Output) -> bool {
        let _ = next;
        true
    }

    /// [`Output::Fetch`]; `Fetched` for every batch, `FetchEnded` after the last.
    fn fetch(&mut self, fetch: FetchId, asked: Asked);

    /// [`Output::ReadMore`].
    fn read_more(&mut self, fetch: FetchId, batches: usize);

    /// [`Output::CancelFetch`].
    fn cancel_fetch(&mut self, fetch: FetchId);

    /// [`Output::Persist`]; `Persisted` or `PersistFailed`. After a failure nothing later of that chain is written.
    fn persist(&mut self, extension: Box<Extension>, head: Option<Vec<u8>>);

    /// [`Output::LookUpRoot`]; `RootAt`.
    fn look_up_root(&mut self, origin: Origin, size: TreeSize);

    /// [`Output::Sign`]; `Signed`, once the store has the note.
    fn sign(&mut self, head: Head);

    /// [`Output::Cosign`]; `Cosigned`, once the journal has it for good.
    fn cosign(&mut self, heads: Vec<ToCosign>);

    /// [`Output::AnnounceCosigned`].
    fn announce_cosigned(&mut self, origin: Origin, head: Vec<u8>);

    /// [`Output::ShowCosigned`].
    fn show_cosigned(&mut self, origin: Origin, heads: Vec<Vec<u8>>);

    /// [`Output::Receipt`].
    fn answer(&mut self, receipt: Receipt);

    /// [`Output::Refuse`].
    fn refuse(&mut self, ticket: Ticket, reason: Refused);

    /// [`Output::Announce`].
    fn announce(&mut self, origin: Origin, head: Vec<u8>);

    /// [`Output::Keep`]; `Kept`, once the journal has it for good.
    fn keep(&mut self, evidence: Box<Evidence>);

    /// [`Output::Spread`].
    fn spread(&mut self, origin: Origin, contradiction: Contradiction);

    /// [`Output::PassOn`].
    fn pass_on(&mut self, origin: Origin, head: Vec<u8>);

    /// [`Output::Blame`].
    fn blame(&mut self, peer: PeerId, fault: Fault);
}

/// Begins the deeds that a replica asks for, in its order.
pub fn carry_out(outputs: Vec<Output>, deeds: &mut impl Deeds) {
    for output in outputs {
        if !deeds.goes_on(&output) {
            return;
        }
        match output {
            Output::Fetch { fetch, asked } => deeds.fetch(fetch, asked),
            Output::ReadMore { fetch, batches } => deeds.read_more(fetch, batches),
            Output::CancelFetch { fetch } => deeds.cancel_fetch(fetch),
            Output::Persist { extension, head } => deeds.persist(extension, head),
            Output::LookUpRoot { origin, size } => deeds.look_up_root(origin, size),
            Output::Sign { head } => deeds.sign(head),
            Output::Cosign(heads) => deeds.cosign(heads),
            Output::AnnounceCosigned { origin, head } => deeds.announce_cosigned(origin, head),
            Output::ShowCosigned { origin, heads } => deeds.show_cosigned(origin, heads),
            Output::Receipt(receipt) => deeds.answer(receipt),
            Output::Refuse { ticket, reason } => deeds.refuse(ticket, reason),
            Output::Announce { origin, head } => deeds.announce(origin, head),
            Output::Keep(evidence) => deeds.keep(evidence),
            Output::Spread {
                origin,
                contradiction,
            } => deeds.spread(origin, contradiction),
            Output::PassOn { origin, head } => deeds.pass_on(origin, head),
            Output::Blame { peer, fault } => deeds.blame(peer, fault),
        }
    }
}
