//! The pages, as HTML. What an account says, `show` describes; here is what stands around it.

mod account;
mod enter;
mod fault;
mod keys;
mod layout;
mod readings;
mod sign_on;
mod statement;

pub(crate) use account::{
    Owner, Part, account, answer, certificate, estimate, example, invented, setting,
};
pub(crate) use enter::welcome;
pub(crate) use fault::{Fault, fault, fault_text};
pub(crate) use keys::{keys, passkey_label};
pub(crate) use readings::readings;
pub(crate) use sign_on::arrived;
pub(crate) use statement::statement;
