//! The one serial thread of a node, and the threads and tasks that work for it: a writer for each chain, one for the journal, a
//! watch for each peer.

mod cosigner;
mod evidence;
mod handle;
mod hands;
mod incoming;
mod pace;
mod peers;
mod register_checks;
mod run;
mod teller;
mod writer;

pub(crate) use cosigner::{CosigningKeys, cosigned_before};
pub(crate) use evidence::{closed_chains, signed_in_journal};
pub(crate) use handle::{Answer, Engine, Event, Inbox, Placed, channel};
pub(crate) use peers::Peer;
pub(crate) use run::{Parts, start};
pub(crate) use teller::Teller;

#[cfg(test)]
mod tests;
