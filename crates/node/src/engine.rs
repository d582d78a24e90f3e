//! The one serial thread of a node, and the threads and tasks that work for it: a writer for each chain, one for the journal, a
//! watch for each peer.

mod evidence;
mod peers;
mod run;
mod writer;

pub(crate) use evidence::closed_chains;
pub(crate) use peers::Peer;
pub(crate) use run::{Engine, Event, Parts, announce_held, channel, start};
