//! The services as callers see them: who may ask, what a message says, and what is answered. Here alone the node speaks in
//! generated types; as a client of other nodes it does in `engine/peers.rs`.

mod account;
mod ledger;
mod refusal;
mod replication;
mod review;
mod role;
mod submission;

pub(crate) use account::AccountService;
pub(crate) use ledger::LedgerService;
pub(crate) use refusal::Refusal;
pub(crate) use replication::ReplicationService;
pub(crate) use review::ReviewService;
pub(crate) use role::Role;
pub(crate) use submission::{SubmissionService, authorise};
