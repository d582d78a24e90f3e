//! The services as callers see them: who may ask, what a message says, and what is answered. Here alone the node speaks in
//! generated types; as a client of other nodes it does in `engine/peers.rs`, and in `readings.rs` where it asks who has read.

mod access_entries;
mod access_log;
mod access_warnings;
mod account;
mod approvals;
mod bundles;
mod caller;
mod disputes;
mod gate;
mod holders;
mod ledger;
mod pseudonyms;
mod readings;
mod receipts;
mod refusal;
mod replication;
mod review;
mod rosters;
mod serve;
mod submission;
mod tickets;

pub(crate) use caller::{Holder, holder};
pub(crate) use ledger::{checks, place};
pub(crate) use replication::{contradiction, evidence};
pub(crate) use serve::{Serving, serve};
pub(crate) use submission::{submit, submit_approved};
